"""Client faults, planted between the Python client and its connection, its caller or its driver.

Each is a mistake that client libraries make. A scenario must catch it.
"""

from __future__ import annotations

import json
import threading
import unicodedata
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx

from helmr_contract.client.drivers import DriverError
from helmr_contract.client.protocol import Outcome, check, read_abilities, read_outcome
from helmr_contract.client.python_driver import PythonDriver
from helmr_contract.client.world import KEY
from helmr_contract.document import Json

Call = Callable[[httpx.Request], httpx.Response]


@dataclass(frozen=True)
class Fault:
    """A planted fault and the scenario that catches it.

    Args:
        request: Changes each request before it is sent.
        response: Changes each response before the client reads it.
        send: Replaces the transport's way of sending.
        arguments: Changes the driver's input: the client settings and the arguments of the call.
        result: Changes what the driver reports. Gets the call and the response.
    """

    name: str
    caught_by: str
    request: Callable[[httpx.Request], httpx.Request] | None = None
    response: Callable[[httpx.Response], httpx.Response] | None = None
    send: Callable[[Call, httpx.Request], httpx.Response] | None = None
    arguments: Callable[[Json, Json], None] | None = None
    result: Callable[[str, Json], None] | None = None


class _Transport(httpx.HTTPTransport):
    def __init__(self, fault: Fault) -> None:
        super().__init__()
        self._fault = fault

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        fault, send = self._fault, super().handle_request
        changed = request if fault.request is None else fault.request(request)
        response = send(changed) if fault.send is None else fault.send(send, changed)
        return response if fault.response is None else fault.response(response)


class FaultyDriver:
    """The Python client's driver, run in this process with a planted fault."""

    def __init__(self, fault: Fault) -> None:
        self._fault = fault
        self._http = httpx.Client(transport=_Transport(fault), trust_env=False)
        self._driver = PythonDriver(http_client=self._http)
        self.abilities = read_abilities(self._driver.introduction())

    def call(self, call: str, client: Json, args: Json, within: float) -> Outcome:
        client, args = json.loads(json.dumps(client)), json.loads(json.dumps(args))
        if self._fault.arguments is not None:
            self._fault.arguments(client, args)
        responses: list[Json] = []
        message = {"id": 1, "call": call, "client": client, "args": args}
        check("call", message)
        thread = threading.Thread(target=lambda: responses.append(self._driver.respond(message)), daemon=True)
        thread.start()
        thread.join(within)
        if not responses:
            raise DriverError(f"the driver did not respond within {within:g} s")
        response = json.loads(json.dumps(responses[0]))
        if self._fault.result is not None:
            self._fault.result(call, response)
        return read_outcome(call, response, 0.0)

    def errors(self) -> list[str]:
        return []

    def restart(self) -> None: ...

    def environment(self, changes: Any) -> None:
        del changes

    def close(self) -> None:
        self._driver.close()
        self._http.close()


# Changes of requests ----------------------------------------------------------------------------------------


def rebuilt(request: httpx.Request, **changes: Any) -> httpx.Request:
    """Return a copy of the request with another URL, other headers or another body."""
    headers = httpx.Headers(changes.get("headers", request.headers))
    content = changes.get("content", request.content)
    headers["content-length"] = str(len(content))
    if not content and request.method == "GET":
        del headers["content-length"]
    url = changes.get("url", request.url)
    return httpx.Request(
        request.method, url, headers=headers, content=content, extensions=dict(request.extensions)
    )


def header(name: str, value: str | None, only: str = "") -> Callable[[httpx.Request], httpx.Request]:
    """Change or remove a header of requests whose path contains `only`."""

    def change(request: httpx.Request) -> httpx.Request:
        if only not in request.url.path:
            return request
        headers = httpx.Headers(request.headers)
        headers.pop(name, None)
        if value is not None:
            headers[name] = value
        return rebuilt(request, headers=headers)

    return change


def body(change: Callable[[Json], Any], only: str = "") -> Callable[[httpx.Request], httpx.Request]:
    """Change the JSON body of requests whose path contains `only`."""

    def changed(request: httpx.Request) -> httpx.Request:
        if not request.content or only not in request.url.path:
            return request
        value = change(json.loads(request.content))
        return rebuilt(request, content=json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())

    return changed


