"""The generated client's operations, each imported when it is first called."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from helmr_api.arguments import refuse_secret

from .errors import ArgumentError
from .raw import LONGEST_ID

if TYPE_CHECKING:
    import httpx

__all__ = [
    "HasId",
    "Operation",
    "checked_flag",
    "checked_limit",
    "checked_number",
    "checked_string",
    "cursor_number",
    "given",
    "identifier",
    "listed",
    "operation",
]

T = TypeVar("T")


class Operation:
    """A generated endpoint module whose arguments are checked: annotations bind nobody."""

    __slots__ = ("_module", "_statuses")

    def __init__(self, module: Any) -> None:
        self._module = module
        self._statuses: tuple[int, ...] = ()

    def get_kwargs(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The request. Raises `ArgumentError` for an argument of another type than the document says."""
        from helmr_api.types import UNSET

        request = _checked(self._module.request, args, kwargs)
        self._statuses = request.statuses  # the same for every request
        body = {} if request.json is UNSET else {"json": request.json}
        return {"method": request.method, "url": request.path, "params": request.params, **body}

    def stream_kwargs(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The request for its event stream. Raises `ArgumentError` as `get_kwargs` does."""
        stream = _checked(self._module.stream, args, kwargs)
        return {"method": "GET", "url": stream.path, "params": stream.params}

    def parse_response(self, response: httpx.Response) -> Any:
        """The result of a response, `None` for one that has none."""
        return self._module._read(response) if response.status_code in self._statuses else None


def _checked(function: Callable[..., Any], args: tuple[Any, ...], named: Mapping[str, Any]) -> Any:
    from .shapes import Mismatch, check_arguments

    try:
        check_arguments(function, args, named)
    except Mismatch as exc:
        raise ArgumentError(str(exc)) from None
    return function(*args, **named)


@cache
def operation(tag: str, name: str) -> Operation:
    """The generated module of an operation, by its tag and its operationId in snake case."""
    return Operation(import_module(f"helmr_api.api.{tag}.{name}"))


class HasId(Protocol):
    """Anything with an id: a handle, a snapshot."""

    @property
    def id(self) -> str:
        """The id."""
        ...


def identifier(reference: str | HasId, what: str) -> str:
    """The id of a handle, or the id itself. Raises `ArgumentError` when there is none."""
    value = reference if isinstance(reference, str) else getattr(reference, "id", None)
    if value is None and type(reference).__name__ == "UUID":
        value = str(reference)
    if not isinstance(value, str):
        inside = getattr(reference, what, None)
        advice = f"; give its .{what}" if getattr(inside, "id", None) is not None else ""
        raise ArgumentError(
            f"{what} must be an id or an object with an id, got {type(reference).__name__}{advice}"
        )
    if not value.strip():
        raise ArgumentError(f"{what} must be an id or an object with an id, got an empty string")
    refuse_secret(value, what)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ArgumentError(f"{what} must be an id, got a string with a lone surrogate") from None
    return value.strip()


def cursor_number(cursor: str | int | None) -> int:
    """The number behind a cursor, 0 for none. Raises `ArgumentError` for what is no cursor."""
    if cursor is None:
        return 0
    text = str(cursor) if isinstance(cursor, int) and not isinstance(cursor, bool) else cursor
    if not isinstance(text, str) or not (text.isascii() and text.isdigit() and len(text) <= LONGEST_ID):
        advice = "; give its .id" if isinstance(getattr(cursor, "id", None), str) else ""
        shown = repr(cursor) if isinstance(cursor, (str, int)) else type(cursor).__name__  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ArgumentError(f"cursor must be the id of an event or chunk, got {shown:.100}{advice}")
    return int(text)


def checked_limit(value: int | None, most: int, what: str) -> int | None:
    """How many items to ask for. Raises `ArgumentError` when it is not 1 to `most`."""
    if value is not None:
        checked_number(value, 1, most, what)
    return value


def checked_number(value: int, least: int, most: int, what: str) -> int:
    """An integer. Raises `ArgumentError` when it is none, or not `least` to `most`."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:  # pyright: ignore[reportUnnecessaryIsInstance]  callers may be untyped
        raise ArgumentError(f"{what} must be an integer between {least} and {most}, got {value!r:.100}")
    return value


def checked_flag(value: bool, what: str) -> bool:
    """`True` or `False`. Raises `ArgumentError` for anything else."""
    if not isinstance(value, bool):  # pyright: ignore[reportUnnecessaryIsInstance]  callers may be untyped
        raise ArgumentError(f"{what} must be True or False, not {type(value).__name__}")
    return value


def checked_string(value: str, what: str) -> str:
    """A string. Raises `ArgumentError`, which does not show it, for anything else."""
    if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance]  callers may be untyped
        advice = f": give str({what})" if type(value).__name__ in ("UUID", "URL", "int") else ""
        raise ArgumentError(f"{what} must be a string, not {type(value).__name__}{advice}")
    return value


def listed(values: Iterable[T], what: str) -> list[T]:
    """The items of an iterable. Raises `ArgumentError` for what is none, and for a string."""
    if isinstance(values, (str, bytes, Mapping)) or not isinstance(values, Iterable):  # pyright: ignore[reportUnnecessaryIsInstance]  callers may be untyped
        raise ArgumentError(f"{what} must be a list, not {type(cast(Any, values)).__name__}")
    return list(values)


def given(**parameters: Any) -> dict[str, Any]:
    """The parameters that are not `None`."""
    return {name: value for name, value in parameters.items() if value is not None}
