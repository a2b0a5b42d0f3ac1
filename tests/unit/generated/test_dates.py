"""Date-times are parsed exactly and written back unchanged."""

from __future__ import annotations

import copy
import pickle
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

INSTANT = datetime(2026, 6, 6, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-06-06T01:00:00Z", INSTANT),
        ("2026-06-06T01:00:00.1Z", INSTANT + timedelta(milliseconds=100)),
        ("2026-06-06T01:00:00.12Z", INSTANT + timedelta(milliseconds=120)),
        ("2026-06-06T01:00:00.000001Z", INSTANT + timedelta(microseconds=1)),
        ("2026-06-06T01:00:00.1234567Z", INSTANT + timedelta(microseconds=123456)),
        ("2026-06-06T01:00:00.123456789Z", INSTANT + timedelta(microseconds=123456)),
        ("2026-06-06T01:00:00.100Z", INSTANT + timedelta(milliseconds=100)),
        ("2026-06-06T06:30:00+05:30", INSTANT),
        ("2026-06-05T17:00:00.5-08:00", INSTANT + timedelta(milliseconds=500)),
        ("2026-06-06t01:00:00z", INSTANT),
        ("2026-06-06T01:00:00-00:00", INSTANT),
        ("2026-06-06T00:59:60Z", INSTANT),
        ("2026-06-06T00:59:60.5Z", INSTANT + timedelta(milliseconds=500)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_date_time_is_parsed_exactly_and_written_back_unchanged(
    load: Callable[[str], Any], text: str, value: datetime
) -> None:
    types = load("formats")
    parsed = types.parse_datetime(text)
    assert parsed == value
    assert types.format_datetime(parsed) == text
    assert types.format_datetime(copy.deepcopy(parsed)) == text
    assert types.format_datetime(pickle.loads(pickle.dumps(parsed))) == text  # noqa: S301 - of our own making
    assert types.parse_datetime(types.format_datetime(parsed + timedelta(hours=1))) == value + timedelta(
        hours=1
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-06-06",
        "2026-06-06T01:00:00",
        "2026-06-06 01:00:00Z",
        "2026-13-06T01:00:00Z",
        "2026-06-06T01:00:00.Z",
    ],
)
def test_an_invalid_date_time_is_rejected(load: Callable[[str], Any], text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        load("formats").parse_datetime(text)


@given(
    value=st.datetimes(
        timezones=st.builds(lambda minutes: timezone(timedelta(minutes=minutes)), st.integers(-1439, 1439)),
        min_value=datetime(1, 1, 3),
        max_value=datetime(9999, 12, 29),
    )
)
@settings(derandomize=True, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_datetime_round_trips(load: Callable[[str], Any], value: datetime) -> None:
    types = load("formats")
    text = types.format_datetime(value)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d*[1-9])?(Z|[+-]\d\d:\d\d)", text)
    back = types.parse_datetime(text)
    assert back == value
    assert back.utcoffset() == value.utcoffset()
