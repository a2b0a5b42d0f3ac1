"""Which requests a client repeats, and for how long."""

from __future__ import annotations

import time
from email.utils import formatdate

from helmr_contract.client.http1 import Received
from helmr_contract.client.plane import CUT, HOLD, RESET, Pause, Piece, Reply, dropped, error
from helmr_contract.client.scenario import Level, Stage, scenario
from helmr_contract.client.world import RUN, SESSION, TASK, TOKEN, run

GET_RUN = f"GET /api/runs/{RUN}"
SEND = "POST /api/sessions/.*/inputs/.*"


def unavailable(status: int = 503, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return error(status, "try again", headers=named)


def _gap(stage: Stage, pattern: str = GET_RUN) -> float:
    first, second = stage.requests(pattern)[:2]
    return second.at - first.at


@scenario("retry/503-retry-after-seconds", "runs.get")
def retry_after_seconds(stage: Stage) -> None:
    """A request is repeated after a 503, with the delay in seconds given by Retry-After."""
    stage.on(GET_RUN, unavailable(retry_after="1"))
    stage.returns("runs.get", run_id=RUN)
    stage.check(0.9 <= _gap(stage) < 8, f"the pause is 1 s, not {_gap(stage):.2f} s")


@scenario("retry/503-retry-after-date-with-skewed-clock", "runs.get", level=Level.SHOULD)
def retry_after_date(stage: Stage) -> None:
    """A date in Retry-After is relative to the response's own Date header, not to the client's clock."""
    for skew in (-7200, 7200):
        now = time.time() + skew
        until = formatdate(now + 2, usegmt=True)
        stage.on(GET_RUN, unavailable(date=formatdate(now, usegmt=True), retry_after=until))
        before = len(stage.requests(GET_RUN))
        stage.returns("runs.get", run_id=RUN)
        first, second = stage.requests(GET_RUN)[before : before + 2]
        gap = second.at - first.at
        stage.check(0.9 <= gap < 10, f"the pause is about 2 s with a clock {skew} s off, not {gap:.2f} s")


@scenario("retry/429-and-502-repeated", "runs.get")
def transient_repeated(stage: Stage) -> None:
    """A read is repeated after 429, 502, 503 and 504."""
    for status in (429, 502, 503, 504):
        stage.on(GET_RUN, unavailable(status, retry_after="0"))
        before = len(stage.requests(GET_RUN))
        stage.returns("runs.get", run_id=RUN)
        stage.equal(len(stage.requests(GET_RUN)) - before, 2, f"the number of requests after a {status}")


@scenario("retry/4xx-never-repeated", "runs.get")
def client_errors_not_repeated(stage: Stage) -> None:
    """A request that the server refuses permanently is not repeated, and its status is reported."""
    for status in (400, 401, 403, 404, 405, 409, 410, 413, 422):
        stage.on(GET_RUN, error(status, "no"))
        before = len(stage.requests(GET_RUN))
        problem = stage.raises("runs.get", "status", run_id=RUN)
        stage.equal(problem.status, status, "the status")
        stage.equal(len(stage.requests(GET_RUN)) - before, 1, f"the number of requests after a {status}")


@scenario("retry/bounded", "runs.get")
def bounded(stage: Stage) -> None:
    """A server that stays unavailable is not retried forever: the error is reported after a few attempts."""
    stage.on(GET_RUN, lambda _: unavailable(retry_after="0"))
    problem = stage.raises("runs.get", "status", run_id=RUN, within=60)
    stage.equal(problem.status, 503, "the status")
    stage.check(
        len(stage.requests(GET_RUN)) <= 10, f"at most 10 requests, not {len(stage.requests(GET_RUN))}"
    )


@scenario("retry/long-retry-after-not-awaited", "runs.get")
def far_retry_after(stage: Stage) -> None:
    """A Retry-After beyond the timeout is an immediate error, not a wait."""
    stage.on(GET_RUN, lambda _: unavailable(retry_after="86400"))
    outcome = stage.call("runs.get", run_id=RUN, client={"timeout_seconds": 5})
    stage.check(outcome.error is not None, f"it is an error; it {outcome}")
    stage.check(outcome.seconds < 10, f"it does not wait; it took {outcome.seconds:.1f} s")


@scenario("retry/lost-read-repeated", "runs.get")
def lost_read(stage: Stage) -> None:
    """A read is repeated after a closed and after a reset connection."""
    stage.on(GET_RUN, dropped(), Reply(raw=[RESET], says="reset"))
    stage.equal(stage.returns("runs.get", run_id=RUN)["id"], RUN, "the run's id")


@scenario("retry/keep-alive-reset-repeated-when-safe", "runs.get")
def keep_alive_closed(stage: Stage) -> None:
    """A read does not fail if the server has closed the kept-alive connection."""
    stage.on(GET_RUN, Reply(raw=_whole_and_closed(), says="200, and closed without notice"))
    stage.returns("runs.get", run_id=RUN)
    time.sleep(0.05)
    stage.returns("runs.get", run_id=RUN)
    stage.equal(len(stage.requests(GET_RUN)), 2, "the number of requests that the server saw")


def _whole_and_closed() -> list[Piece]:
    import json

    body = json.dumps(run()).encode()
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
    return [head + body, CUT]


def _lost_append(stage: Stage) -> None:
    times = 0

    def handler(request: Received) -> Reply:
        nonlocal times
        times += 1
        response = stage.world.append(request, stage.world.inputs)
        return dropped(says="stored, and closed without a response") if times == 1 else response

    stage.on(SEND, handler)


@scenario("retry/append-with-key-stored-once", "inputs.send")
def append_with_key(stage: Stage) -> None:
    """An append with a key is repeated after a lost response, and stored once."""
    _lost_append(stage)
    sent = stage.returns("inputs.send", session_id=SESSION, stream="approval", data=1, idempotency_key="k")
    stage.equal(len(stage.world.inputs), 1, "the number of records")
    stage.equal(sent["record"]["sequence"], 1, "the record's sequence")
    keys = {one.fields.get("idempotency_key") for one in stage.requests(SEND)}
    stage.equal(sorted(map(str, keys)), ["k"], "the keys that were sent: as given, not hashed")


@scenario("retry/append-without-key-not-repeated", "inputs.send")
def append_without_key(stage: Stage) -> None:
    """An append without a key is stored once, even if its response is lost: the client adds a key, or does
    not repeat it.
    """
    _lost_append(stage)
    stage.call("inputs.send", session_id=SESSION, stream="approval", data=1)
    stage.equal(len(stage.world.inputs), 1, "the number of records")


@scenario("retry/appends-are-two-records", "inputs.send")
def appends_differ(stage: Stage) -> None:
    """Two appends of the same data without a key are two records."""
    for _ in range(2):
        stage.returns("inputs.send", session_id=SESSION, stream="approval", data=1)
    stage.equal(len(stage.world.inputs), 2, "the number of records")


@scenario("retry/completion-repeated-is-success", "tokens.complete")
def completion_repeated(stage: Stage) -> None:
    """Completing a token again with the same data is a success with the status `already_completed`."""
    first = stage.returns("tokens.complete", token_id=TOKEN, data={"approved": True})
    again = stage.returns("tokens.complete", token_id=TOKEN, data={"approved": True})
    stage.equal([first["status"], again["status"]], ["completed", "already_completed"], "the statuses")
    stage.equal(again["token"]["data"], {"approved": True}, "the token's data")


@scenario("retry/timeout-despite-trickle", "runs.get")
def trickle(stage: Stage) -> None:
    """The timeout of a call ends it even if the server sends a byte now and then."""
    drip: list[Piece] = [piece for _ in range(400) for piece in (b" ", Pause(0.05))]
    head = {"content-type": "application/json"}
    stage.on(GET_RUN, *(Reply(200, list(drip), head, says="a body that trickles") for _ in range(20)))
    outcome = stage.call("runs.get", run_id=RUN, client={"timeout_seconds": 1})
    stage.check(outcome.error is not None and outcome.error.kind == "timeout", f"it times out; it {outcome}")
    stage.check(0.8 <= outcome.seconds < 5, f"it takes 1 s, not {outcome.seconds:.2f} s")


@scenario("retry/timeout-in-silence", "runs.get")
def silence(stage: Stage) -> None:
    """The timeout of a call ends it if the server sends nothing."""
    stage.on(GET_RUN, *(Reply(raw=[HOLD], says="silence") for _ in range(20)))
    outcome = stage.call("runs.get", run_id=RUN, client={"timeout_seconds": 1})
    stage.check(outcome.error is not None and outcome.error.kind == "timeout", f"it times out; it {outcome}")
    stage.check(0.8 <= outcome.seconds < 5, f"it takes 1 s, not {outcome.seconds:.2f} s")


@scenario("retry/timeout-bounds-all-attempts", "runs.get")
def all_attempts(stage: Stage) -> None:
    """The timeout covers all attempts and the pauses between them."""

    def slow(request: Received) -> Reply:
        del request
        return Reply(raw=[Pause(0.4), CUT], says="closed after 0.4 s")

    stage.on(GET_RUN, slow)
    outcome = stage.call("runs.get", run_id=RUN, client={"timeout_seconds": 1})
    stage.check(outcome.error is not None, f"it is an error; it {outcome}")
    stage.check(outcome.seconds < 4, f"it takes 1 s at most, not {outcome.seconds:.2f} s")


@scenario("retry/no-server-is-an-error", "runs.get")
def no_server(stage: Stage) -> None:
    """If nothing listens on the port, the error reports that the connection failed."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    client = {"url": f"http://127.0.0.1:{port}", "timeout_seconds": 5}
    stage.raises("runs.get", "connection", "timeout", run_id=RUN, client=client)


@scenario("retry/start-on-503-one-session", "sessions.start")
def start_on_503(stage: Stage) -> None:
    """A start that gets a 503 is repeated with the same key."""
    stage.on("POST /api/sessions", unavailable(retry_after="0"))
    stage.returns("sessions.start", task_id=TASK, idempotency_key="k")
    stage.equal(len({one.body for one in stage.requests("POST .*")}), 1, "the number of different bodies")
    stage.equal(len(stage.world.made), 1, "the number of sessions")


@scenario("retry/connections-reused", "runs.get", level=Level.SHOULD)
def connections_reused(stage: Stage) -> None:
    """Consecutive calls share a connection."""
    for _ in range(4):
        stage.returns("runs.get", run_id=RUN)
    stage.equal(len({one.connection for one in stage.requests()}), 1, "the number of connections")
