"""Listing, counting and getting runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helmr_contract.behaviour.helpers import (
    RUN_FIELDS,
    TERMINAL,
    UNKNOWN_ID,
    WORK,
    Api,
    JsonObject,
    assert_error,
    eventually,
    ok,
    parse_time,
    rule,
    step,
    within_tries,
)

LIST = rule("runs.md 3")
COUNTS = rule("runs.md 4")
STATUSES = ["queued", "running", "waiting", "succeeded", "failed", "cancelled", "expired"]


def listed(api: Api, **query: str) -> list[JsonObject]:
    response = ok(api.get("/api/runs", params=query))
    assert set(response) == {"runs"}
    runs: list[JsonObject] = response["runs"]
    return runs


def counts(api: Api) -> dict[str, int]:
    found: dict[str, int] = ok(api.get("/api/runs/counts"))
    return found


@LIST
def test_runs_are_listed_newest_first_then_by_id(api: Api) -> None:
    for _ in range(3):
        api.start(WORK)
    runs = listed(api, status="all", limit="200")
    order = [(parse_time(run["created_at"]), run["id"]) for run in runs]
    assert order == sorted(order, reverse=True)


@LIST
@rule("runs.md 2")
@pytest.mark.worker
def test_a_listed_run_equals_the_result_of_get(api: Api) -> None:
    done = api.finish(step("return", value={"n": 1}), metadata={"m": 1})
    (entry,) = listed(api, status="all", session_id=done["session"]["id"])
    assert entry == api.run(done["run"]["id"])
    assert entry["output"] == {"n": 1}
    assert set(entry) <= RUN_FIELDS
    assert "exit_code" in entry


@LIST
def test_live_is_the_default_and_means_not_ended(api: Api) -> None:
    started = api.start(WORK)
    session, run = started["session"]["id"], started["run"]["id"]
    for query in ({}, {"status": "live"}, {"status": " live "}, {"status": "all"}):
        assert [entry["id"] for entry in listed(api, session_id=session, **query)] == [run]
    ok(api.post(f"/api/runs/{run}/cancel", {}))
    for query in ({}, {"status": "live"}, {"status": "running"}):
        assert listed(api, session_id=session, **query) == []
    for query in ({"status": "all"}, {"status": "cancelled"}):
        assert [entry["id"] for entry in listed(api, session_id=session, **query)] == [run]
    assert all(entry["status"] not in TERMINAL for entry in listed(api))


@LIST
@rule("runs.md 4")
@pytest.mark.worker
def test_a_parked_run_is_live_and_counted_as_waiting(api: Api) -> None:
    started = api.start(step("timer", seconds=3600))
    session, run = started["session"]["id"], started["run"]["id"]

    def parked() -> bool:
        return bool(api.run(run)["status"] == "waiting")

    assert eventually(parked, within=api.server.limits.patience, what="a parked run")
    for query in ({}, {"status": "live"}, {"status": "waiting"}):
        assert [entry["id"] for entry in listed(api, session_id=session, **query)] == [run]
    assert ok(api.get("/api/runs/counts"))["waiting"] >= 1


@LIST
@pytest.mark.parametrize("status", STATUSES)
def test_a_status_lists_only_runs_of_that_status(api: Api, status: str) -> None:
    assert {run["status"] for run in listed(api, status=status)} <= {status}


@LIST
@pytest.mark.worker
def test_succeeded_and_failed_runs_are_found_by_their_status(api: Api) -> None:
    for ending, status in ((step("return", value=1), "succeeded"), (step("exit", code=1), "failed")):
        done = api.finish(ending)
        session = done["session"]["id"]
        assert [run["id"] for run in listed(api, status=status, session_id=session)] == [done["run"]["id"]]
        for other in {"all", *STATUSES} - {status, "all"}:
            assert listed(api, status=other, session_id=session) == []


@LIST
@pytest.mark.parametrize("status", ["LIVE", "Queued", "open", "done", "live,all", "*"])
def test_an_unknown_status_is_rejected(api: Api, status: str) -> None:
    response = api.get("/api/runs", params={"status": status})
    assert_error(response, 400, "status must be live, all, or a run status")


@LIST
@rule("tokens-auth-errors.md 1.13")
@pytest.mark.parametrize("limit", ["0", "201", "-1", "x", "1.5", "0x1"])
def test_a_limit_outside_1_to_200_is_rejected(api: Api, limit: str) -> None:
    response = api.get("/api/runs", params={"limit": limit})
    assert_error(response, 400, "limit must be an integer between 1 and 200")


@LIST
def test_the_limit_keeps_the_newest(api: Api) -> None:
    def newest() -> bool:
        """Other tests of the environment may start a run in between."""
        ids = [api.start(WORK)["run"]["id"] for _ in range(3)]
        return [run["id"] for run in listed(api, status="all", limit="2")] == [ids[2], ids[1]]

    assert within_tries(newest, what="a list of only the two newest runs")


@LIST
@pytest.mark.worker
def test_a_session_filter_lists_all_its_runs_newest_first(api: Api) -> None:
    done = api.finish(step("return", value=1))
    session = done["session"]["id"]
    api.send(session, api.server.streams.input, 1)
    second = api.session(session)["current_run_id"]
    assert [run["id"] for run in listed(api, status="all", session_id=session)] == [second, done["run"]["id"]]


@LIST
def test_an_unknown_session_lists_nothing_and_an_invalid_id_is_rejected(api: Api) -> None:
    assert listed(api, session_id=UNKNOWN_ID, status="all") == []
    for bad in ("x", UNKNOWN_ID[:-1]):
        assert_error(api.get("/api/runs", params={"session_id": bad}), 400, "session_id must be a UUID")


@LIST
def test_status_is_checked_before_limit_and_limit_before_session(api: Api) -> None:
    query = {"status": "x", "limit": "0", "session_id": "x"}
    assert_error(api.get("/api/runs", params=query), 400, "status must be live, all, or a run status")
    query["status"] = "all"
    response = api.get("/api/runs", params={**query, "project_id": "p"})
    assert_error(response, 400, "limit must be an integer between 1 and 200")
    query["limit"] = "1"
    response = api.get("/api/runs", params={**query, "project_id": "p"})
    assert_error(response, 400, "project_id and environment_id are not accepted with API keys")


@COUNTS
def test_counts_have_all_seven_statuses_as_integers(api: Api) -> None:
    found = counts(api)
    assert list(found) == STATUSES or set(found) == set(STATUSES)
    assert all(type(number) is int and number >= 0 for number in found.values())


@COUNTS
@pytest.mark.worker
@pytest.mark.parametrize(
    ("steps", "status"), [([step("return", value=1)], "succeeded"), ([step("exit", code=1)], "failed")]
)
def test_an_ended_run_is_counted_by_its_status(api: Api, steps: list[JsonObject], status: str) -> None:
    before = counts(api)[status]
    api.finish(*steps)
    assert counts(api)[status] >= before + 1


@COUNTS
def test_a_cancelled_run_is_counted_as_cancelled(api: Api) -> None:
    run = api.start(WORK)["run"]["id"]
    before = counts(api)
    ok(api.post(f"/api/runs/{run}/cancel", {}))
    after = counts(api)
    assert after["cancelled"] >= before["cancelled"] + 1


@COUNTS
@pytest.mark.scoped_keys
def test_counts_are_limited_to_one_environment(api: Api, other_environment: Api) -> None:
    before = counts(other_environment)
    api.start(WORK)
    assert counts(other_environment) == before


@rule("runs.md 4", "runs.md 1.3")
def test_an_unknown_run_returns_404_without_a_code(api: Api, scoped_key: Callable[..., Api]) -> None:
    del scoped_key
    for response in (
        api.get(f"/api/runs/{UNKNOWN_ID}"),
        api.post(f"/api/runs/{UNKNOWN_ID}/cancel", {}),
        api.get(f"/api/runs/{UNKNOWN_ID}/events"),
        api.get(f"/api/runs/{UNKNOWN_ID}/events?follow=1"),
        api.get(f"/api/runs/{UNKNOWN_ID}/logs"),
        api.get(f"/api/runs/{UNKNOWN_ID}/logs?follow=1"),
    ):
        assert_error(response, 404, "run not found")
