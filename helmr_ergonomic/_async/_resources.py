# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""The resources of a client, each created on first use."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helmr_api.resources import AsyncSandboxes, AsyncSecrets, AsyncTasks

    from .auth import AsyncAuth
    from .deployments import AsyncDeployments
    from .health import AsyncHealth
    from .runs import AsyncRuns
    from .schedules import AsyncSchedules
    from .sessions import AsyncSessions
    from .tokens import AsyncTokens
    from .transport import AsyncTransport
    from .workspaces import AsyncWorkspaces


class AsyncResources:
    """The resources as attributes of a client."""

    _transport: AsyncTransport

    @cached_property
    def auth(self) -> AsyncAuth:
        """Public access tokens, and the operations that need no API key."""
        from .auth import AsyncAuth

        return AsyncAuth(self._transport)

    @cached_property
    def deployments(self) -> AsyncDeployments:
        """Versions of the code that declares tasks and sandboxes."""
        from .deployments import AsyncDeployments

        return AsyncDeployments(self._transport)

    @cached_property
    def health(self) -> AsyncHealth:
        """Liveness and readiness of the server."""
        from .health import AsyncHealth

        return AsyncHealth(self._transport)

    @cached_property
    def runs(self) -> AsyncRuns:
        """Executions of tasks, with their events and logs."""
        from .runs import AsyncRuns

        return AsyncRuns(self._transport)

    @cached_property
    def sandboxes(self) -> AsyncSandboxes:
        """Environments that tasks and workspaces run in, as the current deployment declares them."""
        from helmr_api.resources import AsyncSandboxes

        return AsyncSandboxes(self._transport)

    @cached_property
    def schedules(self) -> AsyncSchedules:
        """Schedules that start sessions of a task."""
        from .schedules import AsyncSchedules

        return AsyncSchedules(self._transport)

    @cached_property
    def secrets(self) -> AsyncSecrets:
        """Values that only tasks can read."""
        from helmr_api.resources import AsyncSecrets

        return AsyncSecrets(self._transport)

    @cached_property
    def sessions(self) -> AsyncSessions:
        """Invocations of tasks, and their lifecycle."""
        from .sessions import AsyncSessions

        return AsyncSessions(self._transport)

    @cached_property
    def tasks(self) -> AsyncTasks:
        """The deployed tasks of the environment, which can be started."""
        from helmr_api.resources import AsyncTasks

        return AsyncTasks(self._transport)

    @cached_property
    def tokens(self) -> AsyncTokens:
        """Decisions that task code waits for and someone outside makes."""
        from .tokens import AsyncTokens

        return AsyncTokens(self._transport)

    @cached_property
    def workspaces(self) -> AsyncWorkspaces:
        """Directories that tasks, commands and terminals work in, with their versions."""
        from .workspaces import AsyncWorkspaces

        return AsyncWorkspaces(self._transport)
