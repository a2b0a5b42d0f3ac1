# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""The data models of requests and responses, each imported on first use."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .append_input_result import AppendInputResult as AppendInputResult
    from .append_output_result import AppendOutputResult as AppendOutputResult
    from .append_record_request import AppendRecordRequest as AppendRecordRequest
    from .continuation_status import ContinuationStatus as ContinuationStatus
    from .current_deployment import CurrentDeployment as CurrentDeployment
    from .deployment import Deployment as Deployment
    from .deployment_create_request import DeploymentCreateRequest as DeploymentCreateRequest
    from .deployment_error import DeploymentError as DeploymentError
    from .deployment_event import DeploymentEvent as DeploymentEvent
    from .deployment_event_attributes import DeploymentEventAttributes as DeploymentEventAttributes
    from .deployment_event_page import DeploymentEventPage as DeploymentEventPage
    from .deployment_event_trace import DeploymentEventTrace as DeploymentEventTrace
    from .deployment_list import DeploymentList as DeploymentList
    from .deployment_metadata import DeploymentMetadata as DeploymentMetadata
    from .deployment_source import DeploymentSource as DeploymentSource
    from .deployment_status import DeploymentStatus as DeploymentStatus
    from .error_envelope import ErrorEnvelope as ErrorEnvelope
    from .exec_ import Exec as Exec
    from .exec_create_request import ExecCreateRequest as ExecCreateRequest
    from .exec_envelope import ExecEnvelope as ExecEnvelope
    from .exec_list import ExecList as ExecList
    from .exec_state import ExecState as ExecState
    from .execution_status import ExecutionStatus as ExecutionStatus
    from .health import Health as Health
    from .idempotency_status import IdempotencyStatus as IdempotencyStatus
    from .list_runs_status import ListRunsStatus as ListRunsStatus
    from .list_tokens_status import ListTokensStatus as ListTokensStatus
    from .list_workspace_versions_kind import ListWorkspaceVersionsKind as ListWorkspaceVersionsKind
    from .list_workspaces_state import ListWorkspacesState as ListWorkspacesState
    from .pending_wait import PendingWait as PendingWait
    from .promotion_request import PromotionRequest as PromotionRequest
    from .pty import Pty as Pty
    from .pty_create_request import PtyCreateRequest as PtyCreateRequest
    from .pty_envelope import PtyEnvelope as PtyEnvelope
    from .pty_list import PtyList as PtyList
    from .pty_resize_request import PtyResizeRequest as PtyResizeRequest
    from .pty_state import PtyState as PtyState
    from .public_access_scope import PublicAccessScope as PublicAccessScope
    from .public_access_scope_request import PublicAccessScopeRequest as PublicAccessScopeRequest
    from .public_access_scope_type import PublicAccessScopeType as PublicAccessScopeType
    from .public_access_token import PublicAccessToken as PublicAccessToken
    from .public_access_token_create_request import (
        PublicAccessTokenCreateRequest as PublicAccessTokenCreateRequest,
    )
    from .queue_selection import QueueSelection as QueueSelection
    from .readiness import Readiness as Readiness
    from .readiness_status import ReadinessStatus as ReadinessStatus
    from .redacted_attributes import RedactedAttributes as RedactedAttributes
    from .retry_backoff import RetryBackoff as RetryBackoff
    from .retry_backoff_jitter import RetryBackoffJitter as RetryBackoffJitter
    from .retry_policy import RetryPolicy as RetryPolicy
    from .run import Run as Run
    from .run_cancel_request import RunCancelRequest as RunCancelRequest
    from .run_cancel_requested_attributes import RunCancelRequestedAttributes as RunCancelRequestedAttributes
    from .run_cancel_result import RunCancelResult as RunCancelResult
    from .run_cancelled_attributes import RunCancelledAttributes as RunCancelledAttributes
    from .run_cause import RunCause as RunCause
    from .run_completed_attributes import RunCompletedAttributes as RunCompletedAttributes
    from .run_counts import RunCounts as RunCounts
    from .run_created_attributes import RunCreatedAttributes as RunCreatedAttributes
    from .run_dead_lettered_attributes import RunDeadLetteredAttributes as RunDeadLetteredAttributes
    from .run_event import RunEvent as RunEvent
    from .run_event_page import RunEventPage as RunEventPage
    from .run_event_trace import RunEventTrace as RunEventTrace
    from .run_execution_lost_attributes import RunExecutionLostAttributes as RunExecutionLostAttributes
    from .run_expired_attributes import RunExpiredAttributes as RunExpiredAttributes
    from .run_failed_attributes import RunFailedAttributes as RunFailedAttributes
    from .run_failure_detail import RunFailureDetail as RunFailureDetail
    from .run_list import RunList as RunList
    from .run_log_chunk import RunLogChunk as RunLogChunk
    from .run_log_chunk_stream import RunLogChunkStream as RunLogChunkStream
    from .run_logs import RunLogs as RunLogs
    from .run_operation import RunOperation as RunOperation
    from .run_operation_kind import RunOperationKind as RunOperationKind
    from .run_operation_status import RunOperationStatus as RunOperationStatus
    from .run_retry_backoff import RunRetryBackoff as RunRetryBackoff
    from .run_retry_policy import RunRetryPolicy as RunRetryPolicy
    from .run_retry_scheduled_attributes import RunRetryScheduledAttributes as RunRetryScheduledAttributes
    from .run_status import RunStatus as RunStatus
    from .sandbox import Sandbox as Sandbox
    from .sandbox_list import SandboxList as SandboxList
    from .sandbox_network_policy import SandboxNetworkPolicy as SandboxNetworkPolicy
    from .sandbox_resources import SandboxResources as SandboxResources
    from .schedule import Schedule as Schedule
    from .schedule_create_request import ScheduleCreateRequest as ScheduleCreateRequest
    from .schedule_list import ScheduleList as ScheduleList
    from .schedule_options import ScheduleOptions as ScheduleOptions
    from .schedule_status import ScheduleStatus as ScheduleStatus
    from .schedule_type import ScheduleType as ScheduleType
    from .schedule_update_request import ScheduleUpdateRequest as ScheduleUpdateRequest
    from .scoped_session import ScopedSession as ScopedSession
    from .secret import Secret as Secret
    from .secret_list import SecretList as SecretList
    from .secret_set_request import SecretSetRequest as SecretSetRequest
    from .session import Session as Session
    from .session_activity import SessionActivity as SessionActivity
    from .session_by_external_id import SessionByExternalId as SessionByExternalId
    from .session_by_id import SessionById as SessionById
    from .session_cancel_request import SessionCancelRequest as SessionCancelRequest
    from .session_close_request import SessionCloseRequest as SessionCloseRequest
    from .session_error import SessionError as SessionError
    from .session_error_details import SessionErrorDetails as SessionErrorDetails
    from .session_list import SessionList as SessionList
    from .session_run import SessionRun as SessionRun
    from .session_run_list import SessionRunList as SessionRunList
    from .session_start import SessionStart as SessionStart
    from .session_start_and_wait_request import SessionStartAndWaitRequest as SessionStartAndWaitRequest
    from .session_start_request import SessionStartRequest as SessionStartRequest
    from .session_status import SessionStatus as SessionStatus
    from .session_update_request import SessionUpdateRequest as SessionUpdateRequest
    from .session_wait_options import SessionWaitOptions as SessionWaitOptions
    from .stream import Stream as Stream
    from .stream_chunk import StreamChunk as StreamChunk
    from .stream_chunk_frame import StreamChunkFrame as StreamChunkFrame
    from .stream_chunk_page import StreamChunkPage as StreamChunkPage
    from .stream_direction import StreamDirection as StreamDirection
    from .stream_end import StreamEnd as StreamEnd
    from .stream_end_state import StreamEndState as StreamEndState
    from .stream_error_frame import StreamErrorFrame as StreamErrorFrame
    from .stream_failure import StreamFailure as StreamFailure
    from .stream_failure_code import StreamFailureCode as StreamFailureCode
    from .stream_list import StreamList as StreamList
    from .stream_lost_frame import StreamLostFrame as StreamLostFrame
    from .stream_record import StreamRecord as StreamRecord
    from .stream_record_list import StreamRecordList as StreamRecordList
    from .stream_record_read import StreamRecordRead as StreamRecordRead
    from .stream_terminal_frame import StreamTerminalFrame as StreamTerminalFrame
    from .stream_write_request import StreamWriteRequest as StreamWriteRequest
    from .task import Task as Task
    from .task_list import TaskList as TaskList
    from .terminal_outcome import TerminalOutcome as TerminalOutcome
    from .terminal_reason import TerminalReason as TerminalReason
    from .token import Token as Token
    from .token_complete_request import TokenCompleteRequest as TokenCompleteRequest
    from .token_completion import TokenCompletion as TokenCompletion
    from .token_completion_status import TokenCompletionStatus as TokenCompletionStatus
    from .token_create_request import TokenCreateRequest as TokenCreateRequest
    from .token_list import TokenList as TokenList
    from .token_status import TokenStatus as TokenStatus
    from .token_timeout_parts import TokenTimeoutParts as TokenTimeoutParts
    from .workspace import Workspace as Workspace
    from .workspace_create_request import WorkspaceCreateRequest as WorkspaceCreateRequest
    from .workspace_desired_state import WorkspaceDesiredState as WorkspaceDesiredState
    from .workspace_dirty_state import WorkspaceDirtyState as WorkspaceDirtyState
    from .workspace_envelope import WorkspaceEnvelope as WorkspaceEnvelope
    from .workspace_file import WorkspaceFile as WorkspaceFile
    from .workspace_file_kind import WorkspaceFileKind as WorkspaceFileKind
    from .workspace_file_list import WorkspaceFileList as WorkspaceFileList
    from .workspace_file_source import WorkspaceFileSource as WorkspaceFileSource
    from .workspace_file_stat import WorkspaceFileStat as WorkspaceFileStat
    from .workspace_list import WorkspaceList as WorkspaceList
    from .workspace_mount import WorkspaceMount as WorkspaceMount
    from .workspace_mount_request import WorkspaceMountRequest as WorkspaceMountRequest
    from .workspace_mount_state import WorkspaceMountState as WorkspaceMountState
    from .workspace_process_error import WorkspaceProcessError as WorkspaceProcessError
    from .workspace_state import WorkspaceState as WorkspaceState
    from .workspace_stop import WorkspaceStop as WorkspaceStop
    from .workspace_stop_request import WorkspaceStopRequest as WorkspaceStopRequest
    from .workspace_stop_state import WorkspaceStopState as WorkspaceStopState
    from .workspace_update_request import WorkspaceUpdateRequest as WorkspaceUpdateRequest
    from .workspace_version import WorkspaceVersion as WorkspaceVersion
    from .workspace_version_envelope import WorkspaceVersionEnvelope as WorkspaceVersionEnvelope
    from .workspace_version_kind import WorkspaceVersionKind as WorkspaceVersionKind
    from .workspace_version_list import WorkspaceVersionList as WorkspaceVersionList
