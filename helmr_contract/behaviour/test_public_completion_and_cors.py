"""Completing a token with its public access token, from a browser."""

from __future__ import annotations

from typing import Any

import pytest

from helmr_contract.behaviour.helpers import (
    ABSENT,
    UNKNOWN_ID,
    WORK,
    Api,
    JsonObject,
    assert_error,
    at_once,
    eventually,
    ok,
    rule,
    starting,
)

PUBLIC = rule("tokens-auth-errors.md 4.1")
CORS = rule("tokens-auth-errors.md 4.2")


@pytest.fixture
def token(api: Api) -> JsonObject:
    return api.token(timeout="1h")


def path(token_id: str) -> str:
    return f"/api/v1/tokens/{token_id}/complete"


def complete(api: Api, token: JsonObject, body: Any, bearer: str | None = None) -> Any:
    holder = api.as_caller(bearer or token["public_access_token"])
    return holder.post(path(token["id"]), body)


def denied(response: Any, status: int) -> None:
    assert_error(response, status, "token scope denied", "token_scope_denied")


@PUBLIC
@rule("tokens-auth-errors.md 2.1")
def test_the_public_access_token_completes_its_token(api: Api, token: JsonObject) -> None:
    response = ok(complete(api, token, {"data": {"approved": True}}))
    assert set(response) == {"status", "token"}
    assert (response["status"], response["token"]["data"]) == ("completed", {"approved": True})
    assert response["token"] == ok(api.get(f"/api/tokens/{token['id']}"))


@PUBLIC
def test_a_replay_is_already_completed_and_different_data_always_conflicts(
    api: Api, token: JsonObject
) -> None:
    ok(complete(api, token, {"data": 1}))
    for _ in range(3):
        assert ok(complete(api, token, {"data": 1}))["status"] == "already_completed"
        response = complete(api, token, {"data": 2})
        assert_error(
            response, 409, "token completion conflicts with existing completion", "token_completion_conflict"
        )


@PUBLIC
def test_the_public_token_remains_usable_after_a_completion_by_key(api: Api, token: JsonObject) -> None:
    ok(api.post(f"/api/tokens/{token['id']}/complete", {"data": 1}))
    assert ok(complete(api, token, {"data": 1}))["status"] == "already_completed"
    assert complete(api, token, {"data": 2}).status_code == 409


@PUBLIC
@pytest.mark.parametrize("credential", [None, "hlmr_public_access_" + "A" * 43, "nonsense"])
def test_a_missing_or_unknown_bearer_token_returns_401(
    anonymous: Api, token: JsonObject, credential: str | None
) -> None:
    denied(anonymous.as_caller(credential).post(path(token["id"]), {"data": 1}), 401)


@PUBLIC
def test_an_api_key_is_an_unknown_bearer_token_on_public_routes(api: Api, token: JsonObject) -> None:
    denied(api.post(path(token["id"]), {"data": 1}), 401)


@PUBLIC
def test_the_public_access_token_of_another_token_returns_403(api: Api, token: JsonObject) -> None:
    other = api.token(timeout="1h")
    denied(complete(api, token, {"data": 1}, other["public_access_token"]), 403)
    assert ok(api.get(f"/api/tokens/{token['id']}"))["status"] == "pending"


@PUBLIC
def test_a_stream_token_returns_403(api: Api, token: JsonObject) -> None:
    session = {"type": "id", "id": api.start(WORK)["session"]["id"]}
    scope = {"type": "session.input.send", "session": session, "stream": api.server.streams.input}
    stream = ok(api.post("/api/public-access-tokens", {"scope": scope}), 201)["public_access_token"]
    denied(complete(api, token, {"data": 1}, stream), 403)


@PUBLIC
def test_the_body_is_checked_first_then_the_id_then_the_token_then_the_credential(
    anonymous: Api, token: JsonObject
) -> None:
    prefix = "invalid token complete request JSON: "
    assert_error(anonymous.post(path("x"), content=b""), 400, prefix + "EOF")
    assert_error(anonymous.post(path("x"), {}), 400, "tokenID must be a UUID")
    response = anonymous.post(path(UNKNOWN_ID), {})
    assert_error(response, 404, "token not found", "token_not_found")
    response = anonymous.post(path(token["id"]), {"surprise": 1})
    assert_error(response, 400, starting(prefix))
    denied(anonymous.post(path(token["id"]), {}), 401)


@PUBLIC
def test_a_cancelled_or_expired_token_does_not_complete(api: Api, token: JsonObject) -> None:
    ok(api.post(f"/api/tokens/{token['id']}/cancel"))
    assert_error(complete(api, token, {"data": 1}), 409, "token cancelled", "token_cancelled")
    expired = api.token(timeout="1ns")
    assert_error(complete(api, expired, {"data": 1}), 410, "token expired", "token_expired")


@PUBLIC
def test_concurrent_completions_complete_the_token_once(api: Api, token: JsonObject) -> None:
    responses = at_once(8, lambda _: ok(complete(api, token, {"data": 1})))
    assert sorted(response["status"] for response in responses) == ["already_completed"] * 7 + ["completed"]


@PUBLIC
@pytest.mark.worker
def test_a_public_completion_resumes_the_waiting_run(api: Api, token: JsonObject) -> None:
    started = api.start({"do": "wait_token", "token_id": token["id"]})
    api.activity(started["session"]["id"], "waiting")
    ok(complete(api, token, {"data": "go"}))
    assert api.wait(started["run"]["id"])["output"] == [{"ok": True, "data": "go"}]


# CORS -------------------------------------------------------------------------------------------------------

