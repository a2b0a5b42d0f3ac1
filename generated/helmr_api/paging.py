# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Lists that are requested page by page during iteration."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Generator, Iterator, Sequence
from typing import Any, Final, Generic, NoReturn, TypeVar

from .errors import HelmrError, PagingError
from .types import AsyncSender, Request, Sender

Item_co = TypeVar("Item_co", covariant=True)
Page = TypeVar("Page")
Other = TypeVar("Other")
Cursor = TypeVar("Cursor")

MOST_EMPTY_PAGES: Final = 100
"""The maximum number of consecutive empty pages before a list counts as endless."""


class _Progress:
    """Detects lists that would never end because the server repeats pages or positions.

    The position of a page is an increasing number or an opaque cursor.
    """

    __slots__ = ("_empty", "_last", "_pages", "_positions")

    def __init__(self, position: Any) -> None:
        self._positions = {position}
        self._last = position
        self._pages: set[int] = set()
        self._empty = 0

    def add(self, items: Sequence[Any]) -> None:
        """Record a page. Raises `PagingError` if it was seen before."""
        self._empty = 0 if items else self._empty + 1
        if self._empty > MOST_EMPTY_PAGES:
            raise self._error("nothing but empty pages")
        if not items or isinstance(self._last, int):  # the position is checked instead
            return
        try:
            page = hash(tuple(items))
        except TypeError:  # not hashable
            return
        if page in self._pages:
            raise self._error("the same page again")
        self._pages.add(page)

    def next(self, position: Any) -> None:
        """Record the position of the next page. Raises `PagingError` if it was seen before."""
        if isinstance(position, int) and isinstance(self._last, int):
            goes_on = position > self._last
        else:
            goes_on = position not in self._positions
            self._positions.add(position)
        if not goes_on:
            raise self._error(f"{position!r:.100} as the next position")
        self._last = position

    def _error(self, what: str) -> PagingError:
        return PagingError(
            f"the list does not end: after {self._last!r:.100} the server sent {what}; is something "
            "in between caching responses?"
        )


class Pager(Generic[Item_co]):
    """A list on the server. Iteration requests one page at a time, and always starts at the beginning.

    Args:
        sender: The object that sends the requests.
        request: Creates the request for the page at a position.
        items: Returns the items of a page.
        following: Returns the position after a page; `None` after the last one. Without it, there is one page.
        first: The position of the first page.
        most: The maximum number of items that the server returns, if it truncates the list.
    """

    __slots__ = ("_begin", "_first", "_following", "_items", "_most", "_request", "_sender", "is_truncated")

    def __init__(
        self,
        sender: Sender,
        request: Callable[[Cursor | None], Request[Page]],
        items: Callable[[Page], Sequence[Item_co]],
        following: Callable[[Page], Cursor | None] | None = None,
        first: Cursor = None,  # type: ignore[assignment]  # the cursor of lists that have a single page
        most: int | None = None,
    ) -> None:
        self._sender = sender
        self._most = most
        self.is_truncated: bool = False
        """True if the last iteration ended at the limit, so that the server may have more items."""
        self._request: Callable[[Any], Request[Any]] = request
        self._items: Callable[[Any], Sequence[Item_co]] = items
        self._following: Callable[[Any], Any] | None = following
        self._first: Any = first
        self._begin: Request[Any] = request(first)  # raises for invalid arguments immediately

    def __iter__(self) -> Iterator[Item_co]:
        at, progress, request = self._first, _Progress(self._first), self._begin
        while True:
            page = self._sender.send(request)
            items = self._items(page)
            progress.add(items)
            self.is_truncated = self._most is not None and len(items) >= self._most
            at = (self._following(page) or None) if self._following else None
            if at is not None:
                progress.next(at)
            for item in items:
                yield item
            if at is None:
                return
            request = self._request(at)

    def __reduce__(self) -> NoReturn:
        raise HelmrError(
            "a list cannot be pickled: it is read from the server page by page; pickle its items: .all()"
        )

    def mapped(self, convert: Callable[[Item_co], Other]) -> Pager[Other]:
        """Return the same list with items converted by `convert`.

        >>> ids = client.runs.list(status="all").mapped(lambda run: run.id)
        """
        items = self._items
        return Pager(
            self._sender,
            self._request,
            lambda page: [convert(item) for item in items(page)],
            self._following,
            self._first,
            self._most,
        )

    def all(self) -> list[Item_co]:
        """Return all items as a list.

        >>> client.runs.list(status="all").all()
        """
        return [item for item in self]

    def first(self) -> Item_co | None:
        """Return the first item, or `None` if the list is empty.

        >>> client.runs.list(status="all").first()
        """
        for item in self:
            return item
        return None


class AsyncPager(Generic[Item_co]):
    """A list on the server. Iteration requests one page at a time, and always starts at the beginning.

    Args:
        sender: The object that sends the requests.
        request: Creates the request for the page at a position.
        items: Returns the items of a page.
        following: Returns the position after a page; `None` after the last one. Without it, there is one page.
        first: The position of the first page.
        most: The maximum number of items that the server returns, if it truncates the list.
    """

    __slots__ = ("_begin", "_first", "_following", "_items", "_most", "_request", "_sender", "is_truncated")

    def __init__(
        self,
        sender: AsyncSender,
        request: Callable[[Cursor | None], Request[Page]],
        items: Callable[[Page], Sequence[Item_co]],
        following: Callable[[Page], Cursor | None] | None = None,
        first: Cursor = None,  # type: ignore[assignment]  # the cursor of lists that have a single page
        most: int | None = None,
    ) -> None:
        self._sender = sender
        self._most = most
        self.is_truncated: bool = False
        """True if the last iteration ended at the limit, so that the server may have more items."""
        self._request: Callable[[Any], Request[Any]] = request
        self._items: Callable[[Any], Sequence[Item_co]] = items
        self._following: Callable[[Any], Any] | None = following
        self._first: Any = first
        self._begin: Request[Any] = request(first)  # raises for invalid arguments immediately

    async def __aiter__(self) -> AsyncIterator[Item_co]:
        at, progress, request = self._first, _Progress(self._first), self._begin
        while True:
            page = await self._sender.send(request)
            items = self._items(page)
            progress.add(items)
            self.is_truncated = self._most is not None and len(items) >= self._most
            at = (self._following(page) or None) if self._following else None
            if at is not None:
                progress.next(at)
            for item in items:
                yield item
            if at is None:
                return
            request = self._request(at)

    def __reduce__(self) -> NoReturn:
        raise HelmrError(
            "a list cannot be pickled: it is read from the server page by page; pickle its items: .all()"
        )

    def mapped(self, convert: Callable[[Item_co], Other]) -> AsyncPager[Other]:
        """Return the same list with items converted by `convert`.

        >>> ids = client.runs.list(status="all").mapped(lambda run: run.id)
        """
        items = self._items
        return AsyncPager(
            self._sender,
            self._request,
            lambda page: [convert(item) for item in items(page)],
            self._following,
            self._first,
            self._most,
        )

    async def all(self) -> list[Item_co]:
        """Return all items as a list.

        >>> await client.runs.list(status="all").all()
        """
        return [item async for item in self]

    async def first(self) -> Item_co | None:
        """Return the first item, or `None` if the list is empty.

        >>> await client.runs.list(status="all").first()
        """
        async for item in self:
            return item
        return None

    def __await__(self) -> Generator[Any, Any, list[Item_co]]:
        return self.all().__await__()
