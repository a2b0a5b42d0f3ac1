# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..model import Model
from ..types import UNSET


@lazy_attrs.define(kw_only=True, repr=False)
class TokenCompleteRequest(Model):
    """The decision. At least `{}` must be sent.

    Attributes:
        data: Any JSON; null when left out.
    """

    __module__ = "helmr.types"

    data: Any = UNSET

    # Written out so that a first request does not import attrs.
    def __init__(
        self,
        *,
        data: Any = UNSET,
    ) -> None:
        self.data = data

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        return cls(
            data=d.pop("data", UNSET),
        )

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {}
        if self.data is not UNSET:
            result["data"] = self.data
        return result
