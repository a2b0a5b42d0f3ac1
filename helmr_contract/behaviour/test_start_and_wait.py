"""Starting a session and waiting for its run."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from helmr_contract.behaviour.helpers import WORK, Api, assert_error, ok, rule, step, unique

WAIT = rule("sessions.md 7")
PATH = "/api/sessions/start-and-wait"
pytestmark = [pytest.mark.worker, WAIT]


def test_the_response_is_200_with_the_ended_run_and_without_timed_out(api: Api) -> None:
    done = ok(api.post(PATH, api.start_body(step("return", value={"n": 1}))), 200)
    assert set(done) == {"session", "run"}
    run, session = done["run"], done["session"]
    assert (run["status"], run["exit_code"], run["output"]) == ("succeeded", 0, {"n": 1})
    assert (session["status"], session["activity"], session["can_close"]) == ("open", "idle", True)
    assert run == api.run(run["id"])
    assert session == api.session(session["id"])


def test_a_failed_run_ends_the_wait_and_leaves_the_session_open(api: Api) -> None:
    done = ok(api.post(PATH, api.start_body(step("exit", code=3))), 200)
    assert (done["run"]["status"], done["run"]["exit_code"]) == ("failed", 3)
    assert done["session"]["status"] == "open"
    assert "timed_out" not in done


@pytest.mark.parametrize("seconds", ["x", [], {}, None, -5, 0, 1.5, 99999, True], ids=repr)
def test_timeout_seconds_may_have_any_type_and_is_ignored(api: Api, seconds: Any) -> None:
    body = api.start_body(step("return", value=1), timeout_seconds=seconds)
    assert ok(api.post(PATH, body), 200)["run"]["status"] == "succeeded"


def test_the_wait_ends_after_the_servers_own_timeout_and_cancels_nothing(api: Api) -> None:
    body = api.start_body(WORK, timeout_seconds=1)
    began = time.monotonic()
    timed_out = ok(api.post(PATH, body), 200)
    waited = time.monotonic() - began
    assert timed_out["timed_out"] is True
    assert waited >= api.server.limits.start_and_wait - 0.05
    assert waited <= api.server.limits.start_and_wait + 3
    assert timed_out["run"]["status"] not in ("cancelled", "failed")
    assert api.run(timed_out["run"]["id"])["status"] == "running"
    assert api.session(timed_out["session"]["id"])["status"] == "open"


@rule("sessions.md 14.2")
def test_a_waiting_run_has_not_ended(api: Api) -> None:
    body = api.start_body(step("wait_input", stream=api.server.streams.approval))
    timed_out = ok(api.post(PATH, body), 200)
    assert timed_out["timed_out"] is True
    assert timed_out["session"]["activity"] == "waiting"


@rule("runs.md 2.1")
def test_a_parked_run_has_not_ended(api: Api) -> None:
    body = api.start_body(step("timer", seconds=0.6), step("return", value="later"))
    began = time.monotonic()
    done = ok(api.post(PATH, body), 200)
    if time.monotonic() - began < api.server.limits.start_and_wait:
        assert "timed_out" not in done
        assert (done["run"]["status"], done["run"]["output"]) == ("succeeded", "later")


def test_a_run_that_is_cancelled_ends_the_wait(api: Api) -> None:
    body = api.start_body(WORK)
    started = ok(api.post("/api/sessions", body), 201)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(api.post, PATH, body)  # joins the existing session by its external id
        ok(api.post(f"/api/runs/{started['run']['id']}/cancel", {}))
        done = ok(waiting.result(timeout=60), 200)
    assert done["run"]["status"] == "cancelled"
    assert done["is_cached"] is True
    assert "timed_out" not in done


def test_a_repeated_key_waits_for_the_bound_run(api: Api) -> None:
    body = api.start_body(step("return", value=1), idempotency_key=unique())
    first = ok(api.post(PATH, body), 200)
    again = ok(api.post(PATH, body), 200)
    assert "is_cached" not in first
    assert again == {**first, "is_cached": True}


def test_a_reused_external_id_waits_for_the_current_run(api: Api) -> None:
    body = api.start_body(step("read_input", stream=api.server.streams.input))
    first = ok(api.post(PATH, body), 200)
    api.send(first["session"]["id"], api.server.streams.input, "more")
    second = ok(api.post(PATH, body), 200)
    assert second["is_cached"] is True
    assert second["run"]["id"] == api.session(first["session"]["id"])["current_run_id"] != first["run"]["id"]
    assert second["run"]["status"] == "succeeded"


def test_the_errors_are_those_of_a_start(api: Api) -> None:
    response = api.post(PATH, api.start_body(task_id="helmr-contract-unknown-task"))
    assert_error(response, 409, "task_not_deployed", "task_not_deployed")
    response = api.post(PATH, api.start_body(max_duration_seconds=1))
    assert_error(response, 400, "max_duration_seconds must be >= 5")
