"""Preparing requests and interpreting responses; the I/O is in `_async` and `_sync`."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

import httpx

from helmr_api.connection import SecretURL
from helmr_api.display import masked, one_line
from helmr_api.formats import is_object
from helmr_api.type_checks import WrongTypeError
from helmr_api.types import UNSET

from ._version import API_VERSION, __version__
from .codecs import json_bytes
from .errors import (
    HelmrConnectionError,
    HelmrError,
    HelmrStatusError,
    HelmrTimeoutError,
    UnexpectedResponseError,
    status_error,
)
from .raw import NOT_AS_DOCUMENTED
from .retries import is_retryable_status, retry_after
from .timing import TimeIsOver

if TYPE_CHECKING:
    from helmr_api.types import Request

    from .hooks import Exchange

T = TypeVar("T")

logger: Final[logging.Logger] = logging.getLogger("helmr")

LIMITS: Final = httpx.Limits(max_connections=1000, max_keepalive_connections=100, keepalive_expiry=5.0)

PENDING_BUDGET: Final = 10.0
"""Seconds for which a start is repeated while another start with the same key is in progress."""
SHORTEST_SECRET: Final = 8


def base_headers(bearer: str | None) -> dict[str, str]:
    """Return the headers of every request, created once per client."""
    headers = {
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
        "Helmr-API-Version": API_VERSION,
        "Helmr-SDK-Version": f"helmr-python/{__version__}",
        "User-Agent": f"helmr-python/{__version__}",
    }
    if bearer is not None:
        headers["Authorization"] = f"Bearer {bearer}"
    return headers


class Outgoing:
    """A request prepared for one client, which may send it several times."""

    __slots__ = ("anonymous", "base_url", "bearer", "content", "exchange", "repeatable", "request")

    def __init__(
        self,
        request: Request[object],
        *,
        bearer: str | None = None,
        label: str = "request body",
        base_url: str | None = None,
        once: bool = False,
    ) -> None:
        self.request: Request[object] = request
        # The body is written once, so that a retry sends the same bytes.
        self.content: bytes | None = (
            request.content if request.json is UNSET else json_bytes(request.json, label=label)
        )
        self.repeatable: bool = request.safe_to_repeat and not once
        self.bearer: str | None = bearer
        # Set for a callback URL, which has its own host.
        self.base_url: str | None = base_url
        # The exchange that hooks see; `None` without hooks.
        self.exchange: Exchange | None = None
        # Whether it is sent without the client's credential.
        self.anonymous: bool = not request.authenticated

    @property
    def headers(self) -> dict[str, str]:
        """The headers specific to this request."""
        sent = self.request
        headers: dict[str, str] = {}
        if sent.content_type is not None and self.content is not None:
            headers["Content-Type"] = sent.content_type
        if self.bearer is not None:
            headers["Authorization"] = f"Bearer {self.bearer}"
        if sent.headers:
            headers.update(sent.headers)
        return headers

    @property
    def name(self) -> str:
        """The method and path, without secrets, for logs and messages."""
        return f"{self.request.method} {'[callback URL]' if self.request.secret_path else self.request.path}"

    def seen_at(self, origin: str) -> Exchange:
        """Create the exchange that hooks see, for this origin."""
        from .hooks import Exchange

        method, _, path = self.name.partition(" ")
        self.exchange = Exchange(self.request.operation, method, path, origin)
        return self.exchange


# --- the response ----------------------------------------------------------------------------------------


def is_pending_start(response: httpx.Response) -> bool:
    """True for the 202 to a start while another start with the same key is in progress."""
    return response.status_code == 202 and _envelope(response)[1] == "idempotency_pending"


def response_error(response: httpx.Response) -> HelmrStatusError:
    """Create the error for a response that is not a success. The body must have been read."""
    status = response.status_code
    text, code = _envelope(response)
    if text is None:
        text = _describe(response)
    # A server, or a proxy in front of it, may repeat the refused request in its response.
    text = one_line(masked(text.strip(), _credential(response.request)))
    return status_error(status, text, code, response.request, response, retry_after(response))


def _credential(request: httpx.Request) -> str:
    """Return the credential in a request's header, unless it is too short to be distinguished from other
    strings."""
    secret = request.headers.get("Authorization", "").partition(" ")[2]
    return secret if len(secret) >= SHORTEST_SECRET else ""


def unexpected(response: httpx.Response, what: str) -> UnexpectedResponseError:
    """Create the error for a successful response whose body does not match the contract."""
    kind = response.headers.get("content-type", "no content type")
    url = response.request.url
    return UnexpectedResponseError(
        f"{response.request.method} {'[secret]' if isinstance(url, SecretURL) else url.path} "
        f"got {response.status_code} but {what} ({kind}): is this URL a Helmr control plane?",
        response=response,
    )


def result(request: Request[T], response: httpx.Response) -> T:
    """Return the result of a response. Raises `UnexpectedResponseError` if it does not match the document."""
    try:
        return request.read(response)
    except NOT_AS_DOCUMENTED as exc:
        if isinstance(exc, json.JSONDecodeError):
            what = "the body is not JSON"
        elif isinstance(exc, WrongTypeError):
            what = f"the body has an unexpected structure: {exc}"
        else:
            what = "the body has an unexpected structure"
        raise unexpected(response, what) from None


def _envelope(response: httpx.Response) -> tuple[str | None, str | None]:
    """Return `error` and `code` of an error body; `None` if missing."""
    try:
        body = response.json()
    except (ValueError, RecursionError, httpx.ResponseNotRead):
        return None, None
    if not is_object(body):
        return None, None
    text, code = body.get("error"), body.get("code")
    return (text if isinstance(text, str) else None), (code if isinstance(code, str) else None)


def _describe(response: httpx.Response) -> str:
    """Return a message for an error without the contract's body, perhaps from a proxy."""
    status = response.status_code
    if 300 <= status < 400:
        return "the server responded with a redirect, which is not followed: is the control plane URL right?"
    phrase = response.reason_phrase or "no reason given"
    try:
        _ = response.content
    except httpx.ResponseNotRead:
        return f"{phrase}; a hook of the http_client raised before the body was read"
    kind = response.headers.get("content-type", "").partition(";")[0] or "an empty body"
    return f"{phrase}; the response is not from the control plane's API ({kind})"


