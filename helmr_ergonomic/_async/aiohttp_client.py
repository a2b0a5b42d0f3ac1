"""An httpx transport on aiohttp connections: `pip install 'helmr[aiohttp]'`."""

# derive-sync: by hand, because aiohttp is async only: this module has no sync counterpart.

from __future__ import annotations

import ssl
from typing import Any, Final

import httpx

from helmr_api.connection import AsyncConnections, async_client_options

from .._public import public
from ..errors import ConfigurationError
from ..transport import LIMITS


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
        from .aiohttp_pool import AiohttpPool

        self._pool: Any = AiohttpPool(verify, limits, proxy)


public(AiohttpClient)
