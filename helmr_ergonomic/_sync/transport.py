# Derived from helmr_ergonomic/_async/transport.py. Do not edit: change that file, then run `make generate`.
"""Sends requests: credentials, retries, timeouts, logging, and errors that say what to do."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from time import monotonic, perf_counter
from typing import Any, TypeVar
from weakref import WeakSet

import httpx

from ..errors import ArgumentError, ConfigurationError, HelmrTimeoutError, UnexpectedResponseError
from ..sse import Frame, FrameTooLargeError, SSEDecoder
from ..transport import (
    LIMITS,
    MAX_RETRY_AFTER,
    PENDING_BUDGET,
    Call,
    SecretURL,
    Timeout,
    base_headers,
    connection_error,
    is_pending_start,
    is_retryable_status,
    logger,
    parsed,
    response_error,
    retry_after,
    retry_delay,
    unexpected,
    was_not_sent,
)
from ..waiting import Deadline

T = TypeVar("T")


class Transport:
    """Sends the calls of one client, many at the same time."""

    __slots__ = (
        "__weakref__",
        "_headers",
        "_http",
        "_json_headers",
        "_owns_http",
        "base_url",
        "keep",
        "max_retries",
        "timeout",
    )

    def __init__(
        self,
        base_url: str,
        bearer: str | None,
        *,
        timeout: Timeout,
        max_retries: int,
        http_client: httpx.Client | None,
    ) -> None:
        self.base_url: str = base_url
        self.timeout: Timeout = timeout
        self.max_retries: int = max_retries
        self.keep: list[httpx.Response] | None = None
        self._headers = base_headers(bearer)
        self._json_headers = {**self._headers, "Content-Type": "application/json"}
        self._owns_http = http_client is None
        if http_client is None:
            http_client = _connections()
            _ours.add(self)
        self._http = _checked(http_client)

    def copy(
        self,
        *,
        timeout: Timeout,
        max_retries: int,
        http_client: httpx.Client | None,
    ) -> Transport:
        """A transport with other options on the same connections, or on those of `http_client`."""
        made = Transport.__new__(Transport)
        made.base_url = self.base_url
        made.timeout = timeout
        made.max_retries = max_retries
        made.keep = self.keep
        made._headers = self._headers
        made._json_headers = self._json_headers
        made._owns_http = False
        made._http = self._http if http_client is None else _checked(http_client)
        if http_client is None and self in _ours:
            _ours.add(made)
        return made

    def renew(self, made: dict[httpx.Client, httpx.Client]) -> None:
        """Use new connections; `made` holds those that were made so far, by the ones they stand for."""
        if not self._http.is_closed:
            if self._http not in made:
                made[self._http] = _connections()
            self._http = made[self._http]

    def close(self) -> None:
        """Close the connections, unless they are those of a client that the caller brought."""
        if self._owns_http:
            self._http.close()

    def send(
        self,
        call: Call,
        parse: Callable[..., Any],
        *,
        deadline: Deadline | None = None,
        timeout: Timeout = None,
    ) -> Any:
        """The model that the generated `parse` makes of the answer.

        `deadline` bounds all attempts together, `timeout` (default: the client's) the steps of each.
        Raises an error of the `HelmrError` tree for anything but a successful answer.
        """
        response = self._attempts(call, deadline, self.timeout if timeout is None else timeout)
        return parsed(response, parse)

    def _attempts(self, call: Call, deadline: Deadline | None, timeout: Timeout) -> httpx.Response:
        attempt = 0
        pending_until = monotonic() + PENDING_BUDGET
        while True:
            attempt += 1
            failure: Exception
            asked: float | None = None
            began = perf_counter()
            try:
                request = self._request(call, _clipped(timeout, deadline))
                response = self._http.send(request, follow_redirects=False)
            except httpx.RequestError as exc:
                failure = connection_error(exc, self._origin(call), call.name)
                again = call.repeatable or was_not_sent(exc)
            else:
                _log(call, response.status_code, began, attempt)
                if self.keep is not None:
                    self.keep.append(response)
                if response.is_success and response.status_code != 202:
                    return response
                asked = retry_after(response)
                failure = response_error(response)
                if is_pending_start(response):
                    delay = asked or 0.25
                    if call.repeatable and self.max_retries > 0 and monotonic() + delay < pending_until:
                        attempt -= 1  # nothing failed: this does not count as one of the retries
                        _sleep(delay, deadline, call)
                        continue
                    raise failure
                if response.status_code == 202:
                    raise unexpected(response, "the contract knows no such answer")
                again = call.repeatable and is_retryable_status(response.status_code)
            if not again or attempt > self.max_retries or (asked is not None and asked > MAX_RETRY_AFTER):
                raise failure from None
            delay = retry_delay(attempt, asked)
            logger.info("%s failed (%s), trying again in %.2f s", call.name, type(failure).__name__, delay)
            _sleep(delay, deadline, call)

    def _request(self, call: Call, timeout: Timeout) -> httpx.Request:
        if self._http.is_closed:
            raise ConfigurationError("this client is closed: make a new one")
        headers = self._headers if call.content is None else self._json_headers
        if call.bearer is not None:
            headers = {**headers, "Authorization": f"Bearer {call.bearer}"}
        url = (self.base_url if call.base_url is None else call.base_url) + call.url
        try:
            request = self._http.build_request(
                call.method, url, params=call.params, content=call.content, headers=headers, timeout=timeout
            )
        except (httpx.InvalidURL, UnicodeEncodeError) as exc:
            raise ArgumentError(f"an argument cannot stand in a URL: {exc}") from None
        if call.anonymous:
            request.headers.pop("Authorization", None)
        if call.base_url is not None:
            request.url = SecretURL(request.url)
        return request

    def _origin(self, call: Call) -> str:
        return self.base_url if call.base_url is None else call.base_url

    @contextmanager
    def frames(self, call: Call, silence: float) -> Generator[Iterator[Frame], None, None]:
        """Open an event stream and give its frames; leaving the block closes the connection.

        `silence` is how many seconds a read may bring nothing: after that `HelmrTimeoutError`. When the
        stream breaks `HelmrConnectionError`; when the server refuses it, a status error. A stream that ends
        as it should just ends.
        """
        base = self.timeout if isinstance(self.timeout, httpx.Timeout) else httpx.Timeout(self.timeout)
        request = self._request(
            call, httpx.Timeout(connect=base.connect, read=silence, write=base.write, pool=base.pool)
        )
        request.headers["Accept"] = "text/event-stream"
        request.headers["Accept-Encoding"] = "identity"  # compression would hold events back
        began = perf_counter()
        try:
            response = self._http.send(request, stream=True, follow_redirects=False)
            try:
                _log(call, response.status_code, began, 1)
                if not response.is_success:
                    response.read()
                    raise response_error(response)
                if not response.headers.get("content-type", "").startswith("text/event-stream"):
                    raise unexpected(response, "it is not an event stream")
                frames = _frames(response)
                try:
                    yield frames
                finally:
                    frames.close()
            finally:
                response.close()
        except httpx.RequestError as exc:
            raise connection_error(exc, self.base_url, call.name) from None
        except FrameTooLargeError as exc:
            raise UnexpectedResponseError(str(exc)) from None


def _connections() -> httpx.Client:
    # Plain http is for loopback only: a proxy from the environment would carry the key off the host.
    return httpx.Client(limits=LIMITS, mounts={"http://": None})


_ours: WeakSet[Transport] = WeakSet()
"""The transports whose connections are not those of a client that the caller brought."""


def _after_fork() -> None:
    """Give the child connections of its own: on its parent's, one would read the other's answers."""
    made: dict[httpx.Client, httpx.Client] = {}
    for transport in _ours:
        transport.renew(made)


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(after_in_child=_after_fork)


def _checked(http_client: httpx.Client) -> httpx.Client:
    if not isinstance(http_client, httpx.Client):  # pyright: ignore[reportUnnecessaryIsInstance]  callers may be untyped
        raise ConfigurationError(f"http_client must be an httpx.Client, not {type(http_client).__name__}")
    return http_client


def _frames(response: httpx.Response) -> Generator[Frame, None, None]:
    decoder = SSEDecoder()
    for chunk in response.iter_bytes():
        for frame in decoder.feed(chunk):
            yield frame


def _clipped(timeout: Timeout, deadline: Deadline | None) -> Timeout:
    left = None if deadline is None else deadline.left()
    if left is None:
        return timeout
    base = timeout if isinstance(timeout, httpx.Timeout) else httpx.Timeout(timeout)
    left = max(left, 0.001)
    return httpx.Timeout(
        connect=_least(base.connect, left),
        read=_least(base.read, left),
        write=_least(base.write, left),
        pool=_least(base.pool, left),
    )


def _least(seconds: float | None, left: float) -> float:
    return left if seconds is None else min(seconds, left)


def _sleep(seconds: float, deadline: Deadline | None, call: Call) -> None:
    left = None if deadline is None else deadline.left()
    if left is not None and seconds >= left:
        raise HelmrTimeoutError(f"{call.name} could not be completed within the time allowed")
    time.sleep(seconds)


def _log(call: Call, status: int, began: float, attempt: int) -> None:
    logger.debug(
        "%s -> %d in %.0f ms (attempt %d)", call.name, status, (perf_counter() - began) * 1000, attempt
    )
