# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..formats import format_datetime, parse_datetime
from ..model import Model, setters
from ..models.stream_direction import StreamDirection

if TYPE_CHECKING:
    pass


@lazy_attrs.frozen(kw_only=True, repr=False)
class Stream(Model):
    """A stream of a session. An input and an output stream with the same name are two streams.

    Attributes:
        id: The stream's id.
        session_id: Its session.
        name: The name that the deployment declares.
        direction:
            - `input`: others send, the task reads
            - `output`: the task writes, others read
        sequence: Sequence of the newest record; 0 when there is none.
        metadata: Your own data. Numbers pass through 64-bit floats: integers beyond 2^53 lose
            precision, and numbers outside the range of a float are refused (400).
        created_at: When the stream was first used or listed.
    """

    __module__ = "helmr.types"
    _shown = ("id", "name", "direction", "sequence")

    id: str
    session_id: str
    name: str
    direction: StreamDirection | str
    sequence: int
    metadata: dict[str, Any]
    created_at: datetime.datetime
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_id(made, d.pop("id"))
        _set_session_id(made, d.pop("session_id"))
        _set_name(made, d.pop("name"))
        _set_direction(made, d.pop("direction"))
        _set_sequence(made, d.pop("sequence"))
        _set_metadata(made, d.pop("metadata"))
        _set_created_at(made, parse_datetime(d.pop("created_at")))
        _set_additional_properties(made, d)  # what is left
        if not (
            type(made.id) is str
            and type(made.session_id) is str
            and type(made.name) is str
            and type(made.direction) is str
            and type(made.sequence) is int
            and type(made.metadata) is dict
        ):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.additional_properties,
            "id": self.id,
            "session_id": self.session_id,
            "name": self.name,
            "direction": self.direction,
            "sequence": self.sequence,
            "metadata": self.metadata,
            "created_at": format_datetime(self.created_at),
        }

    def __hash__(self) -> int:
        return hash(self.id)


(
    _set_id,
    _set_session_id,
    _set_name,
    _set_direction,
    _set_sequence,
    _set_metadata,
    _set_created_at,
    _set_additional_properties,
) = setters(Stream)
