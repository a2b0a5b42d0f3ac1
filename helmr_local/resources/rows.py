"""Rows of sessions and streams, for the resources that read them without importing `sessions` and
`streams`.
"""

from __future__ import annotations

from typing import TypedDict


class SessionRow(TypedDict):
    """A session, without its SQLite rowid."""

    id: str
    environment_id: str
    project_id: str
    task_id: str
    initial_deployment_id: str
    active_deployment_id: str
    external_id: str | None
    status: str
    current_run_id: str | None
    workspace_id: str
    metadata: str
    tags: str
    error: str | None
    terminal_reason: str
    fingerprint: bytes
    expires_at: int | None
    expired_at: int | None
    created_at: int
    updated_at: int


class StreamRow(TypedDict):
    """A stream of a session."""

    no: int
    id: str
    session_id: str
    name: str
    direction: str
    sequence: int
    metadata: str
    created_at: int


class RecordRow(TypedDict):
    """A record of a stream."""

    stream_no: int
    sequence: int
    id: str
    data: str
    correlation_id: str
    content_type: str
    idempotency_key: str | None
    fingerprint: bytes | None
    created_at: int
