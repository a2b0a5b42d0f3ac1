"""Faults of starts: idempotency keys, external ids, validation, results and start-and-wait."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterable

from helmr_api.formats import is_list, is_object

from .edits import (
    STARTS,
    again,
    as_,
    body_key,
    chain,
    fails_as,
    field_ignored,
    first_resent_if,
    in_body,
    in_json,
    like_the_first,
    refusal,
    settings,
    shortened,
    silenced,
    when,
    without,
)
from .gateway import Json, Origin, Request, Response, handled, requests, responses
from .mutant import Mutant
from .planting import Patch

KEY = body_key("task_id", "idempotency_key")
EXTERNAL = body_key("external_id")
PROBE = "helmr-contract-probe"


def _without_deployed_sdk(started: Json) -> Json:
    if started["run"].get("sdk_version", "").startswith("helmr-python/"):
        del started["run"]["sdk_version"]
    return started


def _space_counts(path: str) -> Callable[[Json], Json]:
    return as_(path, lambda value: value.replace(" ", "_") if value != value.strip() else value)


def _plain_integers_only(retry: Json) -> Json:
    """Turn a float with an integral value into one without."""
    if is_object(retry):
        return {name: _plain_integers_only(value) for name, value in retry.items()}
    return retry + 0.5 if isinstance(retry, float) and retry.is_integer() else retry


def _key_with_nul_refused(request: Request) -> None:
    if "\0" in str(request.fields.get("idempotency_key")):
        request.json = request.fields | {"idempotency_key": "x" * 513}


def _key_for_everyone(credential: bool) -> Patch:
    """Return the first result of a key even for another task, or for another credential."""
    first: dict[str, Request] = {}

    async def handler(request: Request, origin: Origin) -> Response:
        key = str(request.fields.get("idempotency_key") or "").strip()
        known = first.get(key)
        if known is not None and credential and known.bearer != request.bearer:
            return await origin(known.copy())
        if known is not None and not credential and known.fields["task_id"] != request.fields.get("task_id"):
            return await origin(known.copy())
        response = await origin(request)
        if key and response.status == 201:
            first.setdefault(key, request.copy())
        return response

    return handled(handler, *STARTS)


def _lifetime_extended() -> Patch:
    """Renew the lifetime of a key with each use."""
    lives: dict[str, tuple[float, int]] = {}

    def edit(request: Request) -> None:
        fields = request.fields
        key, ttl = (
            fields.get("idempotency_key"),
            re.fullmatch(r"([0-9]+)ms", str(fields.get("idempotency_key_ttl"))),
        )
        if not isinstance(key, str) or ttl is None:
            return
        until, life = lives.get(key, (0.0, 0))
        life += time.monotonic() > until > 0
        lives[key] = time.monotonic() + int(ttl[1]) / 1000, life
        request.json = fields | {"idempotency_key": f"{key}/{life}", "idempotency_key_ttl": "30d"}

    return requests(edit, *STARTS)


def _key_kept_by_failure() -> Patch:
    taken: set[str] = set()

    async def handler(request: Request, origin: Origin) -> Response:
        key = str(request.fields.get("idempotency_key") or "")
        if key in taken:
            response = (await origin(request)).fail(202, "session_start_pending", "idempotency_pending")
            response.set_header("retry-after", "1")
            return response
        response = await origin(request)
        if key and response.status in (400, 409):
            taken.add(key)
        return response

    return handled(handler, "startSession")


def _metadata_compared() -> Patch:
    first: dict[object, Json] = {}

    def edit(response: Response) -> None:
        key, metadata = KEY(response.request), response.request.fields.get("metadata")
        if key is None or response.status not in (200, 201):
            return
        if first.setdefault(key, metadata) != metadata:
            response.fail(
                409,
                "idempotency_key was already used with different session start parameters",
                "idempotency_fingerprint_mismatch",
            )

    return responses(edit, *STARTS)


def _whole_numbers(value: Json) -> Json:
    if is_object(value):
        return {name: _whole_numbers(item) for name, item in value.items()}
    if is_list(value):
        return [_whole_numbers(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _ended(response: Response) -> bool:
    return response.status == 200 and response.json["session"]["status"] != "open"


def _with_current_run() -> Patch:
    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        if response.status == 200:
            started = response.json
            current = started["session"]["current_run_id"]
            response.json = started | {"run": await origin.get(f"/api/runs/{current}", request)}
        return response

    return handled(handler, "startSession")


def _with_expired_at() -> Patch:
    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        if response.status == 200 and response.json["session"]["status"] == "expired":
            session = await origin.get(f"/api/sessions/{response.json['session']['id']}", request)
            response.json = response.json | {"session": session}
        return response

    return handled(handler, *STARTS)


def _found_by_external_id(test: Callable[[Json], bool]) -> Patch:
    """Return the session of an external id even if it accepts no more starts."""

    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        if response.code == "session_terminal":
            found = await origin.get(
                f"/api/sessions?external_id={request.fields['external_id'].strip()}", request
            )
            session = found["sessions"][0]
            if test(session):
                run = await origin.get(f"/api/runs/{session['current_run_id']}", request)
                response.become(200, {"session": session, "run": run, "is_cached": True})
        return response

    return handled(handler, *STARTS)


def _released(request: Request, response: Response) -> None:
    del response
    request.json = request.fields | {"external_id": f"{request.fields['external_id']}-{time.monotonic_ns()}"}


def _mismatch_first() -> Patch:
    first: dict[object, Json] = {}

    def edit(response: Response) -> None:
        name, fields = EXTERNAL(response.request), response.request.fields
        if name is None:
            return
        if response.status in (200, 201):
            first.setdefault(name, fields)
        elif response.code == "session_terminal" and first.get(name, fields) != fields:
            response.fail(409, "session start fingerprint mismatch", "session_fingerprint_mismatch")

    return responses(edit, *STARTS)


def _key_not_bound_on_reuse() -> Patch:
    known: set[object] = set()

    def edit(request: Request) -> None:
        name = EXTERNAL(request)
        if name in known and "idempotency_key" in request.fields:
            request.json = without("idempotency_key", "idempotency_key_ttl")(request.fields)
        if name is not None:
            known.add(name)

    return requests(edit, *STARTS)


def _other_run() -> Patch:
    """Return the run of a separate start if an external id is reused."""

    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        if response.status == 200 and "external_id" in request.fields:
            another = request.copy()
            another.json = without("external_id", "idempotency_key")(request.fields)
            response.json = response.json | {"run": (await origin(another)).json["run"]}
        return response

    return handled(handler, "startSession")


def _with_probe(request: Request, response: Response) -> None:
    del response
    request.json = request.fields | {"task_id": PROBE}


def _without_queue(request: Request, response: Response) -> None:
    del response
    request.json = without("queue")(request.fields)


def _tags(change: Callable[[list[str]], list[str]], *operations: str) -> Patch:
    """Derive the tags of the response from those of the request."""

    def edit(response: Response) -> None:
        sent = response.request.fields.get("tags")
        if response.status == 201 and sent:
            tags = change([tag.strip() for tag in sent])
            response.json = chain(as_("tags", lambda _: tags), as_("session.tags", lambda _: tags))(
                response.json
            )

    return responses(edit, *operations)


def _only_known(names: Iterable[str]) -> Callable[[Json], Json]:
    known = frozenset(names)

    def change(value: Json) -> Json:
        return {name: value[name] for name in value if name in known} if is_object(value) else value

    return change


def _days_refused(fields: Json) -> Json:
    durations = ("ttl", "idempotency_key_ttl", "timeout")
    return {
        name: "x" if name in durations and re.fullmatch(r"[0-9]+d", str(value)) else value
        for name, value in fields.items()
    }


def _timeout_read(response: Response) -> None:
    if not isinstance(response.request.fields.get("timeout_seconds", 0), (int, float)):
        response.fail(400, "timeout_seconds must be a number")


def _cancelling_on_timeout() -> Patch:
    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        if response.status == 200 and response.json.get("timed_out"):
            await origin.send("POST", f"/api/sessions/{response.json['session']['id']}/cancel", request, {})
        return response

    return handled(handler, "startSessionAndWait")


def _waits_until_waiting() -> Patch:
    """Treat a waiting run as ended."""

    async def handler(request: Request, origin: Origin) -> Response:
        plain = request.copy()
        plain.path, plain.operation = "/api/sessions", "startSession"
        response = await origin(plain)
        while response.status in (200, 201):
            started = response.json
            session = await origin.get(f"/api/sessions/{started['session']['id']}", request)
            run = await origin.get(f"/api/runs/{started['run']['id']}", request)
            if (
                run["status"] in ("succeeded", "failed", "cancelled", "expired")
                or session["activity"] == "waiting"
            ):
                return response.become(200, started | {"session": session, "run": run})
            await asyncio.sleep(0.02)
        return response

    return handled(handler, "startSessionAndWait")


MUTANTS = [
    # --- idempotency key of a start ----------------------------------------------------------------
    Mutant(
        "start-key-ignored",
        "a start with a known key starts another session",
        ("sessions.md 6.6",),
        field_ignored("idempotency_key", "idempotency_key_ttl", operations=STARTS),
    ),
    Mutant(
        "start-key-takes-other-payload",
        "a known key returns its session for any request",
        ("sessions.md 6.6", "sessions.md 6.5"),
        first_resent_if(refusal("idempotency_fingerprint_mismatch"), KEY, *STARTS),
    ),
    Mutant(
        "start-key-for-all-tasks",
        "a key is shared by all tasks",
        ("sessions.md 6.6",),
        _key_for_everyone(credential=False),
    ),
    Mutant(
        "start-key-for-all-environments",
        "a key is shared by all environments",
        ("sessions.md 6.6",),
        _key_for_everyone(credential=True),
    ),
    Mutant(
        "start-key-untrimmed",
        "white space around a key makes another key",
        ("sessions.md 6.6",),
        requests(in_body(_space_counts("idempotency_key")), *STARTS),
    ),
    Mutant(
        "start-key-never-expires",
        "a key never expires",
        ("sessions.md 6.6",),
        requests(in_body(as_("idempotency_key_ttl", lambda _: "36500d")), *STARTS),
    ),
    Mutant(
        "start-key-extended-by-replay",
        "a replay renews the key's lifetime",
        ("sessions.md 6.6",),
        _lifetime_extended(),
    ),
    Mutant(
        "start-key-of-512-characters",
        "a key is measured in characters, not bytes",
        ("sessions.md 6.3", "sessions.md 6.6"),
        requests(in_body(shortened("idempotency_key", 512)), *STARTS),
    ),
    Mutant(
        "start-key-refuses-nul",
        "a start key with U+0000 is rejected",
        ("sessions.md 6.6",),
        requests(_key_with_nul_refused, *STARTS),
    ),
    Mutant(
        "start-key-kept-by-failure",
        "a failed start keeps its key reserved",
        ("sessions.md 6.6",),
        _key_kept_by_failure(),
    ),
    Mutant(
        "start-in-flight-not-noticed",
        "a second start with the key of a start in flight creates a second session",
        ("sessions.md 6.6",),
        again(
            refusal("idempotency_pending"),
            lambda request, _: in_body(without("idempotency_key", "idempotency_key_ttl"))(request),
            *STARTS,
        ),
    ),
    Mutant(
        "start-key-counts-metadata",
        "other metadata under one key gets a conflict",
        ("sessions.md 6.5", "sessions.md 6.6"),
        _metadata_compared(),
    ),
    Mutant(
        "start-key-forgets-priority",
        "another priority under one key is accepted",
        ("sessions.md 6.5", "sessions.md 6.6"),
        like_the_first("priority", KEY, *STARTS),
    ),
    Mutant(
        "start-key-forgets-expiry",
        "another expires_at under one key is accepted",
        ("sessions.md 6.5", "sessions.md 6.6"),
        like_the_first("expires_at", KEY, *STARTS),
    ),
    Mutant(
        "start-key-reads-ttl",
        "ttl 60m and 1h are treated as equal",
        ("sessions.md 6.5",),
        requests(in_body(as_("ttl", lambda ttl: "1h" if ttl == "60m" else ttl)), *STARTS),
    ),
    Mutant(
        "start-key-reads-numbers",
        "payloads 1 and 1.0 are treated as equal",
        ("sessions.md 6.5",),
        requests(in_body(as_("payload", _whole_numbers)), *STARTS),
    ),
    Mutant(
        "replay-refused-when-terminal",
        "a replay of a start whose session has ended gets a conflict",
        ("sessions.md 6.6",),
        responses(when(_ended, fails_as(409, "session is terminal", "session_terminal")), *STARTS),
    ),
    Mutant(
        "replay-shows-current-run",
        "a replay shows the session's current run, not the run of the key",
        ("sessions.md 6.6",),
        _with_current_run(),
    ),
    Mutant(
        "replay-not-cached",
        "a replay has no is_cached",
        ("sessions.md 6.6", "sessions.md 4.2"),
        responses(in_json(without("is_cached"), statuses=(200,)), "startSession"),
    ),
    Mutant(
        "replay-shows-expired-at",
        "a replay of an expired session shows expired_at",
        ("sessions.md 6.6", "sessions.md 4.1"),
        _with_expired_at(),
    ),
    Mutant(
        "start-and-wait-keys-apart",
        "start and start-and-wait have separate keys",
        ("sessions.md 7", "sessions.md 6.6"),
        requests(in_body(as_("idempotency_key", "{}+wait".format)), "startSessionAndWait"),
    ),
    # --- external ids ------------------------------------------------------------------------------
    Mutant(
        "external-id-takes-other-payload",
        "an external id returns its session for any request",
        ("sessions.md 6.7",),
        first_resent_if(refusal("session_fingerprint_mismatch"), EXTERNAL, *STARTS),
    ),
    Mutant(
        "external-id-reuses-ended-session",
        "an external id returns its session even if it has ended",
        ("sessions.md 6.7",),
        _found_by_external_id(lambda _: True),
    ),
    Mutant(
        "external-id-reuses-overdue-session",
        "an external id returns its open session although it is overdue",
        ("sessions.md 6.7", "sessions.md 14.1"),
        _found_by_external_id(lambda session: bool(session["status"] == "open")),
    ),
    Mutant(
        "external-id-released-by-end",
        "the external id of an ended session is released",
        ("sessions.md 6.7",),
        again(refusal("session_terminal"), _released, *STARTS),
    ),
    Mutant(
        "external-id-mismatch-first",
        "other parameters for an ended session's external id get a fingerprint mismatch",
        ("sessions.md 6.7",),
        _mismatch_first(),
    ),
    Mutant(
        "external-id-key-not-bound",
        "a key sent with a reused external id is not bound",
        ("sessions.md 6.7",),
        _key_not_bound_on_reuse(),
    ),
    Mutant(
        "external-id-untrimmed",
        "white space around an external id makes another id",
        ("sessions.md 6.1",),
        requests(in_body(_space_counts("external_id")), *STARTS),
    ),
    Mutant(
        "external-id-of-512-characters",
        "an external id is measured in characters, not bytes",
        ("sessions.md 6.3", "sessions.md 6.1"),
        requests(in_body(shortened("external_id", 512)), *STARTS),
    ),
    Mutant(
        "reuse-starts-a-run",
        "reuse by external id returns a new run",
        ("sessions.md 6.7",),
        _other_run(),
    ),
    # --- validation and results ---------------------------------------------------------------------
    Mutant(
        "sdk-version-of-deployment-missing",
        "a run has no SDK version of its deployment",
        ("sessions.md 6.9", "sessions.md 17.3"),
        responses(in_json(_without_deployed_sdk), "startSession"),
    ),
    Mutant(
        "workspace-id-error-without-length",
        "the error for a workspace id that is not a UUID omits its length",
        ("sessions.md 6.3",),
        responses(
            in_json(
                as_("error", lambda words: re.sub(r"UUID length: [0-9]+$", "UUID", words)), statuses=(400,)
            ),
            *STARTS,
        ),
    ),
    Mutant(
        "retry-integers-plain-only",
        "integers of a retry policy must be written as plain integers",
        ("sessions.md 6.4",),
        requests(in_body(as_("retry", _plain_integers_only)), *STARTS),
    ),
    Mutant(
        "unknown-task-is-404",
        "a start of an unknown task gets 404",
        ("sessions.md 6.3",),
        responses(when(refusal("task_not_deployed"), fails_as(404, "task not found")), *STARTS),
    ),
    Mutant(
        "secret-not-checked",
        "a task whose secret is missing is started",
        ("sessions.md 6.3", "sessions.md 6.2"),
        again(refusal(error="is unavailable: no rows in result set"), _with_probe, *STARTS),
    ),
    Mutant(
        "queue-not-checked",
        "an undeclared queue is accepted",
        ("sessions.md 6.3", "sessions.md 6.1"),
        again(refusal(error="is not declared in the selected deployment"), _without_queue, *STARTS),
    ),
    Mutant(
        "tags-not-deduplicated",
        "repeated tags are kept",
        ("sessions.md 6.1", "tokens-auth-errors.md 3.3"),
        _tags(lambda tags: sorted(tags, key=str.encode), *STARTS, "createToken"),
    ),
    Mutant(
        "tags-in-given-order",
        "tags are not sorted",
        ("sessions.md 6.1", "sessions.md 4.1"),
        _tags(lambda tags: list(dict.fromkeys(tags)), *STARTS, "createToken"),
    ),
    Mutant(
        "eleven-tags",
        "more than ten tags are accepted",
        ("sessions.md 6.1", "sessions.md 6.3", "tokens-auth-errors.md 3.3"),
        requests(in_body(as_("tags", lambda tags: tags and tags[:10])), *STARTS),
    ),
    Mutant(
        "tag-of-128-characters",
        "a tag is measured in characters, not bytes",
        ("sessions.md 6.3", "sessions.md 6.1"),
        requests(
            in_body(as_("tags", lambda tags: [shortened("t", 128)({"t": tag})["t"] for tag in tags or ()])),
            *STARTS,
        ),
    ),
    Mutant(
        "max-duration-not-checked",
        "a maximum duration of one second is accepted",
        ("sessions.md 6.3",),
        requests(in_body(as_("max_duration_seconds", lambda n: 5 if n in (1, 2, 3, 4) else n)), *STARTS),
    ),
    Mutant(
        "retry-unknown-field-taken",
        "a retry policy with an unknown field is accepted",
        ("sessions.md 6.4",),
        requests(in_body(as_("retry", _only_known(("enabled", "maxAttempts", "backoff")))), *STARTS),
    ),
    Mutant(
        "days-not-understood",
        "a duration in days is rejected",
        ("sessions.md 6.1", "tokens-auth-errors.md 3.3"),
        requests(in_body(_days_refused), *STARTS, "createToken"),
    ),
    Mutant(
        "null-payload-is-empty",
        "an explicit payload null becomes {}",
        ("sessions.md 6.1",),
        requests(in_body(as_("payload", lambda payload: {} if payload is None else payload)), *STARTS),
    ),
    Mutant(
        "forbidden-field-taken",
        "a start with `options` is accepted",
        ("sessions.md 6.1",),
        requests(in_body(without("options")), *STARTS),
    ),
    Mutant(
        "start-versions-not-recorded",
        "the client's version headers are not stored on the run",
        ("sessions.md 6.9", "tokens-auth-errors.md 1.4"),
        requests(lambda request: request.set_header("helmr-sdk-version", None), *STARTS),
    ),
    Mutant(
        "start-does-not-run",
        "a new session's run is never executed",
        ("sessions.md 6.9", "runs.md 2.1"),
        silenced("helmr_local.engine.worker:Worker.enqueue"),
    ),
    # --- start-and-wait ----------------------------------------------------------------------------
    Mutant(
        "start-and-wait-does-not-wait",
        "start-and-wait returns immediately",
        ("sessions.md 7",),
        settings(start_and_wait=0.0),
    ),
    Mutant(
        "start-and-wait-reads-timeout",
        "start-and-wait rejects a timeout_seconds that is not a number",
        ("sessions.md 7",),
        responses(_timeout_read, "startSessionAndWait"),
    ),
    Mutant(
        "start-and-wait-hides-timeout",
        "a wait that timed out has no timed_out",
        ("sessions.md 7",),
        responses(in_json(without("timed_out")), "startSessionAndWait"),
    ),
    Mutant(
        "start-and-wait-cancels",
        "a wait that times out cancels the session",
        ("sessions.md 7",),
        _cancelling_on_timeout(),
    ),
    Mutant(
        "start-and-wait-ends-when-waiting",
        "start-and-wait treats a waiting run as ended",
        ("sessions.md 7",),
        _waits_until_waiting(),
    ),
]
