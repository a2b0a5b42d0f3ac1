"""Faults of credentials: API keys and their scopes, environments, public access tokens, callbacks, CORS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .mutant import Mutant
from .planting import (
    Wire,
    all_of,
    as_,
    every_response,
    header,
    in_json,
    replaced,
    responses,
    rewritten,
    status,
)

APP = "helmr_local.app:App."
CALL = "helmr_local.http.call:"
PUBLIC = "helmr_local.http.public_access:"
ACCESS = "helmr_local.engine.public_access:PublicAccess."
TOKENS = "helmr_local.http.tokens:"
SESSIONS = "helmr_local.engine.sessions:Sessions."

SCOPES = ("tokens-auth-errors.md 2.9", "tokens-auth-errors.md 2.6", "sessions.md 2", "runs.md 1")
ENVIRONMENT = ("sessions.md 3.4", "tokens-auth-errors.md 2.8", "runs.md 1.2")


def _one_operation_without_scope(name: str, operation: str, target: str, *changes: tuple[str, str]) -> Mutant:
    return Mutant(
        f"scope-not-checked-{name}",
        f"{operation} does not ask for its scope",
        SCOPES,
        rewritten(target, *changes),
    )


def _preflight_with_body(wire: Wire) -> None:
    if wire.status == 204:
        wire.status, wire.body = 200, b"{}\n"


def _without_twins(login_routes: Callable[..., Any]) -> Callable[..., Any]:
    def others(routes: Any, endpoints: Any) -> Any:
        return login_routes([], endpoints)

    return others


MUTANTS = [
    # --- API keys ----------------------------------------------------------------------------------
    Mutant(
        "no-key-needed",
        "a request without a key may do everything",
        ("tokens-auth-errors.md 2.3", "sessions.md 1.5", "runs.md 1.1"),
        rewritten(
            APP + "_handle",
            (
                "call.key = None if credential is None else engine.keys.find(credential, engine.clock.now())",
                "call.key = engine.keys.find(credential or engine.create_api_key(None, None),"
                " engine.clock.now())",
            ),
        ),
    ),
    Mutant(
        "unknown-key-taken",
        "an unknown key may do everything",
        ("tokens-auth-errors.md 2.3", "sessions.md 1.5"),
        rewritten(
            APP + "_handle",
            (
                "engine.keys.find(credential, engine.clock.now())",
                "engine.keys.find(credential, engine.clock.now())"
                " or engine.keys.find(engine.create_api_key(None, None), engine.clock.now())",
            ),
        ),
    ),
    Mutant(
        "expired-key-taken",
        "a key works after its expiry",
        ("tokens-auth-errors.md 2.3",),
        rewritten(
            "helmr_local.keys:KeyRing.find",
            ("return None if key.expires_at is not None and key.expires_at <= now else key", "return key"),
        ),
    ),
    Mutant(
        "unknown-key-is-403",
        "an unknown key is a 403",
        ("tokens-auth-errors.md 2.3", "sessions.md 1.5"),
        rewritten(
            APP + "_handle",
            ('ApiError(401, "authentication is required")', 'ApiError(403, "authentication is required")'),
        ),
    ),
    Mutant(
        "bearer-with-case",
        "the scheme `bearer` in small letters is not understood",
        ("tokens-auth-errors.md 2.2",),
        rewritten(CALL + "bearer", ('scheme.lower() == "bearer"', 'scheme == "Bearer"')),
    ),
    Mutant(
        "any-scheme",
        "a key is taken with any authorization scheme",
        ("tokens-auth-errors.md 2.2",),
        rewritten(CALL + "bearer", (' and scheme.lower() == "bearer"', "")),
    ),
    Mutant(
        "public-token-as-key",
        "a public access token is taken for an API key",
        ("tokens-auth-errors.md 2.1", "runs.md 1.1"),
        rewritten(
            APP + "_handle",
            (
                "engine.keys.find(credential, engine.clock.now())",
                "engine.keys.find(engine.create_api_key(None, None) if credential.startswith('hlmr_p')"
                " else credential,"
                " engine.clock.now())",
            ),
        ),
    ),
    Mutant(
        "authenticated-before-routing",
        "an unknown path without a key is a 401",
        ("tokens-auth-errors.md 1.7", "tokens-auth-errors.md 1.2"),
        rewritten(
            APP + "_reply",
            (
                "found = self._router.find(method, path)",
                "found = self._router.find(method, path)\n"
                '    if found is None and "authorization" not in headers:\n'
                '        return json_answer(401, {"error": "authentication is required"})',
            ),
        ),
    ),
    # --- scopes ------------------------------------------------------------------------------------
    Mutant(
        "scopes-not-checked",
        "no operation asks for a scope",
        SCOPES,
        all_of(
            rewritten(CALL + "Call.require", ("if self.actor.scopes.isdisjoint(scopes):", "if False:")),
            rewritten(TOKENS + "_token", ("if scope not in call.actor.scopes:", "if False:")),
            rewritten("helmr_local.http.runs:_run", ("if scope not in call.actor.scopes:", "if False:")),
        ),
    ),
    _one_operation_without_scope(
        "start", "startSession", "helmr_local.http.sessions:_start", ('call.require("runs:create")', "pass")
    ),
    _one_operation_without_scope(
        "list-sessions",
        "listSessions",
        "helmr_local.http.sessions:list_sessions",
        ('call.require("runs:read")', "pass"),
    ),
    _one_operation_without_scope(
        "patch",
        "updateSession",
        "helmr_local.http.sessions:update_session",
        (
            'addressed(call, "runs:manage")',
            'find_session(call, call.environment_id) or addressed(call, "runs:manage")',
        ),
    ),
    _one_operation_without_scope(
        "close",
        "closeSession",
        "helmr_local.http.sessions:close_session",
        (
            'addressed(call, "runs:manage")',
            'find_session(call, call.environment_id) or addressed(call, "runs:manage")',
        ),
    ),
    _one_operation_without_scope(
        "cancel-run",
        "cancelRun",
        "helmr_local.http.runs:cancel_run",
        ('"runs:manage"', "next(iter(call.actor.scopes))"),
    ),
    _one_operation_without_scope(
        "counts", "countRuns", "helmr_local.http.runs:count_runs", ('call.require("runs:read")', "pass")
    ),
    _one_operation_without_scope(
        "events",
        "listRunEvents",
        "helmr_local.http.runs:list_run_events",
        ('"runs:read"', "next(iter(call.actor.scopes))"),
    ),
    _one_operation_without_scope(
        "logs",
        "getRunLogs",
        "helmr_local.http.runs:get_run_logs",
        ('"runs:read"', "next(iter(call.actor.scopes))"),
    ),
    _one_operation_without_scope(
        "send",
        "appendInputRecord",
        "helmr_local.http.streams:append_input_record",
        ('"session-input:send"', "next(iter(call.actor.scopes))"),
    ),
    _one_operation_without_scope(
        "append",
        "appendOutputRecord",
        "helmr_local.http.streams:append_output_record",
        ('"session-output:append"', "next(iter(call.actor.scopes))"),
    ),
    _one_operation_without_scope(
        "read",
        "readOutputRecord",
        "helmr_local.http.streams:read_output_record",
        ('"session-streams:read"', "next(iter(call.actor.scopes))"),
    ),
    _one_operation_without_scope(
        "create-token", "createToken", TOKENS + "create_token", ('call.require("tokens:create")', "pass")
    ),
    _one_operation_without_scope(
        "complete-token",
        "completeToken",
        TOKENS + "complete_token",
        ('"tokens:complete"', "next(iter(call.actor.scopes))"),
    ),
    _one_operation_without_scope(
        "public-token",
        "createPublicAccessToken",
        PUBLIC + "create_public_access_token",
        ("call.require(needed)", "pass"),
    ),
    Mutant(
        "manage-implies-read",
        "the scope runs:manage allows reading too",
        SCOPES,
        rewritten(
            "helmr_local.http.runs:_run",
            (
                "if scope not in call.actor.scopes:",
                'if scope not in call.actor.scopes and "runs:manage" not in call.actor.scopes:',
            ),
        ),
    ),
    Mutant(
        "read-implies-streams",
        "the scope runs:read allows reading streams too",
        SCOPES,
        rewritten(
            "helmr_local.http.sessions:addressed",
            (
                "call.require(scope)",
                'call.require(scope, *(["runs:read"] if scope == "session-streams:read" else []))',
            ),
        ),
    ),
    Mutant(
        "tasks-without-deploy-scope",
        "tasks:deploy does not allow reading tasks",
        ("sessions.md 5.1", "sessions.md 2"),
        rewritten("helmr_local.http.tasks:list_tasks", ('"runs:read", "tasks:deploy"', '"runs:read"')),
    ),
    Mutant(
        "403-before-404",
        "a key without the scope is told 403 about a run that is not there",
        ("runs.md 1.4", "tokens-auth-errors.md 1.2"),
        rewritten(
            "helmr_local.http.runs:_run",
            (
                "run = call.engine.runs.get(run_id)",
                "call.require(scope)\n    run = call.engine.runs.get(run_id)",
            ),
        ),
    ),
    Mutant(
        "404-for-403",
        "a missing scope is a 404",
        ("tokens-auth-errors.md 2.7", "sessions.md 2"),
        rewritten(
            "helmr_local.errors:permission_required",
            ("ApiError(403, PERMISSION_REQUIRED)", 'ApiError(404, "not found")'),
        ),
    ),
    Mutant(
        "project-in-query-ignored",
        "a project_id in the query is ignored",
        ("tokens-auth-errors.md 2.8", "sessions.md 3.3", "runs.md 1.2"),
        rewritten(CALL + "Call.refuse_scope_query", ("refuse_scope(self.query)", "pass")),
    ),
    Mutant(
        "project-in-body-ignored",
        "a project_id in the body of a start is ignored",
        ("sessions.md 3.3", "tokens-auth-errors.md 2.8"),
        rewritten("helmr_local.http.sessions:_start", ("refuse_scope(decoded)", "pass")),
    ),
    # --- environments ------------------------------------------------------------------------------
    Mutant(
        "session-of-other-environment",
        "a session of another environment can be read",
        ENVIRONMENT,
        rewritten(
            SESSIONS + "get",
            (
                'WHERE id = ? AND environment_id = ?", (session_id, environment_id)',
                'WHERE id = ?", (session_id,)',
            ),
        ),
    ),
    Mutant(
        "external-id-of-other-environment",
        "the external ids of another environment are found",
        ENVIRONMENT,
        rewritten(
            SESSIONS + "by_external_id",
            (
                'WHERE environment_id = ? AND external_id = ?",\n        (environment_id, external_id),',
                'WHERE external_id = ?",\n        (external_id,),',
            ),
        ),
    ),
    Mutant(
        "sessions-of-all-environments",
        "the sessions of all environments are listed",
        ("sessions.md 3.4", "sessions.md 8", "sessions.md 6.7"),
        rewritten(
            "helmr_local.http.sessions:list_sessions",
            ('["environment_id = ?"], [call.environment_id]', '["environment_id <> ?"], [""]'),
        ),
    ),
    Mutant(
        "run-of-other-environment",
        "a run of another environment can be read",
        ENVIRONMENT,
        rewritten("helmr_local.http.runs:_run", (' or run["environment_id"] != call.environment_id', "")),
    ),
    Mutant(
        "runs-of-all-environments",
        "the runs of all environments are listed",
        ("runs.md 1.2", "runs.md 3", "sessions.md 6.7"),
        rewritten(
            "helmr_local.http.runs:_newest",
            ('["environment_id = ?"], [environment_id]', '["environment_id <> ?"], [""]'),
        ),
    ),
    Mutant(
        "counts-of-all-environments",
        "the runs of all environments are counted",
        ("runs.md 4", "runs.md 1.2"),
        rewritten(
            "helmr_local.http.runs:count_runs",
            ("environment_id = ? AND", "? <> '' AND"),
            ('WHERE environment_id = ?"', "WHERE ? <> ''\""),
        ),
    ),
    Mutant(
        "token-of-other-environment",
        "a token of another environment can be read and completed",
        ("tokens-auth-errors.md 3.5", "tokens-auth-errors.md 2.8"),
        rewritten(TOKENS + "_token", ("(_token_id(call), call.environment_id)", "(_token_id(call))")),
    ),
    # --- public access tokens of a token -----------------------------------------------------------
    Mutant(
        "public-completion-by-anyone",
        "a token is completed without a bearer",
        ("tokens-auth-errors.md 4.1",),
        rewritten(
            TOKENS + "complete_with_public_access_token",
            (
                "if credential is None:\n        raise scope_denied(401)",
                "if credential is None:\n        return _completion(*engine.tokens.complete(token,"
                ' decoded.get("data")))',
            ),
        ),
    ),
    Mutant(
        "public-completion-of-other-token",
        "one token's public access token completes another token",
        ("tokens-auth-errors.md 4.1",),
        rewritten(
            TOKENS + "complete_with_public_access_token",
            ('if access["token_id"] != token["id"]:', 'if access["token_id"] is None:'),
        ),
    ),
    Mutant(
        "public-completion-by-stream-token",
        "a stream's public access token completes a token",
        ("tokens-auth-errors.md 4.1",),
        rewritten(
            TOKENS + "complete_with_public_access_token",
            ('if access["token_id"] != token["id"]:', 'if access["token_id"] not in (None, token["id"]):'),
        ),
    ),
    Mutant(
        "public-completion-replay-costs",
        "a replayed public completion costs a use, and there is none left",
        ("tokens-auth-errors.md 4.1",),
        rewritten(TOKENS + "complete_with_public_access_token", ('if status == "completed":', "if True:")),
    ),
    Mutant(
        "public-token-unknown-is-403",
        "an unknown public access token is a 403",
        ("tokens-auth-errors.md 4.1", "tokens-auth-errors.md 5.2"),
        rewritten(ACCESS + "find", ("raise scope_denied(401)", "raise scope_denied(403)")),
    ),
    Mutant(
        "public-completion-by-key",
        "an API key is taken where a public access token is asked for",
        ("tokens-auth-errors.md 4.1",),
        rewritten(
            TOKENS + "complete_with_public_access_token",
            (
                "access = engine.public_access.find(credential)",
                "if engine.keys.find(credential, engine.clock.now()) is not None:\n"
                '        return _completion(*engine.tokens.complete(token, decoded.get("data")))\n'
                "    access = engine.public_access.find(credential)",
            ),
        ),
    ),
    # --- public access tokens of a stream ----------------------------------------------------------
    Mutant(
        "public-token-used-twice",
        "a public access token is good for one use more than it says",
        ("tokens-auth-errors.md 5.2",),
        rewritten(ACCESS + "use", ("uses < max_uses", "uses <= max_uses")),
    ),
    Mutant(
        "public-token-never-used-up",
        "a public access token can be used without end",
        ("tokens-auth-errors.md 5.2",),
        rewritten(ACCESS + "use", ("uses = uses + 1", "uses = uses")),
    ),
    Mutant(
        "public-token-failure-costs",
        "a failed public append costs a use",
        ("tokens-auth-errors.md 5.2",),
        rewritten(
            PUBLIC + "append_input_record",
            (
                "def append() -> dict[str, Any]:\n        engine.public_access.use(access)",
                "await engine.writes.run(lambda: engine.public_access.use(access))\n\n"
                "    def append() -> dict[str, Any]:",
            ),
        ),
    ),
    Mutant(
        "public-token-duplicate-is-free",
        "a duplicate public append costs no use",
        ("tokens-auth-errors.md 5.2",),
        rewritten(
            PUBLIC + "append_input_record",
            (
                "call.judge(APPEND, decoded)",
                'call.judge(APPEND, decoded)\n        if view["idempotency_status"] == "duplicate":\n'
                '            engine.db.execute("UPDATE public_access_tokens SET uses = uses - 1 WHERE'
                ' hash = ?", (access["hash"],))',
            ),
        ),
    ),
    Mutant(
        "public-read-of-nothing-is-free",
        "a public read that finds no record costs no use",
        ("tokens-auth-errors.md 5.2",),
        rewritten(
            PUBLIC + "read_output_record",
            (
                "return read_output(call, stream)",
                'view = read_output(call, stream)\n        if view["record"] is None:\n'
                '            call.engine.db.execute("UPDATE public_access_tokens SET uses = uses - 1'
                ' WHERE hash = ?", (access["hash"],))\n        return view',
            ),
        ),
    ),
    Mutant(
        "public-token-expired-taken",
        "an expired public access token is taken",
        ("tokens-auth-errors.md 5.2",),
        rewritten(ACCESS + "find", ('if row["expires_at"] <= self._core.clock.now():', "if False:")),
    ),
    Mutant(
        "public-token-scope-type-ignored",
        "a token for reading outputs may append inputs of any stream",
        ("tokens-auth-errors.md 5.2",),
        rewritten(
            PUBLIC + "_opened",
            ('if access["scope_type"] != scope_type or access["stream_no"] != stream["no"]:', "if False:"),
        ),
    ),
    Mutant(
        "public-token-stream-ignored",
        "a token for one stream may use another of its kind",
        ("tokens-auth-errors.md 5.2",),
        rewritten(PUBLIC + "_opened", (' or access["stream_no"] != stream["no"]', "")),
    ),
    Mutant(
        "public-token-correlation-ignored",
        "a token bound to a correlation takes any",
        ("tokens-auth-errors.md 5.2",),
        rewritten(
            PUBLIC + "_opened", ('if access["correlation_id"] not in ("", correlation_id):', "if False:")
        ),
    ),
    Mutant(
        "public-token-correlation-optional",
        "a token bound to a correlation takes a request without one",
        ("tokens-auth-errors.md 5.2",),
        rewritten(
            PUBLIC + "_opened",
            ('not in ("", correlation_id)', 'not in ("", correlation_id) and correlation_id'),
        ),
    ),
    Mutant(
        "public-route-makes-stream",
        "a public route makes a stream that nobody has used",
        ("tokens-auth-errors.md 5.2",),
        rewritten(
            PUBLIC + "_opened",
            ("engine.streams.find(session, name,", "engine.streams.resolve(session, name,"),
        ),
    ),
    Mutant(
        "public-token-for-past",
        "a public access token that has expired already is made",
        ("tokens-auth-errors.md 5.1",),
        rewritten(PUBLIC + "create_public_access_token", ("if expires_at <= now:", "if False:")),
    ),
    Mutant(
        "public-token-without-uses",
        "max_uses 0 means unlimited",
        ("tokens-auth-errors.md 5.1",),
        rewritten(
            PUBLIC + "create_public_access_token",
            ('max_uses = decoded.get("max_uses")', 'max_uses = decoded.pop("max_uses", None) or None'),
        ),
    ),
    Mutant(
        "public-token-shows-external-form",
        "a public access token shows the session as it was addressed",
        ("tokens-auth-errors.md 5.1",),
        rewritten(
            PUBLIC + "create_public_access_token",
            (
                '"session": {"type": "id", "id": session["id"]},',
                '"session": {"type": "id", "id": session["id"]} if session_id else'
                ' {"type": "external_id", "external_id": external_id},',
            ),
        ),
    ),
    Mutant(
        "public-token-other-type-taken",
        "an unknown scope type is taken for reading outputs",
        ("tokens-auth-errors.md 5.1",),
        rewritten(
            PUBLIC + "create_public_access_token",
            (
                'scope_type = trim(scope.get("type", ""))',
                'scope_type = trim(scope.get("type", ""))\n    if scope_type not in SCOPES:\n'
                '        scope_type = "session.output.read"\n        decoded["scope"]["type"] = scope_type',
            ),
        ),
    ),
    Mutant(
        "public-token-unknown-session",
        "an unknown session is `session not found` when a public access token is made",
        ("tokens-auth-errors.md 5.1",),
        rewritten(
            PUBLIC + "create_public_access_token",
            ("raise stream_not_found()", 'raise bad_request("session not found")'),
        ),
    ),
    # --- callbacks ---------------------------------------------------------------------------------
    Mutant(
        "callback-secret-not-checked",
        "any callback secret completes the token",
        ("tokens-auth-errors.md 4.3",),
        rewritten(
            TOKENS + "complete_by_callback",
            ('        or token["callback_hash"] != hash_secret(secret)\n', ""),
        ),
    ),
    Mutant(
        "callback-of-cancelled-token",
        "the callback of a cancelled token tells that it is cancelled",
        ("tokens-auth-errors.md 4.3",),
        rewritten(
            TOKENS + "complete_by_callback",
            ('or token["status"] not in ("pending", "completed")', ""),
        ),
    ),
    Mutant(
        "callback-takes-any-body",
        "the callback takes a webhook's own body",
        ("tokens-auth-errors.md 4.3",),
        rewritten(
            TOKENS + "complete_by_callback",
            (
                "decoded = await call.body(CALLBACK)",
                'raw = await call.raw_body()\n    decoded = {"data": jsontext.parse(raw)} if b\'"data"\''
                " not in raw else CALLBACK.decode(raw)",
            ),
        ),
    ),
    Mutant(
        "callback-once-only",
        "the same callback a second time is denied",
        ("tokens-auth-errors.md 4.3",),
        rewritten(TOKENS + "complete_by_callback", ('not in ("pending", "completed")', '!= "pending"')),
    ),
    Mutant(
        "callback-with-cors",
        "the callback answers with CORS headers",
        ("tokens-auth-errors.md 4.3",),
        responses(header("access-control-allow-origin", "*"), "completeTokenByCallback"),
    ),
    # --- CORS --------------------------------------------------------------------------------------
    Mutant(
        "cors-missing",
        "the server's own origin gets no CORS headers",
        ("tokens-auth-errors.md 4.2",),
        rewritten(APP + "_cors", ("if sent is None:", "if True:")),
    ),
    Mutant(
        "cors-for-all",
        "every origin gets CORS headers",
        ("tokens-auth-errors.md 4.2",),
        rewritten(
            APP + "_cors",
            ("if (origin.scheme.lower(), origin.netloc.lower()) != self._public_origin:", "if False:"),
        ),
    ),
    Mutant(
        "cors-ignores-port",
        "another port of the same host counts as the same origin",
        ("tokens-auth-errors.md 4.2",),
        rewritten(
            APP + "_cors",
            (
                "if (origin.scheme.lower(), origin.netloc.lower()) != self._public_origin:",
                'if (origin.scheme.lower(), origin.netloc.lower().partition(":")[0]) !='
                " (self._public_origin[0],"
                ' self._public_origin[1].partition(":")[0]):',
            ),
        ),
    ),
    Mutant(
        "cors-not-on-errors",
        "errors carry no CORS headers",
        ("tokens-auth-errors.md 4.2",),
        responses(
            lambda wire: wire.header(b"access-control-allow-origin", None) if wire.status >= 400 else None
        ),
    ),
    Mutant(
        "cors-without-vary",
        "an answer for one origin does not say that it varies",
        ("tokens-auth-errors.md 4.2",),
        responses(header("vary", None)),
    ),
    Mutant(
        "cors-without-max-age",
        "a preflight does not say how long it holds",
        ("tokens-auth-errors.md 4.2",),
        responses(header("access-control-max-age", None)),
    ),
    Mutant(
        "cors-without-authorization",
        "a preflight does not allow the authorization header",
        ("tokens-auth-errors.md 4.2",),
        responses(
            lambda wire: (
                wire.header(b"access-control-allow-headers", b"content-type, Helmr-API-Version")
                if any(name == b"access-control-allow-headers" for name, _ in wire.headers)
                else None
            )
        ),
    ),
    Mutant(
        "cors-methods-of-read",
        "the preflight of a read allows POST",
        ("tokens-auth-errors.md 4.2",),
        responses(
            lambda wire: (
                wire.header(b"access-control-allow-methods", b"POST, OPTIONS")
                if any(name == b"access-control-allow-methods" for name, _ in wire.headers)
                else None
            ),
            "preflightReadOutputRecord",
            "preflightReadOutputRecordByExternalId",
        ),
    ),
    Mutant(
        "preflight-is-200",
        "a preflight is answered 200",
        ("tokens-auth-errors.md 4.2",),
        responses(status(200, of=204)),
    ),
    Mutant(
        "preflight-with-body",
        "a preflight is answered 200 with a body",
        ("tokens-auth-errors.md 4.2",),
        responses(_preflight_with_body, "preflightCompleteToken", "preflightAppendInputRecord"),
        operations=("preflightCompleteToken",),
    ),
    Mutant(
        "preflight-from-elsewhere-refused",
        "a preflight from another origin is a 403",
        ("tokens-auth-errors.md 4.2",),
        responses(
            lambda wire: (
                status(403, of=204)(wire)
                if all(name != b"access-control-allow-origin" for name, _ in wire.headers)
                else None
            ),
            "preflightCompleteToken",
            "preflightAppendInputRecord",
            "preflightReadOutputRecord",
        ),
    ),
    Mutant(
        "cors-on-key-routes",
        "routes for API keys answer with CORS headers",
        ("tokens-auth-errors.md 4.2",),
        responses(header("access-control-allow-origin", "*"), "completeToken", "getToken", "createToken"),
    ),
    # --- the routes of users who sign in -----------------------------------------------------------
    Mutant(
        "login-routes-unknown",
        "the routes of users who sign in below a project do not exist",
        ("tokens-auth-errors.md 2.4", "sessions.md 1.5"),
        replaced("helmr_local.http.logins:login_routes", _without_twins),
    ),
    Mutant(
        "login-routes-in-other-words",
        "an API key on a route of users who sign in is told that authentication is required",
        ("tokens-auth-errors.md 2.4", "sessions.md 1.5"),
        every_response(in_json(as_("error", lambda text: text.removeprefix("session ")), statuses=(401,))),
    ),
]
