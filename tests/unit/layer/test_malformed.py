"""A malformed response raises nothing but a `HelmrError`, immediately or on attribute access.

Replaces each field of each response by values of every JSON type, then reads every attribute of the result.
Sync and async alike.
"""

from __future__ import annotations

import copy
import functools
import inspect
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest

from helmr_ergonomic import SendInput, errors
from helmr_ergonomic.errors import HelmrError, UnexpectedResponseError

from . import responses as bodies  # words: allow
from .driver import Driver
from .responses import OTHER_ID, RUN_ID, SESSION_ID, TIME, TOKEN_ID  # words: allow

DEEP = "[" * 100_000
WRONG: list[Any] = [
    None,
    True,
    5,
    -1,
    1.5,
    10**400,
    1e308,
    "",
    "x",
    "9" * 5_000,
    "\ud800",
    "2026-13-45T99:00:00Z",
    [],
    [None],
    {},
    {"a": [{}]},
]

SESSION_RUN = {
    "id": OTHER_ID,
    "run_id": RUN_ID,
    "deployment_id": OTHER_ID,
    "turn_index": 0,
    "status": "succeeded",
    "execution_status": "finished",
    "terminal_outcome": "succeeded",
    "created_at": TIME,
    "ended_at": TIME,
    "previous_run_id": RUN_ID,
}
STREAM = {
    "id": OTHER_ID,
    "session_id": SESSION_ID,
    "name": "approval",
    "direction": "input",
    "sequence": 3,
    "metadata": {},
    "created_at": TIME,
}
OPERATION = {
    "id": OTHER_ID,
    "run_id": RUN_ID,
    "kind": "cancel",
    "status": "applied",
    "created_at": TIME,
}
TASK = {
    "id": OTHER_ID,
    "task_id": "t",
    "bundle_format_version": 1,
    "queue_name": "q",
    "ttl": "1h",
    "concurrency_limit": 1,
    "created_at": TIME,
}
FAILED = bodies.event(
    1,
    "run.failed",
    {"failure_kind": "task_failed", "detail": {"exit_code": 3, "message": "x"}, "retry_after": TIME},
)
RETRY = bodies.event(2, "run.retry_scheduled", {"delay_ms": 5, "retry_after": TIME})
PUBLIC = {
    "id": OTHER_ID,
    "public_access_token": "hlmr_pat_x",
    "scope": {
        "type": "session.input.send",
        "session": {"type": "id", "id": SESSION_ID},
        "stream": "s",
        "correlation_id": "c",
    },
    "expires_at": TIME,
    "created_at": TIME,
    "max_uses": 1,
}
LOGS = {
    "stdout_base64": "eA==",
    "stderr_base64": "eA==",
    "cursor": "1",
    "stdout_bytes": 1,
    "stderr_bytes": 1,
    "truncated": False,
}
COUNTS = dict.fromkeys(("queued", "running", "waiting", "succeeded", "failed", "cancelled", "expired"), 1)

