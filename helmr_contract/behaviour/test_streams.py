"""Naming, declaring and listing streams."""

from __future__ import annotations

from typing import Any

import pytest

from helmr_contract.behaviour.helpers import (
    WORK,
    Api,
    JsonObject,
    Server,
    assert_error,
    is_canonical_uuid,
    ok,
    parse_time,
    rule,
)

pytestmark = [rule("sessions.md 15"), pytest.mark.usefixtures("both_addresses")]
NAME = "stream name must match ^[A-Za-z0-9][A-Za-z0-9._-]{0,255}$"


@pytest.fixture(scope="module")
def session(api: Api) -> str:
    made: str = api.start(WORK)["session"]["id"]
    return made


def every_operation(api: Api, session: str, stream: str, direction: str) -> list[Any]:
    path = f"/api/sessions/{session}/{direction}/{stream}"
    responses = [api.post(path, {"data": 1}), api.get(path)]
    if direction == "outputs":
        responses.append(api.get(f"{path}/read"))
    return responses


@pytest.mark.parametrize("direction", ["inputs", "outputs"])
@pytest.mark.parametrize("name", ["-x", ".x", "_x", "a%20b", "a:b", "%C3%A9", "x" * 257, "%20"])
def test_a_malformed_stream_name_is_rejected(api: Api, session: str, direction: str, name: str) -> None:
    for response in every_operation(api, session, name, direction):
        assert_error(response, 400, NAME)


@pytest.mark.parametrize("direction", ["inputs", "outputs"])
@pytest.mark.parametrize("name", ["nowhere", "A", "9", "a.b_c-d", "x" * 256])
def test_reading_an_undeclared_stream_returns_404_too(
    api: Api, session: str, direction: str, name: str
) -> None:
    for response in every_operation(api, session, name, direction):
        assert_error(response, 404, "stream not found", "stream_not_found")


def test_a_stream_exists_only_in_its_declared_direction(api: Api, session: str, server: Server) -> None:
    for response in every_operation(api, session, server.streams.approval, "outputs"):
        assert_error(response, 404, "stream not found", "stream_not_found")
    for response in every_operation(api, session, server.streams.report, "inputs"):
        assert_error(response, 404, "stream not found", "stream_not_found")


@rule("sessions.md 16")
def test_name_and_declaration_are_checked_before_the_body(api: Api, session: str) -> None:
    response = api.post(f"/api/sessions/{session}/inputs/-bad", content=b"nonsense")
    assert_error(response, 400, NAME)
    response = api.post(f"/api/sessions/{session}/inputs/nowhere", content=b"nonsense")
    assert_error(response, 404, "stream not found", "stream_not_found")


@rule("sessions.md 4.5")
def test_all_declared_streams_are_listed_by_name(api: Api, server: Server) -> None:
    session = api.start(WORK)["session"]["id"]
    response = ok(api.get(f"/api/sessions/{session}/streams"))
    assert set(response) == {"streams"}
    streams: list[JsonObject] = response["streams"]
    declared = {
        (server.streams.input, "input"),
        (server.streams.approval, "input"),
        (server.streams.output, "output"),
        (server.streams.report, "output"),
    }
    assert {(stream["name"], stream["direction"]) for stream in streams} >= declared
    names = [stream["name"] for stream in streams]
    assert names == sorted(names)
    for stream in streams:
        assert set(stream) == {"id", "session_id", "name", "direction", "sequence", "metadata", "created_at"}
        assert is_canonical_uuid(stream["id"])
        assert stream["session_id"] == session
        assert (stream["sequence"], stream["metadata"]) == (0, {})
        parse_time(stream["created_at"])
    assert ok(api.get(f"/api/sessions/{session}/streams")) == response, "listing again makes nothing new"


@rule("sessions.md 4.5")
def test_a_streams_sequence_is_that_of_its_newest_record(api: Api, server: Server) -> None:
    session = api.start(WORK)["session"]["id"]
    records = [api.append(session, server.streams.report, number)["record"] for number in range(3)]
    streams = ok(api.get(f"/api/sessions/{session}/streams"))["streams"]
    (report,) = [stream for stream in streams if stream["name"] == server.streams.report]
    assert report["sequence"] == 3
    assert {record["stream_id"] for record in records} == {report["id"]}


def test_streams_of_different_sessions_are_separate(api: Api, server: Server) -> None:
    ids: set[str] = set()
    for _ in range(2):
        session = api.start(WORK)["session"]["id"]
        record = api.append(session, server.streams.report, 1)["record"]
        assert record["sequence"] == 1
        ids.add(record["stream_id"])
    assert len(ids) == 2
