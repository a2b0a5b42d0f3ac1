# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Constants that the document defines: version, statuses, patterns, limits and header names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# info/version
API_VERSION: Final = "2026-06-06"

# POST /api/sessions/start-and-wait
SERVER_WAIT_SECONDS: Final = 30

# GET /api/runs/{run_id}/events
EVENTS_KEEP_ALIVE_SECONDS: Final = 25
MAX_STREAM_SECONDS: Final = 1800

# GET /api/runs/{run_id}/logs
LOGS_SNAPSHOT_BYTES: Final = 1048576
LOGS_KEEP_ALIVE_SECONDS: Final = 1

# GET /api/workspaces/{workspace_id}/execs/{exec_id}/stdout
RETAINED_OUTPUT_BYTES: Final = 67108864

# components/schemas/Tags
MAX_TAGS: Final = 10

# components/schemas/Tags/items
MAX_TAG_BYTES: Final = 128

# components/schemas/SessionStatus
TERMINAL_SESSION_STATUSES: Final[frozenset[str]] = frozenset({"cancelled", "closed", "expired"})

# components/schemas/QueueSelection/properties/name
QUEUE_NAME_PATTERN: Final = "^[A-Za-z0-9][A-Za-z0-9._/-]{0,255}$"

# components/schemas/RetryBackoff/properties/minMs
DEFAULT_RETRY_MIN_MS: Final = 1000

# components/schemas/RetryBackoff/properties/maxMs
DEFAULT_RETRY_MAX_MS: Final = 30000

# components/schemas/RetryBackoff/properties/factor
DEFAULT_RETRY_FACTOR: Final = 2

# components/schemas/RetryPolicy/properties/maxAttempts
MAX_ATTEMPTS: Final = 10

# components/schemas/SessionStartRequest/properties/concurrency_key
MAX_CONCURRENCY_KEY_BYTES: Final = 512

# components/schemas/SessionStartRequest/properties/max_duration_seconds
MAX_DURATION_MIN_SECONDS: Final = 5
MAX_DURATION_MAX_SECONDS: Final = 86400
MAX_DURATION_DEFAULT_SECONDS: Final = 900

# components/schemas/SessionStartRequest/properties/idempotency_key
MAX_IDEMPOTENCY_KEY_BYTES: Final = 512

# components/schemas/SessionStartRequest/properties/idempotency_key_ttl
DEFAULT_IDEMPOTENCY_KEY_TTL_SECONDS: Final = 2592000

# components/schemas/RunStatus
TERMINAL_RUN_STATUSES: Final[frozenset[str]] = frozenset({"cancelled", "expired", "failed", "succeeded"})

# components/schemas/RunEvent
RUN_END_EVENT_KINDS: Final[frozenset[str]] = frozenset(
    {"run.cancelled", "run.completed", "run.dead_lettered", "run.expired", "run.failed"}
)

# components/schemas/TokenStatus
TERMINAL_TOKEN_STATUSES: Final[frozenset[str]] = frozenset({"cancelled", "completed", "expired"})

# components/schemas/TokenCreateRequest/properties/timeout
DEFAULT_TOKEN_TIMEOUT_SECONDS: Final = 604800

# components/schemas/PublicAccessTokenCreateRequest/properties/expires_at
DEFAULT_PUBLIC_ACCESS_TOKEN_SECONDS: Final = 2592000

# components/schemas/WorkspaceCreateRequest/properties/idempotency_key_ttl
DEFAULT_WORKSPACE_KEY_TTL_SECONDS: Final = 86400

# components/schemas/WorkspaceMountState
ACTIVE_WORKSPACE_MOUNT_STATES: Final[frozenset[str]] = frozenset({"mounted", "mounting", "unmounting"})

# components/schemas/ExecState
TERMINAL_EXEC_STATES: Final[frozenset[str]] = frozenset({"exited", "failed", "lost", "terminated"})

# components/schemas/StreamWriteRequest/properties/data
MAX_STREAM_CHUNK_BYTES: Final = 1048576

# components/schemas/PtyState
TERMINAL_PTY_STATES: Final[frozenset[str]] = frozenset({"closed", "failed", "lost"})

# components/schemas/PtyCreateRequest/properties/cols
MAX_PTY_SIZE: Final = 500
DEFAULT_PTY_COLS: Final = 80

# components/schemas/PtyCreateRequest/properties/rows
DEFAULT_PTY_ROWS: Final = 24

# components/schemas/DeploymentStatus
TERMINAL_DEPLOYMENT_STATUSES: Final[frozenset[str]] = frozenset({"deployed", "failed"})

# components/schemas/DeploymentMetadata/properties/bundle_format_version
BUNDLE_FORMAT_VERSION: Final = 2

# components/schemas/DeploymentCreateRequest/properties/metadata
MAX_DEPLOYMENT_METADATA_BYTES: Final = 1048576

# components/schemas/DeploymentCreateRequest/properties/deployment_source
MAX_DEPLOYMENT_SOURCE_ENTRIES: Final = 100000
MAX_DEPLOYMENT_SOURCE_BYTES: Final = 536870912

# components/schemas/DeploymentEvent
DEPLOYMENT_END_EVENT_KINDS: Final[frozenset[str]] = frozenset({"deployment.deployed", "deployment.failed"})

