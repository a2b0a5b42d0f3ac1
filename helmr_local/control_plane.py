"""The control plane without HTTP: it assembles the resources, the engine and the worker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

from .catalog import Environment, environment_of
from .clock import SteppedClock
from .engine.context import Context
from .engine.interfaces import Contexts
from .engine.scheduler import Repeating
from .engine.travel import Housekeeping, Travel
from .engine.waits import Waits
from .engine.worker import Worker
from .http.request import Endpoint
from .keys import KeyRing, create_api_key
from .resources.base import Resource
from .resources.continuations import Continuations
from .resources.registry import Resources
from .resources.run_logs import RunLogs
from .resources.runs import Runs
from .resources.sessions import Sessions
from .resources.starts import Starts
from .resources.streams import Streams
from .resources.tokens import Tokens
from .resources.workspaces import Workspaces
from .task_api import TaskApi

R = TypeVar("R", bound=Resource)


class ControlPlane:
    """The resources, the worker and the chores of a server, all of which run on its event loop.

    Args:
        context: State that all parts share.
        contexts: Builds the factory of task contexts from the API for task code.

    Raises:
        ResourceError: The resources are inconsistent.
    """

    def __init__(self, context: Context, contexts: Callable[[TaskApi], Contexts]) -> None:
        self.context = context
        self.db, self.clock, self.settings = context.db, context.clock, context.settings
        self.notifier, self.writes = context.notifier, context.writes
        self.keys = KeyRing(context.db)
        self._resources = Resources(context)
        runs = self._resources.get(Runs)
        self.waits = Waits(context, runs)
        self._resources.add(self.waits)
        self._resources.make_all()
        api = TaskApi(
            context,
            self.waits,
            runs=runs,
            logs=self.resource(RunLogs),
            sessions=self.resource(Sessions),
            streams=self.resource(Streams),
            continuations=self.resource(Continuations),
            tokens=self.resource(Tokens),
        )
        self.worker = Worker(
            context, runs, self.waits, self.resource(Workspaces), contexts(api), api.write_trace
        )
        chores = [(context.settings.sweep_interval, self.sweep)]
        for resource in self._resources:
            chores += resource.chores()
        self._chores: list[Repeating] = []
        self.travel: Travel | None = None
        """Moves the clock; None if the clock is real."""
        if isinstance(context.clock, SteppedClock):
            housekeeping = Housekeeping(self._next_due, self._next_start, [chore for _, chore in chores])
            self.travel = Travel(context, context.clock, self.worker, housekeeping)
        else:
            self._chores += [Repeating(context.clock, interval, chore) for interval, chore in chores]

    def resource(self, kind: type[R]) -> R:
        """Return the resource of that class."""
        return self._resources.get(kind)

    def endpoints(self) -> dict[str, Endpoint]:
        """Return every handler by operationId."""
        return self._resources.endpoints()

    @property
    def starts(self) -> Starts:
        return self.resource(Starts)

    # --- life --------------------------------------------------------------------------------------

    def start(self) -> None:
        """Deploy the tasks, recover the state left by an earlier server, and start work."""
        self.environment("default")
        for row in self.db.all("SELECT slug FROM environments"):
            self.environment(row["slug"])
        for resource in self._resources:
            resource.startup()
        # From now on, writes are retried on the event loop instead of blocking the thread.
        self.db.wait_when_busy(0)
        self.worker.start()
        for chore in self._chores:
            chore.start()
        if self.travel is not None:
            self.travel.start()

    async def stop(self, grace: float = 1.0) -> None:
        """Stop the chores and the executions; the database is left unchanged."""
        for chore in self._chores:
            chore.stop()
        if self.travel is not None:
            await self.travel.stop()
        self.notifier.close()
        for resource in self._resources:
            await resource.shutdown()
        await self.worker.close(grace)
        await asyncio.sleep(0)
        self.db.close()
        self.context.data.close()

    def sweep(self) -> None:
        """Do what the background processes of the real server do every five seconds."""
        for resource in self._resources:
            resource.sweep()

    def _next_due(self) -> int:
        return min(one.next_due() for one in self._resources)

    def _next_start(self) -> int:
        return min(one.next_start() for one in self._resources)

    # --- environments and keys ---------------------------------------------------------------------

    def environment(self, slug: str) -> Environment:
        """Return the environment of that name, with the tasks deployed in it."""
        environment = environment_of(self.db, slug)
        with self.db.transaction():
            deployment_id = self.context.catalog.deploy(self.db, self.clock, environment)
            if deployment_id is not None:
                self.context.signals.deployed(environment.id, deployment_id)
                self.context.promote(environment.id, deployment_id)
        return environment

    def create_api_key(
        self,
        scopes: Iterable[str] | None = None,
        expires_at: datetime | None = None,
        environment: str = "default",
        secret: str | None = None,
    ) -> str:
        """Store and return a new key, which cannot be shown again, or `secret` if it is a valid key."""
        with self.db.transaction():
            return create_api_key(
                self.db, self.environment(environment).id, self.clock.now(), scopes, expires_at, secret
            )
