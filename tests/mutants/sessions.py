"""Faults of sessions: starts, their keys and external ids; list, patch, close, cancel, expiry; follow-up"
" runs."""

from __future__ import annotations

from .mutant import Mutant
from .planting import Json, all_of, as_, constant, in_json, responses, rewritten, without

START = "helmr_local.engine.starts:"
SESSIONS = "helmr_local.engine.sessions:Sessions."
FOLLOW_UP = "helmr_local.engine.continuations:Continuations."
HTTP = "helmr_local.http.sessions:"


def _without_deployed_sdk(answer: Json) -> Json:
    if answer["run"].get("sdk_version", "").startswith("helmr-python/"):
        del answer["run"]["sdk_version"]
    return answer


MUTANTS = [
    # --- idempotency key of a start ----------------------------------------------------------------
    Mutant(
        "start-key-ignored",
        "a start with a known key starts another session",
        ("sessions.md 6.6",),
        rewritten(START + "Starts.start", ("bound = self._bound(binding, fingerprint)", "bound = None")),
    ),
    Mutant(
        "start-key-takes-other-payload",
        "a known key answers its session whatever the request asks for",
        ("sessions.md 6.6", "sessions.md 6.5"),
        rewritten(START + "Starts._bound", ('if row["fingerprint"] != fingerprint:', "if False:")),
    ),
    Mutant(
        "start-key-for-all-tasks",
        "a key is shared by all tasks",
        ("sessions.md 6.6",),
        rewritten(
            START + "Starts.start",
            ("(environment, task_id, key_hash(key))", '(environment, "", key_hash(key))'),
        ),
    ),
    Mutant(
        "start-key-for-all-environments",
        "a key is shared by all environments",
        ("sessions.md 6.6",),
        rewritten(
            START + "Starts.start", ("(environment, task_id, key_hash(key))", '("", task_id, key_hash(key))')
        ),
    ),
    Mutant(
        "start-key-untrimmed",
        "space around a key makes another key",
        ("sessions.md 6.6",),
        rewritten(
            START + "Starts.start",
            ('key = trim(body.get("idempotency_key", ""))', 'key = body.get("idempotency_key", "")'),
        ),
    ),
    Mutant(
        "start-key-never-expires",
        "the key's lifetime is ignored: it is never free again",
        ("sessions.md 6.6",),
        rewritten(START + "Starts._bind", ("add_nanoseconds(now, ttl)", "add_nanoseconds(now, 2**61)")),
    ),
    Mutant(
        "start-key-extended-by-replay",
        "a replay begins the key's lifetime anew",
        ("sessions.md 6.6",),
        all_of(
            rewritten(
                START + "Starts.start",
                (
                    "bound = self._bound(binding, fingerprint)",
                    "bound = self._bound(binding, fingerprint)\n"
                    "        if bound is not None:\n"
                    '            self._bind(binding, fingerprint, bound.session["id"], bound.run["id"],'
                    " self._core.clock.now(), key_ttl)",
                ),
            ),
        ),
    ),
    Mutant(
        "start-key-of-512-characters",
        "a key is measured in characters, not bytes",
        ("sessions.md 6.3", "sessions.md 6.6"),
        rewritten(START + "check_key_length", ("size(key)", "len(key)")),
    ),
    Mutant(
        "start-key-refuses-nul",
        "a key of a start with U+0000 is refused",
        ("sessions.md 6.6",),
        rewritten(START + "Starts._key_ttl", ("check_key_length(key)", "check_idempotency_key(key)")),
    ),
    Mutant(
        "sdk-version-of-deployment-missing",
        "a run does not say with which SDK it was deployed",
        ("sessions.md 6.9", "sessions.md 17.3"),
        responses(in_json(_without_deployed_sdk), "startSession"),
    ),
    Mutant(
        "cancel-shows-earlier-state",
        "the response to the cancel that ends a session shows it as it was before",
        ("sessions.md 12",),
        responses(in_json(as_("status", lambda _: "open")), "cancelSession", "cancelSessionByExternalId"),
    ),
    Mutant(
        "blank-session-id-refused",
        "a blank session id is refused instead of leaving it to the external id",
        ("sessions.md 3.4",),
        rewritten(HTTP + "address_of", ("if not text:", 'if "session_id" not in call.parameters:')),
    ),
    Mutant(
        "workspace-id-error-without-length",
        "the error for a workspace id that is no UUID does not say its length",
        ("sessions.md 6.3",),
        rewritten("helmr_local.ids:uuid_complaint", ("invalid UUID length: {length}", "invalid UUID")),
    ),
    Mutant(
        "retry-integers-plain-only",
        "integers of a retry policy must be written as plain integers",
        ("sessions.md 6.4",),
        rewritten(
            START + "_positive_integer",
            ("number = _number(value)", "number = value if isinstance(value, int) else None"),
        ),
    ),
    Mutant(
        "start-key-kept-by-failure",
        "a start that fails leaves its key taken",
        ("sessions.md 6.6",),
        rewritten(
            START + "Starts.start",
            (
                "task = self._core.catalog.current(self._core.db, environment, task_id)",
                "if binding is not None:\n"
                "        self.claims.take(binding)\n"
                "    task = self._core.catalog.current(self._core.db, environment, task_id)",
            ),
            ("if binding is not None and self.claims.held(binding):", "if False:"),
            (
                "if bound is not None:\n            return bound",
                "if bound is not None:\n            return bound\n"
                "        if self.claims.held(binding):\n"
                '            raise ApiError(202, "session_start_pending", "idempotency_pending",'
                ' headers=(("Retry-After", "1"),))',
            ),
        ),
    ),
    Mutant(
        "start-in-flight-not-noticed",
        "a second start with the key of one in flight makes a second session",
        ("sessions.md 6.6",),
        rewritten(
            START + "Starts.start", ("if binding is not None and self.claims.held(binding):", "if False:")
        ),
    ),
    Mutant(
        "start-key-counts-metadata",
        "other metadata under one key is a conflict",
        ("sessions.md 6.5", "sessions.md 6.6"),
        rewritten(
            START + "_fingerprint",
            ('"task_id": task_id,', '"task_id": task_id, "metadata": body.get("metadata"),'),
        ),
    ),
    Mutant(
        "start-key-forgets-priority",
        "another priority under one key is no conflict",
        ("sessions.md 6.5", "sessions.md 6.6"),
        rewritten(START + "_fingerprint", ('"priority": body.get("priority", 0),', "")),
    ),
    Mutant(
        "start-key-forgets-expiry",
        "another expires_at under one key is no conflict",
        ("sessions.md 6.5", "sessions.md 6.6"),
        rewritten(START + "_fingerprint", ('"expires_at": body.get("expires_at"),', "")),
    ),
    Mutant(
        "start-key-reads-ttl",
        "ttl 60m and 1h count as the same parameter",
        ("sessions.md 6.5",),
        rewritten(
            START + "_fingerprint",
            (
                '"ttl": trim(body.get("ttl", "")),',
                '"ttl": golang.positive_duration(trim(body.get("ttl", ""))),',
            ),
        ),
    ),
    Mutant(
        "start-key-reads-numbers",
        "payloads 1 and 1.0 count as the same",
        ("sessions.md 6.5",),
        rewritten(
            START + "_fingerprint",
            ('"payload": body.get("payload", {}),', '"payload": jsontext._float64(body.get("payload", {})),'),
        ),
    ),
    Mutant(
        "replay-refused-when-terminal",
        "a replay of a start whose session has ended is a conflict",
        ("sessions.md 6.6",),
        rewritten(
            START + "Starts._bound",
            (
                "return Started(session, run, 200, replay=True)",
                'if session["status"] != "open":\n        raise session_terminal()\n'
                "    return Started(session, run, 200, replay=True)",
            ),
        ),
    ),
    Mutant(
        "replay-shows-current-run",
        "a replay shows the session's current run, not the one that the key is bound to",
        ("sessions.md 6.6",),
        rewritten(
            START + "Starts._bound",
            (
                "return Started(session, run, 200, replay=True)",
                'return Started(session, self._runs.require(session["current_run_id"]), 200, replay=True)',
            ),
        ),
    ),
    Mutant(
        "replay-not-cached",
        "a replay does not say is_cached",
        ("sessions.md 6.6", "sessions.md 4.2"),
        responses(in_json(without("is_cached"), statuses=(200,)), "startSession"),
    ),
    Mutant(
        "replay-shows-expired-at",
        "a replay of an expired session shows expired_at",
        ("sessions.md 6.6", "sessions.md 4.1"),
        rewritten(
            SESSIONS + "view",
            ('session["expired_at"] is not None and not replay', 'session["expired_at"] is not None'),
        ),
    ),
    Mutant(
        "start-and-wait-keys-apart",
        "start and start-and-wait keep their keys apart",
        ("sessions.md 7", "sessions.md 6.6"),
        rewritten(
            HTTP + "_start",
            (
                "decoded = await call.body(body)",
                "decoded = await call.body(body)\n"
                '    if body is START_AND_WAIT and "idempotency_key" in decoded:\n'
                '        decoded["idempotency_key"] += "+wait"',
            ),
        ),
    ),
    # --- external ids ------------------------------------------------------------------------------
    Mutant(
        "external-id-takes-other-payload",
        "an external id answers its session whatever the request asks for",
        ("sessions.md 6.7",),
        rewritten(START + "Starts._reuse", ('if session["fingerprint"] != fingerprint:', "if False:")),
    ),
    Mutant(
        "external-id-reuses-ended-session",
        "an external id answers its session even when that has ended",
        ("sessions.md 6.7",),
        rewritten(
            START + "Starts._reuse",
            ('if session["status"] != "open" or overdue(session, self._core.clock.now()):', "if False:"),
        ),
    ),
    Mutant(
        "external-id-reuses-overdue-session",
        "an external id answers its open session though that is overdue",
        ("sessions.md 6.7", "sessions.md 14.1"),
        rewritten(
            START + "Starts._reuse",
            (
                'if session["status"] != "open" or overdue(session, self._core.clock.now()):',
                'if session["status"] != "open":',
            ),
        ),
    ),
    Mutant(
        "external-id-released-by-end",
        "the external id of an ended session is free again",
        ("sessions.md 6.7",),
        rewritten(
            SESSIONS + "_end",
            ('"status": status,', '"status": status, "external_id": None,'),
        ),
    ),
    Mutant(
        "external-id-mismatch-first",
        "other parameters for an ended session's external id are a fingerprint mismatch",
        ("sessions.md 6.7",),
        rewritten(
            START + "Starts._reuse",
            (
                'if session["status"] != "open" or',
                'if session["fingerprint"] != fingerprint:\n'
                '        raise conflict("session_fingerprint_mismatch", "session start fingerprint'
                ' mismatch")\n'
                '    if session["status"] != "open" or',
            ),
        ),
    ),
    Mutant(
        "external-id-key-not-bound",
        "a key given when an external id is reused is not bound",
        ("sessions.md 6.7",),
        rewritten(
            START + "Starts._create",
            (
                'self._bind(binding, fingerprint, reused.session["id"], reused.run["id"], now, key_ttl)',
                "pass",
            ),
        ),
    ),
    Mutant(
        "external-id-untrimmed",
        "space around an external id makes another one",
        ("sessions.md 6.1",),
        rewritten(
            START + "Starts.start",
            ('external_id = trim(body.get("external_id", ""))', 'external_id = body.get("external_id", "")'),
        ),
    ),
    Mutant(
        "external-id-of-512-characters",
        "an external id is measured in characters, not bytes",
        ("sessions.md 6.3", "sessions.md 6.1"),
        rewritten(START + "check_external_id", ("size(external_id)", "len(external_id)")),
    ),
    Mutant(
        "reuse-starts-a-run",
        "reuse by external id makes a new run",
        ("sessions.md 6.7",),
        rewritten(
            START + "Starts._reuse",
            (
                "return Started(session, run, 200)",
                'task = self._core.catalog.current(self._core.db, environment, session["task_id"])\n'
                '    run = self._runs.create(session, task, payload=run["payload"],'
                ' reason="initial",'
                " now=self._core.clock.now(), previous=run)\n"
                '    self._core.db.update("sessions", session["id"], {"current_run_id": run["id"]})\n'
                '    return Started(self._sessions.require(session["id"]), self._runs.require(run["id"]),'
                " 200)",
            ),
        ),
    ),
    # --- what a start checks and makes --------------------------------------------------------------
    Mutant(
        "unknown-task-is-404",
        "a start of an unknown task is a 404",
        ("sessions.md 6.3",),
        rewritten(
            START + "Starts.start",
            ('raise conflict("task_not_deployed")', 'raise ApiError(404, "task not found")'),
        ),
    ),
    Mutant(
        "secret-not-checked",
        "a task whose secret is missing is started",
        ("sessions.md 6.3", "sessions.md 6.2"),
        rewritten(
            START + "Starts._options", ('for name in jsontext.python(task["secrets"]):', "for name in ():")
        ),
    ),
    Mutant(
        "queue-not-checked",
        "a queue that is not declared is taken",
        ("sessions.md 6.3", "sessions.md 6.1"),
        rewritten(
            START + "Starts._options",
            ('queue is not None and not self._declared(task["deployment_id"], queue)', "False"),
        ),
    ),
    Mutant(
        "tags-not-deduplicated",
        "repeated tags are kept",
        ("sessions.md 6.1", "tokens-auth-errors.md 3.3"),
        rewritten(
            START + "normalised_tags",
            ("chosen: set[str] = set()", "chosen: list[str] = []"),
            ("chosen.add(trimmed)", "chosen.append(trimmed)"),
        ),
    ),
    Mutant(
        "tags-in-given-order",
        "tags are not sorted",
        ("sessions.md 6.1", "sessions.md 4.1"),
        rewritten(
            START + "normalised_tags",
            ("chosen: set[str] = set()", "chosen: dict[str, int] = {}"),
            ("chosen.add(trimmed)", "chosen[trimmed] = 1"),
            (
                'return sorted(chosen, key=lambda tag: tag.encode("utf-8", "surrogatepass"))',
                "return list(chosen)",
            ),
        ),
    ),
    Mutant(
        "eleven-tags",
        "eleven tags are taken",
        ("sessions.md 6.1", "sessions.md 6.3", "tokens-auth-errors.md 3.3"),
        all_of(
            constant(START + "MAX_TAGS", 11),
            rewritten("helmr_local.http.call:Call.judge", ("if refusal is not None:", "if False:")),
        ),
    ),
    Mutant(
        "tag-of-128-characters",
        "a tag is measured in characters, not bytes",
        ("sessions.md 6.3", "sessions.md 6.1"),
        rewritten(START + "normalised_tags", ("size(trimmed)", "len(trimmed)")),
    ),
    Mutant(
        "max-duration-not-checked",
        "a maximum duration of one second is taken",
        ("sessions.md 6.3",),
        all_of(
            constant(START + "MIN_DURATION", 1),
            rewritten("helmr_local.http.call:Call.judge", ("if refusal is not None:", "if False:")),
        ),
    ),
    Mutant(
        "retry-unknown-member-taken",
        "a retry policy with an unknown member is taken",
        ("sessions.md 6.4",),
        all_of(
            rewritten(
                START + "check_retry", ('if name not in ("enabled", "maxAttempts", "backoff"):', "if False:")
            ),
            rewritten("helmr_local.http.call:Call.judge", ("if refusal is not None:", "if False:")),
        ),
    ),
    Mutant(
        "days-not-understood",
        "a duration in days is refused",
        ("sessions.md 6.1", "tokens-auth-errors.md 3.3"),
        rewritten("helmr_local.golang:positive_duration", ("if _DAYS.fullmatch(text):", "if False:")),
    ),
    Mutant(
        "null-payload-is-empty",
        "an explicit payload null becomes {}",
        ("sessions.md 6.1",),
        rewritten(START + "Starts.start", ('body.get("payload", {})', 'body.get("payload") or {}')),
    ),
    Mutant(
        "forbidden-member-taken",
        "a start with `options` is taken",
        ("sessions.md 6.1",),
        rewritten("helmr_local.bodies:_decode", ("if body.forbidden:", "if False:")),
    ),
    Mutant(
        "start-versions-not-recorded",
        "the client's version headers are not recorded on the run",
        ("sessions.md 6.9", "tokens-auth-errors.md 1.4"),
        rewritten(START + "Starts._create", ("sdk_version=sdk_version,", 'sdk_version="",')),
    ),
    Mutant(
        "start-does-not-run",
        "a new session's run is never executed",
        ("sessions.md 6.9", "runs.md 2.1"),
        rewritten("helmr_local.engine.runs:Runs.create", ("lambda: self.enqueue(run)", "lambda: None")),
    ),
    # --- start-and-wait ----------------------------------------------------------------------------
    Mutant(
        "start-and-wait-does-not-wait",
        "start-and-wait answers at once",
        ("sessions.md 7",),
        rewritten(
            HTTP + "start_session_and_wait",
            ('if started.run["status"] in TERMINAL or left <= 0', "if True or left <= 0"),
        ),
    ),
    Mutant(
        "start-and-wait-reads-timeout",
        "start-and-wait refuses a timeout_seconds that is no number",
        ("sessions.md 7",),
        rewritten(
            HTTP + "start_session_and_wait",
            (
                "started = await _start(call, START_AND_WAIT)",
                "raw = await call.raw_body()\n"
                '    if b\'"timeout_seconds": "\' in raw or b\'"timeout_seconds":"\' in raw:\n'
                '        raise bad_request("timeout_seconds must be a number")\n'
                "    async def again():\n"
                '        return {"type": "http.request", "body": raw}\n'
                "    call.receive = again\n"
                "    started = await _start(call, START_AND_WAIT)",
            ),
        ),
    ),
    Mutant(
        "start-and-wait-hides-timeout",
        "a wait that timed out does not say so",
        ("sessions.md 7",),
        responses(in_json(without("timed_out")), "startSessionAndWait"),
    ),
    Mutant(
        "start-and-wait-cancels",
        "a wait that times out cancels the session",
        ("sessions.md 7",),
        rewritten(
            HTTP + "start_session_and_wait",
            (
                'view["timed_out"] = True',
                'view["timed_out"] = True\n        engine.sessions.cancel(started.session, "timed out")',
            ),
        ),
    ),
    Mutant(
        "start-and-wait-ends-when-waiting",
        "a run that waits counts as ended for start-and-wait",
        ("sessions.md 7",),
        rewritten(
            HTTP + "start_session_and_wait",
            (
                'if started.run["status"] in TERMINAL or left',
                'if started.run["status"] in (*TERMINAL, "waiting") or left',
            ),
        ),
    ),
    # --- list, get ---------------------------------------------------------------------------------
    Mutant(
        "sessions-oldest-first",
        "sessions are listed with the oldest update first",
        ("sessions.md 8",),
        rewritten(HTTP + "list_sessions", ("ORDER BY updated_at DESC, id DESC", "ORDER BY updated_at, id")),
    ),
    Mutant(
        "sessions-by-creation",
        "sessions are listed by creation, not by update",
        ("sessions.md 8",),
        rewritten(HTTP + "list_sessions", ("ORDER BY updated_at DESC", "ORDER BY created_at DESC")),
    ),
    Mutant(
        "sessions-limit-ignored",
        "the limit of the list of sessions is ignored",
        ("sessions.md 8",),
        rewritten(HTTP + "list_sessions", ("(*parameters, limit)", "(*parameters, 200)")),
    ),
    Mutant(
        "sessions-limit-201",
        "a limit of 201 sessions is taken",
        ("sessions.md 8",),
        rewritten(HTTP + "list_sessions", ("100, 1, 200", "100, 1, 500")),
    ),
    Mutant(
        "sessions-status-all",
        "status=all lists all sessions",
        ("sessions.md 8",),
        rewritten(HTTP + "list_sessions", ("        if value:", '        if value and value != "all":')),
    ),
    Mutant(
        "sessions-task-filter-ignored",
        "the task filter of the list of sessions is ignored",
        ("sessions.md 8",),
        rewritten(HTTP + "list_sessions", ('for name in ("status", "task_id"):', 'for name in ("status",):')),
    ),
    Mutant(
        "sessions-external-id-prefix",
        "the external id filter matches the beginning only",
        ("sessions.md 8",),
        rewritten(
            HTTP + "list_sessions",
            (
                'filters.append("external_id = ?")\n        parameters.append(external_id)',
                'filters.append("substr(external_id, 1, length(?)) = ?")\n'
                "        parameters += [external_id, external_id]",
            ),
        ),
    ),
    Mutant(
        "reading-expires",
        "reading an overdue session expires it",
        ("sessions.md 9", "sessions.md 14.1"),
        rewritten(
            HTTP + "get_session",
            (
                'return json_answer(200, call.engine.sessions.view(addressed(call, "runs:read")))',
                'addressed(call, "runs:read")\n    call.engine.sessions.sweep()\n'
                '    return json_answer(200, call.engine.sessions.view(addressed(call, "runs:read")))',
            ),
        ),
    ),
    # --- patch -------------------------------------------------------------------------------------
    Mutant(
        "patch-merges-metadata",
        "a patch merges metadata instead of replacing it",
        ("sessions.md 10",),
        rewritten(
            HTTP + "update_session",
            (
                'metadata_text(decoded["metadata"]) if',
                'metadata_text(__import__("json").loads(session["metadata"]) | decoded["metadata"]'
                ' if isinstance(decoded["metadata"], dict) else decoded["metadata"]) if',
            ),
        ),
    ),
    Mutant(
        "patch-clears-tags",
        "a patch without tags clears them",
        ("sessions.md 10",),
        rewritten(
            HTTP + "update_session", ('if "tags" in decoded else None', 'if "tags" in decoded else []')
        ),
    ),
    Mutant(
        "patch-shortens-expiry",
        "a patch can bring an expiry forward",
        ("sessions.md 10",),
        rewritten(
            SESSIONS + "patch", ("or expires_at <= now or expires_at <= current", "or expires_at <= now")
        ),
    ),
    Mutant(
        "patch-sets-expiry",
        "a patch gives an expiry to a session that has none",
        ("sessions.md 10",),
        rewritten(
            SESSIONS + "patch",
            (
                "if current is None or expires_at <= now or expires_at <= current:",
                "if expires_at <= now or (current or 0) >= expires_at:",
            ),
            ("if current <= now:", "if current is not None and current <= now:"),
        ),
    ),
    Mutant(
        "patch-of-ended-session",
        "a session that has ended can be patched",
        ("sessions.md 10", "sessions.md 14.4"),
        rewritten(SESSIONS + "patch", ('if session["status"] != "open":', "if False:")),
    ),
    Mutant(
        "patch-does-not-touch-updated-at",
        "a patch leaves updated_at as it was",
        ("sessions.md 10",),
        rewritten(SESSIONS + "patch", ('{"updated_at": now}', '{"updated_at": session["updated_at"]}')),
    ),
    # --- close, cancel, expiry ---------------------------------------------------------------------
    Mutant(
        "close-with-active-run",
        "a session with an active run can be closed",
        ("sessions.md 11", "sessions.md 14.3"),
        rewritten(SESSIONS + "close", ('run["status"] not in TERMINAL', "False")),
    ),
    Mutant(
        "close-twice",
        "closing a closed session succeeds",
        ("sessions.md 11", "sessions.md 14.4"),
        rewritten(
            SESSIONS + "close",
            (
                'if session["status"] != "open":',
                'if session["status"] == "closed":\n        return session\n'
                '    if session["status"] != "open":',
            ),
        ),
    ),
    Mutant(
        "close-loses-reason",
        "the reason of a close is not kept",
        ("sessions.md 11",),
        rewritten(SESSIONS + "close", ('"reason": reason or "closed"', '"reason": "closed"')),
    ),
    Mutant(
        "close-of-overdue-session",
        "closing an overdue session closes it instead of expiring it",
        ("sessions.md 11", "sessions.md 14.1"),
        rewritten(SESSIONS + "close", ("if overdue(session, now):", "if False:")),
    ),
    Mutant(
        "cancel-not-idempotent",
        "cancelling a cancelled session is a conflict",
        ("sessions.md 12", "sessions.md 14.4"),
        rewritten(SESSIONS + "cancel", ('if session["status"] == "cancelled":', "if False:")),
    ),
    Mutant(
        "cancel-takes-second-reason",
        "a second cancel replaces the reason",
        ("sessions.md 12",),
        rewritten(
            SESSIONS + "cancel",
            ('if session["status"] == "cancelled":', "if False:"),
            ('if session["status"] != "open":', 'if session["status"] not in ("open", "cancelled"):'),
        ),
    ),
    Mutant(
        "cancel-leaves-run",
        "cancelling a session leaves its run running",
        ("sessions.md 12", "runs.md 5.3"),
        rewritten(SESSIONS + "cancel", ("if run is not None:", "if False:")),
    ),
    Mutant(
        "cancel-forces-run",
        "cancelling a session ends its run by force",
        ("sessions.md 12", "runs.md 5.3"),
        rewritten(SESSIONS + "cancel", ("force=False", "force=True")),
    ),
    Mutant(
        "cancel-without-error",
        "a cancelled session has no error",
        ("sessions.md 12", "sessions.md 4.1"),
        rewritten(
            SESSIONS + "cancel",
            ('error={"name": "TaskCancelled", "message": why, "details": {"origin": "api"}},', "error=None,"),
        ),
    ),
    Mutant(
        "expiry-never",
        "overdue sessions are not expired by themselves",
        ("sessions.md 14.1",),
        rewritten("helmr_local.engine.engine:Engine.sweep", ("self.sessions.sweep()", "pass")),
    ),
    Mutant(
        "expiry-of-active-session",
        "an overdue session is expired while its run is running",
        ("sessions.md 14.1",),
        rewritten(
            SESSIONS + "sweep",
            ("AND (r.id IS NULL OR r.status IN ('succeeded', 'failed', 'cancelled', 'expired'))", ""),
        ),
    ),
    Mutant(
        "expiry-origin",
        "a session expired by the sweeper says that the API did it",
        ("sessions.md 14.1",),
        rewritten(SESSIONS + "sweep", ('"sweeper"', '"api"')),
    ),
    Mutant(
        "failed-run-closes-session",
        "a session whose run ends is closed",
        ("sessions.md 14.1",),
        rewritten(
            "helmr_local.engine.runs:Runs._finish",
            (
                "self._change(\n",
                "self._core.db.execute(\"UPDATE sessions SET status = 'closed' WHERE current_run_id = ?\","
                ' (run["id"],))\n    self._change(\n',
            ),
        ),
    ),
    Mutant(
        "activity-ignores-waits",
        "a session whose run waits shows running",
        ("sessions.md 14.2",),
        rewritten(SESSIONS + "activity", ('self._waits.unresolved(run["id"]) or', "")),
    ),
    Mutant(
        "activity-ignores-pending-input",
        "a session that owes a follow-up run does not show queued",
        ("sessions.md 14.2", "sessions.md 17.2"),
        rewritten(SESSIONS + "activity", ("if pending:", "if False:")),
    ),
    Mutant(
        "can-close-while-running",
        "can_close is true while a run is active",
        ("sessions.md 14.3",),
        rewritten(SESSIONS + "view", ("and idle and not pending", "and not pending")),
    ),
    # --- session runs and follow-up runs -----------------------------------------------------------
    Mutant(
        "session-runs-newest-first",
        "a session's runs are listed newest first",
        ("sessions.md 13",),
        rewritten(
            HTTP + "list_session_runs", ("ORDER BY turn_index, created_at", "ORDER BY turn_index DESC")
        ),
    ),
    Mutant(
        "turns-from-one",
        "the first run of a session is turn 1",
        ("sessions.md 4.4", "sessions.md 13"),
        rewritten(
            "helmr_local.engine.runs:Runs.create",
            ('"turn_index": 0 if previous', '"turn_index": 1 if previous'),
        ),
    ),
    Mutant(
        "session-run-without-end",
        "a session's entry of an ended run has no ended_at",
        ("sessions.md 4.4", "sessions.md 13"),
        responses(in_json(without("runs[].ended_at")), "listSessionRuns"),
    ),
    Mutant(
        "session-run-id-is-run-id",
        "the id of a session's entry is the run's id",
        ("sessions.md 4.4",),
        rewritten(
            "helmr_local.engine.runs:session_run_view", ('{"id": run["link_id"],', '{"id": run["id"],')
        ),
    ),
    Mutant(
        "follow-up-never",
        "input to an idle session makes no run",
        ("sessions.md 17.1", "sessions.md 17.2"),
        rewritten("helmr_local.engine.streams:Streams.append_input", ("if new and not waits:", "if False:")),
    ),
    Mutant(
        "follow-up-for-replay",
        "a replayed input makes another run",
        ("sessions.md 17.2", "sessions.md 17.1"),
        rewritten(
            "helmr_local.engine.streams:Streams.append_input", ("if new and not waits:", "if not waits:")
        ),
    ),
    Mutant(
        "follow-up-despite-wait",
        "input that a waiting run takes makes a follow-up run too",
        ("sessions.md 17.1", "sessions.md 17.2"),
        rewritten("helmr_local.engine.streams:Streams.append_input", ("if new and not waits:", "if new:")),
    ),
    Mutant(
        "follow-up-while-running",
        "input makes a follow-up run while the current one is still active",
        ("sessions.md 17.1", "sessions.md 17.3"),
        rewritten(FOLLOW_UP + "_grant", ('if current["status"] not in TERMINAL:', "if False:")),
    ),
    Mutant(
        "follow-up-not-by-itself",
        "input that came while a run was active is forgotten when it ends",
        ("sessions.md 17.5", "sessions.md 17.4"),
        rewritten(FOLLOW_UP + "process_all", ("self._grant(request, now)", "pass")),
    ),
    Mutant(
        "follow-up-after-cancel",
        "pending input of a cancelled session makes a run",
        ("sessions.md 12", "sessions.md 17.1"),
        rewritten(FOLLOW_UP + "_grant", ('or session["status"] != "open"', "")),
    ),
    Mutant(
        "follow-up-when-overdue",
        "pending input of an overdue session makes a run",
        ("sessions.md 17.1", "sessions.md 14.1"),
        rewritten(
            FOLLOW_UP + "_grant",
            ('or (session["expires_at"] is not None and session["expires_at"] <= now)', ""),
        ),
    ),
    Mutant(
        "follow-up-with-other-payload",
        "a follow-up run does not get the previous run's payload",
        ("sessions.md 17.3",),
        rewritten(FOLLOW_UP + "_grant", ('payload=current["payload"]', 'payload="{}"')),
    ),
    Mutant(
        "follow-up-keeps-options",
        "a follow-up run keeps the retry policy of the start",
        ("sessions.md 17.3",),
        rewritten(
            FOLLOW_UP + "_grant",
            (
                '{"ttl_deadline": ttl_deadline}',
                '{"ttl_deadline": ttl_deadline, "retry": current["retry"], "max_duration_seconds":'
                ' current["max_duration_seconds"]}',
            ),
        ),
    ),
    Mutant(
        "follow-up-not-current",
        "a follow-up run does not become the session's current run",
        ("sessions.md 17.1", "sessions.md 17.2"),
        rewritten(
            FOLLOW_UP + "_grant", ('(run["id"], now, session["id"])', '(current["id"], now, session["id"])')
        ),
    ),
    Mutant(
        "follow-up-despite-reading",
        "input that the active run has read makes a follow-up run",
        ("sessions.md 17.4",),
        rewritten(FOLLOW_UP + "consume", ("db = self._core.db", "return\n    db = self._core.db")),
    ),
    Mutant(
        "follow-up-status-missing",
        "an input that made a follow-up run does not say so",
        ("sessions.md 17.2", "sessions.md 4.7"),
        responses(in_json(without("continuation_status")), "appendInputRecord"),
    ),
    Mutant(
        "append-touches-session",
        "an append changes the session's updated_at",
        ("sessions.md 4.1",),
        rewritten(
            "helmr_local.engine.streams:Streams.append_input",
            (
                "with db.transaction():",
                'with db.transaction():\n        db.update("sessions", session["id"], {"updated_at": now})',
            ),
        ),
    ),
]
