# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define

from ..types import UNSET, Unset


@_attrs_define(kw_only=True)
class SessionCloseRequest:
    """Why the session is closed. At least `{}` must be sent.

    Attributes:
        reason: Any text, without a limit; `closed` when left out or blank.
    """

    reason: str | None | Unset = UNSET

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read the JSON object; members that the document does not know are kept."""
        d = dict(src_dict)
        return cls(
            reason=d.pop("reason", UNSET),
        )

    def to_dict(self) -> dict[str, Any]:
        """Write the JSON object, without the members that are UNSET."""
        result: dict[str, Any] = {}
        if not isinstance(self.reason, Unset):
            result["reason"] = self.reason
        return result
