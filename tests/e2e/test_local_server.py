"""`LocalHelmr` over HTTP: tasks, start and stop, routing, secrets, faults and limits."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from helmr_api.document import load
from helmr_ergonomic import InputStream, OutputStream, task
from helmr_local import (
    AsyncTaskContext,
    DatabaseError,
    Implementation,
    ListenError,
    LocalHelmr,
    LocalSettings,
    RunCancelled,
    TaskContext,
    implement,
)
from helmr_local.document import routes
from helmr_local.http.routing import RoutingError
from helmr_local.resources.registry import Resources

MESSAGES = InputStream("messages", dict[str, int])
REPORT = OutputStream("report", list[int])
REACHED = threading.Event()


@implement(task("threaded", payload=dict[str, int], output=object), inputs=[MESSAGES], outputs=[REPORT])
def threaded(ctx: TaskContext[dict[str, int]]) -> Any:
    ctx.log.info("started with", ctx.payload)
    print("to stderr", file=ctx.stderr)
    ctx.stdout.write(b"\xffraw\n")
    sent = ctx.output(REPORT).append([1, 2])
    got = ctx.input(MESSAGES).wait(timeout="10s").unwrap()
    ctx.metadata.set("seen", got)
    ctx.metadata.increment("count", 2)
    ctx.sleep(0.01)
    return {"sent": sent.sequence, "got": got, "count": ctx.metadata.get("count"), "turn": ctx.run.turn_index}


@implement(task("on-loop", output=object), inputs=[MESSAGES], outputs=[REPORT])
async def on_loop(ctx: AsyncTaskContext[None]) -> Any:
    ctx.log.warn("on the loop")
    await ctx.output(REPORT).append([3])
    await ctx.sleep_until(datetime.now(UTC) + timedelta(milliseconds=10))
    return (await ctx.input(MESSAGES).wait(correlation_id="mine")).unwrap()


@implement(task("waits", output=object), inputs=[MESSAGES])
def waits(ctx: TaskContext[None]) -> Any:
    return ctx.input(MESSAGES).wait().unwrap()


@implement(task("works", output=object))
def works(ctx: TaskContext[None]) -> Any:
    REACHED.set()
    while True:
        ctx.raise_if_cancelled()


ALL: list[Implementation[Any, Any]] = [threaded, on_loop, waits, works]


@pytest.fixture
def helmr() -> Iterator[LocalHelmr]:
    with LocalHelmr(tasks=ALL) as local:
        yield local


@pytest.fixture
def http(helmr: LocalHelmr) -> Iterator[httpx.Client]:
    with caller(helmr) as client:
        yield client


def caller(helmr: LocalHelmr, key: str | None = None) -> httpx.Client:
    return httpx.Client(
        base_url=helmr.url,
        headers={"Authorization": f"Bearer {key or helmr.api_key}"},
        timeout=20,
        trust_env=False,
    )


def start(http: httpx.Client, task_id: str, **body: Any) -> dict[str, Any]:
    response = http.post("/api/sessions", json={"task_id": task_id, **body})
    assert response.status_code == 201, response.text
    started: dict[str, Any] = response.json()
    return started


def finished(http: httpx.Client, started: dict[str, Any]) -> dict[str, Any]:
    """Follow the run's events to their end and return the run."""
    run = started["run"]["id"]
    with http.stream("GET", f"/api/runs/{run}/events", params={"follow": "1"}) as response:
        for _ in response.iter_raw():
            pass
    body: dict[str, Any] = http.get(f"/api/runs/{run}").json()
    return body


# Tasks --------------------------------------------------------------------------------------------------


def test_a_sync_task_runs_in_a_thread_with_a_full_context(http: httpx.Client) -> None:
    started = start(http, "threaded", payload={"a": 1})
    session = started["session"]["id"]
    http.post(f"/api/sessions/{session}/inputs/messages", json={"data": {"n": 5}}).raise_for_status()
    run = finished(http, started)
    assert run["output"] == {"sent": 1, "got": {"n": 5}, "count": 2, "turn": 0}
    assert run["metadata"] == {"seen": {"n": 5}, "count": 2}
    logs = http.get(f"/api/runs/{run['id']}/logs").json()
    assert logs["stderr_bytes"] == len("to stderr\n")
    assert logs["stdout_bytes"] > len(b"\xffraw\n")
    records = http.get(f"/api/sessions/{session}/outputs/report").json()["records"]
    assert [record["data"] for record in records] == [[1, 2]]


def test_an_async_task_runs_on_the_loop(http: httpx.Client) -> None:
    started = start(http, "on-loop")
    for correlation, value in (("other", 1), ("mine", 2)):
        body = {"data": {"n": value}, "correlation_id": correlation}
        http.post(f"/api/sessions/{started['session']['id']}/inputs/messages", json=body).raise_for_status()
    assert finished(http, started)["output"] == {"n": 2}


