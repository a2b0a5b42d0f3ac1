"""Output and log entries of task code appear in the logs of its run, and elsewhere only if configured."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from helmr import HelmrClient, Task, task
from helmr_local import AsyncTaskContext, Implementation, LocalHelmr, TaskContext, implement

ROOT = Path(__file__).resolve().parents[2]
SECRET = 'hunter2\n"quoted"'
printing = task("printing", payload=str)
printing_async = task("printing-async", payload=str)
in_threads = task("in-threads", payload=str)
in_async_tasks = task("in-async-tasks", payload=str)
to_stderr = task("to-stderr")
unfinished = task("unfinished")
redirected = task("redirected")
telling = task("telling", secrets=["PIN"])
logging_fields = task("logging-fields")
left_behind = task("left-behind")
release = threading.Event()


@implement(printing)
def print_a_line(ctx: TaskContext[str]) -> None:
    print("hello", ctx.payload)
    ctx.log.info("in between")
    sys.stdout.write("and ")
    sys.stdout.write("more\n")


@implement(printing_async)
async def print_a_line_async(ctx: AsyncTaskContext[str]) -> None:
    print("hello", ctx.payload)
    await ctx.sleep(0.001)
    print("hello again", ctx.payload)


@implement(in_threads)
def print_in_threads(ctx: TaskContext[str]) -> None:
    def say(who: str) -> None:
        print(who, ctx.payload)

    thread = threading.Thread(target=say, args=["thread"])
    thread.start()
    thread.join()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(say, "pool").result()


@implement(in_async_tasks)
async def print_in_async_tasks(ctx: AsyncTaskContext[str]) -> None:
    async def say(who: str) -> None:
        print(who, ctx.payload)

    await asyncio.gather(say("first"), say("second"))
    await asyncio.to_thread(print, "thread", ctx.payload)


@implement(to_stderr)
def print_to_stderr(ctx: TaskContext[None]) -> None:
    print("trouble", file=sys.stderr)
    sys.stderr.buffer.write(b"as bytes\n")
    print(sys.stdout.isatty(), sys.stdout.encoding)


@implement(unfinished)
def end_no_line(ctx: TaskContext[None]) -> None:
    print("10 %", end="", flush=True)
    print(" 20 %", end="")


@implement(redirected)
def redirect(ctx: TaskContext[None]) -> None:
    with redirect_stdout(io.StringIO()) as kept:
        print("kept")
    print("printed", kept.getvalue(), end="")


@implement(telling)
async def tell(ctx: AsyncTaskContext[None]) -> None:
    pin = ctx.secrets["PIN"]
    print("the pin is", pin)
    ctx.stdout.write(f"written: {pin}\n")
    ctx.log.info(f"logged: {pin}", pin=pin, nested={"pins": [pin]})
    try:
        raise ValueError(pin)
    except ValueError:
        ctx.log.exception("failed")


class Unprintable:
    def __str__(self) -> str:
        raise ValueError


@implement(logging_fields)
def log_fields(ctx: TaskContext[None]) -> None:
    ctx.log.debug("looking", number=42, tags=["a", "b"])
    ctx.log.warning("odd", value=float("nan"), other=Unprintable(), raw=b"\xff")
    try:
        ctx.log.info("taken", level="mine")
    except ValueError as error:
        ctx.log.error(error)
    try:
        raise KeyError("actor")
    except KeyError:
        ctx.log.exception("no actor", attempt=1)


@implement(left_behind)
def leave_a_thread(ctx: TaskContext[None]) -> None:
    def late() -> None:
        release.wait(30)
        print("late")

    threading.Thread(target=late, name="late").start()


TASKS: list[Implementation[Any, Any]] = [
    print_a_line,
    print_a_line_async,
    print_in_threads,
    print_in_async_tasks,
    print_to_stderr,
    end_no_line,
    redirect,
    tell,
    log_fields,
    leave_a_thread,
]


@pytest.fixture(scope="module")
def client() -> Iterator[HelmrClient]:
    with LocalHelmr(TASKS, secrets={"PIN": SECRET}) as helmr, helmr.client() as client:
        yield client


def run(client: HelmrClient, definition: Task[Any, Any], *payload: Any) -> Any:
    return client.sessions.start_and_wait(definition, *payload, timeout_seconds=30).run


def stdout(client: HelmrClient, definition: Task[Any, Any], *payload: Any) -> str:
    return str(client.runs.logs.retrieve(run(client, definition, *payload)).stdout)


def entries(client: HelmrClient, definition: Task[Any, Any]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stdout(client, definition).splitlines()]


def test_printed_lines_are_logged_in_order(client: HelmrClient, capfd: pytest.CaptureFixture[str]) -> None:
    lines = stdout(client, printing, "you").splitlines()
    assert lines == ["hello you", '{"level": "info", "message": "in between"}', "and more"]
    assert capfd.readouterr() == ("", "")


def test_each_run_has_the_output_of_its_own_code(client: HelmrClient) -> None:
    names = [str(number) for number in range(8)]
    with ThreadPoolExecutor(8) as threads:
        sync = threads.map(lambda name: stdout(client, printing, name), names)
        in_tasks = threads.map(lambda name: stdout(client, printing_async, name), names)
        assert [text.splitlines()[0] for text in sync] == [f"hello {name}" for name in names]
        assert list(in_tasks) == [f"hello {name}\nhello again {name}\n" for name in names]


def test_threads_and_async_tasks_print_to_the_run_that_started_them(client: HelmrClient) -> None:
    assert stdout(client, in_threads, "here") == "thread here\npool here\n"
    assert stdout(client, in_async_tasks, "here") == "first here\nsecond here\nthread here\n"


def test_stderr_goes_to_stderr(client: HelmrClient) -> None:
    logs = client.runs.logs.retrieve(run(client, to_stderr))
    assert logs.stderr == "trouble\nas bytes\n"
    assert logs.stdout.startswith("False ")


def test_an_unfinished_line_is_not_lost(client: HelmrClient) -> None:
    assert stdout(client, unfinished) == "10 % 20 %"


def test_a_task_can_redirect_its_own_output(client: HelmrClient) -> None:
    assert stdout(client, redirected) == "printed kept\n"


def test_secrets_are_masked(client: HelmrClient) -> None:
    text = stdout(client, telling)
    assert text.startswith('the pin is ***\nwritten: ***\n{"level": "info", "message": "logged: ***"')
    assert "hunter2" not in text
    assert '"pins": ["***"]' in text


def test_a_log_entry_has_fields(client: HelmrClient) -> None:
    looking, odd, taken, failed = entries(client, logging_fields)
    assert looking == {"level": "debug", "message": "looking", "number": 42, "tags": ["a", "b"]}
    assert odd == {"level": "warn", "message": "odd", "value": "nan", "other": "<Unprintable>", "raw": "/w=="}
    assert "cannot be named 'level'" in taken["message"]
    assert (failed["level"], failed["message"], failed["attempt"]) == ("error", "no actor", 1)
    assert failed["exception"].endswith("KeyError: 'actor'\n")


def test_a_thread_that_outlives_its_run_prints_to_the_programs_stdout(
    client: HelmrClient, capsys: pytest.CaptureFixture[str]
) -> None:
    release.clear()
    try:
        assert stdout(client, left_behind) == ""
    finally:
        release.set()
    for thread in threading.enumerate():
        if thread.name == "late":
            thread.join(30)
    assert "late" in capsys.readouterr().out


PUT_BACK = """
import sys, threading
from concurrent.futures import ThreadPoolExecutor

