"""A control plane on a manual clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from typing import Any

import pytest

from helmr_local import Implementation, LocalSettings
from helmr_local.catalog import Catalog
from helmr_local.clock import ManualClock
from helmr_local.contexts import TaskContexts
from helmr_local.control_plane import ControlPlane
from helmr_local.document import all_scopes
from helmr_local.engine.context import Context
from helmr_local.engine.rows import RunRow
from helmr_local.keys import ApiKey
from helmr_local.resources import registry
from helmr_local.resources.run_events import EventRow, RunEvents
from helmr_local.resources.run_logs import RunLogs
from helmr_local.resources.runs import Runs
from helmr_local.resources.sessions import Sessions
from helmr_local.resources.starts import Starts
from helmr_local.resources.streams import NewRecord, Streams
from helmr_local.resources.tokens import Tokens
from helmr_local.store import Database


class Bench:
    """One control plane in one event loop, without HTTP or real waiting."""

    def __init__(self, *implementations: Implementation[Any, Any], **options: Any) -> None:
        self.implementations = implementations
        self.options = options
        self.clock: ManualClock = options.pop("clock", None) or ManualClock()
        self.image: bytes | None = options.pop("image", None)

    async def __aenter__(self) -> Bench:
        self.plane = ControlPlane(
            Context(
                self._database(),
                self.clock,
                self.options.get("settings") or LocalSettings(),
                Catalog(list(self.implementations)),
                b"s" * 32,
                "http://127.0.0.1:1",
                self.options.get("secrets", {}),
            ),
            TaskContexts,
        )
        self.db, self.writes = self.plane.db, self.plane.writes
        self.worker, self.waits = self.plane.worker, self.plane.waits
        self.runs, self.run_events = self.plane.resource(Runs), self.plane.resource(RunEvents)
        self.run_logs, self.sessions = self.plane.resource(RunLogs), self.plane.resource(Sessions)
        self.starts, self.streams = self.plane.resource(Starts), self.plane.resource(Streams)
        self.tokens = self.plane.resource(Tokens)
        self.plane.start()
        environment = self.plane.environment("default")
        self.key = ApiKey("k", environment.id, environment.project_id, frozenset(all_scopes()), None)
        return self

    def _database(self) -> Database:
        """Open the database, or one with the contents of another: faster than to create the tables."""
        if self.image is None:
            return Database(self.options.get("path"), registry.schema())
        database = Database()
        database._connection.deserialize("main", self.image)
        database.all("PRAGMA journal_mode = MEMORY")
        return database

    async def __aexit__(self, *reason: object) -> None:
        await self.plane.stop()

    async def settle(self) -> None:
        """Run everything that is due now."""
        ready = getattr(asyncio.get_running_loop(), "_ready", (None,))  # other loops: as if never empty
        for _ in range(30):
            self.clock.advance(0)
            await asyncio.sleep(0)
            if not ready and self.clock.next_at() > self.clock.now():
                return  # most of the 30 turns would find nothing to do

    async def pass_time(self, seconds: float, step: float = 0.25) -> None:
        """Advance the clock in steps short enough for tasks to act in between."""
        await self.settle()
        while seconds > 1e-9:
            self.clock.advance(min(step, seconds))
            seconds -= step
            await self.settle()

    def start(self, task_id: str, **body: Any) -> Any:
        return self.starts.start(self.key, task_id, body, sdk_version="", cli_version="")

    def run(self, started: Any) -> RunRow:
        return self.runs.require(started.run["id"])

    def session(self, started: Any) -> dict[str, Any]:
        return self.sessions.view(self.sessions.require(started.session["id"]))

    def kinds(self, started: Any) -> list[str]:
        return [row["kind"] for row in self.events(started)]

    def events(self, started: Any) -> list[EventRow]:
        return self.run_events.page(self.run(started)["no"], 0, 1000)

    def send(self, started: Any, stream: str, data: Any, **fields: Any) -> str | None:
        session = self.sessions.require(started.session["id"])
        row = self.streams.resolve(session, stream, "input")
        return self.streams.append_input(session, row, NewRecord(data, **fields))[2]


@contextmanager
def failing_statements(
    database: Database, beginning: str, error: Exception, times: int = 2**31
) -> Generator[list[str]]:
    """Make statements that start with `beginning` fail up to `times` times; yield the list of failed ones."""
    failed = list[str]()

    def guarded(original: Callable[..., Any]) -> Callable[..., Any]:
        def execute(statement: str, *arguments: Any) -> Any:
            if statement.startswith(beginning) and len(failed) < times:
                failed.append(statement)
                raise error
            return original(statement, *arguments)

        return execute

    originals = database._execute, database._execute_many  # the second one inserts the added rows
    database._execute, database._execute_many = map(guarded, originals)
    try:
        yield failed
    finally:
        database._execute, database._execute_many = originals


@pytest.fixture
def failing() -> Callable[..., Any]:
    return failing_statements


@pytest.fixture
def bench() -> Callable[..., Bench]:
    return Bench


@pytest.fixture
def in_loop() -> Callable[[Callable[[], Coroutine[Any, Any, None]]], None]:
    """Return a function that runs an async test function."""

    def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
        asyncio.run(test())

    return run
