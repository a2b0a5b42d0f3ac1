# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..model import Model, setters

if TYPE_CHECKING:
    from ..models.session_error_details import SessionErrorDetails


@lazy_attrs.frozen(kw_only=True, repr=False)
class SessionError(Model):
    """Why a session was cancelled or expired.

    Attributes:
        name: `TaskCancelled` or `SessionExpired`.
        message: The reason of the cancel, or `session expired`.
        details: What ended the session.
    """

    __module__ = "helmr.types"
    _shown = ("name", "details")

    name: str
    message: str
    details: SessionErrorDetails
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.session_error_details import SessionErrorDetails

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_name(made, d.pop("name"))
        _set_message(made, d.pop("message"))
        _set_details(made, SessionErrorDetails.from_dict(d.pop("details")))
        _set_additional_properties(made, d)  # what is left
        if not (type(made.name) is str and type(made.message) is str):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.additional_properties,
            "name": self.name,
            "message": self.message,
            "details": self.details.to_dict(),
        }

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_name,
    _set_message,
    _set_details,
    _set_additional_properties,
) = setters(SessionError)
