# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.public_access_scope_type import PublicAccessScopeType
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.scoped_session import ScopedSession


@_attrs_define(kw_only=True)
class PublicAccessScope:
    """What the token allows.

    Attributes:
        type_: - `session.input.send`: send to an input stream
            - `session.output.read`: read an output stream
        session: The session that a public access token is bound to, always by id.
        stream: Name of the stream.
        correlation_id: Omitted when the token is not bound to one.
    """

    type_: PublicAccessScopeType | str
    session: ScopedSession
    stream: str
    correlation_id: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(factory=dict)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read the JSON object; members that the document does not know are kept."""
        from ..models.scoped_session import ScopedSession

        d = dict(src_dict)
        _session = d.pop("session")
        return cls(
            type_=d.pop("type"),
            session=ScopedSession.from_dict(_session),
            stream=d.pop("stream"),
            correlation_id=d.pop("correlation_id", UNSET),
            additional_properties=d,  # what is left
        )

    def to_dict(self) -> dict[str, Any]:
        """Write the JSON object, without the members that are UNSET."""
        result: dict[str, Any] = {
            **self.additional_properties,
            "type": self.type_,
            "session": self.session.to_dict(),
            "stream": self.stream,
        }
        if not isinstance(self.correlation_id, Unset):
            result["correlation_id"] = self.correlation_id
        return result

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties)

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties

    def __iter__(self) -> Iterator[str]:
        return iter(self.additional_properties)
