"""Public access tokens, callbacks, and credentials in errors."""

from __future__ import annotations

import json

from helmr_contract.client.plane import dropped, error
from helmr_contract.client.scenario import Level, Stage, scenario
from helmr_contract.client.scenarios.tokens import once_when_lost
from helmr_contract.client.world import CALLBACK, KEY, PUBLIC, RUN, SESSION, TASK, TOKEN, TOKEN_PUBLIC
from helmr_contract.document import Json

SEND = "POST /api/v1/sessions/.*/inputs/.*"


def _without_key(stage: Stage, credential: str | None) -> None:
    stage.check(len(stage.requests()) > 0, "a request is sent")
    for request in stage.requests():
        everything = json.dumps(request.headers) + request.target + request.body.decode("utf-8", "replace")
        stage.check(KEY not in everything, f"{request.method} {request.path} does not carry the API key")
        wanted = None if credential is None else f"Bearer {credential}"
        stage.equal(request.header("authorization"), wanted, "Authorization")


@scenario("public/no-api-key-with-public-token", "public.send", "public.read")
def streams(stage: Stage) -> None:
    """Sending and reading with a public access token use that token on the public routes, not the API key."""
    stage.returns("public.send", session_id=SESSION, stream="approval", data=1, public_access_token=PUBLIC)
    stage.returns("public.read", session_id=SESSION, stream="report", public_access_token=PUBLIC)
    _without_key(stage, PUBLIC)
    for request in stage.requests():
        stage.check(request.path.startswith("/api/v1/"), f"{request.path} is a public route")


@scenario("public/by-external-id", "public.send")
def by_external_id(stage: Stage) -> None:
    """A public access token also works with an external id, which arrives unchanged."""
    name = "github:OWNER/REPO#42 é"
    stage.returns("public.send", external_id=name, stream="approval", data=1, public_access_token=PUBLIC)
    request = stage.one()
    stage.equal(request.path, "/api/v1/sessions/by-external-id/inputs/approval", "the path")
    stage.equal(request.param("external_id"), name, "external_id")


@scenario("public/completion-without-api-key", "public.complete")
def completion(stage: Stage) -> None:
    """Completing with a token's public access token sends that token, not the API key."""
    done = stage.returns("public.complete", token_id=TOKEN, data={"a": 1}, public_access_token=TOKEN_PUBLIC)
    _without_key(stage, TOKEN_PUBLIC)
    stage.equal(stage.one().path, f"/api/v1/tokens/{TOKEN}/complete", "the path")
    stage.equal(done["token"]["data"], {"a": 1}, "the token's data")


@scenario("public/completion-lost-response", "public.complete")
def completion_lost(stage: Stage) -> None:
    """A completion with a public access token whose response was lost counts once, repeated or not."""
    once_when_lost(stage, "public.complete", token_id=TOKEN, data={"a": 1}, public_access_token=TOKEN_PUBLIC)


@scenario("public/max-uses-not-spent-by-retry", "public.send")
def uses(stage: Stage) -> None:
    """An append with a public access token is not repeated after a lost response: each request takes a use.
    An idempotency key prevents a second record, but not a second use.
    """
    stage.on(SEND, lambda _: dropped(says="stored, and closed without a response"))
    given: list[Json] = [{}, {"idempotency_key": "k"}]
    for options in given:
        before = len(stage.requests(SEND))
        args: Json = {"session_id": SESSION, "stream": "approval", "data": 1, "public_access_token": PUBLIC}
        stage.call("public.send", **{**args, **options})
        stage.equal(len(stage.requests(SEND)) - before, 1, f"the number of uses taken with {options}")


@scenario("public/used-up-reported", "public.send")
def used_up(stage: Stage) -> None:
    """A used-up public access token gets a 403 with its code, and the request is not repeated."""
    stage.on(SEND, error(403, "token scope denied", "token_scope_denied"))
    args = {"session_id": SESSION, "stream": "approval", "data": 1, "public_access_token": PUBLIC}
    problem = stage.raises("public.send", "status", **args)
    stage.equal([problem.status, problem.code], [403, "token_scope_denied"], "status and code")
    stage.equal(len(stage.requests()), 1, "the number of requests")


@scenario("public/callback-body-wrapped-in-data", "public.callback")
def callback(stage: Stage) -> None:
    """Completing by a callback URL sends the data in `data`, and no credential."""
    url = f"{stage.plane.url}/api/v1/tokens/{TOKEN}/callback/{CALLBACK}"
    stage.secrets.append(CALLBACK)
    stage.returns("public.callback", callback_url=url, data={"approved": True})
    _without_key(stage, None)
    stage.equal(stage.one().json, {"data": {"approved": True}}, "the body")
    stage.equal(stage.one().path, f"/api/v1/tokens/{TOKEN}/callback/{CALLBACK}", "the path")


@scenario("public/create-token-scope", "public.create_token")
def create_token(stage: Stage) -> None:
    """A public access token is created with the API key, for the requested scope."""
    scope = {"type": "session.input.send", "session": {"type": "id", "id": SESSION}, "stream": "approval"}
    made = stage.returns("public.create_token", **scope, max_uses=1)
    fields = stage.one("POST /api/public-access-tokens").fields
    stage.equal([fields.get("scope"), fields.get("max_uses")], [scope, 1], "scope and max_uses")
    stage.equal(made["public_access_token"], PUBLIC, "the public access token")


@scenario("secrets/credentials-not-in-logs-or-errors", "runs.get", "sessions.start")
def not_in_errors(stage: Stage) -> None:
    """An API key that a server echoes does not appear in anything the client reports."""
    stage.on(f"GET /api/runs/{RUN}", error(400, f"invalid header: Bearer {KEY}"))
    stage.on("POST /api/sessions", error(409, f"{KEY} {PUBLIC}", "conflict"))
    stage.secrets += [PUBLIC]
    stage.raises("runs.get", "status", run_id=RUN)
    stage.raises("sessions.start", "status", task_id=TASK)


@scenario("secrets/callback-secret-not-in-errors", "public.callback")
def callback_not_in_errors(stage: Stage) -> None:
    """The secret of a callback URL does not appear in the reported error."""
    stage.secrets.append(CALLBACK)
    url = f"{stage.plane.url}/api/v1/tokens/{TOKEN}/callback/{CALLBACK}"
    stage.on("POST .*/callback/.*", error(401, "token scope denied", "token_scope_denied"))
    stage.raises("public.callback", "status", callback_url=url, data=1)


@scenario("secrets/connection-errors-show-no-credential", "public.callback", "runs.get", level=Level.SHOULD)
def connection_errors(stage: Stage) -> None:
    """Connection errors contain no credential either."""
    import socket

    stage.secrets.append(CALLBACK)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    client = {"url": f"http://127.0.0.1:{port}", "timeout_seconds": 3}
    stage.call("runs.get", run_id=RUN, client=client)
    url = f"http://127.0.0.1:{port}/api/v1/tokens/{TOKEN}/callback/{CALLBACK}"
    stage.call("public.callback", callback_url=url, data=1, client=client)
