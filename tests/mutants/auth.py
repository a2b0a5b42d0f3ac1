"""Faults of credentials: API keys and their scopes, environments, public access tokens, callbacks, CORS."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from .edits import (
    INPUTS,
    OUTPUTS,
    PUBLIC_INPUTS,
    PUBLIC_READS,
    READS,
    STARTS,
    Admin,
    again,
    as_,
    as_admin,
    becomes,
    both,
    fails_as,
    field_ignored,
    header,
    in_body,
    in_json,
    refusal,
    session_path,
    status,
    when,
)
from .gateway import Edit, Json, Origin, Request, Response, handled, requests, responses
from .mutant import Mutant
from .planting import Patch, replaced

SCOPES = ("tokens-auth-errors.md 2.9", "tokens-auth-errors.md 2.6", "sessions.md 2", "runs.md 1")
ENVIRONMENT = ("sessions.md 3.4", "tokens-auth-errors.md 2.8", "runs.md 1.2")

API_KEY = "hlmr_sk_"
UNAUTHENTICATED = "authentication is required"
FORBIDDEN = refusal(error="permission is required", status=403)
DENIED = refusal("token_scope_denied")
MAKE = "createPublicAccessToken"
PUBLIC_COMPLETION = "completeTokenWithPublicAccessToken"
CALLBACK = "completeTokenByCallback"
PREFLIGHTS = (
    "preflightCompleteToken",
    *both("preflightAppendInputRecord"),
    *both("preflightReadOutputRecord"),
)
WITH_CORS = (PUBLIC_COMPLETION, *PUBLIC_INPUTS, *PUBLIC_READS, *PREFLIGHTS)


# API keys ---------------------------------------------------------------------------------------------------


def _unauthenticated(of: str | None) -> Callable[[Response], bool]:
    """Return a test for 401 responses to a bearer that starts with `of`, or to no bearer if it is None."""

    def test(response: Response) -> bool:
        bearer = response.request.bearer
        known = not bearer if of is None else bearer.startswith(of)
        return response.error == UNAUTHENTICATED and known

    return test


def _keys(find: Callable[..., Any]) -> Patch:
    """Replace the key lookup; `find` gets the original lookup and the current time."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def found(ring: Any, credential: str, now: int) -> Any:
            def at(moment: int) -> Any:
                return original(ring, credential, moment)

            return find(at, now)

        return found

    return replaced("helmr_local.keys:KeyRing.find", make)


def _never_expired(original: Callable[[int], Any], now: int) -> Any:
    del now
    return original(0)


def _implying(scope: str, implied: str) -> Patch:
    """Give keys with `scope` the scope `implied` too."""

    def find(original: Callable[[int], Any], now: int) -> Any:
        key = original(now)
        if key is None or scope not in key.scopes:
            return key
        return dataclasses.replace(key, scopes=key.scopes | {implied})

    return _keys(find)


def _small_letters_unknown(request: Request) -> None:
    scheme = (request.header("authorization") or "").partition(" ")[0]
    if scheme.lower() == "bearer" and scheme != "Bearer":
        request.set_header("authorization", None)


def _any_scheme(request: Request) -> None:
    scheme, _, rest = (request.header("authorization") or "").partition(" ")
    if rest and scheme.lower() != "bearer":
        request.authorize(rest)


def _no_route_without_key(response: Response) -> bool:
    request = response.request
    return response.status == 404 and not request.operation and request.header("authorization") is None


# Scopes and environments ------------------------------------------------------------------------------------


def _one_operation_without_scope(name: str, *operations: str) -> Mutant:
    return Mutant(
        f"scope-not-checked-{name}",
        f"{operations[0]} does not require its scope",
        SCOPES,
        as_admin(FORBIDDEN, *operations),
    )


def _unless_it_reads_runs(test: Callable[[Response], bool], *operations: str) -> Patch:
    """Replace responses that match `test` by a 403 if the key lacks `runs:read`."""

    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        if test(response) and await origin.get("/api/runs/counts", request) is None:
            response.fail(403, "permission is required")
        return response

    return handled(handler, *operations)


def _without_project(request: Request) -> None:
    for name in ("project_id", "environment_id"):
        request.set_param(name, None)


