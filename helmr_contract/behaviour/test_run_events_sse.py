"""Run events as an event stream."""

from __future__ import annotations

import time

import pytest

from helmr_contract.behaviour.helpers import (
    UNKNOWN_ID,
    WORK,
    Api,
    Comment,
    EventStream,
    Frame,
    JsonObject,
    assert_error,
    at_once,
    ok,
    rule,
    step,
)

pytestmark = [pytest.mark.worker, rule("runs.md 6.6")]

UPDATED = "run.metadata.updated"


def path(run: str) -> str:
    return f"/api/runs/{run}/events"


@pytest.fixture(scope="module")
def run(api: Api, worker: None) -> str:
    """An ended run with six events."""
    del worker
    steps = [step("metadata", set={"k": number}) for number in range(4)]
    run_id: str = api.finish(*steps, step("return", value=1))["run"]["id"]
    return run_id


def last_id(api: Api, run: str) -> int:
    return len(api.events(run))


@rule("runs.md 1.3", "tokens-auth-errors.md 1.5")
def test_the_response_is_an_uncached_event_stream_without_charset(api: Api, run: str) -> None:
    with api.follow(path(run)) as stream:
        headers = stream.response.headers
        assert headers["content-type"] == "text/event-stream"
        assert headers["cache-control"] == "no-cache"
        assert headers["helmr-api-version"] == "2026-06-06"
        list(stream.frames())


def test_the_stream_of_an_ended_run_sends_every_event_and_ends(api: Api, run: str) -> None:
    with api.follow(path(run)) as stream:
        frames = list(stream.frames())
    assert stream.ended
    assert [frame.data for frame in frames] == api.events(run), "the same records as on the pages"
    assert [frame.id for frame in frames] == [event["id"] for event in api.events(run)]
    assert {frame.event for frame in frames} == {"run_event"}


def test_nothing_is_sent_before_the_first_frame_or_after_the_last(api: Api, run: str) -> None:
    with api.follow(path(run)) as stream:
        body = b"".join(stream.response.iter_raw())
    assert body.startswith(b"id: 1\nevent: run_event\ndata: {")
    assert body.endswith(b"}\n\n")
    assert b"\r" not in body
    assert b"retry:" not in body


@rule("runs.md 6")
@pytest.mark.parametrize(
    ("query", "accept", "streams"),
    [
        ({"follow": "1"}, "*/*", True),
        ({}, "text/event-stream", True),
        ({}, "application/json, text/event-stream;q=0.1", True),
        ({"follow": "true"}, "*/*", False),
        ({"follow": " 1"}, "*/*", False),
        ({"follow": "0"}, "text/event-stream", True),
        ({"follow": ""}, "application/json", False),
        ({}, "Text/Event-Stream", False),
        ({}, "text/*", False),
    ],
)
def test_follow_1_or_an_accept_header_selects_the_stream(
    api: Api, run: str, query: dict[str, str], accept: str, streams: bool
) -> None:
    response = api.get(path(run), params=query, headers={"Accept": accept})
    assert response.status_code == 200
    expected = "text/event-stream" if streams else "application/json"
    assert response.headers["content-type"] == expected


@pytest.mark.parametrize(
    ("cursor", "last_event_id", "first"), [("2", None, 3), (None, "3", 4), ("1", "4", 5), ("1", " ", 2)]
)
def test_a_stream_resumes_after_the_cursor_and_last_event_id_takes_precedence(
    api: Api, run: str, cursor: str | None, last_event_id: str | None, first: int
) -> None:
    params = None if cursor is None else {"cursor": cursor}
    if last_event_id == " ":
        last_event_id = ""
    with api.follow(path(run), params=params, last_event_id=last_event_id) as stream:
        found = [int(frame.id) for frame in stream.frames()]
    assert found == list(range(first, last_id(api, run) + 1))


def test_the_limit_does_not_apply_to_a_stream(api: Api, run: str) -> None:
    with api.follow(path(run), params={"limit": "1"}) as stream:
        assert len(list(stream.frames())) == last_id(api, run)


def test_a_cursor_at_the_end_keeps_the_stream_open_with_keep_alives(api: Api, run: str) -> None:
    with api.follow(path(run), last_event_id=str(last_id(api, run))) as stream:
        began = time.monotonic()
        for _ in range(2):
            part = stream.next()
            assert isinstance(part, Comment)
            assert part.text == ": keep-alive"
        assert time.monotonic() - began >= api.server.limits.keep_alive * 0.9


def test_live_events_arrive_in_order_and_the_last_ends_the_stream(api: Api) -> None:
    approval = api.server.streams.approval
    started = api.start(
        step("metadata", set={"a": 1}),
        step("wait_input", stream=approval),
        step("metadata", set={"b": 1}),
        step("return", value=1),
    )
    run = started["run"]["id"]
    with api.follow(path(run)) as stream:
        frames = stream.frames()
        seen: list[Frame] = [next(frames)]
        while seen[-1].data["kind"] != UPDATED:
            seen.append(next(frames))
        api.activity(started["session"]["id"], "waiting")
        api.send(started["session"]["id"], approval, "go")
        seen.extend(frames)
    kinds = [frame.data["kind"] for frame in seen]
    assert kinds == ["run.created", UPDATED, UPDATED, "run.completed"]
    assert [int(frame.id) for frame in seen] == [1, 2, 3, 4]


