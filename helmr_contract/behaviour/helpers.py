"""Helpers of the behaviour tests: a caller, envelope checks, an exact event-stream reader, waiting."""

from __future__ import annotations

import json
import re
import socket
import time
import uuid
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import httpx
import pytest

from helmr_api.connection import tls_context
from helmr_api.constants import (
    EVENTS_KEEP_ALIVE_SECONDS,
    LOGS_KEEP_ALIVE_SECONDS,
    MAX_BODY_BYTES,
    RETAINED_OUTPUT_BYTES,
    SERVER_WAIT_SECONDS,
)
from helmr_api.formats import is_object
from helmr_contract.bounded import in_path
from helmr_contract.breach import STRICT, Breach, expect, expect_status, shown
from helmr_contract.document import Document
from helmr_contract.recording import tell_raw
from helmr_contract.selection import UNKNOWN_PATHS

KNOWN_FAULT = "a known fault of the real control plane"
T = TypeVar("T")
JsonObject = dict[str, Any]

API_VERSION = "2026-06-06"
PREFIX = "helmr-contract-"
TAG = "helmr-contract"
UNKNOWN_ID = "0197f000-0000-7000-8000-000000000000"
TERMINAL = {"succeeded", "failed", "cancelled", "expired"}

SESSION_FIELDS = {
    "id", "project_id", "environment_id", "task_id", "initial_deployment_id", "active_deployment_id",
    "external_id", "status", "activity", "can_close", "current_run_id", "workspace_id", "metadata", "tags",
    "result", "error", "timed_out", "terminal_reason", "expires_at", "expired_at", "created_at", "updated_at",
}  # fmt: skip
RUN_FIELDS = {
    "id", "project_id", "environment_id", "deployment_id", "deployment_task_id", "session_id", "version",
    "deployment_version", "api_version", "sdk_version", "cli_version", "task_id", "status", "metadata",
    "attempt_number", "exit_code", "output", "created_at", "updated_at",
}  # fmt: skip


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Any = _Absent()


def rule(*sections: str) -> pytest.MarkDecorator:
    """Mark the contract sections that a test checks."""
    return pytest.mark.rule(*sections)


def unique(what: str = "x") -> str:
    """Return a name that no other test or earlier run has used."""
    return f"{PREFIX}{what}-{uuid.uuid4().hex}"


def step(do: str, **fields: Any) -> JsonObject:
    """Return one step of the probe task."""
    return {"do": do, **fields}


WORK = step("work")


def in_(seconds: float) -> str:
    """Return the RFC 3339 time that many seconds from now."""
    text = (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return text.rstrip("0").rstrip(".") + "Z"  # as the contract formats times


def parse_time(text: str) -> datetime:
    """Parse an RFC 3339 time with an offset, as the contract specifies."""
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", text), text
    fraction = re.search(r"\.(\d+)", text)
    if fraction:
        assert not STRICT.text or not fraction.group(1).endswith("0"), f"trailing zeros in {text}"
        text = text.replace(fraction.group(0), "." + fraction.group(1)[:6].ljust(6, "0"))
    return datetime.fromisoformat(text)


def is_canonical_uuid(text: Any) -> bool:
    return (
        isinstance(text, str) and re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text) is not None
    )


@dataclass(frozen=True)
class Streams:
    """The probe's declared streams."""

    input: str = "probe.in"
    approval: str = "approval"
    output: str = "probe.out"
    report: str = "agent.report"


@dataclass(frozen=True)
class Limits:
    """The contract's constants in seconds and bytes, for the server under test.

    Other servers have the values of the contract; the local one is started with shorter waits, which affects
    no rule.
    """

    start_and_wait: float = SERVER_WAIT_SECONDS
    sweep: float = 5.0
    continuation: float = 1.0
    hot_window: float = 120.0
    keep_alive: float = EVENTS_KEEP_ALIVE_SECONDS
    log_tick: float = LOGS_KEEP_ALIVE_SECONDS
    body: int = MAX_BODY_BYTES
    retained: int = RETAINED_OUTPUT_BYTES  # for each output of an exec or PTY
    patience: float = 90.0  # the longest that a test waits for the server's background work


