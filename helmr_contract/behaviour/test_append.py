"""Appending records."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from helmr_contract.behaviour.helpers import (
    ABSENT,
    WORK,
    Api,
    JsonObject,
    assert_error,
    at_once,
    client_mistake,
    in_,
    is_canonical_uuid,
    ok,
    parse_time,
    rule,
    step,
    unique,
)

pytestmark = pytest.mark.usefixtures("both_addresses")
APPEND = rule("sessions.md 16")
STATES = rule("sessions.md 14.4", "sessions.md 16")
KEYS = rule("sessions.md 16", "tokens-auth-errors.md 1.14")
DIRECTION = pytest.mark.parametrize("direction", ["inputs", "outputs"])
# The contract documents disagree about this message: sessions.md 16 has an underscore, tokens-auth-errors.md
# 1.6 has none.
OTHER_PARAMETERS = re.compile("idempotency[_ ]key was already used with different request parameters")


@pytest.fixture
def session(api: Api) -> str:
    made: str = api.start(WORK)["session"]["id"]
    return made


def path(api: Api, session: str, direction: str) -> str:
    stream = api.server.streams.input if direction == "inputs" else api.server.streams.report
    return f"/api/sessions/{session}/{direction}/{stream}"


def append(api: Api, session: str, direction: str, **body: Any) -> JsonObject:
    sent = {name: value for name, value in body.items() if value is not ABSENT}
    response: JsonObject = ok(api.post(path(api, session, direction), sent), 201)
    return response


@APPEND
@rule("sessions.md 4.6", "sessions.md 4.7")
@DIRECTION
def test_an_append_returns_the_stored_record(api: Api, session: str, direction: str) -> None:
    response = append(
        api, session, direction, data={"a": [1, None]}, correlation_id=" c-1 ", content_type=" text/x "
    )
    record = response["record"]
    assert set(record) == {
        "id",
        "stream_id",
        "sequence",
        "data",
        "correlation_id",
        "content_type",
        "created_at",
    }
    assert is_canonical_uuid(record["id"])
    assert record["id"][14] == "7", "a UUIDv7"
    assert is_canonical_uuid(record["stream_id"])
    assert (record["sequence"], record["data"]) == (1, {"a": [1, None]})
    assert (record["correlation_id"], record["content_type"]) == ("c-1", "text/x")
    parse_time(record["created_at"])
    assert response["idempotency_status"] == "created"
    expected = {"record", "idempotency_status"}
    if direction == "inputs":
        expected.add("continuation_status")
    assert set(response) == expected, "outputs have no continuation_status"
    assert ok(api.get(path(api, session, direction)))["records"] == [record]


@APPEND
@DIRECTION
@pytest.mark.parametrize(
    "data", [None, 0, 1.5, "", "text", [], {}, [None], False, {"a": {"b": "ä"}}], ids=repr
)
def test_any_json_is_data(api: Api, session: str, direction: str, data: Any) -> None:
    assert append(api, session, direction, data=data)["record"]["data"] == data


@APPEND
@DIRECTION
def test_absent_data_is_null_and_blank_strings_are_defaults(api: Api, session: str, direction: str) -> None:
    record = append(api, session, direction, content_type="  ", correlation_id=" ", idempotency_key=" ")[
        "record"
    ]
    assert record["data"] is None
    assert record["content_type"] == "application/json"
    assert "correlation_id" not in record
    again = append(api, session, direction, idempotency_key=" ")
    assert (again["idempotency_status"], again["record"]["sequence"]) == ("created", 2), (
        "a blank key is not a key"
    )


@APPEND
@DIRECTION
def test_a_correlation_id_has_no_length_limit(api: Api, session: str, direction: str) -> None:
    text = "c" * 3000
    assert append(api, session, direction, data=1, correlation_id=text)["record"]["correlation_id"] == text


@APPEND
@DIRECTION
def test_sequences_start_at_one_and_have_no_gaps(api: Api, session: str, direction: str) -> None:
    key = unique()
    assert append(api, session, direction, data=1, idempotency_key=key)["record"]["sequence"] == 1
    append(api, session, direction, data=1, idempotency_key=key)
    api.post(path(api, session, direction), {"data": 2, "idempotency_key": key})
    api.post(path(api, session, direction), {"surprise": 2})
    api.post(path(api, session, direction), {"data": 2, "idempotency_key": "x" * 513})
    assert append(api, session, direction, data=3)["record"]["sequence"] == 2


@APPEND
@DIRECTION
def test_concurrent_appends_get_contiguous_sequences_without_loss(
    api: Api, session: str, direction: str
) -> None:
    records = at_once(16, lambda n: append(api, session, direction, data=n)["record"])
    assert sorted(record["sequence"] for record in records) == list(range(1, 17))
    listed = ok(api.get(path(api, session, direction)))["records"]
    assert listed == sorted(records, key=lambda record: record["sequence"])


@APPEND
@rule("sessions.md 15")
def test_inputs_and_outputs_are_numbered_separately(api: Api, session: str) -> None:
    append(api, session, "inputs", data=1)
    assert append(api, session, "outputs", data=1)["record"]["sequence"] == 1


# Keys -------------------------------------------------------------------------------------------------------


@KEYS
@DIRECTION
def test_a_repeated_key_returns_the_original_record(api: Api, session: str, direction: str) -> None:
    key = unique()
    body = {"data": {"a": 1, "b": [2]}, "correlation_id": "c", "idempotency_key": key}
    first = append(api, session, direction, **body)
    again = append(api, session, direction, **{**body, "idempotency_key": f" {key} "})
    assert (first["idempotency_status"], again["idempotency_status"]) == ("created", "duplicate")
    assert again["record"] == first["record"]
    assert ok(api.get(path(api, session, direction)))["records"] == [first["record"]]
    assert key not in json.dumps(again)


DIFFERENT: dict[str, tuple[JsonObject, JsonObject]] = {
    "other data": ({"data": 1}, {"data": 2}),
    "1 and 1.0": ({"data": 1}, {"data": 1.0}),
    "another correlation": ({"data": 1, "correlation_id": "a"}, {"data": 1, "correlation_id": "b"}),
    "a correlation and none": ({"data": 1}, {"data": 1, "correlation_id": "b"}),
    "another content type": ({"data": 1}, {"data": 1, "content_type": "text/plain"}),
}
EQUAL: dict[str, tuple[JsonObject, JsonObject]] = {
    "another key order": ({"data": {"a": 1, "b": 2}}, {"data": {"b": 2, "a": 1}}),
    "no data and null": ({}, {"data": None}),
    "the default content type": ({"data": 1}, {"data": 1, "content_type": "application/json"}),
    "space around the correlation": ({"correlation_id": "c"}, {"correlation_id": " c "}),
}


@KEYS
@DIRECTION
@pytest.mark.parametrize("what", DIFFERENT)
def test_a_key_reused_with_different_parameters_is_a_conflict(
    api: Api, session: str, direction: str, what: str
) -> None:
    key = unique()
    first, second = DIFFERENT[what]
    append(api, session, direction, idempotency_key=key, **first)
    response = api.post(path(api, session, direction), {**second, "idempotency_key": key})
    assert_error(response, 409, OTHER_PARAMETERS, "idempotency_fingerprint_mismatch")


@KEYS
@DIRECTION
@pytest.mark.parametrize("what", EQUAL)
def test_equal_requests_with_one_key_are_duplicates(
    api: Api, session: str, direction: str, what: str
) -> None:
    key = unique()
    first, second = EQUAL[what]
    append(api, session, direction, idempotency_key=key, **first)
    again = append(api, session, direction, idempotency_key=key, **second)
    assert again["idempotency_status"] == "duplicate"


@KEYS
@DIRECTION
@pytest.mark.parametrize("key", ["x" * 513, "é" * 257])
def test_a_key_over_512_bytes_is_rejected(api: Api, session: str, direction: str, key: str) -> None:
    response = api.post(path(api, session, direction), {"idempotency_key": key})
    assert_error(response, 400, "idempotency_key must be at most 512 characters")


@KEYS
@DIRECTION
def test_a_key_of_512_bytes_is_allowed(api: Api, session: str, direction: str) -> None:
    assert append(api, session, direction, idempotency_key="é" * 256)["idempotency_status"] == "created"


@KEYS
def test_a_key_belongs_to_one_stream_and_direction(api: Api, session: str) -> None:
    key = unique()
    append(api, session, "inputs", data=1, idempotency_key=key)
    assert append(api, session, "outputs", data=2, idempotency_key=key)["idempotency_status"] == "created"
    streams = api.server.streams
    other = api.send(session, streams.approval, 3, idempotency_key=key)
    assert other["idempotency_status"] == "created"
    elsewhere = api.start(WORK)["session"]["id"]
    assert append(api, elsewhere, "inputs", data=4, idempotency_key=key)["idempotency_status"] == "created"


@KEYS
def test_concurrent_appends_with_one_key_store_one_input_record(api: Api, session: str) -> None:
    key = unique()
    responses = at_once(10, lambda _: append(api, session, "inputs", data=1, idempotency_key=key))
    statuses = sorted(response["idempotency_status"] for response in responses)
    assert statuses == ["created"] + ["duplicate"] * 9
    assert len({response["record"]["id"] for response in responses}) == 1
    assert len(ok(api.get(path(api, session, "inputs")))["records"]) == 1


@KEYS
def test_concurrent_appends_with_one_key_store_one_output_record(api: Api, session: str) -> None:
    key = unique()
    body = {"data": 1, "idempotency_key": key}
    responses = at_once(10, lambda _: api.post(path(api, session, "outputs"), body))
    statuses = sorted(ok(response, 201)["idempotency_status"] for response in responses)
    assert statuses == ["created"] + ["duplicate"] * 9
    assert len(ok(api.get(path(api, session, "outputs")))["records"]) == 1


# States -----------------------------------------------------------------------------------------------------


@STATES
def test_a_cancelled_session_accepts_outputs_but_no_inputs(api: Api, session: str) -> None:
    key = unique()
    append(api, session, "inputs", data=1, idempotency_key=key)
    ok(api.post(f"/api/sessions/{session}/cancel", {}))
    for body in ({"data": 2}, {"data": 1, "idempotency_key": key}, {"idempotency_key": "x" * 513}):
        response = api.post(path(api, session, "inputs"), body)
        assert_error(response, 409, "session is terminal", "session_terminal")
    assert append(api, session, "outputs", data=1)["record"]["sequence"] == 1


@STATES
@pytest.mark.worker
def test_a_closed_session_accepts_outputs_but_no_inputs(api: Api) -> None:
    session = api.finish(step("return", value=1))["session"]["id"]
    ok(api.post(f"/api/sessions/{session}/close", {}))
    response = api.post(path(api, session, "inputs"), {"data": 1})
    assert_error(response, 409, "session is terminal", "session_terminal")
    append(api, session, "outputs", data=1)


@STATES
def test_an_overdue_session_accepts_outputs_but_no_inputs(api: Api) -> None:
    session = api.start(WORK, expires_at=in_(-60))["session"]["id"]
    response = api.post(path(api, session, "inputs"), {"data": 1})
    assert_error(response, 410, "session is expired", "session_expired")
    append(api, session, "outputs", data=1)


@STATES
@pytest.mark.worker
def test_an_expired_session_accepts_outputs_but_no_inputs(api: Api, expired: JsonObject) -> None:
    session = expired["session"]["id"]
    response = api.post(path(api, session, "inputs"), {"data": 1})
    assert_error(response, 410, "session is expired", "session_expired")
    append(api, session, "outputs", data=1)


@STATES
def test_the_body_is_checked_before_the_sessions_state(api: Api, session: str) -> None:
    ok(api.post(f"/api/sessions/{session}/cancel", {}))
    response = api.post(path(api, session, "inputs"), content=b"")
    assert_error(response, 400, "invalid stream record request JSON: EOF")


@APPEND
@rule("tokens-auth-errors.md 1.9")
@DIRECTION
@pytest.mark.parametrize(
    "data", ['"a\\u0000b"', '"\\ud800"', '{"\\u0000":1}'], ids=["nul", "surrogate", "nul key"]
)
def test_data_that_a_database_cannot_store_is_rejected(
    api: Api, session: str, direction: str, data: str
) -> None:
    client_mistake(api.post(path(api, session, direction), content=f'{{"data":{data}}}'.encode()))
    assert append(api, session, direction, data=1)["record"]["sequence"] == 1
