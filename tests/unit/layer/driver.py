"""Lets one test use the sync and the async client: results are awaited where needed."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import httpx

from helmr_ergonomic import AsyncHelmrClient, AsyncPublicClient, HelmrClient, PublicClient

URL = "https://helmr.test"
KEY = "hlmr_sk_" + "k" * 43

Handler = Callable[[httpx.Request], httpx.Response]


class Driver:
    """Creates clients and returns the results of their calls. `kind` is `sync` or `async`."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._runner = asyncio.Runner() if kind == "async" else None
        self._open: list[Any] = []

    def client(self, handler: Handler, **options: Any) -> Any:
        """Return a client whose requests `handler` serves."""
        transport = httpx.MockTransport(handler)
        return self.live(
            **{"url": URL, "api_key": KEY, "http_client": self.http(transport=transport), **options}
        )

    def public(
        self, handler: Handler, token: str | None = "hlmr_pat_x", url: str | None = URL, **options: Any
    ) -> Any:
        """Return a public client whose requests `handler` serves."""
        http = self.http(transport=httpx.MockTransport(handler))
        return self.live_public(token, url=url, http_client=http, **options)

    def live(self, **options: Any) -> Any:
        """Return a client of a real server."""
        return self.keep(HelmrClient(**options) if self._runner is None else AsyncHelmrClient(**options))

    def live_public(self, token: str | None, **options: Any) -> Any:
        """Return a public client of a real server."""
        return self.keep(
            PublicClient(token, **options) if self._runner is None else AsyncPublicClient(token, **options)
        )

    def http(self, **options: Any) -> Any:
        """Return an httpx client to pass to a Helmr client."""
        return self.keep(httpx.Client(**options) if self._runner is None else httpx.AsyncClient(**options))

    def keep(self, client: Any) -> Any:
        """Register a client to be closed with the driver, and return it."""
        self._open.append(client)
        return client

    def __call__(self, value: Any) -> Any:
        """Return the result of a call, awaited if needed."""
        if self._runner is not None and inspect.isawaitable(value):

            async def result() -> Any:
                return await value

            return self._runner.run(result())
        return value

    def items(self, iterable: Any, most: int | None = None) -> list[Any]:
        """Return the items of a pager or a follow, stopping after `most` items."""
        return list(self._items(iterable, most))

    def _items(self, iterable: Any, most: int | None) -> Iterator[Any]:
        found: list[Any] = []
        if self._runner is None:
            for item in iterable:
                found.append(item)
                if len(found) == most:
                    break
        else:

            async def collect() -> None:
                async for item in iterable:
                    found.append(item)
                    if len(found) == most:
                        break
                if hasattr(iterable, "aclose"):
                    await iterable.aclose()

            self._runner.run(collect())
        yield from found

    def close(self) -> None:
        """Close all clients that this driver created."""
        for client in reversed(self._open):
            self(client.aclose() if self._runner is not None else client.close())
        if self._runner is not None:
            self._runner.close()
