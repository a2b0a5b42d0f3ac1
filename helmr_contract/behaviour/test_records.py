"""Listing and reading records."""

from __future__ import annotations

from typing import Any

import pytest

from helmr_contract.behaviour.helpers import WORK, Api, assert_error, ok, rule

pytestmark = pytest.mark.usefixtures("both_addresses")
LIST = rule("sessions.md 18.1")
READ = rule("sessions.md 18.2")
DIRECTION = pytest.mark.parametrize("direction", ["inputs", "outputs"])
AFTER = "after_sequence must be a non-negative integer"
LIMIT = "limit must be an integer between 1 and 500"


@pytest.fixture(scope="module")
def session(api: Api) -> str:
    """A session with five records on an input and an output: correlations a, b, a, b, none."""
    made: str = api.start(WORK)["session"]["id"]
    for number, correlation in enumerate(["a", "b", "a", "b", ""], start=1):
        api.send(made, api.server.streams.input, number, correlation_id=correlation)
        api.append(made, api.server.streams.report, number, correlation_id=correlation)
    return made


def path(api: Api, session: str, direction: str) -> str:
    stream = api.server.streams.input if direction == "inputs" else api.server.streams.report
    return f"/api/sessions/{session}/{direction}/{stream}"


def data(api: Api, session: str, direction: str, **query: str) -> list[Any]:
    response = ok(api.get(path(api, session, direction), params=query))
    assert set(response) == {"records"}, "there is no next cursor"
    return [record["data"] for record in response["records"]]


@LIST
@DIRECTION
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, [1, 2, 3, 4, 5]),
        ({"after_sequence": "0"}, [1, 2, 3, 4, 5]),
        ({"after_sequence": "2"}, [3, 4, 5]),
        ({"cursor": "2"}, [3, 4, 5]),
        ({"after_sequence": "3", "cursor": "1"}, [4, 5]),
        ({"after_sequence": " ", "cursor": "4"}, [5]),
        ({"after_sequence": "5"}, []),
        ({"after_sequence": "9223372036854775807"}, []),
        ({"limit": "2"}, [1, 2]),
        ({"limit": "500"}, [1, 2, 3, 4, 5]),
        ({"limit": " 1 ", "after_sequence": " 1 "}, [2]),
        ({"correlation_id": "a"}, [1, 3]),
        ({"correlation_id": " b "}, [2, 4]),
        ({"correlation_id": ""}, [1, 2, 3, 4, 5]),
        ({"correlation_id": "A"}, []),
        ({"correlation_id": "b", "after_sequence": "2", "limit": "1"}, [4]),
    ],
)
def test_records_after_the_cursor_are_returned_in_sequence(
    api: Api, session: str, direction: str, query: dict[str, str], expected: list[int]
) -> None:
    assert data(api, session, direction, **query) == expected


@LIST
@DIRECTION
@pytest.mark.parametrize("name", ["after_sequence", "cursor"])
@pytest.mark.parametrize("value", ["-1", "x", "1.5", "9223372036854775808"])
def test_an_invalid_cursor_is_rejected(api: Api, session: str, direction: str, name: str, value: str) -> None:
    assert_error(api.get(path(api, session, direction), params={name: value}), 400, AFTER)


@LIST
@rule("tokens-auth-errors.md 1.13")
@DIRECTION
@pytest.mark.parametrize("limit", ["0", "501", "-1", "x", "1.5"])
def test_a_limit_outside_1_to_500_is_rejected(api: Api, session: str, direction: str, limit: str) -> None:
    assert_error(api.get(path(api, session, direction), params={"limit": limit}), 400, LIMIT)


@LIST
@DIRECTION
def test_reading_consumes_nothing(api: Api, session: str, direction: str) -> None:
    first = ok(api.get(path(api, session, direction)))
    assert ok(api.get(path(api, session, direction))) == first


@LIST
@DIRECTION
def test_a_stream_without_records_returns_an_empty_list(api: Api, direction: str) -> None:
    session = api.start(WORK)["session"]["id"]
    assert ok(api.get(path(api, session, direction))) == {"records": []}


@LIST
def test_the_default_limit_is_100(api: Api) -> None:
    session = api.start(WORK)["session"]["id"]
    for number in range(101):
        api.append(session, api.server.streams.report, number)
    first = data(api, session, "outputs")
    assert first == list(range(100))
    assert data(api, session, "outputs", after_sequence="100") == [100]


@READ
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, 1),
        ({"after_sequence": "2"}, 3),
        ({"cursor": "4"}, 5),
        ({"correlation_id": "b"}, 2),
        ({"correlation_id": "b", "after_sequence": "2"}, 4),
        ({"limit": "nonsense"}, 1),
    ],
)
def test_read_returns_the_first_matching_record_after_the_cursor(
    api: Api, session: str, query: dict[str, str], expected: int
) -> None:
    response = ok(api.get(path(api, session, "outputs") + "/read", params=query))
    assert set(response) == {"record"}
    assert response["record"]["data"] == expected
    assert response["record"] in ok(api.get(path(api, session, "outputs")))["records"]


@READ
@pytest.mark.parametrize("query", [{"after_sequence": "5"}, {"correlation_id": "z"}])
def test_read_returns_null_immediately_if_there_is_no_record(
    api: Api, session: str, query: dict[str, str]
) -> None:
    assert ok(api.get(path(api, session, "outputs") + "/read", params=query)) == {"record": None}


@READ
@pytest.mark.parametrize("name", ["after_sequence", "cursor"])
def test_read_rejects_an_invalid_cursor(api: Api, session: str, name: str) -> None:
    assert_error(api.get(path(api, session, "outputs") + "/read", params={name: "-1"}), 400, AFTER)
