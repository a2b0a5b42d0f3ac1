"""Times that callers pass must have a time zone and are sent with millisecond precision."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmr_api.formats import format_datetime, parse_datetime
from helmr_ergonomic.errors import ArgumentError
from helmr_ergonomic.times import to_datetime

OFFSETS = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@pytest.mark.parametrize(
    "naive", [datetime(2026, 6, 6, 9), "2026-06-06T09:00:00", "2026-06-06", "20260606T0900"]
)
def test_a_time_without_a_time_zone_is_rejected(naive: Any) -> None:
    with pytest.raises(ArgumentError, match="expires_at needs a time zone"):
        to_datetime(naive, "expires_at")


@pytest.mark.parametrize("value", [date(2026, 6, 6), 1_900_000_000, 1.5, None, b"2026-06-06", "soon", ""])
def test_a_value_that_is_not_a_time_is_rejected(value: Any) -> None:
    with pytest.raises(ArgumentError, match="expires_at must be a datetime or an ISO 8601 string"):
        to_datetime(value, "expires_at")


@given(st.datetimes(timezones=OFFSETS, min_value=datetime(1000, 1, 2), max_value=datetime(9999, 12, 30)))
def test_a_time_is_truncated_to_milliseconds(moment: datetime) -> None:
    sent = datetime.fromisoformat(format_datetime(to_datetime(moment, "expires_at")))
    assert timedelta(0) <= moment - sent < timedelta(milliseconds=1)
    assert sent.microsecond % 1000 == 0
    assert to_datetime(moment.isoformat(), "expires_at") == sent


def test_a_time_keeps_its_offset() -> None:
    sent = to_datetime(" 2026-12-01T00:00:00+01:00 ", "expires_at")
    assert format_datetime(sent) == "2026-12-01T00:00:00+01:00"


def test_an_offset_with_seconds_is_written_as_utc() -> None:
    amsterdam = timezone(timedelta(minutes=19, seconds=32))
    assert format_datetime(datetime(1930, 1, 1, tzinfo=amsterdam)) == "1929-12-31T23:40:28Z"


def test_a_time_from_the_server_is_truncated_too() -> None:
    exact = parse_datetime("2026-06-06T10:00:00.123456789Z")
    assert format_datetime(to_datetime(exact, "expires_at")) == "2026-06-06T10:00:00.123Z"


def test_the_low_level_client_rejects_a_time_without_a_time_zone() -> None:
    with pytest.raises(ValueError, match="needs a time zone"):
        format_datetime(datetime(2026, 6, 6, 9))
    assert format_datetime(datetime(2026, 6, 6, 9, tzinfo=UTC)) == "2026-06-06T09:00:00Z"