import asyncio, gc

from helmr import task
from helmr_local import LocalHelmr, implement
from tests.e2e.test_local_output import print_a_line, printing, run
from tests.faults.proxy import until

begun, let_go = threading.Semaphore(0), threading.Event()

@implement(task("never-cancelled"))
async def never_cancelled(ctx):
    begun.release()
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            print("no")

@implement(task("never-ends"))
def never_ends(ctx):
    begun.release()
    let_go.wait()
    print("late")

def replaced():
    return sys.stdout, sys.stderr, threading.Thread.start, ThreadPoolExecutor.submit

before = replaced()
with LocalHelmr([print_a_line]) as helmr, helmr.client() as client:
    run(client, printing, "you")
# A run has its status before the thread of its function has ended.
assert until(lambda: replaced() == before, 30), replaced()

with LocalHelmr([never_cancelled, never_ends]) as helmr, helmr.client() as client:
    for id in "never-cancelled", "never-ends":
        client.sessions.start(id)
        assert begun.acquire(timeout=30)
assert replaced() == before
with LocalHelmr([print_a_line]) as helmr, helmr.client() as client:
    run(client, printing, "you")
assert until(lambda: replaced() == before, 30), replaced()
threading.Thread.start = other = lambda thread: None
let_go.set()
gc.collect()
assert threading.Thread.start is other
"""


def test_the_standard_streams_are_restored() -> None:
    # Runs in a separate process, because an unfinished task of another test would keep them replaced.
    command = [sys.executable, "-c", PUT_BACK]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    lines = done.stderr.splitlines()
    assert done.returncode == 0, done.stderr
    assert [re.sub("run [^ ]+ ", "run R ", line) for line in lines if "did not stop" in line] == [
        "run R did not stop; it is left running and its effects are ignored"
    ] * 2
    assert "Traceback" not in done.stderr


def test_the_server_can_log_the_output_of_tasks(
    client: HelmrClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "helmr_local.output")
    done = run(client, printing, "\x1b[2Jyou")
    assert [record.getMessage() for record in caplog.records if record.name == "helmr_local.output"] == [
        f"printing {done.id} | hello \\x1b[2Jyou",
        f'printing {done.id} | {{"level": "info", "message": "in between"}}',
        f"printing {done.id} | and more",
    ]
