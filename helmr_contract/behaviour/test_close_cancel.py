"""Closing, cancelling and expiring sessions."""

from __future__ import annotations

import pytest

from helmr_contract.behaviour.helpers import (
    WORK,
    Api,
    JsonObject,
    assert_error,
    client_mistake,
    eventually,
    in_,
    known_fault,
    ok,
    parse_time,
    rule,
    starting,
    step,
    within_tries,
)

pytestmark = pytest.mark.usefixtures("both_addresses")
CLOSE = rule("sessions.md 11", "sessions.md 14.4")
CANCEL = rule("sessions.md 12", "sessions.md 14.4")


def close(api: Api, session_id: str, body: JsonObject | None = None) -> JsonObject:
    closed: JsonObject = ok(api.post(f"/api/sessions/{session_id}/close", body or {}))
    return closed


def cancel(api: Api, session_id: str, body: JsonObject | None = None) -> JsonObject:
    """Cancel the session and read it again, because the response to the cancel may show its earlier state."""
    response = ok(api.post(f"/api/sessions/{session_id}/cancel", body or {}))
    assert response["id"] == session_id
    return api.session(session_id)


# Close ------------------------------------------------------------------------------------------------------


@CLOSE
@pytest.mark.worker
@pytest.mark.parametrize(
    ("body", "reason"),
    [({}, "closed"), ({"reason": "  "}, "closed"), ({"reason": None}, "closed"),
     ({"reason": " all done "}, "all done"), ({"reason": "r" * 5000}, "r" * 5000)],
    ids=["absent", "blank", "null", "trimmed", "long"],
)  # fmt: skip
def test_an_idle_session_closes_with_its_reason(api: Api, body: JsonObject, reason: str) -> None:
    done = api.finish(step("return", value=1))["session"]
    closed = close(api, done["id"], body)
    assert (closed["status"], closed["activity"], closed["can_close"]) == ("closed", "idle", False)
    assert closed["terminal_reason"] == {"reason": reason, "origin": "api"}
    assert "result" not in closed
    assert "error" not in closed
    assert parse_time(closed["updated_at"]) > parse_time(done["updated_at"])
    assert closed == api.session(done["id"])


@CLOSE
@pytest.mark.worker
def test_close_is_not_idempotent(api: Api) -> None:
    session = api.finish(step("return", value=1))["session"]["id"]
    close(api, session)
    response = api.post(f"/api/sessions/{session}/close", {})
    assert_error(response, 409, "session is terminal", "session_terminal")


@CLOSE
@rule("sessions.md 14.3")
def test_a_session_with_an_active_run_does_not_close(api: Api) -> None:
    session = api.start(WORK)["session"]["id"]
    response = api.post(f"/api/sessions/{session}/close", {})
    assert_error(response, 409, "close_run_active", "close_run_active")
    assert api.session(session)["status"] == "open"


@CLOSE
def test_an_overdue_session_with_an_active_run_does_not_close(api: Api) -> None:
    session = api.start(WORK, expires_at=in_(-60))["session"]["id"]
    response = api.post(f"/api/sessions/{session}/close", {})
    assert_error(response, 409, "close_run_active", "close_run_active")


@CLOSE
def test_a_cancelled_session_does_not_close(api: Api) -> None:
    session = api.start(WORK)["session"]["id"]
    cancel(api, session)
    response = api.post(f"/api/sessions/{session}/close", {})
    assert_error(response, 409, "session is terminal", "session_terminal")


@CLOSE
@rule("sessions.md 14.1")
@pytest.mark.worker
def test_closing_an_overdue_idle_session_expires_it_immediately(api: Api) -> None:
    def closed_in_time() -> JsonObject | None:
        session = api.finish(step("return", value=1), expires_at=in_(-60))["session"]["id"]
        response = api.post(f"/api/sessions/{session}/close", {"reason": "mine"})
        if response.status_code == 409:  # the sweeper ran first, so the expiry is the sweeper's
            assert_error(response, 409, "session is terminal", "session_terminal")
            assert api.session(session)["terminal_reason"]["origin"] == "sweeper"
            return None
        expired: JsonObject = ok(response)
        return expired

    expired = within_tries(closed_in_time, what="a close before the sweeper")
    assert expired["status"] == "expired"
    assert expired["terminal_reason"] == {"reason": "session_expired", "origin": "api"}
    assert expired["error"] == {
        "name": "SessionExpired",
        "message": "session expired",
        "details": {"origin": "api"},
    }
    assert (expired["activity"], expired["can_close"]) == ("idle", False)
    parse_time(expired["expired_at"])


