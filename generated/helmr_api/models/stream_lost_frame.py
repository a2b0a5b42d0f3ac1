# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

from .. import lazy_attrs
from ..model import Model, setters


@lazy_attrs.frozen(kw_only=True, repr=False)
class StreamLostFrame(Model):
    """The exec or PTY is lost; the last frame.

    Attributes:
        id: The cursor.
        event: Always `workspace_stream_lost`.
        data: A `StreamEnd` as JSON; its `state` is `lost`.
    """

    __module__ = "helmr.types"
    _shown = ("id", "event")

    id: str
    event: Literal["workspace_stream_lost"]
    data: str
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_id(made, d.pop("id"))
        _set_event(made, d.pop("event"))
        _set_data(made, d.pop("data"))
        _set_additional_properties(made, d)  # what is left
        if not (type(made.id) is str and type(made.event) is str and type(made.data) is str):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.additional_properties,
            "id": self.id,
            "event": self.event,
            "data": self.data,
        }

    def __hash__(self) -> int:
        return hash(self.id)


(
    _set_id,
    _set_event,
    _set_data,
    _set_additional_properties,
) = setters(StreamLostFrame)
