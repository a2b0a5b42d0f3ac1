"""Checks of arguments, before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from .errors import ArgumentError
from .raw import is_number

T = TypeVar("T")


def cursor_number(cursor: str | int | None) -> int:
    """Convert a cursor to a number, `None` to 0. Raises `ArgumentError` for anything else."""
    if cursor is None:
        return 0
    # Python refuses to convert an integer with thousands of digits.
    is_int = isinstance(cursor, int) and not isinstance(cursor, bool) and cursor.bit_length() < 1_000
    if not is_number(text := str(cursor) if is_int else cursor):
        advice = "; pass its .id" if isinstance(getattr(cursor, "id", None), str) else ""
        shown = repr(cursor) if is_int or isinstance(cursor, (str, bool)) else type(cursor).__name__  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ArgumentError(f"cursor must be the id of an event or chunk, got {shown:.100}{advice}")
    return int(text)


def check_choice(value: str | None, known: Iterable[str], what: str) -> None:
    """Raise `ArgumentError` for a likely misspelling of a known value. Other values are allowed: a newer
    server may know them."""
    if not isinstance(value, str) or value in known:
        return
    from difflib import get_close_matches

    names = sorted(known)
    near = get_close_matches(value.strip().lower()[:100], names, n=1, cutoff=0.7)
    if near:
        raise ArgumentError(
            f"{what} is {value!r:.100}: did you mean {near[0]!r}? It is one of {', '.join(names)}"
        )


def checked_number(value: int, least: int, most: int, what: str) -> int:
    """Return an integer. Raises `ArgumentError` unless it is from `least` to `most`."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:  # pyright: ignore[reportUnnecessaryIsInstance]  callers may be untyped
        raise ArgumentError(f"{what} must be an integer between {least} and {most}, got {value!r:.100}")
    return value


def checked_flag(value: bool, what: str) -> bool:
    """Return `True` or `False`. Raises `ArgumentError` for anything else."""
    if not isinstance(value, bool):  # pyright: ignore[reportUnnecessaryIsInstance]  callers may be untyped
        raise ArgumentError(f"{what} must be True or False, not {type(value).__name__}")
    return value


def checked_string(value: str, what: str) -> str:
    """Return a string. For anything else, raises an `ArgumentError` that does not contain the value."""
    if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance]  callers may be untyped
        advice = f": pass str({what})" if type(value).__name__ in ("UUID", "URL", "int") else ""
        raise ArgumentError(f"{what} must be a string, not {type(value).__name__}{advice}")
    return value


def checked_items(
    items: Iterable[T], what: str = "the items", form: str = "an iterable, such as a list"
) -> Iterable[T]:
    """Return an iterable. Raises `ArgumentError` for anything else, and for a string or a mapping."""
    value: object = items
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):  # pyright: ignore[reportUnnecessaryIsInstance]  callers may be untyped
        raise ArgumentError(f"{what} must be {form}, not {type(items).__name__}")
    return items


def listed(values: Iterable[T], what: str) -> list[T]:
    """Return the items of an iterable. Raises what `checked_items` raises."""
    return list(checked_items(values, what, "a list"))
