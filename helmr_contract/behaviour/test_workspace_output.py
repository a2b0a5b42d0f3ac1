"""Output of execs: pages, event streams, byte offsets and retention."""

from __future__ import annotations

from itertools import pairwise

import pytest

from helmr_contract.behaviour.helpers import (
    Api,
    Comment,
    Frame,
    JsonObject,
    assert_error,
    is_canonical_uuid,
    ok,
    parse_time,
    rule,
    unique,
)
from helmr_contract.behaviour.workspace_processes import CHUNK_FIELDS, Exec, Process, Workspace, bytes_of

DOCUMENT = "workspaces.md"
CHUNK = rule(f"{DOCUMENT} 3.7")
WITHOUT_WORKER = rule(f"{DOCUMENT} 5.5")
OUTPUT = rule(f"{DOCUMENT} 7.5")
FOLLOW = rule(f"{DOCUMENT} 8")

STREAMS = pytest.mark.parametrize("stream", ["stdout", "stderr"])
CURSORS = ["-1", "x", "1.0", "99999999999999999999"]


@pytest.fixture
def workspace(api: Api) -> Workspace:
    return Workspace.create(api)


@pytest.fixture
def silent(workspace: Workspace) -> Exec:
    """An exec that writes nothing and keeps running."""
    return workspace.shell("exec sleep 60")


@pytest.fixture(scope="module")
def ended(api: Api, worker: None) -> Exec:
    """An exec that has ended after writing three pieces to each output."""
    del worker
    workspace = Workspace.create(api)
    exec_ = workspace.shell("while read line; do echo $line; echo e$line >&2; done")
    offset = 0
    for line in (b"one\n", b"two\n", b"three\n"):
        exec_.write(line, offset)
        offset += len(line)
        exec_.until(lambda found, so_far=offset: found["stdout_cursor"] == so_far, "the line")  # type: ignore[misc]
    exec_.close_stdin()
    exec_.until_end()
    return exec_


def terminal(frames: list[Frame]) -> Frame:
    """Return the last frame, which must be the only terminal one."""
    assert [frame.event for frame in frames[:-1]] == ["workspace_stream_chunk"] * (len(frames) - 1)
    return frames[-1]


def chunks_of(frames: list[Frame]) -> list[JsonObject]:
    return [frame.data for frame in frames if frame.event == "workspace_stream_chunk"]


# Pages ------------------------------------------------------------------------------------------------------


@OUTPUT
@WITHOUT_WORKER
@STREAMS
def test_an_exec_that_wrote_nothing_has_an_empty_page(silent: Exec, stream: str) -> None:
    assert silent.output(stream) == []
    assert silent.output(stream, cursor="7") == []


@CHUNK
@OUTPUT
@pytest.mark.worker
def test_a_page_has_the_chunks_in_order(ended: Exec) -> None:
    chunks = ended.output("stdout")
    assert bytes_of(chunks) == b"one\ntwo\nthree\n"
    assert chunks[0]["offset_start"] == 0
    for chunk in chunks:
        assert set(chunk) == CHUNK_FIELDS
        assert chunk["stream"] == "stdout"
        assert is_canonical_uuid(chunk["id"])
        assert parse_time(chunk["observed_at"]) <= parse_time(chunk["created_at"])
    assert len({chunk["id"] for chunk in chunks}) == len(chunks)


@OUTPUT
@pytest.mark.worker
def test_the_offsets_of_the_outputs_are_separate(ended: Exec) -> None:
    errors = ended.output("stderr")
    assert bytes_of(errors) == b"eone\netwo\nethree\n"
    assert {chunk["stream"] for chunk in errors} == {"stderr"}
    found = ended.get()
    assert (found["stdout_cursor"], found["stderr_cursor"], found["stdin_cursor"]) == (14, 17, 14)


@OUTPUT
@pytest.mark.worker
def test_a_page_begins_with_the_chunk_that_ends_after_the_cursor(ended: Exec) -> None:
    chunks = ended.output("stdout")
    first, second = chunks[0], chunks[1]
    assert ended.output("stdout", cursor=str(first["offset_end"])) == chunks[1:]
    assert ended.output("stdout", cursor=str(first["offset_end"] - 1)) == chunks
    inside = ended.output("stdout", cursor=str(second["offset_start"] + 1))
    assert inside[0] == second  # complete, although it starts before the cursor
    assert ended.output("stdout", cursor="14") == []
    assert ended.output("stdout", cursor="9223372036854775807") == []


