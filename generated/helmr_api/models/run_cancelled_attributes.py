# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..model import Model, setters


@lazy_attrs.frozen(kw_only=True, repr=False)
class RunCancelledAttributes(Model):
    """Attributes of `run.cancelled`.

    Attributes:
        reason: The reason of the cancel (`run cancelled` when none was given), or, after a worker
            stopped, the worker's text.
        force: Only when the cancel ended the run at once.
        origin: `cancel_operation`: the worker stopped after a cancel. `lease_sweeper`: its lease
            expired instead. Otherwise omitted.
    """

    __module__ = "helmr.types"
    _shown = ("force",)

    reason: str
    force: bool | None = None
    origin: str | None = None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_reason(made, d.pop("reason"))
        _set_force(made, d.pop("force", None))
        _set_origin(made, d.pop("origin", None))
        _set_additional_properties(made, d)  # what is left
        if not (
            type(made.reason) is str
            and (made.force is None or type(made.force) is bool)
            and (made.origin is None or type(made.origin) is str)
        ):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
            "reason": self.reason,
        }
        if self.force is not None:
            result["force"] = self.force
        if self.origin is not None:
            result["origin"] = self.origin
        return result

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_reason,
    _set_force,
    _set_origin,
    _set_additional_properties,
) = setters(RunCancelledAttributes)
