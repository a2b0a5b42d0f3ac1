"""A session's runs, its activity, and the effect of input records."""

from __future__ import annotations

import pytest

from helmr_contract.behaviour.helpers import (
    WORK,
    Api,
    JsonObject,
    assert_error,
    eventually,
    in_,
    is_canonical_uuid,
    ok,
    parse_time,
    rule,
    step,
    unique,
    within_tries,
)

RUNS = rule("sessions.md 13", "sessions.md 4.4")
CONTINUATION = rule("sessions.md 17.1", "sessions.md 17.2", "sessions.md 17.3")
ACTIVITY = rule("sessions.md 14.2")


def runs(api: Api, session_id: str, count: int) -> list[JsonObject]:
    """Wait until the session has `count` runs; return them."""

    def enough() -> list[JsonObject] | None:
        found = api.runs_of(session_id)
        return found if len(found) >= count else None

    return eventually(enough, within=api.server.limits.patience, what=f"run number {count}")


@RUNS
def test_a_new_session_has_its_start_run_at_turn_zero(api: Api) -> None:
    started = api.start(WORK)
    (entry,) = api.runs_of(started["session"]["id"])
    assert entry["run_id"] == started["run"]["id"]
    assert entry["deployment_id"] == started["run"]["deployment_id"]
    assert entry["turn_index"] == 0
    assert is_canonical_uuid(entry["id"])
    assert entry["id"] != entry["run_id"]
    assert entry["execution_status"] in ("created", "queued", "leased", "executing")
    parse_time(entry["created_at"])
    for absent in ("previous_run_id", "terminal_outcome", "ended_at"):
        assert absent not in entry


@RUNS
@pytest.mark.worker
@pytest.mark.parametrize(
    ("ending", "status"),
    [
        (step("return", value=1), "succeeded"),
        (step("exit", code=2), "failed"),
        (step("fail", message="x"), "failed"),
    ],
    ids=["return", "exit", "fail"],
)
def test_an_ended_run_shows_its_outcome_and_end(api: Api, ending: JsonObject, status: str) -> None:
    done = api.finish(ending)
    (entry,) = api.runs_of(done["session"]["id"])
    assert (entry["status"], entry["execution_status"], entry["terminal_outcome"]) == (
        status,
        "finished",
        status,
    )
    assert parse_time(entry["ended_at"]) >= parse_time(entry["created_at"])


@RUNS
@CONTINUATION
@pytest.mark.worker
def test_input_to_an_idle_session_creates_the_next_turn(api: Api) -> None:
    payload = {"steps": [step("read_input", stream=api.server.streams.input)], "more": [1]}
    done = ok(
        api.post(
            "/api/sessions/start-and-wait", api.start_body(payload=payload, priority=7, metadata={"m": 1})
        )
    )
    session = done["session"]["id"]
    assert done["run"]["output"] == [None]
    sent = api.send(session, api.server.streams.input, {"go": True})
    assert sent["continuation_status"] == "created"
    first, second = api.runs_of(session)
    assert (first["turn_index"], second["turn_index"]) == (0, 1)
    assert second["previous_run_id"] == first["run_id"] == done["run"]["id"]
    assert api.session(session)["current_run_id"] == second["run_id"]
    run = api.wait(second["run_id"])
    assert (run["status"], run["output"]) == ("succeeded", [{"go": True}])
    assert run["session_id"] == session
    assert run["metadata"] == {"m": 1}
    attributes = api.events(run["id"])[0]["attributes"]
    assert attributes["payload"] == payload
    assert attributes["reason"] == "input"
    assert attributes["cause"] == {
        "kind": "stream_record",
        "record_id": sent["record"]["id"],
        "stream_id": sent["record"]["stream_id"],
        "sequence": 1,
    }


@CONTINUATION
@pytest.mark.worker
def test_a_failed_or_cancelled_run_is_continued_too(api: Api) -> None:
    for ending in (step("exit", code=1), step("fail", message="no")):
        session = api.finish(ending)["session"]["id"]
        assert api.send(session, api.server.streams.input, 1)["continuation_status"] == "created"
    started = api.start(WORK)
    ok(api.post(f"/api/runs/{started['run']['id']}/cancel", {"force": True}))
    sent = api.send(started["session"]["id"], api.server.streams.input, 1)
    assert sent["continuation_status"] == "created"


@CONTINUATION
@ACTIVITY
@rule("sessions.md 14.3", "sessions.md 11")
@pytest.mark.worker
def test_input_while_a_run_executes_waits_for_its_end(api: Api) -> None:
    started = api.start(WORK)
    session = started["session"]["id"]
    api.activity(session, "running")
    sent = api.send(session, api.server.streams.input, 1)
    assert sent["continuation_status"] == "accepted_run_pending"
    shown = api.session(session)
    assert (shown["activity"], shown["can_close"]) == ("queued", False), (
        "queued even while the run is running"
    )
    assert len(api.runs_of(session)) == 1
    ok(api.post(f"/api/runs/{started['run']['id']}/cancel", {"force": True}))
    first, second = runs(api, session, 2)
    assert second["previous_run_id"] == first["run_id"]
    cause = api.events(second["run_id"])[0]["attributes"]["cause"]
    assert cause["record_id"] == sent["record"]["id"]


