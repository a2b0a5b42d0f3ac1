"""Plays scenarios one after another and collects their results."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from helmr_contract.client.drivers import Driver, DriverError
from helmr_contract.client.http1 import Received
from helmr_contract.client.plane import Plane
from helmr_contract.client.protocol import Abilities, calls
from helmr_contract.client.scenario import Failed, Level, Scenario, Skipped, Stage, registered
from helmr_contract.client.world import World
from helmr_contract.secrets import Scrubber

MOST_EVIDENCE = 40
"""The maximum number of a scenario's requests in a report."""
MOST_REASON = 2000
"""The maximum number of characters of the reason for a verdict."""
MOST_CALL = 2000
"""The maximum number of characters of a call and its outcome in a report."""
MOST_LOST = 5
"""The run stops if the driver responds to no call in this many scenarios."""


class Verdict(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    KNOWN_FAILURE = "known failure"
    UNEXPECTED_PASS = "passes although it is a known failure"  # not a password
    SKIPPED = "skipped"


@dataclass(slots=True)
class Played:
    """The result of a scenario, with the evidence."""

    scenario: Scenario
    verdict: Verdict
    reason: str = ""
    is_expectation: bool = False  # the reason is what a check expected, not another problem
    seconds: float = 0.0
    evidence: tuple[str, ...] = ()
    stderr: tuple[str, ...] = ()
    lost_driver: bool = False  # the driver has to be restarted
    missing: tuple[str, ...] = ()  # calls that the driver cannot make

    @property
    def explanation(self) -> str:
        """The reason, with what kind of reason it is."""
        return f"expected: {self.reason}" if self.is_expectation else self.reason


@dataclass(slots=True)
class ClientRun:
    """The results of a run."""

    client: str
    driver: str
    seed: int
    played: list[Played] = field(default_factory=list[Played])
    seconds: float = 0.0
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    unknown: tuple[str, ...] = ()  # calls and scenarios that the driver names, and that do not exist
    stopped: str | None = None
    interrupted: bool = False

    def with_verdict(self, *verdicts: Verdict) -> list[Played]:
        return [one for one in self.played if one.verdict in verdicts]

    @property
    def checked(self) -> list[Played]:
        """The scenarios that were not skipped."""
        return [one for one in self.played if one.verdict is not Verdict.SKIPPED]

    @property
    def broken(self) -> list[Played]:
        """The failures of mandatory scenarios."""
        return [one for one in self.with_verdict(Verdict.FAILED) if one.scenario.level is Level.MUST]

    @property
    def shortcomings(self) -> list[Played]:
        """The failures of recommended scenarios."""
        return [one for one in self.with_verdict(Verdict.FAILED) if one.scenario.level is Level.SHOULD]


def play_all(
    driver: Driver,
    scenarios: Iterable[Scenario],
    *,
    command: str,
    seed: int = 0,
    on_played: Callable[[Played], None] = lambda _: None,
) -> ClientRun:
    """Play the scenarios in the order given by a seed (0: their own order)."""
    order = list(scenarios)
    if seed:
        random.Random(seed).shuffle(order)  # noqa: S311  # an order, no secret
    result = ClientRun(Scrubber()(driver.abilities.client), command, seed)
    result.unknown = _unknown(driver.abilities)
    began = time.monotonic()
    try:
        for one in order:
            played = play(driver, one)
            result.played.append(played)
            on_played(played)
            if played.lost_driver:
                _start_again(driver, result)
            if result.stopped:
                break
    except KeyboardInterrupt:  # the results so far are reported
        result.interrupted, result.stopped = True, "interrupted"
    result.seconds = time.monotonic() - began
    return result


def _unknown(abilities: Abilities) -> tuple[str, ...]:
    """Return what the driver names that does not exist: a typing error would only skip scenarios."""
    wrong = (abilities.calls - set(calls())) | (abilities.known_failures.keys() - registered().keys())
    return tuple(map(Scrubber(), sorted(wrong)))


def _start_again(driver: Driver, result: ClientRun) -> None:
    """Start the driver again; stop the run if the driver has not responded to any call so far."""
    if len(result.checked) >= MOST_LOST and all(one.lost_driver for one in result.checked):
        result.stopped = f"the driver responded to no call in the first {MOST_LOST} scenarios"
        return
    try:
        driver.restart()
    except DriverError as error:
        result.stopped = Scrubber()(f"the driver does not start again: {error}")


def play(driver: Driver, one: Scenario) -> Played:
    """Play one scenario."""
    known = driver.abilities.known_failures.get(one.id)
    missing = sorted(one.calls - driver.abilities.calls)
    if missing:
        reason = f"the driver cannot make {', '.join(missing)}"
        return Played(one, Verdict.SKIPPED, reason, missing=tuple(missing))
    world = World()
    began = time.monotonic()
    verdict, reason, stderr, lost, expected = Verdict.PASSED, "", list[str](), False, False
    with Plane(world.respond) as plane:
        world.url = plane.url
        stage = Stage(driver, plane, world)
        try:
            one.play(stage)
            stderr = driver.errors()
            _no_secrets(stage, stderr)
        except Skipped as skipped:
            verdict, reason = Verdict.SKIPPED, str(skipped)
        except Failed as failed:
            verdict, reason, expected = Verdict.FAILED, str(failed), True
        except DriverError as error:
            verdict, reason, lost = Verdict.FAILED, str(error), True
        except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError) as error:
            # The scenario read a result that does not have the protocol's shape.
            verdict, reason = Verdict.FAILED, f"the result does not follow the protocol: {error!r}"
        except Exception as error:
            # A fault in this program must not lose the results so far.
            verdict, reason = Verdict.FAILED, f"the scenario itself failed: {error!r}"
        if plane.trouble:
            verdict, reason = Verdict.FAILED, f"the scenario's own script failed: {plane.trouble[0]}"
            expected = False
    if known is not None and verdict is Verdict.FAILED:
        verdict, reason = Verdict.KNOWN_FAILURE, f"{reason} (known: {known})"
    elif known is not None and verdict is Verdict.PASSED:
        verdict, reason = Verdict.UNEXPECTED_PASS, f"known failure: {known}"
    scrub = Scrubber()
    return Played(
        one,
        verdict,
        scrub(reason)[:MOST_REASON],
        expected,
        time.monotonic() - began,
        tuple(_evidence(stage, scrub)),
        tuple(scrub(line) for line in [*stderr, *driver.errors()]) if verdict is not Verdict.PASSED else (),
        lost,
    )


