"""Which requests may be sent again, and when."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from .errors import ArgumentError

if TYPE_CHECKING:
    import httpx

    from helmr_api.types import Response

DEFAULT_MAX_RETRIES: Final = 3
MAX_DELAY: Final = 8.0
MAX_RETRY_AFTER: Final = 60.0
_RETRYABLE: Final = frozenset({408, 429, 502, 503, 504})


def checked_retries(max_retries: int) -> int:
    """Return the number of retries. Raises `ArgumentError` unless it is 0 or more."""
    if not isinstance(max_retries, int) or isinstance(max_retries, bool) or max_retries < 0:  # pyright: ignore[reportUnnecessaryIsInstance]  callers may be untyped
        raise ArgumentError(f"max_retries must be 0 or more, got {max_retries!r}")
    return max_retries


def is_retryable_status(status: int) -> bool:
    """True if the same request may succeed a little later."""
    return status in _RETRYABLE


def retry_after(response: httpx.Response) -> float | None:
    """Return the seconds in `Retry-After`; `None` if it is missing or invalid.

    A number of seconds, or an HTTP date in any of its three forms; a date counts from the response's own
    `Date`, because clocks differ. If there are several values, the longest counts.
    """
    delays = [_seconds_asked(value, response) for value in response.headers.get_list("retry-after")]
    return max(filter(None, delays), default=None)


_NUMBER: Final = r"[0-9]+(?:\.[0-9]*)?"


def _seconds_asked(value: str, response: httpx.Response) -> float | None:
    parts = [part.strip() for part in value.split(",")]
    if all(re.fullmatch(_NUMBER, part) for part in parts):  # a proxy joined several headers
        return max(map(float, parts))
    until = _http_date(value)
    return None if until is None else max(0.0, (until - server_time(response)).total_seconds())


def _http_date(value: str) -> datetime | None:
    """Parse an HTTP date in a current or obsolete format of RFC 9110; `None` for anything else."""
    try:
        date = parsedate_to_datetime(value.strip())
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def server_time(response: Response) -> datetime:
    """Return the time on the server's clock, from the `Date` of its response; otherwise the local time."""
    return _http_date(response.headers.get("date", "")) or datetime.now(UTC)


def retry_delay(attempt: int, minimum: float | None) -> float:
    """Return the seconds before attempt `attempt + 1` (the first is 1).

    That is `minimum`, the server's delay, plus up to a quarter, so that clients do not all return at once;
    or, without one, a random delay up to a ceiling that doubles from half a second (full jitter).
    """
    if minimum:
        return minimum + random.uniform(0, 0.25 * minimum)  # noqa: S311  spreads load, guards nothing
    ceiling: float = min(MAX_DELAY, 0.5 * 2 ** (attempt - 1))
    return random.uniform(0, ceiling)  # noqa: S311  spreads load, guards nothing
