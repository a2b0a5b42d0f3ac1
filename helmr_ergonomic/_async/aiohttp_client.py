"""An httpx transport on aiohttp connections: `pip install 'helmr[aiohttp]'`."""

# derive-sync: by hand, because aiohttp is async only: this module has no sync counterpart.

from __future__ import annotations

import asyncio
import os
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Mapping
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, TypedDict
from weakref import WeakSet

import httpcore
import httpx

from helmr_api.connection import AsyncConnections, async_client_options

from .._public import public
from ..errors import ConfigurationError
from ..transport import LIMITS
from .pool import extensions_of, timeouts_of

if TYPE_CHECKING:
    import aiohttp

LONGEST_LINE: Final = 64 * 1024
"""The maximum length of a line in a response head, in bytes."""
LARGE: Final = 256 * 1024
"""Request bodies larger than this many bytes are written in pieces."""
QUIET: Final = 0.05
"""If no response has arrived for this many seconds, the event loop runs once before a request is sent."""


class AiohttpClient(httpx.AsyncClient):
    """An httpx client on aiohttp connections, which use less CPU time than httpx's own.

    Requests, responses and exceptions are httpx's. The usual rules apply: no cookies, no redirects, plain
    http to this machine only. It runs with asyncio, speaks HTTP/1.1, and has no write timeout.

    Args:
        timeout: Seconds for each step of a request, or an `httpx.Timeout`; `None` for no limit. A Helmr
            client with this `http_client` uses the same timeouts.
        limits: The maximum number of connections, and how many seconds idle ones are kept.
        verify: How to verify servers, as for `httpx.AsyncClient`; by default `SSL_CERT_FILE`,
            `SSL_CERT_DIR` or certifi's certificates.
        proxy: The proxy for https requests, instead of the one from the environment.

    Raises:
        ConfigurationError: aiohttp is not installed.

    >>> async with AiohttpClient() as http, AsyncHelmrClient(http_client=http) as client:
    ...     await client.runs.counts()
    """

    def __init__(
        self,
        *,
        timeout: float | httpx.Timeout | None = 5.0,
        limits: httpx.Limits = LIMITS,
        verify: ssl.SSLContext | str | bool = True,
        proxy: str | httpx.URL | httpx.Proxy | None = None,
    ) -> None:
        try:
            import aiohttp  # noqa: F401  # pyright: ignore[reportUnusedImport]
        except ImportError:
            raise ConfigurationError(
                "AiohttpClient needs another package: pip install 'helmr[aiohttp]'"
            ) from None
        self.connections: Final = AsyncConnections(
            None, limits=limits, verify=verify, proxy=proxy, pool=AiohttpTransport
        )
        super().__init__(**async_client_options(transport=self.connections, timeout=timeout))

    @property
    def is_plain(self) -> bool:
        """True if it has no hooks, authentication or mounts, so that its connections can be used directly."""
        return not (any(self.event_hooks.values()) or self.auth is not None or self._mounts)


class AiohttpTransport(httpx.AsyncHTTPTransport):
    """httpx's transport, with aiohttp connections instead of httpcore's.

    Instrumentation and test doubles that replace methods of `httpx.AsyncHTTPTransport` work here, too.
    """

    def __init__(
        self,
        *,
        verify: ssl.SSLContext,
        limits: httpx.Limits,
        proxy: httpx.Proxy | None = None,
        trust_env: bool = False,
    ) -> None:
        super().__init__(verify=verify, limits=limits, trust_env=trust_env)
        if proxy is not None and proxy.url.scheme.startswith("socks"):
            raise ConfigurationError("aiohttp does not support SOCKS proxies: use httpx connections")
        if not hasattr(self, "_pool"):
            raise ConfigurationError(
                "AiohttpClient does not support this version of httpx: use httpx connections"
            )
        self._pool: Any = AiohttpPool(verify, limits, proxy)


