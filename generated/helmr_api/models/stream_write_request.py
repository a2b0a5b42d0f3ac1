# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..model import Model


@lazy_attrs.define(kw_only=True, repr=False)
class StreamWriteRequest(Model):
    """Bytes to write.

    Attributes:
        data: 1 to 1048576 bytes in base64 with padding. Line breaks in it are ignored; the pattern
            leaves them out.
        offset: How many bytes were written before; 0 when left out.
    """

    __module__ = "helmr.types"
    _shown = ("offset",)

    data: str
    offset: int | None = None

    # Written out so that a first request does not import attrs.
    def __init__(
        self,
        *,
        data: str,
        offset: int | None = None,
    ) -> None:
        self.data = data
        self.offset = offset

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        return cls(
            data=d.pop("data"),
            offset=d.pop("offset", None),
        )

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            "data": self.data,
        }
        if self.offset is not None:
            result["offset"] = self.offset
        return result
