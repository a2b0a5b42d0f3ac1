# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import attrs

from ..model import Model


@attrs.frozen(kw_only=True, repr=False)
class RunCompletedAttributes(Model):
    """Attributes of `run.completed`.

    Attributes:
        exit_code: Always 0.
    """

    _shown = ("exit_code",)

    exit_code: int
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        return cls(
            exit_code=d.pop("exit_code"),
            additional_properties=d,  # what is left
        )

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.additional_properties,
            "exit_code": self.exit_code,
        }

    def __hash__(self) -> int:
        return Model.__hash__(self)
