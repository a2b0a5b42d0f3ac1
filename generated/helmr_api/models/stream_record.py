# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..formats import format_datetime, parse_datetime
from ..model import Model, setters


@lazy_attrs.frozen(kw_only=True, repr=False)
class StreamRecord(Model):
    """A record of a stream.

    Attributes:
        id: The record's id.
        stream_id: Its stream.
        sequence: Its number in the stream, without gaps.
        data_json: Any JSON, also null. Always present.
        content_type: The content type as sent; `application/json` by default.
        created_at: When it was appended.
        correlation_id: What it relates to. Omitted when there is none.
    """

    __module__ = "helmr.types"
    _shown = ("id", "sequence", "correlation_id")
    _wire_names = {"data_json": "data"}

    id: str
    stream_id: str
    sequence: int
    data_json: Any
    content_type: str
    created_at: datetime.datetime
    correlation_id: str | None = None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_id(made, d.pop("id"))
        _set_stream_id(made, d.pop("stream_id"))
        _set_sequence(made, d.pop("sequence"))
        _set_data_json(made, d.pop("data"))
        _set_content_type(made, d.pop("content_type"))
        _set_created_at(made, parse_datetime(d.pop("created_at")))
        _set_correlation_id(made, d.pop("correlation_id", None))
        _set_additional_properties(made, d)  # what is left
        if not (
            type(made.id) is str
            and type(made.stream_id) is str
            and type(made.sequence) is int
            and type(made.content_type) is str
            and (made.correlation_id is None or type(made.correlation_id) is str)
        ):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
            "id": self.id,
            "stream_id": self.stream_id,
            "sequence": self.sequence,
            "data": self.data_json,
            "content_type": self.content_type,
            "created_at": format_datetime(self.created_at),
        }
        if self.correlation_id is not None:
            result["correlation_id"] = self.correlation_id
        return result

    def __hash__(self) -> int:
        return hash(self.id)


(
    _set_id,
    _set_stream_id,
    _set_sequence,
    _set_data_json,
    _set_content_type,
    _set_created_at,
    _set_correlation_id,
    _set_additional_properties,
) = setters(StreamRecord)