def test_a_payload_of_the_wrong_type_fails_the_run(http: httpx.Client) -> None:
    run = finished(http, start(http, "threaded", payload={"a": "x"}))
    assert run["status"] == "failed"
    events = http.get(f"/api/runs/{run['id']}/events").json()["events"]
    assert 'task "threaded" payload' in events[-1]["attributes"]["detail"]["message"]


def test_input_of_the_wrong_type_fails_the_run(http: httpx.Client) -> None:
    started = start(http, "waits")
    url = f"/api/sessions/{started['session']['id']}/inputs/messages"
    assert http.post(url, json={"data": "no"}).status_code == 201
    assert finished(http, started)["status"] == "failed"


def test_a_working_thread_stops_when_its_run_is_cancelled(http: httpx.Client) -> None:
    REACHED.clear()
    started = start(http, "works")
    assert REACHED.wait(10)
    response = http.post(f"/api/runs/{started['run']['id']}/cancel", json={"reason": "enough"}).json()
    assert (response["run"]["status"], response["operation"]["status"]) == ("cancelled", "applied")
    finished(http, started)
    runs = http.get(f"/api/sessions/{started['session']['id']}/runs").json()["runs"]
    assert (runs[0]["execution_status"], runs[0]["terminal_outcome"]) == ("finished", "cancelled")


# Life ---------------------------------------------------------------------------------------------------


def test_stopping_ends_open_streams_and_running_tasks_quickly() -> None:
    before = set(threading.enumerate())
    REACHED.clear()
    ended: list[float] = []
    with LocalHelmr(tasks=ALL) as helmr:
        http = caller(helmr)
        followed = start(http, "waits")
        start(http, "works")
        start(http, "on-loop")
        assert REACHED.wait(10)
        opened = threading.Barrier(3)

        def follow(path: str) -> None:
            with caller(helmr) as own, own.stream("GET", path, params={"follow": "1"}) as response:
                opened.wait(10)
                for _ in response.iter_raw():
                    pass
            ended.append(time.monotonic())

        paths = [f"/api/runs/{followed['run']['id']}/{name}" for name in ("events", "logs")]
        followers = [threading.Thread(target=follow, args=(path,)) for path in paths]
        for follower in followers:
            follower.start()
        opened.wait(10)
        http.close()
        began = time.monotonic()
    took = time.monotonic() - began
    for follower in followers:
        follower.join(10)
    assert len(ended) == 2
    assert took < 3
    assert set(threading.enumerate()) <= before | {threading.current_thread()}


def test_it_works_in_an_async_block() -> None:
    async def scenario() -> int:
        async with LocalHelmr(tasks=ALL) as helmr, httpx.AsyncClient(trust_env=False) as http:
            return (await http.get(helmr.url + "/readyz")).status_code

    assert asyncio.run(scenario()) == 200


def test_two_servers_are_independent() -> None:
    with LocalHelmr(tasks=ALL) as one, LocalHelmr(tasks=ALL) as other:
        assert one.url != other.url
        with caller(other, one.api_key) as http:
            assert http.get("/api/tasks").status_code == 401


def test_state_in_a_file_survives_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "helmr.db"
    with LocalHelmr(tasks=ALL, database=path) as helmr, caller(helmr) as http:
        key = helmr.api_key
        started = start(http, "on-loop", external_id="e", metadata={"a": 1})
        token = http.post("/api/tokens", json={"idempotency_key": "k"}).json()
    with LocalHelmr(tasks=ALL, database=path) as helmr, caller(helmr, key) as http:
        again = http.get("/api/sessions/by-external-id", params={"external_id": "e"}).json()
        assert (again["id"], again["metadata"]) == (started["session"]["id"], {"a": 1})
        run = http.get(f"/api/runs/{started['run']['id']}").json()
        assert run["status"] == "failed"
        repeated = http.post("/api/tokens", json={"idempotency_key": "k"}).json()
        assert repeated["id"] == token["id"]
        assert repeated["public_access_token"] == token["public_access_token"]


def test_a_second_server_on_the_same_file_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "helmr.db"
    with LocalHelmr(database=path), pytest.raises(ListenError, match="another helmr-local uses"):
        LocalHelmr(database=path).start()
    with LocalHelmr(database=path):
        pass


def test_a_file_that_is_not_a_database_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "helmr.db"
    path.write_bytes(b"this is not a database, and long enough to be looked at" * 50)
    with pytest.raises(DatabaseError, match="cannot open the database"):
        LocalHelmr(database=path).start()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.com", "::"])  # noqa: S104  # it must refuse
