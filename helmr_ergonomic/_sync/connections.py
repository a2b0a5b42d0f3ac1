"""The connections of a client: its own, or those of an `httpx.Client` that the caller brought."""

# The twin of _async/connections.py, by hand: httpx bounds each read and write of a blocking connection, but not
# all of them together. So these look at the time that the block around (`timing.within`) has left.

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from contextvars import copy_context
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
"""Bytes that are written between two looks at the time."""
MUCH: Final = 262_144
"""Bytes that are read at once from a server that sends faster than they are read: a fifth less time per byte."""
USUAL: Final = 5.0
"""Seconds for which a socket waits where more are allowed, before the exact time is set."""


def own_connections(url: str | None) -> Connections:
    """Connections for plain http to this machine and https to any, see `helmr_api.connection`."""
    return Connections(url, limits=LIMITS, pool=PooledTransport)


class PooledTransport(httpx.HTTPTransport):
    """The transport of httpx, with a pool of ours in the place of httpcore's, and connections that look at the time.

    Instrumentation and test doubles that replace methods of `httpx.HTTPTransport` work here, too.
    """

    def __init__(self, *, limits: httpx.Limits, **options: Any) -> None:
        super().__init__(limits=limits, **options)
        made: Any = getattr(self, "_pool", None)
        self._is_timed = is_replaceable(made)
        if self._is_timed:
            # httpcore is imported with the first connection, see the twin.
            from .pool import Pool

            made._network_backend = TimedBackend()
            self._pool: Any = Pool(made, limits)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and return the response with its body still to be read."""
        send = super().handle_request
        return send(request) if self._is_timed else _relayed(send, request)


def is_replaceable(pool: object) -> bool:
    """Whether this is what httpx has made, under its known name: a pool cannot be given to it.

    Any other stays, and requests are sent as those of a client that the caller brought.
    """
    return hasattr(pool, "create_connection") and hasattr(pool, "_network_backend")


# --- connections that look at the time ---------------------------------------------------------------------


class TimedBackend:
    """Opens connections whose every step ends when the block `within` is over; a network backend of httpcore."""

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
        """Connect to one address of the host after the other, each with its share of the time."""
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
        raise failure or ConnectTimeout("the time allowed is over")


class TimedStream:
    """A connection whose every read and write ends when the block `within` is over.

    At each system call a thread gives up the interpreter's lock, and waits for it behind all others. So the head
    of a request is sent with the next part of it, and the timeout of the socket stays: with 64 threads a request
    then takes 10 instead of 17 switches between threads.
    """

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream
        self._socket: socket.socket = stream.get_extra_info("socket")
        # Not the socket itself if there is TLS inside TLS, to an https proxy.
        self._is_direct = stream.get_extra_info("ssl_object") is getattr(self._socket, "_sslobj", None)
        self._is_usual = False
        self._much = 0
        self._head: bytes | None = b""  # to be sent; `None` after that, until the response is read

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what is there, up to `max_bytes`, or `MUCH` if the last read was full."""
        if self._head:
            from httpcore import WriteError

            with suppress(WriteError):  # the server may have responded before it closed the connection
                self.write(b"", timeout)
        self._head = b""
        began = monotonic()
        most = max(max_bytes, self._much)
        if (found := self._usually(self._socket.recv, most, timeout, "Read")) is not None:
            # Not always `MUCH`, which is allocated with a system call each time.
            self._much = MUCH if len(found) >= max_bytes else 0
            return found
        return self._stream.read(max_bytes, _clipped(_rest(timeout, began), "ReadTimeout"))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all of `buffer`. A slow reader takes it in pieces, none of which begins too late."""
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
        """What a step on the socket returns; `None` if it is to be done by httpcore, which sets the timeout."""
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
        """Shake hands."""
        timeout = _clipped(timeout, "ConnectTimeout")
        return TimedStream(self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> object:
        """What the connection knows of itself, by name."""
        return self._stream.get_extra_info(info)

    def close(self) -> None:
        """Close it."""
        self._stream.close()


def _rest(timeout: float | None, began: float) -> float | None:
    return None if timeout is None else max(timeout - (monotonic() - began), 0.001)


def _clipped(timeout: float | None, late: str) -> float | None:
    try:
        return clipped(timeout)
    except TimeIsOver:
        import httpcore

        raise getattr(httpcore, late)("the time allowed is over") from None


def _addresses(host: str, port: int, timeout: float) -> list[str]:
    """The addresses of a host, as numbers. Looking them up cannot be ended, only left alone."""
    with suppress(ValueError):
        ipaddress.ip_address(host.partition("%")[0])
        return [host]

    from httpcore import ConnectError, ConnectTimeout

    def look_up() -> list[str]:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        flags = socket.NI_NUMERICHOST | socket.NI_NUMERICSERV
        return list(dict.fromkeys(socket.getnameinfo(address, flags)[0] for *_, address in found))

    try:
        return _elsewhere(look_up, timeout)
    except TimeIsOver:
        raise ConnectTimeout(f"looking up {host} took too long") from None
    except OSError as exc:
        raise ConnectError(exc) from exc


# --- a client that the caller brought ----------------------------------------------------------------------


def connections_of(http: httpx.Client) -> Connections | None:
    """None: only an asynchronous client may stand for its connections."""
    return None


def send_with(http: httpx.Client, request: httpx.Request) -> httpx.Response:
    """Send a request with a client, and return the response with its body still to be read.

    It ends when the block `timing.within` is over.
    """

    def send(request: httpx.Request) -> httpx.Response:
        return http.send(request, stream=True, follow_redirects=False)

    return _relayed(send, request)


def _relayed(send: Callable[[httpx.Request], httpx.Response], request: httpx.Request) -> httpx.Response:
    """Send a request over connections that cannot be told to look at the time.

    Where there is a limit, a thread of its own sends it, and is left alone when the time is over. Its connection
    is closed then. Only while it waits for the head of a response on a connection that was used before, that
    connection is not known; it ends when the server has sent nothing for the read timeout.
    """
    left = time_left()
    if left is None:
        return send(request)
    connection = _Connection(request)
    response = _elsewhere(lambda: send(request), left, connection.abort, httpx.Response.close)
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
                chunk = _elsewhere(lambda: next(chunks, None), left, self._connection.abort)
            if chunk is None:
                return
            yield chunk

    def close(self) -> None:
        if not self._connection.aborted:  # else the thread that was left alone closes it
            self._response.close()


class _Connection:
    """The connection of a request, as far as it is known: httpx tells of a new one, and of that of a response."""

    def __init__(self, request: httpx.Request) -> None:
        self._stream: httpcore.NetworkStream | None = None
        self.aborted = False
        request.extensions.setdefault("trace", self._trace)

    def _trace(self, event: str, info: dict[str, Any]) -> None:
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._stream = info["return_value"]

    def use(self, response: httpx.Response) -> None:
        """Note the connection that a response came on."""
        self._stream = response.extensions.get("network_stream", self._stream)

    def abort(self) -> None:
        """Let the thread that waits for this connection see its end."""
        self.aborted = True
        connection = None if self._stream is None else self._stream.get_extra_info("socket")
        if connection is not None:
            with suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)


def _elsewhere(
    work: Callable[[], T],
    seconds: float,
    abort: Callable[[], None] | None = None,
    discard: Callable[[T], None] | None = None,
) -> T:
    """What `work` returns or raises, done in a thread of its own.

    When it takes longer, or when this wait is interrupted, `abort` is called and the thread is left alone; what
    it returns then is for `discard`. Raises `TimeIsOver`.
    """
    from concurrent.futures import Future, wait

    outcome: Future[T] = Future()

    def run() -> None:
        # The future is pending all the time that the work takes, so that it can be cancelled meanwhile.
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
    except RuntimeError:  # no new threads, the interpreter ends: then without a limit
        run()
    try:
        wait([outcome], seconds)
    finally:
        left_alone = outcome.cancel()
        if left_alone and abort is not None:
            abort()
    if left_alone:
        raise TimeIsOver
    return outcome.result()