def _no_secrets(stage: Stage, stderr: list[str]) -> None:
    """Check that neither error messages nor the driver's logs contain a credential."""
    for made in stage.calls:
        if made.outcome is not None and made.outcome.error is not None:
            leaked = any(secret in made.outcome.error.message for secret in stage.secrets)
            stage.check(not leaked, f"no credential in the error of {made.call}")
    written = "\n".join(stderr)
    stage.check(not any(secret in written for secret in stage.secrets), "no credential in standard error")


def _evidence(stage: Stage, scrub: Scrubber) -> list[str]:
    lines = [scrub(_request_line(one)) for one in stage.plane.requests]
    if len(lines) > MOST_EVIDENCE:
        lines[MOST_EVIDENCE // 2 : -MOST_EVIDENCE // 2] = [f"… {len(lines) - MOST_EVIDENCE} more requests"]
    return [*lines, *(scrub(str(made))[:MOST_CALL] for made in stage.calls)]


def _request_line(one: Received) -> str:
    body = one.body[:300].decode("utf-8", "replace")
    more = f" {body}" if body else ""
    cursor = one.header("last-event-id")
    at = f" [Last-Event-ID: {cursor}]" if cursor is not None else ""
    return f"{one.at:7.3f} s  connection {one.connection}  {one.line}{at}{more} -> {one.answered}"
