# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..model import Model, setters
from ..models.readiness_status import ReadinessStatus


@lazy_attrs.frozen(kw_only=True, repr=False)
class Readiness(Model):
    """Whether the server is ready; no reason is disclosed.

    Attributes:
        status:
            - `ready`: it is (200)
            - `not_ready`: it is not ready (503)
    """

    __module__ = "helmr.types"
    _shown = ("status",)

    status: ReadinessStatus | str
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_status(made, d.pop("status"))
        _set_additional_properties(made, d)  # what is left
        if not (type(made.status) is str):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.additional_properties,
            "status": self.status,
        }

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_status,
    _set_additional_properties,
) = setters(Readiness)
