# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..model import Model, setters

if TYPE_CHECKING:
    from ..models.deployment import Deployment


@lazy_attrs.frozen(kw_only=True, repr=False)
class DeploymentList(Model):
    """Deployments of the environment.

    Attributes:
        deployments: Newest first, at most `limit`.
    """

    __module__ = "helmr.types"
    _shown = ("deployments",)

    deployments: list[Deployment]
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.deployment import Deployment

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_deployments(made, [Deployment.from_dict(item) for item in d.pop("deployments")])
        _set_additional_properties(made, d)  # what is left
        return made

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.additional_properties,
            "deployments": [item.to_dict() for item in self.deployments],
        }

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_deployments,
    _set_additional_properties,
) = setters(DeploymentList)
