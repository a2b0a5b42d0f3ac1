# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..formats import format_datetime, parse_datetime
from ..model import Model, setters


@lazy_attrs.frozen(kw_only=True, repr=False)
class StreamChunk(Model):
    """Bytes of a stream. A chunk may begin or end inside a character.

    Attributes:
        id: The chunk's id.
        stream: `stdin`, `stdout` or `stderr` of an exec; `input` or `output` of a PTY.
        offset_start: Bytes of the stream before it.
        offset_end: Bytes of the stream up to its end; the cursor for the next chunk.
        data: The bytes: 1 to 1048576.
        observed_at: When the worker or the server saw it.
        created_at: When it was stored.
    """

    __module__ = "helmr.types"
    _shown = ("id", "offset_start", "offset_end")

    id: str
    stream: str
    offset_start: int
    offset_end: int
    data: str
    observed_at: datetime.datetime
    created_at: datetime.datetime
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_id(made, d.pop("id"))
        _set_stream(made, d.pop("stream"))
        _set_offset_start(made, d.pop("offset_start"))
        _set_offset_end(made, d.pop("offset_end"))
        _set_data(made, d.pop("data"))
        _set_observed_at(made, parse_datetime(d.pop("observed_at")))
        _set_created_at(made, parse_datetime(d.pop("created_at")))
        _set_additional_properties(made, d)  # what is left
        if not (
            type(made.id) is str
            and type(made.stream) is str
            and type(made.offset_start) is int
            and type(made.offset_end) is int
            and type(made.data) is str
        ):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.additional_properties,
            "id": self.id,
            "stream": self.stream,
            "offset_start": self.offset_start,
            "offset_end": self.offset_end,
            "data": self.data,
            "observed_at": format_datetime(self.observed_at),
            "created_at": format_datetime(self.created_at),
        }

    def __hash__(self) -> int:
        return hash(self.id)


(
    _set_id,
    _set_stream,
    _set_offset_start,
    _set_offset_end,
    _set_data,
    _set_observed_at,
    _set_created_at,
    _set_additional_properties,
) = setters(StreamChunk)
