"""Scenarios: their registry, and the tools for writing them."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

from helmr_contract.client.drivers import Driver
from helmr_contract.client.http1 import Received
from helmr_contract.client.plane import Handler, Plane, Reply
from helmr_contract.client.protocol import Outcome
from helmr_contract.client.world import KEY, World
from helmr_contract.document import Json

PATIENCE = 20.0
"""The time limit of a call in seconds, unless the scenario sets one."""


class Level(StrEnum):
    MUST = "must"
    SHOULD = "should"


class Failed(AssertionError):
    """A check of the scenario failed."""


class Skipped(Exception):
    """The driver cannot play the scenario."""


Play: TypeAlias = "Callable[[Stage], None]"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One requirement on a client."""

    id: str
    level: Level
    checks: str
    calls: frozenset[str]
    play: Play = field(repr=False)

    @property
    def family(self) -> str:
        return self.id.partition("/")[0]


_registry: dict[str, Scenario] = {}


def scenario(name: str, *calls: str, level: Level = Level.MUST) -> Callable[[Play], Play]:
    """Register a scenario. The first line of the function's docstring says what it checks.

    Args:
        name: `family/what-it-is`; it is stable across versions.
        calls: The calls that the driver must support.
    """

    def register(play: Play) -> Play:
        if name in _registry:
            raise ValueError(f"two scenarios are named {name}")
        checks = (play.__doc__ or "").strip().partition("\n\n")[0].replace("\n    ", " ")
        _registry[name] = Scenario(name, level, checks.rstrip("."), frozenset(calls), play)
        return play

    return register


def registered() -> dict[str, Scenario]:
    """Return every scenario by its id."""
    return dict(_registry)


@dataclass(slots=True)
class Made:
    """A call that the driver was asked to make, and its outcome; None if the driver did not respond."""

    call: str
    client: Json
    args: Json
    outcome: Outcome | None = None

    def __str__(self) -> str:
        client = {name: value for name, value in self.client.items() if name not in ("url", "api_key")}
        settings = f" with {json.dumps(client)}" if client else ""
        outcome = "no response" if self.outcome is None else str(self.outcome)
        return f"{self.call} {_short(self.args)}{settings}: {outcome}"


class Stage:
    """The scripted control plane and the driver of a scenario, with the calls and checks that it needs."""

    def __init__(self, driver: Driver, plane: Plane, world: World) -> None:
        self._driver = driver
        self.plane = plane
        self.world = world
        self.calls: list[Made] = []
        self.secrets: list[str] = [KEY]

    # The control plane --------------------------------------------------------------------------------------

    def on(self, request: str, *what: Reply | Handler) -> None:
        """Script the responses to requests whose `METHOD path` matches: each reply once, or a handler."""
        self.plane.on(request, *what)

    def requests(self, pattern: str = ".*") -> list[Received]:
        """Return the requests whose `METHOD path` matches, in order."""
        import re

        wanted = re.compile(pattern)
        return [one for one in list(self.plane.requests) if wanted.fullmatch(f"{one.method} {one.path}")]

    def one(self, pattern: str = ".*") -> Received:
        """Return the only request that matches."""
        found = self.requests(pattern)
        self.check(len(found) == 1, f"one request {pattern} is sent, not {len(found)}")
        return found[0]

    # The driver ---------------------------------------------------------------------------------------------

    def call(
        self, call: str, /, *, within: float = PATIENCE, client: Json | None = None, **args: Any
    ) -> Outcome:
        """Make a call with the client; return the outcome."""
        settings = {"url": self.plane.url, "api_key": KEY, **(client or {})}
        settings = {name: value for name, value in settings.items() if value is not None}
        made = Made(call, settings, args)
        self.calls.append(made)
        made.outcome = outcome = self._driver.call(call, settings, args, within)
        if outcome.error is not None and outcome.error.kind == "unsupported":
            raise Skipped(f"the driver cannot make this call: {outcome.error.message or call}")
        return outcome

    @contextmanager
    def environment(self, changes: Mapping[str, str]) -> Generator[None]:
        """Run the driver with changed environment variables within the block."""
        context = self._driver.environment(changes)
        if context is None:
            raise Skipped("the driver cannot be started in another environment")
        with context:
            yield

    def returns(self, call: str, /, **args: Any) -> Any:
        """Make a call that must succeed; return its result."""
        outcome = self.call(call, **args)
        self.check(outcome.error is None, f"{call} succeeds; it failed with an {outcome.error}")
        return outcome.result

    def raises(self, call: str, /, *kinds: str, **args: Any) -> Any:
        """Make a call that must fail with an error of one of these kinds; return the error."""
        outcome = self.call(call, **args)
        wanted = " or ".join(kinds)
        self.check(outcome.error is not None, f"{call} fails with an error of kind {wanted}; it succeeded")
        assert outcome.error is not None
        self.check(
            not kinds or outcome.error.kind in kinds,
            f"{call} fails with an error of kind {wanted}, not with an {outcome.error}",
        )
        return outcome.error

    # Checks -------------------------------------------------------------------------------------------------

    def check(self, holds: bool, expected: str) -> None:
        """Fail the scenario unless the condition holds.

        Args:
            expected: What follows "expected:" in a report, without a full stop.
        """
        if not holds:
            raise Failed(expected)

    def equal(self, got: object, wanted: object, what: str) -> None:
        """Fail the scenario unless the two JSON values are equal."""
        self.check(
            json.dumps(got, sort_keys=True, default=str) == json.dumps(wanted, sort_keys=True, default=str),
            f"{what} to be {_short(wanted)}, not {_short(got)}",
        )


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 300 else text[:300] + "…"
