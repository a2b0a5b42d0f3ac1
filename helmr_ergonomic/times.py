"""Moments, as callers give them."""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

from .errors import ArgumentError

__all__ = ["Moment", "to_datetime"]

Moment: TypeAlias = datetime | str
"""A `datetime` (without a time zone: local time), or an ISO 8601 text."""


def to_datetime(value: Moment, what: str) -> datetime:
    """A moment as a `datetime` with a time zone. Raises `ArgumentError` when the text is no ISO 8601 moment.

    >>> to_datetime("2026-06-06T10:00:00Z", "expires_at").isoformat()
    '2026-06-06T10:00:00+00:00'
    """
    if isinstance(value, str):
        from dateutil.parser import isoparse

        try:
            value = isoparse(value.strip())
        except (ValueError, OverflowError):
            raise ArgumentError(f"{what} must be a datetime or an ISO 8601 text, got {value!r}") from None
    return value if value.tzinfo is not None else value.astimezone()
