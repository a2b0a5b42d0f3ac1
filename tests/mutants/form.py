"""Faults of form: properties of all responses, and fields of the returned objects."""

from __future__ import annotations

import json
import re
import uuid

from .edits import (
    INPUTS,
    OUTPUTS,
    READS,
    SESSION_READS,
    STARTS,
    Change,
    added,
    as_,
    at,
    both,
    chain,
    deep,
    fails_as,
    header,
    in_body,
    in_json,
    refusal,
    renamed,
    status,
    when,
    without,
)
from .gateway import Handler, Json, Origin, Request, Response, handled, requests, responses
from .mutant import Mutant
from .planting import Patch, all_of

ANY_ERROR = (400, 401, 403, 404, 409, 410)
STARTED = ("startSession",)
# The tested operations with a strict body.
STRICT = (
    *both("updateSession", "closeSession", "cancelSession"),
    *INPUTS,
    *OUTPUTS,
    "cancelRun",
    "createToken",
    "completeToken",
    "completeTokenWithPublicAccessToken",
    "completeTokenByCallback",
    "createPublicAccessToken",
    *both("appendInputRecordWithPublicAccessToken"),
)
START_FIELDS = frozenset(
    [
        "task_id",
        "payload",
        "external_id",
        "workspace_id",
        "metadata",
        "tags",
        "queue",
        "concurrency_key",
        "priority",
        "ttl",
        "max_duration_seconds",
        "retry",
        "idempotency_key",
        "idempotency_key_ttl",
        "expires_at",
        "project_id",
        "environment_id",
        "timeout_seconds",
        "options",
        "bundle",
        "source",
        "deployment_id",
        "version",
    ]
)


def _on_errors(name: str, value: str | None) -> Patch:
    return responses(when(lambda response: response.status >= 400, header(name, value)))


def _plain_signs(response: Response) -> None:
    for sign in b"<>&":
        response.body = response.body.replace(b"\\u%04x" % sign, bytes([sign]))


def _no_newline(response: Response) -> None:
    if response.is_json:
        response.body = response.body.rstrip(b"\n")


def _empty(response: Response) -> None:
    response.body = b""
    response.set_header("content-type", None)


def _blank_version_refused(request: Request) -> None:
    if request.header("helmr-api-version") is not None and not request.header("helmr-api-version"):
        request.set_header("helmr-api-version", "blank")


def _without_version(request: Request) -> None:
    request.set_header("helmr-api-version", None)


def _without_trailing_slash(request: Request) -> None:
    if len(request.path) > 1:
        request.path = request.path.rstrip("/")


def _lower_path(request: Request) -> None:
    if "/callback/" not in request.path:
        request.path = request.path.lower()


def _without_length(request: Request) -> None:
    if int(request.header("content-length") or 0) > 1 << 20:
        request.set_header("content-length", None)


def _unknown_fields_ignored() -> Patch:
    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        while found := re.search(r'json: unknown field "(.*)"$', response.error):
            if found[1] not in request.fields:
                break
            request.json = {name: value for name, value in request.fields.items() if name != found[1]}
            response = await origin(request)
        return response

    return handled(handler, *STRICT)


def _unknown_start_field_refused() -> Patch:
    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        unknown = [name for name in request.fields if name.lower() not in START_FIELDS]
        if response.status == 201 and unknown:
            response.fail(400, f'invalid session start request JSON: json: unknown field "{unknown[0]}"')
        return response

    return handled(handler, *STARTS)


def _empty_body_accepted(request: Request) -> None:
    if not request.body.strip():
        request.body = b"{}"


def _only_first_value(request: Request) -> None:
    text = request.body.decode("utf-8", "replace").lstrip()
    try:
        end = json.JSONDecoder().raw_decode(text)[1]
    except ValueError:
        return
    request.body = text[:end].encode()


def _names_with_case(fields: Json) -> Json:
    return {name if name == name.lower() else f"unknown {name}": value for name, value in fields.items()}


def _null_body_refused(request: Request) -> None:
    if request.body.strip() == b"null":
        request.body = b"[]"


def _without_null_metadata(fields: Json) -> Json:
    return {name: value for name, value in fields.items() if name != "metadata" or value is not None}


