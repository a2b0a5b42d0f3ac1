# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..formats import format_datetime, parse_datetime
from ..model import Model, setters
from ..models.run_operation_kind import RunOperationKind
from ..models.run_operation_status import RunOperationStatus


@lazy_attrs.frozen(kw_only=True, repr=False)
class RunOperation(Model):
    """What a cancel did.

    Attributes:
        id: The operation's id.
        run_id: Its run.
        kind: Always `cancel`.
        status:
            - `applied`: the run was cancelled
            - `rejected`: nothing was done, because the run had ended or was already stopping
        created_at: When it was requested.
        reason: The reason as given. Omitted when empty.
        applied_at: Only when `status` is `applied`.
    """

    __module__ = "helmr.types"
    _shown = ("id", "kind", "status")

    id: str
    run_id: str
    kind: RunOperationKind | str
    status: RunOperationStatus | str
    created_at: datetime.datetime
    reason: str | None = None
    applied_at: datetime.datetime | None = None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        _applied_at = d.pop("applied_at", None)
        made = cls.__new__(cls)
        _set_id(made, d.pop("id"))
        _set_run_id(made, d.pop("run_id"))
        _set_kind(made, d.pop("kind"))
        _set_status(made, d.pop("status"))
        _set_created_at(made, parse_datetime(d.pop("created_at")))
        _set_reason(made, d.pop("reason", None))
        _set_applied_at(made, None if _applied_at is None else parse_datetime(_applied_at))
        _set_additional_properties(made, d)  # what is left
        if not (
            type(made.id) is str
            and type(made.run_id) is str
            and type(made.kind) is str
            and type(made.status) is str
            and (made.reason is None or type(made.reason) is str)
        ):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
            "id": self.id,
            "run_id": self.run_id,
            "kind": self.kind,
            "status": self.status,
            "created_at": format_datetime(self.created_at),
        }
        if self.reason is not None:
            result["reason"] = self.reason
        if self.applied_at is not None:
            result["applied_at"] = format_datetime(self.applied_at)
        return result

    def __hash__(self) -> int:
        return hash(self.id)


(
    _set_id,
    _set_run_id,
    _set_kind,
    _set_status,
    _set_created_at,
    _set_reason,
    _set_applied_at,
    _set_additional_properties,
) = setters(RunOperation)
