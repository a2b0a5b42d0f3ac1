"""The life cycle of a `LocalHelmr`: restarted, stopped twice, killed, and with the clock set back."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
import time
from pathlib import Path

import pytest

from helmr_ergonomic import HelmrClient, RetryBackoff, RetryPolicy, task
from helmr_ergonomic.errors import AuthenticationError
from helmr_local import (
    AsyncTaskContext,
    DatabaseError,
    ListenError,
    LocalHelmr,
    LocalSettings,
    TaskContext,
    implement,
    machine,
)

from .servers import SERVE, serving

AT_ONCE = RetryPolicy(3, backoff=RetryBackoff(min_ms=1, jitter="none"))
REACHED = threading.Event()


@implement(task("again", output=int, retry=AT_ONCE))
def again(ctx: TaskContext[None]) -> int:
    """Run until the server stops; the second attempt ends immediately."""
    REACHED.set()
    while ctx.run.attempt_number == 1:
        ctx.sleep(0.05)
    return ctx.run.attempt_number


@implement(task("stuck"))
async def stuck(ctx: AsyncTaskContext[None]) -> None:
    REACHED.set()
    while True:
        await ctx.sleep(0.05)


@pytest.fixture(autouse=True)
def unreached() -> None:
    REACHED.clear()


def listens(url: str) -> bool:
    try:
        socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), 1).close()
    except OSError:
        return False
    return True


# Started again ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("in_file", [False, True])
def test_each_start_serves_and_has_its_own_key(tmp_path: Path, in_file: bool) -> None:
    helmr = LocalHelmr(tasks=[again], database=tmp_path / "helmr.db" if in_file else None)
    keys: list[str] = []
    for _ in range(3):
        with helmr, helmr.client() as client:
            client.runs.counts()
            keys.append(helmr.api_key)
            url = helmr.url
        assert not listens(url)
    assert len(set(keys)) == 3
    with helmr, HelmrClient(helmr.url, keys[0]) as client:
        if in_file:
            client.runs.counts()
        else:
            with pytest.raises(AuthenticationError):
                client.runs.counts()


def test_data_in_a_file_survives_a_restart(tmp_path: Path) -> None:
    helmr = LocalHelmr(tasks=[again], database=tmp_path / "helmr.db")
    with helmr, helmr.client() as client:
        session = client.tokens.create(tags=["kept"])
    with helmr, helmr.client() as client:
        assert [token.id for token in client.tokens.list()] == [session.id]
    with LocalHelmr(database=tmp_path / "helmr.db"):
        pass


def test_an_immediate_stop_releases_everything() -> None:
    helmr = LocalHelmr()
    for _ in range(5):
        before = threading.active_count()
        began = time.monotonic()
        with helmr:
            url = helmr.url
        assert time.monotonic() - began < 5
        assert not listens(url)
        assert threading.active_count() <= before


def test_a_running_server_cannot_be_started_again() -> None:
    with LocalHelmr() as helmr:
        with pytest.raises(RuntimeError, match="is already running"):
            helmr.start()
        with pytest.raises(RuntimeError, match="is already running"), helmr:
            pass
        with helmr.client() as client:
            client.runs.counts()


def test_stopping_twice_or_before_a_start_has_no_effect() -> None:
    helmr = LocalHelmr()
    helmr.stop()
    helmr.start()
    helmr.stop()
    helmr.stop()
    assert repr(helmr) == "LocalHelmr(not serving)"
    with pytest.raises(RuntimeError, match="is not running"):
        _ = helmr.url


def test_a_failed_start_can_be_repeated(tmp_path: Path) -> None:
    path = tmp_path / "helmr.db"
    path.write_text("no database")
    helmr = LocalHelmr(database=path)
    with pytest.raises(DatabaseError):
        helmr.start()
    path.unlink()
    with helmr, helmr.client() as client:
        client.runs.counts()


def test_a_start_can_be_repeated_when_its_port_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        helmr = LocalHelmr(port=port)
        with pytest.raises(ListenError, match="cannot listen"):
            helmr.start()
    for _ in range(2):
        with helmr:
            assert helmr.url == f"http://127.0.0.1:{port}"


def test_several_threads_can_start_and_stop_it() -> None:
    helmr = LocalHelmr()
    outcomes: list[str] = []

    def start() -> None:
        try:
            helmr.start()
            outcomes.append("started")
        except RuntimeError:
            outcomes.append("refused")

    for act, number in ((start, 4), (helmr.stop, 4)):
        threads = [threading.Thread(target=act) for _ in range(number)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    assert sorted(outcomes) == ["refused"] * 3 + ["started"]
    with helmr:
        keys: list[str] = []
        threads = [threading.Thread(target=lambda: keys.append(helmr.api_key)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert len(set(keys)) == 1


def test_calls_during_the_stop_return_or_raise() -> None:
    helmr = LocalHelmr().start()
    errors: list[str] = []
    stopped = threading.Event()

    def ask() -> None:
        while not stopped.is_set():
            try:
                helmr.create_api_key()
            except RuntimeError as error:
                errors.append(str(error))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    helmr.stop()
    stopped.set()
    for thread in threads:
        thread.join(5)
        assert not thread.is_alive()
    assert set(errors) <= {"the server is not running"}


def test_an_async_task_cannot_stop_its_own_server() -> None:
    errors: list[str] = []

    @implement(task("stops"))
    async def stops(ctx: AsyncTaskContext[None]) -> None:
        try:
            helmr.stop()
        except RuntimeError as error:
            errors.append(str(error))

    @implement(task("asks", output=bool))
    async def asks(ctx: AsyncTaskContext[None]) -> bool:
        return helmr.create_api_key().startswith("hlmr_sk_")

    with LocalHelmr(tasks=[stops, asks]) as helmr, helmr.client() as client:
        assert client.sessions.start_and_wait("stops", timeout_seconds=10).run.status == "succeeded"
        assert errors == ["an async task can neither stop nor start the server that it runs on"]
        assert client.sessions.start_and_wait("asks", timeout_seconds=10).run.output is True


def test_each_start_uses_the_same_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    helmr = LocalHelmr(database="helmr.db")
    with helmr, helmr.client() as client:
        token = client.tokens.create()
    monkeypatch.chdir(tmp_path / "elsewhere")
    with helmr, helmr.client() as client:
        assert [kept.id for kept in client.tokens.list()] == [token.id]
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_start_that_is_cancelled_leaves_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    helmr, started = LocalHelmr(), threading.Event()
    start = LocalHelmr.start

    def noted(self: LocalHelmr) -> LocalHelmr:
        started.set()
        return start(self)

    monkeypatch.setattr(LocalHelmr, "start", noted)

    async def enter() -> None:
        async with helmr:
            raise AssertionError("the server was entered after the cancel")

    async def scenario() -> None:
        entering = asyncio.ensure_future(enter())
        await asyncio.to_thread(started.wait, 10)
        entering.cancel()
        with pytest.raises(asyncio.CancelledError):
            await entering

    asyncio.run(scenario())
    assert repr(helmr) == "LocalHelmr(not serving)"


# Restart while a run executes ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "backoff",
    [
        RetryBackoff(min_ms=1, jitter="none"),
        RetryBackoff(min_ms=10),
        RetryBackoff(min_ms=300, jitter="none"),
        None,
    ],
    ids=["1ms", "10ms", "300ms", "default"],
)
def test_a_run_that_executes_at_the_stop_is_retried_once(
    tmp_path: Path, backoff: RetryBackoff | None
) -> None:
    attempts: list[int] = []

    @implement(task("noted", retry=RetryPolicy(3, backoff=backoff)))
    def noted(ctx: TaskContext[None]) -> None:
        attempts.append(ctx.run.attempt_number)
        REACHED.set()
        while ctx.run.attempt_number == 1:
            ctx.sleep(0.05)

    path = tmp_path / "helmr.db"
    with LocalHelmr(tasks=[noted], database=path) as helmr, helmr.client() as client:
        started = [client.sessions.start("noted") for _ in range(3)]
        assert REACHED.wait(10)
    with LocalHelmr(tasks=[noted], database=path) as helmr, helmr.client() as client:
        for start in started:
            run = client.runs.wait(start.run.id, timeout=20)
            assert run.status == "succeeded"
            assert [event.kind for event in client.runs.events.list(run)][-1] == "run.completed"
    assert attempts.count(2) <= 3
    assert attempts.count(3) == 0


TASKS = """
from helmr_ergonomic import RetryBackoff, RetryPolicy, task
from helmr_local import implement

