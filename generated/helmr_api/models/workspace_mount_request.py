# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..model import Model


@lazy_attrs.define(kw_only=True, repr=False)
class WorkspaceMountRequest(Model):
    """No fields; at least `{}` must be sent."""

    __module__ = "helmr.types"

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        return cls()

    def to_dict(self) -> dict[str, Any]:
        return {}
