"""Points in time, as callers pass them."""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

from .errors import ArgumentError

Moment: TypeAlias = datetime | str
"""A `datetime` with a time zone, or an ISO 8601 string with an offset (`2026-06-06T10:00:00Z`)."""


def to_datetime(value: Moment, what: str) -> datetime:
    """Convert a point in time to a `datetime` with a time zone, to the millisecond.

    Further digits are dropped, as in a JavaScript `Date`: the server compares times exactly, so both SDKs
        must send
    the same time.

    Raises `ArgumentError` for a string that is not ISO 8601, and for a time without a time zone, whose
    meaning would depend on the machine.

    >>> to_datetime("2026-06-06T10:00:00.123456Z", "expires_at").isoformat()
    '2026-06-06T10:00:00.123000+00:00'
    """
    moment = value
    if isinstance(value, str):
        from dateutil.parser import isoparse

        try:
            moment = isoparse(value.strip())
        except (ValueError, OverflowError):
            moment = value
    if not isinstance(moment, datetime):
        raise ArgumentError(f"{what} must be a datetime or an ISO 8601 string, got {value!r}")
    if moment.utcoffset() is None:
        raise ArgumentError(
            f"{what} needs a time zone, got {value!r}: "
            'use datetime.now(UTC) or another aware datetime, or a string that ends in "Z" or an offset'
        )
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
