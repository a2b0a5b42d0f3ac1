"""One test for both clients: `api` is a client (sync or async) whose calls are driven to their result."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Generator, Iterator
from typing import Any

import httpx
import pytest

from helmr_ergonomic import AsyncHelmrClient, AsyncPublicClient, HelmrClient, PublicClient

URL = "https://helmr.test"
KEY = "hlmr_sk_" + "k" * 43

Handler = Callable[[httpx.Request], httpx.Response]


class Driver:
    """Makes clients on a mock transport and gives the results of their calls, awaited where needed."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._runner = asyncio.Runner() if kind == "async" else None
        self._open: list[Any] = []

    def client(self, handler: Handler, **options: Any) -> Any:
        """A client whose requests `handler` answers."""
        options = {"url": URL, "api_key": KEY, **options}
        return self._keep(
            HelmrClient(http_client=httpx.Client(transport=httpx.MockTransport(handler)), **options)
            if self._runner is None
            else AsyncHelmrClient(
                http_client=httpx.AsyncClient(transport=httpx.MockTransport(handler)), **options
            )
        )

    def public(self, handler: Handler, token: str | None = "hlmr_pat_x", url: str | None = URL) -> Any:
        """A public client whose requests `handler` answers."""
        return self._keep(
            PublicClient(token, url=url, http_client=httpx.Client(transport=httpx.MockTransport(handler)))
            if self._runner is None
            else AsyncPublicClient(
                token, url=url, http_client=httpx.AsyncClient(transport=httpx.MockTransport(handler))
            )
        )

    def _keep(self, client: Any) -> Any:
        self._open.append(client._transport._http)
        return client

    def __call__(self, value: Any) -> Any:
        """The result of a call: itself, or what it is when awaited."""
        if self._runner is not None and inspect.isawaitable(value):

            async def result() -> Any:
                return await value

            return self._runner.run(result())
        return value

    def items(self, iterable: Any, most: int | None = None) -> list[Any]:
        """The items of a pager or a follow; after `most` of them it is left early."""
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
        for http in self._open:
            self(http.aclose() if self._runner is not None else http.close())
        if self._runner is not None:
            self._runner.close()


@pytest.fixture(params=["sync", "async"])
def drive(request: pytest.FixtureRequest) -> Generator[Driver]:
    driver = Driver(request.param)
    yield driver
    driver.close()


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that the client makes, which take no time in such a test."""
    made: list[float] = []

    async def nap(seconds: float) -> None:
        made.append(seconds)
        await asyncio.sleep(0)

    monkeypatch.setattr("time.sleep", made.append)
    monkeypatch.setattr("anyio.sleep", nap)
    return made
