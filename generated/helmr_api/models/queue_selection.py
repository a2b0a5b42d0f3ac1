# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import attrs

from ..model import Model


@attrs.define(kw_only=True, repr=False)
class QueueSelection(Model):
    """The queue that the run waits in. Unknown fields are ignored.

    Attributes:
        name: A queue that the current deployment declares; 1 to 256 characters.
    """

    __module__ = "helmr.types"
    _shown = ("name",)

    name: str
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        return cls(
            name=d.pop("name"),
            additional_properties=d,  # what is left
        )

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.additional_properties,
            "name": self.name,
        }
