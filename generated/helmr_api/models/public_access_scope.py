# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..model import Model, setters
from ..models.public_access_scope_type import PublicAccessScopeType

if TYPE_CHECKING:
    from ..models.scoped_session import ScopedSession


@lazy_attrs.frozen(kw_only=True, repr=False)
class PublicAccessScope(Model):
    """What the token allows.

    Attributes:
        type_:
            - `session.input.send`: send to an input stream
            - `session.output.read`: read an output stream
        session: The session that a public access token is bound to, always by id.
        stream: Name of the stream.
        correlation_id: Omitted when the token is not bound to one.
    """

    __module__ = "helmr.types"
    _shown = ("type_", "session", "correlation_id")
    _wire_names = {"type_": "type"}

    type_: PublicAccessScopeType | str
    session: ScopedSession
    stream: str
    correlation_id: str | None = None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.scoped_session import ScopedSession

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_type_(made, d.pop("type"))
        _set_session(made, ScopedSession.from_dict(d.pop("session")))
        _set_stream(made, d.pop("stream"))
        _set_correlation_id(made, d.pop("correlation_id", None))
        _set_additional_properties(made, d)  # what is left
        if not (
            type(made.type_) is str
            and type(made.stream) is str
            and (made.correlation_id is None or type(made.correlation_id) is str)
        ):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
            "type": self.type_,
            "session": self.session.to_dict(),
            "stream": self.stream,
        }
        if self.correlation_id is not None:
            result["correlation_id"] = self.correlation_id
        return result

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_type_,
    _set_session,
    _set_stream,
    _set_correlation_id,
    _set_additional_properties,
) = setters(PublicAccessScope)
