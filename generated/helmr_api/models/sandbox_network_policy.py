# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import attrs

from ..model import Model


@attrs.frozen(kw_only=True, repr=False)
class SandboxNetworkPolicy(Model):
    """What the sandbox may reach.

    Attributes:
        internet: Whether it may reach the internet.
        allow: Further destinations that it may reach. Omitted when empty.
        deny: Destinations that it may not reach. Omitted when empty.
    """

    _shown = ("internet",)

    internet: bool
    allow: list[str] | None = None
    deny: list[str] | None = None
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        return cls(
            internet=d.pop("internet"),
            allow=d.pop("allow", None),
            deny=d.pop("deny", None),
            additional_properties=d,  # what is left
        )

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
            "internet": self.internet,
        }
        if self.allow is not None:
            result["allow"] = self.allow
        if self.deny is not None:
            result["deny"] = self.deny
        return result

    def __hash__(self) -> int:
        return Model.__hash__(self)
