"""Completing a token by its callback URL."""

from __future__ import annotations

from typing import Any

import pytest

from helmr_contract.behaviour.helpers import (
    UNKNOWN_ID,
    Api,
    JsonObject,
    assert_error,
    at_once,
    eventually,
    ok,
    rule,
    within_tries,
)

pytestmark = rule("tokens-auth-errors.md 4.3")


def path(token: JsonObject) -> str:
    return "/api/v1" + str(token["callback_url"]).split("/api/v1", 1)[1]


def denied(response: Any) -> None:
    assert_error(response, 401, "token scope denied", "token_scope_denied")


@pytest.fixture
def token(api: Api) -> JsonObject:
    return api.token(timeout="1h")


def test_a_callback_needs_no_headers_to_complete_its_token(
    anonymous: Api, api: Api, token: JsonObject
) -> None:
    response = ok(anonymous.post(path(token), {"data": {"hook": 1}}))
    assert (response["status"], response["token"]["data"]) == ("completed", {"hook": 1})
    assert "hlmr_" not in str(response)
    assert response["token"] == ok(api.get(f"/api/tokens/{token['id']}"))


def test_the_same_data_may_be_repeated_without_limit_but_different_data_conflicts(
    anonymous: Api, token: JsonObject
) -> None:
    ok(anonymous.post(path(token), {"data": 1}))
    for _ in range(3):
        assert ok(anonymous.post(path(token), {"data": 1}))["status"] == "already_completed"
    response = anonymous.post(path(token), {"data": 2})
    text = "token completion conflicts with existing completion"
    assert_error(response, 409, text, "token_completion_conflict")


def test_a_completion_by_another_route_counts_as_the_first(
    anonymous: Api, api: Api, token: JsonObject
) -> None:
    ok(api.post(f"/api/tokens/{token['id']}/complete", {"data": 1}))
    assert ok(anonymous.post(path(token), {"data": 1}))["status"] == "already_completed"


def test_a_body_in_a_webhooks_own_format_is_rejected(anonymous: Api, token: JsonObject) -> None:
    prefix = "invalid token callback request JSON: "
    response = anonymous.post(path(token), {"action": "closed"})
    assert_error(response, 400, prefix + 'json: unknown field "action"')
    assert_error(anonymous.post(path(token), content=b""), 400, prefix + "EOF")


def test_the_body_is_checked_first_then_the_id_then_the_secret(anonymous: Api, token: JsonObject) -> None:
    response = anonymous.post("/api/v1/tokens/x/callback/y", content=b"")
    assert_error(response, 400, "invalid token callback request JSON: EOF")
    assert_error(anonymous.post("/api/v1/tokens/x/callback/y", {}), 400, "tokenID must be a UUID")
    denied(anonymous.post(f"/api/v1/tokens/{UNKNOWN_ID}/callback/y", {}))
    denied(anonymous.post(f"/api/v1/tokens/{token['id']}/callback/y", {}))


def test_another_tokens_secret_is_denied(anonymous: Api, api: Api, token: JsonObject) -> None:
    other = path(api.token(timeout="1h")).rsplit("/", 1)[1]
    denied(anonymous.post(f"/api/v1/tokens/{token['id']}/callback/{other}", {"data": 1}))
    public = token["public_access_token"]
    denied(anonymous.post(f"/api/v1/tokens/{token['id']}/callback/{public}", {"data": 1}))
    assert ok(api.get(f"/api/tokens/{token['id']}"))["status"] == "pending"


def test_the_secret_is_trimmed(anonymous: Api, token: JsonObject) -> None:
    head, secret = path(token).rsplit("/", 1)
    assert ok(anonymous.post(f"{head}/%20{secret}%20", {"data": 1}))["status"] == "completed"


def test_an_empty_secret_does_not_match_a_route(anonymous: Api, token: JsonObject) -> None:
    assert_error(anonymous.post(f"/api/v1/tokens/{token['id']}/callback/", {}), 404, "not found")


def test_a_cancelled_token_is_denied(anonymous: Api, api: Api, token: JsonObject) -> None:
    ok(api.post(f"/api/tokens/{token['id']}/cancel"))
    denied(anonymous.post(path(token), {"data": 1}))


def test_an_overdue_token_is_gone_and_a_swept_one_is_denied(anonymous: Api, api: Api) -> None:
    def unswept() -> JsonObject | None:
        token = api.token(timeout="1ns")
        response = anonymous.post(path(token), {"data": 1})
        if response.status_code == 401:  # the sweep ran first
            denied(response)
            return None
        assert_error(response, 410, "token expired", "token_expired")
        return token

    token = within_tries(unswept, what="an overdue token before the sweep")

    def swept() -> bool:
        return bool(ok(api.get(f"/api/tokens/{token['id']}"))["status"] == "expired")

    assert eventually(swept, within=api.server.limits.patience, what="the sweep")
    denied(anonymous.post(path(token), {"data": 1}))


def test_there_are_no_cors_headers_and_no_preflight(
    anonymous: Api, public_origin: str, token: JsonObject
) -> None:
    response = anonymous.post(path(token), {"data": 1}, headers={"Origin": public_origin})
    assert ok(response)["status"] == "completed"
    assert "access-control-allow-origin" not in response.headers
    response = anonymous.request("OPTIONS", path(token), headers={"Origin": public_origin})
    assert (response.status_code, response.content) == (405, b"")
    assert "access-control-allow-origin" not in response.headers


def test_the_content_type_is_not_checked(anonymous: Api, token: JsonObject) -> None:
    response = anonymous.post(path(token), {"data": 1}, headers={"Content-Type": "text/plain"})
    assert ok(response)["status"] == "completed"


def test_concurrent_callbacks_complete_the_token_once(anonymous: Api, token: JsonObject) -> None:
    responses = at_once(8, lambda _: ok(anonymous.post(path(token), {"data": 1})))
    assert sorted(response["status"] for response in responses) == ["already_completed"] * 7 + ["completed"]
