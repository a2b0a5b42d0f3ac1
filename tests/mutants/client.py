"""Faults of the client: of the layer (async source and derived sync code) and of the generated client.

The client's own tests must catch them.
"""

from __future__ import annotations

import re

from .mutant import Mutant
from .planting import Patch, all_of, rewritten

LAYER = "helmr_ergonomic."

UNIT = "tests/unit/layer/"
REQUESTS = UNIT + "test_requests.py"
TRANSPORT = UNIT + "test_transport.py"
WAITING = UNIT + "test_waiting.py"
CONFIG = UNIT + "test_config.py"
JSON_TEXT = "tests/unit/test_json_text.py"
ENVIRONMENT = "tests/connection/test_environment.py"
PATHS = "tests/contract/test_client_encodes_paths.py"
RESPONSES = "tests/contract/test_client_parses_every_response.py"

ALL_TESTS = (
    UNIT.rstrip("/"),
    PATHS,
    RESPONSES,
    "tests/contract/test_layer_types_every_response.py",
    "tests/e2e/test_client_calls.py",
    "tests/e2e/test_client_waiting.py",
    "tests/faults",
    "tests/connection",
)

SDK = "typescript-sdk-behaviour.md "


def _sync(text: str) -> str:
    """Convert a piece of async source to the derived sync code."""
    for pattern, other in (
        (r"\bawait ", ""),
        (r"\basync ", ""),
        (r"\bAsync(?=[A-Z])", ""),
        (r"\baclose\b", "close"),
    ):
        text = re.sub(pattern, other, text)
    return text


def both(module: str, path: str, *changes: tuple[str, str]) -> Patch:
    """Make the same change in `_async` and in `_sync`."""
    return all_of(
        rewritten(f"{LAYER}_async.{module}:{path}", *changes),
        rewritten(
            f"{LAYER}_sync.{module}:{_sync(path)}", *((_sync(old), _sync(new)) for old, new in changes)
        ),
    )


def generated(module: str, path: str, *changes: tuple[str, str]) -> Patch:
    """Make the same change in both classes of a generated resource."""
    return all_of(
        rewritten(f"helmr_api.resources._async.{module}:{path}", *changes),
        rewritten(f"helmr_api.resources._sync.{module}:{_sync(path)}", *changes),
    )


def _mutant(name: str, says: str, section: str, patch: Patch, *tests: str) -> Mutant:
    return Mutant(name, says, (section,), patch, tests=tests)


