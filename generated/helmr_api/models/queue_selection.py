# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..model import Model


@lazy_attrs.define(kw_only=True, repr=False)
class QueueSelection(Model):
    """The queue that the run waits in. Unknown fields are ignored.

    Attributes:
        name: A queue that the current deployment declares; 1 to 256 characters.
    """

    __module__ = "helmr.types"
    _shown = ("name",)

    name: str
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    # Written out so that a first request does not import attrs.
    def __init__(
        self,
        *,
        name: str,
        additional_properties: dict[str, Any] | None = None,
    ) -> None:
        self.name = name
        self.additional_properties = {} if additional_properties is None else additional_properties

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