# components/parameters/ApiVersion
API_VERSION_HEADER: Final = "Helmr-API-Version"

# components/parameters/SdkVersion
SDK_VERSION_HEADER: Final = "Helmr-SDK-Version"

# components/parameters/CliVersion
CLI_VERSION_HEADER: Final = "Helmr-CLI-Version"

# components/parameters/ClientVersion
CLIENT_VERSION_HEADER: Final = "Helmr-Client-Version"

# components/parameters/TaskId/schema
TASK_ID_PATTERN: Final = "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"

# components/parameters/ExternalId/schema
MAX_EXTERNAL_ID_BYTES: Final = 512

# components/parameters/StreamName/schema
STREAM_NAME_PATTERN: Final = "^[A-Za-z0-9][A-Za-z0-9._-]{0,255}$"

# components/parameters/Limit200/schema
MAX_LIST_LIMIT: Final = 200
DEFAULT_LIMIT: Final = 100

# components/parameters/Limit500/schema
MAX_PAGE_LIMIT: Final = 500

# components/parameters/EventLimit/schema
MAX_EVENTS_LIMIT: Final = 200
DEFAULT_EVENTS_LIMIT: Final = 200

# components/parameters/SecretName/schema
SECRET_NAME_PATTERN: Final = "^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$"

# components/responses/BodyTooLarge
MAX_BODY_BYTES: Final = 134217728

# x-error-codes
ERROR_ACTIONS: Final[Mapping[str, str]] = {
    "close_run_active": "Wait until the run has ended, or cancel the session.",
    "coordination_unavailable": "Send the same request again later, with the same key.",
    "deployment_sandbox_artifact_corrupt": "Deploy again.",
    "deployment_sandbox_artifact_missing": "Deploy again.",
    "idempotency_external_id_mismatch": "Send the external id that the key was used with, or use a new key.",
    "idempotency_fingerprint_mismatch": "Use a new key for other parameters. To repeat a request, send it unchanged.",
    "idempotency_pending": "Send the same request again after `Retry-After`.",
    "sandbox_not_deployed": "Deploy the sandbox.",
    "session_expired": "Start another session, with another external id.",
    "session_expires_at_not_extendable": "Send a time later than the stored one while that is in the future.",
    "session_fingerprint_mismatch": "Send the parameters of that session, or use another external id.",
    "session_has_no_current_run": "Send the session input, which starts a run.",
    "session_terminal": "Start another session, with another external id.",
    "stream_direction_mismatch": "Report it to the operator of the control plane.",
    "stream_not_found": "Check the name and the direction; `sessions.streams` lists what is declared.",
    "task_archived": "Start another task.",
    "task_not_deployed": "Deploy it, or check the id; `tasks.list` lists what is deployed.",
    "token_cancelled": "Create another token.",
    "token_completion_conflict": "Read the token to see its data.",
    "token_expired": "Create another one.",
    "token_not_found": "Check the id, and that it belongs to the environment of the API key.",
    "token_scope_denied": "Check that the public access token is for this token or stream and has uses left, or request a new one.",
    "workspace_exec_stdin_closed": "Stop writing.",
    "workspace_exec_terminal": "Read its state and output.",
    "workspace_file_not_directory": "Read it, or list the directory that it is in.",
    "workspace_file_not_found": "Check the path and the version.",
    "workspace_file_not_regular": "List the directory, or read what the link leads to.",
    "workspace_file_too_large": "Read it in the workspace, with an exec.",
    "workspace_mount_failed": "Read the workspace's state, and start again.",
    "workspace_mount_id_unexpected": "Leave it out.",
    "workspace_mount_lost": "Read the workspace's state, and start again.",
    "workspace_mount_not_runnable": "Send the same request again when the workspace is stopped.",
    "workspace_mount_prerequisite_failed": "Report it to the operator of the control plane.",
    "workspace_mount_stopped": "Start again; a new mount is requested.",
    "workspace_no_current_version": "Name a version with `source=version`.",
    "workspace_not_active": "Use another workspace.",
    "workspace_pty_not_open": "Wait until it is open, or open another one.",
    "workspace_pty_terminal": "Open another one.",
    "workspace_resource_floor_unsatisfied": "Use a workspace that is large enough, or none.",
    "workspace_sandbox_incompatible": "Use an active workspace of the task's sandbox, or none.",
    "workspace_source_live_unsupported": "Stop the workspace and read its version, or read the file with an exec.",
    "workspace_stream_cursor_expired": "Continue from the earliest cursor, which the error names.",
    "workspace_stream_follow_failed": "Follow again from the last id.",
    "workspace_stream_offset_conflict": "Read the cursor of the exec or PTY, and send what follows it.",
    "workspace_version_artifact_corrupt": "Use another workspace or version.",
    "workspace_version_artifact_missing": "Use another workspace.",
    "workspace_version_id_required": "Send the version.",
    "workspace_version_id_unexpected": "Send the source, or leave the version out.",
    "workspace_version_missing": "Use another workspace.",
    "workspace_version_not_readable": "Check the id; `workspaces.versions.list` lists what can be read.",
    "workspace_version_not_ready": "Send the same request again later.",
    "workspace_writer_active": "Wait until it has ended, or stop the workspace.",
}
