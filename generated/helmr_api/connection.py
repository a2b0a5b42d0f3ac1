# Copied from scripts/templates/modules/connection.py: edit that file, then run `make generate`.
"""Connections. All clients of this project follow the same rule, whatever the environment:

- Plain http goes only to loopback hosts, directly: no proxy, certificate or environment variable is used.
- https goes through the proxy that `HTTPS_PROXY` or `ALL_PROXY` names, except to the hosts in `NO_PROXY`, and
  trusts the certificates of `SSL_CERT_FILE` or `SSL_CERT_DIR` (else those of certifi). An unusable value is a
  `ConfigurationError` that names the variable.
- Redirects are not followed, cookies are neither kept nor sent, `.netrc` is not read.

Connections belong to the process and the event loop that opened them: a forked child opens its own, and so
does each event loop in which a client is used.
"""

from __future__ import annotations

import os
import ssl
import sys
import warnings
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack
from functools import cache
from http.cookiejar import Cookie, CookieJar
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar
from weakref import WeakSet, finalize, ref

import httpx

from . import forking
from .errors import ArgumentError, ConfigurationError
from .urls import is_loopback

if TYPE_CHECKING:
    import httpcore

    from .proxies import ProxySettings

__all__ = [
    "AsyncConnections",
    "AsyncTransport",
    "Connections",
    "SecretURL",
    "async_client_options",
    "new_async_http_client",
    "new_http_client",
    "refuse_proxy",
    "tls_context",
]

PoolT = TypeVar("PoolT", bound=httpx.BaseTransport | httpx.AsyncBaseTransport)

TRANSPORT_OPTIONS: Final = ("verify", "cert", "http1", "http2", "limits", "proxy", "pool")
"""The options of an httpx client that apply to its connections, and `pool`, which creates the connection
pools."""


# --- clients -----------------------------------------------------------------------------------------------


def new_http_client(url: str | None = None, **options: Any) -> httpx.Client:
    """Create an httpx client that follows the rule of this module.

    Args:
        url: The destination of its requests. For an https URL the environment is read immediately, otherwise
            with the first https request.
        options: The options of `httpx.Client`. `proxy` and `verify` take precedence over the environment;
            `pool` is called instead of `httpx.HTTPTransport`, with the same options.

    Raises:
        ConfigurationError: An environment variable that applies to `url` has an invalid value.
        ArgumentError: An option would break the rule.
    """
    return httpx.Client(**_client_options(url, Connections, options))


def new_async_http_client(url: str | None = None, **options: Any) -> httpx.AsyncClient:
    """Create an async httpx client that follows the rule of this module, see `new_http_client`."""
    return httpx.AsyncClient(**async_client_options(url, **options))


def async_client_options(url: str | None = None, **options: Any) -> dict[str, Any]:
    """Return the options that make `httpx.AsyncClient` follow the rule of this module, see
    `new_http_client`."""
    return _client_options(url, AsyncConnections, options)


def _client_options(
    url: str | None, connections: Callable[..., Any], options: Mapping[str, Any]
) -> dict[str, Any]:
    if options.get("follow_redirects") or options.get("cookies"):
        raise ArgumentError("redirects are never followed and cookies never sent: do not pass these options")
    rest = {name: value for name, value in options.items() if name not in TRANSPORT_OPTIONS}
    if rest.get("transport") is None:
        chosen = {name: options[name] for name in TRANSPORT_OPTIONS if name in options}
        rest["transport"] = connections(url, **chosen)
    return {**rest, "trust_env": False, "cookies": _NoCookies(), "follow_redirects": False}


def refuse_proxy(client: httpx.Client | httpx.AsyncClient, url: httpx.URL) -> None:
    """Reject a client that would send plain http through a proxy on another machine.

    Raises:
        ConfigurationError: The client would do that. By default, httpx uses proxies from the environment.
    """
    if url.scheme == "https":
        return
    # httpx and httpcore have no public names for these attributes. If they are missing, nothing is refused.
    find: Callable[[httpx.URL], Any] | None = getattr(client, "_transport_for_url", None)
    transport = None if find is None else find(url)
    proxy = getattr(getattr(transport, "_pool", None), "_proxy_url", None)
    if proxy is not None and not is_loopback(proxy.host.decode("ascii").lower()):
        raise ConfigurationError(
            "http_client sends plain http through a proxy, which would see the credentials: make it with "
            "trust_env=False, or use https"
        )


