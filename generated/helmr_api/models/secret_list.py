# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..model import Model, setters

if TYPE_CHECKING:
    from ..models.secret import Secret


@lazy_attrs.frozen(kw_only=True, repr=False)
class SecretList(Model):
    """The secrets of the environment.

    Attributes:
        secrets: Sorted by `name`, at most 200.
    """

    __module__ = "helmr.types"
    _shown = ("secrets",)

    secrets: list[Secret]
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.secret import Secret

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_secrets(made, [Secret.from_dict(item) for item in d.pop("secrets")])
        _set_additional_properties(made, d)  # what is left
        return made

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.additional_properties,
            "secrets": [item.to_dict() for item in self.secrets],
        }

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_secrets,
    _set_additional_properties,
) = setters(SecretList)