@OUTPUT
@pytest.mark.worker
def test_a_page_has_at_most_the_limit(ended: Exec) -> None:
    chunks = ended.output("stdout")
    assert ended.output("stdout", limit="1") == chunks[:1]
    assert ended.output("stdout", limit="2", cursor=" 1 ") == chunks[:2]
    assert ended.output("stdout", limit=" ", cursor="") == chunks


@OUTPUT
@pytest.mark.worker
def test_without_a_cursor_last_event_id_is_used(api: Api, ended: Exec) -> None:
    path, chunks = f"/api/workspaces/{ended.workspace}/execs/{ended.id}/stdout", ended.output("stdout")
    header = {"Last-Event-ID": str(chunks[0]["offset_end"])}
    assert ok(api.get(path, headers=header))["chunks"] == chunks[1:]
    assert ok(api.get(path, headers=header, params={"cursor": " "}))["chunks"] == chunks[1:]
    assert ok(api.get(path, headers=header, params={"cursor": "0"}))["chunks"] == chunks


@OUTPUT
@STREAMS
def test_an_invalid_cursor_or_limit_is_rejected_and_the_cursor_is_checked_first(
    api: Api, silent: Exec, stream: str
) -> None:
    path = f"/api/workspaces/{silent.workspace}/execs/{silent.id}/{stream}"
    for cursor in CURSORS:
        assert_error(
            api.get(path, params={"cursor": cursor, "limit": "0"}),
            400,
            "cursor must be a non-negative integer",
        )
    bad_header = api.get(path, headers={"Last-Event-ID": "x"})
    assert_error(bad_header, 400, "cursor must be a non-negative integer")
    for limit in ("0", "-1", "x", "1.5"):
        assert_error(api.get(path, params={"limit": limit}), 400, "limit must be a positive integer")
    assert_error(api.get(path, params={"limit": "501"}), 400, "limit must be at most 500")
    assert_error(api.get(path, params={"limit": "0", "follow": "1"}), 400, "limit must be a positive integer")
    assert silent.output(stream, limit="500") == []


@OUTPUT
def test_only_follow_1_or_the_accept_header_selects_a_stream(api: Api, silent: Exec) -> None:
    for follow in ("0", "true", "", "11"):
        assert ok(
            api.get(f"/api/workspaces/{silent.workspace}/execs/{silent.id}/stdout", params={"follow": follow})
        ) == {"chunks": []}
    with api.http.stream(
        "GET",
        f"{api.server.url}/api/workspaces/{silent.workspace}/execs/{silent.id}/stdout?follow=1",
        headers=api.authorization(),
    ) as response:
        assert response.headers["content-type"] == "text/event-stream"


@OUTPUT
@pytest.mark.worker
def test_long_output_is_split_into_chunks_of_at_most_one_mebibyte(workspace: Workspace) -> None:
    exec_ = workspace.shell("yes 0123456789abcde | head -c 1500000")
    exec_.until_end()
    chunks: list[JsonObject] = []
    while page := exec_.output("stdout", limit="3", cursor=str(chunks[-1]["offset_end"] if chunks else 0)):
        chunks += page
    assert bytes_of(chunks) == (b"0123456789abcde\n" * 93750)


# Following --------------------------------------------------------------------------------------------------


@FOLLOW
@pytest.mark.worker
def test_the_stream_of_an_ended_exec_sends_all_output_and_ends(api: Api, ended: Exec) -> None:
    with api.follow(f"/api/workspaces/{ended.workspace}/execs/{ended.id}/stdout") as stream:
        assert stream.response.headers["content-type"] == "text/event-stream"
        assert stream.response.headers["cache-control"] == "no-cache"
        frames = list(stream.frames())
    assert stream.ended
    last = terminal(frames)
    assert chunks_of(frames) == ended.output("stdout")
    assert [frame.id for frame in frames[:-1]] == [str(frame.data["offset_end"]) for frame in frames[:-1]]
    assert (last.event, last.id) == ("workspace_stream_terminal", "14")
    assert last.data == {
        "resource_kind": "workspace_exec",
        "resource_id": ended.id,
        "stream": "stdout",
        "state": "exited",
        "cursor": 14,
        "error": {},
    }


