"""Task code and requests that try to bring helmr_local down."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import time
from typing import Any

import httpx
import pytest

from helmr_ergonomic import InputStream, task
from helmr_local import AsyncTaskContext, LocalHelmr, TaskContext, implement
from helmr_local import server as server_module
from helmr_local.wire.jsontext import MAX_DEPTH

NOTES = InputStream("notes")
REACHED = threading.Event()
LET_GO = threading.Event()


@implement(task("echo", payload=object, output=object), inputs=[NOTES])
def echo(ctx: TaskContext[object]) -> Any:
    return ctx.payload


@implement(task("exits", payload=object, output=object))
def exits(ctx: TaskContext[object]) -> Any:
    sys.exit(ctx.payload)  # type: ignore[arg-type]  # whatever the test sends


@implement(task("exits-async", payload=object, output=object))
async def exits_async(ctx: AsyncTaskContext[object]) -> Any:
    sys.exit(ctx.payload)  # type: ignore[arg-type]  # whatever the test sends


@implement(task("never-cancelled", output=object))
async def never_cancelled(ctx: AsyncTaskContext[None]) -> Any:
    REACHED.set()
    while not LET_GO.is_set():
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            continue


@implement(task("blocks-the-loop", output=object))
async def blocks_the_loop(ctx: AsyncTaskContext[None]) -> Any:
    REACHED.set()
    LET_GO.wait(30)  # this blocks on purpose


@pytest.fixture(autouse=True)
def events() -> Any:
    REACHED.clear()
    LET_GO.clear()
    yield
    LET_GO.set()


def caller(helmr: LocalHelmr) -> httpx.Client:
    return httpx.Client(base_url=helmr.url, headers={"Authorization": f"Bearer {helmr.api_key}"}, timeout=20)


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


@pytest.mark.parametrize("task_id", ["exits", "exits-async"])
@pytest.mark.parametrize(
    ("code", "status", "exit_code"), [(3, "failed", 3), (0, "succeeded", 0), (None, "succeeded", 0)]
)
def test_sys_exit_sets_the_exit_code_of_the_run(
    task_id: str, code: int | None, status: str, exit_code: int
) -> None:
    with LocalHelmr(tasks=[exits, exits_async]) as helmr, caller(helmr) as http:
        body = {"task_id": task_id, "payload": code}
        run = http.post("/api/sessions/start-and-wait", json=body).json()["run"]
    assert (run["status"], run["exit_code"]) == (status, exit_code)


def test_sys_exit_with_a_string_fails_with_that_message() -> None:
    with LocalHelmr(tasks=[exits]) as helmr, caller(helmr) as http:
        body = {"task_id": "exits", "payload": "no such branch"}
        run = http.post("/api/sessions/start-and-wait", json=body).json()["run"]
        events = http.get(f"/api/runs/{run['id']}/events").json()["events"]
    assert events[-1]["attributes"]["detail"] == {"message": "no such branch"}


def test_a_task_that_swallows_its_cancellation_does_not_delay_the_stop(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with LocalHelmr(tasks=[never_cancelled]) as helmr, caller(helmr) as http:
        started = http.post("/api/sessions", json={"task_id": "never-cancelled"}).json()
        assert REACHED.wait(10)
        began = time.monotonic()
        helmr.stop()
    assert time.monotonic() - began < 8
    assert f"run {started['run']['id']} did not stop" in caplog.text


def test_an_async_task_that_blocks_the_server_does_not_delay_the_stop(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(server_module, "STOP_SECONDS", 0.2)
    helmr = LocalHelmr(tasks=[blocks_the_loop]).start()
    with caller(helmr) as http:
        http.post("/api/sessions", json={"task_id": "blocks-the-loop"})
        assert REACHED.wait(10)
    with caplog.at_level(logging.WARNING, "helmr_local"):
        helmr.stop()
    assert "an async task blocks it" in caplog.text
    LET_GO.set()
    monkeypatch.setattr(server_module, "STOP_SECONDS", 10.0)
    helmr.stop()  # it can stop now
    with pytest.raises(RuntimeError, match="not running"):
        helmr.create_api_key()


@pytest.mark.parametrize("number", ["1e999", "-1e999", "1e-999", "123456789012345678901234567890.5"])
def test_a_number_outside_the_float_range_is_stored(number: str) -> None:
    with LocalHelmr(tasks=[echo]) as helmr, caller(helmr) as http:
        token = http.post("/api/tokens", json={}).json()["id"]
        assert http.post(f"/api/tokens/{token}/complete", content=f'{{"data":[{number}]}}').status_code == 200
        refused = http.post("/api/sessions", content=f'{{"task_id":"echo","payload":["\\u0000",{number}]}}')
        assert refused.status_code == 400


def test_values_can_be_nested_up_to_the_maximum_depth() -> None:
    with LocalHelmr(tasks=[echo]) as helmr, caller(helmr) as http:
        payload, field = nested(MAX_DEPTH - 1), nested(MAX_DEPTH - 2)
        text = f'{{"task_id":"echo","payload":{payload},"metadata":{{"a":{field}}}}}'
        response = http.post("/api/sessions/start-and-wait", content=text)
        assert response.json()["run"]["status"] == "succeeded"
        session = response.json()["session"]["id"]
        record = f'{{"data":{nested(MAX_DEPTH - 1)}}}'
        assert http.post(f"/api/sessions/{session}/inputs/notes", content=record).status_code == 201
        assert http.get(f"/api/sessions/{session}/inputs/notes").status_code == 200


@pytest.mark.parametrize("depth", [MAX_DEPTH, 900, 10_000])
@pytest.mark.parametrize("other", ["", "\\ud800", "é"])
def test_values_nested_too_deeply_get_400(depth: int, other: str) -> None:
    with LocalHelmr(tasks=[echo]) as helmr, caller(helmr) as http:
        session = http.post("/api/sessions", json={"task_id": "echo"}).json()["session"]["id"]
        for method, path, field in (
            ("POST", "/api/sessions", "payload"),
            ("POST", "/api/sessions", "METADATA"),
            ("PATCH", f"/api/sessions/{session}", "metadata"),
            ("POST", f"/api/sessions/{session}/inputs/notes", "data"),
            ("POST", f"/api/sessions/{session}/close", "reason"),
            ("POST", "/api/tokens", "timeout"),
            ("POST", "/api/public-access-tokens", "scope"),
        ):
            body = f'{{"other":"{other}","{field}":{nested(depth)}}}'.encode()
            response = http.request(method, path, content=body)
            assert (response.status_code, "exceeded max depth" in response.text) == (400, True), (
                path,
                response.text,
            )
