"""State machines on a manual clock, so no test waits."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest

from helmr_ergonomic import InputStream, OutputStream, __version__, task
from helmr_local import (
    AsyncTaskContext,
    Implementation,
    LocalSettings,
    RunCancelled,
    TaskExit,
    implement,
    task_api,
)
from helmr_local.catalog import Catalog, DeploymentError
from helmr_local.clock import ManualClock
from helmr_local.errors import ApiError
from helmr_local.resources.run_states import retry_delay_ms

MESSAGES = InputStream("messages")
REPORT = OutputStream("report")
Context = AsyncTaskContext[Any]
RETRY = {"maxAttempts": 3, "backoff": {"minMs": 1000, "factor": 2, "jitter": "none"}}


def made(function: Callable[[Context], Any], name: str = "work", **options: Any) -> Implementation[Any, Any]:
    definition = task(name, payload=object, output=object, **options)
    return implement(definition, inputs=[MESSAGES], outputs=[REPORT])(function)


async def done(ctx: Context) -> Any:
    return ctx.payload


async def stuck(ctx: Context) -> Any:
    await asyncio.Event().wait()


async def waits(ctx: Context) -> Any:
    result = await ctx.input(MESSAGES).wait(timeout="10m")
    return result.data if result.ok else "timed out"


async def reads(ctx: Context) -> Any:
    record = await ctx.input(MESSAGES).wait()
    return record.data


# Attempts -----------------------------------------------------------------------------------------------


def test_a_failed_attempt_is_retried_after_its_backoff(bench: Any, in_loop: Any) -> None:
    attempts: list[int] = []

    async def fails_twice(ctx: Context) -> int:
        attempts.append(ctx.run.attempt_number)
        if ctx.run.attempt_number < 3:
            raise RuntimeError("not yet")
        return 7

    async def scenario() -> None:
        async with bench(made(fails_twice)) as b:
            started = b.start("work", retry=RETRY)
            await b.settle()
            run = b.run(started)
            assert (run["status"], run["attempt_number"], attempts) == ("queued", 2, [1])
            await b.pass_time(0.75)
            assert attempts == [1]
            await b.pass_time(0.25)
            assert attempts == [1, 2]
            await b.pass_time(1.75)
            assert attempts == [1, 2]
            await b.pass_time(0.25)
            assert (b.run(started)["status"], b.run(started)["output"]) == ("succeeded", "7")
            assert b.kinds(started) == [
                "run.created",
                *["run.failed", "run.retry_scheduled"] * 2,
                "run.completed",
            ]
            scheduled = b.events(started)[4]
            attributes = json.loads(scheduled["attributes"])
            assert (attributes["delay_ms"], attributes["previous_attempt_number"]) == (2000, 2)
            assert (scheduled["attempt_number"], scheduled["attempt_id"]) == (
                3,
                attributes["next_attempt_id"],
            )
            assert attributes["retry_after"].endswith("+00:00")

    in_loop(scenario)


@pytest.mark.parametrize(
    ("policy", "attempt", "delay"),
    [
        ({}, 1, 1000),
        ({}, 5, 16_000),
        ({}, 9, 30_000),
        ({"backoff": {"minMs": 10, "factor": 1.5}}, 2, 15),
        ({"backoff": {"minMs": 5, "maxMs": 3}}, 1, 3),
        ({"backoff": {"factor": 1e300}}, 9, 30_000),
        ({"backoff": {"minMs": 1, "factor": 0.1}}, 3, 0),
    ],
)
def test_the_backoff_grows_to_its_limit(policy: dict[str, Any], attempt: int, delay: int) -> None:
    exact = {"backoff": policy.get("backoff", {}) | {"jitter": "none"}}
    assert retry_delay_ms(exact, attempt) == delay
    assert retry_delay_ms(policy, attempt, lambda stop: stop - 1) == max(delay, 1) - 1


@pytest.mark.parametrize(
    ("failure", "reason", "exit_code"),
    [(RuntimeError("no"), "transient_error", None), (TaskExit(3), "non_zero_exit", 3)],
)
def test_the_last_attempt_fails_the_run(
    bench: Any, in_loop: Any, failure: BaseException, reason: str, exit_code: int | None
) -> None:
    async def fails(ctx: Context) -> None:
        raise failure

    async def scenario() -> None:
        async with bench(made(fails)) as b:
            started = b.start("work", retry={"maxAttempts": 2, "backoff": {"jitter": "none"}})
            await b.pass_time(1)
            run = b.run(started)
            assert (run["status"], run["exit_code"], run["output"]) == ("failed", exit_code, None)
            assert b.kinds(started) == ["run.created", "run.failed", "run.retry_scheduled", "run.failed"]
            assert json.loads(b.events(started)[2]["attributes"])["reason"] == reason

    in_loop(scenario)


def test_an_exit_with_code_0_succeeds_without_output(bench: Any, in_loop: Any) -> None:
    async def leaves(ctx: Context) -> None:
        raise TaskExit(0)

    async def scenario() -> None:
        async with bench(made(leaves)) as b:
            started = b.start("work")
            await b.settle()
            run = b.run(started)
            assert (run["status"], run["exit_code"], run["output"]) == ("succeeded", 0, None)

    in_loop(scenario)


def test_an_invalid_output_fails_the_run(bench: Any, in_loop: Any) -> None:
    definition = task("typed", output=dict[str, int])

    @implement(definition)
    async def typed(ctx: AsyncTaskContext[None]) -> Any:
        return {"a": "no number"}

    async def scenario() -> None:
        async with bench(typed) as b:
            started = b.start("typed")
            await b.settle()
            assert b.run(started)["status"] == "failed"
            attributes = json.loads(b.events(started)[-1]["attributes"])
            assert attributes["failure_kind"] == "worker_failed"
            assert "output" in attributes["detail"]["message"]

    in_loop(scenario)


def test_a_run_that_exceeds_its_duration_fails_and_its_result_is_discarded(bench: Any, in_loop: Any) -> None:
    async def scenario() -> None:
        async with bench(made(stuck)) as b:
            started = b.start("work", max_duration_seconds=5)
            await b.pass_time(4.75)
            assert b.run(started)["status"] == "running"
            await b.pass_time(0.25)
            assert b.run(started)["status"] == "failed"
            attributes = json.loads(b.events(started)[-1]["attributes"])
            assert (attributes["failure_kind"], attributes["detail"]["limit_seconds"]) == ("max_duration", 5)
            assert not b.worker.executions

    in_loop(scenario)


def test_each_run_has_its_own_duration_limit(bench: Any, in_loop: Any) -> None:
    async def scenario() -> None:
        async with bench(made(stuck), made(done, "quick"), made(waits, "waits")) as b:
            limits = {seconds: b.start("work", max_duration_seconds=seconds) for seconds in (30, 10, 20)}
            quick = b.start("quick", max_duration_seconds=5)
            waiting = b.start("waits", max_duration_seconds=6)
            await b.settle()
            assert b.run(quick)["status"] == "succeeded"
            for seconds in (10, 20, 30):
                assert b.run(limits[seconds])["status"] == "running"
                await b.pass_time(10)
                assert b.run(limits[seconds])["status"] == "failed"
            assert b.run(waiting)["status"] == "failed"
            late = b.start("work", max_duration_seconds=5)
            await b.pass_time(5)
            assert b.run(late)["status"] == "failed"

    in_loop(scenario)


# The queue ----------------------------------------------------------------------------------------------


def test_the_sweep_expires_a_run_that_did_not_start_within_its_ttl(bench: Any, in_loop: Any) -> None:
    async def scenario() -> None:
        async with bench(made(stuck, concurrency_limit=1)) as b:
            b.start("work")
            await b.settle()
            late = b.start("work", ttl="2s")
            await b.pass_time(4.75)
            assert b.run(late)["status"] == "queued"
            await b.pass_time(0.25)
            assert b.run(late)["status"] == "expired"
            assert json.loads(b.events(late)[-1]["attributes"]) == {
                "ttl": "2s",
                "message": "run ttl expired before execution started",
            }
            assert b.session(late)["activity"] == "idle"

    in_loop(scenario)


def test_an_overdue_run_is_not_started_before_the_sweep_expires_it(bench: Any, in_loop: Any) -> None:
    async def scenario() -> None:
        async with bench(made(stuck, concurrency_limit=1)) as b:
            first = b.start("work")
            await b.settle()
            late = b.start("work", ttl="1s")
            await b.pass_time(2)
            b.runs.cancel(b.run(first), "", b.clock.now(), force=True)
            await b.settle()
            assert (b.run(first)["status"], b.run(late)["status"]) == ("cancelled", "queued")
            await b.pass_time(3)
            assert b.run(late)["status"] == "expired"

    in_loop(scenario)


def test_runs_start_by_priority_and_then_by_age(bench: Any, in_loop: Any) -> None:
    order: list[Any] = []

    async def notes(ctx: Context) -> None:
        order.append(ctx.payload)

    async def scenario() -> None:
        async with bench(made(notes, concurrency_limit=1)) as b:
            for name, priority in (("a", 0), ("b", 5), ("c", 5), ("d", -1)):
                b.start("work", payload=name, priority=priority)
            await b.settle()
            assert order == ["b", "c", "a", "d"]

    in_loop(scenario)


def test_a_priority_is_an_offset_in_seconds(bench: Any, in_loop: Any) -> None:
    order: list[Any] = []

    async def notes(ctx: Context) -> None:
        order.append(ctx.payload)
        if ctx.payload == "first":
            await ctx.sleep(10)

    async def scenario() -> None:
        async with bench(made(notes, concurrency_limit=1)) as b:
            b.start("work", payload="first")
            await b.settle()
            b.start("work", payload="earlier")
            await b.pass_time(3)
            for name, priority in (("2 s before now", 2), ("5 s before now", 5), ("now", 0)):
                b.start("work", payload=name, priority=priority)
            await b.settle()
            await b.pass_time(10)
            assert order == ["first", "5 s before now", "earlier", "2 s before now", "now"]

    in_loop(scenario)


def test_a_run_has_the_deployments_sdk_version_unless_its_start_set_one(bench: Any, in_loop: Any) -> None:
    async def scenario() -> None:
        async with bench(made(stuck)) as b:
            plain = b.run(b.start("work"))
            named = b.starts.start(b.key, "work", {}, sdk_version="mine/1", cli_version="").run
            assert plain["sdk_version"] == f"helmr-python/{__version__}"
            assert named["sdk_version"] == "mine/1"
            assert (plain["cli_version"], named["cli_version"]) == ("", "")

    in_loop(scenario)


def test_the_limit_of_a_queue_applies_per_concurrency_key(bench: Any, in_loop: Any) -> None:
    async def scenario() -> None:
        async with bench(made(stuck, concurrency_limit=2)) as b:
            runs = [b.start("work", concurrency_key=key) for key in ("x", "x", "x", "y")]
            await b.settle()
            assert [b.run(run)["status"] for run in runs] == ["running", "running", "queued", "running"]
            b.runs.cancel(b.run(runs[0]), "", b.clock.now(), force=True)
            await b.settle()
            assert b.run(runs[2])["status"] == "running"

    in_loop(scenario)


def test_each_run_waiting_in_a_full_queue_gets_its_turn(bench: Any, in_loop: Any) -> None:
    order: list[Any] = []

    async def notes(ctx: Context) -> None:
        order.append(ctx.payload)
        await ctx.sleep(1)

    async def scenario() -> None:
        async with bench(made(notes, concurrency_limit=1)) as b:
            runs = [b.start("work", payload=number, ttl="10m") for number in range(6)]
            await b.settle()
            b.runs.cancel(b.run(runs[1]), "", b.clock.now(), force=False)
            b.sessions.cancel(b.sessions.require(runs[2].session["id"]), "")
            await b.pass_time(5)
            assert order == [0, 3, 4, 5]
            assert [b.run(run)["status"] for run in runs] == [
                "succeeded",
                "cancelled",
                "cancelled",
                *["succeeded"] * 3,
            ]

    in_loop(scenario)


# Waiting ------------------------------------------------------------------------------------------------


def test_a_wait_is_hot_first_and_parks_later(bench: Any, in_loop: Any) -> None:
    async def scenario() -> None:
        async with bench(made(waits)) as b:
            started = b.start("work")
            await b.settle()
            assert (b.run(started)["status"], b.session(started)["activity"]) == ("running", "waiting")
            lease = b.run(started)["lease_id"]
            await b.pass_time(119.75)
            assert b.run(started)["status"] == "running"
            await b.pass_time(0.25)
            assert (b.run(started)["status"], b.run(started)["lease_id"]) == ("waiting", None)
            assert b.session(started)["activity"] == "waiting"
            assert b.send(started, "messages", 5) is None
            assert b.run(started)["status"] == "queued"
            await b.settle()
            run = b.run(started)
            assert (run["status"], run["output"], run["attempt_number"]) == ("succeeded", "5", 1)
            assert lease is not None
            assert b.kinds(started) == ["run.created", "run.completed"]

    in_loop(scenario)


def test_a_parked_run_frees_its_slot(bench: Any, in_loop: Any) -> None:
    async def scenario() -> None:
        async with bench(made(waits, concurrency_limit=1)) as b:
            first, second = b.start("work"), b.start("work")
            await b.settle()
            assert b.run(second)["status"] == "queued"
            await b.pass_time(120)
            assert (b.run(first)["status"], b.run(second)["status"]) == ("waiting", "running")
            b.send(first, "messages", 1)
            await b.settle()
            assert b.run(first)["status"] == "queued"
            b.send(second, "messages", 2)
            await b.settle()
            assert [b.run(run)["output"] for run in (first, second)] == ["1", "2"]

    in_loop(scenario)


def test_a_wait_that_ends_in_its_hot_window_never_parks(bench: Any, in_loop: Any) -> None:
    async def short(ctx: Context) -> Any:
        return (await ctx.input(MESSAGES).wait(timeout="120s")).ok

    async def scenario() -> None:
        async with bench(made(short)) as b:
            started = b.start("work")
            await b.pass_time(119.75)
            assert b.run(started)["status"] == "running"
            await b.pass_time(0.25)
            assert (b.run(started)["status"], b.run(started)["output"]) == ("succeeded", "false")

    in_loop(scenario)


def test_an_idle_timeout_parks_sooner(bench: Any, in_loop: Any) -> None:
    async def idle(ctx: Context) -> Any:
        return (await ctx.input(MESSAGES).wait(idle_timeout="1s")).data

    async def scenario() -> None:
        async with bench(made(idle)) as b:
            started = b.start("work")
            await b.pass_time(1)
            assert b.run(started)["status"] == "waiting"

    in_loop(scenario)


@pytest.mark.parametrize(("seconds", "parked"), [(5, False), (6, True)])
def test_short_timers_stay_hot_and_long_ones_park(
    bench: Any, in_loop: Any, seconds: int, parked: bool
) -> None:
    async def sleeps(ctx: Context) -> None:
        await ctx.sleep(seconds)

    async def scenario() -> None:
        async with bench(made(sleeps)) as b:
            started = b.start("work")
            await b.pass_time(4.75)
            assert (b.run(started)["status"], b.session(started)["activity"]) == ("running", "waiting")
            await b.pass_time(0.25)
            assert b.run(started)["status"] == ("waiting" if parked else "succeeded")
            await b.pass_time(1)
            assert b.run(started)["status"] == "succeeded"

    in_loop(scenario)


def test_parked_time_does_not_count_as_execution_time(bench: Any, in_loop: Any) -> None:
    async def scenario() -> None:
        async with bench(made(waits)) as b:
            started = b.start("work", max_duration_seconds=130)
            await b.pass_time(300, step=5)
            assert b.run(started)["status"] == "waiting"
            b.send(started, "messages", 1)
            await b.settle()
            assert b.run(started)["status"] == "succeeded"

    in_loop(scenario)


def test_a_token_wait_ends_with_the_token(bench: Any, in_loop: Any) -> None:
    outcomes: list[Any] = []
    ids: list[str] = []

    async def asks(ctx: Context) -> None:
        token = await ctx.tokens.create(timeout="1h")
        ids.append(token.id)
        assert token.public_access_token not in repr(token)
        assert token.callback_url not in repr(token)
        result = await token.wait()
        outcomes.append(result.data if result.ok else type(result.error).__name__)

    async def scenario() -> None:
        async with bench(made(asks)) as b:
            tokens = b.tokens
            for _ in range(3):
                b.start("work")
            await b.settle()
            assert tokens.complete(tokens.require(ids[0]), {"a": 1})[0] == "completed"
            tokens.cancel(tokens.require(ids[1]))
            await b.settle()
            await b.pass_time(3600, step=30)
            assert outcomes == [{"a": 1}, "TokenCancelledError", "WaitTimeoutError"]
            assert tokens.require(ids[2])["status"] == "expired"

    in_loop(scenario)


def test_an_unsupported_type_fails_before_a_token_wait(bench: Any, in_loop: Any) -> None:
    async def asks(ctx: Context) -> None:
        token = await ctx.tokens.create(timeout="1h")
        await token.wait(complex)

    async def scenario() -> None:
        async with bench(made(asks)) as b:
            started = b.start("work")
            await b.settle()
            assert b.run(started)["status"] == "failed"

    in_loop(scenario)


# Continuations ------------------------------------------------------------------------------------------


def test_input_to_an_idle_session_creates_a_follow_up_run(bench: Any, in_loop: Any) -> None:
    seen: list[Any] = []

    async def responses(ctx: Context) -> Any:
        if ctx.run.trigger is None:
            return "first"
        record = await ctx.input(MESSAGES).read()
        assert record is not None
        seen.append((ctx.run.turn_index, ctx.run.trigger.sequence, record.data))
        return record.data

    async def scenario() -> None:
        async with bench(made(responses)) as b:
            started = b.start("work", payload={"p": 1}, priority=7)
            await b.settle()
            assert b.send(started, "messages", "one") == "created"
            assert b.session(started)["activity"] == "queued"
            await b.settle()
            assert b.send(started, "messages", "two") == "created"
            await b.settle()
            assert seen == [(1, 1, "one"), (2, 2, "two")]
            runs = b.db.all("SELECT * FROM runs ORDER BY turn_index")
            assert [run["payload"] for run in runs] == ['{"p":1}'] * 3
            assert [run["priority"] for run in runs] == [7, 0, 0]
            assert runs[2]["previous_run_id"] == runs[1]["id"]

    in_loop(scenario)


def test_input_that_the_active_run_reads_needs_no_follow_up(bench: Any, in_loop: Any) -> None:
    go = asyncio.Event()

    async def later(ctx: Context) -> Any:
        await go.wait()
        return (await ctx.input(MESSAGES).wait()).data

    async def scenario() -> None:
        async with bench(made(later)) as b:
            started = b.start("work")
            await b.settle()
            assert b.send(started, "messages", 1) == "accepted_run_pending"
            assert (b.session(started)["activity"], b.session(started)["can_close"]) == ("queued", False)
            go.set()
            await b.pass_time(3)
            assert b.run(started)["output"] == "1"
            assert b.session(started)["can_close"] is True
            assert len(b.db.all("SELECT id FROM runs")) == 1

    in_loop(scenario)


def test_each_unread_record_gets_its_own_run_in_turn(bench: Any, in_loop: Any) -> None:
    triggers: list[int] = []

    async def notes(ctx: Context) -> None:
        if ctx.run.trigger is not None:
            triggers.append(ctx.run.trigger.sequence)
        await ctx.sleep(2)

    async def scenario() -> None:
        async with bench(made(notes)) as b:
            started = b.start("work")
            await b.settle()
            assert [b.send(started, "messages", n) for n in range(3)] == ["accepted_run_pending"] * 3
            await b.pass_time(1.75)
            assert triggers == []
            await b.pass_time(1.5)
            assert triggers == [1]
            await b.pass_time(10)
            assert triggers == [1, 2, 3]
            assert b.session(started)["activity"] == "idle"

    in_loop(scenario)


def test_one_record_ends_every_matching_wait(bench: Any, in_loop: Any) -> None:
    async def scenario() -> None:
        async with bench(made(reads)) as b:
            started = b.start("work")
            await b.settle()
            assert b.send(started, "messages", 1, correlation_id="a") is None
            await b.settle()
            assert b.run(started)["status"] == "succeeded"

    in_loop(scenario)


# Cancel -------------------------------------------------------------------------------------------------


def test_a_graceful_cancel_waits_for_the_worker(bench: Any, in_loop: Any) -> None:
    go = asyncio.Event()
    caught: list[BaseException] = []

    async def stubborn(ctx: Context) -> Any:
        await go.wait()
        try:
            await ctx.output(REPORT).append(1)
        except RunCancelled as stop:
            caught.append(stop)
        return "late success"

    async def scenario() -> None:
        async with bench(made(stubborn)) as b:
            started = b.start("work")
            await b.settle()
            assert b.runs.cancel(b.run(started), "enough", b.clock.now(), force=False)
            await b.settle()
            run = b.run(started)
            assert (run["status"], run["execution_status"], run["terminal_outcome"]) == (
                "cancelled",
                "pending_cancel",
                None,
            )
            assert b.session(started)["activity"] == "idle"
            assert not b.runs.cancel(run, "again", b.clock.now(), force=False)
            go.set()
            await b.settle()
            run = b.run(started)
            assert (run["execution_status"], run["output"], run["terminal_outcome"]) == (
                "finished",
                None,
                "cancelled",
            )
            assert [str(stop) for stop in caught] == ["enough"]
            assert b.kinds(started) == ["run.created", "run.cancel_requested", "run.cancelled"]
            last = b.events(started)[-1]
            assert (last["severity"], last["source"]) == ("error", "control")
            assert json.loads(last["attributes"]) == {"reason": "run cancelled", "origin": "cancel_operation"}

    in_loop(scenario)


def test_a_forced_cancel_ends_a_run_that_is_being_cancelled(bench: Any, in_loop: Any) -> None:
    async def scenario() -> None:
        async with bench(made(stuck)) as b:
            started = b.start("work")
            await b.settle()
            b.runs.cancel(b.run(started), "please", b.clock.now(), force=False)
            assert b.runs.cancel(b.run(started), "now", b.clock.now(), force=True)
            await b.settle()
            run = b.run(started)
            assert (run["execution_status"], run["error_message"]) == ("finished", "now")
            assert not b.worker.executions
            assert b.kinds(started)[-1] == "run.cancelled"
            assert json.loads(b.events(started)[-1]["attributes"]) == {"reason": "now", "force": True}
            assert not b.runs.cancel(run, "more", b.clock.now(), force=True)

    in_loop(scenario)


@pytest.mark.parametrize("parked", [False, True])
def test_cancelling_ends_the_wait_of_a_run(bench: Any, in_loop: Any, parked: bool) -> None:
    async def scenario() -> None:
        async with bench(made(waits)) as b:
            started = b.start("work")
            await b.settle()
            await b.pass_time(121 if parked else 1)
            b.runs.cancel(b.run(started), "", b.clock.now(), force=False)
            await b.settle()
            assert b.run(started)["execution_status"] == "finished"
            assert not b.waits.of_run
            assert not b.worker.executions
            assert b.send(started, "messages", 1) == "created"

    in_loop(scenario)


def test_a_task_may_cancel_its_own_run(bench: Any, in_loop: Any) -> None:
    async def gives_up(ctx: Context) -> None:
        raise RunCancelled("not worth it")

    async def scenario() -> None:
        async with bench(made(gives_up)) as b:
            started = b.start("work")
            await b.settle()
            assert b.run(started)["status"] == "cancelled"
            assert json.loads(b.events(started)[-1]["attributes"]) == {"reason": "not worth it"}

    in_loop(scenario)


def test_concurrent_blocking_calls_are_rejected(bench: Any, in_loop: Any) -> None:
    errors: list[str] = []

    async def twice(ctx: Context) -> None:
        waiting = asyncio.ensure_future(ctx.input(MESSAGES).wait())
        await asyncio.sleep(0)
        try:
            await ctx.sleep(1)
        except RuntimeError as error:
            errors.append(str(error))
        await waiting

    async def scenario() -> None:
        async with bench(made(twice)) as b:
            started = b.start("work")
            await b.settle()
            b.send(started, "messages", 1)
            await b.settle()
            assert b.run(started)["status"] == "succeeded"
            assert errors == ["concurrent blocking run I/O calls are not supported"]

    in_loop(scenario)


# Sessions -----------------------------------------------------------------------------------------------


def test_an_overdue_session_expires_once_its_run_has_ended(bench: Any, in_loop: Any) -> None:
    async def scenario() -> None:
        async with bench(made(reads)) as b:
            soon = (b.clock.now() + 1_000_000) * 1_000
            started = b.start("work", expires_at=soon)
            await b.pass_time(10)
            session = b.session(started)
            assert (session["status"], session["can_close"]) == ("open", False)
            with pytest.raises(ApiError) as refused:
                b.sessions.close(b.sessions.require(session["id"]), "")
            assert refused.value.code == "close_run_active"
            b.runs.cancel(b.run(started), "", b.clock.now(), force=True)
            await b.pass_time(5)
            session = b.session(started)
            assert session["status"] == "expired"
            assert bytes(session["terminal_reason"]) == b'{"reason":"session_expired","origin":"sweeper"}'

    in_loop(scenario)


def test_closing_an_overdue_session_expires_it(bench: Any, in_loop: Any) -> None:
    async def scenario() -> None:
        async with bench(made(done)) as b:
            started = b.start("work", expires_at=(b.clock.now() - 5) * 1_000)
            await b.settle()
            closed = b.sessions.close(b.sessions.require(started.session["id"]), "mine")
            assert (closed["status"], json.loads(closed["terminal_reason"])) == (
                "expired",
                {"reason": "session_expired", "origin": "api"},
            )

    in_loop(scenario)


def test_an_idempotency_key_can_be_reused_after_its_ttl(bench: Any, in_loop: Any) -> None:
    async def scenario() -> None:
        async with bench(made(done)) as b:
            first = b.start("work", idempotency_key="k", idempotency_key_ttl="1h")
            await b.pass_time(1800, step=100)
            again = b.start("work", idempotency_key=" k ", idempotency_key_ttl="99h")
            assert (again.status, again.session["id"]) == (200, first.session["id"])
            await b.pass_time(1799, step=100)
            assert b.start("work", idempotency_key="k").status == 200
            await b.pass_time(1)
            assert b.start("work", idempotency_key="k").status == 201

    in_loop(scenario)


SAME: list[dict[str, Any]] = [
    {"payload": {}},
    {"priority": 0},
    {"ttl": " "},
    {"max_duration_seconds": 0},
    {"concurrency_key": ""},
    {"metadata": {"a": 1}, "tags": ["x"]},
    {"idempotency_key_ttl": "5h"},
]
OTHER: list[dict[str, Any]] = [
    {"payload": None},
    {"payload": {"a": 1}},
    {"priority": 1},
    {"ttl": "60m"},
    {"max_duration_seconds": 60},
    {"concurrency_key": "c"},
    {"external_id": "e"},
    {"retry": {"enabled": False}},
    {"queue": {"name": "task/work"}},
    {"expires_at": 10**18},
]


@pytest.mark.parametrize("body", SAME, ids=str)
def test_the_fingerprint_ignores_this_difference(bench: Any, in_loop: Any, body: dict[str, Any]) -> None:
    async def scenario() -> None:
        async with bench(made(done)) as b:
            b.start("work", idempotency_key="k")
            assert b.start("work", **({"idempotency_key": "k"} | body)).status == 200

    in_loop(scenario)


@pytest.mark.parametrize("body", OTHER, ids=str)
def test_the_fingerprint_includes_this_field(bench: Any, in_loop: Any, body: dict[str, Any]) -> None:
    async def scenario() -> None:
        async with bench(made(done)) as b:
            b.start("work", idempotency_key="k")
            with pytest.raises(ApiError) as refused:
                b.start("work", **({"idempotency_key": "k"} | body))
            assert refused.value.code == "idempotency_fingerprint_mismatch"

    in_loop(scenario)


def test_a_used_key_comes_before_what_only_a_new_start_is_checked_for(bench: Any, in_loop: Any) -> None:
    async def scenario() -> None:
        async with bench(made(done)) as b:
            first = b.start("work", idempotency_key="k")
            with pytest.raises(ApiError) as refused:
                b.start("work", idempotency_key="k", queue={"name": "undeclared"})
            assert refused.value.code == "idempotency_fingerprint_mismatch"
            with pytest.raises(ApiError, match="not declared"):
                b.start("work", idempotency_key="new", queue={"name": "undeclared"})
            b.plane.context.catalog._current.clear()
            b.db.execute("UPDATE environments SET current_deployment_id = NULL")
            again = b.start("work", idempotency_key="k")
            assert (again.status, again.replay, again.run["id"]) == (200, True, first.run["id"])
            with pytest.raises(ApiError, match="task_not_deployed"):
                b.start("work", idempotency_key="new")

    in_loop(scenario)


def test_an_expired_key_is_bound_to_the_next_start(bench: Any, in_loop: Any) -> None:
    async def scenario() -> None:
        async with bench(made(done)) as b:
            starts = [b.start("work", idempotency_key="k", idempotency_key_ttl="10s") for _ in range(2)]
            await b.pass_time(11)
            starts += [b.start("work", idempotency_key="k", idempotency_key_ttl="10s") for _ in range(2)]
            assert [one.status for one in starts] == [201, 200, 201, 200]
            assert starts[0].run["id"] == starts[1].run["id"] != starts[2].run["id"] == starts[3].run["id"]

    in_loop(scenario)


def test_a_key_that_expires_while_it_is_looked_up_is_bound_or_free(bench: Any, in_loop: Any) -> None:
    class Ticking(ManualClock):
        def now(self) -> int:
            self.move_to(super().now() + 1)
            return super().now()

    async def scenario() -> None:
        async with bench(made(done), clock=Ticking()) as b:
            statuses = list[int]()
            for microseconds in range(1, 30):
                key = {"idempotency_key": f"k{microseconds}", "idempotency_key_ttl": f"{microseconds}us"}
                assert b.start("work", **key).status == 201
                statuses.append(b.start("work", **key).status)
            free = statuses.count(201)
            assert 0 < free < 29
            assert statuses == [201] * free + [200] * (29 - free)

    in_loop(scenario)


@pytest.mark.parametrize("key", [{}, {"idempotency_key": "k"}])
def test_a_refused_start_does_not_repeat_the_others(key: dict[str, str], bench: Any, in_loop: Any) -> None:
    async def scenario() -> None:
        async with bench(made(done)) as b:
            b.start("work")
            calls = list[dict[str, str]]()

            def start(**body: str) -> Any:
                calls.append(body)
                return b.start("work", **body)

            unknown = {"workspace_id": "00000000-0000-4000-8000-000000000000"}
            works: list[Callable[[], Any]] = [start, lambda: start(**unknown, **key)]
            outcomes: list[Any] = await asyncio.gather(*map(b.writes.run, works), return_exceptions=True)
            accepted, refused = outcomes
            assert accepted.status == 201
            assert refused.code == "workspace_sandbox_incompatible"
            assert len(calls) == 2
            if key:
                assert b.start("work", **key).status == 201

    in_loop(scenario)


def test_a_repeated_start_is_pending_until_the_first_ones_claim_ends(bench: Any, in_loop: Any) -> None:
    from helmr_local.resources.starts import key_digest

    async def scenario() -> None:
        async with bench(made(done)) as b:
            claim = key_digest(b.key.environment_id, "work", "k")
            assert b.starts.claims.take(claim)
            with pytest.raises(ApiError) as pending:
                b.start("work", idempotency_key="k", payload="other")
            assert (pending.value.status, pending.value.code) == (202, "idempotency_pending")
            assert pending.value.headers == (("Retry-After", "1"),)
            assert b.start("work", idempotency_key="other").status == 201
            await b.pass_time(30, step=5)
            assert b.start("work", idempotency_key="k").status == 201

    in_loop(scenario)


# Restart ------------------------------------------------------------------------------------------------


def test_a_restart_resumes_queued_runs_and_loses_executing_ones(
    bench: Any, in_loop: Any, tmp_path: Path
) -> None:
    path, clock = str(tmp_path / "helmr.db"), ManualClock()
    first: dict[str, Any] = {}

    async def before() -> None:
        async with bench(made(waits, concurrency_limit=3), path=path, clock=clock) as b:
            first["parked"] = b.start("work", concurrency_key="p")
            await b.pass_time(120)
            first["executing"] = b.start("work")
            first["retried"] = b.start("work", retry=RETRY)
            first["cancelling"] = b.start("work")
            first["queued"] = b.start("work")
            await b.settle()
            b.db.update("runs", first["cancelling"].run["id"], {"execution_status": "pending_cancel"})
            assert b.run(first["queued"])["status"] == "queued"

    async def after() -> None:
        async with bench(made(done), path=path, clock=clock) as b:
            await b.settle()
            assert b.run(first["parked"])["status"] == "failed"
            attributes = json.loads(b.events(first["parked"])[-1]["attributes"])
            assert attributes["reason"] == "runtime_checkpoint_expired"
            assert b.run(first["executing"])["status"] == "failed"
            assert b.kinds(first["executing"]) == ["run.created", "run.failed", "run.execution_lost"]
            assert [row["source"] for row in b.events(first["executing"])[1:]] == ["lease_sweeper"] * 2
            assert b.run(first["retried"])["attempt_number"] == 2
            assert b.kinds(first["retried"])[-1] == "run.retry_scheduled"
            assert b.kinds(first["cancelling"])[-2:] == ["run.cancelled", "run.execution_lost"]
            assert b.run(first["queued"])["status"] == "succeeded"
            await b.pass_time(1)
            assert b.run(first["retried"])["status"] == "succeeded"

    in_loop(before)
    in_loop(after)


@pytest.mark.parametrize("delay", [{"minMs": 1, "jitter": "none"}, {"minMs": 1, "jitter": "full"}])
def test_a_restart_queues_each_run_once(
    bench: Any, in_loop: Any, tmp_path: Path, delay: dict[str, Any]
) -> None:
    path, clock, attempts = str(tmp_path / "helmr.db"), ManualClock(), list[int]()

    async def notes(ctx: Context) -> None:
        attempts.append(ctx.run.attempt_number)
        if ctx.run.attempt_number == 1:
            await asyncio.Event().wait()

    async def before() -> None:
        async with bench(made(notes), path=path, clock=clock) as b:
            for _ in range(3):
                b.start("work", retry={"maxAttempts": 3, "backoff": delay})
            await b.settle()

    async def after() -> None:
        async with bench(made(notes), path=path, clock=clock) as b:
            await b.pass_time(1)
            runs = b.db.all("SELECT status, attempt_number FROM runs")
            assert [(run["status"], run["attempt_number"]) for run in runs] == [("succeeded", 2)] * 3

    in_loop(before)
    in_loop(after)
    assert attempts == [1] * 3 + [2] * 3


def test_a_clock_set_back_before_a_restart_does_not_delay_runs(
    bench: Any, in_loop: Any, tmp_path: Path
) -> None:
    path, day = str(tmp_path / "helmr.db"), 86_400 * 1_000_000
    clock = ManualClock()
    kept: list[Any] = []

    async def before() -> None:
        async with bench(made(stuck, concurrency_limit=1), path=path, clock=clock) as b:
            kept.append(b.start("work", retry=RETRY))
            await b.settle()
            kept.append(b.start("work"))
            await b.settle()

    async def after() -> None:
        async with bench(made(done), path=path, clock=ManualClock(clock.now() - day)) as b:
            await b.settle()
            assert b.run(kept[1])["status"] == "succeeded"
            assert b.run(kept[0])["status"] == "queued"
            await b.pass_time(1)
            assert b.run(kept[0])["status"] == "succeeded"

    in_loop(before)
    in_loop(after)


def test_an_unrecoverable_run_does_not_prevent_a_restart(bench: Any, in_loop: Any, tmp_path: Path) -> None:
    path, clock, kept = str(tmp_path / "helmr.db"), ManualClock(), list[Any]()

    async def before() -> None:
        async with bench(made(stuck), path=path, clock=clock) as b:
            kept.extend(b.start("work") for _ in range(2))
            await b.settle()
            b.db.update("runs", kept[0].run["id"], {"retry": "no JSON"})

    async def after() -> None:
        async with bench(made(done), path=path, clock=clock) as b:
            await b.settle()
            assert [b.run(run)["status"] for run in kept] == ["failed", "failed"]
            attributes = json.loads(b.events(kept[0])[-1]["attributes"])
            assert attributes["detail"]["message"] == "the server lost track of the run"
            assert b.kinds(kept[1]) == ["run.created", "run.failed", "run.execution_lost"]

    in_loop(before)
    in_loop(after)


# The end ------------------------------------------------------------------------------------------------


def test_an_output_that_the_database_rejects_fails_the_run(
    bench: Any, in_loop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with bench(made(done)) as b:
            complete = b.runs.complete

            def refuses(lease: Any, output: str | None, now: int) -> bool:
                if output is not None and "large" in output:
                    b.run_events.append(lease, "run.completed", {}, at=now, leased=True)  # halfway
                    raise apsw.TooBigError("string or blob too big")
                completed: bool = complete(lease, output, now)
                return completed

            monkeypatch.setattr(b.runs, "complete", refuses)
            large, small = b.start("work", payload="large"), b.start("work", payload="small")
            await b.settle()
            assert (b.run(large)["status"], b.run(small)["status"]) == ("failed", "succeeded")
            assert b.kinds(large) == ["run.created", "run.failed"]
            message = json.loads(b.events(large)[-1]["attributes"])["detail"]["message"]
            assert (
                message
                == "the outcome of the task could not be recorded: TooBigError: string or blob too big"
            )

    in_loop(scenario)


def test_a_run_fails_even_if_its_failure_cannot_be_recorded(
    bench: Any, in_loop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(ctx: Context) -> None:
        raise RuntimeError("no")

    async def scenario() -> None:
        async with bench(made(fails)) as b:
            started = b.start("work")
            b.db.update("runs", started.run["id"], {"retry": "no JSON"})
            await b.settle()
            assert b.run(started)["status"] == "failed"
            assert b.kinds(started) == ["run.created", "run.failed"]
            assert not b.worker.executions

    in_loop(scenario)


def test_a_function_that_abandons_its_wait_continues_after_getting_a_worker(bench: Any, in_loop: Any) -> None:
    order: list[str] = []
    limits: list[asyncio.Timeout] = []

    async def impatient(ctx: Context) -> str:
        try:
            async with asyncio.timeout(None) as limit:
                limits.append(limit)
                await ctx.input(MESSAGES).wait(idle_timeout="1s")
        except TimeoutError:
            order.append("gave up")
            await ctx.metadata.set("goes", "on")
            ctx.log.info("still here")
        return "done"

    async def scenario() -> None:
        async with bench(made(impatient, concurrency_limit=1)) as b:
            started = b.start("work")
            await b.pass_time(1)
            assert b.run(started)["status"] == "waiting"
            limits[0].reschedule(0)  # the timeout has passed
            async with asyncio.timeout(10):
                while b.run(started)["status"] != "succeeded":
                    await b.settle()
            assert order == ["gave up"]
            assert json.loads(b.run(started)["metadata"]) == {"goes": "on"}
            assert not b.waits.of_run

    in_loop(scenario)


@pytest.mark.parametrize("outcome", ["returns", "raises", "exits", "cancels"])
def test_a_function_that_ends_during_its_own_parked_wait_ends_its_run(
    bench: Any, in_loop: Any, outcome: str
) -> None:
    left: list[Any] = []

    async def leaves(ctx: Context) -> str:
        left.append(asyncio.ensure_future(ctx.input(MESSAGES).wait(idle_timeout="1s")))
        parked = asyncio.Event()
        PARKED.append(parked)
        await parked.wait()
        if outcome == "raises":
            raise RuntimeError("no")
        if outcome == "exits":
            raise TaskExit(3)
        if outcome == "cancels":
            raise RunCancelled("enough")
        return "done"

    async def scenario() -> None:
        async with bench(made(leaves)) as b:
            started = b.start("work")
            await b.pass_time(2)
            assert b.run(started)["status"] == "waiting"
            PARKED.pop().set()
            await b.settle()
            ended = {"returns": "succeeded", "cancels": "cancelled"}.get(outcome, "failed")
            assert (b.run(started)["status"], b.run(started)["parked"]) == (ended, 0)
            assert isinstance(left.pop().exception(), RunCancelled)
            # No wait matches this record, so it gets a follow-up run.
            assert b.send(started, "messages", 1) == "created"

    in_loop(scenario)


PARKED: list[asyncio.Event] = []


def test_excess_logs_are_dropped_with_a_notice(
    bench: Any, in_loop: Any, failing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_api, "MOST_KEPT", 100)
    busy, over = asyncio.Event(), asyncio.Event()

    async def talks(ctx: Context) -> None:
        await busy.wait()
        for number in range(100):
            ctx.stdout.write(f"line {number:4}\n")
        await over.wait()
        ctx.stdout.write("the last\n")

    async def scenario() -> None:
        async with bench(made(talks)) as b:
            started = b.start("work")
            await b.settle()
            with failing(b.db, "BEGIN", apsw.BusyError("database is locked")):
                busy.set()
                await b.pass_time(1)
            await b.pass_time(1)
            over.set()
            await b.settle()
            chunks = [chunk["content"] for chunk in b.run_logs.after(b.run(started)["no"], 0, 100)]
            kept = [f"line {number:4}\n".encode() for number in range(10)]
            assert chunks == [
                *kept,
                b"90 entries are missing: the database accepted no writes\n",
                b"the last\n",
            ]
            assert b.run(started)["status"] == "succeeded"

    in_loop(scenario)


def test_a_failure_to_start_a_thread_fails_the_run(
    bench: Any, in_loop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def in_a_thread(ctx: Any) -> None: ...

    def no_thread(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def scenario() -> None:
        async with bench(made(in_a_thread)) as b:
            with monkeypatch.context() as patch:
                patch.setattr(threading.Thread, "start", no_thread)
                started = b.start("work")
                await b.settle()
            assert b.run(started)["status"] == "failed"
            message = json.loads(b.events(started)[-1]["attributes"])["detail"]["message"]
            assert message == "RuntimeError: can't start new thread"

    in_loop(scenario)


def test_a_run_that_cannot_be_dispatched_fails_and_the_others_continue(
    bench: Any, in_loop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with bench(made(done)) as b:
            lease = b.runs.lease

            def refuses(run: Any, now: int) -> Any:
                if run["id"] == broken.run["id"]:
                    raise RuntimeError("no lease")
                return lease(run, now)

            monkeypatch.setattr(b.runs, "lease", refuses)
            first, broken, last = (b.start("work", payload=number) for number in range(3))
            await b.settle()
            statuses = [b.run(run)["status"] for run in (first, broken, last)]
            assert statuses == ["succeeded", "failed", "succeeded"]

    in_loop(scenario)


def test_a_run_whose_workers_die_repeatedly_is_dead_lettered(bench: Any, in_loop: Any) -> None:
    settings = LocalSettings(max_dispatch_attempts=2)

    async def scenario() -> None:
        async with bench(made(stuck), settings=settings) as b:
            started = b.start("work", retry={"maxAttempts": 10, "backoff": {"minMs": 1, "jitter": "none"}})
            for _ in range(2):
                await b.pass_time(0.25)
                assert b.run(started)["status"] == "running"
                assert b.worker.lose(started.run["id"])
            await b.pass_time(0.25)
            run = b.run(started)
            assert (run["status"], run["terminal_outcome"]) == ("failed", "dead_lettered")
            assert b.kinds(started)[-1] == "run.dead_lettered"
            attributes = json.loads(b.events(started)[-1]["attributes"])
            assert attributes == {
                "reason": "max_dispatch_attempts_exceeded",
                "queue_dispatch_attempt": 3,
                "max_dispatch_attempts": 2,
            }

    in_loop(scenario)


# Deployment ---------------------------------------------------------------------------------------------


def test_a_new_deployment_is_created_only_if_the_tasks_changed(
    bench: Any, in_loop: Any, tmp_path: Path
) -> None:
    path, clock, seen = str(tmp_path / "helmr.db"), ManualClock(), list[Any]()

    def deployed(*implementations: Implementation[Any, Any]) -> None:
        async def scenario() -> None:
            async with bench(*implementations, path=path, clock=clock) as b:
                seen.append(b.db.all("SELECT version FROM deployments ORDER BY created_at, version"))

        in_loop(scenario)

    deployed(made(done))
    deployed(made(done))
    deployed(made(done), made(stuck, "other"))
    assert [[row["version"].split(".")[1] for row in rows] for rows in seen] == [["1"], ["1"], ["1", "2"]]


def test_a_run_cancelled_before_its_handover_is_not_executed(bench: Any, in_loop: Any) -> None:
    executed: list[str] = []

    async def notes(ctx: Context) -> None:
        executed.append(ctx.run.id)

    async def scenario() -> None:
        async with bench(made(notes, concurrency_limit=1)) as b:
            cancelled, other = b.start("work"), b.start("work")
            b.runs.cancel(b.run(cancelled), "", b.clock.now(), force=False)
            await b.settle()
            assert (b.run(cancelled)["status"], b.kinds(cancelled)[-1]) == ("cancelled", "run.cancelled")
            assert executed == [other.run["id"]]

    in_loop(scenario)


def test_a_function_that_returned_just_before_a_stop_has_succeeded(
    bench: Any, in_loop: Any, tmp_path: Path
) -> None:
    path, clock, kept = str(tmp_path / "helmr.db"), ManualClock(), list[Any]()

    async def returns(ctx: Context) -> str:
        kept.append(ctx.run.id)
        return "in time"

    async def before() -> None:
        async with bench(made(returns), path=path, clock=clock) as b:
            b.start("work")
            b.clock.advance(0)  # the worker takes the run and gets no further turn
            for _ in range(5):
                await asyncio.sleep(0)

    async def after() -> None:
        async with bench(made(done), path=path, clock=clock) as b:
            run = b.runs.require(kept[0])
            assert (run["status"], run["output"], run["attempt_number"]) == ("succeeded", '"in time"', 1)

    in_loop(before)
    in_loop(after)


def test_queued_runs_of_a_removed_task_fail(bench: Any, in_loop: Any, tmp_path: Path) -> None:
    path, clock, kept = str(tmp_path / "helmr.db"), ManualClock(), list[Any]()

    async def before() -> None:
        async with bench(made(done), path=path, clock=clock) as b:
            kept.append(b.start("work", retry=RETRY))

    async def after() -> None:
        async with bench(made(done, "other"), path=path, clock=clock) as b:
            await b.settle()
            assert b.run(kept[0])["status"] == "failed"
            assert json.loads(b.events(kept[0])[-1]["attributes"])["failure_kind"] == "task_not_found"
            with pytest.raises(ApiError) as refused:
                b.start("work")
            assert refused.value.code == "task_not_deployed"

    in_loop(before)
    in_loop(after)


def test_two_functions_for_one_task_are_rejected() -> None:
    with pytest.raises(DeploymentError, match="two functions implement the task 'work'"):
        Catalog([made(done), made(stuck)])


def test_one_queue_cannot_have_two_limits(bench: Any, in_loop: Any) -> None:
    async def scenario() -> None:
        with pytest.raises(DeploymentError, match="different limits"):
            async with bench(
                made(done, queue="q", concurrency_limit=1),
                made(stuck, "other", queue="q", concurrency_limit=2),
            ):
                pass

    in_loop(scenario)


def test_a_start_with_a_missing_secret_is_rejected(bench: Any, in_loop: Any) -> None:
    async def scenario() -> None:
        async with bench(made(done, secrets=["TOKEN"])) as b:
            with pytest.raises(ApiError) as refused:
                b.start("work")
            assert (refused.value.status, refused.value.message) == (
                400,
                'secret "TOKEN" is unavailable: no rows in result set',
            )

    in_loop(scenario)


def test_a_task_sees_only_the_secrets_that_it_declares(bench: Any, in_loop: Any) -> None:
    async def shows(ctx: Context) -> Any:
        return dict(ctx.secrets)

    async def scenario() -> None:
        async with bench(made(shows, secrets=["A"]), secrets={"A": "1", "B": "2"}) as b:
            started = b.start("work")
            await b.settle()
            assert json.loads(b.run(started)["output"]) == {"A": "1"}

    in_loop(scenario)


# The context --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda ctx: ctx.metadata.set("a", "x" * 262_144), "metadata must be at most 262144 bytes of JSON"),
        (lambda ctx: ctx.metadata.set(" ", 1), "metadata key must be non-empty"),
        (lambda ctx: ctx.metadata.increment("name"), "metadata 'name' is not a number"),
        (lambda ctx: ctx.output(REPORT).append("x" * 262_144), "a record must be at most 262144 bytes"),
        (lambda ctx: ctx.output("other").append(1), 'declares the output stream "other"'),
        (lambda ctx: ctx.input("report").read(), 'declares the input stream "report"'),
        (lambda ctx: ctx.output(REPORT).append(1, content_type=" "), "contentType must be non-empty"),
        (lambda ctx: ctx.input(MESSAGES).wait(timeout="1w"), "timeout must be a positive duration"),
        (lambda ctx: ctx.tokens.create(tags=["x"] * 11), "tags must contain at most 10 items"),
        (lambda ctx: ctx.tokens.wait("00000000-0000-0000-0000-000000000000"), "there is no token"),
        (lambda ctx: ctx.sleep(-1), "duration must be positive and finite"),
        (lambda ctx: ctx.sleep(0), "duration must be positive and finite"),
    ],
)
def test_an_invalid_call_raises_in_the_task(bench: Any, in_loop: Any, call: Any, message: str) -> None:
    async def errs(ctx: Context) -> str:
        await ctx.metadata.set("name", "x")
        try:
            await call(ctx)
        except (ValueError, LookupError) as error:
            return str(error)
        return "nothing was raised"

    async def scenario() -> None:
        async with bench(made(errs)) as b:
            started = b.start("work")
            await b.settle()
            assert message in json.loads(b.run(started)["output"])

    in_loop(scenario)


def test_metadata_can_be_set_patched_and_incremented(bench: Any, in_loop: Any) -> None:
    async def changes(ctx: Context) -> None:
        await ctx.metadata.set("a", {"b": 1.5})
        await ctx.metadata.patch({"c": None, "start": "patched"})
        await ctx.metadata.increment("n", 2)
        await ctx.metadata.increment("n", 0.5)

    async def scenario() -> None:
        async with bench(made(changes)) as b:
            started = b.start("work", metadata={"start": 1})
            await b.settle()
            metadata = json.loads(b.run(started)["metadata"])
            assert metadata == {"start": "patched", "a": {"b": 1.5}, "c": None, "n": 2.5}
            changed = [row for row in b.events(started) if row["kind"] == "run.metadata.updated"]
            assert [json.loads(row["attributes"]) for row in changed] == [
                {"operation": "set", "key": "a"},
                {"operation": "patch", "key": None},
                {"operation": "increment", "key": "n"},
                {"operation": "increment", "key": "n"},
            ]
            assert all(row["sensitive"] for row in changed)
            assert json.loads(b.sessions.require(started.session["id"])["metadata"]) == {"start": 1}

    in_loop(scenario)


def test_a_thread_of_an_async_task_can_log(bench: Any, in_loop: Any) -> None:
    async def logs(ctx: Context) -> None:
        await asyncio.to_thread(ctx.log.info, "from a thread")
        await asyncio.to_thread(ctx.stderr.write, "raw")

    async def scenario() -> None:
        async with bench(made(logs)) as b:
            started = b.start("work")
            async with asyncio.timeout(10):
                while b.run(started)["status"] != "succeeded":
                    await b.settle()
            run = b.run(started)
            assert (run["log_seq"], run["stderr_bytes"]) == (2, 3)
            assert b.kinds(started) == ["run.created", "log", "log.stderr", "run.completed"]

    in_loop(scenario)


def test_the_context_of_an_ended_run_is_unusable(bench: Any, in_loop: Any) -> None:
    left: list[Context] = []

    async def leaves(ctx: Context) -> None:
        left.append(ctx)

    async def scenario() -> None:
        async with bench(made(leaves)) as b:
            b.start("work")
            await b.settle()
            with pytest.raises(RunCancelled, match="the run has ended"):
                await left[0].output(REPORT).append(1)
            with pytest.raises(RunCancelled, match="the run has ended"):
                left[0].log.info("late")

    in_loop(scenario)


def test_a_long_log_entry_is_truncated(bench: Any, in_loop: Any) -> None:
    async def talks(ctx: Context) -> None:
        ctx.log.error("ü" * 100_000)
        ctx.stdout.write("x" * 300_000)

    async def scenario() -> None:
        async with bench(made(talks)) as b:
            started = b.start("work")
            await b.settle()
            chunks = b.run_logs.after(b.run(started)["no"], 0, 100)
            assert len(chunks[0]["content"]) <= 65_536
            assert json.loads(chunks[0]["content"])["message"].endswith("(cut)")
            assert b"".join(chunk["content"] for chunk in chunks[1:]) == b"x" * 300_000
            assert max(len(chunk["content"]) for chunk in chunks) <= 131_072

    in_loop(scenario)
