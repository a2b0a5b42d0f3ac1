"""How a client handles responses."""

from __future__ import annotations

import gzip
import json

from helmr_contract.client.plane import CUT, Reply, error, reply
from helmr_contract.client.scenario import Level, Stage, scenario
from helmr_contract.client.world import RUN, SESSION, TASK, event, record, run, session
from helmr_contract.document import Json

GET_RUN = f"GET /api/runs/{RUN}"
REPORTED = ("status", "invalid_response", "connection")


@scenario("response/unknown-fields-ignored", "runs.get", "sessions.get")
def unknown_fields_ignored(stage: Stage) -> None:
    """Unknown fields are not an error, at any depth."""
    stage.on(GET_RUN, reply(run(status="succeeded", new_field={"deep": [1]}, output={"any": "thing"})))
    stage.on(f"GET /api/sessions/{SESSION}", reply(session(new_field=1, terminal_reason={"new": True})))
    stage.equal(stage.returns("runs.get", run_id=RUN)["status"], "succeeded", "the status")
    stage.equal(stage.returns("sessions.get", session_id=SESSION)["id"], SESSION, "the session's id")


@scenario("response/unknown-fields-kept", "runs.get", level=Level.SHOULD)
def unknown_fields_kept(stage: Stage) -> None:
    """A caller can access unknown fields."""
    stage.on(GET_RUN, reply(run(new_field={"deep": [1, None]})))
    stage.equal(stage.returns("runs.get", run_id=RUN).get("new_field"), {"deep": [1, None]}, "new_field")


@scenario("response/unknown-run-status", "runs.get")
def unknown_run_status(stage: Stage) -> None:
    """A run with a status added by a newer server is returned with that status."""
    stage.on(GET_RUN, reply(run(status="hibernating")))
    stage.equal(stage.returns("runs.get", run_id=RUN)["status"], "hibernating", "the status")


@scenario("response/unknown-event-kind", "runs.events")
def unknown_event_kind(stage: Stage) -> None:
    """An event of a kind added by a newer server is returned with that kind."""
    stage.world.events = [
        event(1),
        event(2, "run.teleported", attributes={"to": "mars"}, redaction_class="internal"),
    ]
    stage.world.ends()
    kinds = [one["kind"] for one in stage.returns("runs.events", run_id=RUN)["events"]]
    stage.equal(kinds, ["run.created", "run.teleported", "run.completed"], "the kinds of the events")


@scenario("response/unknown-error-code", "sessions.start")
def unknown_error_code(stage: Stage) -> None:
    """An error's status and code are reported, even if the code is new."""
    stage.on("POST /api/sessions", error(409, "the moon is full", "moon_full"))
    problem = stage.raises("sessions.start", "status", task_id=TASK)
    stage.equal([problem.status, problem.code], [409, "moon_full"], "status and code")


@scenario("response/error-message-reported", "sessions.start")
def error_message_reported(stage: Stage) -> None:
    """The error contains the server's message."""
    stage.on("POST /api/sessions", error(400, "priority must be an integer"))
    problem = stage.raises("sessions.start", "status", task_id=TASK)
    stage.check("priority must be an integer" in problem.message, "the error contains the server's message")


@scenario("response/output-null-or-omitted", "runs.get")
def output_null(stage: Stage) -> None:
    """A null output is distinguished from no output."""
    stage.on(GET_RUN, reply(run(status="succeeded", output=None)), reply(run(status="succeeded")))
    with_null, without = stage.returns("runs.get", run_id=RUN), stage.returns("runs.get", run_id=RUN)
    stage.check("output" in with_null and with_null["output"] is None, "the output null is reported")
    stage.check("output" not in without, "no output is reported where there is none")


@scenario("response/times-with-nanoseconds-and-offsets", "sessions.get")
def times(stage: Stage) -> None:
    """Times with nanoseconds, with an offset and without a fraction are parsed."""
    for moment in ("2026-06-10T08:00:00.123456789Z", "2026-06-10T10:00:00.1+02:00", "2026-06-10T08:00:00Z"):
        stage.on(f"GET /api/sessions/{SESSION}", reply(session(created_at=moment)))
        shown = str(stage.returns("sessions.get", session_id=SESSION)["created_at"])
        stage.check("2026-06-10T" in shown or "2026-06-10 " in shown, f"{moment} is parsed, not {shown}")


@scenario("response/integers-above-2^53", "outputs.read")
def large_integers(stage: Stage) -> None:
    """An integer above 2^53 in data keeps its digits."""
    stage.world.outputs = [record(1, {"n": 9007199254740993})]
    got = stage.returns("outputs.read", session_id=SESSION, stream="report")
    stage.equal(got["data"], {"n": 9007199254740993}, "the data")


