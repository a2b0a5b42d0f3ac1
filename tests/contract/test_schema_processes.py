"""A schema run shared between processes: nothing is tested twice, and no result is lost."""

from __future__ import annotations

import io
import pickle
import sys
import threading
import time
from collections import Counter
from typing import Any

import pytest
from rich.console import Console
from schemathesis.baseline import BaselineEntry
from schemathesis.engine.context import EngineContext

from helmr_contract.behaviour.runner import BehaviourProgress
from helmr_contract.coverage import Coverage, Exchange
from helmr_contract.report.progress import Display, Work
from helmr_contract.schema import processes
from helmr_contract.schema.messages import Channel, Question
from helmr_contract.schema.part import Part
from helmr_contract.schema.processes import run_parts
from helmr_contract.schema.runner import SchemaFailure, SchemaProgress, SchemaResult
from helmr_contract.schema.setup import SchemaOptions
from helmr_contract.schema.sharing import SEEDS_APART, Ledger, shared
from helmr_contract.secrets import Scrubber
from helmr_contract.selection import Selection
from helmr_contract.target import Target
from tests.contract.miniature import KEY, Miniature, document, serve

SCRUB = Scrubber(KEY)
OPTIONS = SchemaOptions(seed=7, max_examples=4, phases=("examples", "coverage"))


def part(options: SchemaOptions = OPTIONS) -> Part:
    return Part(document(), Selection(document()), None, options)


def run(on_progress: processes.OnProgress = lambda *_: None, target: Target | None = None) -> SchemaResult:
    target = target or Target("http://127.0.0.1:9", KEY)
    return run_parts(part(), target, SCRUB, key=KEY, processes=2, on_progress=on_progress)


def result(**changes: Any) -> SchemaResult:
    return SchemaResult(1, Coverage(document()), **changes)


def failure(operation: str) -> tuple[SchemaFailure, BaselineEntry]:
    entry = BaselineEntry(operation, "check", "Failure", "signature")
    found = SchemaFailure(operation, "check", "title", "message", (), identity=entry.identity)
    return found, entry


