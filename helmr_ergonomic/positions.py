"""Positions in a list or stream, as numbers."""

from __future__ import annotations

from typing import Final

from .errors import UnexpectedResponseError

LARGEST: Final = 2**63 - 1
"""The largest number that the server's database holds."""


def number(value: object, what: str) -> int:
    """A number that a server gives for a position. Raises `UnexpectedResponseError` for anything else."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST:
        raise UnexpectedResponseError(f"the server sent {value!r:.100} as {what}, which is invalid")
    return value


def digits(cursor: int | str) -> int | None:
    """The number that a cursor is; `None` for a string that is none."""
    if isinstance(cursor, int):
        return cursor
    is_number = cursor.isascii() and cursor.isdigit() and len(cursor) <= len(str(LARGEST))
    return int(cursor) if is_number else None


def check_advance(first: int, after: int, what: str) -> None:
    """Check that a page begins after the known position. Raises `UnexpectedResponseError` when it does
    not."""
    if first <= after:
        raise UnexpectedResponseError(
            f"the server returned {what} {first} after {after}, which repeats earlier items; is "
            "something between it and here caching responses?"
        )
