"""Run logs as a snapshot and as an event stream."""

from __future__ import annotations

import time
from base64 import b64decode

import pytest

from helmr_contract.behaviour.helpers import (
    UNKNOWN_ID,
    WORK,
    Api,
    Comment,
    JsonObject,
    assert_error,
    is_canonical_uuid,
    ok,
    parse_time,
    rule,
    step,
)

SNAPSHOT = rule("runs.md 7.1")
FOLLOW = rule("runs.md 7.2")
SNAPSHOT_BYTES = 1048576


def path(run: str) -> str:
    return f"/api/runs/{run}/logs"


def write(stream: str, text: str, **fields: int) -> JsonObject:
    return step("write", stream=stream, text=text, **fields)


@pytest.fixture(scope="module")
def run(api: Api, worker: None) -> str:
    """An ended run that wrote four chunks."""
    del worker
    steps = [
        write("stdout", "one\n"),
        write("stderr", "bäd\n"),
        write("stdout", "two\n"),
        write("stdout", "three"),
    ]
    run_id: str = api.finish(*steps)["run"]["id"]
    return run_id


@SNAPSHOT
@pytest.mark.worker
def test_the_snapshot_has_both_streams_in_base64_with_their_sizes(api: Api, run: str) -> None:
    logs = ok(api.get(path(run)))
    assert set(logs) == {
        "stdout_base64",
        "stderr_base64",
        "cursor",
        "stdout_bytes",
        "stderr_bytes",
        "truncated",
    }
    assert b64decode(logs["stdout_base64"], validate=True) == b"one\ntwo\nthree"
    assert b64decode(logs["stderr_base64"], validate=True) == "bäd\n".encode()
    assert (logs["stdout_bytes"], logs["stderr_bytes"], logs["truncated"]) == (13, 5, False)
    assert logs["cursor"] == "4"


@SNAPSHOT
def test_a_run_that_wrote_nothing_has_empty_logs(api: Api) -> None:
    run = api.start(WORK)["run"]["id"]
    assert ok(api.get(path(run))) == {
        "stdout_base64": "",
        "stderr_base64": "",
        "cursor": "0",
        "stdout_bytes": 0,
        "stderr_bytes": 0,
        "truncated": False,
    }


@SNAPSHOT
@pytest.mark.worker
def test_the_snapshot_ignores_query_parameters(api: Api, run: str) -> None:
    plain = ok(api.get(path(run)))
    assert ok(api.get(path(run), params={"cursor": "nonsense", "limit": "-1", "follow": "true"})) == plain


@SNAPSHOT
@pytest.mark.worker
def test_the_snapshot_keeps_the_last_mebibyte_of_each_stream(api: Api) -> None:
    block = "0123456789abcdef" * 4096  # 64 KiB
    steps = [write("stdout", block, times=17), write("stdout", "the end"), write("stderr", "small")]
    run = api.finish(*steps)["run"]["id"]
    logs = ok(api.get(path(run)))
    assert logs["truncated"] is True
    assert logs["stdout_bytes"] == 17 * len(block) + 7
    stdout = b64decode(logs["stdout_base64"])
    assert stdout == (block * 17 + "the end").encode()[-SNAPSHOT_BYTES:]
    assert b64decode(logs["stderr_base64"]) == b"small"


@SNAPSHOT
@pytest.mark.worker
def test_the_snapshot_covers_all_attempts(api: Api) -> None:
    retry = {"maxAttempts": 2, "backoff": {"minMs": 1, "maxMs": 1, "jitter": "none"}}
    steps = [write("stdout", "try "), step("fail", message="x", until_attempt=1), step("return", value=1)]
    run = api.finish(*steps, retry=retry)["run"]["id"]
    assert b64decode(ok(api.get(path(run)))["stdout_base64"]) == b"try try "


@FOLLOW
@rule("runs.md 6.6")
@pytest.mark.worker
def test_an_ended_runs_log_stream_sends_every_chunk_and_ends(api: Api, run: str) -> None:
    with api.follow(path(run)) as stream:
        assert stream.response.headers["content-type"] == "text/event-stream"
        assert stream.response.headers["cache-control"] == "no-cache"
        frames = list(stream.frames())
    assert stream.ended
    assert [frame.event for frame in frames] == ["run_log"] * 4
    assert [frame.id for frame in frames] == ["1", "2", "3", "4"]
    for frame in frames:
        chunk = frame.data
        assert set(chunk) == {
            "id", "run_id", "run_lease_id", "attempt_number", "stream", "content_base64", "bytes",
            "observed_seq", "at",
        }  # fmt: skip
        assert (chunk["id"], chunk["run_id"], chunk["attempt_number"]) == (frame.id, run, 1)
        assert is_canonical_uuid(chunk["run_lease_id"])
        assert len(b64decode(chunk["content_base64"], validate=True)) == chunk["bytes"]
        assert isinstance(chunk["observed_seq"], int)
        parse_time(chunk["at"])
    assert [frame.data["stream"] for frame in frames] == ["stdout", "stderr", "stdout", "stdout"]
    assert b64decode(frames[1].data["content_base64"]) == "bäd\n".encode()


