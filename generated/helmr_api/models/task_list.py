# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..model import Model, setters

if TYPE_CHECKING:
    from ..models.task import Task


@lazy_attrs.frozen(kw_only=True, repr=False)
class TaskList(Model):
    """The tasks of the current deployment.

    Attributes:
        tasks: Ordered by `task_id`.
    """

    __module__ = "helmr.types"
    _shown = ("tasks",)

    tasks: list[Task]
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.task import Task

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_tasks(made, [Task.from_dict(item) for item in d.pop("tasks")])
        _set_additional_properties(made, d)  # what is left
        return made

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.additional_properties,
            "tasks": [item.to_dict() for item in self.tasks],
        }

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_tasks,
    _set_additional_properties,
) = setters(TaskList)
