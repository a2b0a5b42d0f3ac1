# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.token_completion_status import TokenCompletionStatus

if TYPE_CHECKING:
    from ..models.token import Token


@_attrs_define(kw_only=True)
class TokenCompletion:
    """What the completion did.

    Attributes:
        status: - `completed`: by this call
            - `already_completed`: before, with the same data
        token: A decision that somebody outside makes.
    """

    status: TokenCompletionStatus | str
    token: Token
    additional_properties: dict[str, Any] = _attrs_field(factory=dict)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read the JSON object; members that the document does not know are kept."""
        from ..models.token import Token

        d = dict(src_dict)
        _token = d.pop("token")
        return cls(
            status=d.pop("status"),
            token=Token.from_dict(_token),
            additional_properties=d,  # what is left
        )

    def to_dict(self) -> dict[str, Any]:
        """Write the JSON object, without the members that are UNSET."""
        result: dict[str, Any] = {
            **self.additional_properties,
            "status": self.status,
            "token": self.token.to_dict(),
        }
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
