"""The requests that a client sends."""

from __future__ import annotations

import json

from helmr_api.constants import API_VERSION
from helmr_contract.client.plane import Plane, Reply
from helmr_contract.client.scenario import Level, Stage, scenario
from helmr_contract.client.world import KEY, RUN, SESSION, TASK, World

AWKWARD = "github:OWNER/REPO#42?a=b&c=é %2F+x"


@scenario("request/bearer-and-version-header", "sessions.start", "runs.get")
def bearer_and_version_header(stage: Stage) -> None:
    """Each request has the API key as a bearer credential and names the version of the contract."""
    stage.returns("sessions.start", task_id=TASK)
    stage.returns("runs.get", run_id=RUN)
    for request in stage.requests():
        stage.equal(request.header("authorization"), f"Bearer {KEY}", f"Authorization of {request.line}")
        stage.equal(request.header("helmr-api-version"), API_VERSION, f"Helmr-API-Version of {request.line}")


@scenario("request/sdk-version-header", "runs.get", level=Level.SHOULD)
def sdk_version_header(stage: Stage) -> None:
    """Each request names the client and its version in Helmr-SDK-Version."""
    stage.returns("runs.get", run_id=RUN)
    for request in stage.requests():
        stage.check(bool(request.header("helmr-sdk-version")), f"{request.line} has Helmr-SDK-Version")


@scenario("request/content-type-json", "sessions.start", "sessions.close")
def content_type_json(stage: Stage) -> None:
    """A request with a body declares it as JSON."""
    stage.returns("sessions.start", task_id=TASK)
    stage.returns("sessions.close", session_id=SESSION)
    for request in stage.requests("POST .*"):
        kind = (request.header("content-type") or "").partition(";")[0].strip().lower()
        stage.equal(kind, "application/json", f"Content-Type of {request.line}")


@scenario("request/accept-json-only-for-pages", "runs.events")
def accept_json_only_for_pages(stage: Stage) -> None:
    """A page of events is not requested with headers that would return an event stream."""
    stage.world.ends()
    stage.returns("runs.events", run_id=RUN)
    for request in stage.requests("GET .*/events"):
        stage.check(not request.wants_events, f"{request.line} does not accept text/event-stream")


def _is_one_segment(stage: Stage, value: str) -> None:
    outcome = stage.call("runs.get", run_id=value)
    if outcome.error is not None and outcome.error.kind == "argument":
        stage.equal(len(stage.requests()), 0, "the number of requests after an argument was refused")
        return
    for request in stage.requests():
        stage.equal(request.segments, ["api", "runs", value], f"the decoded path of {request.line}")


@scenario("request/path-segments-encoded", "runs.get")
def path_segments_encoded(stage: Stage) -> None:
    """An id is sent as one percent-encoded path segment, or is refused before any request."""
    _is_one_segment(stage, "a/b?c=d#e%2Ff é+g")


@scenario("request/dot-segments-not-resolved", "runs.get")
def dots_do_not_climb(stage: Stage) -> None:
    """The id `..` does not lead out of its path segment."""
    outcome = stage.call("runs.get", run_id="..")
    refused = outcome.error is not None and outcome.error.kind == "argument"
    stage.check(refused or len(stage.requests()) == 1, "one request is sent, or the argument is refused")
    for request in stage.requests():
        stage.check(request.path.startswith("/api/runs/"), f"the path {request.path} stays below /api/runs/")


@scenario("request/external-id-with-slash-hash-unicode", "sessions.get")
def external_id_with_slash(stage: Stage) -> None:
    """An external id with `/`, `#`, `?`, `&`, `+`, `%`, spaces and Unicode arrives unchanged."""
    stage.returns("sessions.get", external_id=AWKWARD)
    request = stage.one()
    stage.equal(request.param("external_id"), AWKWARD, "external_id")
    stage.equal(request.path, "/api/sessions/by-external-id", "the path")


@scenario("request/base-path-kept", "runs.get")
def base_path_kept(stage: Stage) -> None:
    """A path in the control plane's URL prefixes every path, with or without a trailing slash."""
    stage.returns("runs.get", run_id=RUN, client={"url": f"{stage.plane.url}/helmr/v1/"})
    stage.equal(stage.one().path, f"/helmr/v1/api/runs/{RUN}", "the path")


@scenario(
    "request/empty-object-sent-for-close-and-cancel", "sessions.close", "sessions.cancel", "runs.cancel"
)
def empty_object(stage: Stage) -> None:
    """Closing and cancelling without a reason send the body `{}`."""
    stage.returns("sessions.close", session_id=SESSION)
    stage.returns("sessions.cancel", session_id=SESSION)
    stage.returns("runs.cancel", run_id=RUN)
    for request in stage.requests("POST .*/(close|cancel)"):
        body = {k: v for k, v in request.fields.items() if k != "idempotency_key"}
        stage.check(
            request.body.strip().startswith(b"{") and body == {}, f"the body of {request.line} is {{}}"
        )


@scenario("request/omitted-is-not-null", "sessions.start", "inputs.send")
def omitted_is_not_null(stage: Stage) -> None:
    """An omitted option is left out of the body, not sent as null."""
    stage.returns("sessions.start", task_id=TASK)
    stage.returns("inputs.send", session_id=SESSION, stream="approval", data=1)
    for request in stage.requests("POST .*"):
        nulls = sorted(name for name, value in request.fields.items() if value is None)
        stage.equal(nulls, [], f"the null fields of {request.line}")


