# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..model import Model, setters

if TYPE_CHECKING:
    from ..models.session import Session


@lazy_attrs.frozen(kw_only=True, repr=False)
class SessionList(Model):
    """Sessions, most recently updated first.

    Attributes:
        sessions: At most `limit` sessions.
    """

    __module__ = "helmr.types"
    _shown = ("sessions",)

    sessions: list[Session]
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.session import Session

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_sessions(made, [Session.from_dict(item) for item in d.pop("sessions")])
        _set_additional_properties(made, d)  # what is left
        return made

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.additional_properties,
            "sessions": [item.to_dict() for item in self.sessions],
        }

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_sessions,
    _set_additional_properties,
) = setters(SessionList)
