# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..model import Model, setters

if TYPE_CHECKING:
    from ..models.run import Run
    from ..models.run_operation import RunOperation


@lazy_attrs.frozen(kw_only=True, repr=False)
class RunCancelResult(Model):
    """The current state of the run, and the operation.

    Attributes:
        run: One execution of a task, in one or more attempts. The reason of a failure is in its events.
        operation: What a cancel did.
    """

    __module__ = "helmr.types"
    _shown = ("run", "operation")

    run: Run
    operation: RunOperation
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.run import Run
        from ..models.run_operation import RunOperation

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_run(made, Run.from_dict(d.pop("run")))
        _set_operation(made, RunOperation.from_dict(d.pop("operation")))
        _set_additional_properties(made, d)  # what is left
        return made

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.additional_properties,
            "run": self.run.to_dict(),
            "operation": self.operation.to_dict(),
        }

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_run,
    _set_operation,
    _set_additional_properties,
) = setters(RunCancelResult)