policy = RetryPolicy(3, backoff=RetryBackoff(min_ms=1, jitter="none"))

@implement(task("kept", output=int, retry=policy))
def kept(ctx):
    while ctx.run.attempt_number == 1:
        ctx.metadata.set("reached", True)
        ctx.sleep(0.05)
    return ctx.run.attempt_number
"""


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_server_restarts_and_continues(tmp_path: Path, signum: signal.Signals) -> None:
    tasks, database = tmp_path / "kept_tasks.py", tmp_path / "helmr.db"
    tasks.write_text(TASKS)
    with (
        serving(*SERVE, tasks=tasks, database=database) as (process, environ),
        HelmrClient(environ["HELMR_API_URL"], environ["HELMR_API_KEY"]) as client,
    ):
        key, started = environ["HELMR_API_KEY"], client.sessions.start("kept")
        until = time.monotonic() + 20
        while not client.runs.retrieve(started.run).metadata:
            assert time.monotonic() < until
        process.send_signal(signum)
        process.wait(20)
    with (
        serving(*SERVE, tasks=tasks, database=database) as (process, environ),
        HelmrClient(environ["HELMR_API_URL"], key) as client,
    ):
        run = client.runs.wait(started.run.id, timeout=20)
        assert (run.status, run.output, run.attempt_number) == ("succeeded", 2, 2)
        kinds = [event.kind for event in client.runs.events.list(run)]
        assert kinds.count("run.retry_scheduled") == 1
        assert process.poll() is None


# The clock is set back ----------------------------------------------------------------------------------


class Wall:
    """The server's wall clock, set back by `back` seconds."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.back = 0.0
        now = machine.wall_ns
        monkeypatch.setattr(machine, "wall_ns", lambda: now() - round(self.back * 1e9))


def test_deadlines_are_kept_although_the_clock_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    wall = Wall(monkeypatch)
    settings = LocalSettings(default_max_duration_seconds=1, sweep_interval=0.05)
    with LocalHelmr(tasks=[stuck], settings=settings) as helmr, helmr.client() as client:
        token = client.tokens.create(timeout="300ms")
        started = client.sessions.start("stuck")
        assert REACHED.wait(10)
        wall.back = 3600.0
        run = client.runs.wait(started.run, timeout=10)
        assert run.status == "failed"
        events = list(client.runs.events.list(run))
        assert events[-1].attributes["failure_kind"] == "max_duration"
        until = time.monotonic() + 10
        while client.tokens.retrieve(token).status == "pending":
            assert time.monotonic() < until
        assert client.tokens.retrieve(token).status == "expired"
        assert events == sorted(events, key=lambda event: event.at)