def test_keep_alives_are_sent_while_a_run_is_silent(api: Api) -> None:
    started = api.start(step("wait_input", stream=api.server.streams.approval))
    api.activity(started["session"]["id"], "waiting")
    with api.follow(path(started["run"]["id"]), last_event_id="1") as stream:
        assert stream.next() == Comment(": keep-alive")
        api.send(started["session"]["id"], api.server.streams.approval, 1)
        (last,) = [frame for frame in stream.frames() if frame.data["kind"] == "run.completed"]
        assert last.event == "run_event"


@pytest.mark.parametrize(
    ("ending", "kind"),
    [
        (step("return", value=1), "run.completed"),
        (step("exit", code=1), "run.failed"),
        (step("fail", message="x"), "run.failed"),
    ],
    ids=["completed", "exit", "failed"],
)
def test_each_end_of_a_run_ends_the_stream(api: Api, ending: JsonObject, kind: str) -> None:
    run = api.start(ending)["run"]["id"]
    with api.follow(path(run)) as stream:
        frames = list(stream.frames())
    assert stream.ended
    assert frames[-1].data["kind"] == kind


def test_a_forced_cancel_ends_the_stream(api: Api) -> None:
    started = api.start(WORK)
    run = started["run"]["id"]
    with api.follow(path(run)) as stream:
        assert isinstance(stream.next(), Frame)
        ok(api.post(f"/api/runs/{run}/cancel", {"force": True}))
        frames = list(stream.frames())
    assert frames[-1].data["kind"] == "run.cancelled"


def test_a_graceful_cancel_ends_the_stream_only_when_the_worker_has_stopped(api: Api) -> None:
    started = api.start(WORK)
    run = started["run"]["id"]
    api.activity(started["session"]["id"], "running")
    with api.follow(path(run), last_event_id="1") as stream:
        ok(api.post(f"/api/runs/{run}/cancel", {"reason": "stop"}))
        frames = list(stream.frames())
    assert [frame.data["kind"] for frame in frames] == ["run.cancel_requested", "run.cancelled"]


def test_an_expired_run_ends_the_stream(api: Api) -> None:
    run = api.start(WORK, ttl="1ns")["run"]["id"]
    with api.follow(path(run)) as stream:
        frames = list(stream.frames())
    assert [frame.data["kind"] for frame in frames] == ["run.created", "run.expired"]


def test_the_failure_of_a_retried_attempt_ends_a_live_stream_and_a_new_one_continues(api: Api) -> None:
    approval = api.server.streams.approval
    retry = {"maxAttempts": 2, "backoff": {"minMs": 1, "maxMs": 1, "jitter": "none"}}
    started = api.start(
        step("fail", message="once", until_attempt=1), step("wait_input", stream=approval), retry=retry
    )
    run = started["run"]["id"]
    api.event(run, "run.retry_scheduled")
    api.activity(started["session"]["id"], "waiting")
    with api.follow(path(run)) as stream:  # all stored events arrive in one batch, then the stream ends
        stored = [frame.data["kind"] for frame in stream.frames()]
    assert stored == ["run.created", "run.failed", "run.retry_scheduled"]
    assert api.run(run)["status"] in ("running", "waiting")
    with api.follow(path(run), last_event_id="3") as stream:
        api.send(started["session"]["id"], approval, 1)
        frames = list(stream.frames())
    assert [frame.data["kind"] for frame in frames] == ["run.completed"]


def test_many_followers_of_one_run_see_the_same(api: Api) -> None:
    started = api.start(
        step("wait_input", stream=api.server.streams.approval), step("metadata", set={"a": 1})
    )
    run = started["run"]["id"]
    api.activity(started["session"]["id"], "waiting")

    def watch(number: int) -> list[str]:
        if number == 0:
            api.send(started["session"]["id"], api.server.streams.approval, 1)
        with api.follow(path(run)) as stream:
            return [frame.data["kind"] for frame in stream.frames()]

    assert at_once(6, watch) == [["run.created", UPDATED, "run.completed"]] * 6


def test_several_batches_of_stored_events_are_sent_completely(api: Api) -> None:
    steps = [step("metadata", set={f"k{number}": number for number in range(250)}), step("return", value=1)]
    run = api.finish(*steps)["run"]["id"]
    with api.follow(path(run)) as stream:
        found = [int(frame.id) for frame in stream.frames()]
    assert found == list(range(1, 253))
    first = ok(api.get(path(run)))
    assert (len(first["events"]), first["next_cursor"]) == (200, 200)


@rule("runs.md 1.4")
def test_errors_before_the_stream_are_ordinary_json(api: Api, anonymous: Api, run: str) -> None:
    accept = {"Accept": "text/event-stream"}
    assert_error(anonymous.get(path(run), headers=accept), 401, "authentication is required")
    assert_error(api.get(path("x"), headers=accept), 400, "id must be a UUID")
    assert_error(api.get(path(UNKNOWN_ID), headers=accept), 404, "run not found")
    response = api.get(path(run), headers={**accept, "Last-Event-ID": "x"})
    assert_error(response, 400, "cursor must be a non-negative integer")


def test_a_client_that_disconnects_early_does_not_affect_the_server(api: Api) -> None:
    started = api.start(WORK)
    with api.follow(path(started["run"]["id"])) as stream:
        assert isinstance(stream, EventStream)
        stream.next()
    assert api.run(started["run"]["id"])["id"] == started["run"]["id"]
