# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..model import Model

if TYPE_CHECKING:
    pass


@lazy_attrs.define(kw_only=True, repr=False)
class WorkspaceUpdateRequest(Model):
    """What to change. Nothing else can be changed.

    Attributes:
        metadata: Replaces the metadata. `null` is refused.
        tags: Replaces the tags; `[]` removes them.
    """

    __module__ = "helmr.types"

    metadata: dict[str, Any] | None = None
    tags: list[str] | None = None

    # Written out so that a first request does not import attrs.
    def __init__(
        self,
        *,
        metadata: dict[str, Any] | None = None,
        tags: list[str] | None = None,
    ) -> None:
        self.metadata = metadata
        self.tags = tags

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        return cls(
            metadata=d.pop("metadata", None),
            tags=d.pop("tags", None),
        )

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {}
        if self.metadata is not None:
            result["metadata"] = self.metadata
        if self.tags is not None:
            result["tags"] = self.tags
        return result
