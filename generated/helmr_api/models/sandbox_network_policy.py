# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..model import Model, setters


@lazy_attrs.frozen(kw_only=True, repr=False)
class SandboxNetworkPolicy(Model):
    """The network access of the sandbox.

    Attributes:
        internet: Whether it may reach the internet.
        allow: Further destinations that it may reach. Omitted when empty.
        deny: Destinations that it may not reach. Omitted when empty.
    """

    __module__ = "helmr.types"
    _shown = ("internet",)

    internet: bool
    allow: list[str] | None = None
    deny: list[str] | None = None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_internet(made, d.pop("internet"))
        _set_allow(made, d.pop("allow", None))
        _set_deny(made, d.pop("deny", None))
        _set_additional_properties(made, d)  # what is left
        if not (
            type(made.internet) is bool
            and (
                made.allow is None
                or type(made.allow) is list
                and all(type(item) is str for item in made.allow)
            )
            and (
                made.deny is None or type(made.deny) is list and all(type(item) is str for item in made.deny)
            )
        ):
            made.check_types()
        return made

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


(
    _set_internet,
    _set_allow,
    _set_deny,
    _set_additional_properties,
) = setters(SandboxNetworkPolicy)
