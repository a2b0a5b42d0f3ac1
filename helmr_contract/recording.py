"""A pytest plugin that records each test's outcome and HTTP traffic as JSON lines while the tests run.

`helmr-contract` loads it into the behaviour tests' process (`-p helmr_contract.recording`) with the directory
to write to in `HELMR_CONTRACT_RECORD`; each process writes its own file there. Credentials are replaced
before anything is written.
"""

from __future__ import annotations

import functools
import json
import os
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from helmr_contract.breach import Breach, foreign_error, shown
from helmr_contract.curl import curl_line
from helmr_contract.interrupts import accept_interrupts
from helmr_contract.request_validator import body_of
from helmr_contract.scoped_keys import scoped_keys
from helmr_contract.secrets import Scrubber
from helmr_contract.unanswered import Unanswered

DIRECTORY = "HELMR_CONTRACT_RECORD"

# The last requests of a failed test show what it did; people read only the start of a message.
_LAST_REQUESTS = 12
_MESSAGE_LIMIT = 6000
_CAUSE_LIMIT = 500


class Listener:
    """Receives every request that a client in this process sends, and the head of every response."""

    def on_request(self, request: httpx.Request) -> None:
        """Handle a request before it is sent. A response may never arrive."""

    def on_exchange(self, request: httpx.Request, response: httpx.Response) -> None:
        """Handle a response when its head has arrived."""

    def on_failure(self, request: httpx.Request, seconds: float) -> None:
        """Handle a request that failed after that time without a complete response."""

    def on_raw_exchange(self, request: httpx.Request, response: httpx.Response) -> None:
        """Handle a response to bytes that a test sent by itself, which may not be a request at all."""


_listeners: list[Listener] = []


@contextmanager
def listening(listener: Listener) -> Generator[None]:
    """Pass the traffic of this process to `listener`."""
    if not _listeners:
        _wrap_clients()
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
        if not _listeners:
            _unwrap_clients()


def _senders() -> list[tuple[type[Any], bool]]:
    """Return the classes whose `send` sends requests, and whether it is a coroutine: the httpx clients, and
    the layer's replacement for them on its own connections.
    """
    from helmr_ergonomic._async.http import AsyncOwnHttp
    from helmr_ergonomic._sync.http import OwnHttp

    return [(httpx.Client, False), (OwnHttp, False), (httpx.AsyncClient, True), (AsyncOwnHttp, True)]


_wrapped: list[tuple[type[Any], Callable[..., Any]]] = []


def _wrap_clients() -> None:
    for kind, is_awaited in _senders():
        _wrapped.append((kind, kind.send))
        kind.send = _awaited(kind.send) if is_awaited else _blocking(kind.send)


def _unwrap_clients() -> None:
    while _wrapped:
        kind, send = _wrapped.pop()
        kind.send = send


def _blocking(send: Callable[..., httpx.Response]) -> Callable[..., httpx.Response]:
    @functools.wraps(send)
    def telling(self: Any, request: httpx.Request, **options: Any) -> httpx.Response:
        with _telling_of(request):
            response = send(self, request, **options)
        return _tell(request, response)

    return telling


def _awaited(send: Callable[..., Awaitable[httpx.Response]]) -> Callable[..., Awaitable[httpx.Response]]:
    @functools.wraps(send)
    async def telling(self: Any, request: httpx.Request, **options: Any) -> httpx.Response:
        with _telling_of(request):
            response = await send(self, request, **options)
        return _tell(request, response)

    return telling


@contextmanager
def _telling_of(request: httpx.Request) -> Generator[None]:
    for listener in list(_listeners):
        listener.on_request(request)
    began = time.monotonic()
    try:
        yield
    except httpx.TransportError:
        for listener in list(_listeners):
            listener.on_failure(request, time.monotonic() - began)
        raise


def _tell(request: httpx.Request, response: httpx.Response) -> httpx.Response:
    for listener in list(_listeners):
        listener.on_exchange(request, response)
    return response


def tell_raw(request: httpx.Request, response: httpx.Response) -> None:
    """Report a request that a test sent by itself."""
    for listener in list(_listeners):
        listener.on_raw_exchange(request, response)


