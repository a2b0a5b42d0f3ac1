"""A database that is locked by another process, full or missing: nothing is lost."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw
import httpx
import pytest

from helmr_ergonomic import HelmrClient, InputStream, OutputStream, task
from helmr_ergonomic.errors import ServerError
from helmr_local import (
    AsyncTaskContext,
    DatabaseError,
    Implementation,
    LocalHelmr,
    LocalSettings,
    TaskContext,
    implement,
)
from helmr_local.cli import main
from helmr_local.store import database as database_module

IN, OUT = InputStream("in"), OutputStream("out", int)
REACHED, GO = threading.Event(), threading.Event()
SOON = LocalSettings(write_patience=0.2)

LARGE = "x" * 200_000  # more than the free space in the file

HOLDER = """
import apsw, sys
connection = apsw.Connection(sys.argv[1])
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


@implement(task("done", output=str), inputs=[IN], outputs=[OUT])
def done(ctx: TaskContext[None]) -> str:
    return "done"


@implement(task("held", output=str))
def held(ctx: TaskContext[None]) -> str:
    REACHED.set()
    assert GO.wait(30)
    return LARGE


def lines(ctx: Any, number: int) -> None:
    ctx.log.info(f"entry {number}")
    ctx.stderr.write(f"line {number}\n")


@implement(task("writes.sync", output=int), outputs=[OUT])
def writes(ctx: TaskContext[None]) -> int:
    REACHED.set()
    assert GO.wait(30)
    for number in range(3):
        lines(ctx, number)
        ctx.metadata.set("last", number)
        ctx.output(OUT).append(number)
    return 3


@implement(task("writes.async", output=int), outputs=[OUT])
async def writes_async(ctx: AsyncTaskContext[None]) -> int:
    REACHED.set()
    await ctx.sleep(0.3)  # the database is locked meanwhile
    for number in range(3):
        lines(ctx, number)
        await ctx.metadata.set("last", number)
        await ctx.output(OUT).append(number)
    return 3


ALL: list[Implementation[Any, Any]] = [done, held, writes, writes_async]


@pytest.fixture(autouse=True)
def events() -> Iterator[None]:
    REACHED.clear()
    GO.clear()
    yield
    GO.set()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "helmr.db"


@pytest.fixture
def helmr(path: Path) -> Iterator[LocalHelmr]:
    with LocalHelmr(tasks=ALL, database=path, settings=SOON) as local:
        yield local


@pytest.fixture
def client(helmr: LocalHelmr) -> Iterator[HelmrClient]:
    with HelmrClient(helmr.url, helmr.api_key, max_retries=0) as made:
        yield made


@pytest.fixture
def http(helmr: LocalHelmr) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {helmr.api_key}"}
    with httpx.Client(base_url=helmr.url, headers=headers, timeout=20, trust_env=False) as made:
        yield made


