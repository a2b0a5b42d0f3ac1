"""A task with the function that does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from helmr_ergonomic import InputStream, OutputStream, Task

PayloadT = TypeVar("PayloadT")
OutputT = TypeVar("OutputT")


@dataclass(frozen=True)
class Implementation(Generic[PayloadT, OutputT]):
    """A task with the function that does it; called, it is that function."""

    task: Task[PayloadT, OutputT]
    function: Callable[..., Any]
    inputs: tuple[InputStream[Any], ...]
    outputs: tuple[OutputStream[Any], ...]
    is_async: bool

    def __call__(self, ctx: Any) -> Any:
        return self.function(ctx)