@FOLLOW
@pytest.mark.worker
@pytest.mark.parametrize(
    ("cursor", "header", "expected"),
    [("4", None, 4), (None, "4", 4), ("5", None, 4), ("8", "0", 8), ("14", None, 14), ("99", None, 99)],
)
def test_a_stream_resumes_at_the_cursor(
    api: Api, ended: Exec, cursor: str | None, header: str | None, expected: int
) -> None:
    params = {} if cursor is None else {"cursor": cursor}
    with api.follow(
        f"/api/workspaces/{ended.workspace}/execs/{ended.id}/stdout", last_event_id=header, params=params
    ) as stream:
        frames = list(stream.frames())
    chunks = chunks_of(frames)
    assert [chunk for chunk in ended.output("stdout") if chunk["offset_end"] > expected] == chunks
    assert frames[-1].id == str(max(14, expected))
    assert frames[-1].data["cursor"] == max(14, expected)


@FOLLOW
@pytest.mark.worker
def test_the_limit_does_not_apply_to_a_stream(ended: Exec) -> None:
    assert chunks_of(ended.followed("stdout", limit="1", follow="1")) == ended.output("stdout")


@FOLLOW
@pytest.mark.worker
def test_output_is_sent_as_it_is_written(api: Api, workspace: Workspace) -> None:
    exec_ = workspace.exec("cat")
    with api.follow(f"/api/workspaces/{exec_.workspace}/execs/{exec_.id}/stdout") as stream:
        frames = stream.frames()
        offset = 0
        for line in (b"first\n", b"second\n"):
            exec_.write(line, offset)
            offset += len(line)
            found: list[JsonObject] = []
            while not found or found[-1]["offset_end"] < offset:
                found.append(next(frames).data)
            assert bytes_of(found) == line
        exec_.close_stdin()
        rest = list(frames)
    assert [frame.event for frame in rest] == ["workspace_stream_terminal"]


@FOLLOW
@WITHOUT_WORKER
def test_a_stop_ends_the_streams_of_the_execs_it_ends(api: Api, workspace: Workspace) -> None:
    exec_ = workspace.shell("exec sleep 60")
    with api.follow(f"/api/workspaces/{exec_.workspace}/execs/{exec_.id}/stdout") as stream:
        workspace.stop()
        frames = list(stream.frames())
    assert stream.ended
    assert [frame.event for frame in frames] == ["workspace_stream_terminal"]
    assert frames[0].id == "0"
    assert frames[0].data == {
        "resource_kind": "workspace_exec",
        "resource_id": exec_.id,
        "stream": "stdout",
        "state": "terminated",
        "cursor": 0,
        "error": {"code": "workspace_mount_stopped"},
    }


@FOLLOW
@WITHOUT_WORKER
@STREAMS
def test_a_silent_stream_is_kept_alive_by_comments(api: Api, silent: Exec, stream: str) -> None:
    with api.follow(f"/api/workspaces/{silent.workspace}/execs/{silent.id}/{stream}") as events:
        assert events.next() == Comment(": keep-alive")


@FOLLOW
@pytest.mark.worker
def test_a_failed_exec_ends_its_stream_with_its_error(workspace: Workspace) -> None:
    exec_ = workspace.exec("helmr-no-such-program")
    last = exec_.followed("stderr")[-1]
    assert last.event == "workspace_stream_terminal"
    assert (last.data["state"], last.data["error"]) == ("failed", exec_.get()["error"])
    assert last.data["stream"] == "stderr"


@FOLLOW
@pytest.mark.worker
def test_an_output_can_have_many_followers(api: Api, workspace: Workspace) -> None:
    exec_ = workspace.exec("cat")
    path = f"/api/workspaces/{exec_.workspace}/execs/{exec_.id}/stdout"
    with api.follow(path) as one, api.follow(path) as other:
        exec_.write(b"for both\n")
        exec_.close_stdin()
        for stream in (one, other):
            assert bytes_of(chunks_of(list(stream.frames()))) == b"for both\n"