class SecretURL(httpx.URL):
    """A URL whose path is a credential. It is sent verbatim, but logs, reprs and errors omit the path."""

    def __str__(self) -> str:
        return f"{self.scheme}://{self.netloc.decode('ascii')}/[secret]"

    def __repr__(self) -> str:
        return f"URL({str(self)!r})"


class _NoCookies(CookieJar):
    """A cookie jar that stays empty. It uses no lock, which another thread could hold during a fork."""

    def extract_cookies(self, response: object, request: object) -> None:
        """Keep nothing."""

    def set_cookie(self, cookie: Cookie) -> None:
        """Keep nothing."""


# --- connections -------------------------------------------------------------------------------------------


class Connections(httpx.BaseTransport):
    """The connections of one client, each kind opened on first use.

    Garbage collection closes them, so that an unused client leaves no open sockets.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        pool: Callable[..., httpx.BaseTransport] = httpx.HTTPTransport,
        **options: Any,
    ) -> None:
        self._use(_Pools(_Ways(url, options), pool))
        _open.add(self)

    def _use(self, pools: _Pools[httpx.BaseTransport]) -> None:
        self._pools = pools
        # The finalizer keeps the pools until this object is collected, so that none of their sockets is
        # collected first and warns that it was not closed.
        self._finalizer = finalize(self, _close_all, pools)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over the connections that the rule selects."""
        return self._pools.of(request.url).handle_request(request)

    def close(self) -> None:
        """Close all connections."""
        _close_all(self._pools)

    def after_fork(self) -> None:
        """Leave the connections to the parent: if both used them, one would read the other's responses."""
        # They are not closed, because another thread may have held one of their locks when the process
        # forked.
        self._finalizer.detach()
        self._use(self._pools.fresh())


def _close_all(pools: _Pools[httpx.BaseTransport]) -> None:
    for pool in pools.opened():
        pool.close()


class AsyncConnections(httpx.AsyncBaseTransport):
    """The connections of one client, for each event loop that it is used in, each kind opened on first use.

    They are closed with the client, when it is garbage collected, and when their event loop ends.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        pool: Callable[..., httpx.AsyncBaseTransport] | None = None,
        **options: Any,
    ) -> None:
        pool = AsyncTransport if pool is None else pool
        self._none = _Pools(_Ways(url, options), pool)
        self._by_loop: dict[object, _InLoop] = {}
        # The finalizer keeps the generators until this object is collected, so that none of their sockets is
        # collected first and warns. When the interpreter exits, no loop is left that could close them.
        finalize(self, self._by_loop.clear).atexit = False
        _open.add(self)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over the connections that the rule selects."""
        loop = _running_loop()
        here = self._by_loop.get(loop)
        if here is None:
            here = await self._enter(loop)
        return await here.pools.of(request.url).handle_async_request(request)

    async def _enter(self, loop: object) -> _InLoop:
        for other in list(self._by_loop):
            if getattr(other, "is_closed", bool)():  # the loop ended without closing its connections
                self._by_loop.pop(other, None)
        pools = self._none.fresh()
        # An event loop closes its unfinished asynchronous generators before it ends, and closes those that
        # are garbage collected. There is no other way to close connections in their own loop before it ends.
        watch = _close_with_loop(pools, ref(self), loop)
        here = _InLoop(pools, watch)
        await watch.__anext__()
        self._by_loop[loop] = here
        return here

    async def aclose(self) -> None:
        """Close the connections of this event loop, and let other event loops close theirs."""
        here = self._by_loop.pop(_running_loop(), None)
        self._by_loop.clear()
        if here is not None:
            await here.watch.aclose()

    def forget(self, loop: object) -> None:
        """Drop the connections of an event loop that ends; it closes them itself."""
        self._by_loop.pop(loop, None)

    def after_fork(self) -> None:
        """Leave the connections to the parent: if both used them, one would read the other's responses."""
        for here in self._by_loop.values():
            here.pools.forget()
            # Garbage collection of the generator would call the event loop, which shares file descriptors
            # with the parent's.
            _of_parent.append(here.watch)
        self._by_loop.clear()


