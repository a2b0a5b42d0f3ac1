"""Starting sessions: keys, repetition, conflicts, waiting."""

from __future__ import annotations

from helmr_contract.client.http1 import Received
from helmr_contract.client.plane import Reply, dropped, error, reply
from helmr_contract.client.scenario import Level, Stage, scenario
from helmr_contract.client.world import RUN, SESSION, TASK, run, session

START = "POST /api/sessions"
PENDING = "idempotency_pending"
DIGESTS = {
    "abc": "cfd06ba96bf4d177860c6049f68253f5eb5ec0e7822bb928f88ce1c091b0227d",
    "ab": "00c60c7956be3c5e39a3cd447417c25f7a8b40748b1907e8ac6dc7c97ff1308f",
}


def pending(delay: str | None = None) -> Reply:
    return error(202, "session_start_pending", PENDING, {"retry-after": delay} if delay else None)


def lost(stage: Stage, *, waits: bool = False) -> None:
    """Script a server that executes the first start but loses its response."""
    times = 0

    def handler(request: Received) -> Reply:
        nonlocal times
        times += 1
        response = stage.world.start(request, waits=waits)
        return dropped(says="acted, and closed without a response") if times == 1 else response

    stage.on("POST /api/sessions(/start-and-wait)?", handler)


@scenario("start/hashed-key-digests", "sessions.start")
def hashed_key_digests(stage: Stage) -> None:
    """A start's idempotency key, a string or a list, is sent as the documented SHA-256 digest."""
    stage.returns("sessions.start", task_id=TASK, idempotency_key="abc")
    stage.returns("sessions.start", task_id=TASK, idempotency_key=["abc"])
    stage.returns("sessions.start", task_id=TASK, idempotency_key=["a", "b"])
    sent = [one.fields.get("idempotency_key") for one in stage.requests(START)]
    stage.equal(sent, [DIGESTS["abc"], DIGESTS["abc"], DIGESTS["ab"]], "the keys that were sent")


@scenario("start/key-lifetime-sent", "sessions.start")
def key_lifetime_sent(stage: Stage) -> None:
    """The lifetime of a key is sent with it."""
    stage.returns("sessions.start", task_id=TASK, idempotency_key="k", idempotency_key_ttl="24h")
    stage.equal(stage.one(START).fields.get("idempotency_key_ttl"), "24h", "idempotency_key_ttl")


@scenario("start/pending-202-repeats-same-bytes", "sessions.start")
def pending_repeated(stage: Stage) -> None:
    """While the response is 202 `idempotency_pending`, the same request is sent again."""
    stage.on(START, pending(), pending("0"), pending())
    started = stage.returns("sessions.start", task_id=TASK, payload={"a": 1}, idempotency_key="k")
    starts = stage.requests(START)
    stage.equal(len(starts), 4, "the number of requests")
    stage.equal(len({one.body for one in starts}), 1, "the number of different bodies")
    stage.equal(started["session"]["id"], SESSION, "the session's id")


@scenario("start/pending-respects-retry-after", "sessions.start")
def pending_respects_retry_after(stage: Stage) -> None:
    """Between two such requests, the client waits as long as Retry-After specifies."""
    stage.on(START, pending("1"))
    stage.returns("sessions.start", task_id=TASK, idempotency_key="k")
    first, second = stage.requests(START)
    stage.check(0.9 <= second.at - first.at < 10, f"the pause is 1 s, not {second.at - first.at:.2f} s")


@scenario("start/pending-gives-up-in-time", "sessions.start")
def pending_gives_up(stage: Stage) -> None:
    """A start that stays pending ends with an error within the timeout."""
    stage.on(START, lambda _: pending())
    outcome = stage.call("sessions.start", task_id=TASK, idempotency_key="k", client={"timeout_seconds": 1.5})
    stage.check(outcome.error is not None, f"it is an error; it {outcome}")
    stage.check(outcome.seconds < 6, f"it ends after 1.5 s, not after {outcome.seconds:.1f} s")
    stage.check(len(stage.requests()) < 100, "the server is not flooded with requests")


@scenario("start/other-202-is-an-error", "sessions.start")
def other_202(stage: Stage) -> None:
    """A 202 with another code is not polled."""
    stage.on(START, error(202, "later", "something_else"))
    stage.check(stage.call("sessions.start", task_id=TASK).error is not None, "it is an error")
    stage.equal(len(stage.requests(START)), 1, "the number of requests")


