# Derived from helmr_ergonomic/_async/paging.py. Do not edit: change that file, then run `make generate`.
"""Lists that ask for what is read, when it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Pager(Generic[T]):
    """A list on the server. Iterating asks for one page after the other; each iteration begins anew."""

    __slots__ = ("_iterate",)

    def __init__(self, iterate: Callable[[], Iterator[T]]) -> None:
        self._iterate = iterate

    def __iter__(self) -> Iterator[T]:
        return self._iterate()

    def all(self) -> list[T]:
        """All items, as a list.

        >>> sessions.list(limit=10).all()
        """
        return [item for item in self]

    def first(self) -> T | None:
        """The first item, or `None` when there is none.

        >>> sessions.list(status="open").first()
        """
        for item in self:
            return item
        return None