def _large_numbers_kept() -> Patch:
    """Return numbers in metadata as sent, not as the nearest float."""
    sent: dict[float, int] = {}

    def note(value: Json) -> Json:
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53:
            sent[float(value)] = value
        return value

    def exact(value: Json) -> Json:
        is_number = isinstance(value, int) and not isinstance(value, bool)
        return sent.get(float(value), value) if is_number and abs(value) > 2**53 else value

    return all_of(
        requests(in_body(as_("metadata", deep(note))), *STARTS),
        responses(in_json(deep(exact)), "startSession", *SESSION_READS),
    )


def _nul_replaced(value: Json) -> Json:
    return value.replace("\0", "?") if isinstance(value, str) else value


def _seconds(pattern: bytes, new: bytes) -> Patch:
    def edit(response: Response) -> None:
        if response.is_json:
            response.body = re.sub(rb"(T\d\d:\d\d:\d\d\.\d+)" + pattern, new, response.body)

    return responses(edit)


def _only_hyphenated(request: Request) -> None:
    for name in ("session_id", "run_id", "token_id"):
        given = request.parameter(name).strip()
        digits = re.sub(r"^urn:uuid:|[^0-9A-Fa-f]", "", given)
        if len(given) != 36 and len(digits) == 32:
            request.set_parameter(name, "x")


def _without_none(*paths: str) -> Change:
    """Remove fields that are null."""

    def do(fields: dict[str, Json], name: str) -> None:
        if fields[name] is None:
            del fields[name]

    return chain(*(at(path, do) for path in paths))


def _duplicate_is_200(response: Response) -> None:
    if response.status == 201 and response.json.get("idempotency_status") == "duplicate":
        response.status = 200


def _shows_key() -> Handler:
    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        if response.status == 201:
            response.json = added("record.idempotency_key", request.fields.get("idempotency_key"))(
                response.json
            )
        return response

    return handler


def _with_secrets(token: Json) -> Json:
    secret = "A" * 43
    return token | {
        "callback_url": f"http://helmr.test/api/v1/tokens/{token['id']}/callback/hlmr_callback_{secret}",
        "public_access_token": f"hlmr_public_access_{secret}",
    }


def _pending_with_data(token: Json) -> Json:
    return token | ({"data": None} if token["status"] == "pending" else {})


def _new_id(value: Json) -> Json:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, value))


