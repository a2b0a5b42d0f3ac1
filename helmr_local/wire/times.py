"""Instants: parsed from and formatted as RFC 3339, and stored in microseconds."""

from __future__ import annotations

import re
from functools import lru_cache

# More lenient than RFC 3339 where Go's parser is: one digit for the hour, a comma before the fraction.
_RFC3339 = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})T(\d{1,2}):(\d{2}):(\d{2})(?:[.,](\d+))?(Z|[+-]\d{2}:\d{2})", re.ASCII
)
_MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _days_from_civil(year: int, month: int, day: int) -> int:
    """Return the days since 1970-01-01. Unlike `datetime`, it supports the year 0, which is valid in the
    contract's times.
    """
    year -= month <= 2
    era = year // 400
    year_of_era = year - era * 400
    day_of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146_097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719_468


def _civil_from_days(days: int) -> tuple[int, int, int]:
    days += 719_468
    era = days // 146_097
    day_of_era = days - era * 146_097
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153
    month = shifted + (3 if shifted < 10 else -9)
    return year_of_era + era * 400 + (month <= 2), month, day_of_year - (153 * shifted + 2) // 5 + 1


_FIRST = _days_from_civil(0, 1, 1) * 86_400
_LAST = _days_from_civil(10_000, 1, 1) * 86_400


def parse_rfc3339(text: str) -> int | None:
    """Parse to nanoseconds since the epoch. Return None if Go's parser refuses the time."""
    found = _RFC3339.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(found[index]) for index in range(1, 7))
    if not 1 <= month <= 12 or hour > 23 or minute > 59 or second > 59:
        return None
    leap = month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if not 1 <= day <= _MONTH_DAYS[month - 1] + leap:
        return None
    offset = 0
    if found[8] != "Z":
        offset_hour, offset_minute = int(found[8][1:3]), int(found[8][4:6])
        if offset_hour > 24 or offset_minute > 60:  # sic: Go accepts an offset of 24 hours or 60 minutes
            return None
        offset = (offset_hour * 60 + offset_minute) * 60 * (-1 if found[8][0] == "-" else 1)
    seconds = _days_from_civil(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset
    if not _FIRST <= seconds < _LAST:
        return None
    return seconds * 1_000_000_000 + int(((found[7] or "") + "000000000")[:9])


@lru_cache(maxsize=4096)
def _second(seconds: int) -> str:
    days, rest = divmod(seconds, 86_400)
    year, month, day = _civil_from_days(days)
    return f"{year:04d}-{month:02d}-{day:02d}T{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"


@lru_cache(maxsize=4096)
def _text(instant: int) -> str:
    seconds, fraction = divmod(instant, 1_000_000)
    if not fraction:
        return _second(seconds) + "Z"
    return f"{_second(seconds)}.{fraction:06d}".rstrip("0") + "Z"


def format_time(instant: int) -> str:
    """Format microseconds since the epoch as the server does; cached, because responses
    often repeat a time."""
    return _text(instant)


LATEST = _LAST * 1_000_000 - 1


def add_nanoseconds(instant: int, nanoseconds: int) -> int:
    """Add a duration to an instant; the result is at most the last instant that can be formatted."""
    return min(instant + nanoseconds // 1_000, LATEST)
