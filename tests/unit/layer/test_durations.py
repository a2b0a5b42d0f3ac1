"""Durations: accepted arguments and their encoding."""

from __future__ import annotations

from datetime import timedelta

import pytest

from helmr_ergonomic.durations import duration_text, parse_duration, to_seconds
from helmr_ergonomic.errors import ArgumentError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("1h30m", 5400),
        ("1.5h", 5400),
        ("500ms", 0.5),
        ("7d", 7 * 86400),
        ("+1h", 3600),
        (".5s", 0.5),
        ("1h30m0s", 5400),
        ("  2m ", 120),
        ("3us", 0.000003),
        ("3µs", 0.000003),
        ("1ns", 0.000001),
    ],
)
def test_duration_strings_are_parsed_as_the_server_does(text: str, seconds: float) -> None:
    assert parse_duration(text).total_seconds() == pytest.approx(seconds)
    assert duration_text(text) == text


@pytest.mark.parametrize(
    "text", ["", "90", "0s", "-1h", "1d2h", "1.5d", "1D", "1 h", "h", "1x", "1h30", "0d", "+"]
)
def test_a_value_that_is_not_a_positive_duration_is_rejected(text: str) -> None:
    with pytest.raises(ArgumentError, match="positive duration"):
        duration_text(text, "ttl")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (timedelta(hours=24), "24h"),
        (timedelta(minutes=90), "90m"),
        (timedelta(seconds=5), "5s"),
        (timedelta(milliseconds=1500), "1500ms"),
        (timedelta(microseconds=1), "1us"),
        (timedelta(days=400, microseconds=3), "34560000000003us"),
    ],
)
def test_timedeltas_are_encoded_exactly(value: timedelta, text: str) -> None:
    assert duration_text(value) == text
    assert parse_duration(text) == value


@pytest.mark.parametrize("value", [timedelta(0), timedelta(seconds=-1)])
def test_a_timedelta_must_be_positive(value: timedelta) -> None:
    with pytest.raises(ArgumentError, match="positive"):
        duration_text(value)


def test_a_bare_number_is_rejected_on_the_wire_and_means_seconds_for_a_wait() -> None:
    with pytest.raises(ArgumentError, match="milliseconds on the wire"):
        duration_text(90)  # type: ignore[arg-type]  # that is the point
    assert to_seconds(90) == 90
    assert to_seconds("1m") == 60
    assert to_seconds(timedelta(minutes=1)) == 60
    for wrong in (-1, float("nan")):
        with pytest.raises(ArgumentError, match="negative"):
            to_seconds(wrong)
