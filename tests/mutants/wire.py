"""Faults of form: what every answer has in common, and the members of the objects in them."""

from __future__ import annotations

from .mutant import Mutant
from .planting import (
    Wire,
    added,
    all_of,
    as_,
    every_response,
    header,
    in_json,
    renamed,
    responses,
    rewritten,
    status,
    without,
)

GET_SESSION = ("getSession", "getSessionByExternalId")


def _plain_signs(wire: Wire) -> None:
    for sign in b"<>&":
        wire.body = wire.body.replace(b"\\u%04x" % sign, bytes([sign]))


def _errors_as_text(wire: Wire) -> None:
    if wire.status >= 400:
        wire.header(b"content-type", b"text/plain")


def _with_charset(wire: Wire) -> None:
    if wire.is_json:
        wire.header(b"content-type", b"application/json; charset=utf-8")


def _no_newline(wire: Wire) -> None:
    if wire.is_json:
        wire.body = wire.body.rstrip(b"\n")


def _wrong_method_with_body(wire: Wire) -> None:
    if wire.status == 405:
        wire.header(b"content-type", b"application/json")
        wire.body = b'{"error":"method not allowed"}\n'


def _wrong_method_with_length(wire: Wire) -> None:
    if wire.status == 405:
        wire.header(b"content-length", b"0")


def _challenge(wire: Wire) -> None:
    if wire.status == 401:
        wire.header(b"www-authenticate", b"Bearer")


ANY_ERROR = (400, 401, 403, 404, 409, 410)