def _with_all(operation: str, merge: Callable[[Json, Json], Json]) -> Patch:
    """Merge the data of the first seen key into the responses for every other key."""
    admin = Admin()

    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        admin.watch(request, response)
        others = request.operation == operation and request.bearer != admin.key
        if others and admin.key and response.status == 200:
            same = request.copy()
            same.authorize(admin.key)
            response.json = merge(response.json, (await origin(same)).json)
        return response

    return handled(handler)


def _listed_with(name: str) -> Callable[[Json, Json], Json]:
    return lambda own, theirs: own | {name: own[name] + theirs[name]}


def _counted_with(own: Json, theirs: Json) -> Json:
    return {name: count + theirs[name] for name, count in own.items()}


# Public access tokens ---------------------------------------------------------------------------------------


@dataclass
class _Issued:
    """The credentials issued so far, with their scopes and uses."""

    admin: Admin = field(default_factory=Admin)
    of_tokens: set[str] = field(default_factory=set[str])
    of_streams: dict[str, Json] = field(default_factory=dict[str, Json])  # the response that created it
    callbacks: dict[str, str] = field(default_factory=dict[str, str])  # by token id
    successes: Counter[str] = field(default_factory=Counter[str])

    def watch(self, request: Request, response: Response) -> None:
        self.admin.watch(request, response)
        if response.status not in (200, 201):
            return
        if request.operation == "createToken":
            self.of_tokens.add(response.json["public_access_token"])
            self.callbacks[response.json["id"]] = response.json["callback_url"].rpartition("/")[2]
        elif request.operation == MAKE:
            self.of_streams[response.json["public_access_token"]] = response.json
        elif request.operation in (*PUBLIC_INPUTS, *PUBLIC_READS):
            self.successes[request.bearer] += 1

    def scope(self, request: Request) -> Json:
        """Return the scope of the request's bearer, or None."""
        known = self.of_streams.get(request.bearer)
        return None if known is None else known["scope"]

    def used_up(self, request: Request) -> bool:
        most = self.of_streams.get(request.bearer, {}).get("max_uses")
        return most is not None and self.successes[request.bearer] >= most


def _opened(test: Callable[[_Issued, Response], bool], *operations: str) -> Patch:
    """Repeat requests whose response matches `test` with an API key, on the route for API keys."""
    issued = _Issued()

    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        issued.watch(request, response)
        if request.operation not in operations or not issued.admin.key or not test(issued, response):
            return response
        other = request.copy()
        other.path = request.path.replace("/api/v1/", "/api/", 1)
        other.authorize(issued.admin.key)
        return await origin(other)

    return handled(handler)


def _denied_when(test: Callable[[_Issued, Request], bool]) -> Callable[[_Issued, Response], bool]:
    return lambda issued, response: DENIED(response) and test(issued, response.request)


def _one_use_more() -> Patch:
    extra: set[str] = set()

    def test(issued: _Issued, request: Request) -> bool:
        more = issued.used_up(request) and request.bearer not in extra
        if more:
            extra.add(request.bearer)
        return more

    return _opened(_denied_when(test), *PUBLIC_INPUTS, *PUBLIC_READS)


def _free(test: Callable[[Response], bool], *operations: str) -> Patch:
    """Do not count successes that match `test` as uses."""
    free: Counter[str] = Counter()

    def opens(issued: _Issued, response: Response) -> bool:
        bearer = response.request.bearer
        if response.status in (200, 201) and test(response):
            free[bearer] += 1
        elif DENIED(response) and issued.used_up(response.request) and free[bearer]:
            free[bearer] -= 1
            return True
        return False

    return _opened(opens, *operations)


def _failure_costs() -> Patch:
    issued, failures = _Issued(), Counter[str]()

    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        bearer = request.bearer
        if request.operation in PUBLIC_INPUTS and bearer in issued.of_streams:
            most = issued.of_streams[bearer].get("max_uses")
            if response.status in (400, 409):
                failures[bearer] += 1
            elif most is not None and issued.successes[bearer] + failures[bearer] >= most:
                response.fail(403, "token scope denied", "token_scope_denied")
        issued.watch(request, response)
        return response

    return handled(handler)


def _kind(request: Request) -> str:
    return "session.input.send" if request.operation in PUBLIC_INPUTS else "session.output.read"


def _of_other_kind(issued: _Issued, request: Request) -> bool:
    scope = issued.scope(request)
    return scope is not None and scope["type"] != _kind(request)