@contextmanager
def taken(path: Path) -> Generator[None]:
    """Hold the write lock of the database in another process."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield
    finally:
        process.communicate(timeout=30)


@contextmanager
def full(helmr: LocalHelmr) -> Generator[None]:
    """Leave no room for another database page."""

    def limit(pages: int | None) -> None:
        def set_limit(plane: Any) -> None:
            used = plane.db.all("PRAGMA page_count")[0]["page_count"]
            plane.db.execute(f"PRAGMA max_page_count = {pages or used}")

        helmr._server.on_loop(set_limit)

    limit(None)
    try:
        yield
    finally:
        limit(10**6)


@contextmanager
def gone(path: Path) -> Generator[None]:
    path.rename(path.with_name("elsewhere.db"))
    try:
        yield
    finally:
        path.with_name("elsewhere.db").rename(path)


def readiness(http: httpx.Client) -> tuple[int, Any]:
    response = http.get("/readyz")
    return response.status_code, response.json()


Trouble = Callable[[LocalHelmr, Path], Any]
TROUBLES: dict[str, Trouble] = {
    "taken": lambda helmr, path: taken(path),
    "full": lambda helmr, path: full(helmr),
    "gone": lambda helmr, path: gone(path),
}


# The task's writes are recorded -------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
def test_the_end_of_a_run_is_recorded_when_the_database_recovers(
    helmr: LocalHelmr, path: Path, client: HelmrClient, trouble: Trouble
) -> None:
    started = client.sessions.start("held")
    assert REACHED.wait(10)
    with trouble(helmr, path):
        GO.set()
        engine_sees_it(helmr)
        assert client.runs.retrieve(started.run).status == "running"
    run = client.runs.wait(started.run, timeout=10)
    assert (run.status, run.output) == ("succeeded", LARGE)


def engine_sees_it(helmr: LocalHelmr) -> None:
    """Wait until the engine has a write that the database rejects."""
    until = time.monotonic() + 1
    while not helmr._server.on_loop(lambda plane: plane.writes.backlog) and time.monotonic() < until:
        time.sleep(0.01)


@pytest.mark.parametrize("task_id", ["writes.sync", "writes.async"])
def test_writes_of_a_run_are_recorded_in_order(client: HelmrClient, path: Path, task_id: str) -> None:
    started = client.sessions.start(task_id)
    assert REACHED.wait(10)
    with taken(path):
        GO.set()
        time.sleep(0.5)  # longer than the task sleeps, so that the task must wait for the database
        assert client.runs.retrieve(started.run).status == "running"
    run = client.runs.wait(started.run, timeout=10)
    assert (run.status, run.output, run.metadata) == ("succeeded", 3, {"last": 2})
    assert [record.data for record in client.sessions.open(started.session).output(OUT).list()] == [0, 1, 2]
    kept = client.runs.logs.retrieve(run)
    assert kept.stderr == "line 0\nline 1\nline 2\n"
    assert [f"entry {number}" in line for number, line in enumerate(kept.stdout.splitlines())] == [True] * 3


# Requests -----------------------------------------------------------------------------------------------


@pytest.fixture
def requests(http: httpx.Client) -> dict[str, Callable[[], httpx.Response]]:
    """Every write request, on existing resources."""
    session = http.post("/api/sessions/start-and-wait", json={"task_id": "done"}).json()
    sid, run = session["session"]["id"], session["run"]["id"]
    for stream in ("inputs/in", "outputs/out"):
        http.post(f"/api/sessions/{sid}/{stream}", json={"data": 1}).raise_for_status()
    tokens = [http.post("/api/tokens", json={}).json() for _ in range(4)]
    scope = {"type": "session.input.send", "session": {"type": "id", "id": sid}, "stream": "in"}
    public = http.post("/api/public-access-tokens", json={"scope": scope}).json()["public_access_token"]
    reading = {"scope": scope | {"type": "session.output.read", "stream": "out"}}
    reader = http.post("/api/public-access-tokens", json=reading).json()["public_access_token"]
    other = http.post("/api/sessions/start-and-wait", json={"task_id": "done"}).json()["session"]["id"]

    def call(method: str, path: str, body: Any = None, bearer: str | None = None) -> httpx.Response:
        headers = {} if bearer is None else {"Authorization": f"Bearer {bearer}"}
        return http.request(method, path, json=body, headers=headers)

    def post(path: str, body: Any = None, bearer: str | None = None) -> Callable[[], httpx.Response]:
        return lambda: call("POST", path, {} if body is None else body, bearer)

    return {
        "start": post("/api/sessions", {"task_id": "done"}),
        "start-and-wait": post("/api/sessions/start-and-wait", {"task_id": "done"}),
        "patch session": lambda: call("PATCH", f"/api/sessions/{sid}", {"metadata": {"a": 1}}),
        "append input": post(f"/api/sessions/{sid}/inputs/in", {"data": 2}),
        "append output": post(f"/api/sessions/{sid}/outputs/out", {"data": 2}),
        "append in public": post(f"/api/v1/sessions/{sid}/inputs/in", {"data": 3}, public),
        "read in public": lambda: call("GET", f"/api/v1/sessions/{sid}/outputs/out/read", None, reader),
        "create token": post("/api/tokens"),
        "complete token": post(f"/api/tokens/{tokens[0]['id']}/complete", {"data": 1}),
        "cancel token": lambda: call("POST", f"/api/tokens/{tokens[1]['id']}/cancel"),
        "complete by callback": post(httpx.URL(tokens[2]["callback_url"]).path, {"data": 1}),
        "complete in public": post(
            f"/api/v1/tokens/{tokens[3]['id']}/complete", {"data": 1}, tokens[3]["public_access_token"]
        ),
        "create public access token": post("/api/public-access-tokens", {"scope": scope}),
        "cancel run": post(f"/api/runs/{run}/cancel"),
        "close session": post(f"/api/sessions/{other}/close"),
        "cancel session": post(f"/api/sessions/{sid}/cancel"),
    }


@pytest.mark.parametrize("trouble", [TROUBLES["taken"], TROUBLES["gone"]], ids=["taken", "gone"])
def test_every_write_request_gets_503_until_the_database_recovers(
    helmr: LocalHelmr,
    http: httpx.Client,
    path: Path,
    requests: dict[str, Callable[[], httpx.Response]],
    trouble: Trouble,
) -> None:
    with trouble(helmr, path):
        for name, request in requests.items():
            response = request()
            assert (response.status_code, response.json()) == (503, {"error": "database is unavailable"}), (
                name
            )
            assert response.headers["helmr-api-version"]
        assert readiness(http) == (503, {"status": "not_ready"})
        assert http.get("/healthz").status_code == 200
        for read in ("/api/sessions", "/api/runs", "/api/runs/counts", "/api/tokens", "/api/tasks"):
            assert http.get(read).status_code == 200, read
    for name, request in requests.items():
        assert request().is_success, name
    assert readiness(http) == (200, {"status": "ready"})


def test_an_unused_stream_can_be_read_while_the_database_is_locked(http: httpx.Client, path: Path) -> None:
    session = http.post("/api/sessions/start-and-wait", json={"task_id": "done"}).json()["session"]["id"]
    with taken(path):
        for read in ("inputs/in", "outputs/out"):
            assert http.get(f"/api/sessions/{session}/{read}").json() == {"records": []}
        assert http.get(f"/api/sessions/{session}/outputs/out/read").json() == {"record": None}
        assert http.get(f"/api/sessions/{session}/outputs/in").status_code == 404


def test_a_start_on_a_full_disk_gets_503(helmr: LocalHelmr, http: httpx.Client) -> None:
    with full(helmr):
        body = {"task_id": "done", "payload": "x" * 100_000}
        assert http.post("/api/sessions", json=body).status_code == 503
        assert readiness(http) == (503, {"status": "not_ready"})
        assert http.get("/api/sessions").status_code == 200
    assert readiness(http) == (200, {"status": "ready"})
    assert http.post("/api/sessions", json=body).status_code == 201


def test_a_request_waits_for_a_short_write_of_another_process(path: Path) -> None:
    patient = LocalSettings(write_patience=30)
    with LocalHelmr(tasks=ALL, database=path, settings=patient) as helmr, helmr.client() as client:
        with taken(path):
            responses: list[Any] = []
            thread = threading.Thread(target=lambda: responses.append(client.sessions.start("done")))
            thread.start()
            began = time.monotonic()
            while not helmr._server.on_loop(lambda plane: plane.writes.backlog):
                pass
            # The event loop is not blocked: other requests are served.
            assert httpx.get(helmr.url + "/healthz", trust_env=False).status_code == 200
            assert time.monotonic() - began < 4
            assert responses == []
        thread.join(20)
        assert len(responses) == 1


def test_a_commit_that_fails_once_is_retried(helmr: LocalHelmr, client: HelmrClient) -> None:
    failed: list[str] = []

    def fail_once(plane: Any) -> None:
        original = plane.db._execute

        def execute(statement: str, *arguments: Any) -> Any:
            if statement == "COMMIT" and not failed:
                failed.append(statement)
                raise apsw.IOError("disk I/O error")
            return original(statement, *arguments)

        plane.db._execute = execute

    helmr._server.on_loop(fail_once)
    assert client.sessions.start_and_wait("done", timeout_seconds=10).run.output == "done"
    assert failed == ["COMMIT"]
    assert len(list(client.sessions.list())) == 1


def test_the_client_raises_a_transient_server_error(
    helmr: LocalHelmr, client: HelmrClient, path: Path
) -> None:
    with taken(path):
        with pytest.raises(ServerError) as refused:
            client.sessions.start("done")
        assert refused.value.status == 503
        assert not client.health.ready()
        with pytest.raises(DatabaseError, match="the database is unavailable"):
            helmr.create_api_key()
    assert client.health.ready()


# The end of the server ----------------------------------------------------------------------------------


def test_a_server_stops_while_its_database_is_locked_and_starts_again(path: Path) -> None:
    with LocalHelmr(tasks=ALL, database=path, settings=SOON) as helmr, helmr.client() as client:
        started = client.sessions.start("held")
        assert REACHED.wait(10)
        with taken(path):
            GO.set()
            engine_sees_it(helmr)
            began = time.monotonic()
            helmr.stop()
            assert time.monotonic() - began < 9
    with LocalHelmr(tasks=ALL, database=path) as helmr, helmr.client() as client:
        run = client.runs.wait(started.run.id, timeout=10)
        assert run.status == "failed"
        events = [event.kind for event in client.runs.events.list(run)]
        assert events == ["run.created", "run.failed", "run.execution_lost"]


def test_a_locked_database_at_server_start_is_reported(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "BUSY_SECONDS_AT_START", 0.1)
    LocalHelmr(database=path).start().stop()
    with taken(path), pytest.raises(DatabaseError, match="database is locked"):
        LocalHelmr(database=path).start()
    with LocalHelmr(database=path):
        pass


def test_the_command_reports_a_locked_database(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(database_module, "BUSY_SECONDS_AT_START", 0.1)
    LocalHelmr(database=path).start().stop()
    with taken(path):
        assert main(["keys", "create", "--database", str(path)]) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == (
        "",
        f"helmr-local: cannot open the database {path}: database is locked\n",
    )
