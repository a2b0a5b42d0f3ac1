# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
# A server may send types that contradict the annotations, so `from_dict` checks them.
# pyright: reportUnnecessaryIsInstance=false
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..model import Model, setters

if TYPE_CHECKING:
    from ..models.deployment import Deployment


@lazy_attrs.frozen(kw_only=True, repr=False)
class CurrentDeployment(Model):
    """The current deployment of the environment.

    Attributes:
        deployment: The deployment with its tasks; null if none has been promoted.
    """

    __module__ = "helmr.types"
    _shown = ("deployment",)

    deployment: Deployment | None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.deployment import Deployment

        d = dict(src_dict)
        _deployment = d.pop("deployment")
        made = cls.__new__(cls)
        _set_deployment(made, None if _deployment is None else Deployment.from_dict(_deployment))
        _set_additional_properties(made, d)  # what is left
        if not (made.deployment is None or isinstance(made.deployment, Model)):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.additional_properties,
            "deployment": None if self.deployment is None else self.deployment.to_dict(),
        }

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_deployment,
    _set_additional_properties,
) = setters(CurrentDeployment)
