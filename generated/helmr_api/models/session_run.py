# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.execution_status import ExecutionStatus
from ..models.run_status import RunStatus
from ..models.terminal_outcome import TerminalOutcome
from ..types import UNSET, Unset, format_datetime, parse_datetime


@_attrs_define(kw_only=True)
class SessionRun:
    """One turn of a session.

    Attributes:
        id: Id of this turn. It is not the run's id.
        run_id: The run.
        deployment_id: The deployment that the run executes.
        turn_index: 0 for the run of the start, one more for each continuation.
        status: - `queued`: waits for a worker: new, before a retry, or to go on after a wait
            - `running`: a worker has it; also while it waits with the worker kept
            - `waiting`: parked during a wait, without a worker
            - `succeeded`: ended; the task returned
            - `failed`: ended; the task failed, or could not be executed
            - `cancelled`: ended by a cancel; shown at once, even while the worker still stops
            - `expired`: ended; its `ttl` passed before it was first started
        execution_status: Where the run stands inside the server.
            - `created`, `queued`: not yet given to a worker
            - `leased`: given to a worker, not started
            - `executing`: a worker executes it
            - `waiting`: parked during a wait
            - `pending_cancel`: cancelled, the worker is still stopping
            - `finished`: over
        created_at: When the turn was made.
        previous_run_id: Run of the turn before. Omitted in the first.
        terminal_outcome: How the run ended.
            - `succeeded`, `failed`, `cancelled`, `expired`: as the run's status
            - `dead_lettered`: given up after its worker leases were lost too often; the run's status is `failed`
        ended_at: When the turn ended. Omitted until then.
    """

    id: str
    run_id: str
    deployment_id: str
    turn_index: int
    status: RunStatus | str
    execution_status: ExecutionStatus | str
    created_at: datetime.datetime
    previous_run_id: str | Unset = UNSET
    terminal_outcome: TerminalOutcome | str | Unset = UNSET
    ended_at: datetime.datetime | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(factory=dict)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read the JSON object; members that the document does not know are kept."""
        d = dict(src_dict)
        _created_at = d.pop("created_at")
        _ended_at = d.pop("ended_at", UNSET)
        return cls(
            id=d.pop("id"),
            run_id=d.pop("run_id"),
            deployment_id=d.pop("deployment_id"),
            turn_index=d.pop("turn_index"),
            status=d.pop("status"),
            execution_status=d.pop("execution_status"),
            created_at=parse_datetime(_created_at),
            previous_run_id=d.pop("previous_run_id", UNSET),
            terminal_outcome=d.pop("terminal_outcome", UNSET),
            ended_at=_ended_at if isinstance(_ended_at, Unset) else parse_datetime(_ended_at),
            additional_properties=d,  # what is left
        )

    def to_dict(self) -> dict[str, Any]:
        """Write the JSON object, without the members that are UNSET."""
        result: dict[str, Any] = {
            **self.additional_properties,
            "id": self.id,
            "run_id": self.run_id,
            "deployment_id": self.deployment_id,
            "turn_index": self.turn_index,
            "status": self.status,
            "execution_status": self.execution_status,
            "created_at": format_datetime(self.created_at),
        }
        if not isinstance(self.previous_run_id, Unset):
            result["previous_run_id"] = self.previous_run_id
        if not isinstance(self.terminal_outcome, Unset):
            result["terminal_outcome"] = self.terminal_outcome
        if not isinstance(self.ended_at, Unset):
            result["ended_at"] = format_datetime(self.ended_at)
        return result

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties)

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties

    def __iter__(self) -> Iterator[str]:
        return iter(self.additional_properties)
