# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""The resource classes, asynchronous and synchronous, each imported on first use."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._async.auth import AsyncAuth as AsyncAuth
    from ._async.deployments import AsyncDeployments as AsyncDeployments
    from ._async.deployments_events import AsyncDeploymentsEvents as AsyncDeploymentsEvents
    from ._async.health import AsyncHealth as AsyncHealth
    from ._async.public import AsyncPublic as AsyncPublic
    from ._async.public_inputs import AsyncPublicInputs as AsyncPublicInputs
    from ._async.public_outputs import AsyncPublicOutputs as AsyncPublicOutputs
    from ._async.public_tokens import AsyncPublicTokens as AsyncPublicTokens
    from ._async.runs import AsyncRuns as AsyncRuns
    from ._async.runs_events import AsyncRunsEvents as AsyncRunsEvents
    from ._async.runs_logs import AsyncRunsLogs as AsyncRunsLogs
    from ._async.sandboxes import AsyncSandboxes as AsyncSandboxes
    from ._async.schedules import AsyncSchedules as AsyncSchedules
    from ._async.secrets import AsyncSecrets as AsyncSecrets
    from ._async.sessions import AsyncSessions as AsyncSessions
    from ._async.sessions_inputs import AsyncSessionsInputs as AsyncSessionsInputs
    from ._async.sessions_outputs import AsyncSessionsOutputs as AsyncSessionsOutputs
    from ._async.tasks import AsyncTasks as AsyncTasks
    from ._async.tokens import AsyncTokens as AsyncTokens
    from ._async.workspaces import AsyncWorkspaces as AsyncWorkspaces
    from ._async.workspaces_execs import AsyncWorkspacesExecs as AsyncWorkspacesExecs
    from ._async.workspaces_files import AsyncWorkspacesFiles as AsyncWorkspacesFiles
    from ._async.workspaces_ptys import AsyncWorkspacesPtys as AsyncWorkspacesPtys
    from ._async.workspaces_versions import AsyncWorkspacesVersions as AsyncWorkspacesVersions
    from ._sync.auth import Auth as Auth
    from ._sync.deployments import Deployments as Deployments
    from ._sync.deployments_events import DeploymentsEvents as DeploymentsEvents
    from ._sync.health import Health as Health
    from ._sync.public import Public as Public
    from ._sync.public_inputs import PublicInputs as PublicInputs
    from ._sync.public_outputs import PublicOutputs as PublicOutputs
    from ._sync.public_tokens import PublicTokens as PublicTokens
    from ._sync.runs import Runs as Runs
    from ._sync.runs_events import RunsEvents as RunsEvents
    from ._sync.runs_logs import RunsLogs as RunsLogs
    from ._sync.sandboxes import Sandboxes as Sandboxes
    from ._sync.schedules import Schedules as Schedules
    from ._sync.secrets import Secrets as Secrets
    from ._sync.sessions import Sessions as Sessions
    from ._sync.sessions_inputs import SessionsInputs as SessionsInputs
    from ._sync.sessions_outputs import SessionsOutputs as SessionsOutputs
    from ._sync.tasks import Tasks as Tasks
    from ._sync.tokens import Tokens as Tokens
    from ._sync.workspaces import Workspaces as Workspaces
    from ._sync.workspaces_execs import WorkspacesExecs as WorkspacesExecs
    from ._sync.workspaces_files import WorkspacesFiles as WorkspacesFiles
    from ._sync.workspaces_ptys import WorkspacesPtys as WorkspacesPtys
    from ._sync.workspaces_versions import WorkspacesVersions as WorkspacesVersions
