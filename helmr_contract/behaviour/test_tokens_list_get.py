"""Listing and getting tokens."""

from __future__ import annotations

import pytest

from helmr_contract.behaviour.helpers import UNKNOWN_ID, Api, JsonObject, assert_error, ok, rule

LIST = rule("tokens-auth-errors.md 3.4")
GET = rule("tokens-auth-errors.md 3.5", "tokens-auth-errors.md 3.1")


def listed(api: Api, **query: str) -> JsonObject:
    response: JsonObject = ok(api.get("/api/tokens", params=query))
    assert set(response) - {"next_cursor"} == {"tokens"}
    return response


@pytest.fixture(scope="module")
def five(api: Api) -> list[str]:
    """Five tokens created one after another: pending, completed, cancelled, completed with null, pending."""
    ids = [api.token(timeout="1h")["id"] for _ in range(5)]
    ok(api.post(f"/api/tokens/{ids[1]}/complete", {"data": {"n": 1}}))
    ok(api.post(f"/api/tokens/{ids[2]}/cancel"))
    ok(api.post(f"/api/tokens/{ids[3]}/complete", {}))
    return ids


@LIST
def test_tokens_after_the_cursor_are_listed_oldest_first(api: Api, five: list[str]) -> None:
    for name in ("after", "cursor"):
        found = [token["id"] for token in listed(api, **{name: five[0]}, limit="4")["tokens"]]
        assert found == five[1:]
    first = [token["id"] for token in listed(api, after=five[1], cursor=five[3], limit="1")["tokens"]]
    assert first == [five[2]], "after wins over cursor"


@LIST
def test_next_cursor_leads_from_page_to_page(api: Api, five: list[str]) -> None:
    page = listed(api, after=five[0], limit="2")
    assert page["next_cursor"] == five[2] == page["tokens"][-1]["id"]
    following = listed(api, after=page["next_cursor"], limit="2")
    assert [token["id"] for token in following["tokens"]] == five[3:]


@LIST
@rule("tokens-auth-errors.md 1.13")
def test_the_default_limit_is_100(api: Api) -> None:
    first = api.token(timeout="1h")["id"]
    ids = [api.token(timeout="1h")["id"] for _ in range(101)]
    page = listed(api, after=first)
    assert [token["id"] for token in page["tokens"]] == ids[:100]
    assert page["next_cursor"] == ids[99]


@LIST
def test_the_last_page_has_no_next_cursor(api: Api) -> None:
    last = api.token(timeout="1h")["id"]
    before = api.token(timeout="1h")["id"]
    page = listed(api, after=last, limit="1")
    assert ([token["id"] for token in page["tokens"]], "next_cursor" in page) == ([before], False)
    assert listed(api, after=before) == {"tokens": []}


@LIST
@pytest.mark.parametrize(
    ("state", "numbers"), [("pending", [4]), ("completed", [1, 3]), ("cancelled", [2]), ("expired", [])]
)
def test_a_state_lists_only_tokens_of_that_state(
    api: Api, five: list[str], state: str, numbers: list[int]
) -> None:
    for name in ("state", "status"):
        tokens = listed(api, after=five[0], **{name: state})["tokens"]
        assert {token["status"] for token in tokens} <= {state}
        found = [token["id"] for token in tokens]
        assert [token for token in five[1:] if token in found] == [five[number] for number in numbers]


@LIST
def test_state_takes_precedence_over_status(api: Api, five: list[str]) -> None:
    tokens = listed(api, after=five[0], state="cancelled", status="pending")["tokens"]
    assert {token["status"] for token in tokens} == {"cancelled"}


@LIST
@pytest.mark.parametrize("state", ["PENDING", "done", "all", "timed_out"])
def test_an_unknown_state_is_rejected(api: Api, state: str) -> None:
    response = api.get("/api/tokens", params={"state": state})
    assert_error(response, 400, "state must be pending, completed, expired, or cancelled")


@LIST
@rule("tokens-auth-errors.md 1.13")
@pytest.mark.parametrize("limit", ["0", "501", "-1", "x", "1.5"])
def test_a_limit_outside_1_to_500_is_rejected(api: Api, limit: str) -> None:
    response = api.get("/api/tokens", params={"limit": limit})
    assert_error(response, 400, "limit must be an integer between 1 and 500")


@LIST
def test_a_cursor_must_be_a_uuid_and_an_unknown_one_lists_nothing(api: Api) -> None:
    for name in ("after", "cursor"):
        assert_error(api.get("/api/tokens", params={name: "x"}), 400, "after must be a token UUID")
        assert listed(api, **{name: UNKNOWN_ID}) == {"tokens": []}


@LIST
def test_limit_is_checked_before_cursor_and_cursor_before_state(api: Api) -> None:
    query = {"limit": "0", "after": "x", "state": "x"}
    response = api.get("/api/tokens", params=query)
    assert_error(response, 400, "limit must be an integer between 1 and 500")
    response = api.get("/api/tokens", params={**query, "limit": "1"})
    assert_error(response, 400, "after must be a token UUID")


@LIST
@GET
def test_a_listed_token_equals_the_result_of_get(api: Api, five: list[str]) -> None:
    tokens = listed(api, after=five[0], limit="4")["tokens"]
    assert tokens == [ok(api.get(f"/api/tokens/{token}")) for token in five[1:]]


@GET
def test_a_token_has_data_if_and_only_if_it_is_completed(api: Api, five: list[str]) -> None:
    pending, completed, cancelled, null, _ = [ok(api.get(f"/api/tokens/{token}")) for token in five]
    assert "data" not in pending
    assert completed["data"] == {"n": 1}
    assert "data" not in cancelled
    assert ("data" in null, null["data"]) == (True, None)


@GET
def test_a_token_has_no_other_fields(api: Api, five: list[str]) -> None:
    token = ok(api.get(f"/api/tokens/{five[1]}"))
    assert set(token) == {"id", "status", "timeout_at", "data", "tags", "metadata"}


@GET
def test_an_unknown_token_is_not_found_on_every_route(api: Api) -> None:
    for response in (
        api.get(f"/api/tokens/{UNKNOWN_ID}"),
        api.post(f"/api/tokens/{UNKNOWN_ID}/complete", {}),
        api.post(f"/api/tokens/{UNKNOWN_ID}/cancel"),
    ):
        assert_error(response, 404, "token not found", "token_not_found")
