"""The request that each method sends and the result it returns, sync and async."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl

import httpx
import msgspec
import pytest

from helmr_ergonomic import (
    InputStream,
    OutputStream,
    ReadOutput,
    RetryBackoff,
    RetryPolicy,
    SendInput,
    idempotency_keys,
    task,
)
from helmr_ergonomic._version import __version__
from helmr_ergonomic.errors import (
    ArgumentError,
    BadRequestError,
    DefinitionError,
    HelmrError,
    OutputValidationError,
    PayloadValidationError,
    UnexpectedResponseError,
)

from . import responses
from .driver import KEY, Driver
from .responses import OTHER_ID, RUN_ID, SESSION_ID, STREAM_ID, TOKEN_ID, body_of, ok


class Greeting(msgspec.Struct, rename="camel"):
    name: str
    how_often: int = 1


greet = task("greet", payload=Greeting, output=list[str], max_duration=timedelta(minutes=2))
ping = task("ping", output=int)
approval = InputStream("approval", dict[str, bool])
report = OutputStream("agent.report", Greeting)


class Recorder:
    """Responds with the given bodies in turn and records the requests."""

    def __init__(self, *bodies: Any, status: int = 200) -> None:
        self.bodies = list(bodies)
        self.status = status
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        body = self.bodies[min(len(self.requests), len(self.bodies)) - 1]
        return ok(body, self.status)

    @property
    def last(self) -> httpx.Request:
        return self.requests[-1]

    @property
    def line(self) -> str:
        return f"{self.last.method} {self.last.url.raw_path.decode()}"

    @property
    def body(self) -> Any:
        return body_of(self.last)


def test_every_request_has_the_versions_and_the_key(drive: Driver) -> None:
    server = Recorder(responses.run())
    drive(drive.client(server).runs.retrieve(RUN_ID))
    headers = server.last.headers
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert headers["Helmr-API-Version"] == "2026-06-06"
    assert headers["Helmr-SDK-Version"] == f"helmr-python/{__version__}"
    assert str(server.last.url) == f"https://helmr.test/api/runs/{RUN_ID}"


@pytest.mark.sends_invalid_requests("a base path, and an id that is none, to see how they are written")
def test_the_base_path_is_kept_and_path_segments_are_encoded(drive: Driver) -> None:
    server = Recorder(responses.run())
    client = drive.client(server, url="https://helmr.test/base/")
    drive(client.runs.retrieve("a/../b?c#d"))
    assert server.last.url.raw_path == b"/base/api/runs/a%2F..%2Fb%3Fc%23d"


# --- start -------------------------------------------------------------------------------------------------


def test_start_sends_the_payload_and_the_tasks_duration(drive: Driver) -> None:
    server = Recorder(responses.start(is_cached=True), status=201)
    started = drive(drive.client(server).sessions.start(greet, Greeting("you"), idempotency_key="abc"))
    assert server.line == "POST /api/sessions"
    assert server.body == {
        "task_id": "greet",
        "payload": {"name": "you", "howOften": 1},
        "max_duration_seconds": 120,
        "idempotency_key": "cfd06ba96bf4d177860c6049f68253f5eb5ec0e7822bb928f88ce1c091b0227d",
    }
    assert (started.session.id, started.run.id, started.is_cached) == (SESSION_ID, RUN_ID, True)
    assert (started.session.status, started.run.status, started.timed_out) == ("open", "queued", False)


def test_start_sends_every_option_in_the_contracts_form(drive: Driver) -> None:
    server = Recorder(responses.start(), status=201)
    drive(
        drive.client(server).sessions.start(
            ping,
            external_id=" github:1 ",
            idempotency_key=["a", "b"],
            idempotency_key_ttl=timedelta(hours=24),
            workspace_id=OTHER_ID,
            metadata={"a": 1},
            tags=["x", "y"],
            queue="q/1",
            concurrency_key="c",
            priority=-3,
            ttl="60m",
            max_duration=timedelta(seconds=7),
            retry=RetryPolicy(3, backoff=RetryBackoff(min_ms=10, factor=1.5, jitter="none")),
            expires_at="2026-12-01T00:00:00+01:00",
        )
    )
    assert server.body == {
        "task_id": "ping",
        "external_id": "github:1",
        "idempotency_key": "00c60c7956be3c5e39a3cd447417c25f7a8b40748b1907e8ac6dc7c97ff1308f",
        "idempotency_key_ttl": "24h",
        "workspace_id": OTHER_ID,
        "metadata": {"a": 1},
        "tags": ["x", "y"],
        "queue": {"name": "q/1"},
        "concurrency_key": "c",
        "priority": -3,
        "ttl": "60m",
        "max_duration_seconds": 7,
        "retry": {"maxAttempts": 3, "backoff": {"minMs": 10, "factor": 1.5, "jitter": "none"}},
        "expires_at": "2026-12-01T00:00:00+01:00",
    }


def test_a_task_sends_the_default_duration_and_a_plain_id_sends_none(drive: Driver) -> None:
    server = Recorder(responses.start(), status=201)
    client = drive.client(server)
    drive(client.sessions.start(ping))
    assert server.body["max_duration_seconds"] == 900
    assert "payload" not in server.body
    drive(client.sessions.start("ping", None))
    assert "max_duration_seconds" not in server.body
    assert server.body["payload"] is None
    drive(client.sessions.start("ping"))
    assert "payload" not in server.body


def test_a_disabled_retry_policy_is_self_contained(drive: Driver) -> None:
    server = Recorder(responses.start(), status=201)
    drive(drive.client(server).sessions.start("ping", retry=RetryPolicy.disabled()))
    assert server.body["retry"] == {"enabled": False}


def test_each_start_without_a_key_gets_a_new_one(drive: Driver) -> None:
    server = Recorder(responses.start(), status=201)
    client = drive.client(server)
    drive(client.sessions.start("ping"))
    first = server.body["idempotency_key"]
    drive(client.sessions.start("ping"))
    assert server.body["idempotency_key"] != first
    drive(client.sessions.start("ping", idempotency_key=idempotency_keys.create("abc")))
    assert server.body["idempotency_key"].startswith("cfd06ba9")


@pytest.mark.parametrize("method", ["start", "start_and_wait"])
def test_a_start_with_an_external_id_gets_no_key(drive: Driver, method: str) -> None:
    # With a key, the server would not find the session again after a new deployment.
    server = Recorder(responses.start("succeeded"), status=201)
    start = getattr(drive.client(server).sessions, method)
    drive(start("ping", external_id="github:1"))
    assert "idempotency_key" not in server.body
    drive(start("ping", external_id="github:1", idempotency_key="abc"))
    assert server.body["idempotency_key"].startswith("cfd06ba9")


def test_a_start_with_an_external_id_is_retried(drive: Driver) -> None:
    bodies: list[Any] = []

    def serve(request: httpx.Request) -> httpx.Response:
        bodies.append(body_of(request))
        return ok(responses.start(is_cached=True)) if len(bodies) > 1 else httpx.Response(503)

    started = drive(drive.client(serve).sessions.start("ping", external_id="github:1"))
    assert started.is_cached
    assert bodies == [{"task_id": "ping", "external_id": "github:1"}] * 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"external_id": " "}, "external_id must not be empty"),
        ({"idempotency_key_ttl": "1h"}, "needs an idempotency_key"),
        ({"idempotency_key": "k", "idempotency_key_ttl": "1x"}, "positive duration"),
        ({"tags": "one"}, "tags must be a list, not str"),
        ({"ttl": "0s"}, "positive duration"),
        ({"max_duration": timedelta(seconds=4)}, "between 5 and 86400"),
        ({"max_duration": 60}, "timedelta"),
        ({"retry": {"maxAttempts": 3}}, "RetryPolicy"),
        ({"expires_at": "soon"}, "ISO 8601"),
        ({"expires_at": datetime(2030, 1, 1)}, "time zone"),
        ({"expires_at": "2030-01-01T00:00:00"}, "time zone"),
        ({"metadata": [1]}, "JSON object"),
    ],
)
def test_invalid_options_are_rejected_before_anything_is_sent(
    drive: Driver, options: dict[str, Any], message: str
) -> None:
    server = Recorder(responses.start())
    with pytest.raises(ArgumentError, match=message):
        drive(drive.client(server).sessions.start("ping", **options))
    assert server.requests == []


@pytest.mark.sends_invalid_requests("a newer server may allow what this one refuses")
@pytest.mark.parametrize(
    ("call", "sent"),
    [
        (lambda c: c.sessions.start("t", external_id="ü" * 257), "external_id"),
        (lambda c: c.sessions.start("t", tags=["x"] * 11), "tags"),
        (lambda c: c.sessions.start("t", tags=["ü" * 65, " "]), "tags"),
        (lambda c: c.sessions.start("t", retry=RetryPolicy(11)), "maxAttempts"),
        (lambda c: c.sessions.update(SESSION_ID, tags=["x"] * 11), "tags"),
        (lambda c: c.sessions.list(limit=201).all(), "limit=201"),
        (lambda c: c.runs.list(limit=0).all(), "limit=0"),
        (lambda c: c.runs.events.list(RUN_ID, page_size=201).all(), "limit=201"),
        (lambda c: c.tokens.create(tags=["x"] * 11), "tags"),
        (lambda c: c.tokens.list(page_size=501).all(), "limit=501"),
        (lambda c: c.sessions.open(SESSION_ID).output("s").list(page_size=501).all(), "limit=501"),
        (lambda c: c.auth.create_public_token(SendInput(SESSION_ID, "x"), max_uses=0), "max_uses"),
    ],
)
def test_limits_are_enforced_only_by_the_server(drive: Driver, call: Any, sent: str) -> None:
    requests: list[httpx.Request] = []

    def server(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return responses.error(400, "too many")

    with pytest.raises(BadRequestError, match="too many"):
        drive(call(drive.client(server)))
    (request,) = requests
    assert sent in f"{request.url} {request.content!r}"


@pytest.mark.sends_invalid_requests("a newer server may allow what this one refuses")
def test_a_page_shorter_than_requested_need_not_be_the_last(drive: Driver) -> None:
    numbers = [range(1, 501), range(501, 502)]
    server = Recorder(*({"records": [responses.record(n) for n in page]} for page in numbers))
    found = drive.items(drive.client(server).sessions.open(SESSION_ID).output("s").list(page_size=1000))
    assert [record.sequence for record in found] == list(range(1, 502))


def test_an_unknown_option_is_a_type_error(drive: Driver) -> None:
    with pytest.raises(TypeError, match="externalId"):
        drive(drive.client(Recorder({})).sessions.start("ping", externalId="x"))


def test_invalid_payloads_are_rejected_before_anything_is_sent(drive: Driver) -> None:
    server = Recorder(responses.start())
    sessions = drive.client(server).sessions
    with pytest.raises(PayloadValidationError, match=r"payload\.howOften: expected int, got str"):
        drive(sessions.start(greet, {"name": "you", "howOften": "often"}))
    with pytest.raises(PayloadValidationError, match='task "greet" requires payload'):
        drive(sessions.start(greet))
    with pytest.raises(PayloadValidationError, match='task "ping" does not accept payload'):
        drive(sessions.start(ping, {"a": 1}))
    with pytest.raises(PayloadValidationError, match="JSON"):
        drive(sessions.start("dynamic", {"a": float("nan")}))
    with pytest.raises(PayloadValidationError):
        drive(sessions.start("dynamic", {"a": "\ud800"}))
    with pytest.raises(ArgumentError, match="task id"):
        drive(sessions.start(" "))
    with pytest.raises(ArgumentError, match="a task or a task id"):
        drive(sessions.start(7))
    with pytest.raises(ArgumentError, match=r"not SimpleNamespace: pass its \.task"):
        drive(sessions.start(SimpleNamespace(task=greet)))
    with pytest.raises(TypeError, match="unexpected option 'timeout'; start_and_wait has timeout_seconds"):
        drive(sessions.start_and_wait("dynamic", timeout=5))
    assert server.requests == []


def test_the_output_has_the_tasks_type(drive: Driver) -> None:
    server = Recorder(
        responses.start("succeeded", run=responses.run("succeeded", output=["hello"])), status=200
    )
    client = drive.client(server)
    completed = drive(client.sessions.start_and_wait(greet, Greeting("you"), timeout_seconds=60))
    assert server.line == "POST /api/sessions/start-and-wait"
    assert completed.run.output == ["hello"]
    assert drive(completed.run.output_or_raise()) == ["hello"]
    server.bodies = [responses.run("succeeded", output=[7])]
    again = drive(client.runs.retrieve(completed.run))
    with pytest.raises(OutputValidationError, match=r"output\[0\]: expected str, got int"):
        _ = again.output
    assert again.output_json == [7]
    untyped = drive(client.runs.retrieve(RUN_ID))
    assert untyped.output == [7]
    assert drive(client.runs.retrieve(RUN_ID, task=task("x", output=list[int]))).output == [7]


def test_null_and_missing_output_are_distinguished(drive: Driver) -> None:
    server = Recorder(responses.run(), responses.run("succeeded", output=None))
    runs = drive.client(server).runs
    queued, ended = drive(runs.retrieve(RUN_ID)), drive(runs.retrieve(RUN_ID))
    assert (queued.output, queued.has_output) == (None, False)
    assert (ended.output, ended.has_output) == (None, True)


def test_an_unknown_status_is_a_string(drive: Driver) -> None:
    run = drive(drive.client(Recorder(responses.run("hibernating"))).runs.retrieve(RUN_ID))
    assert (run.status, run.is_terminal) == ("hibernating", False)


# --- sessions ----------------------------------------------------------------------------------------------


def test_a_session_is_addressed_by_id_object_handle_or_external_id(drive: Driver) -> None:
    server = Recorder(responses.session(external_id="a b&c"))
    sessions = drive.client(server).sessions
    snapshot = drive(sessions.retrieve(SESSION_ID))
    assert server.line == f"GET /api/sessions/{SESSION_ID}"
    for reference in (snapshot, sessions.open(snapshot), sessions.open(SESSION_ID)):
        drive(sessions.retrieve(reference))
        assert server.line == f"GET /api/sessions/{SESSION_ID}"
    getters: list[Callable[..., Any]] = [
        lambda: sessions.retrieve(external_id=" a b&c "),
        lambda: sessions.open(external_id="a b&c").retrieve(),
    ]
    for get in getters:
        found = drive(get())
        assert server.last.url.path == "/api/sessions/by-external-id"
        assert parse_qsl(server.last.url.query.decode()) == [("external_id", "a b&c")]
        assert found.external_id == "a b&c"
    for wrong in ({}, {"session": SESSION_ID, "external_id": "x"}):
        with pytest.raises(ArgumentError, match="either a session"):
            sessions.open(**wrong)
    with pytest.raises(ArgumentError, match="an id or an object with an id"):
        sessions.open(7)


def test_passing_a_start_instead_of_its_session_or_run_is_an_error(drive: Driver) -> None:
    client = drive.client(Recorder(responses.start()))
    started = drive(client.sessions.start("review", {}))
    with pytest.raises(ArgumentError, match=r"pass its \.session$"):
        client.sessions.open(started)
    with pytest.raises(ArgumentError, match=r"pass its \.run$"):
        drive(client.runs.retrieve(started))


def test_updating_and_closing_a_session(drive: Driver) -> None:
    server = Recorder(responses.session())
    sessions = drive.client(server).sessions
    handle = sessions.open(external_id="x")
    drive(handle.update(metadata={"a": [1]}, tags=[], expires_at=datetime(2027, 1, 1, tzinfo=UTC)))
    assert server.line == "PATCH /api/sessions/by-external-id?external_id=x"
    assert server.body == {"metadata": {"a": [1]}, "tags": [], "expires_at": "2027-01-01T00:00:00Z"}
    drive(sessions.update(SESSION_ID))
    assert (server.line, server.body) == (f"PATCH /api/sessions/{SESSION_ID}", {})
    drive(handle.close())
    assert (server.line, server.body) == ("POST /api/sessions/by-external-id/close?external_id=x", {})
    drive(sessions.close(SESSION_ID, reason="done"))
    assert (server.line, server.body) == (f"POST /api/sessions/{SESSION_ID}/close", {"reason": "done"})


def test_cancelling_a_session(drive: Driver) -> None:
    server = Recorder(responses.session("cancelled"))
    sessions = drive.client(server).sessions
    assert drive(sessions.open(external_id="x").cancel(reason="no")).status == "cancelled"
    assert (server.line, server.body) == (
        "POST /api/sessions/by-external-id/cancel?external_id=x",
        {"reason": "no"},
    )
    assert drive(sessions.cancel(SESSION_ID)).status == "cancelled"
    assert (server.line, server.body) == (f"POST /api/sessions/{SESSION_ID}/cancel", {})
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "address", [{"external_id": "x"}, {"session": SESSION_ID}], ids=["external id", "id"]
)
def test_a_cancel_that_returns_the_earlier_state_retrieves_the_session(
    drive: Driver, address: dict[str, str]
) -> None:
    reason = {"reason": "no", "origin": "api"}
    server = Recorder(responses.session("open"), responses.session("cancelled", terminal_reason=reason))
    cancelled = drive(drive.client(server).sessions.cancel(**address, reason="no"))
    assert (cancelled.status, cancelled.terminal_reason.reason) == ("cancelled", "no")
    assert [request.method for request in server.requests] == ["POST", "GET"]
    assert server.line == f"GET /api/sessions/{SESSION_ID}"


def test_listing_sessions(drive: Driver) -> None:
    server = Recorder({"sessions": [responses.session()]})
    sessions = drive.client(server).sessions
    pager = sessions.list(status="open", task=greet, external_id="x", limit=5)
    assert server.requests == []
    assert [found.id for found in drive.items(pager)] == [SESSION_ID]
    assert server.line == "GET /api/sessions?status=open&task_id=greet&external_id=x&limit=5"
    assert drive(sessions.list(status="all").all())[0].task_id == "greet"
    assert server.line == "GET /api/sessions"
    assert drive(sessions.list().first()).id == SESSION_ID


def test_a_sessions_runs_and_streams(drive: Driver) -> None:
    turn = {
        "id": OTHER_ID, "run_id": RUN_ID, "deployment_id": OTHER_ID, "turn_index": 0, "status": "succeeded",
        "execution_status": "finished", "terminal_outcome": "succeeded", "created_at": responses.TIME,
    }  # fmt: skip
    stream = {
        "id": OTHER_ID, "session_id": SESSION_ID, "name": "approval", "direction": "input", "sequence": 3,
        "metadata": {}, "created_at": responses.TIME,
    }  # fmt: skip
    server = Recorder({"runs": [turn]}, {"streams": [stream]})
    handle = drive.client(server).sessions.open(SESSION_ID)
    (found,) = drive.items(handle.runs())
    assert (found.id, found.turn_index, found.terminal_outcome, found.previous_run_id) == (
        RUN_ID, 0, "succeeded", None,
    )  # fmt: skip
    assert server.line == f"GET /api/sessions/{SESSION_ID}/runs"
    (declared,) = drive.items(handle.streams())
    assert (declared.name, declared.direction, declared.sequence) == ("approval", "input", 3)
    assert server.line == f"GET /api/sessions/{SESSION_ID}/streams"


# --- streams -----------------------------------------------------------------------------------------------


def test_sending_input(drive: Driver) -> None:
    server = Recorder(responses.appended(4, {"approved": True}, continuation_status="created"), status=201)
    handle = drive.client(server).sessions.open(SESSION_ID).input(approval)
    sent = drive(handle.send({"approved": True}, correlation_id="c", idempotency_key="k", content_type="a/b"))
    assert server.line == f"POST /api/sessions/{SESSION_ID}/inputs/approval"
    assert server.body == {
        "data": {"approved": True}, "correlation_id": "c", "idempotency_key": "k", "content_type": "a/b",
    }  # fmt: skip
    assert (sent.sequence, sent.data, sent.idempotency_status, sent.continuation_status) == (
        4, {"approved": True}, "created", "created",
    )  # fmt: skip
    drive(handle.send({"approved": False}))
    assert set(server.body) == {"data", "idempotency_key"}
    count = len(server.requests)
    with pytest.raises(PayloadValidationError, match=r"data\.approved: expected bool, got str"):
        drive(handle.send({"approved": "yes"}))
    assert len(server.requests) == count


def test_an_appended_null_is_sent_as_null(drive: Driver) -> None:
    server = Recorder(responses.appended(), status=201)
    drive(drive.client(server).sessions.open(external_id="x").output("agent.report").append(None))
    assert server.line == "POST /api/sessions/by-external-id/outputs/agent.report?external_id=x"
    assert server.body["data"] is None


def test_the_direction_of_a_stream_is_checked_before_anything_is_sent(drive: Driver) -> None:
    handle = drive.client(Recorder({})).sessions.open(SESSION_ID)
    with pytest.raises(ArgumentError, match="input stream"):
        handle.input(report)
    with pytest.raises(ArgumentError, match="output stream"):
        handle.output(approval)
    with pytest.raises(DefinitionError, match="stream name must match"):
        handle.input("a/b")


def test_listing_records_pages_by_sequence(drive: Driver) -> None:
    pages = [[1, 2], [3, 4], [5]]
    server = Recorder(*({"records": [responses.record(n, {"name": str(n)}) for n in page]} for page in pages))
    output = drive.client(server).sessions.open(SESSION_ID).output(report)
    found = drive.items(output.list(page_size=2, correlation_id="c"))
    assert [(record.sequence, record.data.name) for record in found] == [(n, str(n)) for n in range(1, 6)]
    assert [parse_qsl(request.url.query.decode()) for request in server.requests] == [
        [("limit", "2"), ("correlation_id", "c")],
        [("after_sequence", "2"), ("limit", "2"), ("correlation_id", "c")],
        [("after_sequence", "4"), ("limit", "2"), ("correlation_id", "c")],
    ]
    assert found[0].to_dict() == responses.record(1, {"name": "1"})
    for wrong in ({"after_sequence": -1}, {"after_sequence": "3"}):
        with pytest.raises(ArgumentError):
            output.list(**wrong)


def test_only_the_pages_that_are_read_are_requested(drive: Driver) -> None:
    server = Recorder({"records": [responses.record(1, {}), responses.record(2, {})]})
    drive.items(drive.client(server).sessions.open(SESSION_ID).input("x").list(page_size=2), most=2)
    assert len(server.requests) == 1


def test_reading_one_record(drive: Driver) -> None:
    server = Recorder({"record": None}, {"record": responses.record(8, {"name": "x"})})
    output = drive.client(server).sessions.open(external_id="x").output(report)
    assert drive(output.read()) is None
    assert server.line == "GET /api/sessions/by-external-id/outputs/agent.report/read?external_id=x"
    record = drive(output.read(after_sequence=7, correlation_id="c"))
    assert (record.sequence, record.data) == (8, Greeting("x"))
    assert dict(server.last.url.params) == {"external_id": "x", "after_sequence": "7", "correlation_id": "c"}


def test_batches_keep_the_order_of_each_stream(drive: Driver) -> None:
    sequences: dict[str, int] = {}

    def server(request: httpx.Request) -> httpx.Response:
        name = request.url.path
        sequences[name] = sequences.get(name, 0) + 1
        return ok(responses.appended(sequences[name], body_of(request)["data"]), 201)

    from helmr_ergonomic import AsyncSend, Send

    client = drive.client(server)
    make = Send if drive.kind == "sync" else AsyncSend
    handles = [client.sessions.open(external_id="x").input(f"s{n}") for n in range(3)]
    batch = [make(handles[n % 3], n) for n in range(12)]
    sent = drive(client.sessions.send_batch(batch, concurrency=2))
    assert [record.data for record in sent] == list(range(12))
    assert [record.sequence for record in sent] == [n // 3 + 1 for n in range(12)]
    with pytest.raises(ArgumentError):
        drive(client.sessions.send_batch([], concurrency=0))
    many = drive(handles[0].send_many([1, 2, 3], idempotency_keys=["a", "b", "c"]))
    assert [record.sequence for record in many] == [5, 6, 7]
    with pytest.raises(ArgumentError, match="need one idempotency key each"):
        drive(handles[0].send_many([1, 2, 3], idempotency_keys=["a"]))


def test_a_batch_raises_its_first_failure(drive: Driver) -> None:
    from helmr_ergonomic import AsyncSend, Send
    from helmr_ergonomic.errors import ConflictError

    def server(request: httpx.Request) -> httpx.Response:
        return responses.error(409, "session is terminal", "session_terminal")

    client = drive.client(server)
    make = Send if drive.kind == "sync" else AsyncSend
    batch = [make(client.sessions.open(SESSION_ID).input(f"s{n}"), n) for n in range(20)]
    with pytest.raises(ConflictError):
        drive(client.sessions.send_batch(batch))


# --- runs --------------------------------------------------------------------------------------------------


def test_listing_and_counting_runs(drive: Driver) -> None:
    counts = dict.fromkeys(["queued", "running", "waiting", "succeeded", "failed", "cancelled", "expired"], 2)
    server = Recorder({"runs": [responses.run()]}, counts)
    runs = drive.client(server).runs
    assert [found.id for found in drive.items(runs.list(status="all", session=SESSION_ID, limit=7))] == [
        RUN_ID
    ]
    assert server.line == f"GET /api/runs?status=all&session_id={SESSION_ID}&limit=7"
    counted = drive(runs.counts())
    assert (counted.failed, counted.live) == (2, 6)
    assert server.line == "GET /api/runs/counts"


def test_cancelling_a_run(drive: Driver) -> None:
    operation = {
        "id": OTHER_ID,
        "run_id": RUN_ID,
        "kind": "cancel",
        "status": "rejected",
        "created_at": responses.TIME,
    }
    server = Recorder({"run": responses.run("succeeded"), "operation": operation})
    runs = drive.client(server).runs
    cancelled = drive(runs.cancel(RUN_ID, reason="no", force=True, idempotency_key="k"))
    assert server.line == f"POST /api/runs/{RUN_ID}/cancel"
    assert server.body == {"reason": "no", "force": True, "idempotency_key": "k"}
    assert (cancelled.applied, cancelled.run.status, cancelled.operation_id) == (False, "succeeded", OTHER_ID)
    drive(runs.cancel(RUN_ID))
    assert set(server.body) == {"idempotency_key"}


def test_all_pages_of_events_are_listed_as_typed_events(drive: Driver) -> None:
    server = Recorder(
        {"events": [responses.event(1, "run.created", {"reason": "initial"})], "cursor": 0, "next_cursor": 1},
        {"events": [responses.event(2, "something.new", {"x": 1})], "cursor": 1},
    )
    first, second = drive.items(drive.client(server).runs.events.list(RUN_ID, page_size=1))
    assert [request.url.query for request in server.requests] == [b"limit=1", b"cursor=1&limit=1"]
    from helmr_ergonomic.events import RunCreated, RunEvent

    assert isinstance(first, RunCreated)
    assert first.reason == "initial"
    assert type(second) is RunEvent
    assert (second.kind, second.attributes, second.sequence) == ("something.new", {"x": 1}, 2)
    assert second.to_dict() == responses.event(2, "something.new", {"x": 1})
    with pytest.raises(ArgumentError):
        drive.client(server).runs.events.list(RUN_ID, cursor="x")


@pytest.mark.sends_invalid_requests("a server whose cursors are strings")
@pytest.mark.parametrize(
    "cursors", [(1, 2), ("1", "2"), ("MQ==", "Mg==")], ids=["number", "digits", "opaque"]
)
def test_cursors_of_event_pages_are_sent_unchanged(drive: Driver, cursors: tuple[int | str, ...]) -> None:
    kinds = ("run.created", "log", "run.completed")
    pages = [{"events": [responses.event(number, kind)], "cursor": 0} for number, kind in enumerate(kinds, 1)]
    for page, cursor in zip(pages, cursors, strict=False):
        page["next_cursor"] = cursor
    server = Recorder(*pages)
    events = drive.items(drive.client(server).runs.events.list(RUN_ID))
    assert [event.kind for event in events] == list(kinds)
    sent = [request.url.params.get("cursor") for request in server.requests]
    assert sent == [None, *(str(cursor) for cursor in cursors)]


def test_cursors_of_deployment_events_may_be_strings(drive: Driver) -> None:
    status = {"status": "queued"}
    queued, building = (
        responses.event(number, kind, status, deployment_id=OTHER_ID)
        for number, kind in enumerate(("deployment.queued", "deployment.building"), 1)
    )
    server = Recorder(
        {"events": [queued], "cursor": "0", "next_cursor": "1"}, {"events": [building], "cursor": "1"}
    )
    events = drive.items(drive.client(server).deployments.events.list(OTHER_ID))
    assert [event.id for event in events] == ["1", "2"]
    assert server.requests[1].url.params["cursor"] == "1"


@pytest.mark.parametrize("cursor", [1, "1"])
def test_a_repeated_page_of_events_is_an_error(drive: Driver, cursor: int | str) -> None:
    page = {"events": [responses.event(1, "log")], "cursor": 0, "next_cursor": cursor}
    events = drive.client(Recorder(page, page)).runs.events.list(RUN_ID)
    with pytest.raises(UnexpectedResponseError, match="repeats earlier items"):
        drive.items(events)


def test_log_snapshots(drive: Driver) -> None:
    import base64

    text = base64.b64encode("grüße\n".encode()).decode()
    server = Recorder(
        {"stdout_base64": text, "stderr_base64": "", "cursor": "3", "stdout_bytes": 8, "stderr_bytes": 0,
         "truncated": False}
    )  # fmt: skip
    logs = drive(drive.client(server).runs.logs.retrieve(RUN_ID))
    assert server.line == f"GET /api/runs/{RUN_ID}/logs"
    assert (logs.stdout, logs.stderr, logs.cursor, logs.truncated) == ("grüße\n", "", "3", False)
    assert logs.stdout_bytes == "grüße\n".encode()


# --- tokens ------------------------------------------------------------------------------------------------

SECRETS = {
    "callback_url": f"https://helmr.test/api/v1/tokens/{TOKEN_ID}/callback/hlmr_callback_cc",
    "public_access_token": "hlmr_public_access_pp",
}


def test_creating_and_reading_tokens(drive: Driver) -> None:
    server = Recorder(responses.token(**SECRETS), status=201)
    tokens = drive.client(server).tokens
    made = drive(
        tokens.create(timeout=timedelta(hours=1), tags=["a"], metadata={"k": 1}, idempotency_key="k")
    )
    assert server.line == "POST /api/tokens"
    assert server.body == {"timeout": "1h", "tags": ["a"], "metadata": {"k": 1}, "idempotency_key": "k"}
    assert (made.callback_url, made.public_access_token) == tuple(SECRETS.values())
    drive(tokens.create())
    assert set(server.body) == {"idempotency_key"}
    server.status = 200
    assert drive(made.refresh()).id == TOKEN_ID
    assert server.line == f"GET /api/tokens/{TOKEN_ID}"
    with pytest.raises(ArgumentError):
        drive(tokens.create(timeout="soon"))


def test_listing_tokens_pages_through(drive: Driver) -> None:
    server = Recorder(
        {"tokens": [responses.token()], "next_cursor": OTHER_ID},
        {"tokens": [responses.token("completed", id=STREAM_ID, data=None)]},
    )
    found = drive.items(drive.client(server).tokens.list(status="pending", page_size=1))
    assert [token.status for token in found] == ["pending", "completed"]
    assert [dict(request.url.params) for request in server.requests] == [
        {"limit": "1", "status": "pending"},
        {"limit": "1", "status": "pending", "cursor": OTHER_ID},
    ]


def test_completing_a_token_uses_the_narrowest_credential(drive: Driver) -> None:
    server = Recorder(
        responses.token(**SECRETS), {"status": "completed", "token": responses.token("completed", data=1)}
    )
    server.status = 201
    tokens = drive.client(server).tokens
    made = drive(tokens.create())
    server.status = 200
    completed = drive(tokens.complete(made, 1))
    assert server.line == f"POST /api/v1/tokens/{TOKEN_ID}/complete"
    assert server.last.headers["Authorization"] == "Bearer hlmr_public_access_pp"
    assert (server.body, completed.status, completed.token.data) == ({"data": 1}, "completed", 1)
    drive(tokens.complete(made.id, {"a": None}))
    assert server.line == f"POST /api/tokens/{TOKEN_ID}/complete"
    assert server.last.headers["Authorization"] == f"Bearer {KEY}"
    assert server.body == {"data": {"a": None}}
    drive(tokens.complete(made.id, public_access_token="hlmr_public_access_qq"))
    assert server.last.headers["Authorization"] == "Bearer hlmr_public_access_qq"
    assert server.body == {"data": None}
    drive(tokens.complete(callback_url=made.callback_url, data=1))
    assert server.last.method == "POST"
    assert server.last.url.raw_path == f"/api/v1/tokens/{TOKEN_ID}/callback/hlmr_callback_cc".encode()
    assert "Authorization" not in server.last.headers
    with pytest.raises(ArgumentError, match="pass a token"):
        drive(tokens.complete())


@pytest.mark.parametrize(
    "url",
    [
        "https://helmr.test/api/v1/tokens/x/complete",
        f"http://evil.test/api/v1/tokens/{TOKEN_ID}/callback/hlmr_callback_cc",
        f"https://user@helmr.test/api/v1/tokens/{TOKEN_ID}/callback/hlmr_callback_cc",
        f"/api/v1/tokens/{TOKEN_ID}/callback/hlmr_callback_cc",
        f"https://helmr.test/api/v1/tokens/{TOKEN_ID}/callback/hlmr_callback_cc/more",
    ],
)
def test_an_invalid_callback_url_is_rejected_without_showing_it(drive: Driver, url: str) -> None:
    server = Recorder({})
    with pytest.raises(ArgumentError) as caught:
        drive(drive.client(server).tokens.complete(callback_url=url))
    assert "hlmr_callback_cc" not in str(caught.value)
    assert server.requests == []


def test_cancelling_a_token(drive: Driver) -> None:
    server = Recorder(responses.token("cancelled"))
    tokens = drive.client(server).tokens
    assert drive(tokens.cancel(TOKEN_ID)).status == "cancelled"
    assert server.line == f"POST /api/tokens/{TOKEN_ID}/cancel"


# --- tasks, public access, health --------------------------------------------------------------------------

DEPLOYED = {"id": OTHER_ID, "task_id": "greet", "bundle_format_version": 0, "created_at": responses.TIME}


def test_deployed_tasks(drive: Driver) -> None:
    server = Recorder({"tasks": [DEPLOYED]}, {**DEPLOYED, "queue_name": "task/greet", "concurrency_limit": 3})
    tasks = drive.client(server).tasks
    assert [found.task_id for found in drive.items(tasks.list())] == ["greet"]
    assert server.line == "GET /api/tasks"
    found = drive(tasks.retrieve(greet))
    assert (found.queue_name, found.concurrency_limit, found.ttl) == ("task/greet", 3, None)
    assert server.line == "GET /api/tasks/greet"


def test_public_access_tokens(drive: Driver) -> None:
    response = {
        "id": OTHER_ID,
        "public_access_token": "hlmr_pat_pp",
        "scope": {
            "type": "session.input.send",
            "session": {"type": "id", "id": SESSION_ID},
            "stream": "approval",
        },
        "expires_at": responses.TIME,
        "created_at": responses.TIME,
    }
    server = Recorder(response, status=201)
    auth = drive.client(server).auth
    made = drive(
        auth.create_public_token(
            SendInput(SESSION_ID, approval, correlation_id="c"), expires_at="2027-01-01T00:00:00Z", max_uses=2
        )
    )
    assert server.line == "POST /api/public-access-tokens"
    assert server.body == {
        "scope": {
            "type": "session.input.send",
            "session": {"type": "id", "id": SESSION_ID},
            "stream": "approval",
            "correlation_id": "c",
        },
        "expires_at": "2027-01-01T00:00:00Z",
        "max_uses": 2,
    }
    assert (made.public_access_token, made.session_id, made.stream, made.max_uses) == (
        "hlmr_pat_pp", SESSION_ID, "approval", None,
    )  # fmt: skip
    drive(auth.create_public_token(ReadOutput(external_id="x", stream=report)))
    assert server.body == {
        "scope": {
            "type": "session.output.read",
            "session": {"type": "external_id", "external_id": "x"},
            "stream": "agent.report",
        }
    }
    with pytest.raises(ArgumentError):
        SendInput(SESSION_ID, report)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError):
        ReadOutput(SESSION_ID, approval)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="requires an input stream"):
        SendInput(SESSION_ID)


def test_a_public_client_uses_the_public_routes_and_no_api_key(
    drive: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HELMR_API_KEY", KEY)
    server = Recorder(responses.appended(), status=201)
    public = drive.public(server)
    drive(public.open(SESSION_ID).input(approval).send({"approved": True}, idempotency_key="k"))
    assert server.line == f"POST /api/v1/sessions/{SESSION_ID}/inputs/approval"
    assert server.last.headers["Authorization"] == "Bearer hlmr_pat_x"
    assert server.body == {"data": {"approved": True}, "idempotency_key": "k"}
    server.bodies, server.status = [{"record": None}], 200
    assert drive(public.open(external_id="e").output(report).read(after_sequence=2)) is None
    assert server.last.url.path == "/api/v1/sessions/by-external-id/outputs/agent.report/read"
    assert dict(server.last.url.params) == {"external_id": "e", "after_sequence": "2"}
    server.bodies = [{"status": "completed", "token": responses.token("completed", data=1)}]
    assert drive(public.complete(TOKEN_ID, 1)).token.data == 1
    assert server.line == f"POST /api/v1/tokens/{TOKEN_ID}/complete"
    assert all(request.headers["Authorization"] == "Bearer hlmr_pat_x" for request in server.requests)


def test_a_key_does_not_make_a_send_with_a_public_access_token_safe_to_repeat(drive: Driver) -> None:
    server = Recorder({"error": "bad gateway"}, status=502)
    public = drive.public(server)
    with pytest.raises(HelmrError):
        drive(public.open(SESSION_ID).input(approval).send({"approved": True}, idempotency_key="k"))
    assert len(server.requests) == 1, "each success takes one of the token's uses"


def test_a_callback_needs_neither_url_nor_credential(drive: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HELMR_API_URL", raising=False)
    server = Recorder({"status": "already_completed", "token": responses.token("completed", data=1)})
    public = drive.public(server, token=None, url=None)
    done = drive(public.complete_by_callback(SECRETS["callback_url"], 1))
    assert done.status == "already_completed"
    assert "Authorization" not in server.last.headers
    with pytest.raises(ArgumentError, match="needs a public access token"):
        public.open(SESSION_ID)


def test_health(drive: Driver) -> None:
    server = Recorder({"status": "ok"}, {"status": "ready"}, {"status": "not_ready"})
    client = drive.client(server)
    assert drive(client.health.live()) is True
    assert drive(client.health.ready()) is True
    server.status = 503
    assert drive(client.health.ready()) is False
    assert len(server.requests) == 3
