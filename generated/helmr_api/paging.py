# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Lists that are read page by page as they are iterated."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Generator, Iterator, Sequence
from typing import Any, Generic, TypeVar

from .errors import PagingError
from .types import AsyncSender, Request, Sender

Item_co = TypeVar("Item_co", covariant=True)
Page = TypeVar("Page")
Cursor = TypeVar("Cursor")


class Pager(Generic[Item_co]):
    """A list on the server. Iterating it requests one page after the other; each iteration starts again.

    Args:
        sender: What sends the requests.
        request: Makes the request for the page at a position.
        items: The items of a page.
        following: The position after a page; `None` after the last one. Without it there is one page.
        first: The position of the first page.
    """

    __slots__ = ("_first", "_following", "_items", "_request", "_sender")

    def __init__(
        self,
        sender: Sender,
        request: Callable[[Cursor | None], Request[Page]],
        items: Callable[[Page], Sequence[Item_co]],
        following: Callable[[Page], Cursor | None] | None = None,
        first: Cursor | None = None,
    ) -> None:
        self._sender = sender
        self._request: Callable[[Any], Request[Any]] = request
        self._items: Callable[[Any], Sequence[Item_co]] = items
        self._following: Callable[[Any], Any] | None = following
        self._first: Any = first

    def __iter__(self) -> Iterator[Item_co]:
        at = self._first
        seen = {at}
        while True:
            page = self._sender.send(self._request(at))
            at = None if self._following is None else self._following(page)
            if at is not None and at in seen:
                raise PagingError("the list does not end: the server sent a position that it had sent before")
            for item in self._items(page):
                yield item
            if at is None:
                return
            seen.add(at)

    def all(self) -> list[Item_co]:
        """All items, as a list."""
        return [item for item in self]

    def first(self) -> Item_co | None:
        """The first item; `None` when there is none."""
        for item in self:
            return item
        return None


class AsyncPager(Generic[Item_co]):
    """A list on the server. Iterating it requests one page after the other; each iteration starts again.

    Args:
        sender: What sends the requests.
        request: Makes the request for the page at a position.
        items: The items of a page.
        following: The position after a page; `None` after the last one. Without it there is one page.
        first: The position of the first page.
    """

    __slots__ = ("_first", "_following", "_items", "_request", "_sender")

    def __init__(
        self,
        sender: AsyncSender,
        request: Callable[[Cursor | None], Request[Page]],
        items: Callable[[Page], Sequence[Item_co]],
        following: Callable[[Page], Cursor | None] | None = None,
        first: Cursor | None = None,
    ) -> None:
        self._sender = sender
        self._request: Callable[[Any], Request[Any]] = request
        self._items: Callable[[Any], Sequence[Item_co]] = items
        self._following: Callable[[Any], Any] | None = following
        self._first: Any = first

    async def __aiter__(self) -> AsyncIterator[Item_co]:
        at = self._first
        seen = {at}
        while True:
            page = await self._sender.send(self._request(at))
            at = None if self._following is None else self._following(page)
            if at is not None and at in seen:
                raise PagingError("the list does not end: the server sent a position that it had sent before")
            for item in self._items(page):
                yield item
            if at is None:
                return
            seen.add(at)

    async def all(self) -> list[Item_co]:
        """All items, as a list."""
        return [item async for item in self]

    async def first(self) -> Item_co | None:
        """The first item; `None` when there is none."""
        async for item in self:
            return item
        return None

    def __await__(self) -> Generator[Any, Any, list[Item_co]]:
        return self.all().__await__()