@FOLLOW
@pytest.mark.worker
@pytest.mark.parametrize(
    ("cursor", "last_event_id", "expected"),
    [
        ("2", None, ["3", "4"]),
        (None, "3", ["4"]),
        ("0", "1", ["2", "3", "4"]),
        ("4", None, []),
        ("99", None, []),
    ],
)
def test_a_log_stream_resumes_after_the_cursor_and_ends_by_the_runs_status(
    api: Api, run: str, cursor: str | None, last_event_id: str | None, expected: list[str]
) -> None:
    params = None if cursor is None else {"cursor": cursor, "limit": "1"}
    with api.follow(path(run), params=params, last_event_id=last_event_id) as stream:
        assert [frame.id for frame in stream.frames()] == expected
    assert stream.ended


@FOLLOW
@pytest.mark.worker
def test_a_stream_from_the_snapshots_cursor_continues_without_a_gap(api: Api) -> None:
    approval = api.server.streams.approval
    steps = [write("stdout", "early"), step("wait_input", stream=approval), write("stdout", "late")]
    started = api.start(*steps)
    api.activity(started["session"]["id"], "waiting")
    run = started["run"]["id"]
    logs = ok(api.get(path(run)))
    assert b64decode(logs["stdout_base64"]) == b"early"
    with api.follow(path(run), last_event_id=logs["cursor"]) as stream:
        api.send(started["session"]["id"], approval, 1)
        late = [b64decode(frame.data["content_base64"]) for frame in stream.frames()]
    assert late == [b"late"]


@FOLLOW
@pytest.mark.worker
def test_a_keep_alive_is_sent_with_every_tick_of_a_silent_run(api: Api) -> None:
    started = api.start(step("wait_input", stream=api.server.streams.approval))
    api.activity(started["session"]["id"], "waiting")
    with api.follow(path(started["run"]["id"])) as stream:
        began = time.monotonic()
        for _ in range(3):
            assert stream.next() == Comment(": keep-alive")
        waited = time.monotonic() - began
        assert api.server.limits.log_tick * 1.5 <= waited <= api.server.limits.log_tick * 3 + 5
        ok(api.post(f"/api/runs/{started['run']['id']}/cancel", {"force": True}))
        assert list(stream.frames()) == []


@FOLLOW
@pytest.mark.worker
def test_a_run_under_graceful_cancel_counts_as_ended(api: Api) -> None:
    started = api.start(step("work", linger_seconds=5))
    api.activity(started["session"]["id"], "running")
    ok(api.post(f"/api/runs/{started['run']['id']}/cancel", {}))
    with api.follow(path(started["run"]["id"])) as stream:
        assert list(stream.frames()) == []
    (entry,) = api.runs_of(started["session"]["id"])
    assert entry["execution_status"] == "pending_cancel"


@FOLLOW
@pytest.mark.worker
def test_more_than_100_chunks_are_sent_completely(api: Api) -> None:
    run = api.finish(write("stdout", "x", times=130))["run"]["id"]
    with api.follow(path(run)) as stream:
        assert [int(frame.id) for frame in stream.frames()] == list(range(1, 131))


@FOLLOW
@rule("runs.md 1.4")
def test_the_log_cursor_is_checked_after_the_run_is_looked_up(api: Api) -> None:
    for cursor in ("-1", "x"):
        query = {"follow": "1", "cursor": cursor}
        assert_error(api.get(path(UNKNOWN_ID), params=query), 404, "run not found")
        run = api.start(WORK)["run"]["id"]
        assert_error(api.get(path(run), params=query), 400, "cursor must be a non-negative integer")


@FOLLOW
@pytest.mark.worker
def test_the_log_cursor_is_not_the_event_cursor(api: Api, run: str) -> None:
    events = {event["id"]: event["kind"] for event in api.events(run)}
    assert events["1"] == "run.created"
    with api.follow(path(run)) as stream:
        assert next(stream.frames()).data["stream"] == "stdout"
