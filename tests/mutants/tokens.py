"""Faults of tokens: their timeouts, keys and lists, completing and cancelling, and what they do to runs."""

from __future__ import annotations

from .mutant import Mutant
from .planting import in_json, responses, rewritten

TOKENS = "helmr_local.engine.tokens:Tokens."
HTTP = "helmr_local.http.tokens:"

MUTANTS = [
    # --- timeouts ----------------------------------------------------------------------------------
    Mutant(
        "timeout-number-in-seconds",
        "a number as timeout is read as seconds",
        ("tokens-auth-errors.md 3.3",),
        rewritten(HTTP + "timeout_nanoseconds", ("_positive(number * 1e6)", "_positive(number * 1e9)")),
    ),
    Mutant(
        "timeout-default-one-day",
        "without a timeout a token lives one day",
        ("tokens-auth-errors.md 3.3",),
        rewritten(HTTP + "timeout_nanoseconds", ("round(default * 1e9)", "round(86_400 * 1e9)")),
    ),
    Mutant(
        "timeout-parts-not-summed",
        "of a timeout's parts only the last counts",
        ("tokens-auth-errors.md 3.3",),
        rewritten(
            HTTP + "timeout_nanoseconds", ("total += length * _PARTS[name]", "total = length * _PARTS[name]")
        ),
    ),
    Mutant(
        "timeout-zero-taken",
        "a timeout of zero is taken",
        ("tokens-auth-errors.md 3.3",),
        rewritten(HTTP + "_positive", ("not 1 <= nanoseconds", "not 0 <= nanoseconds")),
    ),
    Mutant(
        "timeout-text-of-a-number",
        'the text "90" is read as 90 seconds',
        ("tokens-auth-errors.md 3.3",),
        rewritten(
            "helmr_local.golang:positive_duration",
            (
                "if _DAYS.fullmatch(text):",
                'text = text + "s" if text.isdigit() else text\n    if _DAYS.fullmatch(text):',
            ),
        ),
    ),
    # --- keys --------------------------------------------------------------------------------------
    Mutant(
        "token-key-ignored",
        "a known key makes another token",
        ("tokens-auth-errors.md 3.3", "tokens-auth-errors.md 1.14"),
        rewritten(
            TOKENS + "create", ("if idempotency_key:", 'idempotency_key = ""\n    if idempotency_key:')
        ),
    ),
    Mutant(
        "token-key-takes-other-parameters",
        "a known key answers its token whatever the parameters",
        ("tokens-auth-errors.md 3.3",),
        rewritten(TOKENS + "create", ('if known["fingerprint"] != fingerprint:', "if False:")),
    ),
    Mutant(
        "token-key-forgets-tags",
        "other tags under one key are no conflict",
        ("tokens-auth-errors.md 3.3",),
        rewritten(TOKENS + "create", (', "tags": tags}', "}")),
    ),
    Mutant(
        "token-key-reads-timeout",
        "timeouts 1h and 3600000 count as the same under one key",
        ("tokens-auth-errors.md 3.3",),
        rewritten(TOKENS + "create", ('{"timeout": timeout_as_written,', '{"timeout": timeout,')),
    ),
    Mutant(
        "token-replay-without-secrets",
        "a replayed create lacks the secrets",
        ("tokens-auth-errors.md 3.3", "tokens-auth-errors.md 3.1"),
        rewritten(
            HTTP + "create_token",
            ('engine.tokens.secrets(token["id"])', 'engine.tokens.secrets(token["id"]) if new else None'),
        ),
    ),
    Mutant(
        "token-replay-is-201",
        "a replayed create is answered 201",
        ("tokens-auth-errors.md 3.3",),
        rewritten(HTTP + "create_token", ("201 if new else 200", "201")),
    ),
    Mutant(
        "token-replay-renews-timeout",
        "a replayed create begins the token's time anew",
        ("tokens-auth-errors.md 3.3",),
        rewritten(
            TOKENS + "create",
            (
                "return known, False",
                'db.update("tokens", known["id"], {"timeout_at": add_nanoseconds(now, timeout)})\n'
                '            return self.require(known["id"]), False',
            ),
        ),
    ),
    Mutant(
        "token-key-ends-with-token",
        "the key of a token that is over is free again",
        ("tokens-auth-errors.md 3.3",),
        rewritten(
            TOKENS + "_end",
            ("SET status = ?, data", "SET idempotency_key = NULL, status = ?, data"),
        ),
    ),
    Mutant(
        "token-secret-not-derived",
        "a replayed create answers another public access token",
        ("tokens-auth-errors.md 3.1", "tokens-auth-errors.md 3.3"),
        rewritten(
            HTTP + "create_token",
            (
                'engine.tokens.secrets(token["id"])',
                'engine.tokens.secrets(token["id"]) | ({} if new else {"public_access_token":'
                ' "hlmr_public_access_" + "A" * 43})',
            ),
        ),
    ),
    # --- list, get ---------------------------------------------------------------------------------
    Mutant(
        "tokens-newest-first",
        "tokens are listed newest first",
        ("tokens-auth-errors.md 3.4",),
        rewritten(HTTP + "list_tokens", ("ORDER BY no LIMIT ?", "ORDER BY no DESC LIMIT ?")),
    ),
    Mutant(
        "tokens-cursor-inclusive",
        "a page of tokens begins with the cursor's own",
        ("tokens-auth-errors.md 3.4",),
        rewritten(HTTP + "list_tokens", ('"no > ?"', '"no >= ?"')),
    ),
    Mutant(
        "tokens-cursor-ignored",
        "the cursor of the list of tokens is ignored",
        ("tokens-auth-errors.md 3.4",),
        rewritten(HTTP + "list_tokens", ('2**62 if start is None else start["no"]', "0")),
    ),
    Mutant(
        "tokens-unknown-cursor",
        "an unknown cursor lists from the beginning",
        ("tokens-auth-errors.md 3.4",),
        rewritten(HTTP + "list_tokens", ("2**62 if", "0 if")),
    ),
    Mutant(
        "tokens-limit-ignored",
        "the limit of the list of tokens is ignored",
        ("tokens-auth-errors.md 3.4",),
        rewritten(
            HTTP + "list_tokens",
            ("(*parameters, limit + 1)", "(*parameters, 501)"),
            ("for row in rows[:limit]", "for row in rows"),
        ),
    ),
    Mutant(
        "tokens-next-cursor-missing",
        "a page of tokens that is not the last has no next_cursor",
        ("tokens-auth-errors.md 3.4",),
        rewritten(HTTP + "list_tokens", ("if len(rows) > limit:", "if False:")),
    ),
    Mutant(
        "tokens-next-cursor-off-by-one",
        "next_cursor names the first token of the next page, which is then left out",
        ("tokens-auth-errors.md 3.4",),
        rewritten(HTTP + "list_tokens", ('rows[limit - 1]["id"]', 'rows[limit]["id"]')),
    ),
    Mutant(
        "tokens-next-cursor-always",
        "the last page of tokens has a next_cursor",
        ("tokens-auth-errors.md 3.4",),
        rewritten(
            HTTP + "list_tokens",
            ("if len(rows) > limit:", "if rows:"),
            ("rows[limit - 1]", "rows[:limit][-1]"),
        ),
    ),
    Mutant(
        "tokens-state-ignored",
        "the state filter of the list of tokens is ignored",
        ("tokens-auth-errors.md 3.4",),
        rewritten(
            HTTP + "list_tokens",
            ('filters.append("status = ?")\n        parameters.append(state)', "pass"),
        ),
    ),
    Mutant(
        "tokens-state-not-checked",
        "an unknown state lists nothing instead of being refused",
        ("tokens-auth-errors.md 3.4",),
        rewritten(
            HTTP + "list_tokens",
            ('if state not in ("pending", "completed", "expired", "cancelled"):', "if False:"),
        ),
    ),
    # --- complete, cancel --------------------------------------------------------------------------
    Mutant(
        "completion-conflict-swallowed",
        "other data for a completed token is answered already_completed",
        ("tokens-auth-errors.md 3.6",),
        rewritten(TOKENS + "complete", ('if token["completion_hash"] != digest:', "if False:")),
    ),
    Mutant(
        "completion-overwritten",
        "a second completion replaces the first one's data",
        ("tokens-auth-errors.md 3.6", "tokens-auth-errors.md 3.2"),
        rewritten(TOKENS + "complete", ('if token["status"] == "completed":', "if False:")),
    ),
    Mutant(
        "completion-replay-refused",
        "the same completion again is a conflict",
        ("tokens-auth-errors.md 3.6",),
        rewritten(TOKENS + "complete", ('if token["completion_hash"] != digest:', "if True:")),
    ),
    Mutant(
        "completion-replay-says-completed",
        "the same completion again says completed",
        ("tokens-auth-errors.md 3.6",),
        rewritten(TOKENS + "complete", ('return "already_completed", token', 'return "completed", token')),
    ),
    Mutant(
        "completion-compares-values",
        "1 and 1.0 count as the same data",
        ("tokens-auth-errors.md 3.6",),
        rewritten(
            TOKENS + "complete",
            ("jsontext.canonical(data)", "jsontext.canonical(jsontext._float64(data))"),
        ),
    ),
    Mutant(
        "completion-compares-order",
        "the order of an object's members makes other data",
        ("tokens-auth-errors.md 3.6",),
        rewritten(TOKENS + "complete", ("jsontext.canonical(data)", "jsontext.encode(data)")),
    ),
    Mutant(
        "completion-of-expired-token",
        "an overdue token can be completed",
        ("tokens-auth-errors.md 3.6", "tokens-auth-errors.md 3.2"),
        rewritten(
            TOKENS + "_pending",
            (
                'if token["status"] == "expired" or token["timeout_at"] <= self._core.clock.now():',
                "if False:",
            ),
        ),
    ),
    Mutant(
        "completion-before-sweep",
        "an overdue token can be completed until the sweep",
        ("tokens-auth-errors.md 3.6", "tokens-auth-errors.md 3.2"),
        rewritten(
            TOKENS + "_pending",
            (
                'if token["status"] == "expired" or token["timeout_at"] <= self._core.clock.now():',
                'if token["status"] == "expired":',
            ),
        ),
    ),
    Mutant(
        "completion-of-cancelled-token",
        "a cancelled token can be completed",
        ("tokens-auth-errors.md 3.6", "tokens-auth-errors.md 3.2"),
        rewritten(TOKENS + "_pending", ('if token["status"] == "cancelled":', "if False:")),
    ),
    Mutant(
        "completion-forgotten-after-timeout",
        "a completed token cannot be completed with the same data after its timeout",
        ("tokens-auth-errors.md 3.6",),
        rewritten(
            TOKENS + "complete",
            (
                'if token["status"] == "completed":',
                'if token["status"] == "completed" and token["timeout_at"] > self._core.clock.now():',
            ),
        ),
    ),
    Mutant(
        "completion-null-omitted",
        "a token completed with null has no data",
        ("tokens-auth-errors.md 3.1", "tokens-auth-errors.md 3.6"),
        responses(
            in_json(
                lambda answer: {
                    "status": answer["status"],
                    "token": {k: v for k, v in answer["token"].items() if k != "data" or v is not None},
                }
            ),
            "completeToken",
        ),
    ),
    Mutant(
        "cancel-of-completed-token-is-409",
        "cancelling a completed token is a conflict",
        ("tokens-auth-errors.md 3.7",),
        rewritten(TOKENS + "cancel", ("raise token_not_found()", "raise token_cancelled()")),
    ),
    Mutant(
        "cancel-of-completed-token",
        "a completed token can be cancelled",
        ("tokens-auth-errors.md 3.7", "tokens-auth-errors.md 3.2"),
        rewritten(TOKENS + "cancel", ('if token["status"] == "completed":', "if False:")),
    ),
    Mutant(
        "cancel-twice",
        "cancelling a cancelled token succeeds",
        ("tokens-auth-errors.md 3.7",),
        rewritten(
            TOKENS + "cancel",
            (
                'if token["status"] == "completed":',
                'if token["status"] == "cancelled":\n        return token\n'
                '    if token["status"] == "completed":',
            ),
        ),
    ),
    Mutant(
        "cancel-reads-body",
        "cancelling a token needs a JSON body",
        ("tokens-auth-errors.md 3.7",),
        rewritten(
            HTTP + "cancel_token", ("return json_answer", "await call.body(COMPLETE)\n    return json_answer")
        ),
    ),
    Mutant(
        "sweep-forgets-tokens",
        "overdue tokens stay pending",
        ("tokens-auth-errors.md 3.2",),
        rewritten("helmr_local.engine.engine:Engine.sweep", ("self.tokens.sweep()", "pass")),
    ),
    # --- effect on runs ----------------------------------------------------------------------------
    Mutant(
        "completion-wakes-nobody",
        "a run that waits on a token is not resumed by its completion",
        ("tokens-auth-errors.md 3.8",),
        rewritten(
            TOKENS + "_end",
            (
                "for wait in self._waits.for_token(token_id):",
                'for wait in self._waits.for_token(token_id) if status != "completed" else ():',
            ),
        ),
    ),
    Mutant(
        "completion-wakes-one",
        "of several runs that wait on a token only one is resumed",
        ("tokens-auth-errors.md 3.8",),
        rewritten(
            TOKENS + "_end", ("self._waits.for_token(token_id):", "self._waits.for_token(token_id)[:1]:")
        ),
    ),
    Mutant(
        "cancel-wakes-as-timeout",
        "a run whose token is cancelled is told that the wait timed out",
        ("tokens-auth-errors.md 3.8",),
        rewritten(TOKENS + "cancel", ('Outcome("cancelled")', 'Outcome("timed_out")')),
    ),
    Mutant(
        "wait-on-final-token-blocks",
        "a wait on a token that is final already does not return at once",
        ("tokens-auth-errors.md 3.8",),
        rewritten(
            "helmr_local.engine.operations:Operations.wait_token",
            ('if token["status"] != "pending":', "if False:"),
        ),
    ),
    Mutant(
        "wait-timeout-expires-token",
        "a wait's own timeout cancels the token",
        ("tokens-auth-errors.md 3.8",),
        rewritten(
            "helmr_local.engine.operations:Operations.wait_token",
            (
                "return outcome.status, outcome.value",
                'if outcome.status == "timed_out" and self._tokens.require(token["id"])["status"] =='
                ' "pending":\n'
                '        self._tokens.cancel(self._tokens.require(token["id"]))\n'
                "    return outcome.status, outcome.value",
            ),
        ),
    ),
]