class AsyncTransport(httpx.AsyncHTTPTransport):
    """The transport of httpx. It closes a connection whose TLS handshake is cancelled; httpcore does not."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        # httpx and httpcore have no public names for these attributes. If they are missing, nothing is
        # changed.
        made: Any = getattr(self, "_pool", None)
        if hasattr(made, "_network_backend"):
            made._network_backend = _Backend(made._network_backend)


class _Backend:
    """A network backend of httpcore that closes a connection when its TLS handshake is cancelled."""

    def __init__(self, backend: httpcore.AsyncNetworkBackend) -> None:
        self._backend = backend

    async def connect_tcp(self, *args: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        """Connect to a host."""
        return _closed_by_cancelling(await self._backend.connect_tcp(*args, **options))

    async def connect_unix_socket(self, *args: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        """Connect to a Unix domain socket."""
        return _closed_by_cancelling(await self._backend.connect_unix_socket(*args, **options))

    async def sleep(self, seconds: float) -> None:
        """Wait before another attempt."""
        await self._backend.sleep(seconds)


def _closed_by_cancelling(stream: httpcore.AsyncNetworkStream) -> httpcore.AsyncNetworkStream:
    start_tls = stream.start_tls

    async def start_tls_or_close(*args: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        try:
            return await start_tls(*args, **options)
        except BaseException:
            from anyio import CancelScope

            with CancelScope(shield=True):
                await stream.aclose()
            raise

    # Return the stream itself: a wrapper would slow down each read and write.
    stream.start_tls = start_tls_or_close  # type: ignore[method-assign]
    return stream


async def _close_with_loop(
    pools: _Pools[httpx.AsyncBaseTransport], owner: ref[AsyncConnections], loop: object
) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        connections = owner()
        if connections is not None:
            connections.forget(loop)
        async with AsyncExitStack() as closing:
            for pool in pools.opened():
                closing.push_async_callback(pool.aclose)


class _InLoop:
    """The connections of one event loop, which are closed when it ends."""

    def __init__(self, pools: _Pools[httpx.AsyncBaseTransport], watch: AsyncGenerator[None, None]) -> None:
        self.pools: _Pools[httpx.AsyncBaseTransport] = pools
        self.watch: AsyncGenerator[None, None] = watch


def _running_loop() -> object:
    import asyncio

    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        from anyio.lowlevel import current_token

        return current_token()  # raised by trio


class _Pools(Generic[PoolT]):
    """Connection pools by route."""

    def __init__(self, ways: _Ways, make: Callable[..., PoolT]) -> None:
        self._ways = ways
        self._make = make
        self._opened: dict[str, PoolT] = {}

    def of(self, url: httpx.URL) -> PoolT:
        """Return the pool for a URL."""
        way = self._ways.of(url)
        pool = self._opened.get(way)
        if pool is None:
            # No lock is needed: if two threads create a pool at the same time, the second is dropped unused.
            pool = self._opened.setdefault(way, self._make(**self._ways.options(way)))
        return pool

    def opened(self) -> list[PoolT]:
        """Return the pools that have been created."""
        return list(self._opened.values())

    def fresh(self) -> _Pools[PoolT]:
        """Return a copy without any pools."""
        return _Pools(self._ways, self._make)

    def forget(self) -> None:
        """Drop all pools without closing them."""
        self._opened = {}


@cache
def _no_tls() -> ssl.SSLContext:
    """Return a TLS context for plain http, without certificates, which are slow to load."""
    with forking.unforked():  # OpenSSL has locks
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


# --- the route of a request -----------------------------------------------------------------------------


class _Ways:
    """The route of a request: `plain` http to this machine, or https, `direct` or through a `proxy`."""

    def __init__(self, url: str | None, options: Mapping[str, Any]) -> None:
        self._options = {name: value for name, value in options.items() if name not in ("verify", "proxy")}
        self._verify = options.get("verify", True)
        self._proxy = options.get("proxy")
        self._secure: _Secure | None = None
        if url is not None and (target := httpx.URL(url)).scheme == "https":
            self.options(self.of(target))  # raises for invalid settings

    def of(self, url: httpx.URL) -> str:
        """Return the route to a URL.

        Raises:
            ConfigurationError: It is plain http to another machine, or an environment variable has an invalid
                value.
        """
        if url.scheme == "https":
            return "proxy" if self._read_environment().proxies.apply_to(url) else "direct"
        host = url.raw_host.decode("ascii")
        if url.scheme == "http" and is_loopback(host):
            return "plain"
        raise ConfigurationError(
            f"refusing to send a request to {url.scheme}://{host}: use https (http is for loopback hosts "
            "only)"
        )

    def options(self, way: str) -> dict[str, Any]:
        """Return the options of the pool for a route."""
        options = {**self._options, "trust_env": False}
        if way == "plain":
            options.pop("cert", None)
            return {**options, "verify": _no_tls()}
        secure = self._read_environment()
        options["verify"] = secure.context
        return {**options, "proxy": secure.proxies.proxy(secure.context)} if way == "proxy" else options

    def _read_environment(self) -> _Secure:
        if self._secure is None:
            with forking.unforked():  # OpenSSL has locks
                context = tls_context(self._verify)
            from .proxies import ProxySettings

            self._secure = _Secure(context, ProxySettings(self._proxy))
        return self._secure


class _Secure:
    """The TLS and proxy settings of https."""

    def __init__(self, context: ssl.SSLContext, proxies: ProxySettings) -> None:
        self.context: ssl.SSLContext = context
        self.proxies: ProxySettings = proxies


def tls_context(verify: ssl.SSLContext | str | bool = True) -> ssl.SSLContext:
    """Return the context that verifies servers: the caller's, or one with the certificates of `SSL_CERT_FILE`
    or `SSL_CERT_DIR`, or of certifi.

    Raises:
        ConfigurationError: An environment variable has an invalid value.
    """
    if isinstance(verify, ssl.SSLContext):
        return verify
    if verify is False:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    _check_key_log()
    if isinstance(verify, str):
        return _context_of("verify", verify, os.path.isdir(verify))
    for variable, is_folder in (("SSL_CERT_FILE", False), ("SSL_CERT_DIR", True)):
        if path := os.environ.get(variable):
            return _context_of(variable, path, is_folder)
    return httpx.create_ssl_context(trust_env=False)


def _context_of(name: str, path: str, is_folder: bool) -> ssl.SSLContext:
    try:
        if is_folder:
            if any(os.path.isdir(part) for part in path.split(os.pathsep)):  # OpenSSL ignores missing files
                return ssl.create_default_context(capath=path)
        else:
            return ssl.create_default_context(cafile=path)
    except OSError:
        pass
    kind = "directory" if is_folder else "readable file"
    raise ConfigurationError(
        f"{name} is {path!r}, which is not a {kind} of CA certificates in PEM format: correct or unset it"
    )


def _check_key_log() -> None:
    """Check the file in `SSLKEYLOGFILE`, which `ssl` opens for every context that it creates."""
    path = os.environ.get("SSLKEYLOGFILE")
    if path and not sys.flags.ignore_environment:
        try:
            with open(path, "ab"):
                pass
        except OSError as error:
            raise ConfigurationError(
                f"SSLKEYLOGFILE is {path!r}, which cannot be written ({error.strerror}): correct or unset it"
            ) from None


# --- processes that fork -----------------------------------------------------------------------------------

_open: WeakSet[Connections | AsyncConnections] = WeakSet()
_of_parent: list[object] = []


def _after_fork() -> None:
    with warnings.catch_warnings():
        # Garbage collection closes the parent's sockets in the child, as intended.
        warnings.simplefilter("ignore", ResourceWarning)
        for connections in list(_open):
            connections.after_fork()


forking.register()
if hasattr(os, "register_at_fork"):  # Windows has no fork
    os.register_at_fork(after_in_child=_after_fork)
