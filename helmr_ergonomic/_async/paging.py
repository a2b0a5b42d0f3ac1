"""Lists that ask for what is read, when it is read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Sequence
from typing import Any, Generic, NoReturn, TypeVar

from ..detached import cannot_be_pickled
from ..positions import Pages

T = TypeVar("T")


class AsyncPager(Generic[T]):
    """A list on the server. Iterating asks for one page after the other; each iteration begins anew.

    A server that repeats a page, or whose pages go round in circles, is an `UnexpectedResponseError`.
    """

    __slots__ = ("_begin", "_page")

    def __init__(self, page: Callable[[Any], Awaitable[tuple[Sequence[T], Any]]], begin: Any = None) -> None:
        self._page = page
        self._begin = begin

    async def __aiter__(self) -> AsyncIterator[T]:
        pages = Pages(self._begin)
        position = self._begin
        while True:
            items, following = await self._page(position)
            pages.add(items)
            for item in items:
                yield item
            if following is None:
                return
            position = pages.next(following)

    def __reduce__(self) -> NoReturn:
        cannot_be_pickled("a list", "it is read from the server page by page; pickle its items: .all()")

    async def all(self) -> list[T]:
        """All items, as a list.

        >>> await sessions.list(limit=10).all()
        """
        return [item async for item in self]

    async def first(self) -> T | None:
        """The first item, or `None` when there is none.

        >>> await sessions.list(status="open").first()
        """
        async for item in self:
            return item
        return None

    def __await__(self) -> Generator[Any, Any, list[T]]:  # async only
        return self.all().__await__()
