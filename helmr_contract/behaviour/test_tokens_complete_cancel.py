"""Completing, cancelling and expiring tokens with an API key."""

from __future__ import annotations

import json
from typing import Any

import pytest

from helmr_contract.behaviour.helpers import (
    TAG,
    UNKNOWN_ID,
    Api,
    JsonObject,
    assert_error,
    at_once,
    client_mistake,
    eventually,
    ok,
    rule,
    unique,
    within_tries,
)

COMPLETE = rule("tokens-auth-errors.md 3.6", "tokens-auth-errors.md 3.2")
CANCEL = rule("tokens-auth-errors.md 3.7", "tokens-auth-errors.md 3.2")
EXPIRY = rule("tokens-auth-errors.md 3.2")
DATA: list[Any] = [None, 0, 1.5, "", "text", [], {}, False, {"approved": True, "by": ["ä", None]}]


@pytest.fixture
def token(api: Api) -> str:
    made: str = api.token(timeout="1h")["id"]
    return made


def complete(api: Api, token: str, content: str) -> Any:
    return api.post(f"/api/tokens/{token}/complete", content=content.encode())


def conflicts(response: Any) -> None:
    text = "token completion conflicts with existing completion"
    assert_error(response, 409, text, "token_completion_conflict")


@COMPLETE
@pytest.mark.parametrize("data", DATA, ids=repr)
def test_the_first_completion_stores_any_json(api: Api, token: str, data: Any) -> None:
    response = ok(api.post(f"/api/tokens/{token}/complete", {"data": data}))
    assert set(response) == {"status", "token"}
    assert response["status"] == "completed"
    assert (response["token"]["status"], response["token"]["data"]) == ("completed", data)
    assert response["token"] == ok(api.get(f"/api/tokens/{token}"))


@COMPLETE
def test_repeating_the_same_data_returns_already_completed_and_the_first_data(api: Api, token: str) -> None:
    first = ok(api.post(f"/api/tokens/{token}/complete", {"data": {"a": 1}}))
    again = ok(api.post(f"/api/tokens/{token}/complete", {"data": {"a": 1}}))
    assert again == {"status": "already_completed", "token": first["token"]}


@COMPLETE
def test_different_data_is_a_conflict_and_changes_nothing(api: Api, token: str) -> None:
    ok(api.post(f"/api/tokens/{token}/complete", {"data": 1}))
    conflicts(api.post(f"/api/tokens/{token}/complete", {"data": 2}))
    assert ok(api.get(f"/api/tokens/{token}"))["data"] == 1


EQUAL = [
    ('{"data": {"a": 1, "b": 2}}', '{"data":{"b":2,"a":1}}'),
    ('{"data": {"a": 0, "a": 1}}', '{"data":{"a":1}}'),
    ('{"data": "é"}', '{"data":"\\u00e9"}'),
    ('{"data": "/"}', '{"data":"\\/"}'),
    ("{}", '{"data": null}'),
    ('{"data": null}', "null"),
]
DIFFERENT = [
    ('{"data": 1}', '{"data": 1.0}'),
    ('{"data": 1}', '{"data": 1e0}'),
    ('{"data": 0}', '{"data": -0}'),
    ('{"data": [1, 2]}', '{"data": [2, 1]}'),
    ('{"data": "a"}', '{"data": "A"}'),
    ('{"data": null}', '{"data": {}}'),
    ('{"data": {"a": 1}}', '{"data": {"a": 1, "b": null}}'),
]


@COMPLETE
@pytest.mark.parametrize(("first", "second"), EQUAL)
def test_canonically_equal_data_is_the_same_data(api: Api, token: str, first: str, second: str) -> None:
    ok(complete(api, token, first))
    assert ok(complete(api, token, second))["status"] == "already_completed"


@COMPLETE
@pytest.mark.parametrize(("first", "second"), DIFFERENT)
def test_numbers_are_compared_by_their_text(api: Api, token: str, first: str, second: str) -> None:
    ok(complete(api, token, first))
    conflicts(complete(api, token, second))


@COMPLETE
def test_concurrent_completions_with_the_same_data_complete_the_token_once(api: Api, token: str) -> None:
    responses = at_once(10, lambda _: ok(api.post(f"/api/tokens/{token}/complete", {"data": 1})))
    assert sorted(response["status"] for response in responses) == ["already_completed"] * 9 + ["completed"]


@COMPLETE
def test_one_of_concurrent_completions_with_different_data_succeeds(api: Api, token: str) -> None:
    responses = at_once(10, lambda n: api.post(f"/api/tokens/{token}/complete", {"data": n}))
    winners = [response for response in responses if response.status_code == 200]
    assert len(winners) == 1
    for response in responses:
        if response.status_code != 200:
            conflicts(response)
    assert ok(api.get(f"/api/tokens/{token}"))["data"] == winners[0].json()["token"]["data"]


@COMPLETE
@rule("tokens-auth-errors.md 1.9")
@pytest.mark.parametrize(
    "data", ['"a\\u0000b"', '"\\ud800"', "1e200000"], ids=["nul", "lone surrogate", "huge number"]
)
def test_data_that_a_database_cannot_store_is_rejected_and_leaves_the_token_pending(
    api: Api, token: str, data: str
) -> None:
    client_mistake(complete(api, token, f'{{"data": {data}}}'))
    assert ok(api.get(f"/api/tokens/{token}"))["status"] == "pending"