CASES: dict[str, tuple[Any, Callable[[Any], Any]]] = {
    "run": (bodies.run("succeeded", output={"a": 1}), lambda c: c.runs.retrieve(RUN_ID)),
    "runs": ({"runs": [bodies.run()]}, lambda c: c.runs.list()),
    "counts": (COUNTS, lambda c: c.runs.counts()),
    "cancel": (
        {"run": bodies.run("cancelled"), "operation": OPERATION},
        lambda c: c.runs.cancel(RUN_ID),
    ),
    "events": (
        {"events": [FAILED, RETRY], "cursor": 0, "next_cursor": None},
        lambda c: c.runs.events.list(RUN_ID),
    ),
    "logs": (LOGS, lambda c: c.runs.logs.retrieve(RUN_ID)),
    "start": (bodies.start("succeeded"), lambda c: c.sessions.start("t")),
    "session": (
        bodies.session(external_id="x", tags=["a"], expires_at=TIME, terminal_reason={"reason": "r"}),
        lambda c: c.sessions.retrieve(SESSION_ID),
    ),
    "sessions": ({"sessions": [bodies.session()]}, lambda c: c.sessions.list()),
    "session runs": ({"runs": [SESSION_RUN]}, lambda c: c.sessions.runs(SESSION_ID)),
    "session streams": ({"streams": [STREAM]}, lambda c: c.sessions.streams(SESSION_ID)),
    "append": (
        bodies.appended(1, 1, continuation_status="created"),
        lambda c: c.sessions.open(SESSION_ID).input("s").send(1),
    ),
    "records": (
        {"records": [bodies.record(1, correlation_id="c")]},
        lambda c: c.sessions.open(SESSION_ID).output("s").list(),
    ),
    "read": ({"record": bodies.record(1)}, lambda c: c.sessions.open(SESSION_ID).output("s").read()),
    "token": (
        bodies.token("completed", data=1, tags=["a"], callback_url="u", public_access_token="p"),
        lambda c: c.tokens.retrieve(TOKEN_ID),
    ),
    "tokens": ({"tokens": [bodies.token()], "next_cursor": None}, lambda c: c.tokens.list()),
    "token wait": (bodies.token("completed", data=1), lambda c: c.tokens.wait(TOKEN_ID)),
    "completion": (
        {"status": "completed", "token": bodies.token("completed")},
        lambda c: c.tokens.complete(TOKEN_ID),
    ),
    "tasks": ({"tasks": [TASK]}, lambda c: c.tasks.list()),
    "public token": (PUBLIC, lambda c: c.auth.create_public_token(SendInput(SESSION_ID, "s"))),
    "health": ({"status": "ok"}, lambda c: c.health.live()),
    "readiness": ({"status": "ready"}, lambda c: c.health.ready()),
}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value in a JSON value, itself included."""
    yield path
    if isinstance(value, dict):
        for key, inside in value.items():
            yield from places(inside, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from places(item, (*path, index))


MISSING = object()


def changed(value: Any, path: tuple[Any, ...], wrong: Any) -> Any:
    """Return a copy of the value with one part replaced or removed."""
    if not path:
        return None if wrong is MISSING else wrong
    step, *inside = path
    made = copy.copy(value)
    if inside or wrong is not MISSING:
        made[step] = changed(value[step], tuple(inside), wrong)
    else:
        del made[step]
    return made


@functools.cache
def attributes(kind: type) -> list[str]:
    """Return the names of the public attributes of a type that are no methods."""
    public = (name for name in dir(kind) if not name.startswith("_"))
    return [name for name in public if not inspect.isfunction(getattr(kind, name, None))]


def read(value: Any, depth: int = 0) -> None:
    """Read every public attribute of a Helmr object, recursively."""
    repr(value)
    if isinstance(value, (list, tuple)):
        for item in value:
            read(item, depth)
    elif type(value).__module__.startswith("helmr") and not isinstance(value, Exception) and depth < 4:
        for name in attributes(value.__class__):
            try:
                found = getattr(value, name)
            except HelmrError:
                continue
            read(found, depth + 1)
        assert value == value
        hash(value)


def made(drive: Driver, result: Any) -> Any:
    """Return a call's result, or the items of a list."""
    return drive.items(result) if hasattr(result, "all") else drive(result)


def creates(request: httpx.Request) -> bool:
    """True if the operation's only success status is 201."""
    return request.method == "POST" and any(
        part in request.url.path for part in ("/public-access-tokens", "/inputs/")
    )


class Server:
    """Responds to every request with the same body."""

    def __init__(self, body: Any = None) -> None:
        self.body = body

    def __call__(self, request: httpx.Request) -> httpx.Response:
        text = self.body if isinstance(self.body, str) else json.dumps(self.body)
        return httpx.Response(
            201 if creates(request) else 200,
            content=text.encode(errors="surrogatepass"),
            headers={"content-type": "application/json"},
        )