def test_it_only_listens_on_loopback(host: str) -> None:
    with pytest.raises(ListenError, match="--listen-beyond-loopback"):
        LocalHelmr(host=host)


def test_a_port_in_use_is_reported(helmr: LocalHelmr) -> None:
    port = httpx.URL(helmr.url).port
    assert port is not None
    with pytest.raises(ListenError, match=f"cannot listen on 127.0.0.1:{port}"):
        LocalHelmr(port=port).start()


def test_a_stopped_server_rejects_calls() -> None:
    helmr = LocalHelmr()
    with helmr:
        pass
    helmr.stop()
    with pytest.raises(RuntimeError, match="the server is not running"):
        helmr.create_api_key()


# The document -------------------------------------------------------------------------------------------


def test_operations_and_handlers_match(helmr: LocalHelmr) -> None:
    handled = helmr._server.on_loop(lambda plane: plane.endpoints())
    # The router handles preflights, so they have no handler.
    described = [route.operation_id for route in routes(load()) if route.method != "OPTIONS"]
    assert sorted(described) == sorted(handled)


def test_an_operation_without_a_handler_fails_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    endpoints = Resources.endpoints

    def without_one(resources: Resources) -> Any:
        found = endpoints(resources)
        del found["listTasks"]
        return found

    monkeypatch.setattr(Resources, "endpoints", without_one)
    with pytest.raises(RoutingError, match=r"operations without a handler \['listTasks'\]"):
        LocalHelmr().start()


def test_a_handler_without_an_operation_fails_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    endpoints = Resources.endpoints

    def with_another(resources: Resources) -> Any:
        found = endpoints(resources)
        return found | {"listNothing": found["listTasks"]}

    monkeypatch.setattr(Resources, "endpoints", with_another)
    with pytest.raises(RoutingError, match=r"handlers without an operation \['listNothing'\]"):
        LocalHelmr().start()


# Keys and secrets ---------------------------------------------------------------------------------------


