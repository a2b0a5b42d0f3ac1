"""Lists that ask for what is read, when it is read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Generator
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class AsyncPager(Generic[T]):
    """A list on the server. Iterating asks for one page after the other; each iteration begins anew."""

    __slots__ = ("_iterate",)

    def __init__(self, iterate: Callable[[], AsyncIterator[T]]) -> None:
        self._iterate = iterate

    def __aiter__(self) -> AsyncIterator[T]:
        return self._iterate()

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