@scenario("start/lost-response-one-session", "sessions.start")
def lost_response(stage: Stage) -> None:
    """After a lost response, the same request with the same key finds the session that was created."""
    lost(stage)
    started = stage.returns("sessions.start", task_id=TASK, payload={"a": 1}, idempotency_key="k")
    stage.equal(started["session"]["id"], SESSION, "the session's id")
    stage.equal(len(stage.world.made), 1, "the number of sessions")
    stage.equal(len({one.body for one in stage.requests(START)}), 1, "the number of different bodies")


@scenario("start/without-key-not-repeated-after-lost-response", "sessions.start")
def without_key(stage: Stage) -> None:
    """A start without a key and external id creates one session, even if a response is lost: the client adds
    a key, or does not repeat it.
    """
    lost(stage)
    stage.call("sessions.start", task_id=TASK)
    stage.equal(len(stage.world.made), 1, "the number of sessions")


@scenario("start/own-keys-differ", "sessions.start")
def own_keys_differ(stage: Stage) -> None:
    """Two starts without a key and external id create two sessions."""
    for _ in range(2):
        stage.returns("sessions.start", task_id=TASK, payload=1)
    stage.equal(len(stage.world.made), 2, "the number of sessions")


@scenario("start/external-id-alone-is-enough", "sessions.start", level=Level.SHOULD)
def external_id_alone(stage: Stage) -> None:
    """A start with an external id is identified by it: the client adds no key, and repeats it."""
    lost(stage)
    stage.returns("sessions.start", task_id=TASK, external_id="job-1")
    stage.equal(len(stage.world.made), 1, "the number of sessions")
    for request in stage.requests(START):
        stage.check("idempotency_key" not in request.fields, "no key is sent")


@scenario("start/reused-200-is-success", "sessions.start")
def reused(stage: Stage) -> None:
    """A 200 that returns an existing session is a success, and is reported as cached."""
    stage.on(START, reply({"session": session(), "run": run(), "is_cached": True}))
    started = stage.returns("sessions.start", task_id=TASK, external_id="job-1")
    stage.equal([started["session"]["id"], started["is_cached"]], [SESSION, True], "session id and is_cached")


@scenario("start/conflict-codes-distinguished", "sessions.start")
def conflicts(stage: Stage) -> None:
    """Conflicts are distinguished by their code, and not repeated."""
    codes = ("idempotency_fingerprint_mismatch", "session_terminal", "task_not_deployed")
    for code in codes:
        stage.on(START, error(409, code.replace("_", " "), code))
        problem = stage.raises("sessions.start", "status", task_id=TASK, idempotency_key="k")
        stage.equal([problem.status, problem.code], [409, code], "status and code")
    stage.equal(len(stage.requests(START)), len(codes), "the number of requests")


@scenario("start/start-and-wait-beyond-30-s", "sessions.start_and_wait")
def beyond_30_s(stage: Stage) -> None:
    """If the server's own wait ends before the run does, the client waits until the run ends."""
    stage.on(
        "POST /api/sessions/start-and-wait", reply({"session": session(), "run": run(), "timed_out": True})
    )
    reads = 0

    def reading(request: Received) -> None:
        nonlocal reads
        reads += 1
        if reads == 2:
            stage.world.ends(output={"total": 42})
        del request

    stage.on(f"GET /api/runs/{RUN}(/events)?", reading)
    done = stage.returns("sessions.start_and_wait", task_id=TASK, timeout_seconds=60)
    stage.equal(
        [done["run"]["status"], done["run"]["output"]], ["succeeded", {"total": 42}], "status and output"
    )


@scenario("start/start-and-wait-lost-response", "sessions.start_and_wait")
def waits_lost_response(stage: Stage) -> None:
    """A lost response to start-and-wait creates no second session."""
    lost(stage, waits=True)
    done = stage.returns("sessions.start_and_wait", task_id=TASK, payload=7, timeout_seconds=60)
    stage.equal(done["run"]["status"], "succeeded", "the run's status")
    stage.equal(len(stage.world.made), 1, "the number of sessions")


@scenario("start/start-and-wait-timeout", "sessions.start_and_wait")
def waits_in_time(stage: Stage) -> None:
    """The timeout of start-and-wait is exact, and does not cancel the run."""
    stage.on("POST /api/sessions(/start-and-wait)?", reply({"session": session(), "run": run()}, 201))
    outcome = stage.call("sessions.start_and_wait", task_id=TASK, timeout_seconds=1)
    late = outcome.error is None and outcome.result.get("timed_out") is True
    gone = outcome.error is not None and outcome.error.kind in ("wait_timeout", "timeout")
    stage.check(late or gone, f"it reports a timeout; it {outcome}")
    stage.check(0.9 <= outcome.seconds < 5, f"it takes 1 s, not {outcome.seconds:.2f} s")
    stage.equal(len(stage.requests("POST .*/cancel")), 0, "the number of cancels")