def _of_other_stream(issued: _Issued, request: Request) -> bool:
    scope = issued.scope(request)
    return (
        scope is not None
        and scope["type"] == _kind(request)
        and scope["stream"] != request.parameter("stream")
    )


def _correlation(request: Request) -> str:
    return str(request.fields.get("correlation_id") or "").strip() or request.param("correlation_id")


def _of_other_correlation(issued: _Issued, request: Request) -> bool:
    wanted: str = (issued.scope(request) or dict[str, Json]()).get("correlation_id", "")
    return bool(wanted) and _correlation(request) != wanted


def _without_correlation(issued: _Issued, request: Request) -> bool:
    return _of_other_correlation(issued, request) and not _correlation(request)


def _stream_made() -> Patch:
    admin = Admin()

    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        admin.watch(request, response)
        if request.operation in PUBLIC_INPUTS and response.code == "stream_not_found" and admin.key:
            streams = session_path(request, "/streams")  # creates the declared streams
            await origin.send("GET", streams, request, bearer=admin.key)
            return await origin(request)
        return response

    return handled(handler)


def _past_is_near(expires_at: Json) -> Json:
    return (
        "2100-01-01T00:00:00Z"
        if isinstance(expires_at, str) and expires_at[:2] in ("19", "20")
        else expires_at
    )


def _as_addressed(response: Response) -> None:
    scope: dict[str, Json] = response.request.fields.get("scope") or {}
    if (
        response.status == 201
        and (session := scope.get("session", {})).get("type", "").strip() == "external_id"
    ):
        shown = {"type": "external_id", "external_id": session["external_id"].strip()}
        response.json = as_("scope.session", lambda _: shown)(response.json)


def _any_type(scope_type: Json) -> Json:
    known = ("session.input.send", "session.output.read")
    return scope_type if not isinstance(scope_type, str) or scope_type.strip() in known else known[1]


def _unknown_session_revealed() -> Patch:
    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        if response.code == "stream_not_found":
            session = request.fields["scope"]["session"].get("id", "")
            if await origin.get(f"/api/sessions/{session}", request) is None:
                response.fail(400, "session not found")
        return response

    return handled(handler, MAKE)


# Completing without an API key ------------------------------------------------------------------------------


def _completed_with_key(
    operation: str,
    test: Callable[[_Issued, Response], bool],
    state: Callable[[str], bool] = lambda _: True,
) -> Patch:
    """Complete the token with an API key if the response and the token's status match."""
    issued = _Issued()

    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        issued.watch(request, response)
        if request.operation != operation or not issued.admin.key or not test(issued, response):
            return response
        path = f"/api/tokens/{request.parameters['token_id']}"
        token = await origin.get(path, request, bearer=issued.admin.key)
        if token is None or not state(token["status"]):
            return response
        return await origin.send("POST", path + "/complete", request, request.json, bearer=issued.admin.key)

    return handled(handler)


def _by_anyone(issued: _Issued, response: Response) -> bool:
    del issued
    return DENIED(response) and not response.request.bearer


def _by_other_token(issued: _Issued, response: Response) -> bool:
    return DENIED(response) and response.request.bearer in issued.of_tokens


def _by_stream_token(issued: _Issued, response: Response) -> bool:
    return DENIED(response) and response.request.bearer in issued.of_streams


def _by_api_key(issued: _Issued, response: Response) -> bool:
    return DENIED(response) and response.request.bearer == issued.admin.key


def _by_any_secret(issued: _Issued, response: Response) -> bool:
    del issued
    return DENIED(response)


def _by_its_secret(issued: _Issued, response: Response) -> bool:
    request = response.request
    secret = issued.callbacks.get(request.parameters["token_id"])
    return DENIED(response) and request.parameter("callback_secret").strip() == secret


def _is_open(state: str) -> bool:
    return state in ("pending", "completed")


def _is_replay(response: Response) -> bool:
    return response.status == 200 and response.json["status"] == "already_completed"


def _wrapped(request: Request, response: Response) -> None:
    del response
    request.json = {"data": request.json}


# CORS -------------------------------------------------------------------------------------------------------

ALLOW_ORIGIN = "access-control-allow-origin"
ALLOW_METHODS = "access-control-allow-methods"
ALLOW_HEADERS = "access-control-allow-headers"
MAX_AGE = "access-control-max-age"


def _no_cors(response: Response) -> None:
    for name in (ALLOW_ORIGIN, ALLOW_METHODS, ALLOW_HEADERS, MAX_AGE, "vary"):
        response.set_header(name, None)


