# Derived from helmr_ergonomic/_async/client.py. Edit that file, then run `make generate`.
"""The client: all operations of one control plane, with one API key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import httpx

from .._public import public
from .._tasks import MISSING, Missing
from ..budget import RetryBudget
from ..config import configured_key, configured_url
from ..errors import HelmrError
from ..limits import Timeout, time_limits
from ..retries import DEFAULT_MAX_RETRIES, checked_retries
from ._resources import Resources
from .connected import Connected
from .transport import Transport

if TYPE_CHECKING:
    from ..hooks import Hook


class HelmrClient(Connected, Resources):
    """A client for one control plane; it can be shared and used concurrently.

    Args:
        url: the control plane's URL, by default `HELMR_API_URL`: https, or http to a loopback host.
        api_key: the key, by default `HELMR_API_KEY`.
        timeout: seconds for a whole call, including retries; or an `httpx.Timeout`, which limits the steps of
            each attempt (wait for a free connection, connect, each write, each read), and the attempt to the
            sum of them; `None` for no limit. The default is 60 s, of which 10 s to connect, or the timeouts
            of the `http_client`.
        max_retries: how many times to retry a call that is safe to repeat, after a broken connection or a
            status 408, 429, 502, 503 or 504; 3 by default.
        http_client: an `httpx.Client` of your own, for proxies, certificates, hooks or
            instrumentation. Closing it is up to you.
        retry_budget: a limit on the retries of all calls together, see `RetryBudget`; `None` for no limit. By
            default `RetryBudget()`.
        hooks: functions that are called around each request, see `Hook`; `helmr_otel.tracing` is one.

    Raises:
        ConfigurationError: the URL or the key is missing or invalid.
        ArgumentError: `timeout` or `max_retries` is invalid.

    >>> with HelmrClient(url, api_key) as client:
    ...     started = client.sessions.start("greet", {"name": "you"})
    """

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        *,
        timeout: Timeout | Missing = MISSING,
        max_retries: int = DEFAULT_MAX_RETRIES,
        http_client: httpx.Client | None = None,
        retry_budget: RetryBudget | Missing | None = MISSING,
        hooks: Sequence[Hook] = (),
    ) -> None:
        base_url = configured_url(url)
        key = configured_key(api_key)
        self._set_up(
            Transport(
                base_url,
                key,
                limits=time_limits(timeout),
                max_retries=checked_retries(max_retries),
                http_client=http_client,
                retry_budget=retry_budget,
                hooks=hooks,
            )
        )

    def _set_up(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def url(self) -> str:
        """The control plane's URL."""
        return self._transport.base_url

    def with_options(
        self,
        *,
        timeout: Timeout | Missing = MISSING,
        max_retries: int | Missing = MISSING,
        http_client: httpx.Client | None = None,
    ) -> HelmrClient:
        """Return a copy of this client with other options, on the same connections (or on those of
        `http_client`).

        Closing it has no effect: the connections belong to the original.

        >>> client.with_options(timeout=5, max_retries=0).runs.counts()
        """
        made = HelmrClient.__new__(HelmrClient)
        made._set_up(
            self._transport.copy(
                limits=time_limits(timeout),
                max_retries=None if isinstance(max_retries, Missing) else checked_retries(max_retries),
                http_client=http_client,
            )
        )
        return made

    @property
    def with_raw_response(self) -> RawHelmrClient:
        """A copy of this client that keeps the responses it receives: `.response` is the last one,
        `.responses` has all.

        Each access creates a new copy without responses; use one per call if calls run concurrently.

        >>> raw = client.with_raw_response
        >>> started = raw.sessions.start("greet", {"name": "you"})
        >>> raw.response.status_code, raw.response.headers["Helmr-API-Version"]
        """
        made = RawHelmrClient.__new__(RawHelmrClient)
        transport = self._transport.copy()
        transport.keep = made.responses = []
        made._set_up(transport)
        return made


class RawHelmrClient(HelmrClient):
    """A client that keeps the responses it receives, from `client.with_raw_response`."""

    responses: list[httpx.Response]
    """All responses so far, including those that were retried, oldest first."""

    @property
    def response(self) -> httpx.Response:
        """The last response. Raises `HelmrError` if there is none yet."""
        if not self.responses:
            raise HelmrError("no response yet: make a call with this client first")
        return self.responses[-1]


public(HelmrClient, RawHelmrClient)
