# Derived from helmr_ergonomic/_async/_resources.py. Edit that file, then run `make generate`.
# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""The resources of a client, each created on first use."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helmr_api.resources import Sandboxes, Secrets, Tasks

    from .auth import Auth
    from .deployments import Deployments
    from .health import Health
    from .runs import Runs
    from .schedules import Schedules
    from .sessions import Sessions
    from .tokens import Tokens
    from .transport import Transport
    from .workspaces import Workspaces


class Resources:
    """The resources as attributes of a client."""

    _transport: Transport

    @cached_property
    def auth(self) -> Auth:
        """Public access tokens, and the operations that need no API key."""
        from .auth import Auth

        return Auth(self._transport)

    @cached_property
    def deployments(self) -> Deployments:
        """Versions of the code that declares tasks and sandboxes."""
        from .deployments import Deployments

        return Deployments(self._transport)

    @cached_property
    def health(self) -> Health:
        """Liveness and readiness of the server."""
        from .health import Health

        return Health(self._transport)

    @cached_property
    def runs(self) -> Runs:
        """Executions of tasks, with their events and logs."""
        from .runs import Runs

        return Runs(self._transport)

    @cached_property
    def sandboxes(self) -> Sandboxes:
        """Environments that tasks and workspaces run in, as the current deployment declares them."""
        from helmr_api.resources import Sandboxes

        return Sandboxes(self._transport)

    @cached_property
    def schedules(self) -> Schedules:
        """Schedules that start sessions of a task."""
        from .schedules import Schedules

        return Schedules(self._transport)

    @cached_property
    def secrets(self) -> Secrets:
        """Values that only tasks can read."""
        from helmr_api.resources import Secrets

        return Secrets(self._transport)

    @cached_property
    def sessions(self) -> Sessions:
        """Invocations of tasks, and their lifecycle."""
        from .sessions import Sessions

        return Sessions(self._transport)

    @cached_property
    def tasks(self) -> Tasks:
        """The deployed tasks of the environment, which can be started."""
        from helmr_api.resources import Tasks

        return Tasks(self._transport)

    @cached_property
    def tokens(self) -> Tokens:
        """Decisions that task code waits for and someone outside makes."""
        from .tokens import Tokens

        return Tokens(self._transport)

    @cached_property
    def workspaces(self) -> Workspaces:
        """Directories that tasks, commands and terminals work in, with their versions."""
        from .workspaces import Workspaces

        return Workspaces(self._transport)
