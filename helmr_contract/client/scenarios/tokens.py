"""Tokens: creating, waiting, completing."""

from __future__ import annotations

from typing import Any

from helmr_contract.client.http1 import Received
from helmr_contract.client.plane import Reply, dropped, error, reply
from helmr_contract.client.scenario import Stage, scenario
from helmr_contract.client.world import TOKEN, TOKEN_PUBLIC, token

GET_TOKEN = f"GET /api/tokens/{TOKEN}"


@scenario("token/create-returns-its-secrets", "tokens.create")
def create(stage: Stage) -> None:
    """A new token has its public access token and its callback URL; its options are sent."""
    made = stage.returns("tokens.create", timeout="10m", tags=["a"], idempotency_key="k")
    stage.equal(made["public_access_token"], TOKEN_PUBLIC, "the public access token")
    stage.check("/callback/" in made["callback_url"], "the callback URL is there")
    fields = stage.one("POST /api/tokens").fields
    stage.equal(fields.get("idempotency_key"), "k", "the key: as given, not hashed")
    stage.equal(fields.get("tags"), ["a"], "the tags")


@scenario("token/create-lost-response-one-token", "tokens.create")
def create_lost(stage: Stage) -> None:
    """After a lost response, a create is repeated with the same key, or not at all."""
    stage.on("POST /api/tokens", dropped())
    stage.call("tokens.create", timeout="10m")
    keys = {one.fields.get("idempotency_key") for one in stage.requests("POST /api/tokens")}
    repeated = len(stage.requests("POST /api/tokens")) > 1
    stage.check(not repeated or (len(keys) == 1 and None not in keys), "every repeat has the same key")


@scenario("token/wait-until-completed", "tokens.wait")
def wait(stage: Stage) -> None:
    """A wait returns the data of the token once it is completed."""
    stage.on(GET_TOKEN, reply(token()), reply(token()), reply(token(status="completed", data={"ok": 1})))
    got = stage.returns("tokens.wait", token_id=TOKEN, timeout_seconds=30)
    stage.equal([got["status"], got["data"]], ["completed", {"ok": 1}], "status and data")


@scenario("token/wait-null-is-data", "tokens.wait")
def wait_null(stage: Stage) -> None:
    """Null data is data."""
    stage.on(GET_TOKEN, reply(token(status="completed", data=None)))
    got = stage.returns("tokens.wait", token_id=TOKEN, timeout_seconds=30)
    stage.check(
        got["status"] == "completed" and got["data"] is None, f"it is completed with null; it is {got}"
    )


@scenario("token/wait-timeout-exact", "tokens.wait")
def wait_timeout(stage: Stage) -> None:
    """A wait for a token that stays pending ends at its timeout."""
    outcome = stage.call("tokens.wait", token_id=TOKEN, timeout_seconds=1)
    late = outcome.error is None and outcome.result["status"] == "timed_out"
    reported = outcome.error is not None and outcome.error.kind in ("wait_timeout", "timeout")
    stage.check(late or reported, f"it reports a timeout; it {outcome}")
    stage.check(0.9 <= outcome.seconds < 4, f"it takes 1 s, not {outcome.seconds:.2f} s")


@scenario("token/wait-cancelled", "tokens.wait")
def wait_cancelled(stage: Stage) -> None:
    """A wait for a token that is cancelled reports that."""
    stage.on(GET_TOKEN, reply(token(status="cancelled")))
    outcome = stage.call("tokens.wait", token_id=TOKEN, timeout_seconds=30)
    shown = outcome.error is None and outcome.result["status"] == "cancelled"
    reported = outcome.error is not None and outcome.error.kind == "token_cancelled"
    stage.check(shown or reported, f"it reports that the token was cancelled; it {outcome}")


@scenario("token/completion-lost-response", "tokens.complete")
def completion_lost(stage: Stage) -> None:
    """A completion whose response was lost may be repeated with the same data and counts once."""
    once_when_lost(stage, "tokens.complete", token_id=TOKEN, data={"approved": True})


def once_when_lost(stage: Stage, call: str, **args: Any) -> None:
    """Check a completion whose response is lost. According to the document, repeating it changes nothing. The
    client may repeat it, which returns `already_completed`, or report a broken connection, after which a
    repeat by the caller returns that.
    """
    times = 0

    def handler(request: Received) -> Reply:
        nonlocal times
        times += 1
        response = stage.world.complete(request)
        return dropped(says="completed, and closed without a response") if times == 1 else response

    stage.on("POST .*/(complete|callback/.*)", handler)
    outcome = stage.call(call, **args)
    reported = outcome.error is not None and outcome.error.kind in ("connection", "timeout")
    stage.check(
        outcome.error is None or reported, f"it succeeds, or reports a broken connection; it {outcome}"
    )
    done = stage.returns(call, **args) if reported else outcome.result
    stage.equal(done["status"], "already_completed", "the status of the repeat")
    stage.equal(stage.world.token.get("data"), args["data"], "the token's data")
    stage.equal(len({one.body for one in stage.requests()}), 1, "the number of different bodies")


@scenario("token/completion-conflict-reported", "tokens.complete")
def conflict(stage: Stage) -> None:
    """A completion with different data is a conflict with its code, and is not repeated."""
    stage.world.token = token(status="completed", data=1)
    problem = stage.raises("tokens.complete", "status", token_id=TOKEN, data=2)
    stage.equal([problem.status, problem.code], [409, "token_completion_conflict"], "status and code")
    stage.equal(len(stage.requests()), 1, "the number of requests")


@scenario("token/expired-reported", "tokens.complete")
def expired(stage: Stage) -> None:
    """Completing an expired token gets a 410 with its code."""
    stage.on("POST .*/complete", error(410, "token expired", "token_expired"))
    problem = stage.raises("tokens.complete", "status", token_id=TOKEN, data=2)
    stage.equal([problem.status, problem.code], [410, "token_expired"], "status and code")


@scenario("token/wait-survives-transient-errors", "tokens.wait")
def trouble(stage: Stage) -> None:
    """A wait continues despite lost connections and 503 responses."""
    left = [dropped(), error(503, "busy", headers={"retry-after": "0"}), dropped()]

    def reading(request: Received) -> Reply:
        del request
        return left.pop(0) if left else reply(token(status="completed", data=1))

    stage.on(GET_TOKEN, reading)
    got = stage.returns("tokens.wait", token_id=TOKEN, timeout_seconds=60, within=90)
    stage.equal(got["status"], "completed", "the status")