MUTANTS = [
    # --- properties of all responses ---------------------------------------------------------------
    Mutant(
        "version-header-missing",
        "responses have no version header",
        ("tokens-auth-errors.md 1.3", "sessions.md 1.1", "runs.md 1.3"),
        responses(header("helmr-api-version", None)),
    ),
    Mutant(
        "version-header-missing-on-errors",
        "only successes have the version header",
        ("tokens-auth-errors.md 1.3", "sessions.md 1.1"),
        _on_errors("helmr-api-version", None),
    ),
    Mutant(
        "version-header-on-health",
        "the health routes have the version header",
        ("tokens-auth-errors.md 1.3",),
        responses(header("helmr-api-version", "2026-06-06"), "getHealth", "getReadiness"),
    ),
    Mutant(
        "version-not-judged",
        "a request for another version of the contract is served",
        ("tokens-auth-errors.md 1.3", "sessions.md 1.1"),
        requests(_without_version),
    ),
    Mutant(
        "version-blank-refused",
        "a blank version header is treated as another version",
        ("tokens-auth-errors.md 1.3",),
        requests(_blank_version_refused),
    ),
    Mutant(
        "content-type-with-charset",
        "JSON responses have a charset",
        ("tokens-auth-errors.md 1.5", "sessions.md 1.1"),
        responses(header("content-type", "application/json; charset=utf-8"), "startSession", "createToken"),
    ),
    Mutant(
        "content-type-of-errors",
        "errors have the content type text/html",
        ("tokens-auth-errors.md 1.6", "sessions.md 1.2", "sessions.md 6.6"),
        _on_errors("content-type", "text/html"),
    ),
    Mutant(
        "content-type-of-one-error",
        "the 404 of a run has the content type text/html",
        ("runs.md 1.3", "runs.md 4"),
        responses(when(refusal(status=404), header("content-type", "text/html")), "getRun"),
        operations=("getRun",),
    ),
    Mutant(
        "no-newline",
        "JSON responses do not end in a newline",
        ("tokens-auth-errors.md 1.5",),
        responses(_no_newline),
    ),
    Mutant(
        "html-signs-unescaped",
        "<, > and & are not escaped in JSON strings",
        ("tokens-auth-errors.md 1.5", "sessions.md 1.1"),
        responses(_plain_signs),
    ),
    Mutant(
        "challenge-on-401",
        "a 401 has a WWW-Authenticate header",
        ("tokens-auth-errors.md 1.6",),
        responses(when(refusal(status=401), header("www-authenticate", "Bearer"))),
    ),
    Mutant(
        "request-id-returned",
        "responses have an X-Request-Id header, which the contract does not have",
        ("tokens-auth-errors.md 1.1",),
        responses(header("x-request-id", "1")),
    ),
    # --- errors ------------------------------------------------------------------------------------
    Mutant(
        "error-as-object",
        "`error` is an object with a message",
        ("tokens-auth-errors.md 1.6", "sessions.md 1.2"),
        responses(in_json(as_("error", lambda words: {"message": words}), statuses=ANY_ERROR)),
    ),
    Mutant(
        "error-renamed",
        "the text of an error is in `message`",
        ("tokens-auth-errors.md 1.6", "sessions.md 1.2"),
        responses(in_json(renamed("error", "message"), statuses=ANY_ERROR)),
    ),
    Mutant(
        "error-with-details",
        "errors have an additional field",
        ("tokens-auth-errors.md 1.6", "sessions.md 1.2"),
        responses(in_json(added("details", {}), statuses=ANY_ERROR)),
    ),
    Mutant(
        "error-code-missing",
        "errors with a code lose it",
        ("tokens-auth-errors.md 1.6", "sessions.md 6.3"),
        responses(in_json(without("code"), statuses=(409, 410))),
    ),
    Mutant(
        "error-code-more",
        "a 404 of a session has a code, which the contract does not have",
        ("sessions.md 3.4",),
        responses(in_json(added("code", "session_not_found"), statuses=(404,)), *SESSION_READS),
    ),
    Mutant(
        "error-code-null",
        "errors without a code have `code: null`",
        ("tokens-auth-errors.md 1.6", "sessions.md 1.2", "sessions.md 6.6", "sessions.md 3.4"),
        responses(in_json(added("code", None), statuses=ANY_ERROR)),
    ),
    Mutant(
        "error-text-other",
        "an unknown session gets another error message",
        ("sessions.md 3.4",),
        responses(when(refusal(error="session not found"), fails_as(404, "not found"))),
    ),
    Mutant(
        "unknown-path-without-json",
        "the 404 of an unknown path has an empty body",
        ("tokens-auth-errors.md 1.7", "sessions.md 1.1"),
        responses(when(lambda response: response.error == "not found", _empty)),
    ),
    Mutant(
        "wrong-method-with-body",
        "a 405 has a JSON body",
        ("tokens-auth-errors.md 1.7",),
        responses(when(lambda response: response.status == 405, fails_as(405, "method not allowed"))),
    ),
    Mutant(
        "wrong-method-head-with-length",
        "a 405 to HEAD has a Content-Length",
        ("tokens-auth-errors.md 1.7",),
        responses(when(lambda response: response.status == 405, header("content-length", "0"))),
    ),
    Mutant(
        "wrong-method-without-allow",
        "a 405 has no Allow header",
        ("tokens-auth-errors.md 1.7",),
        responses(header("allow", None)),
    ),
    Mutant(
        "wrong-method-is-404",
        "a known path with another method gets 404",
        ("tokens-auth-errors.md 1.7",),
        responses(when(lambda response: response.status == 405, fails_as(404, "not found"))),
    ),
    Mutant(
        "trailing-slash-served",
        "a trailing slash in a path is ignored",
        ("tokens-auth-errors.md 1.7", "sessions.md 1.1"),
        requests(_without_trailing_slash),
    ),
    Mutant(
        "paths-without-case",
        "paths are matched case-insensitively",
        ("tokens-auth-errors.md 1.7",),
        requests(_lower_path),
    ),
    Mutant(
        "length-not-judged",
        "a Content-Length above the limit is accepted",
        ("tokens-auth-errors.md 1.8", "tokens-auth-errors.md 1.2"),
        requests(_without_length),
    ),
    Mutant(
        "long-body-is-413",
        "a chunked body above the limit gets 413, not the JSON error of its operation",
        ("tokens-auth-errors.md 1.8",),
        responses(
            when(refusal(error="http: request body too large"), fails_as(413, "request body is too large"))
        ),
    ),
    # --- bodies ------------------------------------------------------------------------------------
    Mutant(
        "unknown-field-ignored",
        "a strict body with an unknown field is accepted",
        ("tokens-auth-errors.md 1.9", "sessions.md 1.3", "runs.md 5.1"),
        _unknown_fields_ignored(),
    ),
    Mutant(
        "unknown-field-of-a-start-refused",
        "a start rejects unknown fields",
        ("sessions.md 1.3", "sessions.md 6.1"),
        _unknown_start_field_refused(),
    ),
    Mutant(
        "empty-body-accepted",
        "an empty body is treated as {}",
        ("tokens-auth-errors.md 1.9", "sessions.md 1.3"),
        requests(_empty_body_accepted, *STRICT, *STARTS),
    ),
    Mutant(
        "trailing-data-ignored",
        "data after the first JSON value is ignored",
        ("tokens-auth-errors.md 1.9", "sessions.md 1.3"),
        requests(_only_first_value, *STRICT, *STARTS),
    ),
    Mutant(
        "field-names-with-case",
        "field names are case-sensitive",
        ("tokens-auth-errors.md 1.9", "sessions.md 1.3"),
        requests(in_body(_names_with_case), *STRICT, *STARTS),
    ),
    Mutant(
        "null-body-refused",
        "the body `null` is rejected",
        ("tokens-auth-errors.md 1.9", "sessions.md 1.3"),
        requests(_null_body_refused, *STRICT, *STARTS),
    ),
    Mutant(
        "null-metadata-accepted",
        "`metadata: null` is treated as absent",
        ("sessions.md 1.3", "sessions.md 6.3", "tokens-auth-errors.md 3.3"),
        requests(in_body(_without_null_metadata), *STARTS, "createToken", *both("updateSession")),
    ),
    Mutant(
        "metadata-keeps-large-numbers",
        "numbers in metadata are not converted to 64-bit floats",
        ("sessions.md 1.4",),
        _large_numbers_kept(),
    ),
    Mutant(
        "nul-accepted",
        "U+0000 in data, which the database cannot store, is accepted",
        ("tokens-auth-errors.md 1.9", "sessions.md 6.3"),
        requests(in_body(deep(_nul_replaced)), *STARTS, *INPUTS, *OUTPUTS, "completeToken"),
    ),
    # --- times, ids --------------------------------------------------------------------------------
    Mutant(
        "times-with-trailing-zeros",
        "the fraction of a time has trailing zeros",
        ("sessions.md 1.4", "sessions.md 4.1"),
        _seconds(rb"Z", rb"\g<1>000Z"),
    ),
    Mutant(
        "times-without-offset",
        "times have no offset",
        ("sessions.md 1.4", "sessions.md 4.1"),
        _seconds(rb"Z", rb"\g<1>"),
    ),
    Mutant(
        "times-in-milliseconds",
        "a session's created_at is a number of milliseconds",
        ("sessions.md 4.1", "sessions.md 1.4"),
        responses(in_json(as_("created_at", lambda _: 1780000000000)), *SESSION_READS),
        operations=SESSION_READS,
    ),
    Mutant(
        "uuid-spellings-refused",
        "only the hyphenated form of a UUID is accepted",
        ("tokens-auth-errors.md 1.12", "sessions.md 3.4", "runs.md 1.3"),
        requests(_only_hyphenated, "getSession", "getRun", "getToken"),
    ),
    Mutant(
        "bad-uuid-is-404",
        "a run id that is not a UUID gets 404",
        ("tokens-auth-errors.md 1.12", "runs.md 1.4"),
        responses(
            when(refusal(error="id must be a UUID"), fails_as(404, "run not found")), "getRun", "cancelRun"
        ),
    ),
    # --- fields of a session -----------------------------------------------------------------------
    Mutant(
        "session-status-missing",
        "a session lacks its status",
        ("sessions.md 4.1", "sessions.md 9"),
        responses(in_json(without("status")), "getSession"),
    ),
    Mutant(
        "session-field-renamed",
        "a session's current_run_id is called currentRunId",
        ("sessions.md 4.1", "sessions.md 9"),
        responses(in_json(renamed("current_run_id", "currentRunId")), "getSession"),
    ),
    Mutant(
        "session-metadata-null",
        "a session without metadata has metadata null",
        ("sessions.md 4.1", "sessions.md 9"),
        responses(in_json(as_("metadata", lambda value: value or None)), *SESSION_READS),
        operations=SESSION_READS,
    ),
    Mutant(
        "session-tags-empty",
        "a session without tags has an empty list of tags",
        ("sessions.md 4.1", "sessions.md 6.1"),
        responses(in_json(added("session.tags", [])), *STARTS),
    ),
    Mutant(
        "session-can-close-text",
        'can_close is the string "true" or "false"',
        ("sessions.md 4.1", "sessions.md 14.3"),
        responses(in_json(as_("can_close", lambda value: str(value).lower())), *SESSION_READS),
        operations=SESSION_READS,
    ),
    Mutant(
        "session-terminal-reason-missing",
        "an open session has no terminal_reason",
        ("sessions.md 4.1", "sessions.md 6.9"),
        responses(in_json(without("session.terminal_reason")), "startSession"),
    ),
    Mutant(
        "session-expires-at-null",
        "a session without expiry has expires_at: null",
        ("sessions.md 4.1", "sessions.md 8"),
        responses(in_json(added("expires_at", None)), "getSession"),
    ),
    Mutant(
        "session-shows-fingerprint",
        "a session shows its start fingerprint",
        ("sessions.md 4.1", "sessions.md 6.9"),
        responses(in_json(added("session.fingerprint", "00")), "startSession"),
    ),
    Mutant(
        "session-without-envelope",
        'GET of one session returns {"session": …}',
        ("sessions.md 9",),
        responses(in_json(lambda session: {"session": session}), "getSession"),
    ),
    Mutant(
        "sessions-bare-list",
        "the list of sessions is a bare array",
        ("sessions.md 8",),
        responses(in_json(lambda page: page["sessions"]), "listSessions"),
    ),
    Mutant(
        "sessions-null-when-empty",
        "an empty list of sessions is null",
        ("sessions.md 8",),
        responses(in_json(as_("sessions", lambda found: found or None)), "listSessions"),
    ),
    Mutant(
        "start-is-200",
        "a new session gets 200",
        ("sessions.md 6.9",),
        responses(status(200, of=201), "startSession"),
    ),
    Mutant(
        "start-replay-is-201",
        "a replayed start gets 201",
        ("sessions.md 6.6", "sessions.md 6.9"),
        responses(status(201, of=200), "startSession"),
    ),
    Mutant(
        "is-cached-false",
        "a new session has is_cached: false",
        ("sessions.md 4.2", "sessions.md 6.9"),
        responses(in_json(added("is_cached", False)), "startSession"),
    ),
    Mutant(
        "start-and-wait-is-201",
        "start-and-wait gets 201",
        ("sessions.md 7",),
        responses(status(201, of=200), "startSessionAndWait"),
    ),
    Mutant(
        "pending-start-is-409",
        "a start in flight with the same key gets 409",
        ("sessions.md 6.6", "sessions.md 6.3"),
        responses(status(409, of=202), *STARTS),
    ),
    Mutant(
        "pending-start-without-retry-after",
        "the 202 for a start in flight has no Retry-After",
        ("sessions.md 6.6",),
        responses(header("retry-after", None), *STARTS),
    ),
    # --- fields of runs, records, tasks ------------------------------------------------------------
    Mutant(
        "run-exit-code-omitted",
        "exit_code is omitted until it is known",
        ("runs.md 2", "sessions.md 4.3", "sessions.md 6.9"),
        responses(in_json(_without_none("exit_code", "run.exit_code")), "startSession", "getRun"),
    ),
    Mutant(
        "run-output-null",
        "a run without output has output: null",
        ("runs.md 2", "runs.md 2.2"),
        responses(in_json(chain(added("output", None))), "getRun"),
    ),
    Mutant(
        "run-attempt-number-text",
        "attempt_number is a string",
        ("runs.md 2",),
        responses(in_json(as_("attempt_number", str)), "getRun"),
        operations=("getRun",),
    ),
    Mutant(
        "run-status-other-word",
        "a succeeded run has the status completed",
        ("runs.md 2.1", "runs.md 2"),
        responses(
            in_json(as_("status", lambda word: "completed" if word == "succeeded" else word)), "getRun"
        ),
    ),
    Mutant(
        "run-shows-payload",
        "a run shows its payload",
        ("runs.md 2", "sessions.md 4.3"),
        responses(in_json(added("run.payload", {})), "startSession"),
    ),
    Mutant(
        "run-session-id-missing",
        "a listed run has no session_id",
        ("runs.md 2", "runs.md 3"),
        responses(in_json(without("runs[].session_id")), "listRuns"),
        operations=("listRuns",),
    ),
    Mutant(
        "run-versions-differ",
        "a run's version is not its deployment_version",
        ("runs.md 2", "sessions.md 4.3"),
        responses(
            in_json(chain(as_("version", "v{}".format), as_("run.version", "v{}".format))),
            "startSession",
            "getRun",
        ),
    ),
    Mutant(
        "counts-without-zeros",
        "the counts omit statuses without runs",
        ("runs.md 4",),
        responses(in_json(lambda counts: {name: n for name, n in counts.items() if n}), "countRuns"),
    ),
    Mutant(
        "counts-as-text",
        "the counts are strings",
        ("runs.md 4",),
        responses(in_json(lambda counts: {name: str(n) for name, n in counts.items()}), "countRuns"),
    ),
    Mutant(
        "record-sequence-text",
        "a record's sequence is a string",
        ("sessions.md 4.6", "sessions.md 16"),
        responses(in_json(as_("record.sequence", str)), *INPUTS, *OUTPUTS),
    ),
    Mutant(
        "record-data-omitted",
        "a record whose data is null has no data",
        ("sessions.md 4.6", "sessions.md 16"),
        responses(in_json(_without_none("record.data")), *INPUTS, *OUTPUTS),
    ),
    Mutant(
        "record-shows-key",
        "a record shows its idempotency key",
        ("sessions.md 4.6",),
        handled(_shows_key(), *INPUTS, *OUTPUTS),
    ),
    Mutant(
        "record-correlation-null",
        "a record without correlation id has correlation_id: null",
        ("sessions.md 4.6", "sessions.md 16"),
        responses(in_json(added("record.correlation_id", None)), *INPUTS, *OUTPUTS),
    ),
    Mutant(
        "append-is-200",
        "an append gets 200",
        ("sessions.md 16",),
        responses(status(200, of=201), *INPUTS, *OUTPUTS),
    ),
    Mutant(
        "duplicate-append-is-200",
        "a replayed append gets 200",
        ("sessions.md 16",),
        responses(_duplicate_is_200, *INPUTS, *OUTPUTS),
    ),
    Mutant(
        "output-with-continuation-status",
        "an output append has a continuation_status",
        ("sessions.md 4.7", "sessions.md 16"),
        responses(in_json(added("continuation_status", "created")), *OUTPUTS),
    ),
    Mutant(
        "read-none-is-404",
        "reading an empty output stream gets 404",
        ("sessions.md 18.2",),
        responses(when(lambda response: response.body == b'{"record":null}\n', status(404, of=200)), *READS),
    ),
    Mutant(
        "read-none-omits-record",
        "reading an empty output stream returns {}",
        ("sessions.md 18.2",),
        responses(in_json(_without_none("record")), *READS),
    ),
    Mutant(
        "stream-direction-missing",
        "a listed stream has no direction",
        ("sessions.md 4.5", "sessions.md 15"),
        responses(in_json(without("streams[].direction")), *both("listSessionStreams")),
        operations=("listSessionStreams",),
    ),
    Mutant(
        "task-bundle-version-in-list",
        "the list of tasks shows the real bundle version",
        ("sessions.md 4.8",),
        responses(in_json(as_("tasks[].bundle_format_version", lambda _: 2)), "listTasks"),
    ),
    Mutant(
        "task-in-envelope",
        'GET of one task returns {"task": …}',
        ("sessions.md 5.2",),
        responses(in_json(lambda task: {"task": task}), "getTask"),
    ),
    Mutant(
        "task-id-of-each-request",
        "the id of a task in the list is not that of the task itself",
        ("sessions.md 5.1", "sessions.md 4.8"),
        responses(in_json(as_("tasks[].id", _new_id)), "listTasks"),
    ),
    # --- fields of tokens --------------------------------------------------------------------------
    Mutant(
        "token-callback-url-missing",
        "a new token has no callback URL",
        ("tokens-auth-errors.md 3.1", "tokens-auth-errors.md 3.3"),
        responses(in_json(without("callback_url")), "createToken"),
    ),
    Mutant(
        "token-shows-secrets-again",
        "GET of a token shows secrets",
        ("tokens-auth-errors.md 3.1", "tokens-auth-errors.md 3.5"),
        responses(in_json(_with_secrets), "getToken"),
    ),
    Mutant(
        "token-data-null-while-pending",
        "a pending token has data: null",
        ("tokens-auth-errors.md 3.1",),
        responses(in_json(_pending_with_data), "createToken", "getToken"),
    ),
    Mutant(
        "token-metadata-omitted",
        "a token without metadata omits it",
        ("tokens-auth-errors.md 3.1",),
        responses(
            in_json(lambda token: token if token["metadata"] else without("metadata")(token)), "createToken"
        ),
    ),
    Mutant(
        "token-create-is-200",
        "a new token gets 200",
        ("tokens-auth-errors.md 3.3",),
        responses(status(200, of=201), "createToken"),
    ),
    Mutant(
        "completion-without-wrapper",
        "complete returns only the token",
        ("tokens-auth-errors.md 3.6",),
        responses(in_json(lambda completion: completion["token"]), "completeToken"),
    ),
    Mutant(
        "cancel-with-wrapper",
        'cancelling a token returns {"token": …}',
        ("tokens-auth-errors.md 3.7",),
        responses(in_json(lambda token: {"token": token}), "cancelToken"),
    ),
    Mutant(
        "tokens-null-when-empty",
        "an empty list of tokens is null",
        ("tokens-auth-errors.md 3.4",),
        responses(in_json(as_("tokens", lambda found: found or None)), "listTokens"),
    ),
    Mutant(
        "next-cursor-null",
        "the last page of tokens has next_cursor: null",
        ("tokens-auth-errors.md 3.4",),
        responses(in_json(added("next_cursor", None)), "listTokens"),
    ),
    Mutant(
        "health-other-word",
        'the health route returns {"status": "healthy"}',
        ("tokens-auth-errors.md 1.11",),
        responses(in_json(as_("status", lambda _: "healthy")), "getHealth"),
        operations=("getHealth",),
    ),
    Mutant(
        "query-value-untrimmed",
        "a query value with surrounding white space is rejected",
        ("tokens-auth-errors.md 1.12", "tokens-auth-errors.md 1.13"),
        requests(
            lambda request: request.set_param("limit", "x") if ("limit", " 1 ") in request.query else None,
            "listRuns",
            "listSessions",
            "listTokens",
        ),
    ),
    Mutant(
        "last-of-repeated-parameters",
        "the last value of a repeated query parameter is used",
        ("tokens-auth-errors.md 1.12", "runs.md 1.3"),
        requests(
            lambda request: (
                request.set_param("limit", [v for k, v in request.query if k == "limit"][-1])
                if any(name == "limit" for name, _ in request.query)
                else None
            ),
            "listRuns",
            "listSessions",
            "listTokens",
        ),
    ),
]
