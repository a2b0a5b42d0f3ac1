"""Requests are built without httpx unless the caller's client adds something to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest import mock

import httpx
import pytest

from helmr_ergonomic import HelmrClient, building
from helmr_ergonomic.building import Builder
from helmr_ergonomic.errors import ArgumentError

from .driver import KEY, URL
from .responses import RUN_ID, SESSION_ID, TOKEN_ID

Call = Callable[[HelmrClient], Any]

CALLS: dict[str, Call] = {
    "get": lambda client: client.runs.retrieve(RUN_ID),
    "start": lambda client: client.sessions.start("greet", {"name": "Grüße"}, external_id="a"),
    "close": lambda client: client.sessions.close(SESSION_ID),
    "query": lambda client: list(client.runs.list(limit=5)),
    "encoded path": lambda client: client.tokens.retrieve(TOKEN_ID),
    "other credential": lambda client: client.tokens.complete(TOKEN_ID, {}, public_access_token="other"),
}


class Sent:
    """A transport that records the request and then fails."""

    def __init__(self) -> None:
        self.request = httpx.Request("GET", "https://nothing.invalid")

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.request = request
        return httpx.Response(400, json={"error": "no"})


def sent_by(call: Call, kind: type[httpx.Client] = httpx.Client, **options: Any) -> httpx.Request:
    sent = Sent()
    with kind(transport=httpx.MockTransport(sent), **options) as http:
        client = HelmrClient(URL, KEY, http_client=http, max_retries=0)
        with pytest.raises(Exception, match="no"):
            call(client)
    return sent.request


def wire(request: httpx.Request) -> tuple[object, ...]:
    headers = sorted((name.lower(), value) for name, value in request.headers.raw)
    return request.method, str(request.url), headers, request.content, request.extensions["timeout"]


@pytest.mark.parametrize("name", CALLS)
def test_a_request_equals_the_one_that_httpx_would_build(name: str) -> None:
    built = wire(sent_by(CALLS[name]))
    with mock.patch.object(building, "_adds_nothing", return_value=False):
        assert wire(sent_by(CALLS[name])) == built


class Marking(httpx.Client):
    def build_request(self, *args: Any, **options: Any) -> httpx.Request:
        request = super().build_request(*args, **options)
        request.headers["X-Marked"] = "yes"
        return request


@pytest.mark.parametrize(
    ("options", "name", "value"),
    [
        ({"headers": {"X-Team": "payments"}}, "X-Team", "payments"),
        ({"headers": {"Connection": "close"}}, "Connection", "close"),
        ({"cookies": {"session": "1"}}, "Cookie", "session=1"),
        ({"kind": Marking}, "X-Marked", "yes"),
    ],
)
def test_headers_and_cookies_of_the_callers_client_are_sent(
    options: dict[str, Any], name: str, value: str
) -> None:
    for call in CALLS.values():
        assert sent_by(call, **options).headers[name] == value


def test_query_parameters_of_the_callers_client_are_sent() -> None:
    request = sent_by(lambda client: list(client.runs.list()), params={"limit": "7"})
    assert request.url.params["limit"] == "7"


def test_headers_set_later_on_the_callers_client_are_sent() -> None:
    sent = Sent()
    with httpx.Client(transport=httpx.MockTransport(sent)) as http:
        client = HelmrClient(URL, KEY, http_client=http, max_retries=0)
        for team in ("a", "b"):
            http.headers["X-Team"] = team
            with pytest.raises(Exception, match="no"):
                client.runs.retrieve(RUN_ID)
            assert sent.request.headers["X-Team"] == team


def test_the_callers_client_does_not_override_required_headers() -> None:
    request = sent_by(CALLS["get"], headers={"User-Agent": "mine", "Accept": "text/html"})
    assert request.headers["User-Agent"].startswith("helmr-python/")
    assert request.headers["Accept"] == "application/json"


def test_a_default_httpx_client_does_not_build_requests() -> None:
    with mock.patch.object(Builder, "_built_by_httpx", side_effect=AssertionError("by httpx")):
        sent_by(CALLS["start"])
        with pytest.raises(AssertionError, match="by httpx"):
            sent_by_plain(headers={"X-Team": "payments"})


def sent_by_plain(**options: Any) -> None:
    """Send a request without expecting an error."""
    with httpx.Client(transport=httpx.MockTransport(Sent()), **options) as http:
        HelmrClient(URL, KEY, http_client=http, max_retries=0).sessions.retrieve(SESSION_ID)


def test_a_path_too_long_for_a_url_is_rejected_without_an_http_client_too() -> None:
    with HelmrClient(URL, KEY) as client, pytest.raises(ArgumentError, match="invalid in a URL"):
        client.runs.retrieve("x" * 70_000)


@pytest.mark.parametrize("params", [{}, {"a": "b"}])  # with parameters of its own, httpx builds the requests
def test_an_integer_that_python_does_not_convert_is_an_invalid_argument(params: dict[str, str]) -> None:
    with httpx.Client(params=params) as http, HelmrClient(URL, KEY, http_client=http) as client:
        with pytest.raises(ArgumentError, match="invalid in a URL"):
            list(client.runs.list(limit=10**5_000))
        with pytest.raises(ArgumentError, match=r"cursor must be .* got int"):
            list(client.runs.events.follow("00000000-0000-4000-8000-000000000000", cursor=10**5_000))
