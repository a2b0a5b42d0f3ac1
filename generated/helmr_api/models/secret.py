# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..formats import format_datetime, parse_datetime
from ..model import Model, setters


@lazy_attrs.frozen(kw_only=True, repr=False)
class Secret(Model):
    """A secret of the environment. Its value is never returned.

    Attributes:
        project_id: The project.
        environment_id: The environment.
        name: The name that tasks declare.
        created_at: When it was first set.
        updated_at: When its value was last set.
    """

    __module__ = "helmr.types"
    _shown = ("name",)

    project_id: str
    environment_id: str
    name: str
    created_at: datetime.datetime
    updated_at: datetime.datetime
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_project_id(made, d.pop("project_id"))
        _set_environment_id(made, d.pop("environment_id"))
        _set_name(made, d.pop("name"))
        _set_created_at(made, parse_datetime(d.pop("created_at")))
        _set_updated_at(made, parse_datetime(d.pop("updated_at")))
        _set_additional_properties(made, d)  # what is left
        if not (type(made.project_id) is str and type(made.environment_id) is str and type(made.name) is str):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.additional_properties,
            "project_id": self.project_id,
            "environment_id": self.environment_id,
            "name": self.name,
            "created_at": format_datetime(self.created_at),
            "updated_at": format_datetime(self.updated_at),
        }

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_project_id,
    _set_environment_id,
    _set_name,
    _set_created_at,
    _set_updated_at,
    _set_additional_properties,
) = setters(Secret)