MUTANTS = [
    # --- requests ----------------------------------------------------------------------------------
    _mutant(
        "version-header-not-sent",
        "requests have no API version header",
        SDK + "2",
        rewritten(LAYER + "transport:base_headers", ('"Helmr-API-Version": API_VERSION,', "")),
        REQUESTS,
    ),
    _mutant(
        "sdk-header-not-sent",
        "requests have no SDK version header",
        SDK + "2",
        rewritten(
            LAYER + "transport:base_headers", ('"Helmr-SDK-Version": f"helmr-python/{__version__}",', "")
        ),
        REQUESTS,
    ),
    _mutant(
        "key-not-sent",
        "requests do not contain the API key",
        SDK + "2",
        rewritten(LAYER + "transport:base_headers", ("if bearer is not None:", "if False:")),
        REQUESTS,
    ),
    _mutant(
        "content-type-not-sent",
        "a JSON body is sent without its content type",
        SDK + "2",
        all_of(
            rewritten(
                LAYER + "building:Builder.build",
                ("self._headers if content is None else self._json_headers", "self._headers"),
            ),
            rewritten(
                LAYER + "building:Builder._built_by_httpx", ("if call.content is not None:", "if False:")
            ),
        ),
        REQUESTS,
    ),
    _mutant(
        "bearer-ignored",
        "a completion with a public access token sends the API key",
        SDK + "5",
        rewritten(LAYER + "transport:Outgoing.__init__", ("str | None = bearer", "str | None = None")),
        REQUESTS,
    ),
    _mutant(
        "key-sent-to-callback",
        "a callback URL is sent the API key",
        "tokens-auth-errors.md 4.3",
        rewritten(
            LAYER + "transport:Outgoing.__init__", ("bool = not request.authenticated", "bool = False")
        ),
        REQUESTS,
    ),
    _mutant(
        "base-path-lost",
        "the base path of the control plane URL is dropped",
        SDK + "1",
        rewritten(
            "helmr_api.urls:_join",
            ("{place}{parts.path.rstrip('/')}", "{place}"),
        ),
        CONFIG,
        REQUESTS,
    ),
    _mutant(
        "path-not-encoded",
        "path parameters are not percent-encoded",
        SDK + "2",
        rewritten("helmr_api.formats:encode_path_part", ('quote(text, safe="")', "text")),
        PATHS,
    ),
    _mutant(
        "slash-not-encoded",
        "a slash in a path parameter is not percent-encoded",
        SDK + "2",
        rewritten("helmr_api.formats:encode_path_part", ('safe=""', 'safe="/"')),
        PATHS,
    ),
    _mutant(
        "dots-not-encoded",
        "a path parameter `..` changes the path",
        SDK + "2",
        rewritten("helmr_api.formats:encode_path_part", ('if text in (".", ".."):', "if False:")),
        PATHS,
    ),
    _mutant(
        "null-sent-for-omitted",
        "an omitted field is sent as null",
        "sessions.md 1.3",
        rewritten(
            "helmr_api.models.session_close_request:SessionCloseRequest.to_dict",
            ("if self.reason is not None:\n", "if True:\n"),
        ),
        REQUESTS,
    ),
    _mutant(
        "data-null-omitted",
        "data null is not sent",
        "sessions.md 16",
        rewritten(
            "helmr_api.models.append_record_request:AppendRecordRequest.to_dict",
            ("return result", "return {name: value for name, value in result.items() if value is not None}"),
        ),
        REQUESTS,
    ),
    _mutant(
        "unknown-fields-dropped",
        "undocumented fields are dropped",
        "runs.md 2",
        rewritten(
            "helmr_api.models.run:Run.from_dict",
            ("_set_additional_properties(made, d)", "_set_additional_properties(made, {})"),
        ),
        RESPONSES,
    ),
    # --- starts ------------------------------------------------------------------------------------
    _mutant(
        "start-key-not-hashed",
        "the idempotency key of a start is sent unhashed",
        SDK + "7",
        rewritten(
            LAYER + "idempotency:start_key_value",
            (
                "return key.value if isinstance(key, IdempotencyKey) else IdempotencyKey(key).value",
                "return key if isinstance(key, str) else IdempotencyKey(key).value",
            ),
        ),
        REQUESTS,
    ),
    _mutant(
        "start-key-hashed-with-blanks",
        "the idempotency key is a hash of JSON with spaces",
        SDK + "7",
        rewritten(
            LAYER + "idempotency:IdempotencyKey.__init__",
            ("sha256(text)", 'sha256(text.replace(b\'","\', b\'", "\').replace(b"\\":", b"\\": "))'),
        ),
        UNIT + "test_idempotency.py",
    ),
    _mutant(
        "start-key-hashed-escaped",
        "the idempotency key is a hash of JSON with escaped non-ASCII characters",
        SDK + "7",
        rewritten(
            LAYER + "idempotency:IdempotencyKey.__init__",
            ("sha256(text)", 'sha256(text.decode().encode("ascii", "backslashreplace"))'),
        ),
        UNIT + "test_idempotency.py",
    ),
    _mutant(
        "start-without-own-key",
        "a start without a key gets no automatic one, so a retry starts a second session",
        "sessions.md 6.6",
        rewritten(
            LAYER + "_sessions:start_request",
            ('if options.get("external_id") is None:', "if False:"),
        ),
        REQUESTS,
        "tests/faults",
    ),
    _mutant(
        "external-id-with-own-key",
        "a start with an external id gets an automatic key, so the server looks up the deployment first",
        "sessions.md 6.2",
        rewritten(LAYER + "_sessions:start_request", ('if options.get("external_id") is None:', "if True:")),
        REQUESTS,
    ),
    _mutant(
        "own-key-always-the-same",
        "every start without a key gets the same automatic key",
        "sessions.md 6.6",
        rewritten(LAYER + "idempotency:new_key", ("urandom(16).hex()", "0")),
        UNIT + "test_idempotency.py",
    ),
    _mutant(
        "append-without-own-key",
        "an append without a key gets no automatic one, so a retry appends twice",
        "sessions.md 16",
        rewritten(
            LAYER + "_records:append_request",
            (
                "idempotency_key=new_key() if idempotency_key is None else idempotency_key",
                "idempotency_key=idempotency_key",
            ),
        ),
        REQUESTS,
    ),
    _mutant(
        "append-key-hashed",
        "the idempotency key of an append is hashed",
        SDK + "7",
        rewritten(
            LAYER + "_records:append_request",
            (
                "if idempotency_key is None else idempotency_key",
                'if idempotency_key is None else __import__("hashlib").sha256(idempotency_key.encode())'
                ".hexdigest()",
            ),
        ),
        REQUESTS,
    ),
    _mutant(
        "numbers-as-python-writes-them",
        "whole floats and floats with an exponent are sent as Python writes them",
        SDK + "7",
        rewritten("helmr_api.formats:_ecmascript", ("else ecmascript_number(token[0])", "else token[0]")),
        JSON_TEXT,
    ),
    _mutant(
        "numbers-in-strings-rewritten",
        "a number inside a string is rewritten",
        SDK + "7",
        rewritten(
            "helmr_api.formats:_ecmascript",
            (
                "return token[0] if",
                'return re.sub(r"(?<=[0-9])\\.0(?=,)", "", token[0]) if',
            ),
        ),
        JSON_TEXT,
    ),
    _mutant(
        "payload-not-checked",
        "a payload that does not match the task's type is sent",
        SDK + "9.3",
        rewritten(
            LAYER + "_sessions:start_request",
            ("encoded = task.encode_payload(payload)", "encoded = payload"),
        ),
        REQUESTS,
    ),
    _mutant(
        "duration-in-milliseconds",
        "a task's maximum duration is sent in milliseconds",
        SDK + "7",
        rewritten(LAYER + "_tasks:Task.max_duration_seconds", ("// SECOND", "// (SECOND / 1000)")),
        REQUESTS,
    ),
    _mutant(
        "default-duration-not-sent",
        "a task without a maximum duration is sent without the default",
        SDK + "7",
        rewritten(
            LAYER + "_sessions:start_request",
            (
                "kind(task_id=task.id, max_duration_seconds=task.max_duration_seconds)",
                "kind(task_id=task.id)",
            ),
        ),
        REQUESTS,
    ),
    _mutant(
        "ttl-in-other-unit",
        "a timedelta in minutes is written with the number of seconds",
        SDK + "4",
        rewritten(LAYER + "durations:duration_text", ('("m", 60_000_000)', '("m", 1_000_000)')),
        UNIT + "test_durations.py",
    ),
    _mutant(
        "days-of-24-minutes",
        "a day in a duration string counts as 24 minutes",
        SDK + "4",
        rewritten(LAYER + "durations:_nanoseconds", ('24 * _NANOSECONDS["h"]', '24 * _NANOSECONDS["m"]')),
        UNIT + "test_durations.py",
    ),
    _mutant(
        "number-as-duration-sent",
        "a number as duration is sent as a string",
        SDK + "4",
        rewritten(
            LAYER + "durations:duration_text",
            (
                "if isinstance(value, str):",
                'if isinstance(value, (int, float)):\n        return f"{value}s"\n'
                "    if isinstance(value, str):",
            ),
        ),
        UNIT + "test_durations.py",
    ),
    _mutant(
        "naive-time-as-utc",
        "a datetime without time zone is sent as UTC",
        "sessions.md 6.1",
        rewritten(
            LAYER + "times:to_datetime",
            (
                "if moment.utcoffset() is None:",
                "if moment.utcoffset() is None:\n"
                '        moment = moment.replace(tzinfo=__import__("datetime").UTC)\n'
                "    if moment.utcoffset() is None:",
            ),
        ),
        UNIT + "test_times.py",
    ),
    _mutant(
        "external-id-not-encoded",
        "an external id in the query is not percent-encoded",
        SDK + "2",
        rewritten(
            "helmr_api.api.sessions.get_session_by_external_id:request",
            ('"/api/sessions/by-external-id"', '"/api/sessions/by-external-id?external_id=" + external_id'),
            ('params={"external_id": external_id}', "params={}"),
        ),
        REQUESTS,
    ),
    _mutant(
        "external-id-as-id",
        "an external id is used as a session id",
        "sessions.md 3.4",
        rewritten(
            LAYER + "_sessions:address",
            (
                "return Address(None, checked_external_id(external_id))",
                "return Address(checked_external_id(external_id), None)",
            ),
        ),
        REQUESTS,
    ),
    # --- safety ------------------------------------------------------------------------------------
    _mutant(
        "http-to-remote-accepted",
        "the key is sent over plain http to a remote host",
        SDK + "1",
        rewritten(
            "helmr_api.urls:check_url", ('parts.scheme == "http" and not is_loopback(normal)', "False")
        ),
        CONFIG,
    ),
    _mutant(
        "loopback-by-suffix",
        "foo.localhost counts as this machine",
        SDK + "1",
        rewritten(
            "helmr_api.urls:is_loopback",
            (
                'if host in ("localhost", "127.0.0.1", "::1"):',
                'if host in ("localhost", "127.0.0.1", "::1") or host.endswith(".localhost"):',
            ),
        ),
        CONFIG,
    ),
    _mutant(
        "query-in-url-accepted",
        "a control plane URL with a query is accepted",
        SDK + "1",
        rewritten("helmr_api.urls:check_url", ('if "?" in text or "#" in text:', "if False:")),
        CONFIG,
    ),
    _mutant(
        "proxy-for-plain-http",
        "plain http goes through a proxy of the environment",
        SDK + "1",
        rewritten(
            "helmr_api.connection:_Ways.of",
            ('if url.scheme == "https":', 'if url.scheme in ("http", "https"):'),
        ),
        ENVIRONMENT,
    ),
    _mutant(
        "cookies-kept",
        "the server's cookies are stored and sent back",
        SDK + "2",
        rewritten("helmr_api.connection:_client_options", ('"cookies": _NoCookies(), ', "")),
        ENVIRONMENT,
    ),
    _mutant(
        "bad-proxy-ignored",
        "https bypasses an unusable proxy of the environment",
        SDK + "2",
        rewritten(
            "helmr_api.proxies:ProxySettings.apply_to",
            ("if not self._value:", 'if not self._value or "@" in str(self._value):'),
        ),
        ENVIRONMENT,
    ),
    _mutant(
        "connections-of-another-event-loop",
        "an asynchronous client uses the connections of an event loop that has ended",
        SDK + "2",
        rewritten("helmr_api.connection:_running_loop", ("return asyncio.get_running_loop()", "return None")),
        "tests/connection/test_loops.py",
    ),
    _mutant(
        "redirect-followed",
        "redirects are followed, with the API key",
        SDK + "2",
        all_of(
            rewritten(
                LAYER + "_async.connections:send_with", ("follow_redirects=False", "follow_redirects=True")
            ),
            rewritten(
                LAYER + "_sync.connections:send_with", ("follow_redirects=False", "follow_redirects=True")
            ),
        ),
        TRANSPORT,
    ),
    _mutant(
        "secret-in-repr",
        "the repr of a token shows its public access token",
        "tokens-auth-errors.md 3.1",
        rewritten(
            "helmr_api.model:Model.__repr__",
            ("in self._shown)", 'in (*self._shown, "public_access_token") if hasattr(self, name))'),
        ),
        TRANSPORT,
        UNIT + "test_errors.py",
    ),
    _mutant(
        "callback-secret-in-text",
        "the URL of a callback shows its secret in messages",
        "tokens-auth-errors.md 4.3",
        rewritten("helmr_api.connection:SecretURL.__str__", ("/[secret]", "{self.path}")),
        TRANSPORT,
    ),
    _mutant(
        "callback-secret-in-log",
        "the log line of a callback shows its URL",
        "tokens-auth-errors.md 4.3",
        rewritten(
            LAYER + "transport:Outgoing.name",
            ("if self.request.secret_path else", "if False else"),
        ),
        TRANSPORT,
    ),
    _mutant(
        "exchange-pickled",
        "a pickled error contains the request with its key",
        SDK + "3",
        rewritten(
            LAYER + "errors:HelmrError.__reduce__",
            ('if name not in ("request", "response")', 'if name != "response"'),
        ),
        UNIT + "test_errors.py",
        TRANSPORT,
    ),
    # --- retries -----------------------------------------------------------------------------------
    _mutant(
        "no-retries",
        "a transient failure is not retried",
        "tokens-auth-errors.md 1.6",
        both("transport", "AsyncTransport._attempts", ("if not repeats or", "if True or")),
        TRANSPORT,
    ),
    _mutant(
        "retries-without-end",
        "a failure is retried forever",
        "tokens-auth-errors.md 1.6",
        both(
            "transport",
            "AsyncTransport._attempts",
            ("attempt <= self.max_retries", "attempt <= self.max_retries + 5"),
        ),
        TRANSPORT,
    ),
    _mutant(
        "retry-of-unsafe-call",
        "a call that could act twice is retried",
        "tokens-auth-errors.md 3.7",
        rewritten(
            LAYER + "transport:Outgoing.__init__",
            ("request.safe_to_repeat and not once", "True"),
        ),
        TRANSPORT,
    ),
    _mutant(
        "retry-of-refusal",
        "a 409 is retried",
        "sessions.md 6.3",
        rewritten(
            LAYER + "retries:is_retryable_status",
            ("status in _RETRYABLE", "status in _RETRYABLE or status == 409"),
        ),
        TRANSPORT,
    ),
    _mutant(
        "retry-not-of-429",
        "a 429 is not retried",
        "tokens-auth-errors.md 1.6",
        rewritten(
            LAYER + "retries:is_retryable_status",
            ("status in _RETRYABLE", "status in _RETRYABLE and status != 429"),
        ),
        TRANSPORT,
    ),
    _mutant(
        "retry-with-other-key",
        "a retried start has another key",
        "sessions.md 6.6",
        both(
            "transport",
            "AsyncTransport._request",
            (
                "request = self._http.build(",
                "if call.content is not None:\n"
                '        other = b"helmr-python-" + __import__("uuid").uuid4().hex.encode()\n'
                '        known = rb"helmr-python-[0-9a-f]{32}"\n'
                '        call.content = __import__("re").sub(known, other, call.content)\n'
                "    request = self._http.build(",
            ),
        ),
        TRANSPORT,
    ),
    _mutant(
        "retry-after-ignored",
        "Retry-After is ignored",
        SDK + "7",
        rewritten(LAYER + "retries:retry_delay", ("if minimum:", "if False:")),
        TRANSPORT,
    ),
    _mutant(
        "retry-after-date-ignored",
        "a Retry-After that is a date is ignored",
        SDK + "7",
        rewritten(
            LAYER + "retries:_seconds_asked",
            ("until = _http_date(value)", "until = None"),
        ),
        TRANSPORT,
    ),
    _mutant(
        "pending-not-repeated",
        "a 202 idempotency_pending is raised without a retry",
        SDK + "7",
        both(
            "transport",
            "AsyncTransport._attempts",
            ("repeats = repeats and self.max_retries > 0 and", "repeats = False and"),
        ),
        TRANSPORT,
    ),
    _mutant(
        "pending-repeated-for-ever",
        "a 202 idempotency_pending is retried forever",
        SDK + "7",
        both(
            "transport",
            "AsyncTransport._attempts",
            (
                "pending_until = monotonic() + PENDING_BUDGET",
                "pending_until = monotonic() + PENDING_BUDGET * 9",
            ),
        ),
        TRANSPORT,
    ),
    _mutant(
        "any-202-pending",
        "every 202 is treated as a start in progress",
        SDK + "7",
        rewritten(
            LAYER + "transport:is_pending_start",
            (
                'response.status_code == 202 and _envelope(response)[1] == "idempotency_pending"',
                "response.status_code == 202",
            ),
        ),
        TRANSPORT,
    ),
    # --- errors and values -------------------------------------------------------------------------
    _mutant(
        "error-code-lost",
        "an error does not have the contract's code",
        "tokens-auth-errors.md 1.6",
        rewritten(
            LAYER + "transport:response_error",
            ("status_error(status, text, code, ", "status_error(status, text, None, "),
        ),
        TRANSPORT,
    ),
    _mutant(
        "gone-is-conflict",
        "a 410 is raised as a conflict",
        "tokens-auth-errors.md 1.6",
        rewritten(
            LAYER + "errors:status_error",
            ("_BY_STATUS.get(status)", "_BY_STATUS.get(409 if status == 410 else status)"),
        ),
        UNIT + "test_errors.py",
    ),
    _mutant(
        "httpx-error-leaks",
        "a broken connection raises an httpx error",
        SDK + "2",
        rewritten(
            LAYER + "transport:connection_error",
            ('request: httpx.Request | None = getattr(exc, "_request", None)', "raise exc"),
        ),
        TRANSPORT,
    ),
    _mutant(
        "unknown-status-raises",
        "an unknown run status raises an error",
        "runs.md 2.1",
        rewritten(
            "helmr_api.models.run:Run.from_dict",
            (
                '_set_status(made, d.pop("status"))',
                '_set_status(made, RunStatus.__args__[RunStatus.__args__.index(d.pop("status"))])',
            ),
        ),
        "tests/contract/test_layer_types_every_response.py",
        REQUESTS,
    ),
    _mutant(
        "output-null-is-none-given",
        "an output null is treated as no output",
        "runs.md 2",
        rewritten(
            LAYER + "_runs:RunSnapshot.has_output",
            (
                'return self.output_json is not None or "output" in self.additional_properties',
                "return bool(self.output_json)",
            ),
        ),
        REQUESTS,
    ),
    _mutant(
        "output-not-typed",
        "the output of a run is not converted to the task's type",
        SDK + "9.3",
        rewritten(
            LAYER + "_runs:RunSnapshot.output",
            ("if task is None", "if True"),
        ),
        REQUESTS,
    ),
    _mutant(
        "nanoseconds-lost",
        "a time with nine fraction digits loses three when serialized",
        "tokens-auth-errors.md 1.5",
        rewritten(
            "helmr_api.formats:format_datetime",
            ("if isinstance(value, WireDatetime) and value.wire:", "if False:"),
        ),
        RESPONSES,
    ),
    # --- pages, follows, waits ---------------------------------------------------------------------
    _mutant(
        "records-cursor-not-advanced",
        "the second page of records repeats the first",
        "sessions.md 18.1",
        both("streams", "_Records.list", ("page[-1].sequence if", "page[0].sequence if")),
        REQUESTS,
    ),
    _mutant(
        "records-first-page-only",
        "only the first page of records is listed",
        "sessions.md 18.1",
        both("streams", "_Records.list", ("if page and len(page) >= min(page_size, PAGE)", "if False")),
        REQUESTS,
    ),
    _mutant(
        "events-first-page-only",
        "only the first page of events is listed",
        "runs.md 6.2",
        both("run_events", "_page", ("return events, page.next_cursor", "return events, None")),
        REQUESTS,
    ),
    _mutant(
        "tokens-cursor-not-advanced",
        "only the first page of tokens is listed",
        "tokens-auth-errors.md 3.4",
        generated("tokens", "AsyncTokens.list", ("lambda page: page.next_cursor", "lambda page: None")),
        REQUESTS,
    ),
    _mutant(
        "follow-repeats-events",
        "a follow repeats events after a broken connection",
        "runs.md 6.6",
        both(
            "event_follower",
            "AsyncEventFollower._follow",
            ("[(number, self._read(raw))] if number > at else []", "[(number, self._read(raw))]"),
            ("if number > at:", "if True:"),
            (
                "stream = self._stream(subject_id, at)",
                "stream = self._stream(subject_id, max(0, at - 1))",
            ),
        ),
        WAITING,
    ),
    _mutant(
        "follow-loses-events",
        "a follow skips an event after a broken connection",
        "runs.md 6.6",
        both(
            "event_follower",
            "AsyncEventFollower._follow",
            (
                "stream = self._stream(subject_id, at)",
                "stream = self._stream(subject_id, at + bool(at))",
            ),
        ),
        WAITING,
    ),
    _mutant(
        "follow-ends-on-failed-attempt",
        "a follow ends at the failure of the first attempt",
        "runs.md 6.6",
        both(
            "event_follower",
            "AsyncEventFollower._follow",
            (
                "if last in self._last:",
                'if last in self._last or last == "run.failed":',
            ),
        ),
        WAITING,
    ),
    _mutant(
        "wait-ends-on-failed-attempt",
        "a wait ends at the failure of the first attempt",
        "runs.md 6.6",
        both(
            "watching",
            "AsyncRunWatcher.until_end",
            (
                'if event["kind"] in RUN_END_EVENT_KINDS:',
                'if event["kind"] == "run.failed":\n'
                '                                object.__setattr__(run, "status", "failed")\n'
                "                                break\n"
                '                            if event["kind"] in RUN_END_EVENT_KINDS:',
            ),
        ),
        WAITING,
    ),
    _mutant(
        "wait-ignores-cancel-request",
        "a wait does not notice a graceful cancel before the worker has stopped",
        "runs.md 5.3",
        both("watching", "AsyncRunWatcher.until_end", ('if event["kind"] == CANCEL_REQUESTED:', "if False:")),
        WAITING,
        "tests/e2e/test_client_waiting.py",
    ),
    _mutant(
        "wait-without-deadline",
        "a wait does not end at its deadline",
        SDK + "2",
        rewritten(
            LAYER + "waiting:Deadline.passed",
            ("return self._at is not None and monotonic() >= self._at", "return False"),
        ),
        WAITING,
    ),
    _mutant(
        "deadline-in-milliseconds",
        "a timeout in seconds is read as milliseconds",
        SDK + "4",
        rewritten(
            LAYER + "durations:to_seconds", ("seconds = float(value)", "seconds = float(value) / 1000")
        ),
        UNIT + "test_durations.py",
        WAITING,
    ),
    _mutant(
        "logs-cut-a-character",
        "a character split across two chunks is lost",
        "runs.md 7.2",
        rewritten(
            LAYER + "_logs:LogDecoder.chunk",
            ("decoder.decode(chunk.content)", 'chunk.content.decode("utf-8", "replace")'),
        ),
        WAITING,
    ),
    _mutant(
        "logs-mix-streams",
        "parts of characters of stdout and stderr are joined",
        "runs.md 7.2",
        rewritten(
            LAYER + "_logs:LogDecoder.chunk",
            ("[chunk.stream, chunk.run_lease_id]", '["", ""]'),
        ),
        WAITING,
    ),
    _mutant(
        "sse-joins-frames",
        "a frame split across two chunks is lost",
        "runs.md 6.6",
        rewritten(LAYER + "sse:SSEDecoder.feed", ('text = b"".join([*self._line, text])', "pass")),
        UNIT + "test_sse.py",
    ),
    _mutant(
        "sse-crlf-not-understood",
        "frames with CR LF are not parsed",
        "runs.md 6.6",
        rewritten(LAYER + "sse:SSEDecoder.feed", ('if b"\\r" in chunk:', "if False:")),
        UNIT + "test_sse.py",
    ),
    _mutant(
        "token-wait-by-own-clock",
        "a token counts as expired by the client's own clock",
        "tokens-auth-errors.md 3.2",
        rewritten(
            LAYER + "retries:server_time",
            ('_http_date(response.headers.get("date", "")) or datetime.now(UTC)', "datetime.now(UTC)"),
        ),
        WAITING,
    ),
    _mutant(
        "token-cancel-is-success",
        "waiting for a cancelled token raises no error",
        SDK + "8.2",
        rewritten(
            LAYER + "_tokens:TokenSnapshot.result",
            (
                'WaitResult(False, None, TokenCancelledError(f"token {self.id} was cancelled"))',
                "WaitResult(True, None, None)",
            ),
        ),
        WAITING,
    ),
    _mutant(
        "status-all-sent",
        "the list of all sessions sends status=all, which matches none",
        "sessions.md 8",
        generated("sessions", "AsyncSessions.list", ("status=status", 'status=status or "all"')),
        REQUESTS,
    ),
    _mutant(
        "cancel-force-not-sent",
        "a forced cancel is sent as a graceful one",
        "runs.md 5.1",
        generated("runs", "AsyncRuns.cancel", ("force=force", "force=None")),
        REQUESTS,
    ),
]
