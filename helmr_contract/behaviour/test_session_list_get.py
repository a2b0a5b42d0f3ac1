"""Listing and getting sessions."""

from __future__ import annotations

import pytest

from helmr_contract.behaviour.helpers import (
    ABSENT,
    SESSION_FIELDS,
    UNKNOWN_ID,
    WORK,
    Api,
    JsonObject,
    assert_error,
    client_mistake,
    eventually,
    in_,
    ok,
    parse_time,
    rule,
    step,
    unique,
    within_tries,
)

LIST = rule("sessions.md 8")


def listed(api: Api, **query: str) -> list[JsonObject]:
    response = ok(api.get("/api/sessions", params=query))
    assert set(response) == {"sessions"}
    sessions: list[JsonObject] = response["sessions"]
    return sessions


@LIST
def test_sessions_are_listed_by_latest_update_then_by_id(api: Api) -> None:
    for _ in range(3):
        api.start(WORK)
    sessions = listed(api, limit="200")
    order = [(parse_time(session["updated_at"]), session["id"]) for session in sessions]
    assert order == sorted(order, reverse=True)


@LIST
def test_an_update_moves_a_session_to_the_front(api: Api) -> None:
    old = api.start(WORK)["session"]["id"]
    new = api.start(WORK)["session"]["id"]
    ids = [session["id"] for session in listed(api)]
    assert ids.index(new) < ids.index(old)
    ok(api.patch(f"/api/sessions/{old}", {}))
    ids = [session["id"] for session in listed(api)]
    assert ids.index(old) < ids.index(new)


@LIST
def test_a_listed_session_equals_the_result_of_get(api: Api) -> None:
    external = unique()
    session = api.start(WORK, external_id=external, metadata={"a": 1})["session"]["id"]
    found = listed(api, external_id=external)
    assert [entry["id"] for entry in found] == [session]
    one = api.session(session)
    assert found[0].keys() == one.keys() <= SESSION_FIELDS
    assert {**found[0], "activity": None} == {**one, "activity": None}


@LIST
def test_the_external_id_filter_is_exact_and_trimmed(api: Api) -> None:
    external = unique()
    session = api.start(WORK, external_id=external)["session"]["id"]
    assert [entry["id"] for entry in listed(api, external_id=f" {external} ")] == [session]
    assert listed(api, external_id=external[:-1]) == []
    assert listed(api, external_id=external.upper()) == []


@LIST
def test_the_status_filter_is_literal_and_has_no_value_all(api: Api) -> None:
    external = unique()
    session = api.start(WORK, external_id=external)["session"]["id"]
    for word in ("all", "OPEN", "nonsense", "closed"):
        assert listed(api, status=word, external_id=external) == []
    for word in ("open", " open ", "", "  "):
        assert [entry["id"] for entry in listed(api, status=word, external_id=external)] == [session]
    ok(api.post(f"/api/sessions/{session}/cancel", {}))
    assert listed(api, status="open", external_id=external) == []
    assert [entry["id"] for entry in listed(api, status="cancelled", external_id=external)] == [session]


@LIST
def test_the_task_filter_is_exact_and_not_validated(api: Api) -> None:
    external = unique()
    session = api.start(WORK, external_id=external)["session"]["id"]
    found = listed(api, task_id=api.server.task, external_id=external)
    assert [entry["id"] for entry in found] == [session]
    for word in ("-bad", "x" * 200, api.server.task + "x"):
        assert listed(api, task_id=word, external_id=external) == []


@LIST
@rule("tokens-auth-errors.md 1.13")
@pytest.mark.parametrize("limit", ["0", "201", "-1", "x", "1.5", "1e2", "0x10"])
def test_a_limit_outside_1_to_200_is_rejected(api: Api, limit: str) -> None:
    response = api.get("/api/sessions", params={"limit": limit})
    assert_error(response, 400, "limit must be an integer between 1 and 200")


@LIST
@rule("runs.md 3", "tokens-auth-errors.md 1.13")
def test_the_default_limit_of_sessions_and_runs_is_100(api: Api) -> None:
    for _ in range(101):
        api.start(step("return", value=1))
    assert len(listed(api)) == 100
    assert len(ok(api.get("/api/runs", params={"status": "all"}))["runs"]) == 100
    assert len(listed(api, limit="101")) == 101