@dataclass
class Guard:
    """Prevents requests to operations that the run must not test."""

    document: Document | None = None
    left_out: Mapping[str, str] = field(default_factory=dict[str, str])  # the reason, by operationId
    base_path: str = ""
    off: bool = False

    def check(self, method: str, raw_path: str) -> None:
        """Skip the test if it must not send this request."""
        if self.off or self.document is None or not self.left_out:
            return
        path = raw_path.partition("?")[0].removeprefix(self.base_path)
        at = self.document.operations_at(path)
        same = [operation for operation in at if operation.method == method.upper()]
        if not at:
            pytest.skip(UNKNOWN_PATHS)
        for operation in same:
            if operation.id in self.left_out:
                pytest.skip(f"needs {operation.id}, which is {self.left_out[operation.id]}")
        if all(operation.id in self.left_out for operation in at):
            pytest.skip(f"needs {at[0].id}, which is {self.left_out[at[0].id]}")

    @contextmanager
    def suspended(self) -> Generator[None]:
        """Within the block, allow everything, for cleanup."""
        self.off = True
        try:
            yield
        finally:
            self.off = False


@dataclass(frozen=True)
class Server:
    """The server under test."""

    url: str
    key: str = field(repr=False)
    task: str = "helmr-contract-probe"
    streams: Streams = field(default_factory=Streams)
    limits: Limits = field(default_factory=Limits)
    secret_task: str = "helmr-contract-probe-secret"  # declares a secret that is not set; optional
    serial_task: str = "helmr-contract-probe-serial"  # runs one at a time; optional
    guard: Guard = field(default_factory=Guard, repr=False, compare=False)

    @property
    def base_path(self) -> str:
        """The path of the URL, without a trailing slash."""
        return httpx.URL(self.url).path.rstrip("/")


class Made:
    """The resources that the tests created on the server; cleanup ends only these."""

    def __init__(self, base_path: str = "") -> None:
        self._base_path = base_path
        # The ids, as segments of a path.
        self.sessions: list[str] = []
        self.tokens: list[str] = []
        self.workspaces: list[str] = []
        self.stopped_workspaces: set[str] = set()

    def note(self, response: httpx.Response) -> None:
        """Record the session, token or workspace in a response; the tests check its form."""
        request = response.request
        path = request.url.path.removeprefix(self._base_path)
        if request.method != "POST" or response.status_code not in _MAKERS.get(path, ()):
            return
        response.read()
        try:
            body: object = response.json()
        except (ValueError, RecursionError):
            return
        if path == "/api/tokens":
            _add(self.tokens, body, "id")
        elif path == "/api/workspaces":
            _add(self.workspaces, body, "workspace", "id")
        else:
            _add(self.sessions, body, "session", "id")
            _add(self.workspaces, body, "session", "workspace_id")


# Paths of operations that create, with the statuses that say so. A token that was there before is 200.
_MAKERS = {
    "/api/sessions": (200, 201),
    "/api/sessions/start-and-wait": (200, 201),
    "/api/workspaces": (200, 201),
    "/api/tokens": (201,),
}


def _add(known: list[str], body: object, *fields: str) -> None:
    """Add the id at that place in a response, if there is one."""
    for name in fields:
        body = body.get(name) if is_object(body) else None
    if isinstance(body, str) and body:
        known.append(in_path(body))


