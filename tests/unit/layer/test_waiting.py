"""Waiting for runs and tokens, and following events, logs and records, against scripted responses."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from helmr_ergonomic import errors, task
from helmr_ergonomic.events import RunCancelRequested, RunFailed, RunRetryScheduled
from helmr_ergonomic.waiting import CheckTimer, Deadline, Pause, Silence

from . import responses
from .driver import Driver
from .responses import RUN_ID, SESSION_ID, TOKEN_ID, error, event, event_stream, fresh, log_chunk, ok

pytestmark = pytest.mark.usefixtures("naps")

Reply = httpx.Response | Exception


class Run:
    """The routes of one run. Each list provides one response per request; its last entry repeats."""

    def __init__(
        self,
        statuses: list[str | Reply] | None = None,
        streams: list[Reply] | None = None,
        pages: list[Reply] | None = None,
        logs: list[Reply] | None = None,
    ) -> None:
        self.statuses = statuses or []
        self.streams = streams or []
        self.pages = pages or []
        self.logs = logs or []
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path, params = request.url.path, request.url.params
        cursor = params.get("cursor", "0")
        if path.endswith("/logs"):
            self.asked.append(f"logs {cursor}")
            return self._next(self.logs)
        if not path.endswith("/events"):
            self.asked.append("run")
            response = self._taken(self.statuses)
            return ok(responses.run(response)) if isinstance(response, str) else response
        if params.get("follow") == "1":
            assert request.headers["Accept"] == "text/event-stream"
            self.asked.append(f"stream {cursor}")
            return self._next(self.streams)
        self.asked.append(f"page {cursor}")
        return self._next(self.pages)

    def _next(self, queue: list[Reply]) -> httpx.Response:
        response = self._taken(queue)
        assert isinstance(response, httpx.Response)
        return response

    @staticmethod
    def _taken(queue: list[Any]) -> str | httpx.Response:
        response = queue.pop(0) if len(queue) > 1 else queue[0]
        if isinstance(response, Exception):
            raise response
        return response if isinstance(response, str) else fresh(response)


def page(*events: dict[str, Any]) -> httpx.Response:
    return ok({"events": list(events), "cursor": 0})


CREATED = event(1, "run.created")
COMPLETED = event(2, "run.completed", {"exit_code": 0})
KEEP_ALIVE = b": keep-alive\n\n"


# --- runs.wait ---------------------------------------------------------------------------------------------


def test_waiting_for_an_ended_run_takes_one_request(drive: Driver) -> None:
    server = Run(["succeeded"])
    ended = drive(drive.client(server).runs.wait(RUN_ID))
    assert (ended.status, server.asked) == ("succeeded", ["run"])


def test_a_terminal_event_is_confirmed_by_retrieving_the_run(drive: Driver, naps: list[float]) -> None:
    failed = event(2, "run.failed", {"failure_kind": "worker_failed", "detail": {"message": "x"}})
    retry = event(3, "run.retry_scheduled")
    server = Run(
        ["running", "queued", "succeeded"],
        [event_stream(CREATED, failed, retry), event_stream(retry, event(4, "run.completed"))],
    )
    assert drive(drive.client(server).runs.wait(RUN_ID)).is_success
    assert server.asked == ["run", "stream 0", "run", "stream 2", "run"]
    assert naps == []


@pytest.mark.parametrize("kind", ["run.cancel_requested", "run.dead_lettered"])
def test_a_final_event_ends_the_wait_even_if_the_stream_stays_open(drive: Driver, kind: str) -> None:
    ended = "cancelled" if "cancel" in kind else "failed"
    server = Run(["running", ended], [event_stream(CREATED, event(2, kind), tail=KEEP_ALIVE * 50)])
    assert drive(drive.client(server).runs.wait(RUN_ID)).status == ended
    assert server.asked == ["run", "stream 0", "run"]


def test_a_keep_alive_makes_the_wait_retrieve_the_run(drive: Driver) -> None:
    server = Run(["running", "succeeded"], [event_stream(CREATED, tail=KEEP_ALIVE)])
    assert drive(drive.client(server).runs.wait(RUN_ID)).is_success


@pytest.mark.parametrize(
    "stream",
    [
        httpx.ReadError("reset"),
        httpx.RemoteProtocolError("cut"),
        httpx.ReadTimeout("silent"),
        error(502, "bad gateway"),
        error(500, "list run events"),
        error(429, "slow down"),
        event_stream(),
        event_stream(CREATED, tail=b"id: 2\ndata: {not json}\n\n"),
        event_stream(CREATED, tail=b"id: 2\ndata: {cut"),
    ],
    ids=repr,
)
def test_a_broken_stream_is_resumed(drive: Driver, naps: list[float], stream: Reply) -> None:
    server = Run(["running", "running", "succeeded"], [stream, event_stream(COMPLETED)])
    assert drive(drive.client(server).runs.wait(RUN_ID)).is_success
    assert server.asked[:2] == ["run", "stream 0"]
    assert server.asked[-1] == "run"
    assert len(server.asked) == 5


def test_a_wait_notices_a_run_that_ended_while_the_stream_was_broken(
    drive: Driver, naps: list[float]
) -> None:
    server = Run(["running", "succeeded"], [httpx.ReadError("reset")])
    assert drive(drive.client(server).runs.wait(RUN_ID)).is_success
    assert naps == []


def test_a_wait_survives_an_outage(drive: Driver, naps: list[float]) -> None:
    away = httpx.ConnectError("refused")
    server = Run(["running", *[away] * 30, "succeeded"], [away])
    assert drive(drive.client(server, max_retries=0).runs.wait(RUN_ID)).is_success
    assert max(naps) <= 5.0
    assert len(naps) == 30


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_permanent_error_ends_the_wait(drive: Driver, status: int) -> None:
    for server in (
        Run([error(status, "no")]),
        Run(["running"], [error(status, "no")]),
        Run(["running", error(status, "no")], [event_stream()]),
    ):
        with pytest.raises(errors.HelmrStatusError) as caught:
            drive(drive.client(server).runs.wait(RUN_ID))
        assert caught.value.status == status


def test_an_invalid_event_stream_is_an_error(drive: Driver, naps: list[float]) -> None:
    server = Run(["running"], [event_stream(tail=b"data: nonsense\n\n")])
    with pytest.raises(errors.UnexpectedResponseError, match="not an event"):
        drive(drive.client(server).runs.wait(RUN_ID))
    server = Run(["running"], [httpx.Response(200, text="<html>", headers={"content-type": "text/html"})])
    with pytest.raises(errors.UnexpectedResponseError, match="not an event stream"):
        drive(drive.client(server).runs.wait(RUN_ID))


def test_a_wait_that_times_out_raises_with_its_timeout(drive: Driver, naps: list[float]) -> None:
    server = Run(["running"], [event_stream(CREATED)])
    with pytest.raises(errors.WaitTimeoutError, match=f"run {RUN_ID} did not finish within 0.05 s") as caught:
        drive(drive.client(server).runs.wait(RUN_ID, timeout=0.05))
    assert caught.value.timeout == 0.05
    with pytest.raises(errors.WaitTimeoutError):
        drive(drive.client(Run(["running"])).runs.wait(RUN_ID, timeout=0))


def test_the_first_request_of_a_wait_must_succeed(drive: Driver, naps: list[float]) -> None:
    with pytest.raises(errors.HelmrConnectionError, match="HELMR_API_URL"):
        drive(drive.client(Run([httpx.ConnectError("refused")])).runs.wait(RUN_ID))


def test_wait_returns_the_output_in_the_tasks_type(drive: Driver) -> None:
    server = Run([ok(responses.run("succeeded", output="7"))])
    runs = drive.client(server).runs
    assert drive(runs.wait(RUN_ID, task=task("x", output=str))).output == "7"
    with pytest.raises(errors.OutputValidationError):
        _ = drive(runs.wait(RUN_ID, task=task("x", output=int))).output


# --- start_and_wait ----------------------------------------------------------------------------------------


class Start(Run):
    def __init__(self, *args: Any, response: httpx.Response, **more: Any) -> None:
        super().__init__(*args, **more)
        self.response = response

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if "/sessions" not in request.url.path:
            return super().__call__(request)
        self.asked.append(f"{request.method} {request.url.path.removeprefix('/api/sessions')}")
        return fresh(self.response) if request.method == "POST" else ok(responses.session(activity="idle"))


def test_the_client_continues_waiting_after_the_servers_limit(drive: Driver) -> None:
    server = Start(
        ["succeeded"], [event_stream(CREATED, COMPLETED)], response=ok(responses.start(timed_out=True))
    )
    completed = drive(drive.client(server).sessions.start_and_wait("greet", timeout_seconds=600))
    assert (completed.run.status, completed.timed_out) == ("succeeded", False)
    assert completed.session.activity == "idle"
    assert server.asked == ["POST /start-and-wait", "stream 0", "run", f"GET /{SESSION_ID}"]


def test_the_client_does_all_of_a_short_wait(drive: Driver) -> None:
    server = Start(["succeeded"], [event_stream(CREATED, COMPLETED)], response=ok(responses.start(), 201))
    completed = drive(drive.client(server).sessions.start_and_wait("greet", timeout_seconds=5))
    assert completed.run.is_success
    assert server.asked[0] == "POST "


def test_start_and_wait_reports_a_timeout_or_raises_on_request(
    drive: Driver, naps: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]

    class SevenMinuteStreams(Start):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            if "events" in request.url.path:
                now[0] += 420
            return super().__call__(request)

    monkeypatch.setattr("helmr_ergonomic.waiting.monotonic", lambda: now[0])
    server = SevenMinuteStreams(
        ["running"], [event_stream(CREATED)], response=ok(responses.start(timed_out=True))
    )
    sessions = drive.client(server).sessions
    late = drive(sessions.start_and_wait("greet", timeout_seconds=600))
    assert (late.timed_out, late.run.status) == (True, "running")
    with pytest.raises(errors.WaitTimeoutError):
        drive(sessions.start_and_wait("greet", timeout_seconds=600, raise_on_timeout=True))


# --- output_or_raise ---------------------------------------------------------------------------------------


def failed_event(sequence: int, attributes: dict[str, Any]) -> dict[str, Any]:
    return event(sequence, "run.failed", attributes)


@pytest.mark.parametrize(
    ("status", "last", "kind", "reason"),
    [
        ("failed", ("run.failed", {"failure_kind": "worker_failed", "detail": {"message": "boom"}}),
         errors.RunFailedError, "boom"),
        ("failed", ("run.failed", {"failure_kind": "task_failed", "detail": {"exit_code": 3}}),
         errors.RunFailedError, "the task exited with code 3"),
        ("failed", ("run.failed", {"origin": "workspace_mount", "message": "no mount"}),
         errors.RunFailedError, "no mount"),
        ("failed", ("run.dead_lettered", {"reason": "max_dispatch_attempts_exceeded"}),
         errors.RunFailedError, "max_dispatch_attempts_exceeded"),
        ("cancelled", ("run.cancelled", {"reason": "run cancelled", "force": False}),
         errors.RunCancelledError, "run cancelled"),
        ("expired", ("run.expired", {"ttl": "1s", "message": "run ttl expired before execution started"}),
         errors.RunExpiredError, "run ttl expired before execution started"),
    ],
)  # fmt: skip
def test_output_or_raise_raises_the_reason(
    drive: Driver, status: str, last: tuple[str, Any], kind: type[errors.RunError], reason: str
) -> None:
    earlier = failed_event(2, {"failure_kind": "worker_failed", "detail": {"message": "first attempt"}})
    server = Run([status], pages=[page(CREATED, earlier, event(3, *last))])
    ended = drive(drive.client(server).runs.retrieve(RUN_ID))
    with pytest.raises(kind, match=reason) as caught:
        drive(ended.output_or_raise())
    assert (caught.value.reason, caught.value.run) == (reason, ended)


def test_a_graceful_cancel_is_reported_with_the_callers_reason(drive: Driver) -> None:
    cancel_requested = event(2, "run.cancel_requested", {"reason": "not needed", "force": False})
    done = event(3, "run.cancelled", {"reason": "run cancelled", "origin": "cancel_operation"})
    ended = drive(
        drive.client(Run(["cancelled"], pages=[page(CREATED, cancel_requested, done)])).runs.retrieve(RUN_ID)
    )
    with pytest.raises(errors.RunCancelledError, match="was cancelled: not needed"):
        drive(ended.output_or_raise())


def test_an_unfinished_run_has_no_output(drive: Driver) -> None:
    server = Run(["running"])
    with pytest.raises(errors.RunNotFinishedError, match="wait for it first"):
        drive(
            drive.client(server).runs.retrieve(RUN_ID).output_or_raise()
            if drive.kind == "sync"
            else _ask(drive, server)
        )
    assert server.asked == ["run"]


def _ask(drive: Driver, server: Run) -> Any:
    return drive(drive.client(server).runs.retrieve(RUN_ID)).output_or_raise()


def test_a_failure_kind_is_kept(drive: Driver) -> None:
    last = failed_event(2, {"failure_kind": "max_duration", "detail": {"message": "x", "limit_seconds": 5}})
    ended = drive(drive.client(Run(["failed"], pages=[page(CREATED, last)])).runs.retrieve(RUN_ID))
    with pytest.raises(errors.RunFailedError) as caught:
        drive(ended.output_or_raise())
    assert caught.value.failure_kind == "max_duration"
    assert not hasattr(caught.value, "__notes__")


def test_the_failures_of_earlier_attempts_become_exception_notes(drive: Driver) -> None:
    first = failed_event(2, {"failure_kind": "worker_failed", "detail": {"message": "\x1b[2J hlmr_sk_AbC"}})
    retry = event(3, "run.retry_scheduled", {"delay_ms": 5, "next_attempt_number": 2})
    last = failed_event(4, {"failure_kind": "worker_failed", "detail": {"message": "KeyError: 'b'"}})
    server = Run(["failed"], pages=[page(CREATED, first, retry, last | {"attempt_number": 2})])
    with pytest.raises(errors.RunFailedError, match="failed: KeyError: 'b'") as caught:
        drive(drive(drive.client(server).runs.retrieve(RUN_ID)).output_or_raise())
    for one in (caught.value, pickle.loads(pickle.dumps(caught.value))):  # noqa: S301  our own
        assert one.__notes__ == ["attempt 1 failed: \\x1b[2J hlmr_sk_[secret]"]


# --- events.follow -----------------------------------------------------------------------------------------


def ids(events: list[Any]) -> list[int]:
    return [one.sequence for one in events]


def test_following_a_retried_run_continues_until_its_last_attempt(drive: Driver, naps: list[float]) -> None:
    failed, retry = (
        failed_event(2, {}),
        event(3, "run.retry_scheduled", {"delay_ms": 5, "next_attempt_number": 2}),
    )
    server = Run(
        ["queued", "succeeded"],
        [event_stream(CREATED, failed, retry), event_stream(event(4, "run.completed"))],
        [page()],
    )
    events = drive.items(drive.client(server).runs.events.follow(RUN_ID))
    assert ids(events) == [1, 2, 3, 4]
    assert isinstance(events[1], RunFailed)
    assert isinstance(events[2], RunRetryScheduled)
    assert (events[2].delay_ms, events[2].next_attempt_number) == (5, 2)
    assert server.asked == ["stream 0", "run", "stream 3", "run", "page 4"]
    assert naps == []


def test_events_after_the_terminal_event_are_not_lost(drive: Driver) -> None:
    failed, lost = failed_event(2, {}), event(3, "run.execution_lost")
    server = Run(["failed"], [event_stream(CREATED, failed)], [page(lost)])
    assert ids(drive.items(drive.client(server).runs.events.follow(RUN_ID))) == [1, 2, 3]


def test_events_are_neither_lost_nor_repeated_when_the_stream_breaks(
    drive: Driver, naps: list[float]
) -> None:
    one, two, three = event(2, "log"), event(3, "log"), event(4, "run.completed")
    server = Run(
        ["running", "running", "running", "succeeded"],
        [
            event_stream(CREATED, one, tail=b"id: 3\ndata: {cut"),
            httpx.ReadError("reset"),
            event_stream(CREATED, one, two),  # the server starts from the beginning
            event_stream(two, three),
        ],
        [page()],
    )
    assert ids(drive.items(drive.client(server).runs.events.follow(RUN_ID))) == [1, 2, 3, 4]
    assert [asked for asked in server.asked if "stream" in asked] == [
        "stream 0", "stream 2", "stream 2", "stream 3",
    ]  # fmt: skip


def test_following_a_dead_lettered_run_ends(drive: Driver) -> None:
    dead = event(2, "run.dead_lettered", {"reason": "max_dispatch_attempts_exceeded"})
    server = Run(["failed"], [event_stream(CREATED, dead, tail=KEEP_ALIVE * 100)], [page()])
    assert ids(drive.items(drive.client(server).runs.events.follow(RUN_ID))) == [1, 2]
    assert server.asked == ["stream 0", "run", "page 2"]


def test_following_a_gracefully_cancelled_run_waits_for_its_last_event(
    drive: Driver, naps: list[float]
) -> None:
    cancel_requested, done = event(2, "run.cancel_requested", {"reason": "x"}), event(3, "run.cancelled")
    server = Run(
        ["cancelled"],
        [
            event_stream(CREATED, cancel_requested, tail=KEEP_ALIVE),
            event_stream(tail=KEEP_ALIVE),
            event_stream(done),
        ],
        [page()],
    )
    events = drive.items(drive.client(server).runs.events.follow(RUN_ID))
    assert ids(events) == [1, 2, 3]
    assert isinstance(events[1], RunCancelRequested)


def test_following_from_after_the_last_event_ends(drive: Driver) -> None:
    server = Run(["succeeded"], [event_stream(tail=KEEP_ALIVE * 100)], [page()])
    assert drive.items(drive.client(server).runs.events.follow(RUN_ID, cursor=2)) == []
    assert server.asked == ["run", "page 2"]


def test_following_a_cancelled_run_from_its_last_event_ends(drive: Driver) -> None:
    server = Run(["cancelled"], [], [page(), page(event(3, "run.cancelled"))])
    assert drive.items(drive.client(server).runs.events.follow(RUN_ID, cursor="3")) == []
    assert server.asked == ["run", "page 3", "page 2"]


def test_a_keep_alive_reveals_a_missed_end(drive: Driver, naps: list[float]) -> None:
    server = Run(["running", "succeeded"], [event_stream(tail=KEEP_ALIVE * 2)], [page()])
    assert drive.items(drive.client(server).runs.events.follow(RUN_ID)) == []


def test_a_follow_can_be_stopped_early(drive: Driver) -> None:
    server = Run(["running"], [event_stream(CREATED, event(2, "log"))])
    assert ids(drive.items(drive.client(server).runs.events.follow(RUN_ID), most=1)) == [1]
    assert server.asked == ["stream 0"]


def test_following_an_unknown_run_is_an_error(drive: Driver) -> None:
    server = Run([error(404, "run not found")], [error(404, "run not found")])
    with pytest.raises(errors.NotFoundError):
        drive.items(drive.client(server).runs.events.follow(RUN_ID))
    with pytest.raises(errors.NotFoundError):
        drive.items(drive.client(server).runs.logs.follow(RUN_ID))


# --- logs.follow -------------------------------------------------------------------------------------------


def logs(*chunks: dict[str, Any], tail: bytes = b"") -> httpx.Response:
    return event_stream(*chunks, kind="run_log", tail=tail)


def test_log_text_never_splits_a_character(drive: Driver, naps: list[float]) -> None:
    text = "größer €𝄞"
    raw = text.encode()
    chunks = [log_chunk(n + 1, raw[n : n + 1]) for n in range(len(raw))]
    server = Run(
        ["running", "running", "succeeded"],
        logs=[logs(*chunks[:4], tail=KEEP_ALIVE + b"id: 5\nda"), logs(*chunks[3:]), logs()],
    )
    found = drive.items(drive.client(server).runs.logs.follow(RUN_ID))
    assert b"".join(chunk.content for chunk in found) == raw
    assert "".join(chunk.text for chunk in found) == text
    assert not [chunk for chunk in found if "\ufffd" in chunk.text]
    assert [asked for asked in server.asked if "logs" in asked] == ["logs 0", "logs 4", f"logs {len(raw)}"]


def test_characters_are_decoded_separately_for_stdout_and_stderr(drive: Driver) -> None:
    half, rest = "ü".encode()[:1], "ü".encode()[1:]
    server = Run(
        ["succeeded"],
        logs=[
            logs(
                log_chunk(1, half),
                log_chunk(2, half, "stderr"),
                log_chunk(3, rest),
                log_chunk(4, rest, "stderr"),
            )
        ],
    )
    found = drive.items(drive.client(server).runs.logs.follow(RUN_ID, cursor="0"))
    assert [(chunk.stream, chunk.text) for chunk in found] == [
        ("stdout", ""), ("stderr", ""), ("stdout", "ü"), ("stderr", "ü"),
    ]  # fmt: skip
    assert found[0].to_dict() == log_chunk(1, half)
    assert [chunk.cursor for chunk in found] == ["1", "2", "3", "4"]


def test_following_the_logs_of_an_ended_run_opens_one_stream(drive: Driver) -> None:
    server = Run(["failed"], logs=[logs(log_chunk(1, b"x"))])
    assert len(drive.items(drive.client(server).runs.logs.follow(RUN_ID))) == 1
    assert server.asked == ["run", "logs 0"]


def test_a_log_stream_that_breaks_after_the_run_ended_is_reopened(drive: Driver, naps: list[float]) -> None:
    server = Run(["failed"], logs=[httpx.ReadError("reset"), error(502, "x"), logs(log_chunk(1, b"x"))])
    assert len(drive.items(drive.client(server).runs.logs.follow(RUN_ID))) == 1


# --- runs.follow -------------------------------------------------------------------------------------------


def test_following_a_run_yields_events_lines_and_the_run(drive: Driver, naps: list[float]) -> None:
    server = Run(
        ["running", "succeeded"],
        pages=[page(CREATED), page(COMPLETED)],
        logs=[logs(log_chunk(1, b"one\ntwo"), tail=KEEP_ALIVE), logs(log_chunk(2, b" and three"))],
    )
    *items, ended = drive.items(drive.client(server).runs.follow(RUN_ID))
    assert [getattr(item, "kind", None) or item.text for item in items] == [
        "run.created",
        "one",
        "two and three",
        "run.completed",
    ]
    assert ended.status == "succeeded"
    assert [asked for asked in server.asked if "page" in asked] == ["page 0", "page 1"]


def test_following_a_cancelled_run_waits_for_its_last_event(drive: Driver, naps: list[float]) -> None:
    cancel_requested = event(2, "run.cancel_requested")
    server = Run(
        ["cancelled"],
        pages=[page(CREATED, cancel_requested), page(), page(event(3, "run.cancelled"))],
        logs=[logs(tail=KEEP_ALIVE)],
    )
    *events, ended = drive.items(drive.client(server).runs.follow(RUN_ID))
    assert [event.kind for event in events] == ["run.created", "run.cancel_requested", "run.cancelled"]
    assert ended.status == "cancelled"


def test_following_a_run_tolerates_transient_errors_and_raises_others(
    drive: Driver, naps: list[float]
) -> None:
    log = logs(log_chunk(1, b"x\n"))
    server = Run(["succeeded"], pages=[error(503, "x"), error(502, "x"), page(COMPLETED)], logs=[log])
    client = drive.client(server, max_retries=0)
    line, event, ended = drive.items(client.runs.follow(RUN_ID))
    assert (line.text, event.kind, ended.status) == ("x", "run.completed", "succeeded")
    for refusing in (Run([error(404, "x")]), Run(["succeeded"], pages=[error(403, "x")], logs=[log])):
        with pytest.raises((errors.NotFoundError, errors.PermissionDeniedError)):
            drive.items(drive.client(refusing, max_retries=0).runs.follow(RUN_ID))


# --- output.follow -----------------------------------------------------------------------------------------


def outputs(
    state: Callable[[int], str], *pages: list[int]
) -> tuple[Callable[[httpx.Request], httpx.Response], Any]:
    """Serve a session whose stream returns the next page on each read; `state(n)` is its nth status."""
    requests: list[str] = []
    remaining = list(pages)

    def server(request: httpx.Request) -> httpx.Response:
        if "/outputs/" in request.url.path:
            after = int(request.url.params.get("after_sequence", 0))
            requests.append(f"after {after}")
            found = remaining.pop(0) if remaining else []
            return ok({"records": [responses.record(n, n) for n in found if n > after]})
        requests.append("look")
        status = state(requests.count("look"))
        return ok(responses.run(status) if "/runs/" in request.url.path else responses.session(status))

    return server, requests


def test_following_records_ends_with_the_session(drive: Driver, naps: list[float]) -> None:
    server, requests = outputs(lambda n: "open" if n < 3 else "closed", [1, 2], [], [3], [4])
    output = drive.client(server).sessions.open(SESSION_ID).output("x")
    assert [record.sequence for record in drive.items(output.follow())] == [1, 2, 3, 4]
    assert requests[0] == "after 0"
    assert requests[-1] == "after 4"


def test_following_records_ends_with_the_run_after_its_last_record(drive: Driver, naps: list[float]) -> None:
    server, _ = outputs(lambda n: "running" if n < 2 else "succeeded", [1], [], [2, 3])
    output = drive.client(server).sessions.open(external_id="x").output("x")
    assert [record.sequence for record in drive.items(output.follow(run=RUN_ID))] == [1, 2, 3]


def test_following_records_polls_at_growing_intervals(drive: Driver, naps: list[float]) -> None:
    server, _ = outputs(lambda n: "open" if n < 12 else "closed", [1])
    drive.items(drive.client(server).sessions.open(SESSION_ID).output("x").follow())
    assert naps[0] <= 0.1
    assert max(naps) <= 2.0
    assert naps[-1] >= 1.5


def test_following_records_survives_connection_errors(drive: Driver, naps: list[float]) -> None:
    inner, _ = outputs(lambda n: "closed", [1, 2], [3])
    failures = [httpx.ReadError("reset"), None, httpx.ConnectError("refused"), None]

    def server(request: httpx.Request) -> httpx.Response:
        failure = failures.pop(0) if failures else None
        if failure is not None:
            raise failure
        return inner(request)

    output = drive.client(server, max_retries=0).sessions.open(SESSION_ID).output("x")
    assert [record.sequence for record in drive.items(output.follow())] == [1, 2, 3]


# --- tokens ------------------------------------------------------------------------------------------------


class Token:
    def __init__(self, *tokens: dict[str, Any] | Reply, date: str = "Sat, 06 Jun 2026 10:00:00 GMT") -> None:
        self.queue: list[Any] = list(tokens)
        self.date = date
        self.asked = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        response = self.queue.pop(0) if len(self.queue) > 1 else self.queue[0]
        if isinstance(response, Exception):
            raise response
        return fresh(response) if isinstance(response, httpx.Response) else ok(response, Date=self.date)


def test_waiting_for_a_token_returns_its_data_in_the_callers_type(drive: Driver, naps: list[float]) -> None:
    server = Token(
        responses.token(), responses.token(), responses.token("completed", data={"approved": True})
    )
    result = drive(drive.client(server).tokens.wait(TOKEN_ID, dict[str, bool]))
    assert (result.ok, result.error, result.unwrap()) == (True, None, {"approved": True})
    assert len(naps) == 2


def test_an_unsupported_type_is_rejected_before_the_wait(drive: Driver, naps: list[float]) -> None:
    server = Token(responses.token())
    for unusable in ("int", complex, 3):
        with pytest.raises(errors.DefinitionError, match=r"^token data: "):
            drive(drive.client(server).tokens.wait(TOKEN_ID, unusable))
    assert naps == []


def test_token_data_of_another_type_is_an_error(drive: Driver) -> None:
    tokens = drive.client(Token(responses.token("completed", data={"approved": "yes"}))).tokens
    with pytest.raises(
        errors.OutputValidationError, match=r"token data failed validation: data\.approved: expected bool"
    ):
        drive(tokens.wait(TOKEN_ID, dict[str, bool]))


def test_cancelled_and_expired_tokens_are_results_with_an_error(drive: Driver) -> None:
    cancelled = drive(drive.client(Token(responses.token("cancelled"))).tokens.wait(TOKEN_ID))
    assert not cancelled.ok
    with pytest.raises(errors.TokenCancelledError):
        cancelled.unwrap()
    expired = drive(drive.client(Token(responses.token("expired"))).tokens.wait(TOKEN_ID))
    with pytest.raises(errors.WaitTimeoutError):
        expired.unwrap()


def test_the_callers_timeout_bounds_a_token_wait(drive: Driver, naps: list[float]) -> None:
    result = drive(drive.client(Token(responses.token())).tokens.wait(TOKEN_ID, timeout=0.02))
    assert (result.ok, result.error.timeout) == (False, 0.02)


def test_the_servers_clock_decides_whether_a_token_is_overdue(drive: Driver, naps: list[float]) -> None:
    # Our clock is months apart from the server's, where the token expires in an hour.
    server = Token(responses.token(), responses.token(), responses.token("completed", data=1))
    assert drive(drive.client(server).tokens.wait(TOKEN_ID)).unwrap() == 1
    overdue = Token(responses.token(), date="Sat, 06 Jun 2026 11:00:30 GMT")
    assert not drive(drive.client(overdue).tokens.wait(TOKEN_ID)).ok
    assert overdue.asked == 1


def test_waiting_for_a_token_survives_connection_errors(drive: Driver, naps: list[float]) -> None:
    server = Token(httpx.ReadError("reset"), error(503, "x"), responses.token("completed", data=None))
    assert drive(drive.client(server, max_retries=0).tokens.wait(TOKEN_ID)).unwrap() is None
    with pytest.raises(errors.NotFoundError):
        drive(drive.client(Token(error(404, "token not found", "token_not_found"))).tokens.wait(TOKEN_ID))


def test_unwrap_returns_a_tokens_data_or_raises(drive: Driver) -> None:
    tokens = drive.client(
        Token(responses.token(), responses.token("completed", data=3), responses.token("cancelled"))
    ).tokens
    with pytest.raises(errors.TokenPendingError):
        drive(tokens.retrieve(TOKEN_ID)).unwrap()
    assert drive(tokens.retrieve(TOKEN_ID)).unwrap(int) == 3
    with pytest.raises(errors.TokenCancelledError):
        drive(tokens.retrieve(TOKEN_ID)).unwrap()


# --- deadlines ---------------------------------------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that `waiting` sees, as the list's only item."""
    now = [100.0]
    monkeypatch.setattr("helmr_ergonomic.waiting.monotonic", lambda: now[0])
    return now


