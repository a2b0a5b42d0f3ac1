"""Fixtures that run each test with the sync and the async client."""

from __future__ import annotations

import asyncio
from collections.abc import Generator

import pytest

from .driver import Driver


@pytest.fixture(params=["sync", "async"])
def drive(request: pytest.FixtureRequest) -> Generator[Driver]:
    driver = Driver(request.param)
    yield driver
    driver.close()


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that the client makes, recorded instead of slept."""
    made: list[float] = []

    async def nap(seconds: float) -> None:
        made.append(seconds)
        await asyncio.sleep(0)

    monkeypatch.setattr("time.sleep", made.append)
    monkeypatch.setattr("anyio.sleep", nap)
    return made
