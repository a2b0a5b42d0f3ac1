"""Makes Schemathesis look up an operation's settings only once, and give up early on values that cannot be
generated. Schemathesis looks up the settings for each generated case, and each time compares the operation
with the filters of all operations, although they are fixed before the first request. In a document with a
hundred operations, this is a large part of the cost of generation. Another part is values that no schema
admits, such as the negation of a pattern combined with all other constraints: Hypothesis tries to generate
each several hundred times.
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
# Hypothesis gives up on a value if it is 99 % certain that fewer than 1 % of tries succeed. These numbers
# raise the limit from 1 % to 5 %. Versions of Hypothesis without these names ignore them.
TRIES: dict[str, Any] = {"INVALID_THRESHOLD_BASE": 89, "INVALID_PER_VALID": 20}


@contextmanager
def remembered_lookups() -> Generator[None]:
    """Within the block, compute the configuration of an operation and a phase only once."""
    with ExitStack() as stack:
        for name in LOOKUPS:
            remembering = _remembering(getattr(ProjectConfig, name))
            stack.enter_context(mock.patch.object(ProjectConfig, name, remembering))
        # It has no public name. If Schemathesis renames it, this fails.
        few = with_few_tries(getattr(examples, "_add_examples"))  # noqa: B009
        stack.enter_context(mock.patch.object(examples, "_add_examples", few))
        yield


def with_few_tries(draw: Callable[..., None]) -> Callable[..., None]:
    """Wrap a function that generates single values, so that it makes only a few tries. An operation's cases
    are worth every try.
    """

    def drawing(*args: Any) -> None:
        with mock.patch.multiple(engine, create=True, **TRIES):
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