class Addressing:
    """Addresses sessions by id, as the tests do, or by external id on the corresponding routes."""

    ROUTE = re.compile(r"(/api(?:/v1)?/sessions)/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?![^/?])(.*)")

    def __init__(self) -> None:
        self.by_external_id = False
        self._external_ids: dict[str, str | None] = {UNKNOWN_ID: unique("unknown")}

    def of(self, path: str, look_up: Callable[[str], httpx.Response]) -> str:
        """Return the path to use; a session without an external id is always addressed by its id."""
        route = self.ROUTE.fullmatch(path) if self.by_external_id else None
        if route is None:
            return path
        root, session, rest = route.groups()
        if session not in self._external_ids:
            found = look_up(f"/api/sessions/{session}")
            self._external_ids[session] = found.json().get("external_id") if found.is_success else None
        external_id = self._external_ids[session]
        if external_id is None:
            return path
        rest, _, query = rest.partition("?")
        parameter = f"external_id={quote(external_id, safe='')}"
        return f"{root}/by-external-id{rest}?{query}{'&' if query else ''}{parameter}"


@dataclass(frozen=True)
class Api:
    """A caller of the server: its HTTP client and its credential, if any."""

    http: httpx.Client = field(repr=False)
    server: Server
    credential: str | None = field(default=None, repr=False)
    addressing: Addressing = field(default_factory=Addressing, repr=False)

    def as_caller(self, credential: str | None) -> Api:
        """Return a caller of the same server with another credential."""
        return replace(self, credential=credential)

    def request(
        self,
        method: str,
        path: str,
        body: Any = ABSENT,
        *,
        content: bytes | Iterator[bytes] | None = None,
        params: Mapping[str, Any] | Sequence[tuple[str, str]] | None = None,
        headers: Mapping[str, str] | Sequence[tuple[str, str]] | None = None,
    ) -> httpx.Response:
        sent = httpx.Headers(self.authorization())
        extra = httpx.Headers(headers)
        if "authorization" in extra:
            del sent["authorization"]
        pairs = [*sent.multi_items(), *extra.multi_items()]
        if body is not ABSENT:
            content = json.dumps(body).encode()
            if "content-type" not in extra:
                pairs.append(("Content-Type", "application/json"))
        url = self.server.url + self.addressing.of(path, self._look_up)
        more = httpx.QueryParams(params if params is None or isinstance(params, Mapping) else list(params))
        if more:
            # Added here, because httpx would replace the query of the path.
            query = urlencode(more.multi_items(), quote_via=quote)
            url += f"{'&' if '?' in url else '?'}{query}"
        # Keep the credential out of tracebacks.
        return self.http.request(method, url, content=content, headers=httpx.Headers(pairs))

    def _look_up(self, path: str) -> httpx.Response:
        headers = httpx.Headers(self.as_caller(self.server.key).authorization())
        return self.http.get(self.server.url + path, headers=headers)

    def authorization(self) -> dict[str, str]:
        return {} if self.credential is None else {"Authorization": f"Bearer {self.credential}"}

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, body: Any = ABSENT, **options: Any) -> httpx.Response:
        return self.request("POST", path, body, **options)

    def patch(self, path: str, body: Any = ABSENT, **options: Any) -> httpx.Response:
        return self.request("PATCH", path, body, **options)

    # Sessions -----------------------------------------------------------------------------------------------

    def start_body(self, *steps: JsonObject, **options: Any) -> JsonObject:
        """Return the body of a start of the probe with those steps, tagged as created by a test. Options with
        the value ABSENT are omitted.
        """
        body: JsonObject = {
            "task_id": self.server.task,
            "payload": {"steps": list(steps)},
            "external_id": unique(),
            "tags": [TAG],
            **options,
        }
        return {name: value for name, value in body.items() if value is not ABSENT}

    def start(self, *steps: JsonObject, **options: Any) -> JsonObject:
        """Start a new session; return its SessionStart."""
        started: JsonObject = ok(self.post("/api/sessions", self.start_body(*steps, **options)), 201)
        return started

    def finish(self, *steps: JsonObject, **options: Any) -> JsonObject:
        """Start a new session and wait until its run has ended; return its SessionStart."""
        body = self.start_body(*steps, **options)
        finished: JsonObject = ok(self.post("/api/sessions/start-and-wait", body), 200)
        if finished.get("timed_out"):
            finished["run"] = self.wait(finished["run"]["id"])
            finished["session"] = self.session(finished["session"]["id"])
        return finished

    def session(self, session_id: str) -> JsonObject:
        session: JsonObject = ok(self.get(f"/api/sessions/{session_id}"))
        return session

    def run(self, run_id: str) -> JsonObject:
        run: JsonObject = ok(self.get(f"/api/runs/{run_id}"))
        return run

    def runs_of(self, session_id: str) -> list[JsonObject]:
        runs: list[JsonObject] = ok(self.get(f"/api/sessions/{session_id}/runs"))["runs"]
        return runs

    def send(self, session_id: str, stream: str, data: Any, **fields: Any) -> JsonObject:
        """Append to an input stream; return the response."""
        path = f"/api/sessions/{session_id}/inputs/{stream}"
        sent: JsonObject = ok(self.post(path, {"data": data, **fields}), 201)
        return sent

    def append(self, session_id: str, stream: str, data: Any, **fields: Any) -> JsonObject:
        """Append to an output stream; return the response."""
        path = f"/api/sessions/{session_id}/outputs/{stream}"
        sent: JsonObject = ok(self.post(path, {"data": data, **fields}), 201)
        return sent

    def token(self, **body: Any) -> JsonObject:
        """Create a token."""
        token: JsonObject = ok(self.post("/api/tokens", {"tags": [TAG], **body}), 201)
        return token

    # Waiting ------------------------------------------------------------------------------------------------

    def events(self, run_id: str) -> list[JsonObject]:
        """Return all events of a run so far."""
        found: list[JsonObject] = []
        cursor: int | None = 0
        while cursor is not None:
            page: JsonObject = ok(self.get(f"/api/runs/{run_id}/events", params={"cursor": str(cursor)}))
            found.extend(page["events"])
            cursor = page.get("next_cursor")
        return found

    def event(self, run_id: str, kind: str) -> JsonObject:
        """Follow the run's events until one of that kind arrives, and return it."""
        cursor = 0

        def look() -> JsonObject | None:
            nonlocal cursor
            with self.follow(f"/api/runs/{run_id}/events", last_event_id=str(cursor)) as stream:
                for frame in stream.frames():
                    cursor = int(frame.id)
                    if frame.data["kind"] == kind:
                        found: JsonObject = frame.data
                        return found
            return None  # a failed attempt ends the stream, although the run continues

        return eventually(look, within=self.server.limits.patience, what=f"an event {kind}")

    def wait(self, run_id: str) -> JsonObject:
        """Wait until the run has ended; return the run."""

        def ended() -> JsonObject | None:
            run = self.run(run_id)
            return run if run["status"] in TERMINAL else None

        return eventually(ended, within=self.server.limits.patience, what="the end of the run")

    def activity(self, session_id: str, activity: str) -> JsonObject:
        """Wait until the session shows that activity; return the session."""

        def shown() -> JsonObject | None:
            session = self.session(session_id)
            return session if session["activity"] == activity else None

        return eventually(shown, within=self.server.limits.patience, what=f"activity {activity}")

    @contextmanager
    def follow(
        self, path: str, *, last_event_id: str | None = None, params: Mapping[str, str] | None = None
    ) -> Generator[EventStream]:
        """Open an event stream as a browser does."""
        headers = httpx.Headers({"Accept": "text/event-stream", **self.authorization()})
        if last_event_id is not None:
            headers["Last-Event-ID"] = last_event_id
        with self.http.stream(
            "GET",
            self.server.url + path,
            headers=headers,
            params=params,
            timeout=httpx.Timeout(10.0, read=self.server.limits.patience),
        ) as response:
            if response.status_code != 200:
                response.read()
            assert response.status_code == 200, response.text
            yield EventStream(response, self.server.limits.patience)


