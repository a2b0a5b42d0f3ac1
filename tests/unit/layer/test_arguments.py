"""Invalid arguments raise a clear `HelmrError` before any request, sync and async.

Calls every public method with each parameter invalid in turn. New methods are covered automatically; a new
parameter fails the test until `RIGHT` has a valid value for it.
"""

from __future__ import annotations

import datetime as dt
import inspect
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from typing import Any

import httpx
import pytest

from helmr_api.model import Model
from helmr_ergonomic import (
    AsyncSend,
    InputStream,
    OutputStream,
    ReadOutput,
    RetryBackoff,
    RetryPolicy,
    Send,
    SendInput,
    idempotency_keys,
    task,
)
from helmr_ergonomic._sessions import StartOptions
from helmr_ergonomic.durations import parse_duration
from helmr_ergonomic.errors import ArgumentError, HelmrError

from . import responses as bodies  # words: allow
from .driver import URL, Driver
from .responses import OTHER_ID, RUN_ID, SESSION_ID, TOKEN_ID, ok  # words: allow

CALLBACK = f"{URL}/api/v1/tokens/{TOKEN_ID}/callback/hlmr_callback_{'c' * 43}"

RIGHT: dict[str, Any] = {
    "after": TOKEN_ID,
    "after_sequence": 1,
    "callback_url": CALLBACK,
    "concurrency": 2,
    "concurrency_key": "k",
    "content_type": "application/json",
    "correlation_id": "c",
    "cursor": "1",
    "data": {"a": 1},
    "expires_at": dt.datetime(2030, 1, 1, tzinfo=dt.UTC),
    "external_id": "x",
    "force": True,
    "idempotency_key": "k",
    "idempotency_key_ttl": "1h",
    "idempotency_keys": ["k"],
    "items": [{"a": 1}],
    "limit": 10,
    "max_duration": dt.timedelta(minutes=1),
    "max_retries": 0,
    "max_uses": 1,
    "metadata": {"a": 1},
    "page_size": 10,
    "payload": {"a": 1},
    "payloads": [],
    "priority": 1,
    "public_access_token": "hlmr_pat_x",
    "queue": "q",
    "raise_on_timeout": True,
    "reason": "r",
    "retry": RetryPolicy(2),
    "run": RUN_ID,
    "scope": SendInput(SESSION_ID, "s"),
    "session": SESSION_ID,
    "status": "open",
    "stream": "s",
    "tags": ["a"],
    "task": task("t"),
    "timeout": 1.0,
    "timeout_seconds": 1.0,
    "token": TOKEN_ID,
    "ttl": "1h",
    "type": None,
    "workspace_id": OTHER_ID,
}
"""A valid value for every parameter."""

FREE = {"data", "payload"}
"""Parameters that accept any JSON value."""

HALF = "\ud800"
WRONG: list[Any] = [
    object(),
    5,
    -1,
    1.5,
    float("nan"),
    float("inf"),
    10**400,
    True,
    "",
    "x\x00",
    HALF,
    b"bytes",
    [],
    [1],
    [HALF],
    {},
    {"a": object()},
    {1: 2},
    uuid.UUID(int=1),
    dt.date(2030, 1, 1),
    dt.datetime(1, 1, 1),
    dt.timedelta.max,
    "99999999999999999999d",
    "9" * 5_000,
    Decimal("NaN"),
    httpx.URL(URL),
    lambda: None,
    str,
]
"""Values that are invalid for most parameters. None may raise anything but a `HelmrError`."""