@CLOSE
@rule("sessions.md 14.1")
@pytest.mark.worker
def test_the_sweeper_expires_an_overdue_idle_session(api: Api, expired: JsonObject) -> None:
    session = api.session(expired["session"]["id"])
    assert (session["status"], session["activity"], session["can_close"]) == ("expired", "idle", False)
    assert session["terminal_reason"] == {"reason": "session_expired", "origin": "sweeper"}
    assert session["error"] == {
        "name": "SessionExpired",
        "message": "session expired",
        "details": {"origin": "sweeper"},
    }
    assert parse_time(session["expired_at"]) >= parse_time(session["expires_at"])
    assert "result" not in session


@rule("sessions.md 14.1")
@pytest.mark.worker
def test_a_running_run_keeps_an_overdue_session_open_until_it_ends(api: Api) -> None:
    started = api.start(WORK, expires_at=in_(-60))
    active = started["session"]["id"]
    api.activity(active, "running")
    idle = api.finish(step("return", value=1), expires_at=in_(-60))["session"]["id"]

    def swept(session: str) -> bool:
        return bool(api.session(session)["status"] == "expired")

    patience = api.server.limits.patience
    assert eventually(lambda: swept(idle), within=patience, what="the sweeper")
    assert api.session(active)["status"] == "open", "the same sweep skips a session with a running run"
    ok(api.post(f"/api/runs/{started['run']['id']}/cancel", {}))
    assert eventually(lambda: swept(active), within=patience, what="the next sweep")


@CLOSE
@pytest.mark.worker
def test_an_expired_session_neither_closes_nor_cancels(api: Api, expired: JsonObject) -> None:
    for verb in ("close", "cancel"):
        response = api.post(f"/api/sessions/{expired['session']['id']}/{verb}", {})
        assert_error(response, 409, "session is terminal", "session_terminal")


@CLOSE
@rule("sessions.md 14.4")
@pytest.mark.worker
def test_a_closed_session_can_still_be_read(api: Api) -> None:
    done = api.finish(step("append", stream=api.server.streams.report, data=1))
    session = done["session"]["id"]
    close(api, session)
    assert len(api.runs_of(session)) == 1
    assert len(ok(api.get(f"/api/sessions/{session}/streams"))["streams"]) >= 4
    records = ok(api.get(f"/api/sessions/{session}/outputs/{api.server.streams.report}"))["records"]
    assert [record["data"] for record in records] == [1]


@CLOSE
@CANCEL
@rule("sessions.md 1.3")
@pytest.mark.parametrize("verb", ["close", "cancel"])
def test_a_reason_must_be_a_string(api: Api, verb: str) -> None:
    session = api.start(WORK)["session"]["id"]
    response = api.post(f"/api/sessions/{session}/{verb}", {"reason": 1})
    assert_error(response, 400, starting(f"invalid session {verb} JSON: "))
    assert api.session(session)["status"] == "open"


@CLOSE
@CANCEL
@pytest.mark.parametrize("verb", ["close", "cancel"])
def test_a_nul_in_a_reason_is_rejected(api: Api, verb: str) -> None:
    session = api.start(WORK)["session"]["id"]
    client_mistake(api.post(f"/api/sessions/{session}/{verb}", {"reason": "a\x00b"}))
    assert api.session(session)["status"] == "open"


# Cancel -----------------------------------------------------------------------------------------------------


@CANCEL
@pytest.mark.parametrize(
    ("body", "reason"),
    [({}, "cancelled"), ({"reason": " "}, "cancelled"), ({"reason": " not needed "}, "not needed")],
    ids=["absent", "blank", "trimmed"],
)
def test_cancel_ends_an_open_session_with_its_reason(api: Api, body: JsonObject, reason: str) -> None:
    session = api.start(WORK)["session"]["id"]
    cancelled = cancel(api, session, body)
    assert (cancelled["status"], cancelled["activity"], cancelled["can_close"]) == (
        "cancelled",
        "idle",
        False,
    )
    assert cancelled["terminal_reason"] == {"reason": reason, "origin": "api"}
    assert cancelled["error"] == {"name": "TaskCancelled", "message": reason, "details": {"origin": "api"}}


