"""A connection pool of aiohttp, with httpcore's requests, responses and exceptions."""

# derive-sync: by hand, because aiohttp is async only: this module has no sync counterpart.

from __future__ import annotations

import asyncio
import os
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Mapping
from functools import lru_cache, partial
from io import BytesIO
from typing import Any, Final
from weakref import WeakSet

import aiohttp
import httpcore
import httpx
from aiohttp.client_proto import ResponseHandler as Protocol
from yarl import URL

from .pool import extensions_of, timeouts_of

LONGEST_LINE: Final = 64 * 1024
"""The maximum length of a line in a response head, in bytes."""
LARGE: Final = 256 * 1024
"""Request bodies larger than this many bytes are written in pieces."""
QUIET: Final = 0.05
"""If no response has arrived for this many seconds, the event loop runs once before a request is sent."""


class AiohttpPool:
    """Replaces an httpcore connection pool, with httpcore's requests, responses and exceptions."""

    def __init__(self, context: ssl.SSLContext, limits: httpx.Limits, proxy: httpx.Proxy | None) -> None:
        self._places = asyncio.Semaphore(limits.max_connections or 1_000_000)
        self._proxy = None if proxy is None else str(proxy.url)
        self._proxy_headers = None if proxy is None else _proxy_headers(proxy)
        connector = _Connector(
            ssl=context,
            limit=0,  # `_places` is the limit, and waiting for it raises PoolTimeout
            keepalive_timeout=limits.keepalive_expiry,
            resolver=aiohttp.ThreadedResolver(),  # as in httpcore, even if aiodns is installed
        )
        # aiohttp has no public option for these two. If the names are missing, nothing is changed.
        vars(connector)["_factory"] = partial(_Protocol, asyncio.get_running_loop())
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
            auto_decompress=False,
            max_line_size=LONGEST_LINE,
            max_field_size=LONGEST_LINE,
        )
        # The layer above decides on retries; aiohttp would retry idempotent requests by itself.
        object.__setattr__(self._session, "_retry_connection", False)
        self._last = 0.0
        _sessions.add(self._session)

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """Send a request and return the response without reading its body."""
        timeouts = timeouts_of(request)
        await self._have_place(timeouts.get("pool"))
        try:
            response = await self._send(request, timeouts)
        except BaseException:
            self._places.release()
            raise
        return httpcore.Response(
            response.status,
            headers=list(response.raw_headers),
            content=_Body(response, self._session, self._end),
            extensions={
                "http_version": b"HTTP/%d.%d" % (response.version or (1, 1)),
                "reason_phrase": (response.reason or "").encode("ascii", "replace"),
            },
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def _have_place(self, seconds: float | None) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() - self._last > QUIET:
            # If the loop was blocked, it does not know yet which connections the server has closed.
            await asyncio.sleep(0)
        if self._places.locked():
            try:
                async with asyncio.timeout(seconds):
                    await self._places.acquire()
            except TimeoutError:
                raise httpcore.PoolTimeout("all connections are in use") from None
        else:
            await self._places.acquire()  # returns immediately

    def _end(self) -> None:
        self._places.release()
        self._last = asyncio.get_running_loop().time()

    async def _send(
        self, request: httpcore.Request, timeouts: Mapping[str, float | None]
    ) -> aiohttp.ClientResponse:
        url = request.url
        host = url.host.decode("ascii")
        place = f"[{host}]" if ":" in host else host
        port = "" if url.port is None else f":{url.port}"
        try:
            return await self._session.request(
                request.method.decode("ascii"),
                URL(f"{url.scheme.decode()}://{place}{port}{url.target.decode()}", encoded=True),
                headers=[(name.decode("ascii"), value.decode("latin-1")) for name, value in request.headers],
                data=_content(request.stream),
                allow_redirects=False,
                timeout=_timeout(timeouts.get("connect"), timeouts.get("read")),
                server_hostname=extensions_of(request).get("sni_hostname"),
                proxy=self._proxy,
                proxy_headers=self._proxy_headers,
            )
        except (aiohttp.ClientError, OSError, ValueError) as exc:
            raise _error(exc) from exc


class _Connector(aiohttp.TCPConnector):
    """Closes a connection that is cancelled when its TLS handshake has just ended."""

    async def _wrap_create_connection(self, *args: Any, **options: Any) -> tuple[asyncio.Transport, Protocol]:
        protocol: Protocol = args[0]()
        connect = super()._wrap_create_connection  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        try:
            return await connect(lambda: protocol, *args[1:], **options)
        except BaseException:
            protocol.abort()
            raise


class _Protocol(Protocol):
    """Closes a connection immediately.

    By default, aiohttp first sends what was written and, for TLS, lets the server confirm the end. It would
    wait forever for a server that does not read, and 30 s for one that does not confirm.
    """

    def close(self) -> None:
        """Close the connection."""
        self.abort()


class _Body:
    """The body of a response. Its end releases the connection."""

    def __init__(
        self, response: aiohttp.ClientResponse, session: aiohttp.ClientSession, end: Callable[[], None]
    ) -> None:
        self._response, self._session = response, session
        self._end: Callable[[], None] | None = end
        self._is_read = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._response.content.iter_any():
                yield chunk
            if self._session.closed:  # aiohttp takes this for the end of the body
                raise httpcore.ReadError("the client was closed")
            self._is_read = True
        except (aiohttp.ClientError, OSError, ValueError) as exc:
            raise _error(exc) from exc

    async def aclose(self) -> None:
        """Release the connection, closing it if the body was not read completely."""
        end, self._end = self._end, None
        if end is not None:
            end()
            if self._is_read:
                self._response.release()
            else:
                self._response.close()
                await asyncio.sleep(0)  # the event loop closes it in its next iteration


_ERRORS: Final = (
    (aiohttp.ConnectionTimeoutError, httpcore.ConnectTimeout),
    (aiohttp.ClientConnectorError, httpcore.ConnectError),  # the name, the address, TLS, or the proxy
    (aiohttp.ServerTimeoutError, httpcore.ReadTimeout),
    (TimeoutError, httpcore.ReadTimeout),
    (aiohttp.ServerDisconnectedError, httpcore.RemoteProtocolError),
    (aiohttp.InvalidURL, httpcore.UnsupportedProtocol),
    (aiohttp.ClientResponseError, httpcore.RemoteProtocolError),
    (aiohttp.ClientPayloadError, httpcore.RemoteProtocolError),
    (ValueError, httpcore.LocalProtocolError),
)
"""httpcore's exception for each of aiohttp's; the first that matches applies."""


def _error(exc: Exception) -> Exception:
    """Return the httpcore exception for an aiohttp one.

    Only a failure to open a connection is a connect error: a request that failed later may have reached
    the server, and must not be repeated unless that is safe.
    """
    if isinstance(exc, aiohttp.ClientHttpProxyError):
        return httpcore.ProxyError(f"{exc.status} {exc.message}")
    kind = next((kind for ours, kind in _ERRORS if isinstance(exc, ours)), httpcore.ReadError)
    return kind(str(exc) or type(exc).__name__)


def _content(stream: Any) -> BytesIO | bytes | AsyncIterator[bytes] | None:
    """Return a body for aiohttp: bytes, or an iterator if they come from a file."""
    if isinstance(stream, httpx.ByteStream):
        content = b"".join(stream)
        # Large bodies are sent in pieces: written at once, they would block the event loop, and aiohttp
        # warns.
        return BytesIO(content) if len(content) > LARGE else content or None
    pieces: AsyncIterator[bytes] = aiter(stream)
    return pieces


@lru_cache(maxsize=16)
def _timeout(connect: float | None, read: float | None) -> aiohttp.ClientTimeout:
    # aiohttp rounds times above its threshold to whole seconds.
    return aiohttp.ClientTimeout(sock_connect=connect, sock_read=read, ceil_threshold=float("inf"))


def _proxy_headers(proxy: httpx.Proxy) -> dict[str, str]:
    headers = dict(proxy.headers)
    if proxy.raw_auth is not None:
        headers["Proxy-Authorization"] = "Basic " + b64encode(b":".join(proxy.raw_auth)).decode("ascii")
    return headers


_sessions: Final[WeakSet[aiohttp.ClientSession]] = WeakSet()
_of_parent: Final[list[object]] = []


def _after_fork() -> None:
    # Garbage-collecting a session would use the event loop, which shares its file descriptors with the
    # parent.
    _of_parent.extend(_sessions)


if hasattr(os, "register_at_fork"):  # Windows has no fork
    os.register_at_fork(after_in_child=_after_fork)
