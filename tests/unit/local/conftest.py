"""An engine on a clock that stands still until the test moves it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from typing import Any

import pytest

from helmr_local import Implementation, LocalSettings
from helmr_local.catalog import Catalog
from helmr_local.clock import ManualClock
from helmr_local.engine import Engine
from helmr_local.engine.core import Core
from helmr_local.keys import SCOPES, ApiKey
from helmr_local.store import Database, Row


class Bench:
    """One engine in one event loop, without HTTP and without waiting."""

    def __init__(self, *implementations: Implementation[Any, Any], **options: Any) -> None:
        self.implementations = implementations
        self.options = options
        self.clock: ManualClock = options.pop("clock", None) or ManualClock()

    async def __aenter__(self) -> Bench:
        self.engine = Engine(
            Core(
                Database(self.options.get("path")),
                self.clock,
                self.options.get("settings") or LocalSettings(),
                Catalog(list(self.implementations)),
                b"s" * 32,
                "http://127.0.0.1:1",
                self.options.get("secrets", {}),
            )
        )
        self.engine.start()
        environment = self.engine.environment("default")
        self.key = ApiKey("k", environment.id, environment.project_id, frozenset(SCOPES), None)
        return self

    async def __aexit__(self, *reason: object) -> None:
        await self.engine.stop()

    async def settle(self) -> None:
        """Let everything happen that needs no time."""
        for _ in range(30):
            self.clock.advance(0)
            await asyncio.sleep(0)

    async def pass_time(self, seconds: float, step: float = 0.25) -> None:
        """Let time go by in steps short enough for tasks to act in between."""
        await self.settle()
        while seconds > 1e-9:
            self.clock.advance(min(step, seconds))
            seconds -= step
            await self.settle()

    def start(self, task_id: str, **body: Any) -> Any:
        return self.engine.starts.start(self.key, task_id, body, sdk_version="", cli_version="")

    def run(self, started: Any) -> Row:
        return self.engine.runs.require(started.run["id"])

    def session(self, started: Any) -> dict[str, Any]:
        return self.engine.sessions.view(self.engine.sessions.require(started.session["id"]))

    def kinds(self, started: Any) -> list[str]:
        return [row["kind"] for row in self.events(started)]

    def events(self, started: Any) -> list[Row]:
        return self.engine.events.page(self.run(started)["no"], 0, 1000)

    def send(self, started: Any, stream: str, data: Any, **members: Any) -> str | None:
        session = self.engine.sessions.require(started.session["id"])
        row = self.engine.streams.resolve(session, stream, "input")
        request = {"content_type": "application/json", "correlation_id": "", "idempotency_key": ""} | members
        return self.engine.streams.append_input(session, row, data=data, **request)[2]


@contextmanager
def failing_statements(
    database: Database, beginning: str, error: Exception, times: int = 2**31
) -> Generator[list[str]]:
    """Within the block, statements that begin so fail, so many times; the list gets those that failed."""
    original, failed = database._execute, list[str]()

    def execute(statement: str, *arguments: Any) -> Any:
        if statement.startswith(beginning) and len(failed) < times:
            failed.append(statement)
            raise error
        return original(statement, *arguments)

    database._execute = execute
    try:
        yield failed
    finally:
        database._execute = original


@pytest.fixture
def failing() -> Callable[..., Any]:
    return failing_statements


@pytest.fixture
def bench() -> Callable[..., Bench]:
    return Bench


@pytest.fixture
def in_loop() -> Callable[[Callable[[], Coroutine[Any, Any, None]]], None]:
    """Runs an async test function to its end."""

    def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
        asyncio.run(test())

    return run
