"""Type variables that default to `Any`."""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["OutputT", "T"]

if TYPE_CHECKING:
    from typing import Any

    from typing_extensions import TypeVar  # for defaults; both type checkers bundle it

    OutputT = TypeVar("OutputT", default=Any)
    T = TypeVar("T", default=Any)
else:
    from typing import TypeVar

    OutputT = TypeVar("OutputT")
    T = TypeVar("T")