@CANCEL
def test_the_response_to_a_cancel_shows_the_cancelled_session(api: Api) -> None:
    session = api.start(WORK)["session"]["id"]
    response = ok(api.post(f"/api/sessions/{session}/cancel", {"reason": "why"}))
    known_fault(
        response["status"] == "open",
        "the response to the cancel that ends a session shows the session as it was before",
    )
    assert response == api.session(session)


@CANCEL
def test_cancel_is_idempotent_and_keeps_the_first_reason(api: Api) -> None:
    session = api.start(WORK)["session"]["id"]
    first = cancel(api, session, {"reason": "one"})
    assert ok(api.post(f"/api/sessions/{session}/cancel", {"reason": "two"})) == first
    assert api.session(session) == first


@CANCEL
def test_cancel_works_on_an_overdue_session(api: Api) -> None:
    session = api.start(WORK, expires_at=in_(-60))["session"]["id"]
    assert cancel(api, session)["status"] == "cancelled"


@CANCEL
@pytest.mark.worker
def test_a_closed_session_does_not_cancel(api: Api) -> None:
    session = api.finish(step("return", value=1))["session"]["id"]
    close(api, session)
    response = api.post(f"/api/sessions/{session}/cancel", {})
    assert_error(response, 409, "session is terminal", "session_terminal")


@CANCEL
@rule("runs.md 5.3")
@pytest.mark.worker
def test_cancel_cancels_the_executing_run_gracefully_with_the_reason(api: Api) -> None:
    started = api.start(WORK)
    session, run = started["session"]["id"], started["run"]["id"]
    api.activity(session, "running")
    cancel(api, session, {"reason": "enough"})
    assert api.run(run)["status"] == "cancelled", "shown at once"
    requested = api.event(run, "run.cancel_requested")
    assert requested["attributes"] == {"reason": "enough", "force": False}
    api.event(run, "run.cancelled")
    entry = api.runs_of(session)[0]
    assert (entry["status"], entry["terminal_outcome"]) == ("cancelled", "cancelled")
    parse_time(entry["ended_at"])


@CANCEL
@pytest.mark.worker
def test_cancel_ends_a_parked_run_immediately(api: Api) -> None:
    started = api.start(step("timer", seconds=3600))
    session, run = started["session"]["id"], started["run"]["id"]
    assert eventually(
        lambda: bool(api.run(run)["status"] == "waiting"),
        within=api.server.limits.patience,
        what="a parked run",
    )
    cancel(api, session)
    (entry,) = api.runs_of(session)
    assert (entry["status"], entry["execution_status"], "ended_at" in entry) == (
        "cancelled",
        "finished",
        True,
    )
    assert api.events(run)[-1]["attributes"] == {"reason": "cancelled", "force": False}


@CANCEL
@pytest.mark.worker
def test_cancel_does_not_change_an_ended_run(api: Api) -> None:
    done = api.finish(step("return", value={"kept": True}))
    cancel(api, done["session"]["id"])
    run = api.run(done["run"]["id"])
    assert (run["status"], run["output"]) == ("succeeded", {"kept": True})


@CANCEL
@pytest.mark.worker
def test_pending_input_of_a_cancelled_session_never_creates_a_run(api: Api) -> None:
    session = api.start(WORK)["session"]["id"]
    api.activity(session, "running")
    api.send(session, api.server.streams.input, 1)
    cancel(api, session)

    def ended() -> bool:
        return bool(api.runs_of(session)[0]["execution_status"] == "finished")

    assert eventually(ended, within=api.server.limits.patience, what="the end of the run")
    # The same background loop handles another session's pending input; once that session has its run, the
    # loop has passed this session, too.
    other = api.start(WORK)
    api.activity(other["session"]["id"], "running")
    api.send(other["session"]["id"], api.server.streams.input, 1)
    ok(api.post(f"/api/runs/{other['run']['id']}/cancel", {"force": True}))

    def continued() -> bool:
        return len(api.runs_of(other["session"]["id"])) == 2

    assert eventually(continued, within=api.server.limits.patience, what="the other session's continuation")
    assert len(api.runs_of(session)) == 1
