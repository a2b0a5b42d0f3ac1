"""The events `run.created` and `run.completed` have no rows of their own, and never change."""

from __future__ import annotations

import json
from typing import Any

from helmr import task
from helmr_local import AsyncTaskContext, Implementation, implement


def flaky(attempts: list[str]) -> Implementation[Any, Any]:
    """Return a task that changes its metadata, and fails at first."""

    async def function(ctx: AsyncTaskContext[Any]) -> Any:
        await ctx.metadata.set("attempt", len(attempts))
        attempts.append(ctx.run.id)
        if len(attempts) < 3:
            raise RuntimeError("again")
        return ctx.payload

    return implement(task("flaky", payload=object, output=object))(function)


def test_the_first_event_keeps_what_later_attempts_change(bench: Any, in_loop: Any) -> None:
    async def scenario() -> None:
        async with bench(flaky([])) as b:
            retry = {"maxAttempts": 3, "backoff": {"minMs": 1000, "jitter": "none"}}
            started = b.start(
                "flaky", payload={"a": '"'}, metadata={"attempt": "none"}, tags=["x"], retry=retry
            )
            (first,) = b.events(started)
            await b.pass_time(10)
            run, events = b.run(started), b.events(started)
            assert (run["status"], run["attempt_number"]) == ("succeeded", 3)
            assert json.loads(run["metadata"]) == {"attempt": 2}
            assert events[0] == first
            assert json.loads(first["attributes"]) == {
                "cause": {},
                "max_duration_seconds": run["max_duration_seconds"],
                "metadata": {"attempt": "none"},
                "payload": {"a": '"'},
                "reason": "initial",
                "retry_policy": json.loads(run["retry"]),
                "secret_names": [],
                "tags": ["x"],
                "task_id": "flaky",
            }
            assert (events[-1]["kind"], events[-1]["attempt_id"]) == ("run.completed", run["attempt_id"])
            assert events[-1]["lease_id"]
            assert [event["seq"] for event in events] == list(range(1, run["event_seq"] + 1))

    in_loop(scenario)


def test_pages_end_and_begin_at_any_event(bench: Any, in_loop: Any) -> None:
    async def scenario() -> None:
        async with bench(flaky(["", ""])) as b:
            started = b.start("flaky")
            await b.settle()
            events, no = b.events(started), b.run(started)["no"]
            assert b.kinds(started) == ["run.created", "run.metadata.updated", "run.completed"]
            for after in range(4):
                for limit in range(1, 4):
                    assert b.run_events.page(no, after, limit) == events[after : after + limit]

    in_loop(scenario)


def test_events_are_found_without_reading_others(bench: Any, in_loop: Any) -> None:
    async def scenario() -> None:
        async with bench(flaky([])) as b:
            statements = list[str]()

            def note(cursor: object, statement: str, parameters: object) -> bool:
                statements.append(statement)
                return True

            b.db._connection.exec_trace = note
            b.run_events.page(1, 0, 10)
            b.db._connection.exec_trace = None
            plan = [row["detail"] for row in b.db.all(f"EXPLAIN QUERY PLAN {statements[0]}", (1, 0, 10))]
            assert not [step for step in plan if "SCAN" in step or "TEMP" in step], plan

    in_loop(scenario)
