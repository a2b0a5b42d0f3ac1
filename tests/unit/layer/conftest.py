"""Fixtures that run each test with the sync and the async client."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Generator
from typing import Any

import pytest

from .driver import Driver

CLOCKS = ("waiting", "_async.runs", "_sync.runs", "_async.run_logs", "_sync.run_logs")
"""The modules that measure how long a wait or a follow takes."""


@pytest.fixture(params=["sync", "async"])
def drive(request: pytest.FixtureRequest) -> Generator[Driver]:
    driver = Driver(request.param)
    yield driver
    driver.close()


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[socket.socket]:
    """The sockets that clients have connected, in order."""
    made: list[socket.socket] = []
    connect = socket.socket.connect

    def noting(self: socket.socket, address: Any) -> None:
        made.append(self)
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", noting)
    return made


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that the client makes, recorded instead of slept. For the client, no other time passes.

    So a slow machine never makes it check a run once more.
    """
    made: list[float] = []
    for module in CLOCKS:
        monkeypatch.setattr(f"helmr_ergonomic.{module}.monotonic", lambda: 100.0 + sum(made))

    async def nap(seconds: float) -> None:
        made.append(seconds)
        await asyncio.sleep(0)

    monkeypatch.setattr("time.sleep", made.append)
    monkeypatch.setattr("anyio.sleep", nap)
    return made
