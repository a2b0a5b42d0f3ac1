"""The fault catalogues are sound: large enough, and each fault can be planted and is undone.

Checking that every fault is caught takes minutes: `make mutants`. Three faults are tried here, to prove that
the machinery works.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from helmr_contract.behaviour.runner import PACKAGE
from tests.mutants import judge, runner, trouble
from tests.mutants.catalogue import BROKEN, CLIENT, SERVER, catalogue
from tests.mutants.client.common import both
from tests.mutants.judge import BEHAVIOUR, Step, Verdict, _sections_by_module
from tests.mutants.pace import Pace, share
from tests.mutants.planting import FaultError, all_of, constant, replaced, returning, stored, with_argument

ALL = {
    kind: [mutant for mutants in catalogue(kind).values() for mutant in mutants.values()]
    for kind in (SERVER, CLIENT)
}


def _state() -> Iterator[tuple[str, Any]]:
    """Yield every function, class and constant that a fault could change."""
    seen: set[int] = set()
    for name, module in sorted(sys.modules.items()):
        if name.split(".")[0] in ("helmr_local", "helmr_ergonomic", "helmr_api"):
            yield from _members(name, module, seen)


def _members(name: str, owner: ModuleType | type, seen: set[int]) -> Iterator[tuple[str, Any]]:
    for key, value in list(vars(owner).items()):
        # Public classes have `helmr` as their `__module__`, not the module that defines them.
        if isinstance(value, type) and value.__module__.startswith("helmr"):
            if id(value) not in seen:
                seen.add(id(value))
                # Named without its module, because a module imported later may list it first.
                yield from _members(f"{value.__qualname__} at {id(value)}", value, seen)
        elif not key.startswith("__") or callable(value):
            yield f"{name}.{key}", value


def _identities() -> dict[str, int]:
    return {name: id(value) for name, value in _state()}


@pytest.mark.parametrize(("kind", "least"), [(SERVER, 80), (CLIENT, 25)])
def test_the_catalogues_are_large_and_each_fault_is_described(kind: str, least: int) -> None:
    mutants = ALL[kind]
    assert len(mutants) >= least
    assert len({mutant.name for mutant in mutants}) == len(mutants)
    assert len({mutant.says for mutant in mutants}) == len(mutants)
    assert all(
        mutant.says and "\n" not in mutant.says and not mutant.says.endswith(".") for mutant in mutants
    )


def test_each_server_fault_names_a_section_that_a_test_cites() -> None:
    cited = frozenset().union(*_sections_by_module().values())
    uncited = {mutant.name: mutant.breaks for mutant in ALL[SERVER] if cited.isdisjoint(mutant.breaks)}
    assert not uncited
    assert PACKAGE == BEHAVIOUR


@pytest.mark.parametrize("kind", [SERVER, CLIENT])
def test_each_fault_can_be_planted_and_is_undone(kind: str) -> None:
    for mutant in ALL[kind][::20]:
        with mutant.patch():  # imports the code that the fault changes
            pass
    before = _identities()
    with ALL[kind][0].patch():
        assert _identities() != before, "_identities does not detect the planted fault"
    for mutant in ALL[kind]:
        with mutant.patch():
            pass
    after = _identities()  # more modules may be imported by now
    assert {name: after.get(name) for name in before} == before


@pytest.mark.parametrize(
    "patch",
    [
        replaced("helmr_local.resources.streams:Streams.no_such", lambda old: old),
        replaced("helmr_local.no_such:f", lambda old: old),
        returning("helmr_local.resources.streams:Streams.no_such", lambda result: result),
        with_argument("helmr_local.resources.streams:Streams.append", "no_such", lambda value: value),
        stored("helmr_ergonomic.transport:Outgoing.no_such", lambda value: value),
        stored("helmr_ergonomic.transport:Outgoing.name", lambda value: value),  # not a slot
        both("helmr_ergonomic._async.watching:NO_SUCH", lambda target: constant(target, "a")),
        replaced("helmr_local.resources.validation:MAX_TAGS", lambda old: old),
        constant("helmr_local.resources.validation:MAX_TAGS", 10),  # the current value
        all_of(constant("helmr_local.resources.validation:NO_SUCH", 10)),
    ],
)
def test_a_fault_that_changes_nothing_is_rejected(patch: Any) -> None:
    with pytest.raises(FaultError), patch():
        pass


def test_some_faults_are_caught(capsys: pytest.CaptureFixture[str], tmp_path: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(runner, "MEMORY", tmp_path / "mutants.json")
    assert runner.main(["sequence-gaps", "health-other-word", "start-key-hashed-escaped", "--jobs", "2"]) == 0
    output = capsys.readouterr().out
    assert "test_health::test_healthz_returns_ok_without_credentials" in output
    assert "tests/unit/layer/test_idempotency.py::" in output
    assert output.count("\ncaught ") + output.startswith("caught ") == 3


def test_a_fault_that_no_test_catches_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    verdict = Verdict("quiet")
    job = _job("quiet")
    assert not runner._good(job, verdict)
    runner._print_verdict(job, verdict)
    assert capsys.readouterr().out.startswith("SURVIVED")


def _job(name: str) -> Any:
    return runner._Job(SERVER, "wire", name, "nothing is wrong", judge.try_mutant, ())


def test_a_fault_whose_own_code_crashes_is_invalid_and_fails_the_run(
    capsys: pytest.CaptureFixture[str], tmp_path: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(runner, "MEMORY", tmp_path / "mutants.json")
    assert runner.main(["--kind", BROKEN, "--jobs", "2"]) == 1
    output = capsys.readouterr().out
    reasons = dict(re.findall(r"^INVALID +[0-9.]+ s  broken/([a-z-]+): (.*)$", output, re.MULTILINE))
    assert {name: reason.partition(":")[0] for name, reason in reasons.items()} == {
        "handler-raises": "the server met an error of its own",
        "engine-raises": "the server met an error of its own",
        "server-does-not-start": "the server does not start",
        "edit-raises": "the planted code failed",
        "process-ends": "the process ended without a verdict",
    }
    assert "invalid: the code fails by itself, or the fault is not what it says (5)" in output
    assert re.search(r"^broken +5 +0 +0\.0%", output, re.MULTILINE)


def test_a_test_that_cannot_be_collected_does_not_catch_a_fault(monkeypatch: Any) -> None:
    monkeypatch.setattr(trouble.Log, "install", lambda log: None)
    monkeypatch.setattr(judge._Judge, "finish", lambda judge: None)
    one = judge._Judge("quiet", lambda message: None, CLIENT)
    one.pytest_collectreport(pytest.CollectReport("tests/test_x.py", "failed", "an unknown marker", []))
    assert one.verdict.error == "tests/test_x.py cannot be collected: an unknown marker"
    assert one.verdict.caught_by is None


class FakeClock:
    """A clock and a processor that the test advances."""

    def __init__(self) -> None:
        self.now = self.used = 0.0
        self.share = 1.0

    def work(self) -> float:
        """Return the `thread_time` after a moment of work."""
        self.used += 0.001
        self.now += 0.001 / self.share
        return self.used

    def pass_time(self, pace: Pace, seconds: float) -> None:
        for _ in range(round(seconds / 0.5)):
            self.now += 0.5
            pace.update()


def test_the_share_of_a_core_is_measured_with_a_burst_of_work() -> None:
    clock = FakeClock()
    assert share(0.02, lambda: clock.now, clock.work) == pytest.approx(1.0, rel=0.1)
    clock.share = 0.25
    assert share(0.02, lambda: clock.now, clock.work) == pytest.approx(0.25, rel=0.1)


def test_elapsed_time_is_weighted_by_the_share_of_a_core() -> None:
    clock = FakeClock()
    pace = Pace(clock=lambda: clock.now, measure=lambda: clock.share)
    clock.pass_time(pace, 10)
    assert pace.given == pytest.approx(10)
    clock.share = 0.25
    clock.pass_time(pace, 40)
    assert pace.given == pytest.approx(20)
    clock.share = 1.0
    clock.now += 0.5
    pace.update()
    assert pace.given == pytest.approx(20.125), "elapsed time counts with the lower share"


def _watch() -> tuple[FakeClock, Pace, Any]:
    clock = FakeClock()
    pace = Pace(clock=lambda: clock.now, measure=lambda: clock.share)
    watch = runner._Watch(pace, patience=60)
    watch.start()
    return clock, pace, watch


def test_a_test_without_progress_in_weighted_time_hangs() -> None:
    clock, pace, watch = _watch()
    watch.step(Step("test_x::test_y", named=True))
    clock.pass_time(pace, 59)
    assert watch.verdict(_job("slow")) is None
    clock.pass_time(pace, 2)
    verdict = watch.verdict(_job("slow"))
    assert (verdict.caught_by, verdict.message, verdict.named) == ("test_x::test_y", runner.HANGS, True)
    assert runner._good(_job("slow"), verdict)


def test_a_test_on_a_busy_machine_is_not_reported_as_hanging() -> None:
    clock, pace, watch = _watch()
    clock.share = 0.1
    watch.step(Step("test_x::test_y"))
    clock.pass_time(pace, 590)
    assert watch.verdict(_job("slow")) is None
    for _ in range(100):
        watch.step(Step("test_x::test_z"))
        clock.pass_time(pace, 300)
        assert watch.verdict(_job("slow")) is None


def test_a_hang_between_tests_or_without_a_fault_is_invalid() -> None:
    clock, pace, watch = _watch()
    clock.pass_time(pace, 61)
    assert watch.verdict(_job("slow")).error == "no progress in 60 s between two tests"
    clock, pace, watch = _watch()
    watch.step(Step("test_x::test_y"))
    clock.pass_time(pace, 61)
    control = runner._Job("control", "server", "confirm", "no fault", judge.confirm, ())
    assert watch.verdict(control).error == "no progress in 60 s test_x::test_y"
    assert watch.verdict(control).caught_by is None


def test_a_test_that_is_slow_without_the_fault_cannot_catch_by_hanging(monkeypatch: Any) -> None:
    hung = Verdict("slow", caught_by="test_x::test_y", message=runner.HANGS)
    found = Verdict("quick", caught_by="test_x::test_y", message="assert 1 == 2")

    def confirm(judges: Any, job: Any, watch: Any) -> Any:
        watch.took["test_x::test_y"] = 30.0
        return Verdict("confirm", ran=["test_x::test_y"])

    monkeypatch.setattr(runner, "_try", confirm)
    judges: Any = SimpleNamespace(pace=Pace(), patience=60)
    runner._confirmed(judges, [(_job("slow"), hung), (_job("quick"), found)])
    assert hung.error == "test_x::test_y is slow without the fault too: that it hangs tells nothing"
    assert found.error is None