@scenario("request/payload-null-kept", "sessions.start", "inputs.send")
def payload_null_kept(stage: Stage) -> None:
    """A null payload and null data are sent."""
    stage.returns("sessions.start", task_id=TASK, payload=None)
    stage.returns("inputs.send", session_id=SESSION, stream="approval", data=None)
    start, send = stage.one("POST /api/sessions"), stage.one("POST .*/inputs/.*")
    stage.check("payload" in start.fields and start.fields["payload"] is None, "the start has payload null")
    stage.check("data" in send.fields and send.fields["data"] is None, "the record has data null")


@scenario("request/integers-plain", "sessions.start")
def integers_plain(stage: Stage) -> None:
    """Integers are written as integers, even large ones."""
    stage.returns("sessions.start", task_id=TASK, payload={"n": 42, "large": 9007199254740991, "zero": 0})
    body = stage.one("POST /api/sessions").body.replace(b" ", b"")
    for text in (b'"n":42', b'"large":9007199254740991', b'"zero":0'):
        ends = [body[body.find(text) + len(text) :][:1]]
        stage.check(text in body and ends[0] in (b",", b"}"), f"the body has {text.decode()}")


@scenario("request/numbers-as-ecmascript", "sessions.start", level=Level.SHOULD)
def numbers_as_ecmascript(stage: Stage) -> None:
    """Numbers are written as in ECMAScript, so that clients in different languages get the same
    fingerprint.
    """
    values = {"a": 1.0, "b": 0.00001, "c": 1e21, "d": 1e-7, "e": 100.5}
    stage.returns("sessions.start", task_id=TASK, payload=values)
    body = stage.one("POST /api/sessions").body.replace(b" ", b"")
    for text in ('"a":1', '"b":0.00001', '"c":1e+21', '"d":1e-7', '"e":100.5'):
        after = body[body.find(text.encode()) + len(text) :][:1]
        stage.check(text.encode() in body and after in (b",", b"}"), f"the body has {text}")


@scenario("request/no-project-id-with-api-key", "sessions.start", "tokens.create", "sessions.list")
def no_project_id(stage: Stage) -> None:
    """With an API key, no request contains a project or an environment."""
    stage.returns("sessions.start", task_id=TASK)
    stage.returns("tokens.create")
    stage.returns("sessions.list")
    for request in stage.requests():
        named = {"project_id", "environment_id"} & (set(request.query) | set(request.fields))
        stage.equal(sorted(named), [], f"what {request.line} names")
        stage.check("/projects/" not in request.path, f"{request.path} is not a path below a project")


@scenario("request/strings-not-trimmed-or-normalised", "sessions.start", "inputs.send")
def strings_verbatim(stage: Stage) -> None:
    """Strings in a payload and in data are sent verbatim: white space, composed and decomposed characters."""
    payload = {"text": " e\u0301 \u00e9 \t\r\n\u2028 \U0001f600 ", "html": "<&>"}
    stage.returns("sessions.start", task_id=TASK, payload=payload)
    stage.returns("inputs.send", session_id=SESSION, stream="approval", data=payload)
    stage.equal(stage.one("POST /api/sessions").fields.get("payload"), payload, "the payload")
    stage.equal(stage.one("POST .*/inputs/.*").fields.get("data"), payload, "the data")


@scenario("request/metadata-and-tags-sent", "sessions.start")
def options_sent(stage: Stage) -> None:
    """The options of a start are sent under their names, with their values."""
    options = {"external_id": "job-1", "metadata": {"a": {"b": [1, None]}}, "tags": ["x", "y"]}
    stage.returns("sessions.start", task_id=TASK, payload=1, **options)
    fields = stage.one("POST /api/sessions").fields
    for name, value in {"task_id": TASK, **options}.items():
        stage.equal(fields.get(name), value, name)


@scenario("request/large-body", "sessions.start")
def large_body(stage: Stage) -> None:
    """A payload of 1 MiB arrives complete."""
    payload = {"text": "é" * (1 << 19)}
    stage.returns("sessions.start", task_id=TASK, payload=payload)
    stage.check(stage.one("POST /api/sessions").fields.get("payload") == payload, "the payload arrives whole")


@scenario("request/key-not-sent-to-redirect-target", "runs.get", "sessions.start")
def redirects_not_followed(stage: Stage) -> None:
    """A redirect is not followed with the key, whatever its status, host and method."""
    other = World()
    with Plane(other.respond) as target:
        for status in (301, 302, 307, 308):
            place = f"{target.url}/api/runs/{RUN}"
            stage.on(f"GET /api/runs/{RUN}", Reply(status, b"", {"location": place}))
            outcome = stage.call("runs.get", run_id=RUN)
            stage.check(outcome.error is not None, f"a redirect ({status}) is an error")
        stage.on("POST /api/sessions", Reply(307, b"", {"location": f"{target.url}/api/sessions"}))
        stage.check(
            stage.call("sessions.start", task_id=TASK).error is not None, "a redirect (307) is an error"
        )
        keys = [one for one in target.requests if KEY in json.dumps([*one.headers, one.target])]
        stage.equal(len(keys), 0, "the number of requests with the key to the redirect's target")


@scenario("request/key-not-sent-through-http-proxy", "runs.get")
def no_plain_proxy(stage: Stage) -> None:
    """Plain http does not go through the proxy of the environment, which would see the key."""
    trap = World()
    with Plane(trap.respond) as proxy:
        names = ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
        with stage.environment({**dict.fromkeys(names, proxy.url), "NO_PROXY": "", "no_proxy": ""}):
            stage.call("runs.get", run_id=RUN)
        seen = [one for one in proxy.requests if KEY in json.dumps(one.headers)]
        stage.equal(len(seen), 0, "the number of requests with the key that the proxy saw")
