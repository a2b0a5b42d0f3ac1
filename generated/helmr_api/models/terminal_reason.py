# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..model import Model, setters


@lazy_attrs.frozen(kw_only=True, repr=False)
class TerminalReason(Model):
    """Why and from where the session ended; empty while it is open.

    Attributes:
        reason: The reason given (`closed` or `cancelled` when none was), or `session_expired`.
        origin: `api`: a request. `sweeper`: expiry in the background.
    """

    __module__ = "helmr.types"
    _shown = ("reason", "origin")

    reason: str | None = None
    origin: str | None = None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_reason(made, d.pop("reason", None))
        _set_origin(made, d.pop("origin", None))
        _set_additional_properties(made, d)  # what is left
        if not (
            (made.reason is None or type(made.reason) is str)
            and (made.origin is None or type(made.origin) is str)
        ):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
        }
        if self.reason is not None:
            result["reason"] = self.reason
        if self.origin is not None:
            result["origin"] = self.origin
        return result

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_reason,
    _set_origin,
    _set_additional_properties,
) = setters(TerminalReason)
