"""Generated requests are sent as declared and their results returned, sync and async."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from helmr_api.types import Request, Response
from helmr_ergonomic import errors

from .driver import Driver

pytestmark = pytest.mark.sends_invalid_requests("operations that a later document may have")


def nothing(response: Response) -> None:
    """Ignore the response."""


def sent(drive: Driver, request: Request[Any], response: httpx.Response) -> tuple[httpx.Request, Any]:
    """Return the HTTP request that was sent, and the result."""
    seen: list[httpx.Request] = []

    def server(made: httpx.Request) -> httpx.Response:
        seen.append(made)
        return response

    result = drive(drive.client(server, max_retries=0)._transport.send(request))
    return seen[0], result


def test_a_204_returns_none(drive: Driver) -> None:
    request = Request("DELETE", "/api/things/1", nothing, statuses=(204,))
    made, result = sent(drive, request, httpx.Response(204))
    assert result is None
    assert made.method == "DELETE"
    assert made.url.path == "/api/things/1"
    assert made.content == b""
    assert "content-type" not in made.headers


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_an_undocumented_success_status_is_an_error(drive: Driver, status: int) -> None:
    request = Request("GET", "/api/things", nothing, statuses=(206,))
    with pytest.raises(errors.UnexpectedResponseError, match=str(status)):
        sent(drive, request, httpx.Response(status, content=b"" if status == 204 else b"{}"))


def test_a_documented_202_has_a_result(drive: Driver) -> None:
    request = Request("POST", "/api/things", lambda response: response.status_code, statuses=(201, 202))
    assert sent(drive, request, httpx.Response(202, json={"state": "building"}))[1] == 202


def test_headers_of_a_request_are_sent(drive: Driver) -> None:
    request = Request("GET", "/api/things", nothing, headers={"If-Match": '"3"', "Accept": "application/x"})
    made, _ = sent(drive, request, httpx.Response(200))
    assert made.headers["if-match"] == '"3"'
    assert made.headers.get_list("accept") == ["application/x"]
    assert made.headers["helmr-api-version"]


def test_bytes_are_sent_with_their_content_type(drive: Driver) -> None:
    request = Request("PUT", "/api/file", nothing, content=b"\0\xff", content_type="application/octet-stream")
    made, _ = sent(drive, request, httpx.Response(200))
    assert made.content == b"\0\xff"
    assert made.headers.get_list("content-type") == ["application/octet-stream"]


def test_parts_are_sent_as_a_multipart_body(drive: Driver) -> None:
    request = Request("POST", "/api/up", nothing, files=[("a", ("a.bin", b"12", "application/x-a"))])
    made, _ = sent(drive, request, httpx.Response(200))
    assert made.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b'name="a"; filename="a.bin"\r\nContent-Type: application/x-a\r\n\r\n12\r\n' in made.read()


@pytest.mark.parametrize("authenticated", [True, False])
def test_the_key_is_sent_where_the_document_requires_it(drive: Driver, authenticated: bool) -> None:
    request = Request("GET", "/healthz", nothing, authenticated=authenticated)
    made, _ = sent(drive, request, httpx.Response(200))
    assert ("authorization" in made.headers) is authenticated
