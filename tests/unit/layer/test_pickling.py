"""Pickled results have no client; copies keep theirs. Sync and async alike."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from helmr_ergonomic import (
    InputStream,
    OutputStream,
    ReadOutput,
    RetryBackoff,
    RetryPolicy,
    SendInput,
    errors,
    idempotency_keys,
    task,
)
from helmr_ergonomic._tasks import MISSING
from helmr_ergonomic.errors import HelmrError

from . import responses as bodies  # words: allow
from .driver import KEY, Driver
from .responses import RUN_ID, SESSION_ID, TOKEN_ID, ok  # words: allow

greet = task("greet", payload=dict[str, str], output=dict[str, int], retry=RetryPolicy(2))
report = OutputStream("report", dict[str, int])
approval = InputStream("approval", dict[str, bool])


def server(request: httpx.Request) -> httpx.Response:
    path = request.url.path
    if path.endswith("/events"):
        return ok({"events": [bodies.event(1, "run.failed", {"failure_kind": "max_duration"})], "cursor": 0})
    if "/outputs/" in path:
        return ok({"record": bodies.record(1, {"a": 1})})
    if "/inputs/" in path:
        return ok(bodies.appended(1, {"a": True}), 201)
    if path.endswith("/cancel"):
        operation = {"id": RUN_ID, "run_id": RUN_ID, "kind": "cancel", "status": "applied"}
        return ok({"run": bodies.run("cancelled"), "operation": {**operation, "created_at": bodies.TIME}})
    if "/runs/" in path:
        return ok(
            bodies.run("failed" if "failed" in request.url.query.decode() else "succeeded", output={"a": 1})
        )
    if path.endswith("/complete"):
        return ok({"status": "completed", "token": bodies.token("completed")})
    if "/tokens" in path:
        return ok(bodies.token("completed", data={"a": 1}), 201 if request.method == "POST" else 200)
    if path == "/api/sessions":
        return ok(bodies.start("succeeded"), 201)
    return ok(bodies.session())


Get = Callable[[Driver, Any], Any]

SNAPSHOTS: dict[str, tuple[Get, Callable[[Any], Any]]] = {
    "run": (
        lambda d, c: d(c.runs.retrieve(RUN_ID, task=greet)),
        lambda run: (run.id, run.status, run.output),
    ),
    "start": (lambda d, c: d(c.sessions.start("t")), lambda s: (s.session, s.run, s.is_cached, s.timed_out)),
    "session": (lambda d, c: d(c.sessions.retrieve(SESSION_ID)), lambda s: (s.id, s.created_at, s.metadata)),
    "cancellation": (lambda d, c: d(c.runs.cancel(RUN_ID)), lambda x: (x.applied, x.run, x.operation_id)),
    "token": (lambda d, c: d(c.tokens.create()), lambda token: (token.id, token.data, token.timeout_at)),
    "wait result": (lambda d, c: d(c.tokens.wait(TOKEN_ID)), lambda result: (result.ok, result.data)),
    "event": (
        lambda d, c: d.items(c.runs.events.list(RUN_ID))[0],
        lambda e: (e.id, e.at, type(e)),
    ),
    "record": (
        lambda d, c: d(c.sessions.open(SESSION_ID).output(report).read()),
        lambda record: (record.sequence, record.data, record.created_at),
    ),
    "sent": (
        lambda d, c: d(c.sessions.open(SESSION_ID).input(approval).send({"a": True})),
        lambda record: (record.data, record.idempotency_status),
    ),
    "handle": (lambda d, c: c.sessions.open(external_id="x"), lambda handle: handle.address),
    "input": (lambda d, c: c.sessions.open(SESSION_ID).input(approval), lambda i: (i.address, i.stream.name)),
    "task": (lambda d, c: greet, lambda t: (t.id, t.retry, t.payload_type, t.decode_output({"a": 1}))),
    "stream": (lambda d, c: report, lambda s: (s.name, s.type, s.decode({"a": 1}))),
    "policy": (lambda d, c: RetryPolicy(3, backoff=RetryBackoff(min_ms=1)), lambda policy: policy.to_wire()),
    "key": (lambda d, c: idempotency_keys.create(["a", "b"]), lambda key: key.value),
    "scope": (
        lambda d, c: SendInput(SESSION_ID, "s"),
        lambda scope: (scope.address, scope.type),
    ),
    "other scope": (lambda d, c: ReadOutput(external_id="x", stream="s"), lambda scope: scope.address),
}


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_results_can_be_pickled_and_copied(drive: Driver, name: str) -> None:
    get, shown = SNAPSHOTS[name]
    found = get(drive, drive.client(server))
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        stored = pickle.dumps(found, protocol)
        assert KEY.encode() not in stored
        assert shown(pickle.loads(stored)) == shown(found)  # noqa: S301  just made here
    assert shown(copy.copy(found)) == shown(found)
    assert shown(copy.deepcopy(found)) == shown(found)


@pytest.mark.parametrize(
    ("get", "use"),
    [
        (lambda d, c: d(c.runs.retrieve(RUN_ID)), lambda run: run.refresh()),
        (lambda d, c: d(c.runs.retrieve(RUN_ID)), lambda run: run.wait(timeout=1)),
        (lambda d, c: d(c.runs.retrieve(RUN_ID)), lambda run: run.cancel()),
        (lambda d, c: d(c.sessions.start("t")).run, lambda run: run.refresh()),
        (lambda d, c: d(c.tokens.create()), lambda token: token.refresh()),
        (lambda d, c: d(c.tokens.create()), lambda token: token.wait(timeout=1)),
        (lambda d, c: d(c.tokens.create()), lambda token: token.complete(1)),
        (lambda d, c: c.sessions.open(SESSION_ID), lambda handle: handle.retrieve()),
        (lambda d, c: c.sessions.open(SESSION_ID), lambda handle: handle.input("s").send(1)),
        (lambda d, c: c.sessions.open(SESSION_ID).output("s"), lambda output: output.read()),
        (lambda d, c: c.runs, lambda runs: runs.retrieve(RUN_ID)),
        (lambda d, c: c.runs.events, lambda events: events.list(RUN_ID).first()),
    ],
)
def test_using_an_unpickled_result_raises_that_it_has_no_client(
    drive: Driver, get: Get, use: Callable[[Any], Any]
) -> None:
    found = get(drive, drive.client(server))
    for twin in (pickle.loads(pickle.dumps(found)), copy.deepcopy(pickle.loads(pickle.dumps(found)))):  # noqa: S301
        with pytest.raises(HelmrError, match="pickled without its client: pass it, or its id"):
            drive(use(twin))
    for twin in (copy.copy(found), copy.deepcopy(found)):
        drive(use(twin))


def test_an_unpickled_result_can_be_passed_to_another_client(drive: Driver) -> None:
    client = drive.client(server)
    run = pickle.loads(pickle.dumps(drive(client.runs.retrieve(RUN_ID, task=greet))))  # noqa: S301
    assert drive(client.runs.retrieve(run)).output == {"a": 1}
    handle = pickle.loads(pickle.dumps(client.sessions.open(SESSION_ID)))  # noqa: S301
    assert drive(client.sessions.retrieve(handle)).id == SESSION_ID


def test_pickling_a_client_or_list_raises_with_the_alternative(drive: Driver) -> None:
    client = drive.client(server)
    for of in (client, client.with_options(timeout=1), client.with_raw_response, drive.public(server)):
        with pytest.raises(HelmrError, match=r"a client cannot be pickled: .* make one in the process"):
            pickle.dumps(of)
        assert copy.copy(of) is of
        assert copy.deepcopy(of) is of
    with pytest.raises(HelmrError, match=r"a list cannot be pickled: .* pickle its items: \.all\(\)"):
        pickle.dumps(client.runs.list())


def test_copies_of_missing_are_the_same_object() -> None:
    for twin in (pickle.loads(pickle.dumps(MISSING)), copy.copy(MISSING), copy.deepcopy(MISSING)):  # noqa: S301
        assert twin is MISSING


def test_errors_keep_their_attributes(drive: Driver) -> None:
    client = drive.client(lambda request: server(httpx.Request("GET", f"{request.url}?failed")))
    run = drive(client.runs.retrieve(RUN_ID))
    with pytest.raises(errors.RunFailedError) as caught:
        drive(run.output_or_raise())
    failure = caught.value
    assert (failure.failure_kind, failure.run) == ("max_duration", run)
    for twin in (
        pickle.loads(pickle.dumps(failure)),  # noqa: S301
        copy.copy(failure),
        copy.deepcopy(failure),
    ):
        assert type(twin) is errors.RunFailedError
        assert (twin.failure_kind, twin.reason, twin.run, str(twin)) == (
            failure.failure_kind,
            failure.reason,
            failure.run,
            str(failure),
        )
        assert vars(twin).keys() == vars(failure).keys()


def test_a_copy_of_a_status_error_keeps_its_response_and_a_pickle_does_not(drive: Driver) -> None:
    refusal = httpx.Response(429, json={"error": "slow", "code": "c"}, headers={"Retry-After": "7"})
    client = drive.client(lambda request: refusal, max_retries=0)
    with pytest.raises(errors.HelmrStatusError) as caught:
        drive(client.runs.counts())
    failure = caught.value
    for twin in (copy.copy(failure), copy.deepcopy(failure)):
        assert (twin.response, twin.request) == (failure.response, failure.request)
    stored = pickle.loads(pickle.dumps(failure))  # noqa: S301
    assert (stored.status, stored.code, stored.retry_after, stored.hint) == (429, "c", 7, None)
    assert (stored.response, stored.request) == (None, None)
