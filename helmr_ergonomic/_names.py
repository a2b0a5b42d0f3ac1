# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""The public names of the layer, and the module of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from helmr_api.models import SessionRun
    from helmr_api.paging import AsyncPager, Pager
    from helmr_api.resources import AsyncSandboxes, AsyncSecrets, AsyncTasks, Sandboxes, Secrets, Tasks

    from . import aio, errors
    from ._aliases import DeployedTask, StreamInfo
    from ._async.aiohttp_client import AiohttpClient
    from ._async.auth import AsyncAuth
    from ._async.byte_streams import AsyncByteInput, AsyncByteOutput
    from ._async.client import AsyncHelmrClient, AsyncRawHelmrClient
    from ._async.deployments import AsyncDeploymentEvents, AsyncDeployments
    from ._async.execs import AsyncExecHandle, AsyncExecs
    from ._async.health import AsyncHealth
    from ._async.live_workspaces import AsyncLiveWorkspace, AsyncWorkspaceConnection
    from ._async.ptys import AsyncPtyHandle, AsyncPtys
    from ._async.public import (
        AsyncPublicClient,
        AsyncPublicCompletion,
        AsyncPublicInput,
        AsyncPublicOutput,
        AsyncPublicSession,
    )
    from ._async.run_events import AsyncEventResource, AsyncEventsOfRun
    from ._async.run_logs import AsyncLogResource, AsyncLogsOfRun
    from ._async.runs import AsyncRun, AsyncRunCancellation, AsyncRuns
    from ._async.schedules import AsyncSchedules
    from ._async.sessions import (
        AsyncSend,
        AsyncSession,
        AsyncSessionHandle,
        AsyncSessions,
        AsyncSessionStart,
        AsyncStartOutcome,
    )
    from ._async.streams import AsyncInput, AsyncOutput
    from ._async.tokens import AsyncToken, AsyncTokenCompletion, AsyncTokens
    from ._async.workspace_files import AsyncWorkspaceFiles, AsyncWorkspaceVersions
    from ._async.workspaces import AsyncWorkspace, AsyncWorkspaceHandle, AsyncWorkspaces
    from ._auth import PublicAccessToken, ReadOutput, SendInput
    from ._events import RunEvent
    from ._logs import LogChunk, LogLine, RunLogs
    from ._processes import CommandResult
    from ._records import AppendedRecord, StreamRecord
    from ._runs import RunCounts, RunSnapshot
    from ._sessions import ManyOptions, SessionSnapshot, StartOptions
    from ._sync.auth import Auth
    from ._sync.byte_streams import ByteInput, ByteOutput
    from ._sync.client import HelmrClient, RawHelmrClient
    from ._sync.deployments import DeploymentEvents, Deployments
    from ._sync.execs import ExecHandle, Execs
    from ._sync.health import Health
    from ._sync.live_workspaces import LiveWorkspace, WorkspaceConnection
    from ._sync.ptys import PtyHandle, Ptys
    from ._sync.public import PublicClient, PublicCompletion, PublicInput, PublicOutput, PublicSession
    from ._sync.run_events import EventResource, EventsOfRun
    from ._sync.run_logs import LogResource, LogsOfRun
    from ._sync.runs import Run, RunCancellation, Runs
    from ._sync.schedules import Schedules
    from ._sync.sessions import Send, Session, SessionHandle, Sessions, SessionStart, StartOutcome
    from ._sync.streams import Input, Output
    from ._sync.tokens import Token, TokenCompletion, Tokens
    from ._sync.workspace_files import WorkspaceFiles, WorkspaceVersions
    from ._sync.workspaces import Workspace, WorkspaceHandle, Workspaces
    from ._tasks import RetryBackoff, RetryPolicy, Task, task
    from ._tokens import TokenSnapshot, WaitResult
    from ._version import API_VERSION
    from .budget import RetryBudget
    from .config import configure
    from .document import openapi
    from .errors import HelmrError
    from .events import (
        LogEntry,
        LogWritten,
        MetadataUpdated,
        RunCancelled,
        RunCancelRequested,
        RunCompleted,
        RunCreated,
        RunDeadLettered,
        RunExecutionLost,
        RunExpired,
        RunFailed,
        RunRetryScheduled,
    )
    from .hooks import Exchange
    from .idempotency import IdempotencyKey, idempotency_keys
    from .output import OutputChunk
    from .streams import InputStream, OutputStream
