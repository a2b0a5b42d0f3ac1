"""Positions in a list or stream, as numbers."""

from __future__ import annotations

from typing import Final

from .errors import UnexpectedResponseError

LARGEST: Final = 2**63 - 1
"""The largest number in the server's database."""


def number(value: object, what: str) -> int:
    """Return a position that a server sent. Raises `UnexpectedResponseError` for anything else."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST:
        raise UnexpectedResponseError(f"the server sent {value!r:.100} as {what}, which is invalid")
    return value


def check_advance(first: int, after: int, what: str) -> None:
    """Raise `UnexpectedResponseError` unless a page begins after the known position."""
    if first <= after:
        raise UnexpectedResponseError(
            f"the server returned {what} {first} after {after}, which repeats earlier items; is "
            "something between it and here caching responses?"
        )
