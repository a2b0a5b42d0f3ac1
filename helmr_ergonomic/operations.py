"""The generated client's operations, each imported when it is first called."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

from .errors import ArgumentError

if TYPE_CHECKING:
    import httpx

__all__ = ["HasId", "Operation", "checked_limit", "cursor_number", "given", "identifier", "operation"]


class Operation(Protocol):
    """What a generated endpoint module offers."""

    def get_kwargs(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The request, as arguments of `httpx.Client.request`."""
        ...

    def parse_response(self, response: httpx.Response) -> Any:
        """What the answer's status documents."""
        ...


@cache
def operation(tag: str, name: str) -> Operation:
    """The generated module of an operation, by its tag and its operationId in snake case."""
    return cast(Operation, import_module(f"helmr_api.api.{tag}.{name}"))


class HasId(Protocol):
    """Anything with an id: a handle, a snapshot."""

    @property
    def id(self) -> str:
        """The id."""
        ...


def identifier(reference: str | HasId, what: str) -> str:
    """The id of a handle, or the id itself. Raises `ArgumentError` when there is none."""
    value = reference if isinstance(reference, str) else getattr(reference, "id", None)
    if not isinstance(value, str):
        inside = getattr(reference, what, None)
        advice = f"; give its .{what}" if getattr(inside, "id", None) is not None else ""
        raise ArgumentError(
            f"{what} must be an id or an object with an id, got {type(reference).__name__}{advice}"
        )
    if not value.strip():
        raise ArgumentError(f"{what} must be an id or an object with an id, got an empty text")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ArgumentError(f"{what} must be an id, got {value!r}") from None
    return value.strip()


def cursor_number(cursor: str | int | None) -> int:
    """The number behind a cursor, 0 for none. Raises `ArgumentError` for what is no cursor."""
    if cursor is None:
        return 0
    try:
        number = int(cursor)
    except ValueError:
        number = -1
    if number < 0:
        raise ArgumentError(f"cursor must be the id of an event or chunk, got {cursor!r}")
    return number


def checked_limit(value: int | None, most: int, what: str) -> int | None:
    """How many items to ask for. Raises `ArgumentError` when it is not 1 to `most`."""
    if value is not None and (isinstance(value, bool) or not 1 <= value <= most):
        raise ArgumentError(f"{what} must be an integer between 1 and {most}, got {value!r}")
    return value


def given(**parameters: Any) -> dict[str, Any]:
    """The parameters that are not `None`."""
    return {name: value for name, value in parameters.items() if value is not None}
