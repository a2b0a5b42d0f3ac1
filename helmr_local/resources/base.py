"""The base class of all resources."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cache
from typing import Any, ClassVar, TypeVar, cast

from ..clock import NEVER
from ..engine.context import Context
from ..http.request import Endpoint, Request
from ..http.response import Reply

Method = TypeVar("Method", bound=Callable[..., Awaitable[Reply]])
_HANDLES = "__handles__"


class Resource:
    """One resource of the API. The package's docstring describes what a subclass can define."""

    SCHEMA: ClassVar[str] = ""
    """Its tables and indexes, as statements that each contain `IF NOT EXISTS`."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.db, self.clock, self.settings = context.db, context.clock, context.settings
        self.writes, self.notifier = context.writes, context.notifier

    def startup(self) -> None:
        """Recover what an earlier server left behind; called before the server starts working."""

    def sweep(self) -> None:
        """Do what the background processes of the real server do every five seconds."""

    def next_due(self) -> int:
        """Return the next instant at which `sweep` or one of the chores has work, or `NEVER`.

        A manual clock stops at that instant rather than every few seconds.
        """
        return NEVER

    def next_start(self) -> int:
        """Return the next instant at which a run starts without an outside event, or `NEVER`. A clock that
        skips advances to that instant.
        """
        return NEVER

    def chores(self) -> Sequence[tuple[float, Callable[[], None]]]:
        """Return functions to call repeatedly, each with its interval in seconds."""
        return ()

    def _earliest(self, query: str, *parameters: Any) -> int:
        """Run a query that returns one instant; null becomes `NEVER`."""
        row = self.db.one(query, parameters)
        at = None if row is None else row["at"]
        return NEVER if at is None else int(at)

    async def shutdown(self) -> None:
        """End everything that was started; called before the database is closed."""

    def endpoints(self) -> Mapping[str, Endpoint]:
        """Return the handlers by operationId."""
        found: dict[str, Endpoint] = {}
        for name, operations, caller in _handlers(type(self)):  # type: ignore[arg-type]  # classes have a hash
            endpoint = Endpoint(getattr(self, name), getattr(self, caller) if caller else None)
            found |= dict.fromkeys(operations, endpoint)
        return found


@cache
def _handlers(kind: type[Resource]) -> tuple[tuple[str, tuple[str, ...], str | None], ...]:
    """Return the marked methods of a class: their names, operations and checks of the caller."""
    marks = {name: getattr(getattr(kind, name, None), _HANDLES, None) for name in dir(kind)}
    return tuple((name, *mark) for name, mark in marks.items() if mark is not None)


def handles(
    *operation_ids: str, knows_caller: Callable[[Any, Request], bool] | None = None
) -> Callable[[Method], Method]:
    """Mark a method as the handler of these operations.

    Args:
        knows_caller: Another method of the class, which checks whether the credential of a public operation
            is known. If not, only the beginning of a long body is read.
    """

    def mark(method: Method) -> Method:
        setattr(cast(Any, method), _HANDLES, (operation_ids, knows_caller and knows_caller.__name__))
        return method

    return mark


def both(name: str) -> tuple[str, str]:
    """Return the ids of an operation and of its counterpart by external id."""
    return name, name + "ByExternalId"