@CONTINUATION
def test_input_while_a_run_is_not_ended_is_accepted_and_pending(api: Api) -> None:
    session = api.start(WORK)["session"]["id"]
    sent = api.send(session, api.server.streams.input, 1)
    assert sent["continuation_status"] == "accepted_run_pending"
    response = api.post(f"/api/sessions/{session}/close", {})
    assert_error(response, 409, "close_run_active", "close_run_active")


@CONTINUATION
@ACTIVITY
@rule("runs.md 2.1")
@pytest.mark.worker
def test_input_to_a_run_that_waits_for_it_resumes_the_run(api: Api) -> None:
    stream = api.server.streams.approval
    started = api.start(step("wait_input", stream=stream))
    session = started["session"]["id"]
    api.activity(session, "waiting")
    sent = api.send(session, stream, {"approved": True})
    assert "continuation_status" not in sent
    run = api.wait(started["run"]["id"])
    assert (run["status"], run["output"]) == ("succeeded", [{"ok": True, "data": {"approved": True}}])
    assert len(api.runs_of(session)) == 1


@CONTINUATION
@pytest.mark.worker
def test_a_wait_with_a_correlation_id_receives_only_a_matching_record(api: Api) -> None:
    stream = api.server.streams.approval
    started = api.start(step("wait_input", stream=stream, correlation_id="b"))
    session = started["session"]["id"]
    api.activity(session, "waiting")
    other = api.send(session, stream, "for a", correlation_id="a")
    assert other["continuation_status"] == "accepted_run_pending"
    uncorrelated = api.send(session, stream, "for nobody")
    assert uncorrelated["continuation_status"] == "accepted_run_pending"
    assert api.run(started["run"]["id"])["status"] in ("running", "waiting")
    assert "continuation_status" not in api.send(session, stream, "for b", correlation_id="b")
    assert api.wait(started["run"]["id"])["output"] == [{"ok": True, "data": "for b"}]


@CONTINUATION
@pytest.mark.worker
def test_a_wait_without_a_correlation_id_receives_any_record_of_its_stream_only(api: Api) -> None:
    streams = api.server.streams
    started = api.start(step("wait_input", stream=streams.approval))
    session = started["session"]["id"]
    api.activity(session, "waiting")
    assert api.send(session, streams.input, 1)["continuation_status"] == "accepted_run_pending"
    assert "continuation_status" not in api.send(session, streams.approval, 2, correlation_id="any")
    assert api.wait(started["run"]["id"])["output"] == [{"ok": True, "data": 2}]


@CONTINUATION
@rule("sessions.md 17.4")
@pytest.mark.worker
def test_a_wait_receives_a_record_that_was_sent_before_it(api: Api) -> None:
    streams = api.server.streams
    started = api.start(step("wait_input", stream=streams.approval), step("wait_input", stream=streams.input))
    session = started["session"]["id"]
    api.activity(session, "waiting")
    early = api.send(session, streams.input, "early")
    assert early["continuation_status"] == "accepted_run_pending"
    api.send(session, streams.approval, "now")
    run = api.wait(started["run"]["id"])
    assert run["output"] == [{"ok": True, "data": "now"}, {"ok": True, "data": "early"}]
    shown = api.session(session)  # the record was consumed, so no input is pending
    assert (shown["activity"], shown["can_close"]) == ("idle", True)
    assert len(api.runs_of(session)) == 1


@CONTINUATION
@rule("sessions.md 17.4")
@pytest.mark.worker
def test_a_record_read_without_waiting_is_consumed_and_creates_no_run(api: Api) -> None:
    streams = api.server.streams
    started = api.start(step("wait_input", stream=streams.approval), step("read_input", stream=streams.input))
    session = started["session"]["id"]
    api.activity(session, "waiting")
    api.send(session, streams.input, "buffered")
    api.send(session, streams.approval, "now")
    run = api.wait(started["run"]["id"])
    assert run["output"] == [{"ok": True, "data": "now"}, "buffered"]
    shown = api.session(session)
    assert (shown["activity"], shown["can_close"]) == ("idle", True)
    assert len(api.runs_of(session)) == 1


@CONTINUATION
@rule("sessions.md 17.5")
@pytest.mark.worker
def test_each_unconsumed_record_gets_a_separate_run_one_after_another(api: Api) -> None:
    started = api.start(WORK)
    session = started["session"]["id"]
    api.activity(session, "running")
    sent = [api.send(session, api.server.streams.input, n)["record"]["id"] for n in range(2)]
    ok(api.post(f"/api/runs/{started['run']['id']}/cancel", {"force": True}))
    second = runs(api, session, 2)[1]
    api.activity(session, "queued")  # the second record still has to get its run
    ok(api.post(f"/api/runs/{second['run_id']}/cancel", {"force": True}))
    entries = runs(api, session, 3)
    assert [entry["turn_index"] for entry in entries] == [0, 1, 2]
    causes = [api.events(entry["run_id"])[0]["attributes"]["cause"]["record_id"] for entry in entries[1:]]
    assert causes == sent


