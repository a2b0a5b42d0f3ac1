"""Makes Schemathesis follow the connection rule of `helmr_api.connection`. Schemathesis uses requests, whose
sessions read `~/.netrc` (which replaces the credential under test), take proxies from the environment (even
for plain http), keep cookies and follow redirects. They also keep reading while a server sends a byte now and
then. Here, each response is limited in time and size.
"""

from __future__ import annotations

import importlib.util
import os
import socket
import threading
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, Final
from unittest import mock

import httpx
import requests
import urllib3.connection
from requests.cookies import RequestsCookieJar
from schemathesis.transport.requests import SameHostRedirectsSession
from urllib3.exceptions import DecodeError, ProtocolError, ReadTimeoutError

from helmr_api.proxies import ProxySettings
from helmr_contract import bounded
from helmr_contract.document import Json
from helmr_contract.target import TargetError
from helmr_contract.unanswered import Unanswered

PIECE: Final = 65_536
MOST_TOGETHER: Final = 256 << 20
"""The maximum number of body bytes in the tests of one operation. Schemathesis keeps all of them until these
tests end."""
_LOOK: Final = 0.05
"""Seconds between checks for exchanges to abort."""
_current = threading.local()  # the `_Sent` of this thread's current request


def connection_settings(url: str) -> Json:
    """Return Schemathesis settings for the connection to a server.

    Raises:
        TargetError: The proxy needs a package that is not installed.
        ConfigurationError: An environment variable has an invalid value.
    """
    target = httpx.URL(url)
    if target.scheme == "http":
        return {}
    settings: Json = {}
    # The preflight's client has already read these, so they are valid.
    if certificates := os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR"):
        settings["tls-verify"] = certificates
    proxies = ProxySettings()
    if proxies.apply_to(target):
        proxy = proxies.url
        if proxy.startswith("socks") and importlib.util.find_spec("socks") is None:
            raise TargetError("a SOCKS proxy needs another package for the schema tests: pip install pysocks")
        settings["proxy"] = proxy
    return settings


@contextmanager
def connection_rule(responses: Responses) -> Generator[None]:
    """Within the block, Schemathesis' sessions ignore the environment and keep no state, and responses are
    limited and counted.
    """
    watch = _Watch()

    def send(session: Any, request: Any, **options: Any) -> requests.Response:
        with responses.awaited():
            return _bounded_send(watch, responses, session, request, **options)

    changes: dict[str, Any] = {
        "trust_env": property(lambda session: False, lambda session, value: None),
        "cookies": property(lambda session: RequestsCookieJar(), lambda session, value: None),
        "get_redirect_target": _no_redirect,
        "send": send,
    }
    with ExitStack() as stack:
        stack.enter_context(watch)
        recorded = _noted(urllib3.connection.HTTPConnection.request)
        stack.enter_context(mock.patch.object(urllib3.connection.HTTPConnection, "request", recorded))
        for name, value in changes.items():
            stack.enter_context(mock.patch.object(SameHostRedirectsSession, name, value, create=True))
        yield


def _no_redirect(session: object, response: object) -> None:
    """Return None, so that no redirect is followed."""


class Responses:
    """Limits the size of the responses that Schemathesis keeps, and notices when no more arrive, after which
    it refuses further requests.
    """

    def __init__(self, responds: Callable[[], bool]) -> None:
        self._responds = responds
        self._left = MOST_TOGETHER
        self._unanswered = Unanswered()
        self.ended: str | None = None
        """Why there are no more responses; `None` while there are."""

    @property
    def most(self) -> int:
        """The maximum number of body bytes of the next response."""
        return min(self._left, bounded.MOST_BYTES)

    def keep(self, body: bytes) -> None:
        """Count a body that Schemathesis keeps."""
        self._left -= len(body)

    def forget(self) -> None:
        """Begin to count again, for the tests of another operation."""
        self._left = MOST_TOGETHER

    @contextmanager
    def awaited(self) -> Generator[None]:
        """Send a request in this block."""
        if self.ended is not None:
            raise requests.exceptions.ConnectionError(self.ended)
        began = time.monotonic()
        try:
            yield
        except requests.exceptions.RequestException:
            self._unanswered.add(time.monotonic() - began)
            if self._unanswered.is_long:
                self._check()
            raise
        self._unanswered.end()

    def _check(self) -> None:
        """Ask the server once more. It may close the connection only for the data that are tested now."""
        if self._responds():
            self._unanswered.end()
        else:
            self.ended = self._unanswered.reason


