"""Run events as JSON pages, and the content of each kind."""

from __future__ import annotations

import re

import pytest

from helmr_contract.behaviour.helpers import (
    UNKNOWN_ID,
    WORK,
    Api,
    JsonObject,
    assert_error,
    is_canonical_uuid,
    ok,
    parse_time,
    rule,
    step,
)

PAGE = rule("runs.md 6.1", "runs.md 6.2")
RECORD = rule("runs.md 6.3", "runs.md 6.4")
CURSOR = "cursor must be a non-negative integer"
LIMIT = "limit must be an integer between 1 and 200"


@pytest.fixture(scope="module")
def run(api: Api, worker: None) -> str:
    """An ended run with seven events."""
    del worker
    done = api.finish(
        *(step("log", text=f"entry {number}") for number in range(3)),
        step("write", stream="stdout", text="out"),
        step("metadata", set={"k": 1}),
        step("return", value=1),
        metadata={"m": 1},
    )
    run_id: str = done["run"]["id"]
    assert [event["kind"] for event in api.events(run_id)][-1] == "run.completed"
    return run_id


def page(api: Api, run: str, headers: dict[str, str] | None = None, **query: str) -> JsonObject:
    response: JsonObject = ok(api.get(f"/api/runs/{run}/events", params=query, headers=headers))
    assert set(response) - {"next_cursor"} == {"events", "cursor"}
    return response


def ids(response: JsonObject) -> list[int]:
    return [int(event["id"]) for event in response["events"]]


@PAGE
@pytest.mark.worker
def test_events_are_numbered_from_one_without_gaps(api: Api, run: str) -> None:
    response = page(api, run)
    assert ids(response) == list(range(1, len(response["events"]) + 1))
    assert response["events"][0]["kind"] == "run.created"
    assert response["cursor"] == 0
    assert "next_cursor" not in response
    times = [parse_time(event["at"]) for event in response["events"]]
    assert times == sorted(times)


@PAGE
@pytest.mark.worker
def test_next_cursor_leads_from_page_to_page(api: Api, run: str) -> None:
    everything = page(api, run)["events"]
    found: list[JsonObject] = []
    cursor = 0
    while True:
        response = page(api, run, cursor=str(cursor), limit="3")
        assert response["cursor"] == cursor
        found.extend(response["events"])
        if "next_cursor" not in response:
            break
        assert len(response["events"]) == 3
        cursor = response["next_cursor"]
        assert cursor == int(response["events"][-1]["id"])
    assert found == everything


@PAGE
@pytest.mark.worker
def test_a_page_that_ends_with_the_last_event_has_no_next_cursor(api: Api, run: str) -> None:
    count = len(page(api, run)["events"])
    assert page(api, run, limit=str(count - 1))["next_cursor"] == count - 1
    assert "next_cursor" not in page(api, run, limit=str(count))


@PAGE
@pytest.mark.worker
def test_the_cursor_is_exclusive_and_one_past_the_end_returns_an_empty_page(api: Api, run: str) -> None:
    count = len(page(api, run)["events"])
    assert ids(page(api, run, cursor="2")) == list(range(3, count + 1))
    for late in (count, count + 100, 9223372036854775807):
        assert page(api, run, cursor=str(late)) == {"events": [], "cursor": late}


@PAGE
@pytest.mark.worker
def test_last_event_id_takes_precedence_over_the_cursor_unless_it_is_blank(api: Api, run: str) -> None:
    assert ids(page(api, run, {"Last-Event-ID": "3"}, cursor="1", limit="1")) == [4]
    assert page(api, run, {"Last-Event-ID": "3"}, cursor="1")["cursor"] == 3
    assert ids(page(api, run, {"Last-Event-ID": ""}, cursor="1", limit="1")) == [2]
    response = api.get(f"/api/runs/{run}/events", params={"cursor": "1"}, headers={"Last-Event-ID": "x"})
    assert_error(response, 400, CURSOR)
    assert ids(page(api, run, {"Last-Event-ID": "1"}, cursor="nonsense", limit="1")) == [2]


@PAGE
@pytest.mark.parametrize("cursor", ["-1", "x", "1.5", "9223372036854775808"])
def test_an_invalid_cursor_is_rejected_before_the_run_is_looked_up(api: Api, cursor: str) -> None:
    for query in ({"cursor": cursor}, {"cursor": cursor, "follow": "1"}):
        assert_error(api.get(f"/api/runs/{UNKNOWN_ID}/events", params=query), 400, CURSOR)


@PAGE
@rule("runs.md 1.4")
@pytest.mark.parametrize("limit", ["0", "201", "-1", "x"])
def test_an_invalid_limit_is_rejected_in_both_modes_and_after_the_cursor(api: Api, limit: str) -> None:
    for query in ({"limit": limit}, {"limit": limit, "follow": "1"}):
        assert_error(api.get(f"/api/runs/{UNKNOWN_ID}/events", params=query), 400, LIMIT)
    response = api.get(f"/api/runs/{UNKNOWN_ID}/events", params={"limit": limit, "cursor": "x"})
    assert_error(response, 400, CURSOR)


