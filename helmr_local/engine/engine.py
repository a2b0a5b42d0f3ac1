"""The parts of the engine, put together."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime

from ..catalog import Environment, environment_of
from ..keys import KeyRing, create_api_key
from ..store import UNAVAILABLE
from .continuations import Continuations
from .core import Core, Repeating, logger
from .events import Events
from .logs import Logs
from .operations import Operations
from .public_access import PublicAccess
from .runs import Runs
from .sessions import Sessions
from .starts import Starts
from .streams import Streams
from .tokens import Tokens
from .waits import Waits
from .worker import Worker


class Engine:
    """The control plane without HTTP."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.db, self.clock, self.settings, self.notifier = core.db, core.clock, core.settings, core.notifier
        self.writes = core.writes
        self.keys = KeyRing(core.db)
        self.events = Events(core)
        self.runs = Runs(core, self.events)
        self.waits = Waits(core, self.runs)
        self.continuations = Continuations(core, self.runs)
        self.logs = Logs(core, self.events)
        self.streams = Streams(core, self.waits, self.continuations)
        self.sessions = Sessions(core, self.runs, self.waits, self.continuations)
        self.starts = Starts(core, self.runs, self.sessions)
        self.tokens = Tokens(core, self.waits)
        self.public_access = PublicAccess(core)
        self.worker = Worker(core, self.runs, self.waits)
        self.worker.operations = Operations(
            core, self.runs, self.streams, self.tokens, self.waits, self.logs, self.continuations
        )
        self._chores = [
            Repeating(core.clock, core.settings.sweep_interval, self.sweep),
            Repeating(core.clock, core.settings.continuation_interval, self.continuations.process_all),
        ]

    # --- life --------------------------------------------------------------------------------------

    def start(self) -> None:
        """Deploy the tasks, recover what an earlier server left, begin to work."""
        self.environment("default")
        for row in self.db.all("SELECT slug FROM environments"):
            self.core.catalog.deploy(self.db, self.clock, self.environment(row["slug"]))
        with self.db.transaction():
            # A key past its time is found no more; its row goes with the next start of the server.
            self.db.execute("DELETE FROM start_keys WHERE expires_at <= ?", (self.clock.now(),))
        self.recover()
        self.db.wait_when_busy(0)  # from here on the event loop waits, not the thread
        self.worker.start()
        for chore in self._chores:
            chore.start()

    def recover(self) -> None:
        """The earlier server is gone: executing runs lost their lease, parked ones their checkpoint."""
        now = self.clock.now()
        with self.db.transaction():
            # The wall clock has been set back since: what was to wait a second is not to wait a day.
            self.db.execute(
                "UPDATE runs SET ready_at = ready_at - queued_at + ?, queued_at = ?"
                " WHERE status <> 'succeeded' AND execution_status = 'queued' AND queued_at > ?",
                (now, now, now),
            )
        for run in self.db.all(
            "SELECT * FROM runs WHERE status <> 'succeeded' AND execution_status <> 'finished' ORDER BY no"
        ):
            try:
                if run["parked"]:
                    self.runs.lose_checkpoint(run, now)
                elif run["execution_status"] in ("executing", "pending_cancel"):
                    self.runs.lose_lease(run, now)
            except UNAVAILABLE:
                raise
            except Exception:  # one run must not keep the server from starting
                logger.exception("run %s could not be recovered", run["id"])
                self.runs.give_up(run, now)

    async def stop(self, grace: float = 1.0) -> None:
        """Stop the chores and the executions; what the database holds stays as it is."""
        for chore in self._chores:
            chore.stop()
        self.notifier.close()
        await self.worker.close(grace)
        await asyncio.sleep(0)
        self.db.close()

    async def writable(self, seconds: float) -> bool:
        """Whether the database takes writes; it may take so long to find out."""
        try:
            await self.writes.run(self.db.probe, seconds=seconds)
        except UNAVAILABLE:
            return False
        return True

    def sweep(self) -> None:
        """What the background processes of the real server do every five seconds."""
        now = self.clock.now()
        for run in self.db.all(
            "SELECT * FROM runs WHERE ttl_deadline IS NOT NULL AND ttl_deadline <= ?"
            " AND status = 'queued' LIMIT 1000",
            (now,),
        ):
            self.runs.expire(run, now)
        self.tokens.sweep()
        self.sessions.sweep()

    # --- environments and keys ---------------------------------------------------------------------

    def environment(self, slug: str) -> Environment:
        """The environment of that name, with the tasks deployed in it."""
        environment = environment_of(self.db, slug)
        self.core.catalog.deploy(self.db, self.clock, environment)
        return environment

    def create_api_key(
        self, scopes: Iterable[str] | None, expires_at: datetime | None, environment: str = "default"
    ) -> str:
        with self.db.transaction():
            return create_api_key(
                self.db, self.environment(environment).id, self.clock.now(), scopes, expires_at
            )