# Retention --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["stdout", "stderr"])
def trimmed(request: pytest.FixtureRequest, api: Api, worker: None) -> tuple[Exec, str]:
    """An exec that wrote 512 KiB more than the server retains, and the output stream that it wrote to."""
    del worker
    size, stream = api.server.limits.retained + 524288, str(request.param)
    to = ">&2" if stream == "stderr" else ""
    exec_ = Workspace.create(api).shell(f"yes 0123456789abcde | head -c {size} {to}")
    exec_.until_end()
    return exec_, stream


def oldest(process: Process, stream: str) -> int:
    """Return the earliest available cursor, as stated in the error for an expired one."""
    response = process.api.get(f"{process.path}/{stream}")
    text = "workspace stream cursor expired; earliest available cursor is "
    assert response.status_code == 410, response.text[:200]
    assert response.json()["error"].startswith(text)
    return int(response.json()["error"].removeprefix(text))


@OUTPUT
@pytest.mark.worker
def test_a_cursor_before_the_retained_output_has_expired(api: Api, trimmed: tuple[Exec, str]) -> None:
    exec_, stream = trimmed
    earliest = oldest(exec_, stream)
    message = f"workspace stream cursor expired; earliest available cursor is {earliest}"
    path = f"/api/workspaces/{exec_.workspace}/execs/{exec_.id}/{stream}"
    for params in ({}, {"cursor": "0"}, {"cursor": str(earliest - 1)}, {"cursor": "0", "follow": "1"}):
        assert_error(api.get(path, params=params), 410, message, "workspace_stream_cursor_expired")


@OUTPUT
@pytest.mark.worker
def test_the_last_bytes_are_retained_in_whole_chunks(api: Api, trimmed: tuple[Exec, str]) -> None:
    exec_, stream = trimmed
    earliest, end = oldest(exec_, stream), exec_.get()[f"{stream}_cursor"]
    kept = api.server.limits.retained
    assert kept <= end - earliest <= kept + 1048576
    first = exec_.output(stream, cursor=str(earliest), limit="1")[0]
    assert first["offset_start"] == earliest
    assert exec_.output(stream, cursor=str(earliest + 1), limit="1") == [first]


@FOLLOW
@pytest.mark.worker
def test_retained_output_can_be_followed(trimmed: tuple[Exec, str]) -> None:
    exec_, stream = trimmed
    earliest = oldest(exec_, stream)
    frames = exec_.followed(stream, cursor=str(earliest))
    starts = [chunk["offset_start"] for chunk in chunks_of(frames)]
    assert starts[0] == earliest
    assert all(one < other for one, other in pairwise(starts))
    assert terminal(frames).data["cursor"] == exec_.get()[f"{stream}_cursor"]


@OUTPUT
@pytest.mark.worker
def test_trimming_one_output_does_not_affect_the_other(trimmed: tuple[Exec, str]) -> None:
    exec_, stream = trimmed
    assert exec_.output("stderr" if stream == "stdout" else "stdout") == []


@OUTPUT
@rule(f"{DOCUMENT} 9.4")
@pytest.mark.worker
def test_the_output_of_a_pty_is_retained_like_that_of_an_exec(api: Api, workspace: Workspace) -> None:
    size = api.server.limits.retained + 524288
    pty = workspace.pty().opened()
    pty.type(b"head -c %d /dev/zero | tr '\\0' x; exit\r" % size)
    pty.until_end()
    earliest = oldest(pty, "output")
    assert pty.output("output", cursor=str(earliest), limit="1")[0]["offset_start"] == earliest


@OUTPUT
def test_a_repeated_key_returns_the_exec_with_the_same_output(api: Api, workspace: Workspace) -> None:
    body = {"command": ["cat"], "idempotency_key": unique()}
    first = ok(api.post(f"/api/workspaces/{workspace.id}/execs", body), 201)["exec"]
    again = ok(api.post(f"/api/workspaces/{workspace.id}/execs", body))["exec"]
    path = f"/api/workspaces/{workspace.id}/execs/{again['id']}/stdout"
    assert again["id"] == first["id"]
    assert ok(api.get(path)) == {"chunks": []}