@PAGE
def test_without_a_session_of_work_the_first_event_is_there_at_once(api: Api) -> None:
    run = api.start(WORK)["run"]["id"]
    first = page(api, run)["events"][0]
    assert (first["id"], first["kind"]) == ("1", "run.created")


# Records ----------------------------------------------------------------------------------------------------

FIELDS = {
    "id", "run_id", "run_lease_id", "attempt_id", "attempt_number", "trace", "category", "severity", "source",
    "kind", "message", "at", "occurred_at", "redaction_class", "attributes",
}  # fmt: skip


@RECORD
@pytest.mark.worker
def test_every_event_has_the_contracts_fields(api: Api, run: str) -> None:
    for event in page(api, run)["events"]:
        assert set(event) <= FIELDS
        assert FIELDS - set(event) <= {"run_lease_id"}
        assert re.fullmatch(r"[1-9]\d*", event["id"])
        assert event["run_id"] == run
        assert is_canonical_uuid(event["attempt_id"])
        assert event["attempt_number"] == 1
        assert event["message"] == event["kind"]
        assert event["at"] == event["occurred_at"]
        parse_time(event["at"])
        assert event["redaction_class"] in ("internal", "sensitive")
        assert isinstance(event["attributes"], dict)
        trace = event["trace"]
        assert set(trace) == {"trace_id", "span_id", "traceparent"}
        assert re.fullmatch(r"[0-9a-f]{32}", trace["trace_id"])
        assert re.fullmatch(r"[0-9a-f]{16}", trace["span_id"])
        assert trace["traceparent"] == f"00-{trace['trace_id']}-{trace['span_id']}-01"


@RECORD
@pytest.mark.worker
def test_all_events_of_a_run_share_its_trace_and_lease_events_their_span(api: Api, run: str) -> None:
    events = page(api, run)["events"]
    assert len({event["trace"]["trace_id"] for event in events}) == 1
    assert len({event["attempt_id"] for event in events}) == 1
    leased = [event for event in events if "run_lease_id" in event]
    assert len({event["run_lease_id"] for event in leased}) == 1
    assert len({event["trace"]["span_id"] for event in leased}) == 1
    assert leased[0]["trace"]["span_id"] != events[0]["trace"]["span_id"]


CLASSES = {
    "run.created": ("lifecycle", "info", "control", "internal", False),
    "log": ("log", "info", "worker", "sensitive", True),
    "log.stdout": ("log", "info", "worker", "sensitive", True),
    "run.metadata.updated": ("guest", "info", "worker", "sensitive", True),
    "run.completed": ("lifecycle", "info", "control", "internal", True),
}


@RECORD
@pytest.mark.worker
def test_each_kind_has_its_category_severity_source_class_and_lease(api: Api, run: str) -> None:
    seen: set[str] = set()
    for event in page(api, run)["events"]:
        seen.add(event["kind"])
        found = (
            event["category"],
            event["severity"],
            event["source"],
            event["redaction_class"],
            "run_lease_id" in event,
        )
        assert found == CLASSES[event["kind"]], event["kind"]
    assert seen == set(CLASSES), "no other kind is emitted"


@RECORD
@pytest.mark.worker
def test_sensitive_attributes_are_redacted(api: Api, run: str) -> None:
    for event in page(api, run)["events"]:
        redacted = event["attributes"] == {"redacted": True}
        assert redacted == (event["redaction_class"] == "sensitive")


@RECORD
@pytest.mark.worker
def test_the_last_event_of_a_success_has_exit_code_zero(api: Api, run: str) -> None:
    last = page(api, run)["events"][-1]
    assert (last["kind"], last["attributes"]) == ("run.completed", {"exit_code": 0})


@RECORD
def test_the_first_event_has_the_parameters_of_the_run(api: Api) -> None:
    options: JsonObject = {
        "metadata": {"m": [1]},
        "tags": ["a", "b"],
        "max_duration_seconds": 60,
        "retry": {"maxAttempts": 2},
    }
    body = api.start_body(WORK, **options)
    started = ok(api.post("/api/sessions", body), 201)
    attributes = page(api, started["run"]["id"])["events"][0]["attributes"]
    assert set(attributes) == {
        "cause", "max_duration_seconds", "metadata", "payload", "reason", "retry_policy", "secret_names",
        "tags", "task_id",
    }  # fmt: skip
    assert (attributes["reason"], attributes["cause"]) == ("initial", {})
    assert attributes["payload"] == body["payload"]
    assert attributes["task_id"] == api.server.task
    assert attributes["metadata"] == options["metadata"]
    assert attributes["tags"] == options["tags"]
    assert attributes["max_duration_seconds"] == 60
    assert attributes["retry_policy"]["maxAttempts"] == 2
    assert attributes["secret_names"] == sorted(attributes["secret_names"])