class Recording(Listener):
    """Writes one line per event."""

    def __init__(self, directory: Path, scrub: Scrubber) -> None:
        self._file = (directory / f"{os.getpid()}.jsonl").open("w", encoding="utf-8")
        self._scrub = scrub
        self._exchanges: list[dict[str, Any]] = []
        self._curl: list[str] = []
        self._last: httpx.Response | None = None  # the latest response
        self._is_raw = False  # the test itself sent its request, for a rule about every operation
        self._unanswered = Unanswered()

    def on_exchange(self, request: httpx.Request, response: httpx.Response) -> None:
        body = body_of(request)
        url = str(request.url)
        self._exchanges.append(
            {
                "method": request.method,
                "url": self._scrub(url),
                "status": response.status_code,
                "headers": list(request.headers),
                "has_body": bool(body),
            }
        )
        self._last, self._is_raw = response, False
        self._unanswered.end()
        self._add_curl(request, body, str(response.status_code))

    def on_raw_exchange(self, request: httpx.Request, response: httpx.Response) -> None:
        self._last, self._is_raw = response, True
        self._add_curl(request, body_of(request), str(response.status_code))

    def on_failure(self, request: httpx.Request, seconds: float) -> None:
        self._unanswered.add(seconds)
        self._add_curl(request, body_of(request), "no response")

    def _add_curl(self, request: httpx.Request, body: bytes | None, outcome: str) -> None:
        """Keep the request as a command line, among the last ones."""
        headers = request.headers.multi_items()
        line = curl_line(request.method, str(request.url), headers, body, self._scrub)
        self._curl = [*self._curl[1 - _LAST_REQUESTS :], f"{line}  # {outcome}"]

    def write(self, event: str, **fields: Any) -> None:
        text = self._scrub(json.dumps({"event": event, **fields}, ensure_ascii=False))
        self._file.write(text + "\n")
        self._file.flush()

    def _breach(self, call: pytest.CallInfo[None]) -> dict[str, Any]:
        """Return what a failed test expected, and what it received."""
        error = None if call.excinfo is None else call.excinfo.value
        request = None if self._last is None else (self._last.request.method, str(self._last.request.url))
        answered = "" if self._last is None else shown(self._last)
        if isinstance(error, Breach):
            method, url = error.request or request or ("", "")
            fields = _breach_fields(error.cause, error.expected, error.got, method, url, answered)
            return {**fields, "shared": error.shared, "alone": error.alone, "foreign": _foreign(self._last)}
        method, url = request or ("", "")
        if isinstance(error, httpx.TransportError):
            return {**_no_response(error), "shared": True}
        if call.excinfo is None or not isinstance(error, AssertionError):
            text = f"{type(error).__name__}: {error}"
            cause, expected = f"the test raised {text}", "a response in the expected form"
            return {**_breach_fields(cause, expected, text, method, url, answered), "alone": self._is_raw}
        statement = " ".join(str(call.excinfo.traceback[-1].statement).split())
        compared = str(error).partition("\n")[0].removeprefix("assert ")
        wanted = statement.removeprefix("assert ").partition(', f"')[0]
        fields = _breach_fields(f"not so: {wanted}", wanted, compared, method, url, answered)
        return {**fields, "alone": self._is_raw}

    @pytest.hookimpl
    def pytest_runtest_logfinish(self) -> None:
        """End the tests if the server has stopped."""
        if self._unanswered.is_long:
            self.write("gave_up", reason=self._unanswered.reason)
            pytest.exit("the server has stopped", returncode=pytest.ExitCode.INTERRUPTED)

    def take_exchanges(self) -> list[dict[str, Any]]:
        taken, self._exchanges = self._exchanges, []
        return taken

    @pytest.hookimpl
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.write("collected", tests=[_function(item.nodeid) for item in session.items])

    @pytest.hookimpl
    def pytest_runtest_logstart(self, nodeid: str, location: Any) -> None:
        self._curl, self._last, self._is_raw = [], None, False
        self.write("start", test=nodeid)

    @pytest.hookimpl(wrapper=True, tryfirst=True)  # the outermost wrapper, so that the report is final
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        # A successful setup or teardown is not an outcome of the test.
        if report.when == "call" or report.outcome != "passed":
            self.write(
                "outcome",
                test=item.nodeid,
                function=_function(item.nodeid),
                when=report.when,
                outcome=report.outcome,
                seconds=report.duration,
                rules=[value for name, value in item.user_properties if name == "rule"],
                message=_message(report, call),
                # Only a failure is worth repeating.
                curl=list(self._curl) if report.outcome == "failed" else [],
                breach=self._breach(call) if report.outcome == "failed" else None,
            )
        if report.when == "teardown":
            self.write("exchanges", exchanges=self.take_exchanges())
        return report

    @pytest.hookimpl
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        self.write("exchanges", exchanges=self.take_exchanges())  # of session fixtures
        self.write("finished", status=int(exitstatus))
        self._file.close()


def _foreign(response: httpx.Response | None) -> str | None:
    try:
        return None if response is None else foreign_error(response.status_code, response.content)
    except httpx.ResponseNotRead:
        return None


def _no_response(error: httpx.TransportError) -> dict[str, Any]:
    """Describe a request that failed; any other one may fail for the same reason."""
    text = f"{type(error).__name__}: {error}".removesuffix(": ")
    try:
        request = (error.request.method, str(error.request.url))
    except RuntimeError:  # the error does not know
        request = ("", "")
    return _breach_fields(f"a request got no response: {text}", "a response", text, *request, "")


def _breach_fields(
    cause: str, expected: str, got: str, method: str, url: str, answered: str
) -> dict[str, Any]:
    return {
        "cause": cause[:_CAUSE_LIMIT],
        "expected": expected[:_CAUSE_LIMIT],
        "got": got[:_CAUSE_LIMIT],
        "method": method,
        "url": url,
        "answered": answered,
        "shared": False,
        "alone": False,
        "foreign": None,
    }


def _function(nodeid: str) -> str:
    """Return the test function's id; its parameters are examples of one rule."""
    return nodeid.partition("[")[0]


def _message(report: pytest.TestReport, call: pytest.CallInfo[None]) -> str:
    if report.outcome == "skipped":
        return str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else str(report.longrepr or "")
    if report.outcome == "passed":
        return ""
    text = report.longreprtext
    return text if len(text) <= _MESSAGE_LIMIT else f"…{text[-_MESSAGE_LIMIT:]}"


_active: list[Any] = []


def pytest_configure(config: pytest.Config) -> None:
    directory = os.environ.get(DIRECTORY)
    if not directory:
        return
    accept_interrupts()
    keys = (os.environ.get("HELMR_CONTRACT_KEY"), os.environ.get("HELMR_API_KEY"))
    scrub = Scrubber(*keys, *scoped_keys().values())
    recording = Recording(Path(directory), scrub)
    config.pluginmanager.register(recording, "helmr-contract-recording")
    context = listening(recording)
    context.__enter__()
    _active.append(context)


def pytest_unconfigure(config: pytest.Config) -> None:
    while _active:
        _active.pop().__exit__(None, None, None)
