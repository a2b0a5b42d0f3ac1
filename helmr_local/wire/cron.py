"""Cron expressions as the contract accepts them, and the instants that they match.

The dialect is that of the control plane's own library: `?` is `*`, 7 is not Sunday, a step above 1 restricts
a day field, and there is no `L`, `W` or `#`. Clock changes also follow that library: a skipped time never
matches, and a repeated one matches twice. docs/decisions/cron.md describes how libraries differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import islice
from zoneinfo import ZoneInfo

from dateutil.tz import tzlocal

from .strings import quote

_YEARS = 5
_MOST_DAYS = _YEARS * 366
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}
_WEEKDAYS = {name: number for number, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}
_ZONED = re.compile(r"(?:CRON_)?TZ=")


class CronError(ValueError):
    """The expression is invalid, or its time zone is unknown."""


@dataclass(frozen=True)
class _Field:
    low: int
    high: int
    names: Mapping[str, int]

    def parse(self, text: str) -> tuple[frozenset[int], bool]:
        """Return the values, and whether a part leaves the field open: `*` or `?`, without a step above 1."""
        parts = [self._part(part) for part in text.split(",") if part]
        return frozenset[int]().union(*(values for values, _ in parts)), any(open_ for _, open_ in parts)

    def _part(self, text: str) -> tuple[frozenset[int], bool]:
        range_, *steps = text.split("/")
        first, *rest = range_.split("-")
        is_open = first in ("*", "?")
        low, high = (self.low, self.high) if is_open else self._bounds(text, first, rest)
        if len(steps) > 1:
            raise CronError(f"too many slashes: {text}")
        step = _whole(steps[0], text) if steps else 1
        if steps and not rest:
            high = self.high
        if low < self.low:
            raise CronError(f"beginning of range ({low}) below minimum ({self.low}): {text}")
        if high > self.high:
            raise CronError(f"end of range ({high}) above maximum ({self.high}): {text}")
        if low > high:
            raise CronError(f"beginning of range ({low}) beyond end of range ({high}): {text}")
        if step == 0:
            raise CronError(f"step of range should be a positive number: {text}")
        return frozenset(range(low, high + 1, step)), is_open and step == 1

    def _bounds(self, text: str, first: str, rest: list[str]) -> tuple[int, int]:
        low = self._number(first, text)
        if len(rest) > 1:
            raise CronError(f"too many hyphens: {text}")
        return low, self._number(rest[0], text) if rest else low

    def _number(self, text: str, whole: str) -> int:
        named = self.names.get(text.lower())
        return _whole(text, whole) if named is None else named


def _whole(text: str, whole: str) -> int:
    digits = text.removeprefix("+") if not text.startswith("-") else text[1:]
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 18):
        raise CronError(
            f"failed to parse int from {whole}: strconv.Atoi: parsing {quote(text)}: invalid syntax"
        )
    if text.startswith("-") and int(digits):
        raise CronError(f"negative number ({text}) not allowed: {whole}")
    return int(digits)


_MINUTE, _HOUR, _DAY = _Field(0, 59, {}), _Field(0, 23, {}), _Field(1, 31, {})
_MONTH, _WEEKDAY = _Field(1, 12, _MONTHS), _Field(0, 6, _WEEKDAYS)


@dataclass(frozen=True)
class Cron:
    """A parsed expression.

    Args:
        zone: The time zone named in the expression, if any.
        needs_both: True if a day must match both day fields, because one of them is open.
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    needs_both: bool
    zone: tzinfo | None

    def after(self, instant: datetime, zone: tzinfo) -> datetime | None:
        """Return the first match strictly after an instant, in UTC, or None if there is none within five
        years.
        """
        return next(self.upcoming(instant, zone), None)

    def upcoming(self, instant: datetime, zone: tzinfo) -> Iterator[datetime]:
        """Yield the matches after an instant, in UTC, within five years of it."""
        zone = self.zone or zone
        first = instant.astimezone(zone).date()
        # Times repeated when clocks go back across midnight also belong to the previous day.
        for day in (first + timedelta(days=number) for number in range(-1, _MOST_DAYS + 1)):
            if self._has_day(day):
                yield from (found for found in self._on(day, zone) if found > instant)

    def _has_day(self, day: date) -> bool:
        fits_day, fits_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        fits = fits_day and fits_weekday if self.needs_both else fits_day or fits_weekday
        return fits and day.month in self.months

    def _on(self, day: date, zone: tzinfo) -> Iterator[datetime]:
        """Yield the matches of a day, in order."""
        offset = _only_offset(day, zone)
        if offset is None:
            yield from self._across_change(day, zone)
            return
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC) - offset
        for hour in sorted(self.hours):
            for minute in sorted(self.minutes):
                yield midnight + timedelta(hours=hour, minutes=minute)

    def _across_change(self, day: date, zone: tzinfo) -> list[datetime]:
        """Return the matches of a day with a clock change, when some times occur twice and others never."""
        found: set[datetime] = set()
        for hour in self.hours:
            for minute in self.minutes:
                for fold in (0, 1):
                    local = datetime(day.year, day.month, day.day, hour, minute, fold=fold, tzinfo=zone)
                    instant = local.astimezone(UTC)
                    if instant.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
                        found.add(instant)
        return sorted(found)


def _only_offset(day: date, zone: tzinfo) -> timedelta | None:
    """Return the UTC offset if it is constant all day; None if clocks change on that day."""
    begins = [datetime(day.year, day.month, day.day, hour) for hour in range(24)]
    begins.append(begins[-1].replace(minute=59, second=59))
    offsets = {zone.utcoffset(local.replace(fold=fold)) for local in begins for fold in (0, 1)}
    return offsets.pop() if len(offsets) == 1 else None


def parse(expression: str) -> Cron:
    """Parse an expression.

    Raises:
        CronError: It is invalid. The message has the wording of the control plane.
    """
    if not expression:
        raise CronError("empty spec string")
    zone = None
    if _ZONED.match(expression):
        prefix, _, expression = expression.partition(" ")
        name = prefix.partition("=")[2]
        try:
            zone = time_zone(name)
        except CronError:
            raise CronError(f"provided bad location {name}: unknown time zone {name}") from None
        expression = expression.strip()
    if expression.startswith("@"):
        raise CronError(f"parser does not accept descriptors: {expression}")
    fields = expression.split()
    if len(fields) != 5:
        raise CronError(f"expected exactly 5 fields, found {len(fields)}: [{' '.join(fields)}]")
    minutes, _ = _MINUTE.parse(fields[0])
    hours, _ = _HOUR.parse(fields[1])
    days, any_day = _DAY.parse(fields[2])
    months, _ = _MONTH.parse(fields[3])
    weekdays, any_weekday = _WEEKDAY.parse(fields[4])
    return Cron(minutes, hours, days, months, weekdays, any_day or any_weekday, zone)


@lru_cache(maxsize=64)
def time_zone(name: str) -> tzinfo:
    """Return a time zone by its IANA name; `Local` means this machine's, and an empty name UTC.

    Raises:
        CronError: There is no such zone.
    """
    if not name or name.lower() == "utc":
        return UTC
    if name == "Local":
        return tzlocal()
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise CronError(f"unknown time zone {name}") from None


def next_times(cron: Cron, instant: datetime, zone: tzinfo, count: int) -> list[datetime]:
    """Return up to that many matches after an instant."""
    return list(islice(cron.upcoming(instant, zone), count))