def text(old: bytes, new: bytes) -> Callable[[httpx.Request], httpx.Request]:
    """Replace bytes of the body."""
    return lambda request: rebuilt(request, content=request.content.replace(old, new))


def without(*names: str) -> Callable[[Json], Json]:
    return lambda fields: {name: value for name, value in fields.items() if name not in names}


def param(name: str, only: Callable[[httpx.Request], bool] = lambda _: True) -> Callable[..., httpx.Request]:
    """Leave a query parameter out."""

    def change(request: httpx.Request) -> httpx.Request:
        if not only(request):
            return request
        return rebuilt(request, url=request.url.copy_remove_param(name))

    return change


def raw_path(old: bytes, new: bytes) -> Callable[[httpx.Request], httpx.Request]:
    def change(request: httpx.Request) -> httpx.Request:
        return rebuilt(request, url=request.url.copy_with(raw_path=request.url.raw_path.replace(old, new)))

    return change


def _first_word(request: httpx.Request) -> httpx.Request:
    parts = request.url.raw_path.partition(b"?")
    return rebuilt(
        request, url=request.url.copy_with(raw_path=parts[0].replace(b"%2F", b"/") + parts[1] + parts[2])
    )


def _no_cursor(request: httpx.Request) -> httpx.Request:
    headers = httpx.Headers(request.headers)
    headers.pop("last-event-id", None)
    return rebuilt(request, headers=headers, url=request.url.copy_remove_param("cursor"))


def _composed(fields: Json) -> Json:
    normal: Json = json.loads(unicodedata.normalize("NFC", json.dumps(fields, ensure_ascii=False)))
    return normal


# Changes of responses ---------------------------------------------------------------------------------------


def answered(change: Callable[[Json], Json]) -> Callable[[httpx.Response], httpx.Response]:
    """Change the JSON that the client receives."""

    def changed(response: httpx.Response) -> httpx.Response:
        content = response.read()
        with suppress(ValueError, AttributeError, TypeError):  # not an object, or not JSON
            content = json.dumps(change(json.loads(content))).encode()
        headers = httpx.Headers(response.headers)
        headers.pop("transfer-encoding", None)
        headers["content-length"] = str(len(content))
        return httpx.Response(response.status_code, headers=headers, content=content)

    return changed


def answered_header(name: str) -> Callable[[httpx.Response], httpx.Response]:
    """Hide a response header from the client."""

    def change(response: httpx.Response) -> httpx.Response:
        response.headers.pop(name, None)
        return response

    return change


def _unavailable_is_refused(response: httpx.Response) -> httpx.Response:
    if response.status_code in (502, 503):
        response.status_code = 400
    return response


def _unavailable_is_final(response: httpx.Response) -> httpx.Response:
    if response.status_code in (429, 502, 503, 504):
        response.status_code = 500
    return response


def streamed(change: Callable[[Iterator[bytes]], Iterator[bytes]]) -> Callable[..., httpx.Response]:
    """Change the bytes of event streams as they arrive."""

    class Changed(httpx.SyncByteStream):
        def __init__(self, stream: httpx.SyncByteStream) -> None:
            self._stream = stream

        def __iter__(self) -> Iterator[bytes]:
            return change(iter(self._stream))

        def close(self) -> None:
            self._stream.close()

    def changed(response: httpx.Response) -> httpx.Response:
        if response.headers.get("content-type", "").startswith("text/event-stream"):
            assert isinstance(response.stream, httpx.SyncByteStream)
            response.stream = Changed(response.stream)
        return response

    return changed


def _decoded_apart(chunks: Iterator[bytes]) -> Iterator[bytes]:
    return (chunk.decode(errors="replace").encode() for chunk in chunks)


