# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..formats import format_datetime, parse_datetime
from ..model import Model, setters
from ..models.run_log_chunk_stream import RunLogChunkStream


@lazy_attrs.frozen(kw_only=True, repr=False)
class RunLogChunk(Model):
    """A piece of a run's output, as the worker sent it. It may begin or end inside a character.

    Attributes:
        id: Its number in the run, over both streams, from 1, in decimal; the cursor.
        run_id: The run.
        run_lease_id: The worker's lease.
        attempt_number: Number of the attempt.
        stream:
            - `stdout`: standard output
            - `stderr`: standard error
        content_base64: The bytes.
        bytes_: How many bytes.
        observed_seq: The worker's own count.
        at: When it was stored.
    """

    __module__ = "helmr.types"
    _shown = ("id", "attempt_number", "stream", "bytes_", "observed_seq")
    _wire_names = {"bytes_": "bytes"}

    id: str
    run_id: str
    run_lease_id: str
    attempt_number: int
    stream: RunLogChunkStream | str
    content_base64: str
    bytes_: int
    observed_seq: int
    at: datetime.datetime
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_id(made, d.pop("id"))
        _set_run_id(made, d.pop("run_id"))
        _set_run_lease_id(made, d.pop("run_lease_id"))
        _set_attempt_number(made, d.pop("attempt_number"))
        _set_stream(made, d.pop("stream"))
        _set_content_base64(made, d.pop("content_base64"))
        _set_bytes_(made, d.pop("bytes"))
        _set_observed_seq(made, d.pop("observed_seq"))
        _set_at(made, parse_datetime(d.pop("at")))
        _set_additional_properties(made, d)  # what is left
        if not (
            type(made.id) is str
            and type(made.run_id) is str
            and type(made.run_lease_id) is str
            and type(made.attempt_number) is int
            and type(made.stream) is str
            and type(made.content_base64) is str
            and type(made.bytes_) is int
            and type(made.observed_seq) is int
        ):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.additional_properties,
            "id": self.id,
            "run_id": self.run_id,
            "run_lease_id": self.run_lease_id,
            "attempt_number": self.attempt_number,
            "stream": self.stream,
            "content_base64": self.content_base64,
            "bytes": self.bytes_,
            "observed_seq": self.observed_seq,
            "at": format_datetime(self.at),
        }

    def __hash__(self) -> int:
        return hash(self.id)


(
    _set_id,
    _set_run_id,
    _set_run_lease_id,
    _set_attempt_number,
    _set_stream,
    _set_content_base64,
    _set_bytes_,
    _set_observed_seq,
    _set_at,
    _set_additional_properties,
) = setters(RunLogChunk)
