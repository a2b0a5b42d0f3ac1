# Derived from helmr_ergonomic/_async/transport.py. Edit that file, then run `make generate`.
"""Sending requests: credentials, retries, timeouts, logging, and errors that say what to do."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from logging import DEBUG
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, Final, TypeVar

import httpx

from .._tasks import MISSING, Missing
from .._validation import listed
from ..bodies import Body, BodyDecoder, UnknownEncodingError, is_short
from ..budget import RetryBudget
from ..detached import Detached, Shared
from ..errors import ArgumentError, ConfigurationError, HelmrError
from ..limits import DEFAULT_LIMITS, TimeLimits
from ..reconnect import Reconnects
from ..retries import MAX_RETRY_AFTER, retry_delay
from ..sizes import BodyTooLargeError
from ..sse import PARTIAL, Frame, Read, SSEDecoder
from ..timing import least
from ..transport import (
    PENDING_BUDGET,
    Failure,
    Outgoing,
    failed,
    logger,
    refused,
    response_error,
    result,
    unexpected,
)
from ..waiting import NEVER, Deadline
from .http import http_of
from .timing import sleep, within

if TYPE_CHECKING:
    from helmr_api.types import EventStream, Request

    from ..hooks import Hook

T = TypeVar("T")


CONNECT: Final = 10.0
"""Seconds to connect for an event stream, if the limits do not have a value."""
PULSE: Final = 1.0
"""Bytes that do not complete a frame are reported after this many seconds."""


class Transport(Shared):
    """Sends the requests of one client. It can be used concurrently."""

    __slots__ = (
        "_bearer",
        "_budget",
        "_given_limits",
        "_hooks",
        "_http",
        "_owns_http",
        "_reconnects",
        "base_url",
        "keep",
        "limits",
        "max_retries",
    )

    def __init__(
        self,
        base_url: str,
        bearer: str | None,
        *,
        limits: TimeLimits | None,
        max_retries: int,
        http_client: httpx.Client | None,
        retry_budget: RetryBudget | Missing | None = MISSING,
        hooks: Sequence[Hook] = (),
    ) -> None:
        self.base_url: str = base_url
        self.max_retries: int = max_retries
        self.keep: list[httpx.Response] | None = None
        self._bearer = bearer
        self._hooks = tuple(listed(hooks, "hooks"))
        self._budget = budget = RetryBudget() if isinstance(retry_budget, Missing) else retry_budget
        if not isinstance(budget, RetryBudget | None):  # pyright: ignore[reportUnnecessaryIsInstance]  callers may be untyped
            raise ArgumentError(f"retry_budget must be a RetryBudget or None, not {type(budget).__name__}")
        self._reconnects = Reconnects(None if budget is None else budget.reconnects)
        self._given_limits = limits
        self._owns_http = http_client is None
        self._http = http_of(http_client, base_url, bearer)
        known = DEFAULT_LIMITS if http_client is None else TimeLimits.of_client(http_client)
        self.limits: TimeLimits = limits or known

    def copy(
        self,
        *,
        limits: TimeLimits | None = None,
        max_retries: int | None = None,
        http_client: httpx.Client | None = None,
    ) -> Transport:
        """Return a transport with other options on the same connections, or on those of `http_client`.

        `None` leaves an option unchanged.
        """
        made = Transport.__new__(Transport)
        for name in self.__slots__:
            setattr(made, name, getattr(self, name))
        made.max_retries = self.max_retries if max_retries is None else max_retries
        made._owns_http = False
        made._given_limits = limits or self._given_limits
        if http_client is None:
            made.limits = limits or self.limits
        else:
            made._http = http_of(http_client, self.base_url, self._bearer)
            made.limits = made._given_limits or TimeLimits.of_client(http_client)
        return made

    def __reduce__(self) -> tuple[object, ...]:
        return Detached, ()

    def close(self) -> None:
        """Close the connections, unless they belong to the caller's client."""
        if self._owns_http:
            self._http.close()

    def send(
        self,
        request: Request[T],
        /,
        *,
        deadline: Deadline | None = None,
        limits: TimeLimits | None = None,
        bearer: str | None = None,
        label: str = "request body",
        base_url: str | None = None,
        once: bool = False,
    ) -> T:
        """Send a request, retrying it where that helps and is safe, and return its result.

        Args:
            request: The request from a generated function.
            deadline: The deadline for all attempts together.
            limits: The limits of each attempt; by default the client's.
            bearer: A credential to use instead of the client's.
            label: What the body contains, for error messages.
            base_url: The host of a callback URL, to which it is sent instead.
            once: Send it only once, even if a retry would be safe.

        Raises:
            HelmrError: There was no response, or the response is an error.
        """
        call = Outgoing(request, bearer=bearer, label=label, base_url=base_url, once=once)
        with self._seen(call):
            response = self._attempts(call, deadline or NEVER, limits or self.limits)
            return result(request, response)

    def _seen(self, call: Outgoing) -> AbstractContextManager[None]:
        """Return the context manager in which the hooks of the client run."""
        if not self._hooks:
            return nullcontext()
        from ..hooks import around  # with attrs, a sixth of the import time of a first call

        return around(self._hooks, call.seen_at(self._origin(call)))

    def _attempts(self, call: Outgoing, deadline: Deadline, limits: TimeLimits) -> httpx.Response:
        deadline = deadline.earlier(limits.call)
        attempt = 0
        pending_until = monotonic() + PENDING_BUDGET
        while True:
            attempt += 1
            outcome = self._attempt(call, attempt, limits, deadline.left())
            if isinstance(outcome, httpx.Response):
                if self._budget is not None:
                    self._budget.succeeded(retried=attempt > 1)
                return outcome
            error, repeats, retry_after, is_pending, cause = outcome
            if is_pending:
                delay = retry_after or 0.25
                repeats = repeats and self.max_retries > 0 and monotonic() + delay < pending_until
                attempt -= 1  # not a failure, so it does not count as a retry
            else:
                delay = retry_delay(attempt, retry_after)
                repeats = repeats and attempt <= self.max_retries and (retry_after or 0) <= MAX_RETRY_AFTER
            if not repeats or deadline.is_before(delay):
                raise error from cause
            if not is_pending and self._budget is not None and not self._budget.take():
                logger.info("%s failed and is not retried, because the retry budget is used up", call.name)
                raise error from cause
            if not is_pending:
                logger.info("%s failed (%s), trying again in %.2f s", call.name, type(error).__name__, delay)
            sleep(delay)

    def _attempt(
        self, call: Outgoing, attempt: int, limits: TimeLimits, left: float | None
    ) -> httpx.Response | Failure:
        began = perf_counter()
        request = self._request(call, limits.clipped(left).steps)
        try:
            with within(least(left, limits.attempt)):
                opened = self._http.send(request)
                try:
                    response = _whole(opened)
                finally:
                    opened.close()
        except Exception as exc:
            return failed(exc, call, self._origin(call))
        self._http.done(response, began)
        _log(call, response.status_code, began, attempt)
        if self.keep is not None:
            self.keep.append(response)
        return refused(response, call) or response

    def _request(self, call: Outgoing, steps: httpx.Timeout) -> httpx.Request:
        if self._http.is_closed:
            raise ConfigurationError("this client is closed: create a new one")
        request = self._http.build(call, self._origin(call), steps)
        if call.exchange is not None:
            from ..hooks import added_headers

            call.exchange.attempts += 1
            for name, value in added_headers(call.exchange):
                request.headers.setdefault(name, value)
        return request

    def _origin(self, call: Outgoing) -> str:
        return self.base_url if call.base_url is None else call.base_url

    @contextmanager
    def frames(
        self, stream: EventStream[object], silence: float, deadline: Deadline | None = None, read: Read = None
    ) -> Generator[Iterator[Frame], None, None]:
        """Open an event stream and provide its frames; leaving the block closes the connection.

        `read` reads the events of frames that come together.
        `silence` limits the seconds without a byte, and `deadline` limits every read: after either, it raises
        `HelmrTimeoutError`. Raises `HelmrConnectionError` if the stream breaks, and a status error if
        the server refuses it. When the server ends the stream, the frames end without an error.
        """
        call = Outgoing(stream.request())
        ends = deadline or NEVER
        try:
            delay = self._reconnects.delay(stream.path)
            if delay > 0:
                sleep(ends.clip(delay))
            response = self._seen_opened(call, silence, ends)
        except HelmrError:
            self._reconnects.broke(stream.path)
            raise
        except Exception as exc:
            self._reconnects.broke(stream.path)
            raise failed(exc, call, self.base_url).error from None
        self._reconnects.opened(stream.path)
        try:
            with closing(self._frames(call, response, silence, ends, read)) as frames:
                yield frames
            self._reconnects.opened(stream.path)  # an error, if any, did not matter to the caller
        finally:
            response.close()

    def _seen_opened(self, call: Outgoing, silence: float, deadline: Deadline) -> httpx.Response:
        response: httpx.Response | None = None
        try:
            with self._seen(call):
                response = self._opened(call, silence, deadline)
                return response  # noqa: RET504  it is closed below
        except BaseException:
            if response is not None:  # a hook raised after the stream was opened
                response.close()
            raise

    def _opened(self, call: Outgoing, silence: float, deadline: Deadline) -> httpx.Response:
        began = perf_counter()
        left, steps = deadline.left(), self.limits.steps
        to_connect = CONNECT if steps.connect is None else steps.connect
        limits = self.limits._replace(
            steps=httpx.Timeout(connect=steps.connect, read=silence, write=steps.write, pool=steps.pool)
        )
        request = self._request(call, limits.clipped(left).steps)
        request.headers["Accept-Encoding"] = "identity"  # compression would delay events
        with within(least(left, limits.call, limits.attempt, to_connect + silence)):
            response = self._http.send(request)
            try:
                _log(call, response.status_code, began, 1)
                if not response.is_success:
                    raise response_error(_whole(response))
                if not response.headers.get("content-type", "").lower().startswith("text/event-stream"):
                    raise unexpected(response, "it is not an event stream")
            except BaseException:
                response.close()
                raise
        return response

    def _frames(
        self, call: Outgoing, response: httpx.Response, silence: float, deadline: Deadline, read: Read
    ) -> Generator[Frame, None, None]:
        try:
            events, body = SSEDecoder(read), BodyDecoder(response)
            chunks = response.iter_bytes() if response.is_stream_consumed else response.iter_raw()
            last_sent = monotonic()
            while True:
                with within(least(silence, deadline.left())):
                    chunk = next(chunks, None)
                if chunk is None:
                    return
                for piece in body.feed(chunk):
                    for frame in events.feed(piece):
                        yield frame
                        last_sent = monotonic()
                if monotonic() - last_sent >= PULSE:
                    last_sent = monotonic()
                    yield PARTIAL
        except (BodyTooLargeError, UnknownEncodingError) as exc:
            raise unexpected(response, str(exc)) from None
        except Exception as exc:
            self._reconnects.broke(call.request.path)
            raise failed(exc, call, self.base_url).error from None


def _whole(response: httpx.Response) -> httpx.Response:
    """Read the body of a response. Raises `UnexpectedResponseError` if it is too large."""
    if response.is_stream_consumed or is_short(response):
        response.read()
        return response
    try:
        body = Body(response)
        for chunk in response.iter_raw():
            if body.is_full:
                break
            body.feed(chunk)
    except (BodyTooLargeError, UnknownEncodingError) as exc:
        raise unexpected(response, str(exc)) from None
    response.close()
    return body.response()


def _log(call: Outgoing, status: int, began: float, attempt: int) -> None:
    if call.exchange is not None:
        call.exchange.status = status
    if logger.isEnabledFor(DEBUG):
        took = (perf_counter() - began) * 1000
        logger.debug("%s -> %d in %.0f ms (attempt %d)", call.name, status, took, attempt)