@pytest.mark.sends_invalid_requests("a cursor of the server's is sent back as it came")
@pytest.mark.parametrize("case", CASES)
def test_a_malformed_response_raises_nothing_but_a_helmr_error(
    drive: Driver, naps: list[float], case: str
) -> None:
    body, call = CASES[case]
    server = Server()
    client = drive.client(server, max_retries=0)
    for path in places(body):
        for wrong in (*WRONG, MISSING):
            server.body = changed(body, path, wrong)
            try:
                read(made(drive, call(client)))
            except HelmrError:
                continue
            except Exception as exc:
                shown = repr(wrong)[:40]
                pytest.fail(f"{case}: {path} = {shown} raised {type(exc).__name__}: {exc}")


@pytest.mark.parametrize("case", CASES)
def test_the_unchanged_response_is_valid(drive: Driver, case: str) -> None:
    """The unchanged responses are valid, so only the planted change can cause an error above."""
    body, call = CASES[case]
    found = made(drive, call(drive.client(Server(body))))
    assert found
    read(found)


@pytest.mark.parametrize(
    "text", [DEEP, '{"a":' * 50_000, '"\\', "nul", "[1,]", "\x00", "1" * 10_000, "1e999"]
)
def test_a_body_that_is_not_json_is_a_helmr_error(drive: Driver, text: str) -> None:
    client = drive.client(Server(text), max_retries=0)
    for _, call in CASES.values():
        with pytest.raises(UnexpectedResponseError):
            made(drive, call(client))


@pytest.mark.parametrize(
    "text", [DEEP, '{"error": ' + DEEP, '{"error": 5, "code": []}', "\xff", "[]", "1" * 10_000]
)
def test_an_error_keeps_its_status_whatever_its_body_is(drive: Driver, text: str) -> None:
    def server(request: httpx.Request) -> httpx.Response:
        return httpx.Response(
            500, content=text.encode("latin1"), headers={"content-type": "application/json"}
        )

    client = drive.client(server, max_retries=0)
    calls: list[Callable[..., Any]] = [
        lambda c: c.runs.retrieve(RUN_ID),
        lambda c: c.tokens.complete(TOKEN_ID, 1),
        lambda c: c.sessions.start("t"),
    ]
    for call in calls:
        with pytest.raises(errors.ServerError) as caught:
            drive(call(client))
        assert (caught.value.status, caught.value.code) == (500, None)


@pytest.mark.parametrize(
    "data", [DEEP, '{"id": "' + "9" * 5_000 + '"}', "5", '{"id": "1", "kind": 5}', '{"id": true}']
)
def test_an_invalid_event_ends_a_wait_and_a_follow(drive: Driver, naps: list[float], data: str) -> None:
    def server(request: httpx.Request) -> httpx.Response:
        if request.url.params.get("follow") == "1":
            content = f"id: 1\ndata: {data}\n\n".encode()
            return httpx.Response(200, content=content, headers={"content-type": "text/event-stream"})
        return httpx.Response(200, json=bodies.run("running"))

    runs = drive.client(server).runs
    calls: list[Callable[..., Any]] = [
        lambda: drive(runs.wait(RUN_ID)),
        lambda: drive.items(runs.events.follow(RUN_ID)),
        lambda: drive.items(runs.logs.follow(RUN_ID)),
    ]
    for call in calls:
        with pytest.raises(UnexpectedResponseError, match="not an event"):
            call()


@pytest.mark.parametrize("field", ["content_base64", "stream", "run_lease_id", "attempt_number", "at"])
def test_a_malformed_log_chunk_raises_nothing_but_a_helmr_error(
    drive: Driver, naps: list[float], field: str
) -> None:
    chunk = bodies.log_chunk(1, b"x")

    def server(request: httpx.Request) -> httpx.Response:
        if "/logs" in request.url.path:
            content = f"id: 1\ndata: {json.dumps(chunk)}\n\n".encode()
            return httpx.Response(200, content=content, headers={"content-type": "text/event-stream"})
        return httpx.Response(200, json=bodies.run("succeeded"))

    runs = drive.client(server).runs
    for wrong in WRONG:
        chunk[field] = wrong
        with suppress(UnexpectedResponseError):
            read(drive.items(runs.logs.follow(RUN_ID)))