class AiohttpPool:
    """Replaces an httpcore connection pool, with httpcore's requests, responses and exceptions."""

    def __init__(self, context: ssl.SSLContext, limits: httpx.Limits, proxy: httpx.Proxy | None) -> None:
        import aiohttp

        self._aiohttp = aiohttp
        self._context = context
        self._places = asyncio.Semaphore(limits.max_connections or 1_000_000)
        self._proxy = _proxy_options(proxy)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                ssl=context,
                limit=0,  # `_places` is the limit, and waiting for it raises PoolTimeout
                keepalive_timeout=limits.keepalive_expiry,
                resolver=aiohttp.ThreadedResolver(),  # as in httpcore, even if aiodns is installed
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
            auto_decompress=False,
            max_line_size=LONGEST_LINE,
            max_field_size=LONGEST_LINE,
        )
        # The layer above decides on retries. aiohttp would retry idempotent requests by itself, and has no
        # public option to prevent that.
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
        version = response.version or (1, 1)
        return httpcore.Response(
            response.status,
            headers=list(response.raw_headers),
            content=_Body(response, self._end),
            extensions={
                "http_version": b"HTTP/%d.%d" % (version[0], version[1]),
                "reason_phrase": (response.reason or "").encode("ascii", "replace"),
            },
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def _have_place(self, seconds: float | None) -> None:
        if self._places.locked():
            try:
                async with asyncio.timeout(seconds):
                    await self._places.acquire()
            except TimeoutError:
                raise httpcore.PoolTimeout("all connections are in use") from None
        else:
            await self._places.acquire()  # returns immediately
        loop = asyncio.get_running_loop()
        if loop.time() - self._last > QUIET:
            # If the loop was blocked, it does not know yet which connections the server has closed.
            try:
                await asyncio.sleep(0)
            except BaseException:
                self._places.release()
                raise

    def _end(self) -> None:
        self._places.release()
        self._last = asyncio.get_running_loop().time()

    async def _send(
        self, request: httpcore.Request, timeouts: Mapping[str, float | None]
    ) -> aiohttp.ClientResponse:
        from yarl import URL

        url = request.url
        host = url.host.decode("ascii")
        place = f"[{host}]" if ":" in host else host
        if url.port is not None:
            place = f"{place}:{url.port}"
        scheme = url.scheme.decode("ascii")
        try:
            return await self._session.request(
                request.method.decode("ascii"),
                URL(f"{scheme}://{place}{url.target.decode('ascii')}", encoded=True),
                headers=[(name.decode("ascii"), value.decode("latin-1")) for name, value in request.headers],
                data=_content(request.stream),
                allow_redirects=False,
                timeout=_timeout(timeouts.get("connect"), timeouts.get("read")),
                server_hostname=extensions_of(request).get("sni_hostname"),
                **self._proxy,
            )
        except (self._aiohttp.ClientError, OSError, ValueError) as exc:
            raise _error(exc) from exc


class _Body:
    """The body of a response. Its end releases the connection."""

    def __init__(self, response: aiohttp.ClientResponse, end: Callable[[], None]) -> None:
        self._response = response
        self._end: Callable[[], None] | None = end
        self._is_read = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        import aiohttp

        try:
            async for chunk in self._response.content.iter_any():
                yield chunk
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


def _error(exc: Exception) -> Exception:
    """Return the httpcore exception for an aiohttp one.

    Only a failure to open a connection is a connect error: a request that failed later may have reached
    the server, and must not be repeated unless that is safe.
    """
    import aiohttp

    text = str(exc) or type(exc).__name__
    match exc:
        case aiohttp.ConnectionTimeoutError():
            return httpcore.ConnectTimeout(text)
        case aiohttp.ClientConnectorError():  # the name, the address, TLS, or the connection to the proxy
            return httpcore.ConnectError(text)
        case aiohttp.ClientHttpProxyError():
            return httpcore.ProxyError(f"{exc.status} {exc.message}")
        case aiohttp.ServerTimeoutError() | TimeoutError():
            return httpcore.ReadTimeout(text)
        case aiohttp.ServerDisconnectedError():
            return httpcore.RemoteProtocolError("Server disconnected without sending a response.")
        case aiohttp.InvalidURL():
            return httpcore.UnsupportedProtocol(text)
        case aiohttp.ClientResponseError() | aiohttp.ClientPayloadError():
            return httpcore.RemoteProtocolError(text)
        case ValueError():
            return httpcore.LocalProtocolError(text)
        case _:
            return httpcore.ReadError(text)


def _content(stream: Any) -> Any:
    """Return a body for aiohttp: bytes, or an iterator if they come from a file."""
    if isinstance(stream, httpx.ByteStream):
        content = b"".join(stream)
        # Large bodies are sent in pieces: written at once, they would block the event loop, and aiohttp
        # warns.
        return BytesIO(content) if len(content) > LARGE else content or None
    return aiter(stream)


@lru_cache(maxsize=16)
def _timeout(connect: float | None, read: float | None) -> aiohttp.ClientTimeout:
    import aiohttp

    # aiohttp rounds times above its threshold to whole seconds.
    return aiohttp.ClientTimeout(
        total=None, sock_connect=connect, sock_read=read, ceil_threshold=float("inf")
    )


class _ProxyOptions(TypedDict, total=False):
    proxy: str
    proxy_headers: dict[str, str]


def _proxy_options(proxy: httpx.Proxy | None) -> _ProxyOptions:
    if proxy is None:
        return {}
    headers = dict(proxy.headers)
    if proxy.raw_auth is not None:
        headers["Proxy-Authorization"] = "Basic " + b64encode(b":".join(proxy.raw_auth)).decode("ascii")
    return {"proxy": str(proxy.url), "proxy_headers": headers}


_sessions: Final[WeakSet[aiohttp.ClientSession]] = WeakSet()
_of_parent: Final[list[object]] = []


def _after_fork() -> None:
    # Garbage-collecting a session would use the event loop, which shares its file descriptors with the
    # parent.
    _of_parent.extend(_sessions)


if hasattr(os, "register_at_fork"):  # Windows has no fork
    os.register_at_fork(after_in_child=_after_fork)

public(AiohttpClient)