# --- attempts that failed ----------------------------------------------------------------------------------


class Failure(NamedTuple):
    """An attempt that failed: the error for the caller, and whether to send the request again."""

    error: HelmrError
    repeats: bool = False
    """True if it should be sent again after a pause, because that is safe and may help."""
    retry_after: float | None = None
    """The seconds that the server asks the client to wait."""
    is_pending: bool = False
    """True if it is not a failure: another start with the same key is in progress."""
    cause: Exception | None = None
    """An exception from the caller's code."""


def refused(response: httpx.Response, call: Outgoing) -> Failure | None:
    """Return the failure in a response; `None` if it is a success. The body must have been read."""
    if response.status_code in call.request.statuses:
        return None
    if is_pending_start(response):
        return Failure(response_error(response), call.repeatable, retry_after(response), is_pending=True)
    if response.is_success:
        return Failure(unexpected(response, "the contract has no such response"))
    again = call.repeatable and is_retryable_status(response.status_code)
    return Failure(response_error(response), again, retry_after(response))


def failed(exc: Exception, call: Outgoing, origin: str) -> Failure:
    """Return the failure for an exception raised instead of a response, without httpx's own exceptions in the
    traceback."""
    match exc:
        case HelmrError():
            return Failure(exc)
        case httpx.HTTPStatusError():  # an event hook of the caller's client called raise_for_status
            failure = refused(exc.response, call)
            return (failure or Failure(HelmrError(f"{call.name}: {exc}")))._replace(cause=exc)
        case httpx.PoolTimeout():  # a retry would only wait again
            return Failure(connection_error(exc, origin, call.name))
        case TimeIsOver() | httpx.RequestError():
            # If it never reached a server, even an unsafe request may be repeated.
            was_not_sent = isinstance(exc, (httpx.ConnectError, httpx.ConnectTimeout))
            return Failure(connection_error(exc, origin, call.name), call.repeatable or was_not_sent)
        case _:
            kind = type(exc).__name__
            return Failure(HelmrError(f"the http_client raised {kind} during {call.name}: {exc}"), cause=exc)


def connection_error(exc: TimeIsOver | httpx.RequestError, origin: str, call: str) -> HelmrError:
    """Convert an httpx error or an expired timeout to an error that says what to do."""
    request: httpx.Request | None = getattr(exc, "_request", None)
    reason = str(exc) or type(exc).__name__
    match exc:
        case httpx.ConnectTimeout():
            text = (
                f"no connection to {origin} in time: check that the control plane runs there and that the "
                f"network lets you through ({call})"
            )
        case httpx.PoolTimeout():
            text = (
                f"all connections to {origin} are in use: stop following streams, or raise the limits of "
                f"your http_client ({call})"
            )
        case TimeIsOver() | httpx.TimeoutException():
            text = f"{origin} did not respond to {call} in time: try again, or raise the client's timeout"
        case httpx.ConnectError() | httpx.ProxyError():
            text = (
                f"cannot connect to {origin} ({reason}): check HELMR_API_URL, and that the control plane runs"
            )
        case _:
            text = (
                f"the connection to {origin} broke during {call} ({reason}): it may have taken effect; "
                "repeat it if it has an idempotency key"
            )
    is_late = isinstance(exc, (TimeIsOver, httpx.TimeoutException))
    return (HelmrTimeoutError if is_late else HelmrConnectionError)(text, request=request)
