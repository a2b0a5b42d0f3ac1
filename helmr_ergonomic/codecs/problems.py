"""Problems with a value, and their paths."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

Problem: TypeAlias = tuple[Sequence[str | int], str]
"""The path to a part of a value, and what is wrong with it."""


class ValueProblem(ValueError):
    """A part of a value cannot be sent, or does not match its type."""

    def __init__(self, message: str, path: Sequence[str | int] = ()) -> None:
        super().__init__(message)
        self.message: str = message
        self.path: list[str | int] = [*path]

    @property
    def problems(self) -> Sequence[Problem]:
        """The single problem."""
        return [(self.path, self.message)]

    def inside(self, part: str | int) -> ValueProblem:
        """Return the same problem with `part` in front of its path, for the enclosing value."""
        self.path.insert(0, part)
        return self


def described(exc: Exception) -> Problem:
    """Return the problem for an unknown exception."""
    if isinstance(exc, RecursionError):
        return (), "it is nested too deeply, or contains itself"
    try:
        message = str(exc)
    except Exception:
        message = ""
    kind = type(exc).__name__
    if isinstance(exc, (ValueError, TypeError)):
        return (), message or kind
    return (), f"{kind}: {message}" if message else kind


def check_time(value: datetime) -> timedelta:
    """Return the UTC offset of a time. Raises `ValueProblem` if it has no time zone."""
    offset = value.utcoffset()
    if offset is None:
        raise ValueProblem(f"{value.isoformat()} has no time zone: use an aware one, like datetime.now(UTC)")
    return offset