@scenario("response/error-without-code", "runs.get")
def error_without_code(stage: Stage) -> None:
    """An error without a code is reported with its status and no code."""
    stage.on(GET_RUN, error(404, "run not found"))
    problem = stage.raises("runs.get", "status", run_id=RUN)
    stage.equal([problem.status, problem.code], [404, None], "status and code")


@scenario("response/html-from-a-proxy", "runs.get")
def html(stage: Stage) -> None:
    """An HTML page instead of JSON is an error, with status 404 and with status 200."""
    page = b"<!doctype html><title>Sign in</title>" + b"x" * 5000
    for status in (404, 200):
        stage.on(GET_RUN, Reply(status, page, {"content-type": "text/html"}))
        problem = stage.raises("runs.get", *REPORTED, run_id=RUN)
        stage.check(len(problem.message) < 2000, "the message does not quote the whole page")


@scenario("response/empty-405", "runs.get")
def empty_405(stage: Stage) -> None:
    """A 405 without a body is an error with its status."""
    stage.on(GET_RUN, Reply(405, b"", {"allow": "POST"}))
    stage.equal(stage.raises("runs.get", "status", run_id=RUN).status, 405, "the status")


@scenario("response/empty-204", "sessions.close", "sessions.get")
def empty_204(stage: Stage) -> None:
    """A 204 where the contract has JSON is reported, and the client remains usable."""
    stage.on("POST .*/close", Reply(204))
    outcome = stage.call("sessions.close", session_id=SESSION)
    stage.check(
        outcome.error is None or outcome.error.kind != "other", "it is a result or an error of the client"
    )
    stage.equal(stage.returns("sessions.get", session_id=SESSION)["id"], SESSION, "the session after it")


@scenario("response/invalid-json", "runs.get")
def invalid_json(stage: Stage) -> None:
    """A 200 with a body that is not JSON, or JSON of another type, is an error."""
    for body in (b'{"id": ', b"", b"[]", b'"run"', b"null"):
        stage.on(GET_RUN, Reply(200, body, {"content-type": "application/json"}))
        stage.raises("runs.get", *REPORTED, run_id=RUN)


@scenario("response/cut-body", "runs.get")
def cut_body(stage: Stage) -> None:
    """A response that ends before its declared length is never treated as complete."""
    whole = json.dumps(run(status="succeeded")).encode()
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % (
        len(whole) + 1
    )
    stage.on(GET_RUN, *(Reply(raw=[head + whole, CUT], says="a body cut short") for _ in range(12)))
    stage.raises("runs.get", *REPORTED, run_id=RUN, client={"timeout_seconds": 8})


@scenario("response/media-type-with-parameters", "runs.get")
def media_type(stage: Stage) -> None:
    """JSON is read whatever the letter case and the parameters of its media type."""
    body = json.dumps(run()).encode()
    stage.on(GET_RUN, Reply(200, body, {"content-type": "Application/JSON; charset=UTF-8"}))
    stage.equal(stage.returns("runs.get", run_id=RUN)["id"], RUN, "the run's id")


@scenario("response/compressed", "runs.get", level=Level.SHOULD)
def compressed(stage: Stage) -> None:
    """A response is decompressed if the client accepts gzip."""
    body = gzip.compress(json.dumps(run()).encode())

    def handler(request: object) -> Reply:
        accepts = "gzip" in (stage.requests()[-1].header("accept-encoding") or "")
        del request
        if not accepts:
            return reply(run())
        return Reply(200, body, {"content-type": "application/json", "content-encoding": "gzip"})

    stage.on(GET_RUN, handler)
    stage.equal(stage.returns("runs.get", run_id=RUN)["id"], RUN, "the run's id")


@scenario("response/deep-nesting", "outputs.read", level=Level.SHOULD)
def deep_nesting(stage: Stage) -> None:
    """Data nested 200 levels deep is returned."""
    data: object = 1
    for _ in range(200):
        data = [data]
    stage.world.outputs = [record(1, data)]
    stage.equal(stage.returns("outputs.read", session_id=SESSION, stream="report")["data"], data, "the data")


@scenario("response/large", "outputs.read")
def large(stage: Stage) -> None:
    """A response of 4 MiB is read completely."""
    stage.world.outputs = [record(1, "x" * (4 << 20))]
    got = stage.returns("outputs.read", session_id=SESSION, stream="report")
    stage.check(len(got["data"]) == 4 << 20, "the data is complete")


@scenario("response/free-form-objects", "runs.get", "outputs.read")
def free_form(stage: Stage) -> None:
    """Output, metadata and data are returned as plain JSON, even with keys that look like code."""
    value: Json = {"__class__": 1, "constructor": {"type": None}, "self": [], "from": {"": "é"}, "a.b": 1.5}
    stage.on(GET_RUN, reply(run(status="succeeded", output=value, metadata=value)))
    got = stage.returns("runs.get", run_id=RUN)
    stage.equal([got["output"], got["metadata"]], [value, value], "output and metadata")