def test_silence_windows_grow_to_just_over_a_keep_alive_interval(clock: list[float]) -> None:
    silence = Silence()
    windows = []
    for _ in range(10):
        windows.append(silence.open())
        clock[0] += silence.window
        assert silence.quiet(), "the silence was kept, so that no pause is needed"
    assert windows == [1, 2, 4, 8, 16, 32, 35, 35, 35, 35]
    silence.open()
    assert not silence.quiet(), "the read failed at once"


def test_the_earlier_of_two_deadlines_applies(clock: list[float]) -> None:
    deadline = Deadline(10)
    assert deadline.earlier(None) is deadline
    assert deadline.earlier(11) is deadline
    assert deadline.earlier(2).left() == 2
    assert Deadline(None).earlier(3).left() == 3
    assert deadline.is_before(10)
    assert not deadline.is_before(9.9)
    assert not Deadline(None).is_before(1e9)


def test_looks_are_rate_limited_during_a_flood_of_keep_alives(clock: list[float]) -> None:
    checks = CheckTimer(2, 10)
    assert checks.is_due(brought_news=False)
    due = []
    for _ in range(400):
        clock[0] += 0.1
        if checks.is_due(brought_news=False):
            due.append(round(clock[0] - 100))
    assert due == [2, 6, 14, 24, 34]
    checks.is_due(brought_news=True)
    clock[0] += 2
    assert checks.is_due(brought_news=False), "after something new the intervals begin anew"


def test_looks_are_due_during_a_flood_of_events(clock: list[float]) -> None:
    checks = CheckTimer()
    due = []
    for _ in range(600):
        clock[0] += 0.1
        if checks.is_due(brought_news=True):
            due.append(round(clock[0] - 100))
    assert due == [25, 50]


def test_a_pause_is_as_long_as_the_server_requests() -> None:
    pause = Pause(0.1, 1.0)
    assert not pause.is_asked
    pause.ask(7)
    assert pause.is_asked
    assert pause.next() == 7
    assert not pause.is_asked
    assert pause.next() <= 0.17
