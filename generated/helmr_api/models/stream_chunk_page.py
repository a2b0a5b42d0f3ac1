# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..model import Model, setters

if TYPE_CHECKING:
    from ..models.stream_chunk import StreamChunk


@lazy_attrs.frozen(kw_only=True, repr=False)
class StreamChunkPage(Model):
    """A page of a stream.

    Attributes:
        chunks: Those that end after the cursor, ascending, at most `limit`. The first one may begin
            before the cursor.
    """

    __module__ = "helmr.types"
    _shown = ("chunks",)

    chunks: list[StreamChunk]
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.stream_chunk import StreamChunk

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_chunks(made, [StreamChunk.from_dict(item) for item in d.pop("chunks")])
        _set_additional_properties(made, d)  # what is left
        return made

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.additional_properties,
            "chunks": [item.to_dict() for item in self.chunks],
        }

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_chunks,
    _set_additional_properties,
) = setters(StreamChunkPage)
