"""Makes Schemathesis look up an operation's settings once, and give up early on a value that there is not.

It looks the settings up for each generated case, and compares the operation with the filters of all
operations each time, though they are settled before the first request. For a document of a hundred operations
that is a good part of what generating costs. Another one is single values that no schema admits, such as the
negation of a pattern with all other constraints: Hypothesis tries each several hundred times.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any
from unittest import mock

from hypothesis.internal.conjecture import engine
from schemathesis.config import ProjectConfig
from schemathesis.generation.hypothesis import examples

LOOKUPS = ("generation_for", "phases_for", "checks_config_for")
# A value that is found in fewer than one of 20 tries is done without: so many tries say so, by all but 1 %.
# Hypothesis itself asks for one of 100.
_TRIES: dict[str, Any] = {"INVALID_THRESHOLD_BASE": 89, "INVALID_PER_VALID": 20}


@contextmanager
def remembered_lookups() -> Generator[None]:
    """Within the block, compute the configuration of an operation and a phase only once."""
    with ExitStack() as stack:
        for name in LOOKUPS:
            remembering = _remembering(getattr(ProjectConfig, name))
            stack.enter_context(mock.patch.object(ProjectConfig, name, remembering))
        few = _with_few_tries(examples._add_examples)
        stack.enter_context(mock.patch.object(examples, "_add_examples", few))
        yield


def _with_few_tries(draw: Callable[..., None]) -> Callable[..., None]:
    """Only for single values: an operation's cases are worth every try."""

    def drawing(*args: Any) -> None:
        with mock.patch.multiple(engine, **_TRIES):
            draw(*args)

    return drawing


def _remembering(look_up: Callable[..., Any]) -> Callable[..., Any]:
    @cache
    def known(config: _ByIdentity, operation: Any, phase: str | None) -> Any:
        given = {} if phase is None else {"phase": phase}
        return look_up(config.value, operation=operation, **given)

    def remembering(config: ProjectConfig, *, operation: Any = None, phase: str | None = None) -> Any:
        return known(_ByIdentity(config), operation, phase)

    return remembering


class _ByIdentity:
    """A dictionary key equal only to itself; the cache keeps its object alive."""

    def __init__(self, value: object) -> None:
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByIdentity) and self.value is other.value
