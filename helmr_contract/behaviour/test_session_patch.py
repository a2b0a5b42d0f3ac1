"""Patching a session."""

from __future__ import annotations

from typing import Any

import pytest

from helmr_contract.behaviour.helpers import (
    WORK,
    Api,
    JsonObject,
    assert_error,
    client_mistake,
    in_,
    ok,
    parse_time,
    rule,
    starting,
    step,
)

pytestmark = [rule("sessions.md 10"), pytest.mark.usefixtures("both_addresses")]
NOT_EXTENDABLE = "session expires_at can only extend an existing future expiry"


@pytest.fixture
def session(api: Api) -> JsonObject:
    started: JsonObject = api.start(WORK, metadata={"a": 1, "b": 2}, tags=["x"])["session"]
    return started


def patch(api: Api, session: JsonObject, body: Any) -> Any:
    return api.patch(f"/api/sessions/{session['id']}", body)


def not_extendable(response: Any) -> None:
    assert_error(response, 400, NOT_EXTENDABLE, "session_expires_at_not_extendable")


def test_metadata_replaces_the_whole_object(api: Api, session: JsonObject) -> None:
    assert ok(patch(api, session, {"metadata": {"c": 3}}))["metadata"] == {"c": 3}
    assert api.session(session["id"])["metadata"] == {"c": 3}
    assert ok(patch(api, session, {"metadata": {}}))["metadata"] == {}


def test_tags_replace_and_an_empty_list_clears(api: Api, session: JsonObject) -> None:
    assert ok(patch(api, session, {"tags": ["b", " a ", "b"]}))["tags"] == ["a", "b"]
    assert "tags" not in ok(patch(api, session, {"tags": []}))
    assert "tags" not in api.session(session["id"])


def test_absent_fields_stay_unchanged(api: Api, session: JsonObject) -> None:
    ok(patch(api, session, {"metadata": {"c": 3}}))
    patched = ok(patch(api, session, {"tags": ["y"]}))
    assert (patched["metadata"], patched["tags"]) == ({"c": 3}, ["y"])
    assert ok(patch(api, session, {"tags": None, "expires_at": None}))["tags"] == ["y"]


@rule("sessions.md 4.1")
def test_an_empty_patch_changes_only_updated_at(api: Api, session: JsonObject) -> None:
    patched = ok(patch(api, session, {}))
    assert parse_time(patched["updated_at"]) > parse_time(session["updated_at"])
    volatile = {"updated_at": None, "activity": None}
    assert {**patched, **volatile} == {**session, **volatile}


@pytest.mark.parametrize("metadata", [None, [], 1, "x", True], ids=repr)
def test_metadata_must_be_an_object(api: Api, session: JsonObject, metadata: Any) -> None:
    assert_error(patch(api, session, {"metadata": metadata}), 400, "metadata must be a JSON object")


@pytest.mark.parametrize(
    ("tags", "text"),
    [
        ([f"t{n}" for n in range(11)], "tags must contain at most 10 items"),
        (["t"] * 11, "tags must contain at most 10 items"),
        ([""], "tags must not contain empty values"),
        (["a", "  "], "tags must not contain empty values"),
        (["x" * 129], "tags must be 128 characters or less"),
        (["é" * 65], "tags must be 128 characters or less"),
    ],
)
def test_invalid_tags_are_named_in_the_error(
    api: Api, session: JsonObject, tags: list[str], text: str
) -> None:
    assert_error(patch(api, session, {"tags": tags}), 400, text)
    assert api.session(session["id"])["tags"] == ["x"]


def test_metadata_is_checked_first_then_tags_then_expiry(api: Api, session: JsonObject) -> None:
    body = {"metadata": None, "tags": [""], "expires_at": in_(-1)}
    assert_error(patch(api, session, body), 400, "metadata must be a JSON object")
    del body["metadata"]
    assert_error(patch(api, session, body), 400, "tags must not contain empty values")
    del body["tags"]
    not_extendable(patch(api, session, body))


def test_an_expiry_can_only_be_extended(api: Api) -> None:
    first, later = in_(3600), in_(7200)
    session = api.start(WORK, expires_at=first)["session"]
    patched = ok(patch(api, session, {"expires_at": later}))
    assert parse_time(patched["expires_at"]) == parse_time(later)
    not_extendable(patch(api, session, {"expires_at": later}))
    not_extendable(patch(api, session, {"expires_at": first}))
    not_extendable(patch(api, session, {"expires_at": in_(-1)}))
    assert api.session(session["id"])["expires_at"] == patched["expires_at"]


def test_an_expiry_cannot_be_added_later(api: Api, session: JsonObject) -> None:
    not_extendable(patch(api, session, {"expires_at": in_(3600)}))


@rule("sessions.md 14.4")
def test_an_overdue_open_session_accepts_a_patch_but_no_new_expiry(api: Api) -> None:
    session = api.start(WORK, expires_at=in_(-60))["session"]
    assert ok(patch(api, session, {"metadata": {"late": True}}))["metadata"] == {"late": True}
    response = patch(api, session, {"expires_at": in_(3600)})
    assert_error(response, 409, "session is terminal", "session_terminal")


@rule("sessions.md 14.4")
def test_a_cancelled_session_rejects_a_patch(api: Api, session: JsonObject) -> None:
    ok(api.post(f"/api/sessions/{session['id']}/cancel", {}))
    assert_error(patch(api, session, {"tags": []}), 409, "session is terminal", "session_terminal")
    assert_error(patch(api, session, {}), 409, "session is terminal", "session_terminal")
    assert_error(patch(api, session, {"metadata": None}), 400, "metadata must be a JSON object")
    not_extendable(patch(api, session, {"expires_at": in_(3600)}))


@rule("sessions.md 14.4")
@pytest.mark.worker
def test_closed_and_expired_sessions_reject_a_patch(api: Api, expired: JsonObject) -> None:
    closed = api.finish(step("return", value=1))["session"]
    ok(api.post(f"/api/sessions/{closed['id']}/close", {}))
    for session in (closed, expired["session"]):
        assert_error(patch(api, session, {"tags": []}), 409, "session is terminal", "session_terminal")


@rule("sessions.md 17.3")
@pytest.mark.worker
def test_runs_keep_their_metadata_and_later_ones_copy_the_sessions(api: Api) -> None:
    done = api.finish(step("read_input", stream=api.server.streams.input), metadata={"v": 1})
    session = done["session"]
    ok(patch(api, session, {"metadata": {"v": 2}, "tags": ["second"]}))
    api.send(session["id"], api.server.streams.input, 1)
    second = api.session(session["id"])["current_run_id"]
    assert api.run(done["run"]["id"])["metadata"] == {"v": 1}
    assert api.run(second)["metadata"] == {"v": 2}
    assert api.events(second)[0]["attributes"]["tags"] == ["second"]


def test_a_nul_inside_metadata_or_tags_is_rejected(api: Api, session: JsonObject) -> None:
    client_mistake(patch(api, session, {"metadata": {"a": "\x00"}}))
    client_mistake(patch(api, session, {"tags": ["a\x00"]}))


def test_a_metadata_number_beyond_64_bit_floats_is_rejected(api: Api, session: JsonObject) -> None:
    response = api.patch(f"/api/sessions/{session['id']}", content=b'{"metadata": {"n": 1e200000}}')
    assert_error(response, 400, starting("metadata decode failed: "))
