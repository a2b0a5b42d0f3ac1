# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, cast

from attrs import define as _attrs_define

from ..models.public_access_scope_type import PublicAccessScopeType
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.session_by_external_id import SessionByExternalId
    from ..models.session_by_id import SessionById


@_attrs_define(kw_only=True)
class PublicAccessScopeRequest:
    """What the token shall allow.

    Attributes:
        type_: - `session.input.send`: send to an input stream
            - `session.output.read`: read an output stream
        session: Which session.
        stream: Name of the stream; 1 to 256 characters.
        correlation_id: Binds the token to records with this correlation id; without a limit; blank is none.
    """

    type_: PublicAccessScopeType | str
    session: SessionByExternalId | SessionById
    stream: str
    correlation_id: str | None | Unset = UNSET

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read the JSON object; members that the document does not know are kept."""
        from ..models.session_by_external_id import SessionByExternalId
        from ..models.session_by_id import SessionById

        d = dict(src_dict)
        _session = d.pop("session")
        return cls(
            type_=d.pop("type"),
            session=SessionById.from_dict(_session)
            if isinstance(_session, dict) and _session.get("type") == "id" and "id" in _session
            else SessionByExternalId.from_dict(_session)
            if isinstance(_session, dict)
            and _session.get("type") == "external_id"
            and "external_id" in _session
            else cast(Any, _session),
            stream=d.pop("stream"),
            correlation_id=d.pop("correlation_id", UNSET),
        )

    def to_dict(self) -> dict[str, Any]:
        """Write the JSON object, without the members that are UNSET."""
        from ..models.session_by_external_id import SessionByExternalId
        from ..models.session_by_id import SessionById

        result: dict[str, Any] = {
            "type": self.type_,
            "session": self.session.to_dict()
            if isinstance(self.session, SessionById)
            else self.session.to_dict()
            if isinstance(self.session, SessionByExternalId)
            else self.session,
            "stream": self.stream,
        }
        if not isinstance(self.correlation_id, Unset):
            result["correlation_id"] = self.correlation_id
        return result
