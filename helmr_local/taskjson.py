"""JSON of the values of task code. What JSON cannot carry is refused, and the message says where it is."""

from __future__ import annotations

import math
from typing import Any, cast

import msgspec

from .wire import jsontext


def encode(value: Any, what: str) -> bytes:
    """The value as compact JSON.

    Args:
        what: What it is for the task, at the beginning of the message.

    Raises:
        ValueError: A number that is not finite, a lone surrogate, nesting beyond what the server takes.
        TypeError: A type that has no JSON form.
    """
    try:
        text = jsontext.encode(value)
    except UnicodeEncodeError:
        raise ValueError(f"{what} holds a lone surrogate, which JSON cannot carry") from None
    except RecursionError:
        raise ValueError(f"{what} is nested too deep") from None
    # msgspec writes null for them.
    if b"null" in text:
        place = _not_finite(msgspec.to_builtins(value, str_keys=True), "")
        if place is not None:
            raise ValueError(f"{what}{place} is not a finite number, and JSON has no other")
    return text


def finite(amount: Any, what: str) -> float:
    """A number of task code that JSON can carry.

    Raises:
        ValueError: It is not finite, or no number.
    """
    if isinstance(amount, bool) or not isinstance(amount, (int, float)) or not math.isfinite(amount):
        raise ValueError(f"{what} must be a finite number, not {amount!r}")
    return amount


def _not_finite(value: Any, place: str) -> str | None:
    if isinstance(value, float):
        return None if math.isfinite(value) else place
    parts: list[tuple[str, Any]] = []
    if isinstance(value, dict):
        parts = [(f".{name}", part) for name, part in cast("dict[str, Any]", value).items()]
    elif isinstance(value, (list, tuple)):
        parts = [(f"[{index}]", part) for index, part in enumerate(cast("list[Any]", value))]
    for name, part in parts:
        found = _not_finite(part, place + name)
        if found is not None:
            return found
    return None
