"""Whatever a task raises, returns or writes, its run ends with a reason."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from helmr_ergonomic import HelmrClient, InputStream, OutputStream, RetryBackoff, RetryPolicy, task
from helmr_local import (
    AsyncTaskContext,
    Implementation,
    LocalHelmr,
    RunCancelled,
    TaskContext,
    TaskExit,
    implement,
)

ONCE_MORE = RetryPolicy(2, backoff=RetryBackoff(min_ms=1, jitter="none"))
OUT = OutputStream("out")
IN = InputStream("in")
TRIED_TWICE = [("run.created", 1), ("run.failed", 1), ("run.retry_scheduled", 2), ("run.failed", 2)]


class Silent(Exception):
    def __str__(self) -> str:
        return self.missing  # type: ignore[attr-defined, no-any-return]  # what it is about


class Wordless(Exception):
    def __str__(self) -> str:
        return None  # type: ignore[return-value]  # what it is about


def leave(code: Any) -> Callable[[], None]:
    return lambda: sys.exit(code)


def fail(error: BaseException) -> Callable[[], None]:
    def act() -> None:
        raise error

    return act


# A task's action, and the message of its failure.
FAILURES: dict[str, tuple[Callable[[], None], str]] = {
    "surrogate": (
        fail(ValueError("cannot read r\udce9sum\udce9.txt")),
        "ValueError: cannot read r\\udce9sum\\udce9.txt",
    ),
    "silent": (fail(Silent()), "Silent"),
    "wordless": (fail(Wordless()), "Wordless"),
    "nul": (fail(ValueError("a\0b")), "ValueError: a\\x00b"),
    "exit with a surrogate": (leave("bad name: \udce9"), "bad name: \\udce9"),
    "exit with a huge code": (leave(2**70), "task exited with a code beyond 32 bits"),
    "exit with a string": (fail(TaskExit("x")), "x"),  # type: ignore[arg-type]  # what it is about
    "exit with a longer code": (fail(TaskExit(10**5000)), "task exited with a code beyond 32 bits"),
    "group": (
        fail(ExceptionGroup("\udce9", [ValueError("v")])),
        "ExceptionGroup: \\udce9 (1 sub-exception); ValueError: v",
    ),
    "base group": (
        fail(BaseExceptionGroup("g", [SystemExit(3)])),
        "BaseExceptionGroup: g (1 sub-exception); SystemExit: 3",
    ),
    "keyboard interrupt": (fail(KeyboardInterrupt()), "KeyboardInterrupt"),
    "generator exit": (fail(GeneratorExit()), "GeneratorExit"),
    "cancelled error": (fail(asyncio.CancelledError()), "CancelledError"),
    "huge message": (fail(ValueError("x" * 10**7)), "ValueError: " + "x" * 32_768 + " … (cut)"),
}


@implement(task("acts.sync", payload=str, retry=ONCE_MORE))
def acts_in_a_thread(ctx: TaskContext[str]) -> None:
    FAILURES[ctx.payload][0]()


@implement(task("acts.async", payload=str, retry=ONCE_MORE))
async def acts_on_the_loop(ctx: AsyncTaskContext[str]) -> None:
    FAILURES[ctx.payload][0]()


@implement(task("cancels", payload=str))
def cancels(ctx: TaskContext[str]) -> None:
    raise RunCancelled("\udce9")


@implement(task("own-cancelled-error", retry=ONCE_MORE))
async def has_a_cancelled_error(ctx: AsyncTaskContext[None]) -> None:
    sub = asyncio.create_task(asyncio.sleep(60))
    sub.cancel()
    await sub


@implement(task("cancels-itself", retry=ONCE_MORE))
async def cancels_its_own_task(ctx: AsyncTaskContext[None]) -> None:
    current = asyncio.current_task()
    assert current is not None
    current.cancel()
    await asyncio.sleep(60)


@implement(task("exits-in-a-task", output=object))
async def exits_in_a_task_of_its_own(ctx: AsyncTaskContext[None]) -> None:
    async def leaves() -> None:
        sys.exit(3)

    await asyncio.create_task(leaves())


@implement(task("stops-the-loop", output=str))
async def stops_the_loop(ctx: AsyncTaskContext[None]) -> str:
    asyncio.get_running_loop().stop()
    await asyncio.sleep(0.01)
    return "and goes on"


# Values that JSON cannot represent, and patterns of the error message. The types of tasks and streams reject
# a number before the server does, so there are two messages.
NOT_FINITE = r"is not a finite number|JSON has no such number"
UNSTORABLE: dict[str, tuple[Any, str]] = {
    "nan": (float("nan"), NOT_FINITE),
    "infinity inside": ({"rows": [1.5, {"x": float("-inf")}]}, rf"\.rows\[1\]\.x.*({NOT_FINITE})"),
    "surrogate": ({"name": "\ud800"}, "surrogate"),
    "nul": ({"name": "a\0b"}, "NUL"),
    "no JSON type": ({"thing": object()}, "object"),
}


@implement(task("returns", payload=str, output=object))
def returns(ctx: TaskContext[str]) -> Any:
    return UNSTORABLE[ctx.payload][0]


@implement(task("writes", payload=list[str], output=object), outputs=[OUT], inputs=[IN])
def writes(ctx: TaskContext[list[str]]) -> Any:
    what, name = ctx.payload
    value = UNSTORABLE[name][0]
    try:
        if what == "record":
            ctx.output(OUT).append(value)
        elif what == "metadata":
            ctx.metadata.set("key", value)
        elif what == "patch":
            ctx.metadata.patch({"key": value})
        elif what == "increment":
            ctx.metadata.increment("key", value)
        else:
            ctx.tokens.create(metadata={"key": value})
    except (ValueError, TypeError) as error:
        return str(error).encode("ascii", "backslashreplace").decode()
    return "nothing was raised"


@implement(task("logs"))
def logs(ctx: TaskContext[None]) -> None:
    ctx.log.info("a\udce9b", float("nan"), "\0")
    ctx.stdout.write("\udce9\0\n")
    ctx.stderr.write(bytearray(b"\xff\n"))  # type: ignore[arg-type]  # bytes of another kind


@implement(task("counts", output=object))
def counts(ctx: TaskContext[None]) -> Any:
    ctx.metadata.set("big", 1.5e308)
    try:
        ctx.metadata.increment("big", 1.5e308)
    except ValueError as error:
        return str(error)
    return "nothing was raised"


ALL: list[Implementation[Any, Any]] = [
    acts_in_a_thread, acts_on_the_loop, cancels, has_a_cancelled_error, cancels_its_own_task,
    exits_in_a_task_of_its_own, stops_the_loop, returns, writes, logs, counts,
]  # fmt: skip


@pytest.fixture(scope="module")
def client() -> Iterator[HelmrClient]:
    with LocalHelmr(tasks=ALL) as helmr, helmr.client() as made:
        yield made


def ended(client: HelmrClient, task_id: str, payload: object = None) -> tuple[Any, list[Any]]:
    """Start a run, wait for its end and return it with its events."""
    arguments = () if payload is None else (payload,)
    started = client.sessions.start(task_id, *arguments)
    run = client.runs.wait(started.run, timeout=30)
    return run, list(client.runs.events.list(run))


def reason(events: list[Any]) -> str:
    """Return the message of the last failure."""
    return str(events[-1].attributes["detail"]["message"])


@pytest.mark.parametrize("task_id", ["acts.sync", "acts.async"])
@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_is_recorded_and_retried(client: HelmrClient, task_id: str, name: str) -> None:
    run, events = ended(client, task_id, name)
    assert run.status == "failed"
    assert [(event.kind, event.attempt_number) for event in events] == TRIED_TWICE
    assert reason(events) == FAILURES[name][1]
    assert events[-1].attributes["failure_kind"] == "worker_failed"


def test_a_task_can_cancel_its_run_with_any_reason(client: HelmrClient) -> None:
    run, events = ended(client, "cancels", "")
    assert (run.status, events[-1].attributes["reason"]) == ("cancelled", "\\udce9")


@pytest.mark.parametrize("task_id", ["own-cancelled-error", "cancels-itself"])
def test_a_cancelled_error_without_a_cancel_request_is_a_failure(client: HelmrClient, task_id: str) -> None:
    run, events = ended(client, task_id)
    assert run.status == "failed"
    assert [(event.kind, event.attempt_number) for event in events] == TRIED_TWICE


def test_an_exit_in_an_asyncio_task_does_not_stop_the_server(client: HelmrClient) -> None:
    run, _ = ended(client, "exits-in-a-task")
    assert (run.status, run.exit_code) == ("failed", 3)
    assert client.health.ready()


def test_a_task_that_stops_the_event_loop_does_not_stop_the_server(client: HelmrClient) -> None:
    run, _ = ended(client, "stops-the-loop")
    assert (run.status, run.output) == ("succeeded", "and goes on")


@pytest.mark.parametrize("name", UNSTORABLE)
def test_an_output_that_cannot_be_stored_fails_the_run(client: HelmrClient, name: str) -> None:
    run, events = ended(client, "returns", name)
    assert run.status == "failed"
    assert re.search(UNSTORABLE[name][1], reason(events))


@pytest.mark.parametrize("name", UNSTORABLE)
@pytest.mark.parametrize("what", ["record", "metadata", "patch", "token"])
def test_a_task_gets_an_error_for_a_value_that_cannot_be_stored(
    client: HelmrClient, what: str, name: str
) -> None:
    run, _ = ended(client, "writes", [what, name])
    assert run.status == "succeeded"
    assert re.search(UNSTORABLE[name][1], str(run.output))
    assert run.metadata == {}


@pytest.mark.parametrize("name", UNSTORABLE)
def test_only_numbers_can_be_added(client: HelmrClient, name: str) -> None:
    run, _ = ended(client, "writes", ["increment", name])
    assert "amount must be a finite number" in str(run.output)


def test_a_sum_must_be_finite(client: HelmrClient) -> None:
    run, _ = ended(client, "counts")
    assert "metadata 'big' is not a finite number" in str(run.output)
    assert float(run.metadata["big"]) == 1.5e308


def test_every_log_line_can_be_stored(client: HelmrClient) -> None:
    run, _ = ended(client, "logs")
    assert run.status == "succeeded"
    kept = client.runs.logs.retrieve(run)
    assert '"message": "a?b nan \\u0000"' in kept.stdout
    assert kept.stdout.endswith("?\0\n")
    assert kept.stderr_bytes == b"\xff\n"


@implement(task("fails.sync", secrets=["PIN"]))
def fails_in_a_thread(ctx: TaskContext[None]) -> None:
    print_of_actor({}, ctx.secrets["PIN"])


@implement(task("fails.async", secrets=["PIN"]))
async def fails_on_the_loop(ctx: AsyncTaskContext[None]) -> None:
    print_of_actor({}, ctx.secrets["PIN"])


def print_of_actor(event: dict[str, str], pin: str) -> None:
    try:
        event["actor"]
    except KeyError as error:
        error.add_note(f"with the pin {pin}")
        raise


@pytest.mark.parametrize("task_id", ["fails.sync", "fails.async"])
def test_a_failure_shows_its_traceback_without_secrets(
    task_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    tasks = [fails_in_a_thread, fails_on_the_loop]
    with LocalHelmr(tasks=tasks, secrets={"PIN": "hunter2"}) as helmr, helmr.client() as client:
        run = client.sessions.start_and_wait(task_id, timeout_seconds=60).run
        assert reason(list(client.runs.events.list(run))) == "KeyError: 'actor'"
        logs = client.runs.logs.retrieve(run)
    for shown in (logs.stderr, caplog.text):
        assert "in print_of_actor" in shown
        assert "KeyError: 'actor'\nwith the pin ***" in shown
        assert "hunter2" not in shown
        assert "in body" not in shown  # the server's own frame
    assert f"{run.id} {task_id}: failed after" in caplog.text