@CONTINUATION
@rule("sessions.md 14.1", "sessions.md 14.4")
@pytest.mark.worker
def test_pending_input_of_an_overdue_session_creates_no_run(api: Api) -> None:
    started = api.start(WORK, expires_at=in_(1.5))
    session, stream = started["session"]["id"], api.server.streams.input
    body = {"data": 1, "idempotency_key": unique()}
    path = f"/api/sessions/{session}/inputs/{stream}"
    assert ok(api.post(path, body), 201)["continuation_status"] == "accepted_run_pending"
    assert eventually(lambda: api.post(path, body).status_code == 410, within=10, what="the session's expiry")
    ok(api.post(f"/api/runs/{started['run']['id']}/cancel", {"force": True}))
    assert eventually(
        lambda: bool(api.session(session)["status"] == "expired"),
        within=api.server.limits.patience,
        what="the sweeper",
    )
    assert len(api.runs_of(session)) == 1


@CONTINUATION
@rule("sessions.md 16")
@pytest.mark.worker
def test_a_replayed_input_creates_no_second_run(api: Api) -> None:
    session = api.finish(step("return", value=1))["session"]["id"]
    stream, key = api.server.streams.input, unique()
    first = api.send(session, stream, 1, idempotency_key=key)
    assert (first["idempotency_status"], first["continuation_status"]) == ("created", "created")
    api.wait(api.session(session)["current_run_id"])
    again = api.send(session, stream, 1, idempotency_key=key)
    assert (again["idempotency_status"], again["continuation_status"]) == ("duplicate", "duplicate")
    assert len(api.runs_of(session)) == 2


@CONTINUATION
@pytest.mark.worker
def test_a_continuation_shares_the_sessions_workspace_and_deployment(api: Api) -> None:
    done = api.finish(step("return", value=1))
    session = done["session"]["id"]
    api.send(session, api.server.streams.input, 1)
    after = api.session(session)
    assert after["workspace_id"] == done["session"]["workspace_id"]
    second = api.run(after["current_run_id"])
    for name in ("deployment_id", "deployment_task_id", "version", "task_id"):
        assert second[name] == done["run"][name]


@rule("sessions.md 17.3")
@pytest.mark.worker
def test_a_continuation_uses_the_tasks_defaults_not_the_options_of_the_start(api: Api) -> None:
    plain = api.events(api.start(WORK)["run"]["id"])[0]["attributes"]
    done = api.finish(step("return", value=1), max_duration_seconds=77, retry={"maxAttempts": 4})
    api.send(done["session"]["id"], api.server.streams.input, 1)
    current = api.session(done["session"]["id"])["current_run_id"]
    attributes = api.events(current)[0]["attributes"]
    for name in ("max_duration_seconds", "retry_policy"):
        assert attributes[name] == plain[name]


# Activity ---------------------------------------------------------------------------------------------------


@ACTIVITY
@pytest.mark.worker
def test_activity_follows_the_run(api: Api) -> None:
    started = api.start(WORK)
    session = started["session"]["id"]
    assert started["session"]["activity"] == "queued"
    assert api.activity(session, "running")["can_close"] is False
    ok(api.post(f"/api/runs/{started['run']['id']}/cancel", {}))
    shown = api.session(session)
    assert (shown["status"], shown["activity"], shown["can_close"]) == ("open", "idle", True)


@ACTIVITY
@rule("runs.md 2.1", "runs.md 2.3")
@pytest.mark.worker
def test_a_run_that_waits_hot_still_shows_running(api: Api) -> None:
    def hot() -> bool:
        started = api.start(step("wait_input", stream=api.server.streams.approval))
        api.activity(started["session"]["id"], "waiting")
        run = api.run(started["run"]["id"])
        assert run["status"] in ("running", "waiting")
        assert "pending_wait" not in run
        return bool(run["status"] == "running")  # False if a slow round trip exceeded the hot wait

    assert within_tries(hot, what="a run that waits hot")


@ACTIVITY
@rule("runs.md 2.1")
@pytest.mark.worker
def test_a_parked_run_shows_waiting_in_run_and_session(api: Api) -> None:
    started = api.start(step("timer", seconds=3600))
    session, run = started["session"]["id"], started["run"]["id"]
    api.activity(session, "waiting")

    def parked() -> bool:
        return bool(api.run(run)["status"] == "waiting")

    assert eventually(parked, within=api.server.limits.patience, what="a parked run")
    assert api.session(session)["activity"] == "waiting"
    (entry,) = api.runs_of(session)
    assert (entry["status"], entry["execution_status"]) == ("waiting", "waiting")
    assert "pending_wait" not in api.run(run)
