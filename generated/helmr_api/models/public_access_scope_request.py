# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, cast

from .. import lazy_attrs
from ..formats import is_object
from ..model import Model, as_json
from ..models.public_access_scope_type import PublicAccessScopeType

if TYPE_CHECKING:
    from ..models.session_by_external_id import SessionByExternalId
    from ..models.session_by_id import SessionById


@lazy_attrs.define(kw_only=True, repr=False)
class PublicAccessScopeRequest(Model):
    """What the token allows.

    Attributes:
        type_:
            - `session.input.send`: send to an input stream
            - `session.output.read`: read an output stream
        session: Which session.
        stream: Name of the stream; 1 to 256 characters.
        correlation_id: Binds the token to records with this correlation id; of any length; a blank one
            counts as absent.
    """

    __module__ = "helmr.types"
    _shown = ("type_", "session", "correlation_id")

    type_: PublicAccessScopeType | str
    session: SessionByExternalId | SessionById
    stream: str
    correlation_id: str | None = None

    # Written out so that a first request does not import attrs.
    def __init__(
        self,
        *,
        type_: PublicAccessScopeType | str,
        session: SessionByExternalId | SessionById,
        stream: str,
        correlation_id: str | None = None,
    ) -> None:
        self.type_ = type_
        self.session = session
        self.stream = stream
        self.correlation_id = correlation_id

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.session_by_external_id import SessionByExternalId
        from ..models.session_by_id import SessionById

        d = dict(src_dict)
        _session = d.pop("session")
        return cls(
            type_=d.pop("type"),
            session=SessionById.from_dict(_session)
            if is_object(_session) and _session.get("type") == "id" and "id" in _session
            else SessionByExternalId.from_dict(_session)
            if is_object(_session) and _session.get("type") == "external_id" and "external_id" in _session
            else cast(Any, _session),
            stream=d.pop("stream"),
            correlation_id=d.pop("correlation_id", None),
        )

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            "type": self.type_,
            "session": as_json(self.session),
            "stream": self.stream,
        }
        if self.correlation_id is not None:
            result["correlation_id"] = self.correlation_id
        return result