class Server:
    """Responds to every request with an object that has every field, so that each call succeeds."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.url.params.get("follow") == "1":
            return httpx.Response(404, json={"error": "run not found"})
        return ok(
            {
                **bodies.token("completed", data=1),
                **bodies.session("closed"),
                **bodies.run("succeeded"),
                **bodies.start("succeeded"),
                **bodies.appended(2),
                "records": [],
                "events": [],
                "cursor": 0,
                "tokens": [],
                "tasks": [],
                "sessions": [],
                "runs": [],
                "streams": [],
            }
        )


Method = Callable[..., Any]


def methods(drive: Driver, server: Server) -> Iterator[tuple[str, Method]]:
    """Yield every public method of every resource and handle, with its name."""
    client, public = drive.client(server, max_retries=0), drive.public(server)
    places = {
        "client": client,
        "sessions": client.sessions,
        "runs": client.runs,
        "runs.events": client.runs.events,
        "runs.logs": client.runs.logs,
        "tokens": client.tokens,
        "tasks": client.tasks,
        "auth": client.auth,
        "health": client.health,
        "session": client.sessions.open(SESSION_ID),
        "input": client.sessions.open(SESSION_ID).input("s"),
        "output": client.sessions.open(SESSION_ID).output("s"),
        "run": drive(client.runs.retrieve(RUN_ID)),
        "token": drive(client.tokens.create()),
        "public": public,
        "public session": public.open(SESSION_ID),
        "public input": public.open(SESSION_ID).input("s"),
        "public output": public.open(SESSION_ID).output("s"),
    }
    for place, of in places.items():
        for name, method in inspect.getmembers(of, callable):
            if not name.startswith("_") and not hasattr(Model, name):
                yield f"{place}.{name}", method


def parameters(method: Method) -> dict[str, bool]:
    """Return the parameters of a method, each with True if it is required."""
    found: dict[str, bool] = {}
    for parameter in inspect.signature(method).parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            found.update(dict.fromkeys(StartOptions.__annotations__, False))
        else:
            found[parameter.name] = parameter.default is parameter.empty
    return found


def arguments(name: str, needed: dict[str, bool], wrong: str, value: Any) -> dict[str, Any]:
    """Return the arguments of a call, one of them invalid."""
    given = {parameter: RIGHT[parameter] for parameter, must in needed.items() if must}
    if "external_id" in needed and "session" in needed and wrong != "external_id":
        given["session"] = RIGHT["session"]
    if name == "tokens.complete" and wrong != "callback_url":
        given["token"] = RIGHT["token"]
    if wrong == "idempotency_key_ttl":
        given["idempotency_key"] = RIGHT["idempotency_key"]
    if name.endswith(("send_many", "append_many")):
        given["items"] = RIGHT["items"]
    return {**given, wrong: value}


def called(method: Method, given: dict[str, Any]) -> Callable[[], Any]:
    """Bind these arguments to a method, positional-only ones by position."""
    found = inspect.signature(method).parameters.values()
    places = [one.name for one in found if one.kind is one.POSITIONAL_ONLY and one.name in given]
    named = {name: value for name, value in given.items() if name not in places}
    return partial(method, *(given[name] for name in places), **named)


def outcome(drive: Driver, call: Callable[[], Any]) -> HelmrError | None:
    """Return the `HelmrError` that a call raises until its result is fully read. Other exceptions
    propagate."""
    try:
        result = call()
        if hasattr(result, "__aiter__") or hasattr(result, "__next__") or hasattr(result, "all"):
            drive.items(result, most=3)
        else:
            drive(result)
    except HelmrError as error:
        return error
    return None


def shown(value: Any) -> str:
    return repr(value)[:40]


@pytest.mark.sends_invalid_requests("what only the server can judge is sent as it is")
def test_an_invalid_argument_raises_nothing_but_a_helmr_error(drive: Driver, naps: list[float]) -> None:
    server = Server()
    tried = 0
    for name, method in methods(drive, server):
        needed = parameters(method)
        unknown = needed.keys() - RIGHT.keys() - {"batch", "http_client"}
        assert not unknown, f"{name}: say what is right for {unknown}"
        for parameter in needed.keys() & RIGHT.keys():
            for value in WRONG:
                given = arguments(name, {n: m for n, m in needed.items() if n in RIGHT}, parameter, value)
                if "batch" in needed:
                    given["batch"] = []
                server.requests.clear()
                try:
                    error = outcome(drive, called(method, given))
                except Exception as exc:
                    pytest.fail(f"{name}({parameter}={shown(value)}) raised {type(exc).__name__}: {exc}")
                tried += 1
                if isinstance(error, ArgumentError):
                    assert not server.requests, f"{name}({parameter}={shown(value)}) sent something"
                    assert str(error), "the error says what is wrong"
                if type(value) is object and parameter not in FREE | {"type"}:
                    assert error is not None, f"{name}({parameter}={shown(value)}) was taken"
                    assert not server.requests, f"{name}({parameter}={shown(value)}) sent something"
    assert tried > 4_000


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda c: c.sessions.start("t", idempotency_key=uuid.UUID(int=1)), r"not UUID: pass str\(key\)"),
        (lambda c: c.sessions.start("t", idempotency_key=42), r"not int: pass str\(key\)"),
        (lambda c: c.sessions.start("t", tags=[1]), r"tags\[0\] must be a string, not int"),
        (lambda c: c.sessions.start("t", tags={"a": 1}), "tags must be a list, not dict"),
        (lambda c: c.sessions.start("t", expires_at=dt.date(2030, 1, 1)), "expires_at must be a datetime"),
        (lambda c: c.sessions.start("t", expires_at=1_900_000_000), "expires_at must be a datetime"),
        (lambda c: c.sessions.start("t", queue=5), "queue.name must be a string, not int"),
        (lambda c: c.sessions.start("t", priority="high"), "priority must be an integer, not str"),
        (lambda c: c.sessions.start("t", concurrency_key=5), "concurrency_key must be a string, not int"),
        (lambda c: c.sessions.list(limit="10").all(), "limit must be an integer, not str"),
        (lambda c: c.sessions.list(task=5), "task must be an id or an object with an id, got int"),
        (lambda c: c.sessions.list(status=5).all(), "status must be a string, not int"),
        (lambda c: c.sessions.close(SESSION_ID, reason=5), "reason must be a string, not int"),
        (lambda c: c.runs.cancel(RUN_ID, force="no"), "force must be True or False, not str"),
        (
            lambda c: c.runs.cancel(RUN_ID, idempotency_key=uuid.UUID(int=1)),
            "idempotency_key must be a string",
        ),
        (lambda c: c.runs.retrieve(RUN_ID, task="t"), "task must be a task definition, not str"),
        (lambda c: c.runs.wait(RUN_ID, timeout=None.__class__), "timeout must be seconds, a timedelta or"),
        (lambda c: c.runs.wait(RUN_ID, timeout=True), "timeout must be seconds"),
        (
            lambda c: c.runs.events.list(RUN_ID, cursor=1.5),
            "cursor must be the id of an event or chunk, got float",
        ),
        (lambda c: c.tokens.create(idempotency_key=5), "idempotency_key must be a string, not int"),
        (lambda c: c.tokens.complete(callback_url=5), "callback_url must be a string, not int"),
        (
            lambda c: c.tokens.complete(TOKEN_ID, public_access_token=5),
            "public access token must be a string",
        ),
        (lambda c: c.auth.create_public_token("s"), "scope must be a SendInput or a ReadOutput, not str"),
        (
            lambda c: c.auth.create_public_token(SendInput(SESSION_ID, "s"), max_uses="5"),
            "max_uses must be an integer, not str",
        ),
        (
            lambda c: c.auth.create_public_token(SendInput(SESSION_ID, "s", correlation_id=5)),  # type: ignore[arg-type]
            "scope.correlation_id must be a string, not int",
        ),
        (
            lambda c: c.sessions.open(SESSION_ID).input("s").send(1, correlation_id=5),
            "correlation_id must be",
        ),
        (
            lambda c: c.sessions.open(SESSION_ID).input("s").send_many([1, 2], idempotency_keys=["a", 5]),
            "idempotency_key must be a string, not int",
        ),
        (lambda c: c.sessions.open(SESSION_ID).input("s").send_many(5), "items must be a list, not int"),
        (lambda c: c.sessions.send_batch(5), "batch must be a list, not int"),
        (lambda c: c.sessions.send_batch([5]), r"batch\[0\] must be one \w*Send, got int"),
        (lambda c: c.sessions.send_batch([], concurrency="8"), "concurrency must be an integer between 1"),
        (lambda c: c.with_options(timeout="5"), "timeout must be a positive number of seconds"),
        (lambda c: c.with_options(timeout=httpx.Timeout(5, read=-1)), "the read part of timeout must be"),
        (lambda c: c.with_options(timeout=httpx.Timeout(5, read=float("nan"))), "the read part of timeout"),
        (lambda c: c.with_options(max_retries="5"), "max_retries must be 0 or more"),
    ],
)
def test_the_error_describes_the_invalid_argument(
    drive: Driver, call: Callable[[Any], Any], message: str
) -> None:
    server = Server()
    with pytest.raises(ArgumentError, match=message):
        drive(call(drive.client(server)))
    assert server.requests == []


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: task(5), "task id must match"),  # type: ignore[call-overload]
        (lambda: task("t", queue=5), "queue must match"),  # type: ignore[call-overload]
        (lambda: task("t", secrets=5), "secrets must be a list of names, got int"),  # type: ignore[call-overload]
        (lambda: task("t", secrets=[5]), "secret name must match"),  # type: ignore[list-item]
        (lambda: task("t", ttl=5), "ttl must be a timedelta"),  # type: ignore[call-overload]
        (lambda: task("t", max_duration="1s"), "must be a timedelta, or a string"),
        (lambda: task("t", max_duration=300), "must be a timedelta, or a string"),  # type: ignore[call-overload]
        (lambda: task("t", retry=3), "retry must be a RetryPolicy, not int"),  # type: ignore[call-overload]
        (lambda: task("t", concurrency_limit="3"), "concurrency_limit must be a positive integer"),  # type: ignore[call-overload]
        (lambda: InputStream(5), "stream name must match"),  # type: ignore[call-overload]
        (lambda: OutputStream(b"s"), "stream name must match"),  # type: ignore[call-overload]
        (lambda: RetryPolicy("3"), "maxAttempts must be an integer"),  # type: ignore[arg-type]
        (lambda: RetryBackoff(factor="2"), "factor must be a positive number"),  # type: ignore[arg-type]
        (lambda: SendInput(5, "s"), "session must be an id or an object with an id, got int"),  # type: ignore[arg-type]
        (lambda: SendInput(SESSION_ID, 5), "expected an input stream or its name"),  # type: ignore[arg-type]
        (lambda: ReadOutput(SESSION_ID, InputStream("s")), "expected an output stream or its name"),  # type: ignore[arg-type]
        (lambda: idempotency_keys.create(5), "must be a string or a non-empty list of strings"),  # type: ignore[arg-type]
        (lambda: idempotency_keys.create([1]), "must be a string or a non-empty list of strings"),  # type: ignore[list-item]
        (lambda: parse_duration(5), "must be a string, not int"),  # type: ignore[arg-type]
        (lambda: parse_duration("99999999999999d"), "too long for a timedelta"),
        (lambda: parse_duration("1" * 1_000 + "d"), "too long"),
    ],
)
def test_an_invalid_definition_is_rejected(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        make()


@pytest.mark.parametrize("timeout", [float("inf"), 1e12, 10**400, httpx.Timeout(1e12), "99999999999d"])
def test_a_timeout_longer_than_the_system_supports_means_no_limit(drive: Driver, timeout: Any) -> None:
    client = drive.client(Server())
    assert drive(
        client.runs.wait(RUN_ID, timeout=timeout if not isinstance(timeout, httpx.Timeout) else 5)
    ).is_success
    if not isinstance(timeout, str):
        made = client.with_options(timeout=timeout)
        assert drive(made.runs.retrieve(RUN_ID)).is_success
        assert set(made._transport.limits.steps.as_dict().values()) == {None}


def test_a_batch_is_validated_before_anything_is_sent(drive: Driver) -> None:
    server = Server()
    client = drive.client(server)
    kind = AsyncSend if drive.kind == "async" else Send
    to = client.sessions.open(SESSION_ID).input("s")
    for wrong in (kind(to, 1, 5), kind(to, 1, None, 5), kind("s", 1), kind(to, object())):  # type: ignore[arg-type]
        with pytest.raises(HelmrError):
            drive(client.sessions.send_batch([kind(to, 1), wrong]))
    assert server.requests == []
