"""Invalid requests are detected; otherwise "every request was validated" would prove nothing."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from helmr_contract.document import Document
from helmr_contract.recording import listening
from helmr_contract.request_validator import InvalidRequest, RequestValidator

BASE = "https://helmr.example.test"
KEY = "Bearer hlmr_sk_" + "k" * 43
PUBLIC = "Bearer hlmr_pat_" + "p" * 43
SESSION = "0197b3c4-5d6e-7f80-9a1b-2c3d4e5f6071"


@pytest.fixture(scope="module")
def validator() -> RequestValidator:
    return RequestValidator(Document.load())


def build(method: str, path: str, body: Any = None, **headers: str) -> httpx.Request:
    sent = {"Authorization": KEY, **{name.replace("_", "-"): value for name, value in headers.items()}}
    sent = {name: value for name, value in sent.items() if value}
    return httpx.Request(method, BASE + path, headers=sent, json=body)


VALID = [
    build("GET", "/api/tasks"),
    build("GET", "/healthz", Authorization=""),
    build("POST", "/api/sessions", {"task_id": "review-pull-request", "payload": {"n": 1}, "tags": ["a"]}),
    build("GET", f"/api/sessions/{SESSION}"),
    build("GET", "/api/sessions/by-external-id?external_id=github%3AOWNER%2FREPO%2342"),
    build("POST", f"/api/sessions/{SESSION}/inputs/approval", {"data": {"approved": True}}),
    build("GET", f"/api/sessions/{SESSION}/outputs/agent.report?limit=500&after_sequence=7"),
    build("POST", "/api/tokens", {"timeout": "1h", "metadata": {"kind": "approval"}}),
    build("POST", f"/api/v1/tokens/{SESSION}/complete", {"data": None}, Authorization=PUBLIC),
    build("POST", f"/api/v1/tokens/{SESSION}/callback/hlmr_callback_x", {"data": 1}, Authorization=""),
]

INVALID = [
    ("no such path", build("GET", "/api/session"), "no such operation"),
    ("wrong method", build("DELETE", f"/api/sessions/{SESSION}"), "no such operation"),
    ("slash at the end", build("GET", "/api/tasks/"), "no such operation"),
    ("path not a UUID", build("GET", "/api/sessions/42"), "session_id"),
    ("path not encoded", build("GET", "/api/sessions/a/b"), "no such operation"),
    ("unknown query parameter", build("GET", "/api/runs?offset=3"), "no query parameter 'offset'"),
    ("query out of bounds", build("GET", "/api/runs?limit=201"), "limit"),
    ("query of a wrong type", build("GET", "/api/runs?limit=many"), "limit"),
    ("query sent twice", build("GET", "/api/runs?limit=1&limit=2"), "2 times"),
    ("query missing", build("GET", "/api/sessions/by-external-id"), "external_id is required"),
    ("wrong version", build("GET", "/api/tasks", Helmr_API_Version="2025-01-01"), "Helmr-API-Version"),
    ("no key", build("GET", "/api/tasks", Authorization=""), "bearer"),
    ("another scheme", build("GET", "/api/tasks", Authorization="Basic eDp5"), "bearer"),
    ("key to a health route", build("GET", "/healthz"), "no credential"),
    (
        "key to the callback",
        build("POST", f"/api/v1/tokens/{SESSION}/callback/s", {"data": 1}),
        "no credential",
    ),
    (
        "key to a public route",
        build("POST", f"/api/v1/tokens/{SESSION}/complete", {"data": 1}),
        "API key is sent",
    ),
    ("no body", build("POST", "/api/sessions"), "body is required"),
    ("body field missing", build("POST", "/api/sessions", {"payload": {}}), "task_id"),
    ("body field unknown", build("POST", f"/api/sessions/{SESSION}/cancel", {"why": "x"}), "why"),
    ("body field mistyped", build("POST", "/api/tokens", {"tags": "release"}), "tags"),
    (
        "camel case",
        build("POST", f"/api/sessions/{SESSION}/inputs/a", {"correlationId": "x"}),
        "correlationId",
    ),
    ("bad date", build("PATCH", f"/api/sessions/{SESSION}", {"expires_at": "tomorrow"}), "expires_at"),
    ("body where none belongs", build("GET", "/api/tasks", {"a": 1}), "takes no body"),
    ("stream name", build("GET", f"/api/sessions/{SESSION}/outputs/-x"), "stream"),
]


@pytest.mark.parametrize("request_", VALID, ids=lambda r: f"{r.method} {r.url.path}")
def test_a_valid_request_passes(validator: RequestValidator, request_: httpx.Request) -> None:
    operation = validator.check(request_)
    assert operation.method == request_.method


@pytest.mark.parametrize(
    ("request_", "expected"), [case[1:] for case in INVALID], ids=[case[0] for case in INVALID]
)
def test_an_invalid_request_is_rejected_with_the_name_of_the_fault(
    validator: RequestValidator, request_: httpx.Request, expected: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        validator.check(request_)
    assert expected in str(caught.value)


def test_a_body_must_be_json_of_the_declared_media_type(validator: RequestValidator) -> None:
    for content, content_type, expected in (
        (b'{"data": NaN}', "application/json", "NaN"),
        (b'{"data": 1, "data": 2}', "application/json", "more than once"),
        (b"{", "application/json", "not JSON"),
        (b"data=1", "application/x-www-form-urlencoded", "application/x-www-form-urlencoded"),
    ):
        url = f"{BASE}/api/sessions/{SESSION}/inputs/approval"
        headers = {"Authorization": KEY, "Content-Type": content_type}
        with pytest.raises(InvalidRequest, match="body") as caught:
            validator.check(httpx.Request("POST", url, headers=headers, content=content))
        assert expected in str(caught.value)


def test_every_violation_of_a_request_is_reported(validator: RequestValidator) -> None:
    with pytest.raises(InvalidRequest) as caught:
        validator.check(build("GET", "/api/runs?limit=0&page=2", Authorization=""))
    assert len(caught.value.violations) == 3


def test_a_base_url_can_have_a_path(validator: RequestValidator) -> None:
    request = httpx.Request("GET", "https://example.test/helmr/api/tasks", headers={"Authorization": KEY})
    assert validator.check(request).id == "listTasks"


def test_a_violation_shows_no_credential(validator: RequestValidator) -> None:
    with pytest.raises(InvalidRequest) as caught:
        validator.check(build("POST", f"/api/v1/tokens/{SESSION}/callback/s3cret", {"date": 1}))
    assert "s3cret" not in str(caught.value)
    assert KEY not in str(caught.value)


# The fixture that checks every test -------------------------------------------------------------------------

OURS = {"Authorization": KEY, "Helmr-SDK-Version": "helmr-python/0.0"}


def response(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={})


def test_requests_of_our_client_are_checked_with_every_transport(client_requests: Any) -> None:
    sent = type(client_requests)()
    with listening(sent):
        with httpx.Client(transport=httpx.MockTransport(response), headers=OURS) as client:
            client.get(f"{BASE}/api/runs?page=1")
            with client.stream("GET", f"{BASE}/api/runs?page=2"):
                pass

        async def asynchronously() -> None:
            async with httpx.AsyncClient(transport=httpx.MockTransport(response), headers=OURS) as client:
                await client.get(f"{BASE}/api/runs?page=3")

        asyncio.run(asynchronously())

        def refuse(request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError("no", request=request)

        with (
            httpx.Client(transport=httpx.MockTransport(refuse), headers=OURS) as client,
            pytest.raises(httpx.ConnectError),
        ):
            client.get(f"{BASE}/api/runs?page=4")
        with httpx.Client(transport=httpx.MockTransport(response)) as stranger:
            stranger.get(f"{BASE}/api/runs?page=5")
    assert sent.checked == 4
    assert len(sent.violations) == 4
    client_requests.violations.clear()  # this test sent them on purpose


A_SUITE = f"""
import httpx, pytest

def send(path):
    transport = httpx.MockTransport(lambda request: httpx.Response(200))
    with httpx.Client(transport=transport, headers={json.dumps(OURS)}) as client:
        client.get("{BASE}" + path)

def test_valid():
    send("/api/runs")

def test_invalid():
    send("/api/runs?page=1")

@pytest.mark.sends_invalid_requests("to see it refused")
def test_declared():
    send("/api/runs?page=1")

@pytest.mark.sends_invalid_requests
def test_declared_without_a_reason():
    send("/api/runs?page=1")
"""


def test_a_test_fails_at_teardown_unless_it_declares_its_invalid_requests(tmp_path: Path) -> None:
    conftest = Path(__file__).parent.parent / "conftest.py"
    (tmp_path / "conftest.py").write_text(conftest.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "test_suite.py").write_text(A_SUITE, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        *("-p", "no:cacheprovider", "-p", "no:helmr_local"),
        "-c",
        "pytest.ini",
    ]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert "4 passed, 2 errors" in run.stdout
    assert "there is no query parameter 'page'" in run.stdout
    assert "sends_invalid_requests needs a reason" in run.stdout
