# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""The facades: the resources of the control plane configured by the environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from ._facade import Facade

if TYPE_CHECKING:
    from helmr_api.resources import Sandboxes, Secrets, Tasks

    from ._sync.auth import Auth
    from ._sync.deployments import Deployments
    from ._sync.health import Health
    from ._sync.runs import Runs
    from ._sync.schedules import Schedules
    from ._sync.sessions import Sessions
    from ._sync.tokens import Tokens
    from ._sync.workspaces import Workspaces
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
    from .facade import shared_client

    return shared_client()


def _auth() -> type:
    from ._sync.auth import Auth

    return Auth


def _deployments() -> type:
    from ._sync.deployments import Deployments

    return Deployments


def _health() -> type:
    from ._sync.health import Health

    return Health


def _runs() -> type:
    from ._sync.runs import Runs

    return Runs


def _sandboxes() -> type:
    from helmr_api.resources import Sandboxes

    return Sandboxes


def _schedules() -> type:
    from ._sync.schedules import Schedules

    return Schedules


def _secrets() -> type:
    from helmr_api.resources import Secrets

    return Secrets


def _sessions() -> type:
    from ._sync.sessions import Sessions

    return Sessions


def _tasks() -> type:
    from helmr_api.resources import Tasks

    return Tasks


def _tokens() -> type:
    from ._sync.tokens import Tokens

    return Tokens


def _workspaces() -> type:
    from ._sync.workspaces import Workspaces

    return Workspaces


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
auth: Auth = cast("Auth", Facade("auth", _auth, _client))
"""Public access tokens, and the operations that need no API key."""
deployments: Deployments = cast("Deployments", Facade("deployments", _deployments, _client))
"""Versions of the code that declares tasks and sandboxes."""
health: Health = cast("Health", Facade("health", _health, _client))
"""Liveness and readiness of the server."""
runs: Runs = cast("Runs", Facade("runs", _runs, _client))
"""Executions of tasks, with their events and logs."""
sandboxes: Sandboxes = cast("Sandboxes", Facade("sandboxes", _sandboxes, _client))
"""Environments that tasks and workspaces run in, as the current deployment declares them."""
schedules: Schedules = cast("Schedules", Facade("schedules", _schedules, _client))
"""Schedules that start sessions of a task."""
secrets: Secrets = cast("Secrets", Facade("secrets", _secrets, _client))
"""Values that only tasks can read."""
sessions: Sessions = cast("Sessions", Facade("sessions", _sessions, _client))
"""Invocations of tasks, and their lifecycle."""
tasks: Tasks = cast("Tasks", Facade("tasks", _tasks, _client))
"""The deployed tasks of the environment, which can be started."""
tokens: Tokens = cast("Tokens", Facade("tokens", _tokens, _client))
"""Decisions that task code waits for and someone outside makes."""
workspaces: Workspaces = cast("Workspaces", Facade("workspaces", _workspaces, _client))
"""Directories that tasks, commands and terminals work in, with their versions."""