__all__ = [
    "API_VERSION",
    "AiohttpClient",
    "AppendedRecord",
    "AsyncAuth",
    "AsyncByteInput",
    "AsyncByteOutput",
    "AsyncDeploymentEvents",
    "AsyncDeployments",
    "AsyncEventResource",
    "AsyncEventsOfRun",
    "AsyncExecHandle",
    "AsyncExecs",
    "AsyncHealth",
    "AsyncHelmrClient",
    "AsyncInput",
    "AsyncLiveWorkspace",
    "AsyncLogResource",
    "AsyncLogsOfRun",
    "AsyncOutput",
    "AsyncPager",
    "AsyncPtyHandle",
    "AsyncPtys",
    "AsyncPublicClient",
    "AsyncPublicCompletion",
    "AsyncPublicInput",
    "AsyncPublicOutput",
    "AsyncPublicSession",
    "AsyncRawHelmrClient",
    "AsyncRun",
    "AsyncRunCancellation",
    "AsyncRuns",
    "AsyncSandboxes",
    "AsyncSchedules",
    "AsyncSecrets",
    "AsyncSend",
    "AsyncSession",
    "AsyncSessionHandle",
    "AsyncSessionStart",
    "AsyncSessions",
    "AsyncStartOutcome",
    "AsyncTasks",
    "AsyncToken",
    "AsyncTokenCompletion",
    "AsyncTokens",
    "AsyncWorkspace",
    "AsyncWorkspaceConnection",
    "AsyncWorkspaceFiles",
    "AsyncWorkspaceHandle",
    "AsyncWorkspaceVersions",
    "AsyncWorkspaces",
    "Auth",
    "ByteInput",
    "ByteOutput",
    "CommandResult",
    "DeployedTask",
    "DeploymentEvents",
    "Deployments",
    "EventResource",
    "EventsOfRun",
    "Exchange",
    "ExecHandle",
    "Execs",
    "Health",
    "HelmrClient",
    "HelmrError",
    "IdempotencyKey",
    "Input",
    "InputStream",
    "LiveWorkspace",
    "LogChunk",
    "LogEntry",
    "LogLine",
    "LogResource",
    "LogWritten",
    "LogsOfRun",
    "ManyOptions",
    "MetadataUpdated",
    "Output",
    "OutputChunk",
    "OutputStream",
    "Pager",
    "PtyHandle",
    "Ptys",
    "PublicAccessToken",
    "PublicClient",
    "PublicCompletion",
    "PublicInput",
    "PublicOutput",
    "PublicSession",
    "RawHelmrClient",
    "ReadOutput",
    "RetryBackoff",
    "RetryBudget",
    "RetryPolicy",
    "Run",
    "RunCancelRequested",
    "RunCancellation",
    "RunCancelled",
    "RunCompleted",
    "RunCounts",
    "RunCreated",
    "RunDeadLettered",
    "RunEvent",
    "RunExecutionLost",
    "RunExpired",
    "RunFailed",
    "RunLogs",
    "RunRetryScheduled",
    "RunSnapshot",
    "Runs",
    "Sandboxes",
    "Schedules",
    "Secrets",
    "Send",
    "SendInput",
    "Session",
    "SessionHandle",
    "SessionRun",
    "SessionSnapshot",
    "SessionStart",
    "Sessions",
    "StartOptions",
    "StartOutcome",
    "StreamInfo",
    "StreamRecord",
    "Task",
    "Tasks",
    "Token",
    "TokenCompletion",
    "TokenSnapshot",
    "Tokens",
    "WaitResult",
    "Workspace",
    "WorkspaceConnection",
    "WorkspaceFiles",
    "WorkspaceHandle",
    "WorkspaceVersions",
    "Workspaces",
    "aio",
    "configure",
    "errors",
    "idempotency_keys",
    "openapi",
    "task",
]
HOMES: Final[Mapping[str, str]] = {
    "API_VERSION": "._version",
    "AiohttpClient": "._async.aiohttp_client",
    "AppendedRecord": "._records",
    "AsyncAuth": "._async.auth",
    "AsyncByteInput": "._async.byte_streams",
    "AsyncByteOutput": "._async.byte_streams",
    "AsyncDeploymentEvents": "._async.deployments",
    "AsyncDeployments": "._async.deployments",
    "AsyncEventResource": "._async.run_events",
    "AsyncEventsOfRun": "._async.run_events",
    "AsyncExecHandle": "._async.execs",
    "AsyncExecs": "._async.execs",
    "AsyncHealth": "._async.health",
    "AsyncHelmrClient": "._async.client",
    "AsyncInput": "._async.streams",
    "AsyncLiveWorkspace": "._async.live_workspaces",
    "AsyncLogResource": "._async.run_logs",
    "AsyncLogsOfRun": "._async.run_logs",
    "AsyncOutput": "._async.streams",
    "AsyncPager": "helmr_api.paging",
    "AsyncPtyHandle": "._async.ptys",
    "AsyncPtys": "._async.ptys",
    "AsyncPublicClient": "._async.public",
    "AsyncPublicCompletion": "._async.public",
    "AsyncPublicInput": "._async.public",
    "AsyncPublicOutput": "._async.public",
    "AsyncPublicSession": "._async.public",
    "AsyncRawHelmrClient": "._async.client",
    "AsyncRun": "._async.runs",
    "AsyncRunCancellation": "._async.runs",
    "AsyncRuns": "._async.runs",
    "AsyncSandboxes": "helmr_api.resources",
    "AsyncSchedules": "._async.schedules",
    "AsyncSecrets": "helmr_api.resources",
    "AsyncSend": "._async.sessions",
    "AsyncSession": "._async.sessions",
    "AsyncSessionHandle": "._async.sessions",
    "AsyncSessionStart": "._async.sessions",
    "AsyncSessions": "._async.sessions",
    "AsyncStartOutcome": "._async.sessions",
    "AsyncTasks": "helmr_api.resources",
    "AsyncToken": "._async.tokens",
    "AsyncTokenCompletion": "._async.tokens",
    "AsyncTokens": "._async.tokens",
    "AsyncWorkspace": "._async.workspaces",
    "AsyncWorkspaceConnection": "._async.live_workspaces",
    "AsyncWorkspaceFiles": "._async.workspace_files",
    "AsyncWorkspaceHandle": "._async.workspaces",
    "AsyncWorkspaceVersions": "._async.workspace_files",
    "AsyncWorkspaces": "._async.workspaces",
    "Auth": "._sync.auth",
    "ByteInput": "._sync.byte_streams",
    "ByteOutput": "._sync.byte_streams",
    "CommandResult": "._processes",
    "DeployedTask": "._aliases",
    "DeploymentEvents": "._sync.deployments",
    "Deployments": "._sync.deployments",
    "EventResource": "._sync.run_events",
    "EventsOfRun": "._sync.run_events",
    "Exchange": ".hooks",
    "ExecHandle": "._sync.execs",
    "Execs": "._sync.execs",
    "Health": "._sync.health",
    "HelmrClient": "._sync.client",
    "HelmrError": ".errors",
    "IdempotencyKey": ".idempotency",
    "Input": "._sync.streams",
    "InputStream": ".streams",
    "LiveWorkspace": "._sync.live_workspaces",
    "LogChunk": "._logs",
    "LogEntry": ".events",
    "LogLine": "._logs",
    "LogResource": "._sync.run_logs",
    "LogWritten": ".events",
    "LogsOfRun": "._sync.run_logs",
    "ManyOptions": "._sessions",
    "MetadataUpdated": ".events",
    "Output": "._sync.streams",
    "OutputChunk": ".output",
    "OutputStream": ".streams",
    "Pager": "helmr_api.paging",
    "PtyHandle": "._sync.ptys",
    "Ptys": "._sync.ptys",
    "PublicAccessToken": "._auth",
    "PublicClient": "._sync.public",
    "PublicCompletion": "._sync.public",
    "PublicInput": "._sync.public",
    "PublicOutput": "._sync.public",
    "PublicSession": "._sync.public",
    "RawHelmrClient": "._sync.client",
    "ReadOutput": "._auth",
    "RetryBackoff": "._tasks",
    "RetryBudget": ".budget",
    "RetryPolicy": "._tasks",
    "Run": "._sync.runs",
    "RunCancelRequested": ".events",
    "RunCancellation": "._sync.runs",
    "RunCancelled": ".events",
    "RunCompleted": ".events",
    "RunCounts": "._runs",
    "RunCreated": ".events",
    "RunDeadLettered": ".events",
    "RunEvent": "._events",
    "RunExecutionLost": ".events",
    "RunExpired": ".events",
    "RunFailed": ".events",
    "RunLogs": "._logs",
    "RunRetryScheduled": ".events",
    "RunSnapshot": "._runs",
    "Runs": "._sync.runs",
    "Sandboxes": "helmr_api.resources",
    "Schedules": "._sync.schedules",
    "Secrets": "helmr_api.resources",
    "Send": "._sync.sessions",
    "SendInput": "._auth",
    "Session": "._sync.sessions",
    "SessionHandle": "._sync.sessions",
    "SessionRun": "helmr_api.models",
    "SessionSnapshot": "._sessions",
    "SessionStart": "._sync.sessions",
    "Sessions": "._sync.sessions",
    "StartOptions": "._sessions",
    "StartOutcome": "._sync.sessions",
    "StreamInfo": "._aliases",
    "StreamRecord": "._records",
    "Task": "._tasks",
    "Tasks": "helmr_api.resources",
    "Token": "._sync.tokens",
    "TokenCompletion": "._sync.tokens",
    "TokenSnapshot": "._tokens",
    "Tokens": "._sync.tokens",
    "WaitResult": "._tokens",
    "Workspace": "._sync.workspaces",
    "WorkspaceConnection": "._sync.live_workspaces",
    "WorkspaceFiles": "._sync.workspace_files",
    "WorkspaceHandle": "._sync.workspaces",
    "WorkspaceVersions": "._sync.workspace_files",
    "Workspaces": "._sync.workspaces",
    "aio": ".aio",
    "configure": ".config",
    "errors": ".errors",
    "idempotency_keys": ".idempotency",
    "openapi": ".document",
    "task": "._tasks",
}
