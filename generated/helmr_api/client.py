# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Clients for the functions and resources of this package. Both follow the rule of `connection`.

The layer above has its own transport and does not use these.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from .connection import SecretURL, new_async_http_client, new_http_client, refuse_proxy
from .display import masked
from .errors import ArgumentError, ConfigurationError, ConnectionFailed, UnexpectedBody, UnexpectedStatus
from .formats import encode_json
from .types import Request, Unset
from .urls import bearer_value, check_url

T = TypeVar("T")


class Client:
    """Sends requests to one server, without asyncio.

    Args:
        base_url: The URL of the server: https, or http to a loopback host.
        token: The bearer token of requests that need one.
        headers: Headers for every request.
        timeout: Seconds for each step of a request, or an `httpx.Timeout`; `None` for no limit.
        http_client: An httpx client to use. Closing this client does not close it.
        options: Options of `httpx.Client`, such as `verify` and `proxy`.

    Raises:
        ConfigurationError: the URL, the token or an environment variable is invalid.
        ArgumentError: an option would break the rule of `connection`.
    """

    def __init__(
        self,
        base_url: str,
        token: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: float | httpx.Timeout | None = 60.0,
        http_client: httpx.Client | None = None,
        **options: Any,
    ) -> None:
        self.base_url = check_url(base_url)
        self._token = None if token is None else bearer_value(token, "the token")
        self._headers = dict(headers or {})
        self._timeout = timeout
        self._owns_http = http_client is None
        if http_client is None:
            http_client = new_http_client(self.base_url, **options)
        else:
            refuse_proxy(http_client, httpx.URL(self.base_url))
        self._http = http_client

    def send(self, request: Request[T], /) -> T:
        """Send a request and return its result.

        Raises:
            ArgumentError: the body or a parameter cannot be serialized.
            ConfigurationError: this client is closed.
            UnexpectedStatus: the server returned an error.
            UnexpectedBody: the response does not match the document.
            ConnectionFailed: there was no response.
        """
        if self._http.is_closed:
            raise ConfigurationError("this client is closed: create a new one")
        arguments = _arguments(request, self.base_url, self._token, self._headers)
        try:
            built = self._http.build_request(**arguments, timeout=self._timeout)
        except (httpx.InvalidURL, UnicodeEncodeError) as error:
            raise ArgumentError(f"an argument is invalid in a URL: {error}") from None
        if request.secret_path:
            built.url = SecretURL(built.url)
        try:
            response = self._http.send(built, follow_redirects=False)
        except httpx.HTTPError as error:
            reason = masked(str(error) or type(error).__name__, self._token or "")
            raise ConnectionFailed(f"no response from {self.base_url}: {reason}") from None
        return _result(request, response)

    def close(self) -> None:
        """Close the connections."""
        if self._owns_http:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_url!r})"


class AsyncClient:
    """Sends requests to one server, with asyncio.

    Args:
        base_url: The URL of the server: https, or http to a loopback host.
        token: The bearer token of requests that need one.
        headers: Headers for every request.
        timeout: Seconds for each step of a request, or an `httpx.Timeout`; `None` for no limit.
        http_client: An httpx client to use. Closing this client does not close it.
        options: Options of `httpx.AsyncClient`, such as `verify` and `proxy`.

    Raises:
        ConfigurationError: the URL, the token or an environment variable is invalid.
        ArgumentError: an option would break the rule of `connection`.
    """

    def __init__(
        self,
        base_url: str,
        token: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: float | httpx.Timeout | None = 60.0,
        http_client: httpx.AsyncClient | None = None,
        **options: Any,
    ) -> None:
        self.base_url = check_url(base_url)
        self._token = None if token is None else bearer_value(token, "the token")
        self._headers = dict(headers or {})
        self._timeout = timeout
        self._owns_http = http_client is None
        if http_client is None:
            http_client = new_async_http_client(self.base_url, **options)
        else:
            refuse_proxy(http_client, httpx.URL(self.base_url))
        self._http = http_client

    async def send(self, request: Request[T], /) -> T:
        """Send a request and return its result.

        Raises:
            ArgumentError: the body or a parameter cannot be serialized.
            ConfigurationError: this client is closed.
            UnexpectedStatus: the server returned an error.
            UnexpectedBody: the response does not match the document.
            ConnectionFailed: there was no response.
        """
        if self._http.is_closed:
            raise ConfigurationError("this client is closed: create a new one")
        arguments = _arguments(request, self.base_url, self._token, self._headers)
        try:
            built = self._http.build_request(**arguments, timeout=self._timeout)
        except (httpx.InvalidURL, UnicodeEncodeError) as error:
            raise ArgumentError(f"an argument is invalid in a URL: {error}") from None
        if request.secret_path:
            built.url = SecretURL(built.url)
        try:
            response = await self._http.send(built, follow_redirects=False)
        except httpx.HTTPError as error:
            reason = masked(str(error) or type(error).__name__, self._token or "")
            raise ConnectionFailed(f"no response from {self.base_url}: {reason}") from None
        return _result(request, response)

    async def aclose(self) -> None:
        """Close the connections."""
        if self._owns_http:
            await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_url!r})"


def _arguments(
    request: Request[Any], base_url: str, token: str | None, headers: Mapping[str, str]
) -> dict[str, Any]:
    """A request as arguments of `httpx.Client.build_request`."""
    sent = {"Accept": "application/json", **headers, **request.headers}
    if request.authenticated and token is not None:
        sent["Authorization"] = f"Bearer {token}"
    content = request.content
    if not isinstance(request.json, Unset):
        try:
            content = encode_json(request.json)
        except (TypeError, ValueError, RecursionError) as error:
            raise ArgumentError(f"the body is not a JSON value: {error}") from None
        sent["Content-Type"] = "application/json"
    elif request.content_type is not None:
        sent["Content-Type"] = request.content_type
    return {
        "method": request.method,
        "url": base_url + request.path,
        "params": request.params,
        "headers": sent,
        "content": content,
        "files": request.files,
    }


def _result(request: Request[T], response: httpx.Response) -> T:
    if response.status_code not in request.statuses:
        raise UnexpectedStatus(response.status_code, response.content)
    try:
        return request.read(response)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UnexpectedBody(
            f"the response to {request!r} has another form: {type(error).__name__}"
        ) from None
