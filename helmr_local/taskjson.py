"""JSON encoding of task values. Values that JSON cannot represent are refused with an error that contains
their path.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, cast

import msgspec

from .wire import jsontext


def encode(value: Any, what: str) -> bytes:
    """Encode a value as compact JSON.

    Args:
        what: Describes the value at the start of an error message.

    Raises:
        ValueError: A number is not finite, a string has a lone surrogate, or nesting exceeds the server's
            limit.
        TypeError: A type has no JSON form.
    """
    try:
        text = jsontext.encode(value)
    except UnicodeEncodeError:
        raise ValueError(f"{what} contains a lone surrogate, which JSON cannot represent") from None
    except RecursionError:
        raise ValueError(f"{what} is nested too deeply") from None
    # msgspec writes null for non-finite numbers.
    if b"null" in text:
        place = _not_finite(msgspec.to_builtins(value, str_keys=True), "")
        if place is not None:
            raise ValueError(f"{what}{place} is not a finite number, so JSON cannot represent it")
    return text


def finite(amount: Any, what: str) -> float:
    """Check a number that JSON must be able to represent, and return it.

    Raises:
        ValueError: It is not finite, or not a number.
    """
    if isinstance(amount, bool) or not isinstance(amount, (int, float)) or not math.isfinite(amount):
        raise ValueError(f"{what} must be a finite number, not {amount!r}")
    return amount


def log_fields(fields: Mapping[str, object]) -> dict[str, Any]:
    """Return the fields of a log entry as plain JSON; values that JSON cannot represent become strings.

    Raises:
        ValueError: A field is named `level` or `message`, which are reserved.
    """
    for name in ("level", "message"):
        if name in fields:
            raise ValueError(f"a field of a log entry cannot be named {name!r}: that name is reserved")
    return {name: _loggable(value) for name, value in fields.items()}


def _loggable(value: object) -> Any:
    try:
        return json.loads(encode(value, "the field"))
    except Exception:
        return _described(value)


def _described(value: object) -> str:
    try:
        return str(value)
    except Exception:
        return f"<{type(value).__name__}>"


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