@dataclass(frozen=True)
class Frame:
    """One frame of an event stream, in exactly the form that the contract prescribes."""

    id: str
    event: str
    data: Any


@dataclass(frozen=True)
class Comment:
    text: str


class EventStream:
    """Reads an event stream in exactly the contract's framing, and fails on any other."""

    FRAME = re.compile(rb"id: (\d+)\nevent: ([a-z_]+)\ndata: ([^\n]+)")

    def __init__(self, response: httpx.Response, patience: float) -> None:
        self.response = response
        self.ended = False
        self._deadline = time.monotonic() + patience
        self._parts = self._read()

    def _read(self) -> Iterator[Frame | Comment]:
        buffer = b""
        for chunk in self.response.iter_raw():
            assert time.monotonic() < self._deadline, "the stream did not end in time"
            buffer += chunk
            while b"\n\n" in buffer:
                part, buffer = buffer.split(b"\n\n", 1)
                if part.startswith(b":"):
                    assert b"\n" not in part, part
                    yield Comment(part.decode())
                    continue
                yield self._frame(part)
        assert not buffer, f"the stream ended inside a frame: {buffer!r}"
        self.ended = True

    def _frame(self, part: bytes) -> Frame:
        if STRICT.text:
            match = self.FRAME.fullmatch(part)
            assert match, f"not a frame of the contract: {part!r}"
            return Frame(match[1].decode(), match[2].decode(), json.loads(match[3]))
        lines = [line.partition(":") for line in part.decode().splitlines()]
        fields = {name: value.removeprefix(" ") for name, _, value in lines}
        assert {"id", "event", "data"} <= fields.keys(), f"not a frame of the contract: {part!r}"
        return Frame(fields["id"], fields["event"], json.loads(fields["data"]))

    def next(self) -> Frame | Comment:
        """Return the next frame or comment."""
        part = next(self._parts, None)
        assert part is not None, "the stream ended"
        return part

    def frames(self) -> Iterator[Frame]:
        """Yield frames up to the end of the body, without comments."""
        return (part for part in self._parts if isinstance(part, Frame))

    def comments(self) -> Iterator[Comment]:
        return (part for part in self._parts if isinstance(part, Comment))