ROUTES = {
    "complete": (f"/api/v1/tokens/{UNKNOWN_ID}/complete", "POST"),
    "input": (f"/api/v1/sessions/{UNKNOWN_ID}/inputs/x", "POST"),
    "input by external id": ("/api/v1/sessions/by-external-id/inputs/x", "POST"),
    "output": (f"/api/v1/sessions/{UNKNOWN_ID}/outputs/x/read", "GET"),
    "output by external id": ("/api/v1/sessions/by-external-id/outputs/x/read", "GET"),
    "a bad id": ("/api/v1/tokens/nonsense/complete", "POST"),
    "a bad stream": ("/api/v1/sessions/nonsense/inputs/-bad", "POST"),
}
EACH = pytest.mark.parametrize("route", ROUTES)


def allow_headers(response: Any) -> list[str]:
    return [name for name in response.headers if name.startswith("access-control-")]


@CORS
@EACH
def test_a_preflight_from_the_public_origin_is_allowed(
    anonymous: Api, public_origin: str, route: str
) -> None:
    target, method = ROUTES[route]
    headers = {"Origin": public_origin, "Access-Control-Request-Method": "DELETE"}
    response = anonymous.request("OPTIONS", target, headers=headers)
    assert (response.status_code, response.content) == (204, b"")
    assert "content-type" not in response.headers
    assert response.headers["access-control-allow-origin"] == public_origin
    assert response.headers["vary"].lower() == "origin"
    assert response.headers["access-control-allow-methods"] == f"{method}, OPTIONS"
    assert (
        response.headers["access-control-allow-headers"] == "authorization, content-type, Helmr-API-Version"
    )
    assert response.headers["access-control-max-age"] == "600"
    assert set(allow_headers(response)) == {
        "access-control-allow-origin",
        "access-control-allow-methods",
        "access-control-allow-headers",
        "access-control-max-age",
    }


@CORS
@EACH
@pytest.mark.parametrize("origin", [None, "https://evil.example", "null", "nonsense"])
def test_a_preflight_from_another_origin_returns_204_without_cors_headers(
    anonymous: Api, route: str, origin: str | None
) -> None:
    headers = {} if origin is None else {"Origin": origin}
    response = anonymous.request("OPTIONS", ROUTES[route][0], headers=headers)
    assert (response.status_code, response.content) == (204, b"")
    assert allow_headers(response) == []


@CORS
@EACH
def test_handler_errors_have_cors_headers_for_the_public_origin_only(
    anonymous: Api, public_origin: str, route: str
) -> None:
    target, method = ROUTES[route]
    response = anonymous.request(method, target, {}, headers={"Origin": public_origin})
    assert response.status_code in (400, 401, 404)
    assert response.headers["access-control-allow-origin"] == public_origin
    assert response.headers["vary"].lower() == "origin"
    assert allow_headers(response) == ["access-control-allow-origin"]
    response = anonymous.request(method, target, {}, headers={"Origin": "https://evil.example"})
    assert allow_headers(response) == []


@CORS
def test_a_success_has_cors_headers_and_other_origins_are_served_without_them(
    api: Api, public_origin: str, token: JsonObject
) -> None:
    holder = api.as_caller(token["public_access_token"])
    response = holder.post(path(token["id"]), {"data": 1}, headers={"Origin": public_origin})
    assert ok(response)["status"] == "completed"
    assert response.headers["access-control-allow-origin"] == public_origin
    response = holder.post(path(token["id"]), {"data": 1}, headers={"Origin": "https://evil.example"})
    assert ok(response)["status"] == "already_completed"
    assert allow_headers(response) == []


@CORS
def test_the_origin_is_compared_case_insensitively_and_returned_verbatim(
    anonymous: Api, public_origin: str
) -> None:
    origin = public_origin.upper()
    response = anonymous.request("OPTIONS", ROUTES["complete"][0], headers={"Origin": origin})
    assert response.headers["access-control-allow-origin"] == origin


@CORS
def test_another_port_is_another_origin(anonymous: Api, public_origin: str) -> None:
    scheme, _, host = public_origin.partition("://")
    other = f"{scheme}://{host.rsplit(':', 1)[0]}:1"
    response = anonymous.request("OPTIONS", ROUTES["complete"][0], headers={"Origin": other})
    assert allow_headers(response) == []


@CORS
def test_key_routes_have_no_cors(api: Api, public_origin: str) -> None:
    token = api.token()["id"]
    session = api.start(WORK)["session"]["id"]
    stream = f"/api/sessions/{session}/inputs/{api.server.streams.input}"
    for method, route, body in (
        ("GET", "/api/tasks", ABSENT),
        ("POST", "/api/tokens", {"timeout": "1m"}),
        ("GET", f"/api/tokens/{token}", ABSENT),
        ("POST", f"/api/tokens/{token}/complete", {"data": 1}),
        ("GET", f"/api/sessions/{session}", ABSENT),
        ("POST", stream, {"data": 1}),
        ("GET", stream, ABSENT),
    ):
        response = api.request(method, route, body, headers={"Origin": public_origin})
        assert response.status_code in (200, 201)
        assert allow_headers(response) == [], route


@PUBLIC
def test_an_expired_token_stays_expired_after_the_sweep(api: Api) -> None:
    token = api.token(timeout="1ms")

    def swept() -> bool:
        return bool(ok(api.get(f"/api/tokens/{token['id']}"))["status"] == "expired")

    assert eventually(swept, within=api.server.limits.patience, what="the sweep")
    assert_error(complete(api, token, {"data": 1}), 410, "token expired", "token_expired")