else:
    import importlib

    _MODULES = {
        "AsyncAuth": "._async.auth",
        "Auth": "._sync.auth",
        "AsyncDeployments": "._async.deployments",
        "Deployments": "._sync.deployments",
        "AsyncDeploymentsEvents": "._async.deployments_events",
        "DeploymentsEvents": "._sync.deployments_events",
        "AsyncHealth": "._async.health",
        "Health": "._sync.health",
        "AsyncPublic": "._async.public",
        "Public": "._sync.public",
        "AsyncPublicInputs": "._async.public_inputs",
        "PublicInputs": "._sync.public_inputs",
        "AsyncPublicOutputs": "._async.public_outputs",
        "PublicOutputs": "._sync.public_outputs",
        "AsyncPublicTokens": "._async.public_tokens",
        "PublicTokens": "._sync.public_tokens",
        "AsyncRuns": "._async.runs",
        "Runs": "._sync.runs",
        "AsyncRunsEvents": "._async.runs_events",
        "RunsEvents": "._sync.runs_events",
        "AsyncRunsLogs": "._async.runs_logs",
        "RunsLogs": "._sync.runs_logs",
        "AsyncSandboxes": "._async.sandboxes",
        "Sandboxes": "._sync.sandboxes",
        "AsyncSchedules": "._async.schedules",
        "Schedules": "._sync.schedules",
        "AsyncSecrets": "._async.secrets",
        "Secrets": "._sync.secrets",
        "AsyncSessions": "._async.sessions",
        "Sessions": "._sync.sessions",
        "AsyncSessionsInputs": "._async.sessions_inputs",
        "SessionsInputs": "._sync.sessions_inputs",
        "AsyncSessionsOutputs": "._async.sessions_outputs",
        "SessionsOutputs": "._sync.sessions_outputs",
        "AsyncTasks": "._async.tasks",
        "Tasks": "._sync.tasks",
        "AsyncTokens": "._async.tokens",
        "Tokens": "._sync.tokens",
        "AsyncWorkspaces": "._async.workspaces",
        "Workspaces": "._sync.workspaces",
        "AsyncWorkspacesExecs": "._async.workspaces_execs",
        "WorkspacesExecs": "._sync.workspaces_execs",
        "AsyncWorkspacesFiles": "._async.workspaces_files",
        "WorkspacesFiles": "._sync.workspaces_files",
        "AsyncWorkspacesPtys": "._async.workspaces_ptys",
        "WorkspacesPtys": "._sync.workspaces_ptys",
        "AsyncWorkspacesVersions": "._async.workspaces_versions",
        "WorkspacesVersions": "._sync.workspaces_versions",
    }

    def __getattr__(name):
        module = _MODULES.get(name)
        if module is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(module, __name__), name)
        globals()[name] = value
        return value

    def __dir__():
        return sorted({*globals(), *_MODULES})


__all__ = (
    "AsyncAuth",
    "AsyncDeployments",
    "AsyncDeploymentsEvents",
    "AsyncHealth",
    "AsyncPublic",
    "AsyncPublicInputs",
    "AsyncPublicOutputs",
    "AsyncPublicTokens",
    "AsyncRuns",
    "AsyncRunsEvents",
    "AsyncRunsLogs",
    "AsyncSandboxes",
    "AsyncSchedules",
    "AsyncSecrets",
    "AsyncSessions",
    "AsyncSessionsInputs",
    "AsyncSessionsOutputs",
    "AsyncTasks",
    "AsyncTokens",
    "AsyncWorkspaces",
    "AsyncWorkspacesExecs",
    "AsyncWorkspacesFiles",
    "AsyncWorkspacesPtys",
    "AsyncWorkspacesVersions",
    "Auth",
    "Deployments",
    "DeploymentsEvents",
    "Health",
    "Public",
    "PublicInputs",
    "PublicOutputs",
    "PublicTokens",
    "Runs",
    "RunsEvents",
    "RunsLogs",
    "Sandboxes",
    "Schedules",
    "Secrets",
    "Sessions",
    "SessionsInputs",
    "SessionsOutputs",
    "Tasks",
    "Tokens",
    "Workspaces",
    "WorkspacesExecs",
    "WorkspacesFiles",
    "WorkspacesPtys",
    "WorkspacesVersions",
)
