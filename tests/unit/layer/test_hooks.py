"""Request hooks and OpenTelemetry spans, over every kind of connection."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import threading
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from helmr import AiohttpClient, Exchange, aio, configure, errors, runs
from helmr_ergonomic import facade

from . import responses
from .driver import KEY, Driver
from .responses import RUN_ID, TOKEN_ID


class Server:
    """A control plane that records request headers and fails a set number of requests."""

    def __init__(self) -> None:
        self.headers: list[dict[str, str]] = []
        self.failures = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.headers.append({name.lower(): value for name, value in self.headers.items()})
                outer.failures -= 1
                status = 503 if outer.failures >= 0 else 200
                body = json.dumps(responses.run("succeeded") if status == 200 else {"error": "busy"}).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None: ...

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


def client(drive: Driver, server: Server, connections: str, *hooks: Any) -> Any:
    options: dict[str, Any] = {"url": server.url, "api_key": KEY, "hooks": hooks}
    if connections == "of the caller":
        options["http_client"] = drive.http()
    elif connections == "of aiohttp":
        if drive.kind == "sync":
            pytest.skip("aiohttp has no synchronous client")
        options["http_client"] = drive.keep(AiohttpClient())
    return drive.live(**options)


CONNECTIONS = pytest.mark.parametrize("connections", ["of its own", "of the caller", "of aiohttp"])


class Noting:
    """A hook that records each exchange and adds headers."""

    def __init__(self) -> None:
        self.seen: list[Exchange] = []
        self.before: list[tuple[int, int | None]] = []

    @contextmanager
    def __call__(self, exchange: Exchange) -> Generator[None]:
        self.seen.append(exchange)
        self.before.append((exchange.attempts, exchange.status))
        exchange.headers.update({"X-Request-Id": "r-1", "Authorization": "Bearer stolen"})
        yield


@CONNECTIONS
def test_a_hook_sees_a_request_with_its_retries_and_adds_headers(
    drive: Driver, server: Server, naps: list[float], connections: str
) -> None:
    hook = Noting()
    server.failures = 2
    assert drive(client(drive, server, connections, hook).runs.retrieve(RUN_ID)).id == RUN_ID
    (seen,) = hook.seen
    assert hook.before == [(0, None)]
    assert (seen.operation, seen.method, seen.path) == ("getRun", "GET", f"/api/runs/{RUN_ID}")
    assert (seen.origin, seen.attempts, seen.status, seen.error) == (server.url, 3, 200, None)
    assert [headers["x-request-id"] for headers in server.headers] == ["r-1"] * 3
    assert {headers["authorization"] for headers in server.headers} == {f"Bearer {KEY}"}
    assert KEY not in repr(seen)


@CONNECTIONS
def test_a_hook_sees_an_event_stream_that_fails_to_open(
    drive: Driver, server: Server, naps: list[float], connections: str
) -> None:
    hook = Noting()
    with pytest.raises(errors.UnexpectedResponseError):  # the server responds with a run
        drive.items(client(drive, server, connections, hook).runs.events.follow(RUN_ID))
    (seen,) = hook.seen
    assert (seen.operation, seen.status, seen.attempts) == ("listRunEvents", 200, 1)
    assert isinstance(seen.error, errors.UnexpectedResponseError)
    assert server.headers[0]["x-request-id"] == "r-1"


def test_a_hook_does_not_see_a_callback_url(drive: Driver) -> None:
    hook = Noting()
    url = f"https://helmr.test/api/v1/tokens/{TOKEN_ID}/callback/" + "s" * 43
    seen: list[httpx.Request] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return responses.error(404, "no such token")

    with pytest.raises(errors.NotFoundError):
        drive(drive.client(refuse, hooks=[hook]).tokens.complete(callback_url=url))
    assert len(seen) == 1
    assert hook.seen[0].path == "[callback URL]"
    assert "s" * 43 not in repr(hook.seen)
    assert "Authorization" not in seen[0].headers


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_exception_of_a_hook_becomes_a_helmr_error(drive: Driver, when: str) -> None:
    @contextmanager
    def failing(exchange: Exchange) -> Generator[None]:
        if when == "before":
            raise KeyError("mine")
        yield
        raise KeyError("mine")

    broken = drive.client(lambda request: responses.ok(responses.run()), hooks=[failing])
    with pytest.raises(errors.HelmrError, match="a hook raised KeyError: 'mine'") as caught:
        drive(broken.runs.retrieve(RUN_ID))
    assert isinstance(caught.value.__cause__, KeyError)


def test_a_hook_cannot_suppress_an_error_and_with_options_keeps_hooks(drive: Driver) -> None:
    @contextmanager
    def hiding(exchange: Exchange) -> Generator[None]:
        with suppress(errors.NotFoundError):
            yield

    hook = Noting()
    made = drive.client(lambda request: responses.error(404, "x"), hooks=[hiding, hook])
    with pytest.raises(errors.NotFoundError):
        drive(made.with_options(timeout=5).runs.retrieve(RUN_ID))
    with pytest.raises(errors.NotFoundError):
        drive(made.with_raw_response.runs.retrieve(RUN_ID))
    assert [type(seen.error) for seen in hook.seen] == [errors.NotFoundError] * 2
    with pytest.raises(errors.ArgumentError, match="hooks must be a list"):
        drive.client(lambda request: responses.error(404, "x"), hooks="tracing")


@pytest.mark.parametrize("way", ["swallows it", "raises another", "forgets it"])
def test_a_hook_cannot_suppress_an_interrupt(drive: Driver, way: str) -> None:
    @contextmanager
    def hiding(exchange: Exchange) -> Generator[None]:
        try:
            yield
        except BaseException:
            exchange.error = None
            if way == "raises another":
                raise KeyError("mine") from None

    def interrupt(request: httpx.Request) -> httpx.Response:
        raise KeyboardInterrupt if way != "forgets it" else httpx.ReadError("broke")

    expected = errors.HelmrConnectionError if way == "forgets it" else KeyboardInterrupt
    with pytest.raises(expected):
        drive(drive.client(interrupt, hooks=[hiding], max_retries=0).runs.retrieve(RUN_ID))


@pytest.mark.parametrize(
    ("name", "value"), [("x", None), (1, "x"), ("x", "\xe9"), ("x", "a\r\nb: c"), ("x y", "z"), ("", "z")]
)
def test_an_invalid_header_of_a_hook_is_a_helmr_error(drive: Driver, name: Any, value: Any) -> None:
    @contextmanager
    def adding(exchange: Exchange) -> Generator[None]:
        exchange.headers[name] = value
        yield

    made = drive.client(lambda request: responses.ok(responses.run()), hooks=[adding])
    with pytest.raises(errors.HelmrError, match="a hook added"):
        drive(made.runs.retrieve(RUN_ID))


class Watched(httpx.SyncByteStream, httpx.AsyncByteStream):
    """An event stream that records whether it was closed."""

    is_closed = False

    def __iter__(self) -> Iterator[bytes]:
        yield b": nothing\n\n"

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b": nothing\n\n"

    def close(self) -> None:
        self.is_closed = True

    async def aclose(self) -> None:
        self.is_closed = True


def test_an_event_stream_is_closed_if_a_hook_raises_after_opening(drive: Driver) -> None:
    stream = Watched()

    @contextmanager
    def failing(exchange: Exchange) -> Generator[None]:
        yield
        if exchange.operation == "listRunEvents":
            raise KeyError("mine")

    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/events"):
            return httpx.Response(200, headers={"Content-Type": "text/event-stream"}, stream=stream)
        return responses.ok(responses.run())

    with pytest.raises(errors.HelmrError, match="a hook raised KeyError") as caught:
        drive.items(drive.client(respond, hooks=[failing]).runs.events.follow(RUN_ID))
    assert isinstance(caught.value.__cause__, KeyError)
    assert stream.is_closed


def test_a_hook_sees_the_requests_of_a_public_client(drive: Driver) -> None:
    hook = Noting()
    secret = "hlmr_pat_" + "p" * 43
    url = f"https://helmr.test/api/v1/tokens/{TOKEN_ID}/callback/hlmr_callback_" + "s" * 43
    public = drive.public(lambda request: responses.error(404, "x"), secret, hooks=[hook])
    with pytest.raises(errors.NotFoundError):
        drive(public.complete(TOKEN_ID))
    with pytest.raises(errors.NotFoundError):
        drive(public.complete_by_callback(url))
    assert [seen.path.rpartition("/")[2] for seen in hook.seen] == ["complete", "[callback URL]"]
    assert [seen.attempts for seen in hook.seen] == [1, 1]
    assert not re.search("s{43}|p{43}", repr(hook.seen))


@pytest.fixture
def facades(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Any]]:
    """Return a function that retrieves a run with the sync facade, then with the async one."""
    monkeypatch.setenv("HELMR_API_URL", server.url)
    monkeypatch.setenv("HELMR_API_KEY", KEY)

    async def awaited() -> None:
        await aio.runs.retrieve(RUN_ID)
        await aio.aclose()

    def read() -> None:
        runs.retrieve(RUN_ID)
        asyncio.run(awaited())

    yield read
    configure(hooks=[])
    facade.close()


def test_the_facades_use_the_configured_hooks(facades: Callable[[], Any], server: Server) -> None:
    first, second = Noting(), Noting()
    facades()
    configure(hooks=[first])
    facades()
    assert [seen.operation for seen in first.seen] == ["getRun", "getRun"]
    configure(hooks=[second])
    client = facade.shared_client()
    facades()
    assert facade.shared_client() is client
    configure(hooks=[])
    facades()
    assert (len(first.seen), len(second.seen), len(server.headers)) == (2, 2, 8)
    with pytest.raises(errors.ArgumentError, match="hooks must be a list"):
        configure(hooks="tracing")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    facades()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_hooks_work_in_a_child_forked_while_another_thread_runs_a_hook(
    facades: Callable[[], Any],
) -> None:
    within, leave = threading.Event(), threading.Event()
    parent = os.getpid()

    @contextmanager
    def slow(exchange: Exchange) -> Generator[None]:
        if os.getpid() == parent and threading.current_thread() is not threading.main_thread():
            within.set()
            leave.wait(30)
        exchange.headers["X-Process"] = str(os.getpid())
        yield

    configure(hooks=[slow])
    thread = threading.Thread(target=runs.retrieve, args=(RUN_ID,))
    thread.start()
    assert within.wait(30)
    child = os.fork()
    if child == 0:
        signal.alarm(30)  # kills a hanging child
        with suppress(BaseException):
            facades()
            os._exit(0)
        os._exit(1)
    leave.set()
    thread.join()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


# --- OpenTelemetry -----------------------------------------------------------------------------------------


Spans = Callable[[], Any]


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Spans:
    """Return a function that lists the finished spans."""
    sdk = pytest.importorskip("opentelemetry.sdk.trace")
    from opentelemetry import trace
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    provider = sdk.TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    return exporter.get_finished_spans


@CONNECTIONS
def test_each_request_has_a_span_whose_context_is_sent(
    drive: Driver, server: Server, naps: list[float], connections: str, spans: Spans
) -> None:
    from opentelemetry import trace

    from helmr_otel import tracing

    made = client(drive, server, connections, tracing)
    server.failures = 1
    drive(made.runs.retrieve(RUN_ID))
    server.failures = 100
    with pytest.raises(errors.ServerError):
        drive(made.with_options(max_retries=0).runs.retrieve(RUN_ID))
    well, badly = spans()
    assert (well.name, well.kind) == ("getRun", trace.SpanKind.CLIENT)
    assert dict(well.attributes) == {
        "http.request.method": "GET",
        "url.path": f"/api/runs/{RUN_ID}",
        "server.address": "127.0.0.1",
        "server.port": httpx.URL(server.url).port,
        "http.response.status_code": 200,
        "http.request.resend_count": 1,
    }
    assert badly.attributes["error.type"] == "ServerError"
    assert badly.status.status_code is trace.StatusCode.ERROR
    assert badly.status.description == "busy (HTTP 503)"
    traced = [headers["traceparent"].split("-")[1:3] for headers in server.headers]
    ids = [
        (format(span.context.trace_id, "032x"), format(span.context.span_id, "016x"))
        for span in (well, badly)
    ]
    assert [tuple(one) for one in traced] == [ids[0], ids[0], ids[1]]
    assert KEY not in well.to_json() + badly.to_json()


SECRETS = {
    "key": "hlmr_sk_" + "k" * 43,
    "token": "hlmr_public_access_" + "p" * 43,
    "callback": "hlmr_callback_" + "c" * 43,
}


def broken(secrets: str) -> dict[str, Callable[[httpx.Request], httpx.Response]]:
    """Return servers that fail in various ways, with the credentials in the message."""

    def raising(error: Exception) -> Callable[[httpx.Request], httpx.Response]:
        def respond(request: httpx.Request) -> httpx.Response:
            raise error

        return respond

    return {
        "a broken connection": raising(httpx.ReadError(f"broke at {secrets}")),
        "a connection that is refused": raising(httpx.ConnectError(f"cannot reach {secrets}")),
        "a time limit": raising(httpx.ReadTimeout(secrets)),
        "a request that cannot be sent": raising(httpx.LocalProtocolError(f"Illegal header {secrets}")),
        "an error of no kind": raising(ValueError(secrets)),
        "an echo": lambda request: responses.error(400, f"{request.url} {dict(request.headers)} {secrets}"),
        "no JSON": lambda request: httpx.Response(200, text=secrets),
        "another place": lambda request: httpx.Response(302, headers={"Location": f"/{secrets}"}),
    }


@pytest.mark.parametrize("trouble", broken(""))
def test_no_credential_reaches_a_span(drive: Driver, spans: Spans, trouble: str) -> None:
    from helmr_otel import tracing

    respond = broken(" ".join(SECRETS.values()))[trouble]
    options: dict[str, Any] = {"hooks": [tracing], "max_retries": 0}
    mine = drive.client(respond, api_key=SECRETS["key"], **options)
    public = drive.public(respond, SECRETS["token"], **options)
    url = f"https://helmr.test/api/v1/tokens/{TOKEN_ID}/callback/{SECRETS['callback']}"
    calls = (
        lambda: drive(mine.runs.retrieve(RUN_ID)),
        lambda: drive.items(mine.runs.events.list(RUN_ID)),
        lambda: drive(mine.tokens.complete(callback_url=url)),
        lambda: drive(public.complete(TOKEN_ID)),
        lambda: drive(public.complete_by_callback(url)),
    )
    for call in calls:
        with pytest.raises(errors.HelmrError):
            call()
    ended = spans()
    assert len(ended) == len(calls)
    for span in ended:
        assert span.attributes["error.type"]
        assert span.status.description
        assert not re.search("k{43}|p{43}|c{43}", span.to_json())


def test_a_span_records_the_failure_of_another_hook(drive: Driver, spans: Spans) -> None:
    from helmr_otel import tracing

    @contextmanager
    def failing(exchange: Exchange) -> Generator[None]:
        yield
        raise KeyError(SECRETS["key"])

    made = drive.client(lambda request: responses.ok(responses.run()), hooks=[tracing, failing])
    with pytest.raises(errors.HelmrError, match="a hook raised KeyError"):
        drive(made.runs.retrieve(RUN_ID))
    (span,) = spans()
    assert span.attributes["error.type"] == "KeyError"
    assert span.attributes["http.response.status_code"] == 200
    assert (span.status.is_ok, span.status.description, span.events) == (False, None, ())
