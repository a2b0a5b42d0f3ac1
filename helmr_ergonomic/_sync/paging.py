# Derived from helmr_ergonomic/_async/paging.py. Do not edit: change that file, then run `make generate`.
"""Lists that ask for what is read, when it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, NoReturn, TypeVar

from ..detached import cannot_be_pickled
from ..positions import Pages

T = TypeVar("T")


class Pager(Generic[T]):
    """A list on the server. Iterating asks for one page after the other; each iteration begins anew.

    A server that repeats a page, or whose pages go round in circles, is an `UnexpectedResponseError`.
    """

    __slots__ = ("_begin", "_page")

    def __init__(self, page: Callable[[Any], tuple[Sequence[T], Any]], begin: Any = None) -> None:
        self._page = page
        self._begin = begin

    def __iter__(self) -> Iterator[T]:
        pages = Pages(self._begin)
        position = self._begin
        while True:
            items, following = self._page(position)
            pages.add(items)
            for item in items:
                yield item
            if following is None:
                return
            position = pages.next(following)

    def __reduce__(self) -> NoReturn:
        cannot_be_pickled("a list", "it is read from the server page by page; pickle its items: .all()")

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
