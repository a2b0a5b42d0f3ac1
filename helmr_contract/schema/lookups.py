"""Makes Schemathesis look up an operation's settings once.

It looks them up for each generated case, and compares the operation with the filters of all operations each
time, though they are settled before the first request. For a document of a hundred operations that is a good
part of what generating costs.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any
from unittest import mock

from schemathesis.config import ProjectConfig

LOOKUPS = ("generation_for", "phases_for", "checks_config_for")


@contextmanager
def remembered_lookups() -> Generator[None]:
    """While it lasts, what a configuration says of an operation and a phase is worked out once."""
    with ExitStack() as stack:
        for name in LOOKUPS:
            remembering = _remembering(getattr(ProjectConfig, name))
            stack.enter_context(mock.patch.object(ProjectConfig, name, remembering))
        yield


def _remembering(look_up: Callable[..., Any]) -> Callable[..., Any]:
    @cache
    def known(config: _ByIdentity, operation: Any, phase: str | None) -> Any:
        given = {} if phase is None else {"phase": phase}
        return look_up(config.value, operation=operation, **given)

    def remembering(config: ProjectConfig, *, operation: Any = None, phase: str | None = None) -> Any:
        return known(_ByIdentity(config), operation, phase)

    return remembering


class _ByIdentity:
    """An object, equal to nothing but itself; what is remembered keeps it alive."""

    def __init__(self, value: object) -> None:
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByIdentity) and self.value is other.value