# Assertions -------------------------------------------------------------------------------------------------


def ok(response: httpx.Response, status: int = 200) -> Any:
    """Check that a response has the status and a valid envelope; return its JSON."""
    expect_status(response, status)
    media_type = response.headers.get("content-type", "none")
    expect(
        media_type == "application/json" if STRICT.text else _is_json(media_type),
        response,
        "the response is not of the media type application/json",
        "Content-Type: application/json",
        media_type,
    )
    if "/api/" in response.request.url.path:
        version = response.headers.get("helmr-api-version")
        expect(
            version == API_VERSION,
            response,
            "the response does not carry the version of the contract",
            f"Helmr-API-Version: {API_VERSION}",
            str(version),
        )
    body: Any = None
    try:
        body = response.json()
    except (ValueError, RecursionError):
        expect(False, response, "the body is not JSON", "JSON", shown(response))
    if STRICT.text:
        end = response.content[-2:]
        expect(
            end[-1:] == b"\n" and end != b"\n\n",
            response,
            "the body does not end in one newline",
            "one newline at the end",
            repr(end),
        )
    return body


def _is_json(media_type: str) -> bool:
    return media_type.partition(";")[0].strip().lower() == "application/json"


def assert_error(
    response: httpx.Response, status: int, text: str | re.Pattern[str] | None = None, code: str | None = None
) -> None:
    """Assert that a response is this error, with no fields in its body other than the contract's."""
    received: object = ok(response, status)
    body = received if is_object(received) else {}
    fields = {"error"} if code is None else {"error", "code"}
    message = body.get("error")
    expect(
        isinstance(message, str) and bool(message),
        response,
        "an error does not have the form of the contract",
        'a JSON object with the string "error"',
        shown(response),
    )
    expect(
        body.get("code") == code,
        response,
        f"an error of status {status} has the code {body.get('code')} instead of {code}",
        f"code {code}",
        shown(response),
    )
    expect(
        set(body) == fields,
        response,
        f"an error has the fields {', '.join(sorted(set(body) - fields))}",
        f"only the fields {', '.join(sorted(fields))}",
        shown(response),
    )
    if STRICT.text and text is not None:
        same = message == text if isinstance(text, str) else text.fullmatch(str(message))
        wanted = text if isinstance(text, str) else text.pattern
        expect(bool(same), response, "an error has a different message", repr(wanted), repr(message))