else:
    import importlib

    from ..annotations import find_with

    _MODULES = {
        "AppendInputResult": ".append_input_result",
        "AppendOutputResult": ".append_output_result",
        "AppendRecordRequest": ".append_record_request",
        "ContinuationStatus": ".continuation_status",
        "CurrentDeployment": ".current_deployment",
        "Deployment": ".deployment",
        "DeploymentCreateRequest": ".deployment_create_request",
        "DeploymentError": ".deployment_error",
        "DeploymentEvent": ".deployment_event",
        "DeploymentEventAttributes": ".deployment_event_attributes",
        "DeploymentEventPage": ".deployment_event_page",
        "DeploymentEventTrace": ".deployment_event_trace",
        "DeploymentList": ".deployment_list",
        "DeploymentMetadata": ".deployment_metadata",
        "DeploymentSource": ".deployment_source",
        "DeploymentStatus": ".deployment_status",
        "ErrorEnvelope": ".error_envelope",
        "Exec": ".exec_",
        "ExecCreateRequest": ".exec_create_request",
        "ExecEnvelope": ".exec_envelope",
        "ExecList": ".exec_list",
        "ExecState": ".exec_state",
        "ExecutionStatus": ".execution_status",
        "Health": ".health",
        "IdempotencyStatus": ".idempotency_status",
        "ListRunsStatus": ".list_runs_status",
        "ListTokensStatus": ".list_tokens_status",
        "ListWorkspaceVersionsKind": ".list_workspace_versions_kind",
        "ListWorkspacesState": ".list_workspaces_state",
        "PendingWait": ".pending_wait",
        "PromotionRequest": ".promotion_request",
        "Pty": ".pty",
        "PtyCreateRequest": ".pty_create_request",
        "PtyEnvelope": ".pty_envelope",
        "PtyList": ".pty_list",
        "PtyResizeRequest": ".pty_resize_request",
        "PtyState": ".pty_state",
        "PublicAccessScope": ".public_access_scope",
        "PublicAccessScopeRequest": ".public_access_scope_request",
        "PublicAccessScopeType": ".public_access_scope_type",
        "PublicAccessToken": ".public_access_token",
        "PublicAccessTokenCreateRequest": ".public_access_token_create_request",
        "QueueSelection": ".queue_selection",
        "Readiness": ".readiness",
        "ReadinessStatus": ".readiness_status",
        "RedactedAttributes": ".redacted_attributes",
        "RetryBackoff": ".retry_backoff",
        "RetryBackoffJitter": ".retry_backoff_jitter",
        "RetryPolicy": ".retry_policy",
        "Run": ".run",
        "RunCancelRequest": ".run_cancel_request",
        "RunCancelRequestedAttributes": ".run_cancel_requested_attributes",
        "RunCancelResult": ".run_cancel_result",
        "RunCancelledAttributes": ".run_cancelled_attributes",
        "RunCause": ".run_cause",
        "RunCompletedAttributes": ".run_completed_attributes",
        "RunCounts": ".run_counts",
        "RunCreatedAttributes": ".run_created_attributes",
        "RunDeadLetteredAttributes": ".run_dead_lettered_attributes",
        "RunEvent": ".run_event",
        "RunEventPage": ".run_event_page",
        "RunEventTrace": ".run_event_trace",
        "RunExecutionLostAttributes": ".run_execution_lost_attributes",
        "RunExpiredAttributes": ".run_expired_attributes",
        "RunFailedAttributes": ".run_failed_attributes",
        "RunFailureDetail": ".run_failure_detail",
        "RunList": ".run_list",
        "RunLogChunk": ".run_log_chunk",
        "RunLogChunkStream": ".run_log_chunk_stream",
        "RunLogs": ".run_logs",
        "RunOperation": ".run_operation",
        "RunOperationKind": ".run_operation_kind",
        "RunOperationStatus": ".run_operation_status",
        "RunRetryBackoff": ".run_retry_backoff",
        "RunRetryPolicy": ".run_retry_policy",
        "RunRetryScheduledAttributes": ".run_retry_scheduled_attributes",
        "RunStatus": ".run_status",
        "Sandbox": ".sandbox",
        "SandboxList": ".sandbox_list",
        "SandboxNetworkPolicy": ".sandbox_network_policy",
        "SandboxResources": ".sandbox_resources",
        "Schedule": ".schedule",
        "ScheduleCreateRequest": ".schedule_create_request",
        "ScheduleList": ".schedule_list",
        "ScheduleOptions": ".schedule_options",
        "ScheduleStatus": ".schedule_status",
        "ScheduleType": ".schedule_type",
        "ScheduleUpdateRequest": ".schedule_update_request",
        "ScopedSession": ".scoped_session",
        "Secret": ".secret",
        "SecretList": ".secret_list",
        "SecretSetRequest": ".secret_set_request",
        "Session": ".session",
        "SessionActivity": ".session_activity",
        "SessionByExternalId": ".session_by_external_id",
        "SessionById": ".session_by_id",
        "SessionCancelRequest": ".session_cancel_request",
        "SessionCloseRequest": ".session_close_request",
        "SessionError": ".session_error",
        "SessionErrorDetails": ".session_error_details",
        "SessionList": ".session_list",
        "SessionRun": ".session_run",
        "SessionRunList": ".session_run_list",
        "SessionStart": ".session_start",
        "SessionStartAndWaitRequest": ".session_start_and_wait_request",
        "SessionStartRequest": ".session_start_request",
        "SessionStatus": ".session_status",
        "SessionUpdateRequest": ".session_update_request",
        "SessionWaitOptions": ".session_wait_options",
        "Stream": ".stream",
        "StreamChunk": ".stream_chunk",
        "StreamChunkFrame": ".stream_chunk_frame",
        "StreamChunkPage": ".stream_chunk_page",
        "StreamDirection": ".stream_direction",
        "StreamEnd": ".stream_end",
        "StreamEndState": ".stream_end_state",
        "StreamErrorFrame": ".stream_error_frame",
        "StreamFailure": ".stream_failure",
        "StreamFailureCode": ".stream_failure_code",
        "StreamList": ".stream_list",
        "StreamLostFrame": ".stream_lost_frame",
        "StreamRecord": ".stream_record",
        "StreamRecordList": ".stream_record_list",
        "StreamRecordRead": ".stream_record_read",
        "StreamTerminalFrame": ".stream_terminal_frame",
        "StreamWriteRequest": ".stream_write_request",
        "Task": ".task",
        "TaskList": ".task_list",
        "TerminalOutcome": ".terminal_outcome",
        "TerminalReason": ".terminal_reason",
        "Token": ".token",
        "TokenCompleteRequest": ".token_complete_request",
        "TokenCompletion": ".token_completion",
        "TokenCompletionStatus": ".token_completion_status",
        "TokenCreateRequest": ".token_create_request",
        "TokenList": ".token_list",
        "TokenStatus": ".token_status",
        "TokenTimeoutParts": ".token_timeout_parts",
        "Workspace": ".workspace",
        "WorkspaceCreateRequest": ".workspace_create_request",
        "WorkspaceDesiredState": ".workspace_desired_state",
        "WorkspaceDirtyState": ".workspace_dirty_state",
        "WorkspaceEnvelope": ".workspace_envelope",
        "WorkspaceFile": ".workspace_file",
        "WorkspaceFileKind": ".workspace_file_kind",
        "WorkspaceFileList": ".workspace_file_list",
        "WorkspaceFileSource": ".workspace_file_source",
        "WorkspaceFileStat": ".workspace_file_stat",
        "WorkspaceList": ".workspace_list",
        "WorkspaceMount": ".workspace_mount",
        "WorkspaceMountRequest": ".workspace_mount_request",
        "WorkspaceMountState": ".workspace_mount_state",
        "WorkspaceProcessError": ".workspace_process_error",
        "WorkspaceState": ".workspace_state",
        "WorkspaceStop": ".workspace_stop",
        "WorkspaceStopRequest": ".workspace_stop_request",
        "WorkspaceStopState": ".workspace_stop_state",
        "WorkspaceUpdateRequest": ".workspace_update_request",
        "WorkspaceVersion": ".workspace_version",
        "WorkspaceVersionEnvelope": ".workspace_version_envelope",
        "WorkspaceVersionKind": ".workspace_version_kind",
        "WorkspaceVersionList": ".workspace_version_list",
    }

    def __getattr__(name):
        module = _MODULES.get(name)
        if module is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(module, __name__), name)
        globals()[name] = value
        return value

    find_with(__getattr__)

    def __dir__():
        return sorted({*globals(), *_MODULES})


