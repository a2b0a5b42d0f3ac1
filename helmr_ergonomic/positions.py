"""That a list goes on: a server that repeats a page, or goes round in circles, would make it endless."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from .errors import UnexpectedResponseError

__all__ = ["LARGEST", "Pages", "check_advance", "number"]

LARGEST: Final = 2**63 - 1
"""The largest number that the server's database holds."""
MOST_EMPTY_PAGES: Final = 100
"""How many pages in a row may hold nothing and yet say that there are more."""


def number(value: Any, what: str) -> int:
    """A number that a server gives for a position. Raises `UnexpectedResponseError` for anything else."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST:
        raise UnexpectedResponseError(f"the server sent {value!r:.100} as {what}, which is invalid")
    return value


def check_advance(first: int, after: int, what: str) -> None:
    """Check that a page begins after what is known. Raises `UnexpectedResponseError` when it does not."""
    if first <= after:
        raise UnexpectedResponseError(
            f"the server gives {what} {first} as the next after {after}: it repeats what came before; is "
            "something between it and here caching responses?"
        )


class Pages:
    """The pages of a list, by the positions where they begin: numbers that grow, or opaque cursors."""

    __slots__ = ("_empty", "_last", "_pages", "_positions")

    def __init__(self, position: Any) -> None:
        self._positions = {position}
        self._last = position
        self._pages: set[int] = set()
        self._empty = 0

    def add(self, items: Sequence[Any]) -> None:
        """A page that came. Raises `UnexpectedResponseError` when it came before."""
        self._empty = 0 if items else self._empty + 1
        if self._empty > MOST_EMPTY_PAGES:
            raise self._error("nothing but empty pages")
        if items and not isinstance(self._last, int):  # items with numbers are held against their numbers
            page = hash(tuple(items))
            if page in self._pages:
                raise self._error("the same page again")
            self._pages.add(page)

    def next(self, position: Any) -> Any:
        """The position of the next page. Raises `UnexpectedResponseError` when it is not a new one."""
        goes_on = position > self._last if isinstance(position, int) else position not in self._positions
        if not goes_on:
            raise self._error(f"{position!r:.100} as the place to go on")
        if not isinstance(position, int):
            self._positions.add(position)
        self._last = position
        return position

    def _error(self, what: str) -> UnexpectedResponseError:
        return UnexpectedResponseError(
            f"the list does not end: after {self._last!r:.100} the server gives {what}; is something between "
            "it and here caching responses?"
        )
