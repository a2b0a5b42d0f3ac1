# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..model import Model


@lazy_attrs.define(kw_only=True, repr=False)
class SecretSetRequest(Model):
    """The value to set. Unlike elsewhere, whatever follows the JSON value in the body is ignored.

    Attributes:
        value: The secret value. An empty string when left out or `null`.
    """

    __module__ = "helmr.types"

    value: str | None = None

    # Written out so that a first request does not import attrs.
    def __init__(
        self,
        *,
        value: str | None = None,
    ) -> None:
        self.value = value

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        return cls(
            value=d.pop("value", None),
        )

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {}
        if self.value is not None:
            result["value"] = self.value
        return result