@LIST
def test_the_limit_is_respected(api: Api) -> None:
    for _ in range(3):
        api.start(WORK)
    assert len(listed(api, limit="2")) == 2
    assert len(listed(api, limit="1")) == 1


@LIST
@pytest.mark.parametrize("name", ["status", "task_id"])
def test_a_nul_in_a_string_filter_is_rejected(api: Api, name: str) -> None:
    client_mistake(api.get(f"/api/sessions?{name}=a%00"))


@LIST
def test_the_limit_is_checked_before_the_external_id(api: Api) -> None:
    long = "x" * 513
    response = api.get("/api/sessions", params={"limit": "0", "external_id": long})
    assert_error(response, 400, "limit must be an integer between 1 and 200")
    response = api.get("/api/sessions", params={"external_id": long})
    assert_error(response, 400, "external_id must be at most 512 bytes")
    assert_error(api.get("/api/sessions?external_id=a%00"), 400, "external_id must not contain NUL bytes")


@rule("sessions.md 9", "sessions.md 4.1")
def test_getting_a_session_shows_what_was_started(api: Api) -> None:
    started = api.start(WORK, metadata={"a": [1]}, tags=["t"], expires_at=in_(3600))["session"]
    session = api.session(started["id"])
    assert {**session, "activity": "queued"} == started
    parse_time(session["created_at"])
    parse_time(session["updated_at"])
    assert_error(api.get(f"/api/sessions/{UNKNOWN_ID}"), 404, "session not found")


@rule("sessions.md 9", "sessions.md 14.1")
def test_reading_an_overdue_session_does_not_expire_it(api: Api) -> None:
    session = api.start(WORK, expires_at=in_(-60))["session"]["id"]
    first, second = api.session(session), api.session(session)
    assert first["status"] == second["status"] == "open"
    assert first["can_close"] is False


@rule("sessions.md 9", "sessions.md 14.1")
@pytest.mark.worker
def test_reading_an_idle_overdue_session_does_not_expire_it(api: Api) -> None:
    def read_when_overdue() -> bool:
        """Return True if the session was still open; the sweeper may have run in between."""
        session = api.finish(step("return", value=1), expires_at=in_(0.3))["session"]["id"]

        def overdue() -> JsonObject | None:
            found = api.session(session)
            return None if found["can_close"] else found

        first = eventually(overdue, within=api.server.limits.patience, what="the expiry")
        return {first["status"], api.session(session)["status"]} == {"open"}

    within_tries(read_when_overdue, what="an overdue session that is still open")


@rule("sessions.md 4.1")
@pytest.mark.worker
def test_a_runs_progress_and_appends_do_not_change_updated_at(api: Api) -> None:
    started = api.start(step("metadata", set={"k": 1}), step("return", value=1))["session"]
    api.wait(started["current_run_id"])
    api.append(started["id"], api.server.streams.report, 1)
    session = api.session(started["id"])
    assert session["updated_at"] == started["updated_at"]
    assert session["metadata"] == {}, "the run's metadata is not the session's"


@rule("sessions.md 4.1")
@pytest.mark.worker
def test_input_to_an_active_run_does_not_change_updated_at(api: Api) -> None:
    started = api.start(WORK)["session"]
    api.activity(started["id"], "running")
    api.send(started["id"], api.server.streams.input, 1)
    assert api.session(started["id"])["updated_at"] == started["updated_at"]


@rule("sessions.md 4.1")
@pytest.mark.worker
def test_a_continuation_changes_updated_at_and_the_current_run(api: Api) -> None:
    done = api.finish(step("read_input", stream=api.server.streams.input))
    session = done["session"]["id"]
    api.send(session, api.server.streams.input, 1)
    after = api.session(session)
    assert parse_time(after["updated_at"]) > parse_time(done["session"]["updated_at"])
    assert after["current_run_id"] != done["run"]["id"]


@rule("sessions.md 4.1", "sessions.md 14.1")
@pytest.mark.worker
def test_a_runs_outcome_never_changes_the_sessions_status(api: Api) -> None:
    for ending in (step("return", value=1), step("exit", code=1), step("fail", message="no")):
        session = api.finish(ending, external_id=ABSENT)["session"]
        assert (session["status"], session["activity"], session["can_close"]) == ("open", "idle", True)
        assert session["current_run_id"]
        assert "result" not in session
        assert "error" not in session