class _Sent:
    """The connection that carries a request, so that another thread can shut it down."""

    def __init__(self, end: float) -> None:
        self.end = end
        self.connection: Any = None
        # A connection that closes with its response drops its reference to the socket.
        self.socket: socket.socket | None = None

    def cut(self) -> None:
        """End all reads from the connection."""
        connected = self.socket or getattr(self.connection, "sock", None)
        if connected is not None:
            with suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)


class _Watch:
    """Aborts exchanges that take too long, with one thread for all requests instead of one timer for each."""

    def __init__(self) -> None:
        self._sent: set[_Sent] = set()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True, name="contract-watch")

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def begin(self, sent: _Sent) -> None:
        self._sent.add(sent)

    def end(self, sent: _Sent) -> None:
        self._sent.discard(sent)

    def _look(self) -> None:
        while not self._stopped.wait(_LOOK):
            now = time.monotonic()
            for sent in self._sent.copy():
                if now > sent.end:
                    sent.cut()
                    self.end(sent)


def _noted(request: Any) -> Any:
    def noting(connection: Any, *args: Any, **options: Any) -> Any:
        sent: _Sent | None = getattr(_current, "sent", None)
        if sent is not None:
            sent.connection = connection
        result = request(connection, *args, **options)
        if sent is not None:
            sent.socket = connection.sock
        return result

    return noting


def _bounded_send(
    watch: _Watch, responses: Responses, session: Any, request: Any, **options: Any
) -> requests.Response:
    """Send a request and read the response, unless it is an event stream, which Schemathesis reads."""
    timeout: float | tuple[float, float] | None = options.get("timeout")
    seconds = bounded.STEPS * ((timeout[-1] if isinstance(timeout, tuple) else timeout) or 40.0)
    _current.sent = sent = _Sent(time.monotonic() + seconds)
    # The timeout applies to each read, so the watchdog must limit the exchange as a whole.
    watch.begin(sent)
    streaming = False
    try:
        response = requests.Session.send(session, request, **{**options, "stream": True})
        streaming = "text/event-stream" in response.headers.get("Content-Type", "").lower()
        if streaming:
            _bound_stream(response, responses, lambda: watch.end(sent))
        else:
            body = _read(response, sent.end, responses.most)
            responses.keep(body)
            # The cache that `Response.content` returns.
            vars(response).update(_content=body, _content_consumed=True)
    finally:
        _current.sent = None
        if not streaming:
            watch.end(sent)
    return response


def _bound_stream(response: requests.Response, responses: Responses, ended: Callable[[], None]) -> None:
    """Limit Schemathesis' reading of a stream, in time until it closes the response, and in size."""
    close, read1 = response.close, response.raw.read1
    left = responses.most

    def closing() -> None:
        ended()
        close()

    def reading(*args: Any, **options: Any) -> bytes:
        nonlocal left
        part: bytes = read1(*args, **options)
        left -= len(part)
        responses.keep(part)
        if left < 0:
            closing()  # Schemathesis closes only a stream that it has read
            raise ProtocolError("the stream is too large")
        return part

    vars(response)["close"] = closing
    vars(response.raw)["read1"] = reading


def _read(response: requests.Response, end: float, most: int) -> bytes:
    parts: list[bytes] = []
    left = most
    try:
        while part := response.raw.read1(PIECE, decode_content=True):
            parts.append(part)
            left -= len(part)
            if left < 0:
                response.close()
                raise requests.exceptions.ChunkedEncodingError("the body is too large")
            if time.monotonic() > end:
                break
    except ProtocolError as error:
        if time.monotonic() <= end:
            raise requests.exceptions.ChunkedEncodingError(error) from error
    except DecodeError as error:
        raise requests.exceptions.ContentDecodingError(error) from error
    except ReadTimeoutError as error:
        raise requests.exceptions.ConnectionError(error) from error
    if time.monotonic() > end:  # after the watchdog aborts it, the body appears to have ended
        response.close()
        raise requests.exceptions.ChunkedEncodingError("the body does not end")
    return b"".join(parts)