def test_keys_and_secrets_are_neither_shown_nor_logged(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    path = tmp_path / "helmr.db"
    settings = LocalSettings(access_log=True)
    with LocalHelmr(tasks=ALL, database=path, secrets={"A": "hidden-value"}, settings=settings) as helmr:
        with caller(helmr) as http:
            token = http.post("/api/tokens", json={}).json()
            session = start(http, "waits")["session"]["id"]
            scope = {
                "type": "session.input.send",
                "session": {"type": "id", "id": session},
                "stream": "messages",
            }
            public = http.post("/api/public-access-tokens", json={"scope": scope}).json()
        secret = token["callback_url"].rpartition("/")[2]
        httpx.post(token["callback_url"], json={"data": 1}, trust_env=False).raise_for_status()
    # A request may be logged after its response, but before the server has stopped.
    shown = (
        repr(helmr)
        + str(helmr)
        + "".join(record.getMessage() for record in caplog.records if record.name.startswith("helmr_local"))
    )
    assert "POST /api/v1/tokens/" in shown
    hidden = [
        helmr.api_key,
        token["public_access_token"],
        secret,
        public["public_access_token"],
        "hidden-value",
    ]
    for text in hidden:
        assert text not in shown
    stored = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    for text in hidden:
        assert text.encode() not in stored


def test_a_key_has_the_scopes_it_was_created_with(helmr: LocalHelmr) -> None:
    with caller(helmr, helmr.create_api_key(["runs:read"])) as http:
        assert http.get("/api/runs").status_code == 200
        assert http.get("/api/tokens").status_code == 403
    with pytest.raises(ValueError, match="unknown scope 'runs:write'"):
        helmr.create_api_key(["runs:write"])


def test_an_expired_key_is_unknown(helmr: LocalHelmr) -> None:
    old = helmr.create_api_key(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    new = helmr.create_api_key(expires_at=datetime.now(UTC) + timedelta(hours=1))
    with caller(helmr, old) as http:
        assert http.get("/api/tasks").status_code == 401
    with caller(helmr, new) as http:
        assert http.get("/api/tasks").status_code == 200
    with pytest.raises(ValueError, match="time zone"):
        helmr.create_api_key(expires_at=datetime(2030, 1, 1))  # it must be rejected


def test_environments_are_isolated(helmr: LocalHelmr, http: httpx.Client) -> None:
    started = start(http, "waits", external_id="same", idempotency_key="same")
    token = http.post("/api/tokens", json={"idempotency_key": "same"}).json()
    session, run = started["session"]["id"], started["run"]["id"]
    with caller(helmr, helmr.create_api_key(environment="other")) as other:
        for path in (
            f"/api/sessions/{session}",
            f"/api/sessions/{session}/inputs/messages",
            "/api/sessions/by-external-id?external_id=same",
            f"/api/runs/{run}",
            f"/api/runs/{run}/events",
            f"/api/runs/{run}/logs",
            f"/api/tokens/{token['id']}",
        ):
            assert other.get(path).status_code == 404, path
        assert other.get("/api/sessions").json() == {"sessions": []}
        assert other.get("/api/runs?status=all").json() == {"runs": []}
        assert other.get("/api/tokens").json() == {"tokens": []}
        twin = start(other, "waits", external_id="same", idempotency_key="same")
        assert twin["session"]["id"] != session
        assert other.post("/api/tokens", json={"idempotency_key": "same"}).json()["id"] != token["id"]


# Faults of real servers ---------------------------------------------------------------------------------


def test_a_start_in_flight_returns_202(helmr: LocalHelmr, http: httpx.Client) -> None:
    body = {"task_id": "waits", "idempotency_key": "k"}
    with helmr.start_in_flight("waits", "k"):
        for path in ("/api/sessions", "/api/sessions/start-and-wait"):
            response = http.post(path, json=body)
            assert (response.status_code, response.headers["retry-after"]) == (202, "1")
            assert response.json() == {"error": "session_start_pending", "code": "idempotency_pending"}
        assert http.get("/api/sessions").json() == {"sessions": []}
    assert http.post("/api/sessions", json=body).status_code == 201


def test_a_lost_worker_fails_the_run(helmr: LocalHelmr, http: httpx.Client) -> None:
    started = start(http, "waits")
    run = started["run"]["id"]
    with http.stream("GET", f"/api/runs/{run}/logs", params={"follow": "1"}) as response:
        lines = response.iter_lines()
        while http.get(f"/api/sessions/{started['session']['id']}").json()["activity"] != "waiting":
            next(lines)
    assert helmr.lose_worker(run)
    assert http.get(f"/api/runs/{run}").json()["status"] == "failed"
    kinds = [event["kind"] for event in http.get(f"/api/runs/{run}/events").json()["events"]]
    assert kinds == ["run.created", "run.failed", "run.execution_lost"]
    assert not helmr.lose_worker(run)


def test_a_sweep_can_be_triggered(helmr: LocalHelmr, http: httpx.Client) -> None:
    token = http.post("/api/tokens", json={"timeout": "1ns"}).json()["id"]
    helmr.sweep()
    assert http.get(f"/api/tokens/{token}").json()["status"] == "expired"


# The wire -----------------------------------------------------------------------------------------------


def test_a_body_without_content_length_must_not_exceed_the_limit() -> None:
    def chunks() -> Iterator[bytes]:
        yield b'{"data":"'
        for _ in range(20):
            yield b"x" * 100
        yield b'"}'

    with LocalHelmr(settings=LocalSettings(body_limit=1_000)) as helmr, caller(helmr) as http:
        response = http.post("/api/tokens", content=chunks())
        assert response.status_code == 400
        assert response.json() == {"error": "invalid token create request JSON: http: request body too large"}
        response = http.post("/api/tokens", content=b"x" * 1_001)
        assert (response.status_code, response.json()) == (413, {"error": "request body is too large"})
        assert "helmr-api-version" not in response.headers
        assert http.post("/api/tokens", content=b"{}").status_code == 201


def test_a_client_that_disconnects_does_not_affect_the_run(helmr: LocalHelmr, http: httpx.Client) -> None:
    started = start(http, "waits")
    run = started["run"]["id"]
    for _ in range(5):
        with (
            caller(helmr) as own,
            own.stream("GET", f"/api/runs/{run}/events", params={"follow": "1"}) as response,
        ):
            assert next(response.iter_lines()) == "id: 1"
    http.post(f"/api/sessions/{started['session']['id']}/inputs/messages", json={"data": {"n": 1}})
    assert finished(http, started)["status"] == "succeeded"


def test_the_data_of_a_token_is_returned_as_sent(http: httpx.Client) -> None:
    data = {"html": "<a href='x'>&</a>", "line": "\u2028\u2029", "big": 12345678901234567890}
    token = http.post("/api/tokens", json={}).json()["id"]
    content = json.dumps({"data": data | {"exact": 0}}).replace('"exact": 0', '"exact": 1.00').encode()
    response = http.post(f"/api/tokens/{token}/complete", content=content)
    assert b"\\u003ca href='x'\\u003e\\u0026\\u003c/a\\u003e" in response.content
    assert b'"exact":1.00' in response.content
    assert response.json()["token"]["data"] == data | {"exact": 1.0}


def test_run_cancelled_is_not_an_ordinary_exception() -> None:
    assert not issubclass(RunCancelled, Exception)
