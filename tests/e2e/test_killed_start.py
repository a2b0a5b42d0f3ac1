"""A start with an idempotency key, killed at any moment and repeated by a new process, makes one session."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from helmr_ergonomic import HelmrClient, InputStream, SessionSnapshot, task
from helmr_local import LocalHelmr, TaskContext, implement

from .servers import SERVE, serving

HERE = Path(__file__).parent
STARTER = HERE / "dying_starter.py"
SERVER = HERE / "dying_server.py"
TASKS = HERE / "local_tasks.py"
KEY = "github:delivery-1"

NOTHING_SENT = ["connection.connect_tcp.started", "http11.send_request_headers.started"]
HALF_SENT = ["http11.send_request_body.started"]
ALL_SENT = ["http11.send_request_body.complete", "http11.receive_response_headers.started"]
ANSWERED = ["http11.receive_response_headers.complete", "http11.receive_response_body.complete"]

responses = InputStream("responses", str)


@implement(task("echo", payload=dict[str, int], output=dict[str, int]))
def echo(ctx: TaskContext[dict[str, int]]) -> dict[str, int]:
    return ctx.payload


@implement(task("ask", payload=dict[str, int], output=str), inputs=[responses])
def ask(ctx: TaskContext[dict[str, int]]) -> str:
    return ctx.input(responses).wait().unwrap()


@pytest.fixture(scope="module")
def helmr() -> Iterator[LocalHelmr]:
    with LocalHelmr(tasks=[echo, ask]) as local:
        yield local


@pytest.fixture
def environ(helmr: LocalHelmr, request: pytest.FixtureRequest) -> dict[str, str]:
    """Variables for the test's own environment, which has no other sessions."""
    key = helmr.create_api_key(environment=request.node.name)
    return {"HELMR_API_URL": helmr.url, "HELMR_API_KEY": key}


@pytest.fixture
def client(environ: dict[str, str]) -> Iterator[HelmrClient]:
    with HelmrClient(environ["HELMR_API_URL"], environ["HELMR_API_KEY"]) as made:
        yield made


def begin(environ: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(STARTER), *arguments],
        env=os.environ | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def repeat(environ: dict[str, str], *arguments: str) -> dict[str, Any]:
    """Repeat the start in a new process that is not killed."""
    out, err = begin(environ, *arguments).communicate(timeout=60)
    assert err == ""
    result: dict[str, Any] = json.loads(out)
    return result


@contextmanager
def paused_at(step: str, environ: dict[str, str], *arguments: str) -> Iterator[None]:
    """Run a start up to one step of its request, and kill it there at the end of the block."""
    process = begin(environ, *arguments, step)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == f"{step}\n"
        yield
    finally:
        process.kill()
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (-signal.SIGKILL, "", "")


def sessions_of(client: HelmrClient) -> list[SessionSnapshot]:
    return list(client.sessions.list(limit=200))


def wait_for_a_session(client: HelmrClient) -> SessionSnapshot:
    given_up = monotonic() + 30
    while monotonic() < given_up:
        for session in sessions_of(client):
            return session
    raise AssertionError("the start did not create a session")


@pytest.mark.parametrize(
    ("kind", "step"),
    [
        *[("sync", step) for step in [*NOTHING_SENT, *HALF_SENT, *ALL_SENT, *ANSWERED]],
        *[("async", step) for step in [*HALF_SENT, ALL_SENT[-1], ANSWERED[0]]],
    ],
)
def test_a_client_killed_at_any_step_of_its_request(
    client: HelmrClient, environ: dict[str, str], kind: str, step: str
) -> None:
    start = (kind, "start", "echo", KEY)
    before = []
    with paused_at(step, environ, *start):
        if step in ALL_SENT + ANSWERED:
            before = [wait_for_a_session(client).id]
    if not before:
        assert sessions_of(client) == []
    result = repeat(environ, *start)
    (session,) = sessions_of(client)
    assert result["session"] == session.id
    assert before in ([], [session.id])
    assert bool(result["is_cached"]) is bool(before)
    (run,) = client.sessions.runs(session)
    assert run.id == result["run"]
    assert client.runs.wait(run.id, timeout=20).output == {"delivery": 1}


def test_a_client_killed_while_it_waits_for_the_run(client: HelmrClient, environ: dict[str, str]) -> None:
    start = ("sync", "start_and_wait", "ask", KEY)
    with paused_at("http11.receive_response_headers.started", environ, *start):
        session = wait_for_a_session(client)
    client.sessions.open(session).input(responses).send("go on")
    result = repeat(environ, *start)
    assert (result["session"], result["output"]) == (session.id, "go on")
    assert [known.id for known in sessions_of(client)] == [session.id]


# The server dies --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", ["before-commit", "after-commit"])
def test_a_server_killed_during_the_write(tmp_path: Path, moment: str) -> None:
    database = tmp_path / "helmr.sqlite3"
    start = ("sync", "start", "echo", KEY)
    with serving(str(SERVER), moment, tasks=TASKS, database=database) as (process, environ):
        out, err = begin(environ, *start).communicate(timeout=60)
        assert out == ""
        assert "HelmrConnectionError" in err
        assert process.wait(timeout=30) == -signal.SIGKILL

    key = {"HELMR_API_KEY": environ["HELMR_API_KEY"]}
    with (
        serving(*SERVE, tasks=TASKS, database=database) as (_, new),
        HelmrClient(new["HELMR_API_URL"], environ["HELMR_API_KEY"]) as client,
    ):
        before = [session.id for session in sessions_of(client)]
        assert len(before) == (1 if moment == "after-commit" else 0)
        result = repeat(new | key, *start)
        assert bool(result["is_cached"]) is bool(before)
        (session,) = sessions_of(client)
        assert result["session"] == session.id
        assert before in ([], [session.id])
        (run,) = client.sessions.runs(session)
        assert run.id == result["run"]
        assert client.runs.wait(run.id, timeout=30).output == {"delivery": 1}
