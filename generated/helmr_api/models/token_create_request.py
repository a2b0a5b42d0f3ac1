# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.metadata import Metadata
    from ..models.token_timeout_parts import TokenTimeoutParts


@_attrs_define(kw_only=True)
class TokenCreateRequest:
    """A token to create. At least `{}` must be sent.

    Attributes:
        timeout: How long the token can be completed; 7 days when left out or `null`.
        tags: Labels.
        metadata: Free data of yours. Numbers pass through 64-bit floats: integers beyond 2^53 lose precision, and numbers
            outside the range of a float are refused (400).
        idempotency_key: Makes this creation safe to repeat; at most 512 bytes; blank is none. Scope: the environment.
            Compared are `timeout`, `metadata` and `tags`.
    """

    timeout: float | str | TokenTimeoutParts | None | Unset = UNSET
    tags: list[str] | None | Unset = UNSET
    metadata: Metadata | Unset = UNSET
    idempotency_key: str | None | Unset = UNSET

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read the JSON object; members that the document does not know are kept."""
        from ..models.metadata import Metadata
        from ..models.token_timeout_parts import TokenTimeoutParts

        d = dict(src_dict)
        _timeout = d.pop("timeout", UNSET)
        _metadata = d.pop("metadata", UNSET)
        return cls(
            timeout=_timeout
            if isinstance(_timeout, Unset)
            else TokenTimeoutParts.from_dict(_timeout)
            if isinstance(_timeout, dict)
            else cast(Any, _timeout),
            tags=d.pop("tags", UNSET),
            metadata=_metadata if isinstance(_metadata, Unset) else Metadata.from_dict(_metadata),
            idempotency_key=d.pop("idempotency_key", UNSET),
        )

    def to_dict(self) -> dict[str, Any]:
        """Write the JSON object, without the members that are UNSET."""
        from ..models.token_timeout_parts import TokenTimeoutParts

        result: dict[str, Any] = {}
        if not isinstance(self.timeout, Unset):
            result["timeout"] = (
                self.timeout.to_dict() if isinstance(self.timeout, TokenTimeoutParts) else self.timeout
            )
        if not isinstance(self.tags, Unset):
            result["tags"] = self.tags
        if not isinstance(self.metadata, Unset):
            result["metadata"] = self.metadata.to_dict()
        if not isinstance(self.idempotency_key, Unset):
            result["idempotency_key"] = self.idempotency_key
        return result
