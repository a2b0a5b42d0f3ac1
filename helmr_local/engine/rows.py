"""The rows of runs that the engine reads."""

from __future__ import annotations

from typing import TypedDict


class Attempt(TypedDict):
    """The fields of an attempt, and of its lease if any, that events contain."""

    no: int
    id: str
    attempt_id: str
    attempt_number: int
    lease_id: str | None
    lease_span: str | None
    root_span: str


class RunState(Attempt):
    """The columns with a run's progress. Reading a whole row takes five times as long."""

    status: str
    execution_status: str
    retry: str
    error_message: str | None
    max_duration_seconds: int
    ended_at: int | None
    parked: int


class RunPlace(TypedDict):
    """A queued run's place in the queue."""

    no: int
    id: str
    environment_id: str
    deployment_id: str
    queue_name: str
    concurrency_key: str
    priority: int
    queued_at: int
    ready_at: int


class RunToExecute(TypedDict):
    """The columns needed to execute a run."""

    no: int
    id: str
    environment_id: str
    session_id: str
    deployment_task_id: str
    task_id: str
    execution_status: str
    payload: str
    metadata: str
    tags: str
    attempt_id: str
    attempt_number: int
    turn_index: int
    root_span: str
    trigger_stream: str | None
    trigger_record_id: str | None
    trigger_sequence: int | None
    ready_at: int
    ttl_deadline: int | None
    max_duration_seconds: int
    lost_leases: int


class RunRow(RunState):
    """A whole row. The link to the session is part of it, because a run belongs to exactly one session."""

    environment_id: str
    project_id: str
    session_id: str
    link_id: str
    turn_index: int
    previous_run_id: str | None
    trigger_stream: str | None
    trigger_record_id: str | None
    trigger_sequence: int | None
    deployment_id: str
    deployment_task_id: str
    version: str
    sdk_version: str
    cli_version: str
    task_id: str
    terminal_outcome: str | None
    payload: str
    metadata: str
    tags: str
    output: str | None
    exit_code: int | None
    queue_name: str
    concurrency_key: str
    priority: int
    queued_at: int
    ready_at: int
    ttl: str | None
    ttl_deadline: int | None
    lost_leases: int
    trace_id: str
    event_seq: int
    log_seq: int
    stdout_bytes: int
    stderr_bytes: int
    created_at: int
    updated_at: int
