"""Whichever statement fails, once or for a while, everything is eventually recorded exactly once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import apsw
import pytest

from helmr_ergonomic import InputStream, OutputStream, task
from helmr_local import AsyncTaskContext, Implementation, LocalSettings, TaskExit, implement
from helmr_local.clock import ManualClock
from helmr_local.resources.run_events import TERMINAL_KINDS

MESSAGES, REPORT = InputStream("messages"), OutputStream("report")
Context = AsyncTaskContext[Any]
ONE_RETRY = {"maxAttempts": 2, "backoff": {"minMs": 1000, "jitter": "none"}}


def implemented(function: Callable[[Context], Any], **options: Any) -> Implementation[Any, Any]:
    definition = task("work", payload=object, output=object, **options)
    return implement(definition, inputs=[MESSAGES], outputs=[REPORT])(function)


# Scenarios make changes through the engine's write queue, like requests do.


async def written(b: Any, change: Callable[[], Any]) -> Any:
    """Make a change, and let time pass until it is made: after a fault, it is tried again later."""
    writing = asyncio.ensure_future(b.writes.run(change))
    await asyncio.sleep(0)
    while not writing.done():
        b.clock.advance(0.01)
        await asyncio.sleep(0)
    return writing.result()


async def start(b: Any, **body: Any) -> Any:
    return await written(b, lambda: b.start("work", **body))


async def send(b: Any, run: Any, data: Any) -> None:
    await written(b, lambda: b.send(run, "messages", data))


async def cancel(b: Any, run: Any, *, force: bool) -> None:
    await written(b, lambda: b.runs.cancel(b.run(run), "enough", b.clock.now(), force=force))


# Scenarios ----------------------------------------------------------------------------------------------


async def uses_everything(ctx: Context) -> Any:
    ctx.log.info("at work")
    ctx.stderr.write("a line\n")
    await ctx.metadata.set("a", 1)
    await ctx.metadata.increment("a")
    await ctx.output(REPORT).append({"n": 1})
    token = await ctx.tokens.create(timeout="1h")
    return [ctx.metadata.get("a"), token.timeout_at.year > 2000]


async def full_run(b: Any) -> Any:
    return await start(b)


async def echoes(ctx: Context) -> Any:
    return ctx.payload


async def starts_at_once(b: Any) -> Any:
    bodies: list[dict[str, Any]] = [
        {"payload": 1},
        {"idempotency_key": "k"},
        {"idempotency_key": "k"},
        {"idempotency_key": "k", "payload": "another"},
        {"external_id": "x"},
        {"external_id": "x", "idempotency_key": "k"},
        {"external_id": "x", "idempotency_key": "l"},
    ]
    outcomes: list[Any] = await asyncio.gather(*(start(b, **body) for body in bodies), return_exceptions=True)
    assert [one.status for one in outcomes] == [201, 201, 200, 409, 201, 409, 200]
    assert outcomes[1].run["id"] == outcomes[2].run["id"]
    assert outcomes[4].run["id"] == outcomes[6].run["id"]
    return outcomes[1]


async def fails_once(ctx: Context) -> Any:
    if ctx.run.attempt_number == 1:
        raise TaskExit(3)
    raise ValueError("no")


async def retried_run(b: Any) -> Any:
    return await start(b, retry=ONE_RETRY)


async def waits(ctx: Context) -> Any:
    return (await ctx.input(MESSAGES).wait(timeout="9s", idle_timeout="1s")).data


async def record_for_a_waiting_run(b: Any) -> Any:
    run = await start(b)
    await b.pass_time(0.5)
    await send(b, run, "in time")
    return run


async def record_for_a_parked_run(b: Any) -> Any:
    run = await start(b)
    await b.pass_time(5)
    await send(b, run, "late")
    return run


async def timeout_of_a_parked_run(b: Any) -> Any:
    run = await start(b)
    await b.pass_time(12, step=1)
    return run


async def sleeps(ctx: Context) -> str:
    await ctx.sleep(30)
    return "slept"


async def timer_of_a_parked_run(b: Any) -> Any:
    run = await start(b)
    await b.pass_time(35, step=5)
    return run


async def asks(ctx: Context) -> str:
    token = await ctx.tokens.create(timeout="10s")
    result = await token.wait(idle_timeout="1s")
    return type(result.error).__name__


async def expired_token(b: Any) -> Any:
    run = await start(b)
    await b.pass_time(20, step=1)
    return run


async def stuck(ctx: Context) -> None:
    await asyncio.Event().wait()


async def timed_out_run(b: Any) -> Any:
    run = await start(b, max_duration_seconds=5, retry=ONE_RETRY)
    await b.pass_time(20, step=1)
    return run


async def cancelled_run(b: Any) -> Any:
    run = await start(b)
    await b.pass_time(0.5)
    await cancel(b, run, force=False)
    return run


async def cancelled_parked_run(b: Any) -> Any:
    run = await start(b)
    await b.pass_time(5)
    await cancel(b, run, force=False)
    return run


async def force_cancelled_run(b: Any) -> Any:
    run = await start(b)
    await b.pass_time(0.5)
    await cancel(b, run, force=True)
    return run


async def reads(ctx: Context) -> Any:
    if ctx.run.trigger is None:
        return "first"
    record = await ctx.input(MESSAGES).read()
    return None if record is None else record.data


async def follow_up_run(b: Any) -> Any:
    run = await start(b)
    await b.pass_time(2)
    await send(b, run, "go on")
    return run


async def expired_run(b: Any) -> Any:
    first = await start(b)
    run = await start(b, ttl="2s")
    await b.pass_time(8, step=1)
    await cancel(b, first, force=True)
    return run


SCENARIOS: dict[str, tuple[Callable[[Any], Awaitable[Any]], Implementation[Any, Any]]] = {
    scenario.__name__: (scenario, implementation)
    for scenario, implementation in [
        (full_run, implemented(uses_everything)),
        (starts_at_once, implemented(echoes)),
        (retried_run, implemented(fails_once)),
        (record_for_a_waiting_run, implemented(waits)),
        (record_for_a_parked_run, implemented(waits)),
        (timeout_of_a_parked_run, implemented(waits)),
        (timer_of_a_parked_run, implemented(sleeps)),
        (expired_token, implemented(asks)),
        (timed_out_run, implemented(stuck)),
        (cancelled_run, implemented(waits)),
        (cancelled_parked_run, implemented(waits)),
        (force_cancelled_run, implemented(stuck)),
        (follow_up_run, implemented(reads)),
        (expired_run, implemented(stuck, concurrency_limit=1)),
    ]
}


# Faults -------------------------------------------------------------------------------------------------


@dataclass
class Fault:
    """Make the database unavailable at one statement: for that statement only, or for `busy_seconds`."""

    at: int = -1
    ends_transaction: bool = False  # like SQLite when the disk is full
    busy_seconds: float = 0
    seen: int = 0
    until: int | None = None

    def plant(self, database: Any, clock: ManualClock) -> None:
        for name in ("_execute", "_execute_many"):  # the second one inserts the added rows
            setattr(database, name, self._planted(getattr(database, name), database, clock))

    def _planted(self, original: Any, database: Any, clock: ManualClock) -> Callable[..., Any]:
        def execute(statement: str, *arguments: Any) -> Any:
            self.seen += 1
            if self.seen - 1 == self.at:
                self.until = clock.now() + round(self.busy_seconds * 1e6)
                if not self.busy_seconds and statement != "ROLLBACK":
                    if self.ends_transaction and database._connection.in_transaction:
                        database._connection.execute("ROLLBACK")
                    raise apsw.IOError("disk I/O error")
            if self.until is not None and clock.now() < self.until and statement.startswith("BEGIN"):
                raise apsw.BusyError("database is locked")
            return original(statement, *arguments)

        return execute


async def started(bench: Any, name: str) -> bytes:
    """Return the contents of the database of a control plane that has just started."""
    async with bench(SCENARIOS[name][1]) as b:
        image: bytes = b.db._connection.serialize("main")
        return image


async def outcome(bench: Any, name: str, image: bytes, fault: Fault) -> Any:
    """Return the final state that clients can see."""
    scenario, implementation = SCENARIOS[name]
    settings = LocalSettings(write_patience=1e6, continuation_interval=3)
    async with bench(implementation, settings=settings, image=image) as b:
        fault.plant(b.db, b.clock)
        run = await scenario(b)
        await b.pass_time(12, step=3)
        db = b.db
        fault.at = -1
        return {
            "runs": [
                (row["status"], row["execution_status"], row["output"], row["metadata"], row["parked"])
                for row in db.all("SELECT * FROM runs ORDER BY no")
            ],
            "events": [
                (row["kind"], row["attempt_number"], row["lease_id"] is not None, row["attributes"][:20])
                for row in b.events(run)
            ],
            "logs": [row["content"] for row in b.run_logs.after(b.run(run)["no"], 0, 100)],
            "records": [row["data"] for row in db.all("SELECT data FROM stream_records ORDER BY sequence")],
            "owed": db.all("SELECT * FROM continuation_requests"),
            "tokens": [row["status"] for row in db.all("SELECT status FROM tokens")],
            "still at work": [*b.worker.executions, *b.worker._ending, *b.waits.of_run],
            "backlog": b.writes.backlog,
        }


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_single_failed_statement_does_not_change_the_outcome(bench: Any, name: str) -> None:
    async def scenario() -> None:
        counted, image = Fault(), await started(bench, name)
        expected = await outcome(bench, name, image, counted)
        assert expected["still at work"] == []
        for at in range(counted.seen):
            seen = await outcome(bench, name, image, Fault(at, ends_transaction=at % 2 == 0))
            assert seen == expected, f"when statement {at} failed"

    asyncio.run(scenario())


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_run_ends_although_the_database_is_busy_for_a_while(bench: Any, name: str) -> None:
    """Delays may change what happens, but every run still ends."""

    async def scenario() -> None:
        counted, image = Fault(), await started(bench, name)
        await outcome(bench, name, image, counted)
        for at in range(0, counted.seen, 9):
            seen = await outcome(bench, name, image, Fault(at, busy_seconds=3))
            assert seen["still at work"] == [], at
            assert seen["backlog"] == 0, at
            assert {run[1] for run in seen["runs"]} == {"finished"}, at
            ends = [kind for kind, *_ in seen["events"] if kind in TERMINAL_KINDS]
            assert len(ends) == sum(kind == "run.retry_scheduled" for kind, *_ in seen["events"]) + 1, at

    asyncio.run(scenario())
