"""The version header, the error envelope, JSON in requests and responses, body limits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from helmr_contract.behaviour.helpers import (
    API_VERSION,
    TAG,
    UNKNOWN_ID,
    WORK,
    Api,
    Server,
    assert_error,
    client_mistake,
    ok,
    raw_request,
    rule,
    starting,
    unique,
    version_header,
)

VERSION = rule("sessions.md 1.1", "runs.md 1.3", "tokens-auth-errors.md 1.3")
DECODING = rule("sessions.md 1.3", "runs.md 5.1", "tokens-auth-errors.md 1.9")


@VERSION
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/tasks", 200),
        ("POST", "/api/sessions", 400),
        ("GET", f"/api/sessions/{UNKNOWN_ID}", 404),
        ("GET", "/api/nowhere", 404),
        ("DELETE", "/api/runs", 405),
        ("OPTIONS", f"/api/v1/tokens/{UNKNOWN_ID}/complete", 204),
        ("POST", f"/api/v1/tokens/{UNKNOWN_ID}/callback/x", 400),
    ],
)
def test_every_api_response_has_the_version_header(api: Api, method: str, path: str, status: int) -> None:
    response = api.request(method, path)
    assert response.status_code == status
    assert version_header(response) == API_VERSION


@VERSION
def test_a_401_has_the_version_header(anonymous: Api) -> None:
    response = anonymous.get("/api/tasks")
    assert response.status_code == 401
    assert version_header(response) == API_VERSION


@VERSION
@pytest.mark.parametrize("value", ["", "   ", API_VERSION, f"  {API_VERSION}  "])
def test_the_current_version_and_a_blank_one_are_accepted(server: Server, value: str) -> None:
    response = raw_request(server, f"GET /api/nowhere HTTP/1.1\nHelmr-API-Version:{value}")
    assert response.status == 404


@VERSION
@pytest.mark.parametrize("value", ["2026-06-07", "v1", "2026-06-06x", "latest"])
def test_another_version_is_rejected(api: Api, value: str) -> None:
    response = api.get("/api/tasks", headers={"Helmr-API-Version": value})
    assert_error(response, 400, f'unsupported Helmr-API-Version "{value}"; current version is {API_VERSION}')


@VERSION
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/nowhere"),
        ("DELETE", "/api/runs"),
        ("GET", "/api/tasks"),
        ("OPTIONS", f"/api/v1/tokens/{UNKNOWN_ID}/complete"),
        ("OPTIONS", f"/api/v1/sessions/{UNKNOWN_ID}/inputs/x"),
        ("OPTIONS", "/api/v1/sessions/by-external-id/inputs/x?external_id=x"),
        ("OPTIONS", f"/api/v1/sessions/{UNKNOWN_ID}/outputs/x/read"),
        ("OPTIONS", "/api/v1/sessions/by-external-id/outputs/x/read?external_id=x"),
    ],
)
@rule("tokens-auth-errors.md 1.2", "tokens-auth-errors.md 4.2")
def test_the_version_is_checked_before_routing_and_authentication(
    anonymous: Api, public_origin: str, method: str, path: str
) -> None:
    response = anonymous.request(method, path, headers={"Helmr-API-Version": "nope", "Origin": public_origin})
    assert_error(response, 400, f'unsupported Helmr-API-Version "nope"; current version is {API_VERSION}')
    assert "access-control-allow-origin" not in response.headers


@VERSION
@pytest.mark.parametrize(("values", "status"), [((API_VERSION, "nope"), 404), (("nope", API_VERSION), 400)])
def test_only_the_first_of_two_version_headers_counts(
    server: Server, values: tuple[str, str], status: int
) -> None:
    lines = "\n".join(f"Helmr-API-Version: {value}" for value in values)
    assert raw_request(server, f"GET /api/nowhere HTTP/1.1\n{lines}").status == status


@rule("tokens-auth-errors.md 1.5", "tokens-auth-errors.md 1.6", "sessions.md 1.2")
@pytest.mark.strict_text
def test_an_error_body_is_compact_code_first_and_ends_in_one_newline(api: Api) -> None:
    response = api.get(f"/api/tokens/{UNKNOWN_ID}")
    assert response.content == b'{"code":"token_not_found","error":"token not found"}\n'


@rule("tokens-auth-errors.md 1.5", "sessions.md 1.1", "runs.md 1.3")
@pytest.mark.strict_text
def test_a_success_body_is_compact_json_with_one_newline(api: Api) -> None:
    response = api.get(f"/api/tasks/{api.server.task}")
    task = ok(response)
    compact = json.dumps(task, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
    assert len(response.content) == len(compact)


@rule("tokens-auth-errors.md 1.6", "tokens-auth-errors.md 2.3")
def test_errors_have_neither_www_authenticate_nor_retry_after(anonymous: Api, api: Api) -> None:
    for response in (anonymous.get("/api/tasks"), api.get(f"/api/runs/{UNKNOWN_ID}")):
        assert "www-authenticate" not in response.headers
        assert "retry-after" not in response.headers


@rule("tokens-auth-errors.md 1.1")
def test_responses_have_no_request_id_or_trace_headers(api: Api) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    response = api.get("/api/tasks", headers={"traceparent": trace, "X-Request-Id": "mine"})
    assert response.status_code == 200
    assert "traceparent" not in response.headers
    assert "x-request-id" not in response.headers


ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


@rule("tokens-auth-errors.md 1.5", "sessions.md 1.1", "runs.md 1.3")
@pytest.mark.parametrize(("character", "escape"), ESCAPES.items(), ids=["lt", "gt", "amp", "u2028", "u2029"])
@pytest.mark.strict_text
def test_html_characters_are_escaped_in_stored_json(api: Api, character: str, escape: str) -> None:
    value = f"a{character}b"
    started = api.start(WORK, metadata={"note": value, character: 1})
    response = api.get(f"/api/sessions/{started['session']['id']}")
    assert f'"a{escape}b"' in response.text
    assert f'"{escape}":1' in response.text
    assert character not in response.text
    assert ok(response)["metadata"] == {"note": value, character: 1}


@rule("tokens-auth-errors.md 1.5")
@pytest.mark.strict_text
def test_html_characters_are_escaped_in_error_messages(api: Api) -> None:
    response = api.get("/api/tasks/%3Cb%3E")
    assert_error(response, 400, 'task_id "<b>" must match ^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$')
    assert "<" not in response.text


@rule("sessions.md 1.4", "tokens-auth-errors.md 1.5", "runs.md 1.3")
def test_stored_json_keeps_the_last_of_duplicate_keys_and_plain_number_text(api: Api) -> None:
    session = api.start(WORK)["session"]["id"]
    path = f"/api/sessions/{session}/outputs/{api.server.streams.report}"
    ok(api.post(path, content=b'{"data":{"a":1,"a": 2 ,"n":1e2,"one":1.0}}'), 201)
    response = api.get(path)
    assert ok(response)["records"][0]["data"] == {"a": 2, "n": 100, "one": 1}
    assert '"n":100' in response.text
    assert '"one":1.0' in response.text


@rule("sessions.md 1.4", "tokens-auth-errors.md 3.3")
def test_numbers_in_metadata_pass_through_a_64_bit_float(api: Api) -> None:
    body = api.start_body(WORK, metadata={"big": 12345678901234567890, "one": 1.0})
    response = api.post("/api/sessions", body)
    session = ok(response, 201)["session"]
    response = api.get(f"/api/sessions/{session['id']}")
    assert '"big":12345678901234567000' in response.text
    assert '"one":1}' in response.text or '"one":1,' in response.text


@rule("sessions.md 1.1", "tokens-auth-errors.md 1.5")
@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "multipart/form-data", "none"])
def test_the_request_content_type_is_not_checked(api: Api, content_type: str) -> None:
    content = json.dumps({"timeout": "1m", "tags": [TAG]}).encode()
    headers = {} if content_type == "none" else {"Content-Type": content_type}
    ok(api.post("/api/tokens", content=content, headers=headers), 201)


# Decoding ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def places(api: Api) -> dict[str, tuple[str, str]]:
    """Return the method and path of every operation with a strict JSON body, for existing resources."""
    started = api.start(WORK)
    session, run = started["session"]["id"], started["run"]["id"]
    token = api.token(timeout="1h")
    callback = "/api/v1" + token["callback_url"].split("/api/v1", 1)[1]
    streams = api.server.streams
    return {
        "patch": ("PATCH", f"/api/sessions/{session}"),
        "close": ("POST", f"/api/sessions/{session}/close"),
        "cancel": ("POST", f"/api/sessions/{session}/cancel"),
        "input": ("POST", f"/api/sessions/{session}/inputs/{streams.input}"),
        "output": ("POST", f"/api/sessions/{session}/outputs/{streams.output}"),
        "run cancel": ("POST", f"/api/runs/{run}/cancel"),
        "token create": ("POST", "/api/tokens"),
        "token complete": ("POST", f"/api/tokens/{token['id']}/complete"),
        "public complete": ("POST", f"/api/v1/tokens/{token['id']}/complete"),
        "callback": ("POST", callback),
        "public access token": ("POST", "/api/public-access-tokens"),
        "public input": ("POST", f"/api/v1/sessions/{session}/inputs/{streams.input}"),
    }


PREFIXES = {
    "patch": "invalid session patch JSON: ",
    "close": "invalid session close JSON: ",
    "cancel": "invalid session cancel JSON: ",
    "input": "invalid stream record request JSON: ",
    "output": "invalid stream record request JSON: ",
    "run cancel": "invalid cancel request JSON: ",
    "token create": "invalid token create request JSON: ",
    "token complete": "invalid token complete request JSON: ",
    "public complete": "invalid token complete request JSON: ",
    "callback": "invalid token callback request JSON: ",
    "public access token": "invalid public access token create request JSON: ",
    "public input": "invalid stream record request JSON: ",
}
STARTS = {
    "/api/sessions": "invalid session start request JSON: ",
    "/api/sessions/start-and-wait": "invalid session start-and-wait request JSON: ",
}
STRICT = pytest.mark.parametrize("operation", PREFIXES)
START = pytest.mark.parametrize("path", STARTS)
EXACT: list[tuple[bytes, str]] = [
    (b"", "EOF"),
    (b" \n\t ", "EOF"),
    (b"{}{}", "request body must contain a single JSON value"),
    (b"{} x", "request body must contain a single JSON value"),
]
BROKEN: list[bytes] = [b"{", b"[]", b'"x"', b"7", b"true", b'{"a":}', b"{'a':1}", b"nonsense", b'{"a":1,}']


@DECODING
@STRICT
@pytest.mark.parametrize(("content", "cause"), EXACT)
def test_an_empty_body_and_trailing_data_are_named(
    api: Api, places: dict[str, tuple[str, str]], operation: str, content: bytes, cause: str
) -> None:
    method, path = places[operation]
    assert_error(api.request(method, path, content=content), 400, PREFIXES[operation] + cause)


@DECODING
@STRICT
@pytest.mark.parametrize("content", BROKEN)
def test_a_body_that_is_not_a_json_object_is_rejected_with_the_operations_prefix(
    api: Api, places: dict[str, tuple[str, str]], operation: str, content: bytes
) -> None:
    method, path = places[operation]
    assert_error(api.request(method, path, content=content), 400, starting(PREFIXES[operation]))


@DECODING
@STRICT
def test_an_unknown_field_is_named_in_the_error(
    api: Api, places: dict[str, tuple[str, str]], operation: str
) -> None:
    method, path = places[operation]
    response = api.request(method, path, {"surprise": 1})
    assert_error(response, 400, PREFIXES[operation] + 'json: unknown field "surprise"')


WRONG_TYPES: list[tuple[str, Any]] = [
    ("patch", {"tags": "x"}),
    ("patch", {"tags": [1]}),
    ("patch", {"expires_at": "tomorrow"}),
    ("patch", {"expires_at": "2026-01-01"}),
    ("patch", {"expires_at": 5}),
    ("close", {"reason": 1}),
    ("cancel", {"reason": ["x"]}),
    ("input", {"correlation_id": 1}),
    ("input", {"idempotency_key": {}}),
    ("output", {"content_type": False}),
    ("run cancel", {"force": "yes"}),
    ("run cancel", {"reason": 1}),
    ("token create", {"tags": {"a": 1}}),
    ("token create", {"idempotency_key": 9}),
    ("public access token", {"max_uses": "3"}),
    ("public access token", {"max_uses": 3000000000}),
    ("public access token", {"scope": "session.input.send"}),
    ("public access token", {"expires_at": "soon"}),
    ("public input", {"idempotency_key": 1}),
]


@DECODING
@pytest.mark.parametrize(("operation", "body"), WRONG_TYPES)
def test_a_field_of_the_wrong_type_is_rejected(
    api: Api, places: dict[str, tuple[str, str]], operation: str, body: Any
) -> None:
    method, path = places[operation]
    assert_error(api.request(method, path, body), 400, starting(PREFIXES[operation]))


@DECODING
@pytest.mark.parametrize("written", [b"5.0", b"1e2", b'"5"', b"3000000000"])
def test_integers_must_be_written_as_plain_int32(api: Api, written: bytes) -> None:
    start = json.dumps(api.start_body()).encode()[:-1] + b', "priority": ' + written + b"}"
    assert_error(
        api.post("/api/sessions", content=start), 400, starting("invalid session start request JSON: ")
    )
    pat = b'{"max_uses": ' + written + b"}"
    response = api.post("/api/public-access-tokens", content=pat)
    assert_error(response, 400, starting("invalid public access token create request JSON: "))


@DECODING
@START
@pytest.mark.parametrize(("content", "cause"), EXACT)
def test_a_start_names_an_empty_body_and_trailing_data(
    api: Api, path: str, content: bytes, cause: str
) -> None:
    assert_error(api.post(path, content=content), 400, STARTS[path] + cause)


@DECODING
@START
@pytest.mark.parametrize("content", BROKEN)
def test_a_start_body_that_is_not_a_json_object_is_rejected(api: Api, path: str, content: bytes) -> None:
    assert_error(api.post(path, content=content), 400, starting(STARTS[path]))


@DECODING
@START
def test_a_null_start_body_is_an_empty_object_without_a_task(api: Api, path: str) -> None:
    response = api.post(path, content=b"null")
    assert_error(response, 400, 'task_id "" must match ^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$')


@DECODING
def test_a_null_body_is_an_empty_object(api: Api) -> None:
    ok(api.post("/api/tokens", content=b"null"), 201)
    started = api.start(WORK)
    session, run = started["session"]["id"], started["run"]["id"]
    ok(api.patch(f"/api/sessions/{session}", content=b"null"))
    record = ok(api.post(f"/api/sessions/{session}/inputs/{api.server.streams.input}", content=b"null"), 201)
    assert record["record"]["data"] is None
    ok(api.post(f"/api/runs/{run}/cancel", content=b"null"))
    ok(api.post(f"/api/sessions/{session}/cancel", content=b"null"))


@DECODING
def test_field_names_are_case_insensitive(api: Api) -> None:
    token = ok(api.post("/api/tokens", {"TAGS": [TAG, "upper"], "Timeout": "1h"}), 201)
    assert token["tags"] == sorted([TAG, "upper"])
    completed = ok(api.post(f"/api/tokens/{token['id']}/complete", {"DATA": 1}))
    assert completed["token"]["data"] == 1
    external = unique()
    body = {"TASK_ID": api.server.task, "External_Id": external, "Payload": {"steps": [WORK]}}
    assert ok(api.post("/api/sessions", body), 201)["session"]["external_id"] == external


@DECODING
def test_the_last_of_duplicate_fields_counts(api: Api) -> None:
    token = api.token(timeout="1h")
    completed = ok(api.post(f"/api/tokens/{token['id']}/complete", content=b'{"data":1,"data":2}'))
    assert completed["token"]["data"] == 2
    external = unique()
    content = json.dumps(api.start_body(WORK, external_id="x")).encode()[:-1]
    response = api.post("/api/sessions", content=content + f', "external_id": "{external}"}}'.encode())
    assert ok(response, 201)["session"]["external_id"] == external


@DECODING
def test_null_in_a_string_number_list_object_or_time_field_counts_as_absent(api: Api) -> None:
    nulls = dict.fromkeys(
        ("workspace_id", "queue", "concurrency_key", "priority", "ttl", "max_duration_seconds",
         "idempotency_key", "idempotency_key_ttl", "expires_at", "project_id", "environment_id")
    )  # fmt: skip
    session = ok(api.post("/api/sessions", api.start_body(WORK, **nulls)), 201)["session"]
    assert "expires_at" not in session
    ok(api.post("/api/tokens", {"tags": None, "idempotency_key": None, "timeout": None}), 201)
    ok(api.patch(f"/api/sessions/{session['id']}", {"tags": None, "expires_at": None}))
    ok(api.post(f"/api/sessions/{session['id']}/cancel", {"reason": None}))
    assert api.session(session["id"])["terminal_reason"]["reason"] == "cancelled"


@rule("tokens-auth-errors.md 1.9")
def test_invalid_utf8_becomes_a_replacement_character_in_string_fields(api: Api) -> None:
    token = ok(api.post("/api/tokens", content=b'{"tags":["helmr-contract","a\xffb"]}'), 201)
    assert token["tags"] == ["a\ufffdb", TAG]
    session = api.start(WORK)["session"]["id"]
    path = f"/api/sessions/{session}/outputs/{api.server.streams.report}"
    record = ok(api.post(path, content=b'{"data":1,"correlation_id":"\xc3(x"}'), 201)["record"]
    assert record["correlation_id"] == "\ufffd(x"


@rule("tokens-auth-errors.md 1.9")
def test_invalid_utf8_in_free_form_json_is_rejected(api: Api) -> None:
    token = api.token(timeout="1h")["id"]
    client_mistake(api.post(f"/api/tokens/{token}/complete", content=b'{"data":"a\xffb"}'))
    session = api.start(WORK)["session"]["id"]
    path = f"/api/sessions/{session}/outputs/{api.server.streams.report}"
    client_mistake(api.post(path, content=b'{"data":"a\xffb"}'))


# Size -------------------------------------------------------------------------------------------------------


@rule("sessions.md 1.1", "tokens-auth-errors.md 1.2", "tokens-auth-errors.md 1.8", "runs.md 5.1")
def test_a_declared_length_above_the_limit_returns_413_before_anything_else(server: Server) -> None:
    head = f"POST /api/nowhere HTTP/1.1\nHelmr-API-Version: nope\nContent-Length: {server.limits.body + 1}"
    response = raw_request(server, head)
    assert response.status == 413
    assert set(json.loads(response.body)) == {"error"}
    assert response.values("helmr-api-version") == []


@rule("sessions.md 1.1", "tokens-auth-errors.md 1.8", "runs.md 5.1")
def test_a_chunked_body_that_passes_the_limit_is_a_json_error(api: Api) -> None:
    def chunks() -> Iterator[bytes]:
        yield b'{"timeout":"'
        block = b"x" * 65536
        for _ in range(api.server.limits.body // len(block) + 1):
            yield block
        yield b'"}'

    response = api.post("/api/tokens", content=chunks())
    assert_error(response, 400, "invalid token create request JSON: http: request body too large")
