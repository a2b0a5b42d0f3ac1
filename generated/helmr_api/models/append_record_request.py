# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define

from ..types import UNSET, Unset


@_attrs_define(kw_only=True)
class AppendRecordRequest:
    """A record to append.

    Attributes:
        data: Any JSON. Strings in it, also the names of members, must not contain U+0000.
        content_type: Free text, not checked; `application/json` when left out or blank.
        correlation_id: What the record belongs to; without a limit; blank is none. A wait for a correlation id takes only
            records that have it.
        idempotency_key: Makes this append safe to repeat; at most 512 bytes; blank is none. Scope: this stream, all
            senders. Compared are `data`, `correlation_id` and `content_type`.
    """

    data: Any | Unset = UNSET
    content_type: str | None | Unset = UNSET
    correlation_id: str | None | Unset = UNSET
    idempotency_key: str | None | Unset = UNSET

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read the JSON object; members that the document does not know are kept."""
        d = dict(src_dict)
        return cls(
            data=d.pop("data", UNSET),
            content_type=d.pop("content_type", UNSET),
            correlation_id=d.pop("correlation_id", UNSET),
            idempotency_key=d.pop("idempotency_key", UNSET),
        )

    def to_dict(self) -> dict[str, Any]:
        """Write the JSON object, without the members that are UNSET."""
        result: dict[str, Any] = {}
        if not isinstance(self.data, Unset):
            result["data"] = self.data
        if not isinstance(self.content_type, Unset):
            result["content_type"] = self.content_type
        if not isinstance(self.correlation_id, Unset):
            result["correlation_id"] = self.correlation_id
        if not isinstance(self.idempotency_key, Unset):
            result["idempotency_key"] = self.idempotency_key
        return result
