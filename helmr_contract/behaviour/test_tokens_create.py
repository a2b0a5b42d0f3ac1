"""Creating tokens."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from helmr_contract.behaviour.helpers import (
    TAG,
    Api,
    JsonObject,
    assert_error,
    at_once,
    client_mistake,
    is_canonical_uuid,
    known_fault,
    ok,
    parse_time,
    rule,
    starting,
    unique,
)

RESOURCE = rule("tokens-auth-errors.md 3.1")
CREATE = rule("tokens-auth-errors.md 3.3")
KEYS = rule("tokens-auth-errors.md 3.3", "tokens-auth-errors.md 1.14")
DURATION = "timeout must be a positive duration"
POSITIVE = "timeout must be positive"
FORM = "timeout must be a duration string, number, or object"


def create(api: Api, body: JsonObject) -> Any:
    return api.post("/api/tokens", {"tags": [TAG], **body})


def lasts(token: JsonObject, began: datetime) -> float:
    return (parse_time(token["timeout_at"]) - began).total_seconds()


@RESOURCE
@CREATE
def test_a_new_token_is_pending_and_has_both_secrets(api: Api) -> None:
    token = ok(create(api, {"timeout": "1h", "metadata": {"kind": "approval"}}), 201)
    assert set(token) == {
        "id", "status", "callback_url", "public_access_token", "timeout_at", "tags", "metadata",
    }  # fmt: skip
    assert is_canonical_uuid(token["id"])
    assert token["id"][14] == "7", "a UUIDv7"
    assert token["status"] == "pending"
    assert token["metadata"] == {"kind": "approval"}
    assert re.fullmatch(r"hlmr_public_access_[A-Za-z0-9_-]{43}", token["public_access_token"])
    path = rf"https?://[^/]+/api/v1/tokens/{token['id']}/callback/hlmr_callback_[A-Za-z0-9_-]{{43}}"
    assert re.fullmatch(path, token["callback_url"])


@RESOURCE
def test_only_the_response_to_a_create_has_the_secrets(api: Api) -> None:
    token = api.token(timeout="1h")
    responses = [
        api.get(f"/api/tokens/{token['id']}"),
        api.get("/api/tokens?limit=500"),
        api.post(f"/api/tokens/{token['id']}/complete", {"data": 1}),
        api.post(f"/api/tokens/{api.token(timeout='1h')['id']}/cancel"),
    ]
    for response in responses:
        ok(response)
        assert "hlmr_" not in response.text
        assert "callback_url" not in response.text


@RESOURCE
def test_empty_tags_are_omitted_but_metadata_is_always_returned(api: Api) -> None:
    token = ok(api.post("/api/tokens", {"timeout": "1h"}), 201)
    assert "tags" not in token
    assert token["metadata"] == {}
    assert "data" not in token
    assert ok(api.get(f"/api/tokens/{token['id']}"))["metadata"] == {}


@CREATE
@pytest.mark.parametrize(
    ("timeout", "seconds"),
    [
        (None, 7 * 86400),
        ("90s", 90),
        (" 1h30m ", 5400),
        ("1.5h", 5400),
        ("90000ms", 90),
        ("90000000us", 90),
        ("90000000µs", 90),
        ("90000000000ns", 90),
        ("2d", 2 * 86400),
        ("+2d", 2 * 86400),
        (60000, 60),
        (90500.5, 90.5005),
        ({"minutes": 2}, 120),
        ({"hours": 1, "minutes": 1, "seconds": 1, "milliseconds": 500}, 3661.5),
        ({"duration": "1m"}, 60),
        ({"duration": "1h", "seconds": -60}, 3540),
        ({"hours": 1, "minutes": -30}, 1800),
        ({"seconds": 90, "hours": -3e-242}, 90),
        ({"HOURS": 1, "Minutes": 1}, 3660),
        ({"hours": 0.5, "surprise": "x"}, 1800),
        ({"days": 1, "hours": 1}, 3600),
        ("36500d", 36500 * 86400),
        ("1.h", 3600),
        ("106751d", 106751 * 86400),
        ("2562047h", 2562047 * 3600),
        ({"hours": 2562047.78}, 2562047.78 * 3600),
        ({"minutes": 153722867.2}, 153722867.2 * 60),
        ({"seconds": 9223372036.8}, 9223372036.8),
        ({"milliseconds": 9223372036854.5}, 9223372036.8545),
        (9223372036854.5, 9223372036.8545),
        ({"hours": 2562000, "minutes": 2867.2}, 2562000 * 3600 + 2867.2 * 60),
    ],
    ids=repr,
)
def test_a_timeout_may_be_a_string_milliseconds_or_parts(api: Api, timeout: Any, seconds: float) -> None:
    began = datetime.now(UTC)
    token = ok(create(api, {"timeout": timeout}), 201)
    assert abs(lasts(token, began) - seconds) < 30


@CREATE
@pytest.mark.parametrize(
    "timeout",
    ["106752d", "2562048h", 9223372036855, {"hours": 2562048}, {"hours": 2000000, "duration": "90000d"}],
)
def test_a_timeout_beyond_64_bits_of_nanoseconds_is_rejected_or_respected(api: Api, timeout: Any) -> None:
    response = create(api, {"timeout": timeout})
    if response.status_code == 400:
        assert_error(response, 400, re.compile("timeout must be (a )?positive.*"))
        return
    ends = parse_time(ok(response, 201)["timeout_at"])
    known_fault(
        ends < datetime.now(UTC),
        "a token timeout of more than 2^63 nanoseconds is accepted, and timeout_at is in the past",
    )
    assert ends.year > 2300


@CREATE
def test_an_absent_timeout_is_seven_days(api: Api) -> None:
    began = datetime.now(UTC)
    assert abs(lasts(ok(create(api, {}), 201), began) - 7 * 86400) < 30


@CREATE
@pytest.mark.parametrize(
    ("timeout", "text"),
    [
        ("", DURATION),
        ("90", DURATION),
        ("x", DURATION),
        ("0s", DURATION),
        ("-1s", DURATION),
        ("0d", DURATION),
        ("-1d", DURATION),
        ("1.5d", DURATION),
        ("1d12h", DURATION),
        ("1D", DURATION),
        ({"duration": "x"}, DURATION),
        ({"duration": "90"}, DURATION),
        (0, POSITIVE),
        (-1, POSITIVE),
        ({}, POSITIVE),
        ({"days": 1}, POSITIVE),
        ({"seconds": 0}, POSITIVE),
        ({"seconds": 1, "milliseconds": -1000}, POSITIVE),
        (True, FORM),
        ([], FORM),
        ([60000], FORM),
        ({"seconds": "1"}, FORM),
        ({"duration": 5}, FORM),
    ],
    ids=repr,
)
def test_an_invalid_timeout_is_named_in_the_error(api: Api, timeout: Any, text: str) -> None:
    assert_error(create(api, {"timeout": timeout}), 400, text)


@CREATE
@pytest.mark.parametrize("metadata", [None, [], 1, "x", True], ids=repr)
def test_metadata_must_be_an_object(api: Api, metadata: Any) -> None:
    assert_error(create(api, {"metadata": metadata}), 400, "metadata must be a JSON object")


@CREATE
@pytest.mark.parametrize(
    ("tags", "text"),
    [
        (["t"] * 11, "tags must contain at most 10 items"),
        ([""], "tags must not contain empty values"),
        (["a", " "], "tags must not contain empty values"),
        (["x" * 129], "tags must be 128 characters or less"),
        (["é" * 65], "tags must be 128 characters or less"),
    ],
)
def test_invalid_tags_are_named_in_the_error(api: Api, tags: list[str], text: str) -> None:
    assert_error(api.post("/api/tokens", {"tags": tags}), 400, text)


@CREATE
def test_tags_are_trimmed_deduplicated_and_in_byte_order(api: Api) -> None:
    token = ok(api.post("/api/tokens", {"tags": ["b", " a ", "B", "a", "é", "x" * 128]}), 201)
    assert token["tags"] == ["B", "a", "b", "x" * 128, "é"]


@CREATE
def test_metadata_numbers_pass_through_a_64_bit_float(api: Api) -> None:
    response = api.post(
        "/api/tokens", content=b'{"metadata":{"big":12345678901234567890},"tags":["helmr-contract"]}'
    )
    token = ok(response, 201)["id"]
    assert '"big":12345678901234567000' in api.get(f"/api/tokens/{token}").text


@CREATE
def test_the_timeout_is_checked_first_then_metadata_then_tags_then_the_key(api: Api) -> None:
    body: JsonObject = {"timeout": "x", "metadata": None, "tags": [""], "idempotency_key": "x" * 513}
    for name, text in (
        ("timeout", DURATION),
        ("metadata", "metadata must be a JSON object"),
        ("tags", "tags must not contain empty values"),
        ("idempotency_key", "idempotency_key must be at most 512 characters"),
    ):
        assert_error(api.post("/api/tokens", body), 400, text)
        del body[name]


# Keys -------------------------------------------------------------------------------------------------------


@KEYS
def test_a_repeated_create_with_one_key_returns_the_same_token_and_secrets(api: Api) -> None:
    key = unique()
    body = {"timeout": "1h", "metadata": {"a": 1, "b": 2}, "idempotency_key": key}
    first = ok(create(api, body), 201)
    again = ok(create(api, {**body, "metadata": {"b": 2, "a": 1}, "idempotency_key": f" {key} "}), 200)
    assert again == first
    assert key not in json.dumps(again)


@KEYS
@pytest.mark.parametrize("ending", ["complete", "cancel"])
def test_a_replay_returns_the_current_token_with_its_secrets(api: Api, ending: str) -> None:
    body = {"timeout": "1h", "idempotency_key": unique()}
    first = ok(create(api, body), 201)
    ok(api.post(f"/api/tokens/{first['id']}/{ending}", {"data": [1]} if ending == "complete" else {}))
    again = ok(create(api, body), 200)
    assert again["status"] == {"complete": "completed", "cancel": "cancelled"}[ending]
    assert again.get("data") == ([1] if ending == "complete" else None)
    for name in ("id", "timeout_at", "public_access_token", "callback_url"):
        assert again[name] == first[name]


DIFFERENT: list[tuple[JsonObject, JsonObject]] = [
    ({"timeout": "1h"}, {"timeout": "2h"}),
    ({"timeout": "1h"}, {"timeout": 3600000}),
    ({"timeout": 3600000}, {"timeout": 3600000.0}),
    ({"timeout": "1h"}, {"timeout": "60m"}),
    ({}, {"timeout": "7d"}),
    ({"metadata": {"a": 1}}, {"metadata": {"a": 2}}),
    ({}, {"metadata": {"a": 1}}),
    ({"tags": ["a"]}, {"tags": ["b"]}),
]
EQUAL: list[tuple[JsonObject, JsonObject]] = [
    ({}, {"timeout": None}),
    ({}, {"metadata": {}}),
    ({"tags": ["a", "b"]}, {"tags": [" b", "a", "a"]}),
    ({"metadata": {"a": {"x": 1, "y": 2}}}, {"metadata": {"a": {"y": 2, "x": 1}}}),
    ({"metadata": {"a": 1}}, {"metadata": {"a": 1.0}}),
]


@KEYS
@pytest.mark.parametrize(("first", "second"), DIFFERENT, ids=json.dumps)
def test_a_key_reused_with_different_parameters_is_a_conflict(
    api: Api, first: JsonObject, second: JsonObject
) -> None:
    key = {"idempotency_key": unique()}
    ok(create(api, {**first, **key}), 201)
    text = "idempotency key was already used with different request parameters"
    assert_error(create(api, {**second, **key}), 409, text, "idempotency_fingerprint_mismatch")


@KEYS
@pytest.mark.parametrize(("first", "second"), EQUAL, ids=json.dumps)
def test_equal_creates_with_one_key_return_one_token(api: Api, first: JsonObject, second: JsonObject) -> None:
    key = {"idempotency_key": unique()}
    one, two = ok(create(api, {**first, **key}), 201), ok(create(api, {**second, **key}), 200)
    assert one["id"] == two["id"]


@KEYS
def test_a_key_of_512_bytes_is_allowed_and_a_longer_one_is_rejected(api: Api) -> None:
    ok(create(api, {"idempotency_key": unique().ljust(512, "x")}), 201)
    for key in ("x" * 513, "é" * 257):
        response = create(api, {"idempotency_key": key})
        assert_error(response, 400, "idempotency_key must be at most 512 characters")


@KEYS
def test_a_blank_key_counts_as_absent(api: Api) -> None:
    body = {"timeout": "1h", "idempotency_key": "  "}
    assert ok(create(api, body), 201)["id"] != ok(create(api, body), 201)["id"]


@KEYS
def test_concurrent_creates_with_one_key_create_one_token(api: Api) -> None:
    body = {"timeout": "1h", "idempotency_key": unique()}
    responses = at_once(10, lambda _: create(api, body))
    made = [response for response in responses if response.status_code < 500]
    assert [response.status_code for response in made].count(201) == 1
    assert len({ok(response, response.status_code)["id"] for response in made}) == 1
    ok(create(api, body), 200)
    lost = [response.text for response in responses if response not in made]
    known_fault(
        any("duplicate key value violates unique constraint" in text for text in lost),
        "of two concurrent first uses of one token idempotency key, one may be served 500",
    )
    assert lost == []


@CREATE
def test_a_metadata_number_beyond_64_bit_floats_is_rejected(api: Api) -> None:
    response = api.post("/api/tokens", content=b'{"metadata": {"n": 1e200000}}')
    assert_error(response, 400, starting("metadata decode failed: "))


@rule("tokens-auth-errors.md 1.9")
@pytest.mark.parametrize(
    "body", [{"tags": ["a\x00b"]}, {"metadata": {"a": "\x00"}}, {"idempotency_key": "helmr-contract-\x00"}]
)
def test_a_nul_in_a_stored_string_is_rejected(api: Api, body: JsonObject) -> None:
    client_mistake(api.post("/api/tokens", body))