def client_mistake(response: httpx.Response) -> None:
    """Accept both 400 and 500 for a client's mistake: the real server returns 500, where the document
    deliberately specifies 400. A handler that crashes does not pass.
    """
    if response.status_code != 500:
        expect_status(response, 400)
    body = ok(response, response.status_code)
    assert set(body) == {"error"}, body
    expect(
        body["error"] != "internal server error",
        response,
        "a mistake of the client is reported as an internal error of the server",
        "status 400",
        shown(response),
    )


def known_fault(present: bool, fault: str) -> None:
    """Fail if a known fault of the real control plane is present, with the fault as the cause. The baseline
    `real-server` accepts these faults.
    """
    if present:
        breach = Breach(f"{KNOWN_FAULT}: {fault}", "a server without this fault", fault)
        breach.alone = True
        raise breach


def starting(prefix: str) -> re.Pattern[str]:
    """Match any message with this prefix: the rest comes from the JSON parser and may vary."""
    return re.compile(re.escape(prefix) + ".+", re.DOTALL)


def version_header(response: httpx.Response) -> str | None:
    value: str | None = response.headers.get("helmr-api-version")
    return value


def eventually(check: Callable[[], T | None], *, within: float, what: str) -> T:
    """Poll until `check` returns a result, for background work that no request waits for."""
    deadline = time.monotonic() + within
    while True:
        found = check()
        if found:
            return found
        if time.monotonic() >= deadline:
            pytest.fail(f"{what} did not happen within {within:g} s")
        time.sleep(0.02)


def within_tries(attempt: Callable[[], T | None], *, what: str, tries: int = 10) -> T:
    """Repeat an attempt that the server's background work may interfere with; fail after `tries`."""
    for _ in range(tries):
        found = attempt()
        if found:
            return found
    pytest.fail(f"{what} was not seen in {tries} tries")


def at_once(count: int, call: Callable[[int], T]) -> list[T]:
    """Make `count` calls at the same instant, each on its own thread; return the results."""
    gate = Barrier(count)

    def one(number: int) -> T:
        gate.wait(timeout=30)
        return call(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


@dataclass(frozen=True)
class RawAnswer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name]


def raw_request(server: Server, head: str, body: bytes = b"") -> RawAnswer:
    """Send exactly these bytes, with Host and Connection, for requests that an HTTP client would refuse to
    send. Write the key as `{key}` in the head, to keep it out of tracebacks.
    """
    url = urlsplit(server.url)
    assert url.hostname
    method, path, *_ = head.strip().split(" ")
    server.guard.check(method, path)
    port = url.port or (443 if url.scheme == "https" else 80)
    with socket.create_connection((url.hostname, port), timeout=30) as plain:
        link = plain
        if url.scheme == "https":
            link = tls_context().wrap_socket(plain, server_hostname=url.hostname)
        lines = head.strip().replace("{key}", server.key).replace("\n", "\r\n")
        link.sendall(f"{lines}\r\nHost: {url.netloc}\r\nConnection: close\r\n\r\n".encode() + body)
        received = b""
        while b"\r\n\r\n" not in received:
            chunk = link.recv(65536)
            assert chunk, received
            received += chunk
        answer_head, _, rest = received.partition(b"\r\n\r\n")
        while chunk := link.recv(65536):
            rest += chunk
    first, *header_lines = answer_head.decode("latin-1").split("\r\n")
    headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in header_lines)]
    raw = RawAnswer(int(first.split(" ")[1]), headers, rest)
    sent = [
        (name, value.strip()) for name, _, value in (line.partition(":") for line in lines.split("\r\n")[1:])
    ]
    request = httpx.Request(method, f"{url.scheme}://{url.netloc}{path}", headers=sent, content=body)
    tell_raw(request, httpx.Response(raw.status, content=rest, request=request))
    return raw