MUTANTS = [
    # --- what every answer has in common -----------------------------------------------------------
    Mutant(
        "version-header-missing",
        "answers do not say which version of the contract they keep",
        ("tokens-auth-errors.md 1.3", "sessions.md 1.1", "runs.md 1.3"),
        every_response(header("helmr-api-version", None)),
    ),
    Mutant(
        "version-header-missing-on-errors",
        "only successes carry the version header",
        ("tokens-auth-errors.md 1.3", "sessions.md 1.1"),
        every_response(lambda wire: wire.header(b"helmr-api-version", None) if wire.status >= 400 else None),
    ),
    Mutant(
        "version-header-on-health",
        "the health routes carry the version header",
        ("tokens-auth-errors.md 1.3",),
        responses(header("helmr-api-version", "2026-06-06"), "getHealth", "getReadiness"),
    ),
    Mutant(
        "version-not-judged",
        "a request for another version of the contract is served",
        ("tokens-auth-errors.md 1.3", "sessions.md 1.1"),
        rewritten("helmr_local.app:App._reply", ('if version not in ("", API_VERSION):', "if False:")),
    ),
    Mutant(
        "version-blank-refused",
        "a blank version header is taken for another version",
        ("tokens-auth-errors.md 1.3",),
        rewritten(
            "helmr_local.app:App._reply",
            (
                'if version not in ("", API_VERSION):',
                'if "helmr-api-version" in headers and version != API_VERSION:',
            ),
        ),
    ),
    Mutant(
        "content-type-with-charset",
        "JSON answers name a charset",
        ("tokens-auth-errors.md 1.5", "sessions.md 1.1"),
        responses(_with_charset, "startSession", "getSession", "createToken"),
    ),
    Mutant(
        "content-type-of-errors",
        "errors are sent as text/plain",
        ("tokens-auth-errors.md 1.6", "sessions.md 1.2", "sessions.md 6.6"),
        every_response(_errors_as_text),
    ),
    Mutant(
        "content-type-of-one-error",
        "the 404 of a run is sent as text/plain",
        ("runs.md 1.3", "runs.md 4"),
        responses(_errors_as_text, "getRun"),
        operations=("getRun",),
    ),
    Mutant(
        "no-newline",
        "JSON answers do not end in a newline",
        ("tokens-auth-errors.md 1.5",),
        every_response(_no_newline),
    ),
    Mutant(
        "html-signs-unescaped",
        "<, > and & stand unescaped in JSON strings",
        ("tokens-auth-errors.md 1.5", "sessions.md 1.1"),
        every_response(_plain_signs),
    ),
    Mutant(
        "challenge-on-401",
        "a 401 carries WWW-Authenticate",
        ("tokens-auth-errors.md 1.6",),
        every_response(_challenge),
    ),
    Mutant(
        "request-id-returned",
        "answers carry an X-Request-Id, which the contract has not",
        ("tokens-auth-errors.md 1.1",),
        every_response(header("x-request-id", "1")),
    ),
    # --- errors ------------------------------------------------------------------------------------
    Mutant(
        "error-as-object",
        "`error` is an object with a message",
        ("tokens-auth-errors.md 1.6", "sessions.md 1.2"),
        responses(in_json(as_("error", lambda text: {"message": text}), statuses=ANY_ERROR)),
    ),
    Mutant(
        "error-renamed",
        "the text of an error is called `message`",
        ("tokens-auth-errors.md 1.6", "sessions.md 1.2"),
        responses(in_json(renamed("error", "message"), statuses=ANY_ERROR)),
    ),
    Mutant(
        "error-with-details",
        "errors have a member more",
        ("tokens-auth-errors.md 1.6", "sessions.md 1.2"),
        responses(in_json(added("details", {}), statuses=ANY_ERROR)),
    ),
    Mutant(
        "error-code-missing",
        "coded errors lose their code",
        ("tokens-auth-errors.md 1.6", "sessions.md 6.3"),
        responses(in_json(without("code"), statuses=(409, 410))),
    ),
    Mutant(
        "error-code-more",
        "a 404 of a session has a code, which the contract does not give it",
        ("sessions.md 3.4",),
        responses(in_json(added("code", "session_not_found"), statuses=(404,)), *GET_SESSION),
    ),
    Mutant(
        "error-code-null",
        "errors without a code say `code: null`",
        ("tokens-auth-errors.md 1.6", "sessions.md 1.2", "sessions.md 6.6", "sessions.md 3.4"),
        responses(in_json(added("code", None), statuses=ANY_ERROR)),
    ),
    Mutant(
        "error-text-other",
        "an unknown session is answered with other words",
        ("sessions.md 3.4",),
        rewritten("helmr_local.errors:session_not_found", ('"session not found"', '"not found"')),
    ),
    Mutant(
        "unknown-path-without-json",
        "an unknown path is answered with an empty body",
        ("tokens-auth-errors.md 1.7", "sessions.md 1.1"),
        rewritten(
            "helmr_local.app:App._reply",
            ('return json_answer(404, {"error": "not found"})', "return Answer(404)"),
        ),
    ),
    Mutant(
        "wrong-method-with-body",
        "a 405 has a JSON body",
        ("tokens-auth-errors.md 1.7",),
        every_response(_wrong_method_with_body),
    ),
    Mutant(
        "wrong-method-head-with-length",
        "a 405 to HEAD has a Content-Length",
        ("tokens-auth-errors.md 1.7",),
        every_response(_wrong_method_with_length),
    ),
    Mutant(
        "wrong-method-without-allow",
        "a 405 does not say which methods there are",
        ("tokens-auth-errors.md 1.7",),
        every_response(header("allow", None)),
    ),
    Mutant(
        "wrong-method-is-404",
        "a known path with another method is a 404",
        ("tokens-auth-errors.md 1.7",),
        rewritten("helmr_local.app:App._reply", ("if found is None:", "if not isinstance(found, tuple):")),
    ),
    Mutant(
        "trailing-slash-served",
        "a slash at the end of a path is overlooked",
        ("tokens-auth-errors.md 1.7", "sessions.md 1.1"),
        rewritten(
            "helmr_local.http.routing:Router.find",
            ('path[1:].split("/")', '(path.rstrip("/") or "/")[1:].split("/")'),
        ),
    ),
    Mutant(
        "paths-without-case",
        "paths are matched without regard to case",
        ("tokens-auth-errors.md 1.7",),
        rewritten(
            "helmr_local.http.routing:Router._walk",
            ("node.literal.get(segment)", "node.literal.get(segment.lower())"),
        ),
    ),
    Mutant(
        "length-not-judged",
        "a declared length above the limit is not refused",
        ("tokens-auth-errors.md 1.8", "tokens-auth-errors.md 1.2"),
        rewritten(
            "helmr_local.app:App._reply",
            ("length is not None and length >", "length is not None and 0 >"),
        ),
    ),
    Mutant(
        "long-body-is-413",
        "an undeclared body above the limit is a 413, not the JSON error of its operation",
        ("tokens-auth-errors.md 1.8",),
        rewritten(
            "helmr_local.http.call:Call.body",
            (
                'raise bad_request(f"{body.prefix}: http: request body too large") from None',
                'raise ApiError(413, "request body is too large") from None',
            ),
        ),
    ),
    # --- bodies ------------------------------------------------------------------------------------
    Mutant(
        "unknown-member-ignored",
        "a strict body with an unknown member is accepted",
        ("tokens-auth-errors.md 1.9", "sessions.md 1.3", "runs.md 5.1"),
        rewritten("helmr_local.bodies:_decode", ("if outer.strict:", "if False:")),
    ),
    Mutant(
        "unknown-member-of-a-start-refused",
        "a start refuses members that it does not know",
        ("sessions.md 1.3", "sessions.md 6.1"),
        rewritten("helmr_local.bodies:_decode", ("if outer.strict:", "if True:")),
    ),
    Mutant(
        "empty-body-accepted",
        "an empty body is taken for {}",
        ("tokens-auth-errors.md 1.9", "sessions.md 1.3"),
        rewritten("helmr_local.jsontext:parse", ('raise JsonError("EOF")', "return {}")),
    ),
    Mutant(
        "trailing-data-ignored",
        "what follows the first JSON value is ignored",
        ("tokens-auth-errors.md 1.9", "sessions.md 1.3"),
        rewritten(
            "helmr_local.jsontext:parse",
            (
                'raise JsonError("request body must contain a single JSON value") from None',
                "value = json.JSONDecoder().raw_decode(raw.decode().lstrip())[0]\n            return value",
            ),
        ),
    ),
    Mutant(
        "member-names-with-case",
        "member names in other letter case are unknown",
        ("tokens-auth-errors.md 1.9", "sessions.md 1.3"),
        rewritten("helmr_local.bodies:_fold", (".lower()", "")),
    ),
    Mutant(
        "null-body-refused",
        "the body `null` is refused",
        ("tokens-auth-errors.md 1.9", "sessions.md 1.3"),
        rewritten(
            "helmr_local.bodies:_decode",
            ("return {}\n    in_order = ", 'raise jsontext.JsonError("null")\n    in_order = '),
        ),
    ),
    Mutant(
        "null-metadata-accepted",
        "`metadata: null` counts as absent",
        ("sessions.md 1.3", "sessions.md 6.3", "tokens-auth-errors.md 3.3"),
        rewritten(
            "helmr_local.engine.starts:metadata_text",
            (
                "if not isinstance(value, dict):",
                "value = {} if value is None else value\n    if not isinstance(value, dict):",
            ),
        ),
    ),
    Mutant(
        "metadata-keeps-large-numbers",
        "metadata does not pass through 64-bit floats",
        ("sessions.md 1.4",),
        rewritten("helmr_local.jsontext:stored_metadata", ("stored(_float64(value))", "stored(value)")),
    ),
    Mutant(
        "nul-accepted",
        "U+0000 in data, which no database can store, is accepted",
        ("tokens-auth-errors.md 1.9", "sessions.md 6.3"),
        all_of(
            rewritten(
                "helmr_local.jsontext:stored_text",
                ('if b"\\\\u0000" in text and contains_nul(_exact.decode(text)):', "if False:"),
            ),
            rewritten("helmr_local.http.call:Call.judge", ("if refusal is not None:", "if False:")),
        ),
    ),
    # --- times, ids --------------------------------------------------------------------------------
    Mutant(
        "times-with-trailing-zeros",
        "the fraction of a time keeps its trailing zeros",
        ("sessions.md 1.4", "sessions.md 4.1"),
        rewritten("helmr_local.times:_text", ('.rstrip("0") + "Z"', ' + "000Z"')),
    ),
    Mutant(
        "times-without-offset",
        "times do not say their offset",
        ("sessions.md 1.4", "sessions.md 4.1"),
        rewritten("helmr_local.times:_text", ('.rstrip("0") + "Z"', '.rstrip("0")')),
    ),
    Mutant(
        "times-in-milliseconds",
        "a session's created_at is a number of milliseconds",
        ("sessions.md 4.1", "sessions.md 1.4"),
        responses(in_json(as_("created_at", lambda _: 1780000000000)), *GET_SESSION),
        operations=GET_SESSION,
    ),
    Mutant(
        "uuid-spellings-refused",
        "only the hyphenated spelling of a UUID is understood",
        ("tokens-auth-errors.md 1.12", "sessions.md 3.4", "runs.md 1.3"),
        rewritten(
            "helmr_local.ids:parse_uuid",
            (
                "def parse_uuid(text: str) -> str | None:",
                "def parse_uuid(text: str) -> str | None:\n    if len(text) != 36:\n        return None",
            ),
        ),
    ),
    Mutant(
        "bad-uuid-is-404",
        "an id that is no UUID is a 404",
        ("tokens-auth-errors.md 1.12", "runs.md 1.4"),
        rewritten(
            "helmr_local.http.runs:_run_id",
            ('raise bad_request("id must be a UUID")', "raise run_not_found()"),
        ),
    ),
    # --- members of a session ----------------------------------------------------------------------
    Mutant(
        "session-status-missing",
        "a session lacks its status",
        ("sessions.md 4.1", "sessions.md 9"),
        responses(in_json(without("status")), "getSession"),
    ),
    Mutant(
        "session-member-renamed",
        "a session's current_run_id is called currentRunId",
        ("sessions.md 4.1", "sessions.md 9"),
        responses(in_json(renamed("current_run_id", "currentRunId")), "getSession"),
    ),
    Mutant(
        "session-metadata-null",
        "a session without metadata says null",
        ("sessions.md 4.1", "sessions.md 9"),
        responses(in_json(as_("metadata", lambda value: value or None)), *GET_SESSION),
        operations=GET_SESSION,
    ),
    Mutant(
        "session-tags-empty",
        "a session without tags has an empty list of them",
        ("sessions.md 4.1", "sessions.md 6.1"),
        rewritten("helmr_local.engine.sessions:Sessions.view", ('if session["tags"] != "[]":', "if True:")),
    ),
    Mutant(
        "session-can-close-text",
        'can_close is the text "true" or "false"',
        ("sessions.md 4.1", "sessions.md 14.3"),
        responses(in_json(as_("can_close", lambda value: str(value).lower())), *GET_SESSION),
        operations=GET_SESSION,
    ),
    Mutant(
        "session-terminal-reason-missing",
        "an open session has no terminal_reason",
        ("sessions.md 4.1", "sessions.md 6.9"),
        responses(
            in_json(as_("session", lambda s: {k: v for k, v in s.items() if k != "terminal_reason"})),
            "startSession",
        ),
    ),
    Mutant(
        "session-expires-at-null",
        "a session without expiry says expires_at: null",
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
        'GET of one session answers {"session": …}',
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
        "a new session is answered 200",
        ("sessions.md 6.9",),
        responses(status(200, of=201), "startSession"),
    ),
    Mutant(
        "start-replay-is-201",
        "a replayed start is answered 201",
        ("sessions.md 6.6", "sessions.md 6.9"),
        responses(status(201, of=200), "startSession"),
    ),
    Mutant(
        "is-cached-false",
        "a new session says is_cached: false",
        ("sessions.md 4.2", "sessions.md 6.9"),
        responses(in_json(added("is_cached", False)), "startSession"),
    ),
    Mutant(
        "start-and-wait-is-201",
        "start-and-wait answers 201",
        ("sessions.md 7",),
        responses(status(201, of=200), "startSessionAndWait"),
    ),
    Mutant(
        "pending-start-is-409",
        "a start in flight with the same key is a 409",
        ("sessions.md 6.6", "sessions.md 6.3"),
        rewritten(
            "helmr_local.engine.starts:Starts.start",
            ('202, "session_start_pending"', '409, "session_start_pending"'),
        ),
    ),
    Mutant(
        "pending-start-without-retry-after",
        "the 202 of a start in flight does not say when to come again",
        ("sessions.md 6.6",),
        responses(header("retry-after", None), "startSession", "startSessionAndWait"),
    ),
    # --- members of runs, records, tasks -----------------------------------------------------------
    Mutant(
        "run-exit-code-omitted",
        "exit_code is left out while it is not known",
        ("runs.md 2", "sessions.md 4.3", "sessions.md 6.9"),
        rewritten(
            "helmr_local.engine.runs:run_view",
            (
                'view["exit_code"] = run["exit_code"]',
                'view |= {} if run["exit_code"] is None else {"exit_code": run["exit_code"]}',
            ),
        ),
    ),
    Mutant(
        "run-output-null",
        "a run without output says output: null",
        ("runs.md 2", "runs.md 2.2"),
        rewritten(
            "helmr_local.engine.runs:run_view",
            (
                'if run["output"] is not None:\n        view["output"] = jsontext.raw(run["output"])',
                'view["output"] = None if run["output"] is None else jsontext.raw(run["output"])',
            ),
        ),
    ),
    Mutant(
        "run-attempt-number-text",
        "attempt_number is text",
        ("runs.md 2",),
        responses(in_json(as_("attempt_number", str)), "getRun"),
        operations=("getRun",),
    ),
    Mutant(
        "run-status-other-word",
        "a run that succeeded is called completed",
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
        "a listed run does not name its session",
        ("runs.md 2", "runs.md 3"),
        responses(in_json(without("runs[].session_id")), "listRuns"),
        operations=("listRuns",),
    ),
    Mutant(
        "run-versions-differ",
        "a run's version is not its deployment_version",
        ("runs.md 2", "sessions.md 4.3"),
        rewritten(
            "helmr_local.engine.runs:run_view",
            ('"version": run["version"],\n        "dep', '"version": "v" + run["version"],\n        "dep'),
        ),
    ),
    Mutant(
        "counts-without-zeros",
        "the counts leave out the statuses that no run has",
        ("runs.md 4",),
        rewritten("helmr_local.http.runs:count_runs", ("dict.fromkeys(STATUSES, 0)", "dict[str, int]()")),
    ),
    Mutant(
        "counts-as-text",
        "the counts are texts",
        ("runs.md 4",),
        responses(in_json(lambda counts: {name: str(n) for name, n in counts.items()}), "countRuns"),
    ),
    Mutant(
        "record-sequence-text",
        "a record's sequence is text",
        ("sessions.md 4.6", "sessions.md 16"),
        responses(in_json(as_("record.sequence", str)), "appendInputRecord", "appendOutputRecord"),
    ),
    Mutant(
        "record-data-omitted",
        "a record whose data is null has no data",
        ("sessions.md 4.6", "sessions.md 16"),
        rewritten(
            "helmr_local.engine.streams:record_view",
            (
                "    return view",
                '    if record["data"] == "null":\n        del view["data"]\n    return view',
            ),
        ),
    ),
    Mutant(
        "record-shows-key",
        "a record shows its idempotency key",
        ("sessions.md 4.6",),
        rewritten(
            "helmr_local.engine.streams:record_view",
            ("    return view", '    view["idempotency_key"] = record["idempotency_key"]\n    return view'),
        ),
    ),
    Mutant(
        "record-correlation-null",
        "a record without correlation says correlation_id: null",
        ("sessions.md 4.6", "sessions.md 16"),
        rewritten(
            "helmr_local.engine.streams:record_view",
            ("    return view", '    view.setdefault("correlation_id", None)\n    return view'),
        ),
    ),
    Mutant(
        "append-is-200",
        "an append is answered 200",
        ("sessions.md 16",),
        responses(status(200, of=201), "appendInputRecord", "appendOutputRecord"),
    ),
    Mutant(
        "duplicate-append-is-200",
        "a replayed append is answered 200",
        ("sessions.md 16",),
        rewritten(
            "helmr_local.http.streams:append_output_record",
            (
                "return json_answer(201, await call.engine.writes.run(append))",
                "view = await call.engine.writes.run(append)\n"
                '    return json_answer(201 if view["idempotency_status"] == "created" else 200, view)',
            ),
        ),
    ),
    Mutant(
        "output-with-continuation-status",
        "an output append has a continuation_status",
        ("sessions.md 4.7", "sessions.md 16"),
        responses(in_json(added("continuation_status", "created")), "appendOutputRecord"),
    ),
    Mutant(
        "read-none-is-404",
        "reading an empty output stream is a 404",
        ("sessions.md 18.2",),
        responses(
            lambda wire: status(404, of=200)(wire) if wire.body == b'{"record":null}\n' else None,
            "readOutputRecord",
        ),
    ),
    Mutant(
        "read-none-omits-record",
        "reading an empty output stream answers {}",
        ("sessions.md 18.2",),
        responses(in_json(lambda read: {} if read["record"] is None else read), "readOutputRecord"),
    ),
    Mutant(
        "stream-direction-missing",
        "a listed stream does not say its direction",
        ("sessions.md 4.5", "sessions.md 15"),
        responses(in_json(without("streams[].direction")), "listSessionStreams"),
        operations=("listSessionStreams",),
    ),
    Mutant(
        "task-bundle-version-in-list",
        "the list of tasks shows the real bundle version",
        ("sessions.md 4.8",),
        rewritten(
            "helmr_local.http.tasks:list_tasks",
            ("task_view(task, 0)", "task_view(task, BUNDLE_FORMAT_VERSION)"),
        ),
    ),
    Mutant(
        "task-in-envelope",
        'GET of one task answers {"task": …}',
        ("sessions.md 5.2",),
        responses(in_json(lambda task: {"task": task}), "getTask"),
    ),
    # --- members of tokens -------------------------------------------------------------------------
    Mutant(
        "token-callback-url-missing",
        "a new token comes without its callback URL",
        ("tokens-auth-errors.md 3.1", "tokens-auth-errors.md 3.3"),
        responses(in_json(without("callback_url")), "createToken"),
    ),
    Mutant(
        "token-shows-secrets-again",
        "GET of a token shows its secrets",
        ("tokens-auth-errors.md 3.1", "tokens-auth-errors.md 3.5"),
        rewritten(
            "helmr_local.http.tokens:get_token",
            (
                'token_view(_token(call, "tokens:read"))',
                'token_view(t := _token(call, "tokens:read"), call.engine.tokens.secrets(t["id"]))',
            ),
        ),
    ),
    Mutant(
        "token-data-null-while-pending",
        "a pending token says data: null",
        ("tokens-auth-errors.md 3.1",),
        rewritten(
            "helmr_local.engine.tokens:token_view",
            (
                'if token["data"] is not None:\n        view["data"] = jsontext.raw(token["data"])',
                'view["data"] = None if token["data"] is None else jsontext.raw(token["data"])',
            ),
        ),
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
        "a new token is answered 200",
        ("tokens-auth-errors.md 3.3",),
        responses(status(200, of=201), "createToken"),
    ),
    Mutant(
        "completion-without-wrapper",
        "complete answers the plain token",
        ("tokens-auth-errors.md 3.6",),
        responses(in_json(lambda completion: completion["token"]), "completeToken"),
    ),
    Mutant(
        "cancel-with-wrapper",
        'cancelling a token answers {"token": …}',
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
        "the last page of tokens says next_cursor: null",
        ("tokens-auth-errors.md 3.4",),
        responses(in_json(added("next_cursor", None)), "listTokens"),
    ),
    Mutant(
        "health-other-word",
        'the health route answers {"status": "healthy"}',
        ("tokens-auth-errors.md 1.11",),
        responses(in_json(as_("status", lambda _: "healthy")), "getHealth"),
        operations=("getHealth",),
    ),
]
