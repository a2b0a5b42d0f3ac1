# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..model import Model, setters

if TYPE_CHECKING:
    from ..models.stream import Stream


@lazy_attrs.frozen(kw_only=True, repr=False)
class StreamList(Model):
    """All streams that the session's deployment declares.

    Attributes:
        streams: Ordered by name, input before output.
    """

    __module__ = "helmr.types"
    _shown = ("streams",)

    streams: list[Stream]
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.stream import Stream

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_streams(made, [Stream.from_dict(item) for item in d.pop("streams")])
        _set_additional_properties(made, d)  # what is left
        return made

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.additional_properties,
            "streams": [item.to_dict() for item in self.streams],
        }

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_streams,
    _set_additional_properties,
) = setters(StreamList)
