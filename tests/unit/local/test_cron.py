"""Cron expressions in the control plane's dialect, and the times they match."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from cronsim import CronSim
from hypothesis import given
from hypothesis import strategies as st

from helmr_local.wire.cron import CronError, next_times, parse, time_zone

BERLIN = time_zone("Europe/Berlin")


def local_times(expression: str, start: str, count: int, zone: str = "Europe/Berlin") -> list[str]:
    found = next_times(parse(expression), datetime.fromisoformat(start), time_zone(zone), count)
    return [one.astimezone(time_zone(zone)).isoformat() for one in found]


def test_a_time_skipped_by_dst_does_not_match() -> None:
    assert local_times("30 2 * * *", "2026-03-28T12:00:00+00:00", 2) == [
        "2026-03-30T02:30:00+02:00",
        "2026-03-31T02:30:00+02:00",
    ]
    assert local_times("30 * * * *", "2026-03-29T00:00:00+00:00", 2) == [
        "2026-03-29T01:30:00+01:00",
        "2026-03-29T03:30:00+02:00",
    ]


def test_a_time_repeated_by_dst_matches_twice() -> None:
    assert local_times("30 2 * * *", "2026-10-24T12:00:00+00:00", 3) == [
        "2026-10-25T02:30:00+02:00",
        "2026-10-25T02:30:00+01:00",
        "2026-10-26T02:30:00+01:00",
    ]


def test_a_half_hour_dst_shift_repeats_times_too() -> None:
    assert local_times("45 1 * * *", "2026-04-04T12:00:00+00:00", 2, "Australia/Lord_Howe") == [
        "2026-04-05T01:45:00+11:00",
        "2026-04-05T01:45:00+10:30",
    ]


@pytest.mark.parametrize(
    ("expression", "days"),
    [
        ("0 0 1 * mon", [5, 12, 19, 26]),  # January 1st is a Thursday and already past
        ("0 0 13 * fri", [2, 9, 13, 16, 23, 30]),
        ("0 0 13 * *", [13]),
        ("0 0 ? * fri", [2, 9, 16, 23, 30]),
        ("0 0 */10 * mon", [5, 11, 12, 19, 21, 26, 31]),  # a step above 1 restricts the field
        ("0 0 */1 * mon", [5, 12, 19, 26]),
        ("0 0 29-31/2 * *", [29, 31]),
        ("0 0 30/1 * *", [30, 31]),
    ],
)
def test_both_day_fields_must_match_only_if_one_is_unrestricted(expression: str, days: list[int]) -> None:
    found = parse(expression).upcoming(datetime(2026, 1, 1, 12, tzinfo=UTC), UTC)
    january = [
        one.day for one, _ in zip(found, range(40), strict=False) if (one.year, one.month) == (2026, 1)
    ]
    assert january == days


def test_a_time_zone_in_the_expression_takes_precedence() -> None:
    found = parse("CRON_TZ=Asia/Tokyo 0 9 * * *").after(datetime(2026, 1, 1, tzinfo=UTC), BERLIN)
    assert found == datetime(2026, 1, 2, tzinfo=UTC)


def test_an_expression_without_a_match_in_five_years_has_no_next_time() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    assert parse("0 0 30 2 *").after(start, UTC) is None
    assert parse("0 0 29 2 *").after(start, UTC) == datetime(2028, 2, 29, tzinfo=UTC)
    assert parse(", * * * *").after(start, UTC) is None


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("", "empty spec string"),
        ("* * * *", "expected exactly 5 fields, found 4: [* * * *]"),
        ("@daily", "parser does not accept descriptors: @daily"),
        ("TZ=Nowhere * * * * *", "provided bad location Nowhere: unknown time zone Nowhere"),
        ("TZ=UTC", "expected exactly 5 fields, found 0: []"),
        ("60 * * * *", "end of range (60) above maximum (59): 60"),
        ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
        ("* * * 13 *", "end of range (13) above maximum (12): 13"),
        ("* * * * 7", "end of range (7) above maximum (6): 7"),
        ("5-3 * * * *", "beginning of range (5) beyond end of range (3): 5-3"),
        ("1-2-3 * * * *", "too many hyphens: 1-2-3"),
        ("1/2/3 * * * *", "too many slashes: 1/2/3"),
        ("*/0 * * * *", "step of range should be a positive number: */0"),
        ("*/x * * * *", 'failed to parse int from */x: strconv.Atoi: parsing "x": invalid syntax'),
        ("*/-1 * * * *", "negative number (-1) not allowed: */-1"),
        ("* * L * *", 'failed to parse int from L: strconv.Atoi: parsing "L": invalid syntax'),
    ],
)
def test_other_dialects_are_rejected(expression: str, reason: str) -> None:
    with pytest.raises(CronError) as refused:
        parse(expression)
    assert str(refused.value) == reason


@pytest.mark.parametrize(
    "name", ["Mars/Olympus", "../etc/passwd", "/etc/localtime", "a\0b", "Europe", "x" * 5000]
)
def test_an_invalid_time_zone_is_rejected(name: str) -> None:
    with pytest.raises(CronError):
        time_zone(name)


def test_an_empty_time_zone_and_utc_in_any_case_mean_utc() -> None:
    assert {time_zone(name) for name in ("", "utc", "UTC", "Utc")} == {UTC}
    assert time_zone("Local").utcoffset(datetime(2026, 1, 1)) is not None


def fields(low: int, high: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    ranges = st.tuples(number, number).map(lambda pair: f"{min(pair)}-{max(pair)}")
    steps = st.tuples(st.one_of(st.just("*"), ranges), st.integers(1, 9)).map("{0[0]}/{0[1]}".format)
    one = st.one_of(st.just("*"), number.map(str), ranges, steps)
    return st.lists(one, min_size=1, max_size=3).map(",".join)


@given(
    st.tuples(fields(0, 59), fields(0, 23), fields(1, 31), fields(1, 12), fields(0, 6)),
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Apia", "Australia/Lord_Howe"]),
)
def test_matches_fit_the_fields_and_none_is_skipped(
    parts: tuple[str, ...], start: datetime, zone_name: str
) -> None:
    expression, zone = parse(" ".join(parts)), time_zone(zone_name)
    found = expression.after(start, zone)

    def fits(instant: datetime) -> bool:
        local = instant.astimezone(zone)
        day, weekday = local.day in expression.days, local.isoweekday() % 7 in expression.weekdays
        return (
            local.minute in expression.minutes
            and local.hour in expression.hours
            and local.month in expression.months
            and (day and weekday if expression.needs_both else day or weekday)
        )

    minute = start.replace(second=0, microsecond=0) + timedelta(minutes=1)
    until = min(found or minute + timedelta(days=2), minute + timedelta(days=2))
    while minute < until:
        assert not fits(minute)
        minute += timedelta(minutes=1)
    if found is not None:
        assert found > start
        assert (found.second, found.microsecond) == (0, 0)
        assert fits(found)


def known(low: int, high: int) -> st.SearchStrategy[str]:
    """Generate fields with the same meaning in all dialects. Libraries disagree on whether `*/2` restricts a
    day."""
    number = st.integers(low, high)
    # cronsim reads 3-3/2 as 3/2; the real server reads it as 3.
    ends = st.tuples(number, number, st.integers(1, 9)).filter(lambda three: three[0] != three[1])
    ranges = ends.map(lambda three: f"{min(three[:2])}-{max(three[:2])}/{three[2]}")
    listed = st.lists(st.one_of(number.map(str), ranges), min_size=1, max_size=3).map(",".join)
    return st.one_of(st.just("*"), listed)


@given(
    st.tuples(*(known(low, high) for low, high in ((0, 59), (0, 23), (1, 28), (1, 12), (0, 6)))),
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
)
def test_matches_agree_with_cronsim(parts: tuple[str, ...], start: datetime) -> None:
    expression = " ".join(parts)
    expected = islice(CronSim(expression, start.replace(microsecond=0)), 5)
    assert next_times(parse(expression), start.replace(microsecond=0), UTC, 5) == list(expected)