@pytest.mark.timeout(300)
def test_each_operation_is_tested_by_one_process_and_all_findings_are_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The child is started before the parent tests anything, so that both have something to do."""
    child_asked = threading.Event()
    claim = Ledger.claim

    def child_first(ledger: Ledger, phase: str, operation: str) -> bool:
        if threading.current_thread().name == "schema-process":
            claimed = claim(ledger, phase, operation)
            child_asked.set()
            return claimed
        assert child_asked.wait(200)
        return claim(ledger, phase, operation)

    monkeypatch.setattr(Ledger, "claim", child_first)
    told: dict[int, SchemaProgress] = {}
    mini = Miniature(frozenset({"field-missing", "crash"}))
    with serve(mini.app()) as url:
        found = run(told.__setitem__, Target(url, KEY))
    finished = sum((progress.finished for progress in told.values()), Counter[str]())
    assert finished["coverage"] == len(document().operations)
    assert finished["examples"] > len(document().operations)  # both need the resources that examples create
    assert [*told] in ([0, 1], [1, 0])
    assert all(progress.cases for progress in told.values())
    assert found.cases == sum(progress.cases for progress in told.values())
    assert {failure.check for failure in found.failures} >= {
        "not_a_server_error",
        "response_schema_conformance",
    }
    identities = [failure.identity for failure in found.failures]
    assert len(identities) == len(set(identities))
    assert found.coverage.operations_reached == found.coverage.operations_documented
    assert (found.failed, found.stopped, found.left_behind) == (None, None, [])
    assert KEY not in repr(found)
    assert {session["status"] for session in mini.sessions.values()} == {"cancelled"}


def test_a_process_that_fails_ends_only_its_own_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_COMMAND", (sys.executable, "-c", f"raise SystemExit('out of {KEY}')"))
    monkeypatch.setattr(Part, "run", lambda *_: result(cases=3))
    found = run()
    assert found.failed == "a process of the schema part failed: out of $HELMR_API_KEY"
    assert (found.cases, found.stopped) == (3, None)


def test_a_target_that_cannot_be_tested_is_the_reason_of_the_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Part, "run", lambda *_: result())
    failed = run().failed
    assert failed is not None
    assert "POST /api/sessions before the tests failed" in failed


def test_an_interrupt_ends_every_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_COMMAND", (sys.executable, "-c", "import time; time.sleep(600)"))
    monkeypatch.setattr(Part, "run", lambda *_: result(stopped="interrupted"))
    found = run()
    assert (found.failed, found.stopped) == (None, "interrupted")


def test_an_error_of_the_parent_ends_every_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> SchemaResult:
        raise OSError("no server")

    monkeypatch.setattr(processes, "_COMMAND", (sys.executable, "-c", "import time; time.sleep(600)"))
    monkeypatch.setattr(Part, "run", broken)
    before = threading.active_count()
    with pytest.raises(OSError, match="no server"):
        run()
    assert threading.active_count() == before


def test_an_operation_is_claimed_once_in_each_phase() -> None:
    ledger = Ledger()
    asked = [
        ("fuzzing 0", "GET /a"),
        ("fuzzing 0", "GET /a"),
        ("fuzzing 0", "GET /b"),
        ("coverage 0", "GET /a"),
    ]
    assert [ledger.claim(*one) for one in asked] == [True, False, True, True]


def test_processes_do_not_repeat_each_others_scenarios(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EngineContext, "next_stateful_seed", lambda engine: engine)
    with shared(Ledger().claim, 2):
        assert EngineContext.next_stateful_seed(5) == 5 + 2 * SEEDS_APART  # type: ignore[arg-type]
    assert [SchemaOptions(1, 25, processes=number).scenarios for number in (1, 2, 3)] == [25, 13, 9]


def test_merged_results_contain_each_failure_once() -> None:
    one, two = failure("GET /a"), failure("GET /b")
    first = result(failures=[one[0]], observed=[one[1]], cases=2, checks=5, warnings=["w"])
    second = result(
        failures=[one[0], two[0]], observed=[one[1], two[1]], cases=3, checks=7, warnings=["w", "x"],
        stopped="time limit reached", left_behind=["a session"], tested_operations={"GET /b"},
    )  # fmt: skip
    second.coverage.add(Exchange("GET", "/api/tasks", 200))
    first.merge(pickle.loads(pickle.dumps(second)))  # noqa: S301
    assert first.failures == [one[0], two[0]]
    assert first.observed == [one[1], two[1]]
    assert (first.cases, first.checks, first.warnings) == (5, 12, ["w", "x"])
    assert (first.stopped, first.left_behind) == ("time limit reached", ["a session"])
    assert first.tested_operations == {"GET /b"}
    assert first.coverage.statuses["listTasks"]["200"] == 1


def test_a_truncated_message_is_the_end_of_the_process() -> None:
    sent = io.BytesIO()
    Channel(io.BytesIO(), sent).send(Question("fuzzing", "GET /a"))
    whole = sent.getvalue()
    assert Channel(io.BytesIO(whole), io.BytesIO()).receive() == Question("fuzzing", "GET /a")
    for received in (b"", whole[:-3]):
        with pytest.raises(EOFError):
            Channel(io.BytesIO(received), io.BytesIO()).receive()


def test_the_progress_states_units_of_the_contract_and_the_time_left_of_the_whole_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    output = io.StringIO()
    work = Work(operations=10, examples=4, rules=80)
    with Display(Console(file=output, width=200), SCRUB, work) as display:
        display.on_behaviour(BehaviourProgress(0, 0, 0, ""))
        display.on_schema(0, SchemaProgress(None, 0, 0, Counter()))
        now = 110.0
        display.on_schema(0, SchemaProgress("GET /a", 30, 1, Counter(examples=7, coverage=3)))
        display.on_schema(1, SchemaProgress("GET /b", 20, 0, Counter(examples=3, coverage=2)))
        display.on_behaviour(BehaviourProgress(80, 40, 2, "test_a.py::test_b"))
        every = Counter({"examples": 10, "coverage": 10, "fuzzing": 10, "stateful": 5})
        display.on_schema(0, SchemaProgress(None, 90, 1, every))
        display.on_behaviour(BehaviourProgress(80, 80, 2, "test_a.py::test_c"))
    lines = output.getvalue().splitlines()
    assert lines[0] == "rules: 0 of 80, 0 broken"
    assert lines[1] == "schema examples: operations 0 of 10, 0 requests, 0 broken"
    assert "schema coverage: operations 5 of 10, 50 requests, 1 broken, about " in lines[3]
    assert lines[4].startswith("rules: 40 of 80, 2 broken, about ")
    assert lines[-2].startswith("schema stateful: scenarios 4 of 4, 110 requests, 1 broken, about ")
    assert lines[-1] == "rules: 80 of 80, 2 broken"
