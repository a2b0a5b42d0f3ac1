"""The connections of a client: its own, or those of the caller's `httpx.Client`."""

# The counterpart of _async/connections.py, by hand: httpx limits each read and write of a blocking
# connection, but not all of them together. So these check the deadline of the surrounding `within` block.

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, TypeVar

import httpx

from helmr_api.connection import Connections

from ..timing import LONGEST, TimeIsOver
from ..transport import LIMITS
from .timing import clipped, time_left

if TYPE_CHECKING:
    from concurrent.futures import Future

    import httpcore

T = TypeVar("T")

PIECE: Final = 65_536
"""Bytes to write between two checks of the time."""
MUCH: Final = 262_144
"""Bytes to read at once while the server sends faster than the client reads: a fifth less time per byte."""
USUAL: Final = 5.0
"""Timeout of a socket, in seconds, while more time is allowed. After that, the exact timeout is set."""


def own_connections(url: str | None) -> Connections:
    """Connections for plain http to this machine and https to any host, see `helmr_api.connection`."""
    return Connections(url, limits=LIMITS, pool=PooledTransport)


class PooledTransport(httpx.HTTPTransport):
    """httpx's transport, with our pool instead of httpcore's, and connections that keep to the deadline.

    Instrumentation and test doubles that replace methods of `httpx.HTTPTransport` work here, too.
    """

    def __init__(self, *, limits: httpx.Limits, **options: Any) -> None:
        super().__init__(limits=limits, **options)
        made: Any = getattr(self, "_pool", None)
        self._is_timed = is_replaceable(made)
        if self._is_timed:
            # httpcore is imported with the first connection, see _async/connections.py.
            from .pool import Pool

            made._network_backend = TimedBackend()
            self._pool: Any = Pool(made, limits)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return the response without reading its body."""
        send = super().handle_request
        return send(request) if self._is_timed else _relayed(send, request)


def is_replaceable(pool: object) -> bool:
    """True for the pool that httpx creates. Only this one is replaced, for which httpx has no option.

    With any other pool, requests are sent like those over the caller's client.
    """
    return hasattr(pool, "create_connection") and hasattr(pool, "_network_backend")


# --- connections with a deadline ---------------------------------------------------------------------------


class TimedBackend:
    """A network backend of httpcore whose connections keep to the deadline of the `within` block."""

    def __init__(self) -> None:
        import httpcore

        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> TimedStream:
        """Try the addresses of the host one after the other, each with its share of the time."""
        from httpcore import ConnectError, ConnectTimeout

        timeout = _clipped(LONGEST if timeout is None else timeout, "ConnectTimeout") or 0.0
        end = monotonic() + timeout
        addresses = _addresses(host, port, timeout)
        failure: Exception | None = None
        for index, address in enumerate(addresses):
            share = (end - monotonic()) / (len(addresses) - index)
            if share <= 0:
                break
            try:
                return TimedStream(
                    self._backend.connect_tcp(address, port, share, local_address, socket_options)
                )
            except (ConnectError, ConnectTimeout) as exc:
                failure = exc
        raise failure or ConnectTimeout("timed out")


class TimedStream:
    """A connection whose reads and writes keep to the deadline of the `within` block.

    At each system call a thread releases the interpreter's lock and then queues for it. So the head of a
    request is sent together with the next part, and the socket's timeout is not reset for each step. With 64
    threads, a request takes 10 instead of 17 thread switches.
    """

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream
        self._socket: socket.socket = stream.get_extra_info("socket")
        # False for TLS inside TLS, to an https proxy: then only httpcore can use the socket.
        self._is_direct = stream.get_extra_info("ssl_object") is getattr(self._socket, "_sslobj", None)
        self._is_usual = False
        self._much = 0
        self._head: bytes | None = b""  # not sent yet; `None` from then on until the response is read

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read the bytes that have arrived, up to `max_bytes`, or up to `MUCH` if the last read was full."""
        if self._head:
            from httpcore import WriteError

            with suppress(WriteError):  # the server may have responded before it closed the connection
                self.write(b"", timeout)
        self._head = b""
        began = monotonic()
        most = max(max_bytes, self._much)
        if (found := self._usually(self._socket.recv, most, timeout, "Read")) is not None:
            # A buffer of `MUCH` bytes takes a system call to allocate, so use it only for fast servers.
            self._much = MUCH if len(found) >= max_bytes else 0
            return found
        return self._stream.read(max_bytes, _clipped(_rest(timeout, began), "ReadTimeout"))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all of `buffer`, in pieces. No piece is started after the deadline."""
        if self._head == b"":
            self._head = buffer
            return
        buffer, self._head = (self._head or b"") + buffer, None
        for at in range(0, len(buffer), PIECE):
            piece = buffer[at : at + PIECE] if len(buffer) > PIECE else buffer
            began = monotonic()
            if rest := piece[self._usually(self._socket.send, piece, timeout, "Write") or 0 :]:
                self._is_usual = False
                self._stream.write(rest, _clipped(_rest(timeout, began), "WriteTimeout"))

    def _usually(self, step: Callable[..., T], value: object, timeout: float | None, kind: str) -> T | None:
        """Do a step on the socket and return its result; `None` if httpcore must, with an exact timeout."""
        left = _clipped(timeout, f"{kind}Timeout")
        is_set, self._is_usual = self._is_usual, False
        if self._is_direct and (left is None or left > USUAL):
            try:
                if not is_set:
                    self._socket.settimeout(USUAL)
                with suppress(TimeoutError):
                    found = step(value)
                    self._is_usual = True
                    return found
            except OSError as exc:
                import httpcore

                raise getattr(httpcore, f"{kind}Error")(exc) from exc
        return None

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> TimedStream:
        """Do the TLS handshake."""
        try:
            timeout = _clipped(timeout, "ConnectTimeout")
            return TimedStream(self._stream.start_tls(ssl_context, server_hostname, timeout))
        except BaseException:  # httpcore closes it only if the handshake fails
            self._stream.close()
            raise

    def get_extra_info(self, info: str) -> object:
        """Return a property of the connection by name."""
        return self._stream.get_extra_info(info)

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()


def _rest(timeout: float | None, began: float) -> float | None:
    return None if timeout is None else max(timeout - (monotonic() - began), 0.001)


def _clipped(timeout: float | None, late: str) -> float | None:
    try:
        return clipped(timeout)
    except TimeIsOver:
        import httpcore

        raise getattr(httpcore, late)("timed out") from None


def _addresses(host: str, port: int, timeout: float) -> list[str]:
    """Return the numeric addresses of a host. A lookup cannot be interrupted, so it runs in a thread."""
    with suppress(ValueError):
        ipaddress.ip_address(host.partition("%")[0])
        return [host]

    from httpcore import ConnectError, ConnectTimeout

    def look_up() -> list[str]:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        flags = socket.NI_NUMERICHOST | socket.NI_NUMERICSERV
        return list(dict.fromkeys(socket.getnameinfo(address, flags)[0] for *_, address in found))

    try:
        return _in_thread(look_up, timeout)
    except TimeIsOver:
        raise ConnectTimeout(f"looking up {host} took too long") from None
    except OSError as exc:
        raise ConnectError(exc) from exc


# --- the caller's client ------------------------------------------------------------------------------------


def connections_of(http: httpx.Client) -> Connections | None:
    """Return `None`: only an `AiohttpClient` has connections that may be used directly."""
    return None


def send_with(http: httpx.Client, request: httpx.Request) -> httpx.Response:
    """Send a request with a client and return the response without reading its body.

    The surrounding `timing.within` block sets the deadline.
    """
    return _relayed(partial(http.send, stream=True, follow_redirects=False), request)


def _relayed(send: Callable[[httpx.Request], httpx.Response], request: httpx.Request) -> httpx.Response:
    """Send a request over connections that do not check the deadline.

    If there is a deadline, another thread sends the request. At the deadline the connection is closed and the
    thread is abandoned. While the thread waits for the head of a response on a reused connection, it is not
    known which connection that is; in that case the thread ends at the read timeout.
    """
    left = time_left()
    if left is None:
        return send(request)
    connection = _Connection(request)
    response = _in_thread(lambda: send(request), left, connection.abort, httpx.Response.close)
    if response.is_stream_consumed:
        return response
    connection.use(response)
    made = httpx.Response(
        response.status_code,
        headers=response.headers,
        stream=_RelayedBody(response, connection),
        extensions=response.extensions,
        history=response.history,
    )
    made.request = request
    return made


class _RelayedBody(httpx.SyncByteStream):
    def __init__(self, response: httpx.Response, connection: _Connection) -> None:
        self._response = response
        self._connection = connection

    def __iter__(self) -> Iterator[bytes]:
        chunks = self._response.iter_raw()
        while True:
            left = time_left()
            if left is None:
                chunk = next(chunks, None)
            else:
                chunk = _in_thread(lambda: next(chunks, None), left, self._connection.abort, self._discard)
            if chunk is None:
                return
            yield chunk

    def close(self) -> None:
        if not self._connection.aborted:  # otherwise the abandoned thread closes it
            self._response.close()

    def _discard(self, chunk: object) -> None:
        self._response.close()


class _Connection:
    """The connection of a request, once it is known: from the trace of a new one, or from the response."""

    def __init__(self, request: httpx.Request) -> None:
        self._stream: httpcore.NetworkStream | None = None
        self.aborted = False
        request.extensions.setdefault("trace", self._trace)

    def _trace(self, event: str, info: dict[str, Any]) -> None:
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._stream = info["return_value"]

    def use(self, response: httpx.Response) -> None:
        """Record the connection of a response."""
        self._stream = response.extensions.get("network_stream", self._stream)

    def abort(self) -> None:
        """Close the connection, so that a thread that reads from it ends."""
        self.aborted = True
        connection = None if self._stream is None else self._stream.get_extra_info("socket")
        if connection is not None:
            with suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)


def _in_thread(
    work: Callable[[], T],
    seconds: float,
    abort: Callable[[], None] | None = None,
    discard: Callable[[T], None] | None = None,
) -> T:
    """Call `work` in another thread, and return or raise its outcome.

    If it takes longer than `seconds`, or this wait is interrupted, calls `abort` and abandons the thread,
    whose result is passed to `discard`. Raises `TimeIsOver` after `seconds`.
    """
    from concurrent.futures import Future, wait

    outcome: Future[T] = Future()

    def run() -> None:
        # The future stays pending during the work, so that it can be cancelled.
        try:
            result = work()
        except BaseException as exc:
            if outcome.set_running_or_notify_cancel():
                outcome.set_exception(exc)
        else:
            if outcome.set_running_or_notify_cancel():
                outcome.set_result(result)
            elif discard is not None:
                discard(result)

    try:
        threading.Thread(target=copy_context().run, args=(run,), name="helmr", daemon=True).start()
    except RuntimeError:  # the interpreter is shutting down and starts no threads: run without a deadline
        run()
    try:
        wait([outcome], seconds)
    finally:
        abandoned = outcome.cancel()
        if abandoned and abort is not None:
            abort()
    if abandoned:
        raise TimeIsOver
    return outcome.result()
