# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""The asynchronous facades: the resources of the control plane configured by the environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from ._facade import Facade

if TYPE_CHECKING:
    from helmr_api.resources import AsyncSandboxes, AsyncSecrets, AsyncTasks

    from ._async.auth import AsyncAuth
    from ._async.deployments import AsyncDeployments
    from ._async.health import AsyncHealth
    from ._async.runs import AsyncRuns
    from ._async.schedules import AsyncSchedules
    from ._async.sessions import AsyncSessions
    from ._async.tokens import AsyncTokens
    from ._async.workspaces import AsyncWorkspaces
__all__ = [
    "auth",
    "deployments",
    "health",
    "runs",
    "sandboxes",
    "schedules",
    "secrets",
    "sessions",
    "tasks",
    "tokens",
    "workspaces",
]


def _client() -> Any:
    from ._aio_client import shared_client

    return shared_client()


def _auth() -> type:
    from ._async.auth import AsyncAuth

    return AsyncAuth


def _deployments() -> type:
    from ._async.deployments import AsyncDeployments

    return AsyncDeployments


def _health() -> type:
    from ._async.health import AsyncHealth

    return AsyncHealth


def _runs() -> type:
    from ._async.runs import AsyncRuns

    return AsyncRuns


def _sandboxes() -> type:
    from helmr_api.resources import AsyncSandboxes

    return AsyncSandboxes


def _schedules() -> type:
    from ._async.schedules import AsyncSchedules

    return AsyncSchedules


def _secrets() -> type:
    from helmr_api.resources import AsyncSecrets

    return AsyncSecrets


def _sessions() -> type:
    from ._async.sessions import AsyncSessions

    return AsyncSessions


def _tasks() -> type:
    from helmr_api.resources import AsyncTasks

    return AsyncTasks


def _tokens() -> type:
    from ._async.tokens import AsyncTokens

    return AsyncTokens


def _workspaces() -> type:
    from ._async.workspaces import AsyncWorkspaces

    return AsyncWorkspaces


RESOURCES: Final[Mapping[str, Callable[[], type]]] = {
    "auth": _auth,
    "deployments": _deployments,
    "health": _health,
    "runs": _runs,
    "sandboxes": _sandboxes,
    "schedules": _schedules,
    "secrets": _secrets,
    "sessions": _sessions,
    "tasks": _tasks,
    "tokens": _tokens,
    "workspaces": _workspaces,
}
"""Functions that load the class of each resource."""
auth: AsyncAuth = cast("AsyncAuth", Facade("auth", _auth, _client))
"""Public access tokens, and the operations that need no API key."""
deployments: AsyncDeployments = cast("AsyncDeployments", Facade("deployments", _deployments, _client))
"""Versions of the code that declares tasks and sandboxes."""
health: AsyncHealth = cast("AsyncHealth", Facade("health", _health, _client))
"""Liveness and readiness of the server."""
runs: AsyncRuns = cast("AsyncRuns", Facade("runs", _runs, _client))
"""Executions of tasks, with their events and logs."""
sandboxes: AsyncSandboxes = cast("AsyncSandboxes", Facade("sandboxes", _sandboxes, _client))
"""Environments that tasks and workspaces run in, as the current deployment declares them."""
schedules: AsyncSchedules = cast("AsyncSchedules", Facade("schedules", _schedules, _client))
"""Schedules that start sessions of a task."""
secrets: AsyncSecrets = cast("AsyncSecrets", Facade("secrets", _secrets, _client))
"""Values that only tasks can read."""
sessions: AsyncSessions = cast("AsyncSessions", Facade("sessions", _sessions, _client))
"""Invocations of tasks, and their lifecycle."""
tasks: AsyncTasks = cast("AsyncTasks", Facade("tasks", _tasks, _client))
"""The deployed tasks of the environment, which can be started."""
tokens: AsyncTokens = cast("AsyncTokens", Facade("tokens", _tokens, _client))
"""Decisions that task code waits for and someone outside makes."""
workspaces: AsyncWorkspaces = cast("AsyncWorkspaces", Facade("workspaces", _workspaces, _client))
"""Directories that tasks, commands and terminals work in, with their versions."""