def _short_lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Drop what exceeds a line buffer of 64 KiB."""
    length = 0
    for chunk in chunks:
        length = len(chunk.rpartition(b"\n")[2]) if b"\n" in chunk else length + len(chunk)
        if length <= 65_536:
            yield chunk


# Ways to send -----------------------------------------------------------------------------------------------


def _follows_redirects(send: Call, request: httpx.Request) -> httpx.Response:
    response = send(request)
    if response.status_code in (301, 302, 307, 308):
        response.read()
        url = httpx.URL(response.headers["location"])
        return send(rebuilt(request, url=url, headers={**request.headers, "host": url.netloc.decode()}))
    return response


def repeats(*statuses: int) -> Callable[[Call, httpx.Request], httpx.Response]:
    def send_twice(send: Call, request: httpx.Request) -> httpx.Response:
        response = send(request)
        if response.status_code in statuses:
            response.read()
            return send(rebuilt(request))
        return response

    return send_twice


def polls_at_once(send: Call, request: httpx.Request) -> httpx.Response:
    """Poll a stream of records ten times as often."""
    for _ in range(9 if "/outputs/" in request.url.path else 0):
        send(rebuilt(request)).read()
    return send(request)


def repeats_when_lost(drop: str = "") -> Callable[[Call, httpx.Request], httpx.Response]:
    """Repeat every lost request, without the field that makes repetition safe."""

    def send_again(send: Call, request: httpx.Request) -> httpx.Response:
        request = body(without(drop))(request) if drop else request
        try:
            return send(request)
        except httpx.TransportError:
            return send(rebuilt(request))

    return send_again


# Changes of the driver's report -----------------------------------------------------------------------------


def reported(change: Callable[[Any], Any], *calls: str) -> Callable[[str, Json], None]:
    def changed(call: str, response: Json) -> None:
        if "result" in response and (not calls or call in calls):
            response["result"] = change(response["result"])

    return changed


def errors(change: Callable[[Json], Json]) -> Callable[[str, Json], None]:
    def changed(call: str, response: Json) -> None:
        del call
        if "error" in response:
            response["error"] = change(response["error"])

    return changed


def succeeds_always(call: str, response: Json) -> None:
    """Report an error as an empty result."""
    if response.pop("error", None):
        response["result"] = {"data": "", "cursor": None} if call.endswith("output") else {}


def _ends_without_events(call: str, response: Json) -> None:
    del call
    if response.pop("error", None):
        response["result"] = {"events": []}


def _floats(value: Any) -> Any:
    return json.loads(json.dumps(value), parse_int=float)


def _known_only(run: Json) -> Json:
    return {name: value for name, value in run.items() if name != "new_field"}


def _events(change: Callable[[list[Any]], list[Any]]) -> Callable[[str, Json], None]:
    return reported(lambda it: {"events": change(it["events"])}, "runs.follow_events", "runs.events")


def _garbled(result: Json) -> Json:
    def one(chunk: Json) -> Json:
        return {**chunk, "text": chunk["text"].encode()[:1].decode(errors="replace") + chunk["text"][1:]}

    return {"chunks": [one(chunk) for chunk in result["chunks"]]}


def _set(field: str, value: Any) -> Callable[[Json, Json], None]:
    def change(client: Json, args: Json) -> None:
        target = client if field in client else args
        if field in target:
            target[field] = value

    return change


def _drop(field: str) -> Callable[[Json, Json], None]:
    def change(client: Json, args: Json) -> None:
        client.pop(field, None)
        args.pop(field, None)

    return change


def _is_later_page(request: httpx.Request) -> bool:
    return "cursor" in request.url.params or "after" in request.url.params


START = "/api/sessions"
KEY_FIELD = "idempotency_key"

FAULTS = [
    # --- requests ---
    Fault("no-version-header", "request/bearer-and-version-header", header("helmr-api-version", None)),
    Fault("no-key", "request/bearer-and-version-header", header("authorization", None)),
    Fault("no-sdk-header", "request/sdk-version-header", header("helmr-sdk-version", None)),
    Fault("no-content-type", "request/content-type-json", header("content-type", None)),
    Fault(
        "form-content-type",
        "request/content-type-json",
        header("content-type", "application/x-www-form-urlencoded"),
    ),
    Fault(
        "accepts-events-for-pages",
        "request/accept-json-only-for-pages",
        header("accept", "application/json, text/event-stream"),
    ),
    Fault("slash-in-path", "request/path-segments-encoded", _first_word),
    Fault("plus-in-query", "request/external-id-with-slash-hash-unicode", raw_path(b"%2B", b"+")),
    Fault("base-path-lost", "request/base-path-kept", raw_path(b"/helmr/v1", b"")),
    Fault(
        "no-body-on-close",
        "request/empty-object-sent-for-close-and-cancel",
        lambda request: rebuilt(request, content=b"") if "close" in request.url.path else request,
    ),
    Fault(
        "null-for-omitted", "request/omitted-is-not-null", body(lambda fields: {"metadata": None} | fields)
    ),
    Fault(
        "null-payload-dropped",
        "request/payload-null-kept",
        body(lambda fields: {name: value for name, value in fields.items() if value is not None}),
    ),
    Fault("integers-as-floats", "request/integers-plain", text(b'"n":42', b'"n":42.0')),
    Fault("numbers-as-python-writes-them", "request/numbers-as-ecmascript", text(b'"a":1,', b'"a":1.0,')),
    Fault(
        "project-named",
        "request/no-project-id-with-api-key",
        body(lambda fields: fields | {"project_id": "p"}),
    ),
    Fault("strings-normalised", "request/strings-not-trimmed-or-normalised", body(_composed)),
    Fault("tags-lost", "request/metadata-and-tags-sent", body(without("tags"), START)),
    Fault(
        "large-body-cut",
        "request/large-body",
        body(lambda fields: fields | {"payload": {"text": fields["payload"]["text"][:65536]}}),
    ),
    Fault(
        "key-not-hashed",
        "start/hashed-key-digests",
        body(lambda fields: fields | {KEY_FIELD: "abc"}, START),
    ),
    Fault("key-lifetime-lost", "start/key-lifetime-sent", body(without("idempotency_key_ttl"))),
    Fault(
        "another-key-for-each-attempt",
        "start/lost-response-one-session",
        body(lambda fields: fields | {KEY_FIELD: uuid.uuid4().hex}, START),
    ),
    Fault(
        "own-key-beside-external-id",
        "start/external-id-alone-is-enough",
        body(lambda fields: fields | {KEY_FIELD: "own"}, START),
    ),
    Fault(
        "own-key-always-the-same",
        "start/own-keys-differ",
        body(lambda fields: fields | {KEY_FIELD: "own"}, START),
    ),
    Fault(
        "append-key-always-the-same",
        "retry/appends-are-two-records",
        body(lambda fields: fields | {KEY_FIELD: "own"}, "/inputs/"),
    ),
    Fault("cursor-not-advanced", "events/resume-after-cut", _no_cursor),
    Fault(
        "filter-on-the-first-page-only", "pages/filter-kept-on-every-page", param("status", _is_later_page)
    ),
    Fault("record-cursor-lost", "pages/records-exactly-once", param("after_sequence")),
    Fault(
        "api-key-on-public-routes",
        "public/no-api-key-with-public-token",
        header("authorization", f"Bearer {KEY}"),
    ),
    Fault(
        "api-key-to-callback",
        "public/callback-body-wrapped-in-data",
        header("authorization", f"Bearer {KEY}", "/callback/"),
    ),
    Fault(
        "callback-body-not-wrapped",
        "public/callback-body-wrapped-in-data",
        body(lambda fields: fields["data"], "/callback/"),
    ),
    Fault("max-uses-lost", "public/create-token-scope", body(without("max_uses"))),
    Fault("reason-lost", "wait/cancel-shows-the-operation", body(without("reason"))),
    Fault("token-key-lost", "token/create-returns-its-secrets", body(without(KEY_FIELD))),
    # --- retries ---
    Fault("redirects-followed", "request/key-not-sent-to-redirect-target", send=_follows_redirects),
    Fault("client-errors-repeated", "retry/4xx-never-repeated", send=repeats(400, 401, 404)),
    Fault("conflicts-repeated", "start/conflict-codes-distinguished", send=repeats(409)),
    Fault(
        "start-repeated-without-key",
        "start/without-key-not-repeated-after-lost-response",
        send=repeats_when_lost(KEY_FIELD),
    ),
    Fault(
        "append-repeated-without-key",
        "retry/append-without-key-not-repeated",
        send=repeats_when_lost(KEY_FIELD),
    ),
    Fault("public-append-repeated", "public/max-uses-not-spent-by-retry", send=repeats_when_lost()),
    Fault("retry-after-ignored", "retry/503-retry-after-seconds", response=answered_header("retry-after")),
    Fault(
        "pending-not-waited-for",
        "start/pending-respects-retry-after",
        response=answered_header("retry-after"),
    ),
    Fault(
        "retry-after-by-own-clock",
        "retry/503-retry-after-date-with-skewed-clock",
        response=answered_header("date"),
    ),
    Fault("transient-errors-final", "retry/429-and-502-repeated", response=_unavailable_is_final),
    Fault("connections-not-kept", "retry/connections-reused", header("connection", "close")),
    # --- streams ---
    Fault("utf8-decoded-per-read", "events/split-utf8-and-frames", response=streamed(_decoded_apart)),
    Fault("line-buffer-of-64-kib", "events/large-event", response=streamed(_short_lines)),
    Fault(
        "cut-character-replaced",
        "events/cut-inside-a-character",
        result=_events(lambda events: [{**one, "message": "\ufffd"} for one in events]),
    ),
    Fault(
        "page-taken-for-the-end",
        "events/page-of-a-proxy-is-no-stream",
        result=_ends_without_events,
    ),
    Fault(
        "event-of-a-cut-line-end-lost",
        "events/cut-between-cr-and-lf",
        result=_events(lambda events: events[:2] + events[3:]),
    ),
    Fault("followed-records-not-advanced", "outputs/follow-from-a-sequence", param("after_sequence")),
    Fault(
        "records-before-the-end-lost",
        "outputs/follow-until-the-end",
        result=reported(lambda it: {"records": it["records"][:-2]}, "outputs.follow"),
    ),
    Fault("follow-not-resumed", "outputs/follow-trouble-on-the-way", response=_unavailable_is_refused),
    Fault("records-polled-in-a-busy-loop", "outputs/follow-not-in-a-busy-loop", send=polls_at_once),
    Fault("missing-stream-taken-for-an-empty-one", "outputs/follow-refused", result=succeeds_always),
    # --- reports ---
    Fault("code-lost", "response/unknown-error-code", response=answered(without("code"))),
    Fault(
        "pending-taken-for-an-error",
        "start/pending-202-repeats-same-bytes",
        response=answered(without("code")),
    ),
    Fault("events-twice", "events/all-of-an-ended-run", result=_events(lambda events: events + events[-1:])),
    Fault("last-event-lost", "events/all-of-an-ended-run", result=_events(lambda events: events[:-1])),
    Fault("events-out-of-order", "events/cut-many-times", result=_events(lambda events: events[::-1])),
    Fault(
        "output-null-is-none",
        "response/output-null-or-omitted",
        result=reported(lambda run: {name: value for name, value in run.items() if value is not None}),
    ),
    Fault(
        "unknown-status-mapped",
        "response/unknown-run-status",
        result=reported(lambda run: run | {"status": "unknown"}),
    ),
    Fault("unknown-fields-dropped", "response/unknown-fields-kept", result=reported(_known_only)),
    Fault("integers-rounded", "response/integers-above-2^53", result=reported(_floats)),
    Fault(
        "message-lost",
        "response/error-message-reported",
        result=errors(lambda error: error | {"message": "bad request"}),
    ),
    Fault("status-lost", "response/empty-405", result=errors(lambda error: error | {"status": None})),
    Fault(
        "key-in-errors",
        "secrets/credentials-not-in-logs-or-errors",
        result=errors(lambda error: error | {"message": f"sent {KEY}"}),
    ),
    Fault(
        "is-cached-lost",
        "start/reused-200-is-success",
        result=reported(lambda started: started | {"is_cached": False}),
    ),
    Fault("chunks-decoded-apart", "logs/base64-chunks-joined-before-decoding", result=reported(_garbled)),
    Fault(
        "conflict-taken-for-success",
        "token/completion-conflict-reported",
        result=succeeds_always,
    ),
    # --- ignored arguments ---
    Fault("given-cursor-ignored", "events/resume-from-given-cursor", arguments=_drop("cursor")),
]
