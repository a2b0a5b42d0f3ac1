# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..model import Model
from ..types import UNSET


@lazy_attrs.define(kw_only=True, repr=False)
class AppendRecordRequest(Model):
    """A record to append.

    Attributes:
        data: Any JSON; null when left out.
        content_type: Free text, not checked; `application/json` when left out or blank.
        correlation_id: What the record relates to; of any length; a blank one counts as absent. A wait
            for a correlation id takes only records that have it.
        idempotency_key: Makes this append safe to repeat; at most 512 bytes; a blank one counts as
            absent. Scope: this stream, all senders. Compared are `data`, `correlation_id` and
            `content_type`.
    """

    __module__ = "helmr.types"
    _shown = ("correlation_id",)

    data: Any = UNSET
    content_type: str | None = None
    correlation_id: str | None = None
    idempotency_key: str | None = None

    # Written out so that a first request does not import attrs.
    def __init__(
        self,
        *,
        data: Any = UNSET,
        content_type: str | None = None,
        correlation_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> None:
        self.data = data
        self.content_type = content_type
        self.correlation_id = correlation_id
        self.idempotency_key = idempotency_key

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        return cls(
            data=d.pop("data", UNSET),
            content_type=d.pop("content_type", None),
            correlation_id=d.pop("correlation_id", None),
            idempotency_key=d.pop("idempotency_key", None),
        )

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {}
        if self.data is not UNSET:
            result["data"] = self.data
        if self.content_type is not None:
            result["content_type"] = self.content_type
        if self.correlation_id is not None:
            result["correlation_id"] = self.correlation_id
        if self.idempotency_key is not None:
            result["idempotency_key"] = self.idempotency_key
        return result
