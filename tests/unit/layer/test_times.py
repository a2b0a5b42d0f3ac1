"""Moments without a time zone are local time."""

from __future__ import annotations

import time
from collections.abc import Generator
from datetime import UTC, datetime

import pytest
from helmr_api.types import format_datetime

from helmr_ergonomic.times import to_datetime


@pytest.fixture
def in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Nine hours before UTC, without summer time."""
    monkeypatch.setenv("TZ", "JST-9")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("in_tokyo")
def test_a_moment_without_a_time_zone_is_local_time() -> None:
    for given in (datetime(2026, 6, 6, 9), "2026-06-06T09:00:00"):
        sent = to_datetime(given, "expires_at")
        assert sent == datetime(2026, 6, 6, 0, tzinfo=UTC)
        assert datetime.fromisoformat(format_datetime(sent)) == datetime(2026, 6, 6, 0, tzinfo=UTC)
