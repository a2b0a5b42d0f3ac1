# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..formats import format_datetime, parse_datetime
from ..model import Model, setters
from ..models.execution_status import ExecutionStatus
from ..models.run_status import RunStatus
from ..models.terminal_outcome import TerminalOutcome


@lazy_attrs.frozen(kw_only=True, repr=False)
class SessionRun(Model):
    """One turn of a session.

    Attributes:
        turn_id: Id of this turn. It is not the run's id.
        id: The run.
        deployment_id: The deployment that the run executes.
        turn_index: 0 for the run of the start, one more for each continuation.
        status:
            - `queued`: waits for a worker: new, before a retry, or to resume after a wait
            - `running`: a worker has it; also while it waits with the worker kept
            - `waiting`: parked during a wait, without a worker
            - `succeeded`: ended; the task returned
            - `failed`: ended; the task failed, or could not be executed
            - `cancelled`: ended by a cancel; shown at once, even while the worker still stops
            - `expired`: ended; its `ttl` passed before it was first started
        execution_status: The server's internal state of the run.
            - `created`, `queued`: not yet given to a worker
            - `leased`: given to a worker, not started
            - `executing`: a worker executes it
            - `waiting`: parked during a wait
            - `pending_cancel`: cancelled, the worker is still stopping
            - `finished`: ended
        created_at: When the turn was created.
        previous_run_id: Run of the previous turn. Omitted in the first.
        terminal_outcome: Omitted until the run has ended.
        ended_at: When the turn ended. Omitted until then.
    """

    __module__ = "helmr.types"
    _shown = ("id", "turn_index", "status", "execution_status", "terminal_outcome")
    _wire_names = {"turn_id": "id", "id": "run_id"}

    turn_id: str
    id: str
    deployment_id: str
    turn_index: int
    status: RunStatus | str
    execution_status: ExecutionStatus | str
    created_at: datetime.datetime
    previous_run_id: str | None = None
    terminal_outcome: TerminalOutcome | str | None = None
    ended_at: datetime.datetime | None = None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        _ended_at = d.pop("ended_at", None)
        made = cls.__new__(cls)
        _set_turn_id(made, d.pop("id"))
        _set_id(made, d.pop("run_id"))
        _set_deployment_id(made, d.pop("deployment_id"))
        _set_turn_index(made, d.pop("turn_index"))
        _set_status(made, d.pop("status"))
        _set_execution_status(made, d.pop("execution_status"))
        _set_created_at(made, parse_datetime(d.pop("created_at")))
        _set_previous_run_id(made, d.pop("previous_run_id", None))
        _set_terminal_outcome(made, d.pop("terminal_outcome", None))
        _set_ended_at(made, None if _ended_at is None else parse_datetime(_ended_at))
        _set_additional_properties(made, d)  # what is left
        if not (
            type(made.turn_id) is str
            and type(made.id) is str
            and type(made.deployment_id) is str
            and type(made.turn_index) is int
            and type(made.status) is str
            and type(made.execution_status) is str
            and (made.previous_run_id is None or type(made.previous_run_id) is str)
            and (made.terminal_outcome is None or type(made.terminal_outcome) is str)
        ):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
            "id": self.turn_id,
            "run_id": self.id,
            "deployment_id": self.deployment_id,
            "turn_index": self.turn_index,
            "status": self.status,
            "execution_status": self.execution_status,
            "created_at": format_datetime(self.created_at),
        }
        if self.previous_run_id is not None:
            result["previous_run_id"] = self.previous_run_id
        if self.terminal_outcome is not None:
            result["terminal_outcome"] = self.terminal_outcome
        if self.ended_at is not None:
            result["ended_at"] = format_datetime(self.ended_at)
        return result

    def __hash__(self) -> int:
        return hash(self.id)


(
    _set_turn_id,
    _set_id,
    _set_deployment_id,
    _set_turn_index,
    _set_status,
    _set_execution_status,
    _set_created_at,
    _set_previous_run_id,
    _set_terminal_outcome,
    _set_ended_at,
    _set_additional_properties,
) = setters(SessionRun)