@COMPLETE
def test_the_body_is_checked_first_then_the_id_then_the_token(api: Api) -> None:
    path = "/api/tokens/{}/complete"
    prefix = "invalid token complete request JSON: "
    assert_error(api.post(path.format("x"), content=b""), 400, prefix + "EOF")
    assert_error(api.post(path.format("x"), {}), 400, "tokenID must be a UUID")
    assert_error(api.post(path.format(UNKNOWN_ID), content=b""), 400, prefix + "EOF")


# Cancel -----------------------------------------------------------------------------------------------------


@CANCEL
@pytest.mark.parametrize("content", [b"", b"{}", b"nonsense", b'{"surprise": 1}'])
def test_cancel_ignores_the_body_and_returns_the_plain_token(api: Api, token: str, content: bytes) -> None:
    cancelled = ok(api.post(f"/api/tokens/{token}/cancel", content=content))
    assert cancelled["status"] == "cancelled"
    assert cancelled == ok(api.get(f"/api/tokens/{token}"))
    assert "data" not in cancelled


@CANCEL
def test_cancel_is_not_idempotent(api: Api, token: str) -> None:
    ok(api.post(f"/api/tokens/{token}/cancel"))
    assert_error(api.post(f"/api/tokens/{token}/cancel"), 409, "token cancelled", "token_cancelled")


@CANCEL
def test_cancelling_a_completed_token_returns_404(api: Api, token: str) -> None:
    ok(api.post(f"/api/tokens/{token}/complete", {"data": 1}))
    assert_error(api.post(f"/api/tokens/{token}/cancel"), 404, "token not found", "token_not_found")
    assert ok(api.get(f"/api/tokens/{token}"))["status"] == "completed"


@COMPLETE
@CANCEL
def test_a_cancelled_token_cannot_be_completed(api: Api, token: str) -> None:
    ok(api.post(f"/api/tokens/{token}/cancel"))
    response = api.post(f"/api/tokens/{token}/complete", {"data": 1})
    assert_error(response, 409, "token cancelled", "token_cancelled")


@CANCEL
def test_only_one_of_a_concurrent_complete_and_cancel_succeeds(api: Api, token: str) -> None:
    def race(number: int) -> int:
        verb, body = ("complete", {"data": 1}) if number % 2 else ("cancel", {})
        return api.post(f"/api/tokens/{token}/{verb}", body).status_code

    statuses = at_once(6, race)
    final = ok(api.get(f"/api/tokens/{token}"))["status"]
    if final == "cancelled":
        assert sorted(statuses) == [200, 409, 409, 409, 409, 409]
    else:
        assert final == "completed"
        assert sorted(statuses) == [200, 200, 200, 404, 404, 404]


# Expiry -----------------------------------------------------------------------------------------------------


@EXPIRY
@COMPLETE
@CANCEL
def test_a_token_past_its_timeout_is_expired_even_before_the_sweep(api: Api) -> None:
    def unswept() -> str | None:
        token: JsonObject = ok(api.get(f"/api/tokens/{api.token(timeout='1ns')['id']}"))
        return token["id"] if token["status"] == "pending" else None

    token = within_tries(unswept, what="an overdue token that still reads pending")
    response = api.post(f"/api/tokens/{token}/complete", {"data": 1})
    assert_error(response, 410, "token expired", "token_expired")
    assert_error(api.post(f"/api/tokens/{token}/cancel"), 410, "token expired", "token_expired")


@EXPIRY
def test_the_sweep_shows_an_overdue_token_as_expired(api: Api) -> None:
    token = api.token(timeout="1ms")

    def swept() -> JsonObject | None:
        found = ok(api.get(f"/api/tokens/{token['id']}"))
        return found if found["status"] == "expired" else None

    found = eventually(swept, within=api.server.limits.patience, what="the sweep")
    assert found["timeout_at"] == token["timeout_at"]
    assert "data" not in found
    response = api.post(f"/api/tokens/{token['id']}/complete", {"data": 1})
    assert_error(response, 410, "token expired", "token_expired")
    assert_error(api.post(f"/api/tokens/{token['id']}/cancel"), 410, "token expired", "token_expired")
    listed = ok(api.get("/api/tokens", params={"state": "expired", "limit": "500"}))["tokens"]
    assert all(entry["status"] == "expired" for entry in listed)


@EXPIRY
@COMPLETE
def test_completing_a_completed_token_with_its_data_succeeds_even_after_its_timeout(api: Api) -> None:
    def in_time() -> str | None:
        token: str = api.token(timeout="400ms")["id"]
        response = api.post(f"/api/tokens/{token}/complete", {"data": 1})
        return token if response.status_code == 200 else None  # None if a slow round trip made it too late

    token = within_tries(in_time, what="a completion in time")
    # Created later and with a longer timeout, so it expires after the first token.
    witness = api.token(timeout="500ms")["id"]

    def witnessed() -> bool:
        return bool(ok(api.get(f"/api/tokens/{witness}"))["status"] == "expired")

    assert eventually(witnessed, within=api.server.limits.patience, what="the sweep")
    again = ok(api.post(f"/api/tokens/{token}/complete", {"data": 1}))
    assert (again["status"], again["token"]["status"]) == ("already_completed", "completed")
    conflicts(api.post(f"/api/tokens/{token}/complete", {"data": 2}))


@EXPIRY
@rule("tokens-auth-errors.md 3.3")
def test_a_key_survives_the_tokens_expiry(api: Api) -> None:
    body = {"timeout": "1ms", "tags": [TAG], "idempotency_key": unique()}
    first = ok(api.post("/api/tokens", body), 201)
    again = ok(api.post("/api/tokens", json.loads(json.dumps(body))), 200)
    assert (again["id"], again["timeout_at"]) == (first["id"], first["timeout_at"])