__all__ = (
    "AppendInputResult",
    "AppendOutputResult",
    "AppendRecordRequest",
    "ContinuationStatus",
    "CurrentDeployment",
    "Deployment",
    "DeploymentCreateRequest",
    "DeploymentError",
    "DeploymentEvent",
    "DeploymentEventAttributes",
    "DeploymentEventPage",
    "DeploymentEventTrace",
    "DeploymentList",
    "DeploymentMetadata",
    "DeploymentSource",
    "DeploymentStatus",
    "ErrorEnvelope",
    "Exec",
    "ExecCreateRequest",
    "ExecEnvelope",
    "ExecList",
    "ExecState",
    "ExecutionStatus",
    "Health",
    "IdempotencyStatus",
    "ListRunsStatus",
    "ListTokensStatus",
    "ListWorkspaceVersionsKind",
    "ListWorkspacesState",
    "PendingWait",
    "PromotionRequest",
    "Pty",
    "PtyCreateRequest",
    "PtyEnvelope",
    "PtyList",
    "PtyResizeRequest",
    "PtyState",
    "PublicAccessScope",
    "PublicAccessScopeRequest",
    "PublicAccessScopeType",
    "PublicAccessToken",
    "PublicAccessTokenCreateRequest",
    "QueueSelection",
    "Readiness",
    "ReadinessStatus",
    "RedactedAttributes",
    "RetryBackoff",
    "RetryBackoffJitter",
    "RetryPolicy",
    "Run",
    "RunCancelRequest",
    "RunCancelRequestedAttributes",
    "RunCancelResult",
    "RunCancelledAttributes",
    "RunCause",
    "RunCompletedAttributes",
    "RunCounts",
    "RunCreatedAttributes",
    "RunDeadLetteredAttributes",
    "RunEvent",
    "RunEventPage",
    "RunEventTrace",
    "RunExecutionLostAttributes",
    "RunExpiredAttributes",
    "RunFailedAttributes",
    "RunFailureDetail",
    "RunList",
    "RunLogChunk",
    "RunLogChunkStream",
    "RunLogs",
    "RunOperation",
    "RunOperationKind",
    "RunOperationStatus",
    "RunRetryBackoff",
    "RunRetryPolicy",
    "RunRetryScheduledAttributes",
    "RunStatus",
    "Sandbox",
    "SandboxList",
    "SandboxNetworkPolicy",
    "SandboxResources",
    "Schedule",
    "ScheduleCreateRequest",
    "ScheduleList",
    "ScheduleOptions",
    "ScheduleStatus",
    "ScheduleType",
    "ScheduleUpdateRequest",
    "ScopedSession",
    "Secret",
    "SecretList",
    "SecretSetRequest",
    "Session",
    "SessionActivity",
    "SessionByExternalId",
    "SessionById",
    "SessionCancelRequest",
    "SessionCloseRequest",
    "SessionError",
    "SessionErrorDetails",
    "SessionList",
    "SessionRun",
    "SessionRunList",
    "SessionStart",
    "SessionStartAndWaitRequest",
    "SessionStartRequest",
    "SessionStatus",
    "SessionUpdateRequest",
    "SessionWaitOptions",
    "Stream",
    "StreamChunk",
    "StreamChunkFrame",
    "StreamChunkPage",
    "StreamDirection",
    "StreamEnd",
    "StreamEndState",
    "StreamErrorFrame",
    "StreamFailure",
    "StreamFailureCode",
    "StreamList",
    "StreamLostFrame",
    "StreamRecord",
    "StreamRecordList",
    "StreamRecordRead",
    "StreamTerminalFrame",
    "StreamWriteRequest",
    "Task",
    "TaskList",
    "TerminalOutcome",
    "TerminalReason",
    "Token",
    "TokenCompleteRequest",
    "TokenCompletion",
    "TokenCompletionStatus",
    "TokenCreateRequest",
    "TokenList",
    "TokenStatus",
    "TokenTimeoutParts",
    "Workspace",
    "WorkspaceCreateRequest",
    "WorkspaceDesiredState",
    "WorkspaceDirtyState",
    "WorkspaceEnvelope",
    "WorkspaceFile",
    "WorkspaceFileKind",
    "WorkspaceFileList",
    "WorkspaceFileSource",
    "WorkspaceFileStat",
    "WorkspaceList",
    "WorkspaceMount",
    "WorkspaceMountRequest",
    "WorkspaceMountState",
    "WorkspaceProcessError",
    "WorkspaceState",
    "WorkspaceStop",
    "WorkspaceStopRequest",
    "WorkspaceStopState",
    "WorkspaceUpdateRequest",
    "WorkspaceVersion",
    "WorkspaceVersionEnvelope",
    "WorkspaceVersionKind",
    "WorkspaceVersionList",
)