def _has(name: str) -> Callable[[Response], bool]:
    return lambda response: response.header(name) is not None


def _allowed(test: Callable[[str, Request], bool]) -> Edit:
    """Allow origins that match `test`."""

    def edit(response: Response) -> None:
        origin = response.request.header("origin")
        if origin is not None and test(origin, response.request):
            response.set_header(ALLOW_ORIGIN, origin)
            response.set_header("vary", "Origin")

    return edit


def _of_same_host(origin: str, request: Request) -> bool:
    host = (request.header("host") or "").rpartition(":")[0]
    return urlsplit(origin.strip()).hostname == host


def _from_elsewhere(response: Response) -> bool:
    return response.status == 204 and response.header(ALLOW_ORIGIN) is None


def _of_login(response: Response) -> bool:
    return response.request.path.startswith("/api/projects/")


MUTANTS = [
    # --- API keys ----------------------------------------------------------------------------------
    Mutant(
        "no-key-needed",
        "a request without a key has all permissions",
        ("tokens-auth-errors.md 2.3", "sessions.md 1.5", "runs.md 1.1"),
        as_admin(_unauthenticated(None)),
    ),
    Mutant(
        "unknown-key-taken",
        "an unknown key has all permissions",
        ("tokens-auth-errors.md 2.3", "sessions.md 1.5"),
        as_admin(_unauthenticated(API_KEY)),
    ),
    Mutant(
        "expired-key-taken",
        "a key works after its expiry",
        ("tokens-auth-errors.md 2.3",),
        _keys(_never_expired),
    ),
    Mutant(
        "unknown-key-is-403",
        "an unknown key gets 403",
        ("tokens-auth-errors.md 2.3", "sessions.md 1.5"),
        responses(when(_unauthenticated(API_KEY), fails_as(403, UNAUTHENTICATED))),
    ),
    Mutant(
        "bearer-with-case",
        "the scheme `bearer` in lower case is rejected",
        ("tokens-auth-errors.md 2.2",),
        requests(_small_letters_unknown),
    ),
    Mutant(
        "any-scheme",
        "a key is accepted with any authorization scheme",
        ("tokens-auth-errors.md 2.2",),
        requests(_any_scheme),
    ),
    Mutant(
        "public-token-as-key",
        "a public access token is accepted as an API key",
        ("tokens-auth-errors.md 2.1", "runs.md 1.1"),
        as_admin(_unauthenticated("hlmr_public_access_")),
    ),
    Mutant(
        "authenticated-before-routing",
        "an unknown path without a key gets 401",
        ("tokens-auth-errors.md 1.7", "tokens-auth-errors.md 1.2"),
        responses(when(_no_route_without_key, fails_as(401, UNAUTHENTICATED))),
    ),
    # --- scopes ------------------------------------------------------------------------------------
    Mutant(
        "scopes-not-checked",
        "no operation requires a scope",
        SCOPES,
        as_admin(FORBIDDEN),
    ),
    _one_operation_without_scope("start", *STARTS),
    _one_operation_without_scope("list-sessions", "listSessions"),
    _one_operation_without_scope("patch", *both("updateSession")),
    _one_operation_without_scope("close", *both("closeSession")),
    _one_operation_without_scope("cancel-run", "cancelRun"),
    _one_operation_without_scope("counts", "countRuns"),
    _one_operation_without_scope("events", "listRunEvents"),
    _one_operation_without_scope("logs", "getRunLogs"),
    _one_operation_without_scope("send", *INPUTS),
    _one_operation_without_scope("append", *OUTPUTS),
    _one_operation_without_scope("read", *READS),
    _one_operation_without_scope("create-token", "createToken"),
    _one_operation_without_scope("complete-token", "completeToken"),
    _one_operation_without_scope("public-token", MAKE),
    Mutant(
        "manage-implies-read",
        "the scope runs:manage allows reading too",
        SCOPES,
        _implying("runs:manage", "runs:read"),
    ),
    Mutant(
        "read-implies-streams",
        "the scope runs:read allows reading streams too",
        SCOPES,
        _implying("runs:read", "session-streams:read"),
    ),
    Mutant(
        "tasks-without-deploy-scope",
        "tasks:deploy does not allow reading tasks",
        ("sessions.md 5.1", "sessions.md 2"),
        _unless_it_reads_runs(lambda response: response.status == 200, "listTasks", "getTask"),
    ),
    Mutant(
        "403-before-404",
        "a key without the scope gets 403 for an unknown run",
        ("runs.md 1.4", "tokens-auth-errors.md 1.2"),
        _unless_it_reads_runs(refusal(error="run not found"), "getRun", "listRunEvents"),
    ),
    Mutant(
        "404-for-403",
        "a missing scope gets 404",
        ("tokens-auth-errors.md 2.7", "sessions.md 2"),
        responses(when(FORBIDDEN, fails_as(404, "not found"))),
    ),
    Mutant(
        "project-in-query-ignored",
        "a project_id in the query is ignored",
        ("tokens-auth-errors.md 2.8", "sessions.md 3.3", "runs.md 1.2"),
        requests(_without_project),
    ),
    Mutant(
        "project-in-body-ignored",
        "a project_id in the body of a start is ignored",
        ("sessions.md 3.3", "tokens-auth-errors.md 2.8"),
        field_ignored("project_id", "environment_id", operations=STARTS),
    ),
    # --- environments ------------------------------------------------------------------------------
    Mutant(
        "session-of-other-environment",
        "a session of another environment can be read",
        ENVIRONMENT,
        as_admin(refusal(error="session not found"), "getSession"),
    ),
    Mutant(
        "external-id-of-other-environment",
        "the external ids of another environment are found",
        ENVIRONMENT,
        as_admin(refusal(error="session not found"), "getSessionByExternalId"),
    ),
    Mutant(
        "sessions-of-all-environments",
        "the sessions of all environments are listed",
        ("sessions.md 3.4", "sessions.md 8", "sessions.md 6.7"),
        _with_all("listSessions", _listed_with("sessions")),
    ),
    Mutant(
        "run-of-other-environment",
        "a run of another environment can be read",
        ENVIRONMENT,
        as_admin(refusal(error="run not found"), "getRun"),
    ),
    Mutant(
        "runs-of-all-environments",
        "the runs of all environments are listed",
        ("runs.md 1.2", "runs.md 3", "sessions.md 6.7"),
        _with_all("listRuns", _listed_with("runs")),
    ),
    Mutant(
        "counts-of-all-environments",
        "the runs of all environments are counted",
        ("runs.md 4", "runs.md 1.2"),
        _with_all("countRuns", _counted_with),
    ),
    Mutant(
        "token-of-other-environment",
        "a token of another environment can be read and completed",
        ("tokens-auth-errors.md 3.5", "tokens-auth-errors.md 2.8"),
        as_admin(refusal("token_not_found"), "getToken", "completeToken"),
    ),
    # --- public access tokens for tokens -----------------------------------------------------------
    Mutant(
        "public-completion-by-anyone",
        "a token is completed without a bearer",
        ("tokens-auth-errors.md 4.1",),
        _completed_with_key(PUBLIC_COMPLETION, _by_anyone),
    ),
    Mutant(
        "public-completion-of-other-token",
        "the public access token of one token completes another token",
        ("tokens-auth-errors.md 4.1",),
        _completed_with_key(PUBLIC_COMPLETION, _by_other_token),
    ),
    Mutant(
        "public-completion-by-stream-token",
        "the public access token of a stream completes a token",
        ("tokens-auth-errors.md 4.1",),
        _completed_with_key(PUBLIC_COMPLETION, _by_stream_token),
    ),
    Mutant(
        "public-completion-replay-costs",
        "a replayed public completion counts as a use and fails if none is left",
        ("tokens-auth-errors.md 4.1",),
        responses(
            when(_is_replay, fails_as(403, "token scope denied", "token_scope_denied")), PUBLIC_COMPLETION
        ),
    ),
    Mutant(
        "public-token-unknown-is-403",
        "an unknown public access token gets 403",
        ("tokens-auth-errors.md 4.1", "tokens-auth-errors.md 5.2"),
        responses(
            when(
                refusal("token_scope_denied", status=401),
                fails_as(403, "token scope denied", "token_scope_denied"),
            ),
            PUBLIC_COMPLETION,
            *PUBLIC_INPUTS,
            *PUBLIC_READS,
        ),
    ),
    Mutant(
        "public-completion-by-key",
        "an API key is accepted in place of a public access token",
        ("tokens-auth-errors.md 4.1",),
        _completed_with_key(PUBLIC_COMPLETION, _by_api_key),
    ),
    # --- public access tokens for streams ----------------------------------------------------------
    Mutant(
        "public-token-used-twice",
        "a public access token allows one use more than max_uses",
        ("tokens-auth-errors.md 5.2",),
        _one_use_more(),
    ),
    Mutant(
        "public-token-never-used-up",
        "a public access token allows any number of uses",
        ("tokens-auth-errors.md 5.2",),
        _opened(_denied_when(_Issued.used_up), *PUBLIC_INPUTS, *PUBLIC_READS),
    ),
    Mutant(
        "public-token-failure-costs",
        "a failed public append counts as a use",
        ("tokens-auth-errors.md 5.2",),
        _failure_costs(),
    ),
    Mutant(
        "public-token-duplicate-is-free",
        "a duplicate public append does not count as a use",
        ("tokens-auth-errors.md 5.2",),
        _free(lambda response: response.json["idempotency_status"] == "duplicate", *PUBLIC_INPUTS),
    ),
    Mutant(
        "public-read-of-nothing-is-free",
        "a public read that finds no record does not count as a use",
        ("tokens-auth-errors.md 5.2",),
        _free(lambda response: response.json["record"] is None, *PUBLIC_READS),
    ),
    Mutant(
        "public-token-expired-taken",
        "an expired public access token is accepted",
        ("tokens-auth-errors.md 5.2",),
        _opened(lambda _, response: response.code == "token_expired", *PUBLIC_INPUTS, *PUBLIC_READS),
    ),
    Mutant(
        "public-token-scope-type-ignored",
        "a token for reading outputs can append inputs to any stream",
        ("tokens-auth-errors.md 5.2",),
        _opened(_denied_when(_of_other_kind), *PUBLIC_INPUTS),
    ),
    Mutant(
        "public-token-stream-ignored",
        "a token for one stream can use another stream of the same direction",
        ("tokens-auth-errors.md 5.2",),
        _opened(_denied_when(_of_other_stream), *PUBLIC_INPUTS, *PUBLIC_READS),
    ),
    Mutant(
        "public-token-correlation-ignored",
        "a token bound to a correlation id accepts any correlation id",
        ("tokens-auth-errors.md 5.2",),
        _opened(_denied_when(_of_other_correlation), *PUBLIC_INPUTS, *PUBLIC_READS),
    ),
    Mutant(
        "public-token-correlation-optional",
        "a token bound to a correlation id accepts a request without one",
        ("tokens-auth-errors.md 5.2",),
        _opened(_denied_when(_without_correlation), *PUBLIC_INPUTS, *PUBLIC_READS),
    ),
    Mutant(
        "public-route-makes-stream",
        "a public route creates an unused stream",
        ("tokens-auth-errors.md 5.2",),
        _stream_made(),
    ),
    Mutant(
        "public-token-for-past",
        "a public access token can be created with a past expiry",
        ("tokens-auth-errors.md 5.1",),
        requests(in_body(as_("expires_at", _past_is_near)), MAKE),
    ),
    Mutant(
        "public-token-without-uses",
        "max_uses 0 means unlimited",
        ("tokens-auth-errors.md 5.1",),
        requests(in_body(as_("max_uses", lambda uses: uses if uses else None)), MAKE),
    ),
    Mutant(
        "public-token-shows-external-form",
        "a public access token shows the session in the form of the request",
        ("tokens-auth-errors.md 5.1",),
        responses(_as_addressed, MAKE),
    ),
    Mutant(
        "public-token-other-type-taken",
        "an unknown scope type is treated as reading outputs",
        ("tokens-auth-errors.md 5.1",),
        requests(in_body(as_("scope.type", _any_type)), MAKE),
    ),
    Mutant(
        "public-token-unknown-session",
        "creating a public access token for an unknown session gets `session not found`",
        ("tokens-auth-errors.md 5.1",),
        _unknown_session_revealed(),
    ),
    # --- callbacks ---------------------------------------------------------------------------------
    Mutant(
        "callback-secret-not-checked",
        "any callback secret completes the token",
        ("tokens-auth-errors.md 4.3",),
        _completed_with_key(CALLBACK, _by_any_secret, _is_open),
    ),
    Mutant(
        "callback-of-cancelled-token",
        "the callback of a cancelled token reveals that it is cancelled",
        ("tokens-auth-errors.md 4.3",),
        _completed_with_key(CALLBACK, _by_its_secret, lambda state: not _is_open(state)),
    ),
    Mutant(
        "callback-takes-any-body",
        "the callback accepts any JSON body as data",
        ("tokens-auth-errors.md 4.3",),
        again(refusal(error="unknown field"), _wrapped, CALLBACK),
    ),
    Mutant(
        "callback-once-only",
        "a repeated callback is denied",
        ("tokens-auth-errors.md 4.3",),
        responses(when(_is_replay, fails_as(401, "token scope denied", "token_scope_denied")), CALLBACK),
    ),
    Mutant(
        "callback-with-cors",
        "the response to a callback has CORS headers",
        ("tokens-auth-errors.md 4.3",),
        responses(header(ALLOW_ORIGIN, "*"), CALLBACK),
    ),
    # --- CORS --------------------------------------------------------------------------------------
    Mutant(
        "cors-missing",
        "the server's own origin gets no CORS headers",
        ("tokens-auth-errors.md 4.2",),
        responses(_no_cors),
    ),
    Mutant(
        "cors-for-all",
        "every origin gets CORS headers",
        ("tokens-auth-errors.md 4.2",),
        responses(_allowed(lambda _, __: True), *WITH_CORS),
    ),
    Mutant(
        "cors-ignores-port",
        "another port of the same host counts as the same origin",
        ("tokens-auth-errors.md 4.2",),
        responses(_allowed(_of_same_host), *WITH_CORS),
    ),
    Mutant(
        "cors-not-on-errors",
        "errors have no CORS headers",
        ("tokens-auth-errors.md 4.2",),
        responses(when(lambda response: response.status >= 400, header(ALLOW_ORIGIN, None))),
    ),
    Mutant(
        "cors-without-vary",
        "a response for one origin has no Vary header",
        ("tokens-auth-errors.md 4.2",),
        responses(header("vary", None)),
    ),
    Mutant(
        "cors-without-max-age",
        "a preflight has no Access-Control-Max-Age header",
        ("tokens-auth-errors.md 4.2",),
        responses(header(MAX_AGE, None)),
    ),
    Mutant(
        "cors-without-authorization",
        "a preflight does not allow the authorization header",
        ("tokens-auth-errors.md 4.2",),
        responses(when(_has(ALLOW_HEADERS), header(ALLOW_HEADERS, "content-type, Helmr-API-Version"))),
    ),
    Mutant(
        "cors-methods-of-read",
        "the preflight of a read allows POST",
        ("tokens-auth-errors.md 4.2",),
        responses(
            when(_has(ALLOW_METHODS), header(ALLOW_METHODS, "POST, OPTIONS")),
            *both("preflightReadOutputRecord"),
        ),
    ),
    Mutant(
        "preflight-is-200",
        "a preflight gets 200",
        ("tokens-auth-errors.md 4.2",),
        responses(status(200, of=204), *PREFLIGHTS),
    ),
    Mutant(
        "preflight-with-body",
        "a preflight gets 200 with a body",
        ("tokens-auth-errors.md 4.2",),
        responses(when(lambda response: response.status == 204, becomes(200, {})), *PREFLIGHTS),
        operations=("preflightCompleteToken",),
    ),
    Mutant(
        "preflight-from-elsewhere-refused",
        "a preflight from another origin gets 403",
        ("tokens-auth-errors.md 4.2",),
        responses(when(_from_elsewhere, status(403, of=204)), *PREFLIGHTS),
    ),
    Mutant(
        "cors-on-key-routes",
        "responses to API keys have CORS headers",
        ("tokens-auth-errors.md 4.2",),
        responses(header(ALLOW_ORIGIN, "*"), "completeToken", "getToken", "createToken"),
    ),
    # --- routes for signed-in users ----------------------------------------------------------------
    Mutant(
        "login-routes-unknown",
        "the project routes for signed-in users do not exist",
        ("tokens-auth-errors.md 2.4", "sessions.md 1.5"),
        responses(when(_of_login, fails_as(404, "not found"))),
    ),
    Mutant(
        "login-routes-in-other-words",
        "an API key on a route for signed-in users gets `authentication is required`",
        ("tokens-auth-errors.md 2.4", "sessions.md 1.5"),
        responses(in_json(as_("error", lambda words: words.removeprefix("session ")), statuses=(401,))),
    ),
]
