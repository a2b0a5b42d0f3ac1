"""Commands and terminals against scripted responses: byte offsets, ends of streams, errors."""

from __future__ import annotations

import json
import logging
import pickle
import traceback
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmr_ergonomic import AsyncLiveWorkspace, LiveWorkspace, errors
from helmr_ergonomic.output import OutputReader

from .driver import Driver

WORKSPACE = "0197b3c4-8000-7000-8000-000000000001"
ID = "0197b3c5-a000-7000-8000-000000000040"
PTY = "0197b3c5-c000-7000-8000-000000000060"
NOW = "2026-06-10T08:00:00Z"
MIB = 1 << 20
MOUNT: Any = None  # unused by these tests


def exec_(**fields: Any) -> dict[str, Any]:
    base = {
        "id": ID, "workspace_id": WORKSPACE, "command": ["x"], "cwd": "", "env_shape": {},
        "filesystem_mode": "write", "state": "running", "detached": False, "error": {}, "stdout_cursor": 0,
        "stderr_cursor": 0, "stdin_cursor": 0, "created_at": NOW, "updated_at": NOW,
    }  # fmt: skip
    return base | fields


def pty(**fields: Any) -> dict[str, Any]:
    base = {
        "id": PTY, "workspace_id": WORKSPACE, "cwd": "", "cols": 80, "rows": 24, "filesystem_mode": "write",
        "state": "open", "output_cursor": 0, "input_cursor": 0, "error": {}, "created_at": NOW,
        "updated_at": NOW,
    }  # fmt: skip
    return base | fields


def chunk(start: int, data: bytes, stream: str = "stdout") -> dict[str, Any]:
    return {
        "id": ID, "stream": stream, "offset_start": start, "offset_end": start + len(data),
        "data": b64encode(data).decode(), "observed_at": NOW, "created_at": NOW,
    }  # fmt: skip


def frame(event: str, data: dict[str, Any], at: int = 0) -> bytes:
    return f"id: {at}\nevent: workspace_stream_{event}\ndata: {json.dumps(data)}\n\n".encode()


def chunks(start: int, *parts: bytes) -> bytes:
    frames = b""
    for part in parts:
        frames += frame("chunk", chunk(start, part), start + len(part))
        start += len(part)
    return frames


def end(state: str = "exited", **error: Any) -> bytes:
    data = {
        "resource_kind": "workspace_exec", "resource_id": ID, "stream": "stdout", "state": state, "cursor": 0,
        "error": error,
    }  # fmt: skip
    return frame("lost" if state == "lost" else "terminal", data)


def events(*pieces: bytes) -> httpx.Response:
    return httpx.Response(200, headers={"content-type": "text/event-stream"}, content=b"".join(pieces))


def error(status: int, code: str | None = None, text: str = "no") -> httpx.Response:
    return httpx.Response(status, json={"error": text} | ({"code": code} if code else {}))


class Server:
    """Responds by method and last path segment, each time with the next response; the last one repeats."""

    def __init__(self, **responses: list[Any]) -> None:
        self.responses = responses
        self.seen: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        name = f"{request.method}_{request.url.path.rpartition('/')[2]}"
        if name in (f"GET_{ID}", f"GET_{PTY}"):
            name = "GET"
        script = self.responses[name]
        found = script.pop(0) if len(script) > 1 else script[0]
        if isinstance(found, Exception):
            raise found
        if callable(found):
            found = found(request)
        if isinstance(found, httpx.Response):  # copied, because parametrized responses are reused
            return httpx.Response(found.status_code, headers=found.headers, content=found.content)
        return httpx.Response(200, json=found)

    def bodies(self, name: str) -> list[dict[str, Any]]:
        return [
            json.loads(request.content)
            for request in self.seen
            if request.method == "POST" and request.url.path.endswith(name)
        ]

    def cursors(self, name: str = "stdout") -> list[str | None]:
        found = [request for request in self.seen if request.url.path.endswith(name)]
        return [request.url.params.get("cursor") for request in found]


def commands(drive: Driver, server: Callable[[httpx.Request], httpx.Response], **options: Any) -> Any:
    """Return a mounted workspace."""
    live = LiveWorkspace if drive.kind == "sync" else AsyncLiveWorkspace
    return live(drive.client(server, **options)._transport, WORKSPACE, MOUNT)


def handle(drive: Driver, server: Server, **options: Any) -> Any:
    """Return a handle opened by id."""
    return drive.client(server, **options).workspaces.execs.open(WORKSPACE, ID)


def terminal(drive: Driver, server: Server) -> Any:
    return drive.client(server).workspaces.ptys.open(WORKSPACE, PTY)


def made(**fields: Any) -> dict[str, Any]:
    return {"exec": exec_(state="materializing", **fields)}


def ended(code: int = 0, **fields: Any) -> dict[str, Any]:
    return {"exec": exec_(state="exited", exit_code=code, exited_at=NOW, **fields)}


# Following --------------------------------------------------------------------------------------------------


def followed(drive: Driver, server: Server, cursor: int = 0) -> list[Any]:
    return drive.items(handle(drive, server).stdout.follow(cursor=cursor))


def test_following_resumes_at_the_byte_where_the_stream_broke(drive: Driver, naps: list[float]) -> None:
    server = Server(
        GET_stdout=[
            events(chunks(0, b"one", b"two")),
            httpx.ReadError("gone"),
            events(chunks(6, b"three")),
            events(end()),
        ]
    )
    found = followed(drive, server)
    assert b"".join(one.data for one in found) == b"onetwothree"
    assert [one.offset for one in found] == [0, 3, 6]
    assert [one.cursor for one in found] == [3, 6, 11]
    assert server.cursors() == [None, "6", "6", "11"]


def test_bytes_before_the_cursor_are_dropped(drive: Driver, naps: list[float]) -> None:
    server = Server(GET_stdout=[events(chunks(0, b"onetwo", b"three"), end())])
    found = followed(drive, server, cursor=4)
    assert [(one.offset, one.data) for one in found] == [(4, b"wo"), (6, b"three")]
    server = Server(GET_stdout=[events(chunks(0, b"one", b"two"), chunks(0, b"one", b"two", b"x"), end())])
    assert b"".join(one.data for one in followed(drive, server)) == b"onetwox"


def test_missing_bytes_are_requested_again(drive: Driver, naps: list[float]) -> None:
    server = Server(
        GET_stdout=[
            events(chunks(0, b"one"), chunks(6, b"three"), end()),
            events(chunks(3, b"two", b"three"), end()),
        ]
    )
    assert b"".join(one.data for one in followed(drive, server)) == b"onetwothree"
    assert server.cursors() == [None, "3"]


@pytest.mark.parametrize(
    "piece",
    [
        frame("chunk", chunk(5, b"x")),
        b"id: 1\ndata: nonsense\n\n",
        b"id: 1\ndata: []\n\n",
    ],
    ids=["gap", "no json", "no object"],
)
def test_repeated_invalid_events_are_an_error(drive: Driver, naps: list[float], piece: bytes) -> None:
    server = Server(GET_stdout=[events(piece)])
    with pytest.raises(errors.UnexpectedResponseError, match="control plane"):
        followed(drive, server)
    assert len(server.seen) == 3


@pytest.mark.parametrize(
    "fields",
    [
        {"data": "!"},
        {"data": "eA"},
        {"data": None},
        {"offset_end": 9},
        {"offset_start": -1},
        {"offset_start": "0"},
    ],
)
def test_a_malformed_chunk_is_an_error(drive: Driver, naps: list[float], fields: Any) -> None:
    server = Server(GET_stdout=[events(frame("chunk", chunk(0, b"x") | fields))])
    with pytest.raises(errors.UnexpectedResponseError):
        followed(drive, server)


def test_text_has_whole_characters_and_ends_with_the_remaining_bytes(
    drive: Driver, naps: list[float]
) -> None:
    content = "ü€𝄞".encode() + b"\xe2\x82"
    server = Server(
        GET_stdout=[
            events(chunks(0, *(bytes([byte]) for byte in content[:4]))),
            events(chunks(4, content[4:]), end()),
        ]
    )
    found = followed(drive, server)
    assert b"".join(one.data for one in found) == content
    assert "".join(one.text for one in found) == "ü€𝄞\ufffd"
    assert (found[-1].data, found[-1].text, found[-1].cursor) == (b"", "\ufffd", len(content))


@pytest.mark.parametrize(
    ("state", "kind"), [("lost", errors.ProcessLostError), ("failed", errors.ProcessFailedError)]
)
def test_a_lost_or_failed_process_raises_after_its_output(
    drive: Driver, naps: list[float], state: str, kind: type[Exception]
) -> None:
    server = Server(GET_stdout=[events(chunks(0, b"so far"), end(state, message="no such program"))])
    follow = handle(drive, server).stdout.follow()
    assert drive.items(follow, most=1)[0].data == b"so far"
    with pytest.raises(kind, match="no such program"):
        followed(drive, Server(GET_stdout=[events(end(state, message="no such program"))]))


@pytest.mark.parametrize("state", ["exited", "terminated"])
def test_following_an_exited_or_terminated_process_just_ends(
    drive: Driver, naps: list[float], state: str
) -> None:
    assert followed(drive, Server(GET_stdout=[events(end(state, code="workspace_mount_stopped"))])) == []


EXPIRED = "workspace stream cursor expired; earliest available cursor is 4096"


@pytest.mark.parametrize(
    "response",
    [
        error(410, "workspace_stream_cursor_expired", EXPIRED),
        events(frame("error", {"code": "workspace_stream_cursor_expired", "message": EXPIRED, "cursor": 7})),
    ],
    ids=["before", "within"],
)
def test_the_error_for_an_expired_cursor_has_the_earliest_available_cursor(
    drive: Driver, naps: list[float], response: httpx.Response
) -> None:
    with pytest.raises(errors.OutputExpiredError, match="4096") as caught:
        followed(drive, Server(GET_stdout=[response]), cursor=7)
    assert (caught.value.cursor, caught.value.earliest) == (7, 4096)
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301
    assert again.earliest == 4096
    page = error(410, "workspace_stream_cursor_expired", EXPIRED)
    with pytest.raises(errors.OutputExpiredError):
        drive(handle(drive, Server(GET_stdout=[page])).stdout.read(cursor=7))


def test_a_failed_stream_is_reopened(drive: Driver, naps: list[float]) -> None:
    failed = frame("error", {"code": "workspace_stream_follow_failed", "message": "failed to read"})
    server = Server(GET_stdout=[events(chunks(0, b"a"), failed), error(503), events(chunks(1, b"b"), end())])
    assert b"".join(one.data for one in followed(drive, server)) == b"ab"


@pytest.mark.parametrize("response", [error(404), error(401), error(403), error(400)])
def test_a_permanent_error_ends_a_follow(drive: Driver, naps: list[float], response: httpx.Response) -> None:
    with pytest.raises(errors.HelmrStatusError):
        followed(drive, Server(GET_stdout=[response]))


@pytest.mark.parametrize("cursor", [-1, "1", 1.5, True, None, 2**63])
def test_a_cursor_is_a_number_of_bytes(drive: Driver, cursor: Any) -> None:
    server = Server(GET_stdout=[error(500)])
    with pytest.raises(errors.ArgumentError, match="cursor"):
        followed(drive, server, cursor)
    assert server.seen == []


@given(st.binary(max_size=60), st.data())
def test_chunking_and_overlaps_do_not_change_the_output(content: bytes, data: st.DataObject) -> None:
    """Overlapping and repeated chunks that split characters yield each byte once and only whole
    characters."""
    start = data.draw(st.integers(0, len(content)))
    reader = OutputReader(start, "output")
    found, text = b"", ""
    while reader.cursor < len(content):
        begin = data.draw(st.integers(0, reader.cursor))
        stop = data.draw(st.integers(reader.cursor + 1, len(content)))
        known = content[begin : reader.cursor]
        if known and data.draw(st.booleans()):
            assert reader.take(chunk(begin, known)) is None
        new = reader.take(chunk(begin, content[begin:stop]))
        if new is not None:
            assert new.offset == start + len(found)
            found, text = found + new.data, text + new.text
    rest = reader.rest()
    assert found == content[start:]
    assert text + (rest.text if rest else "") == content[start:].decode("utf-8", "replace")


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "offset_start": st.sampled_from([0, 1, 3, -1, "0", True, 1.0, None, 2**63]),
            "offset_end": st.sampled_from([2, 3, 4, -1, None, 2**63]),
            "data": st.sampled_from(
                ["aGk=", "aGkh", "aGkhIQ==", "aG\nk=", "aGk", "a-k_", "é", "", None, 5, []]
            ),
            "later": st.sampled_from([1, "\ud800", {"data": 1}]),
        },
    ),
)
def test_a_frame_is_read_like_its_object(fields: dict[str, Any]) -> None:
    def outcome(read: Any, *arguments: Any) -> Any:
        try:
            return read(*arguments)
        except errors.UnexpectedResponseError as error:
            return str(error)

    given = {"offset_start": 0, "offset_end": 2, "data": "aGk="} | fields
    text = json.dumps(given).replace("/", "\\/").encode()
    frames, objects = OutputReader(0, "output"), OutputReader(0, "output")
    assert outcome(frames.frame, text) == outcome(objects.take, given)
    assert (frames.cursor, frames.is_behind) == (objects.cursor, objects.is_behind)


def test_a_frame_that_is_not_valid_utf_8_is_no_event() -> None:
    """Not even if the invalid bytes are in a field that is not read."""
    reader = OutputReader(0, "output")
    assert reader.frame(b'{"offset_start": 0, "offset_end": 2, "data": "aGk=", "later": "\xff"}') is None
    assert (reader.cursor, reader.is_behind) == (0, True)


def test_read_requests_all_pages(drive: Driver) -> None:
    def page(request: httpx.Request) -> dict[str, Any]:
        cursor = int(request.url.params.get("cursor", "0"))
        content = b"0123456789"
        return {"chunks": [chunk(at, content[at : at + 4]) for at in (0, 4, 8) if at + 4 > cursor < 10][:1]}

    server = Server(GET_stdout=[page])
    found = drive(handle(drive, server).stdout.read(cursor=2))
    assert (found.offset, found.data, found.cursor, found.text) == (2, b"23456789", 10, "23456789")


# Writing ----------------------------------------------------------------------------------------------------


def stored(request: httpx.Request) -> dict[str, Any]:
    body = json.loads(request.content)
    return chunk(body.get("offset", 0), b64decode(body["data"]), "stdin")


def test_input_is_split_into_chunks_with_offsets(drive: Driver) -> None:
    server = Server(POST_execs=[made()], POST_stdin=[stored])
    proc = drive(commands(drive, server).exec(["cat"], stdin=True))
    assert drive(proc.stdin.write("ü")) == 2
    content = bytes(range(256)) * (10 * MIB // 1024)  # 2.5 MiB
    assert drive(proc.stdin.write(content)) == len(content)
    assert drive(proc.stdin.write(b"")) == 0
    bodies = server.bodies("/stdin")
    assert [body["offset"] for body in bodies] == [0, 2, 2 + MIB, 2 + 2 * MIB]
    parts = [b64decode(body["data"]) for body in bodies]
    assert parts[0] == "ü".encode()
    assert b"".join(parts[1:]) == content
    assert max(map(len, parts)) == MIB


def test_input_is_repeated_at_its_offset_if_the_response_was_lost(drive: Driver, naps: list[float]) -> None:
    server = Server(POST_execs=[made()], POST_stdin=[stored, httpx.ReadError("lost"), error(503), stored])
    proc = drive(commands(drive, server).exec(["cat"], stdin=True))
    drive(proc.stdin.write(b"one"))
    drive(proc.stdin.write(b"two"))
    assert [(body["offset"], body["data"]) for body in server.bodies("/stdin")] == [
        (0, "b25l"),
        (3, "dHdv"),
        (3, "dHdv"),
        (3, "dHdv"),
    ]


def test_a_failed_write_can_be_repeated_from_its_start(drive: Driver, naps: list[float]) -> None:
    content = bytes(MIB + 5)
    server = Server(POST_execs=[made()], POST_stdin=[stored, error(500), stored])
    proc = drive(commands(drive, server).exec(["cat"], stdin=True))
    with pytest.raises(errors.ServerError):
        drive(proc.stdin.write(content))
    assert drive(proc.stdin.write(content)) == len(content)
    assert [body["offset"] for body in server.bodies("/stdin")] == [0, MIB, 0, MIB]


def test_a_handle_opened_by_id_continues_at_the_servers_input_cursor(drive: Driver) -> None:
    server = Server(GET=[{"exec": exec_(stdin_cursor=7)}], POST_stdin=[stored])
    proc = handle(drive, server)
    assert server.seen == []
    drive(proc.stdin.write(b"more"))
    drive(proc.stdin.write(b"!"))
    assert [body["offset"] for body in server.bodies("/stdin")] == [7, 11]


@pytest.mark.parametrize(
    "code", ["workspace_exec_terminal", "workspace_exec_stdin_closed", "workspace_stream_offset_conflict"]
)
def test_rejected_input_is_a_conflict_and_is_not_repeated(
    drive: Driver, naps: list[float], code: str
) -> None:
    server = Server(GET=[{"exec": exec_()}], POST_stdin=[error(409, code)])
    with pytest.raises(errors.ConflictError) as caught:
        drive(handle(drive, server).stdin.write(b"x"))
    assert caught.value.code == code
    assert len(server.bodies("/stdin")) == 1


def test_input_that_ended_the_program_counts_as_written(drive: Driver, naps: list[float]) -> None:
    """The response to `exit` is lost, and the retry arrives after the program ended."""
    server = Server(
        GET=[{"pty": pty()}, {"pty": pty(state="closed", input_cursor=5)}],
        POST_input=[httpx.ReadError("lost"), error(409, "workspace_pty_terminal")],
    )
    assert drive(terminal(drive, server).write("exit\r")) == 5
    late = Server(
        GET=[{"pty": pty()}, {"pty": pty(state="closed", input_cursor=4)}],
        POST_input=[error(409, "workspace_pty_terminal")],
    )
    with pytest.raises(errors.ConflictError):
        drive(terminal(drive, late).write("exit\r"))


@pytest.mark.parametrize("data", [1, None, ["x"], "\ud800"])
def test_input_must_be_bytes_or_a_string(drive: Driver, data: Any) -> None:
    server = Server(GET=[{"exec": exec_()}], POST_stdin=[stored])
    with pytest.raises(errors.ArgumentError, match="data"):
        drive(handle(drive, server).stdin.write(data))
    assert server.seen == []


def test_closing_stdin_is_retried_and_succeeds_on_an_ended_exec(drive: Driver, naps: list[float]) -> None:
    server = Server(POST_close=[error(503), httpx.ReadError("lost"), error(409, "workspace_exec_terminal")])
    drive(handle(drive, server).stdin.close())
    assert len(server.seen) == 3
    server = Server(POST_close=[error(503)])
    with pytest.raises(errors.ServerError):
        drive(handle(drive, server, max_retries=1).stdin.close())
    assert len(server.seen) == 2


# Starting and running ---------------------------------------------------------------------------------------


def test_stdin_is_closed_unless_it_is_requested(drive: Driver) -> None:
    server = Server(POST_execs=[made()], POST_close=[made()])
    drive(commands(drive, server).exec(["cat"]))
    assert [request.url.path.rpartition("/")[2] for request in server.seen] == ["execs", "close"]
    body = server.bodies("/execs")[0]
    assert body["detached"] is True
    assert body["idempotency_key"]
    assert set(body) == {"command", "detached", "idempotency_key"}


def test_a_create_is_retried_with_the_same_key(drive: Driver, naps: list[float]) -> None:
    server = Server(POST_execs=[httpx.ReadError("lost"), error(502), made()], POST_close=[made()])
    drive(commands(drive, server).exec(["x"], cwd="/a", env={"A": "b"}))
    bodies = server.bodies("/execs")
    assert bodies[0] == bodies[1] == bodies[2]
    assert (bodies[0]["cwd"], bodies[0]["env"]) == ("/a", {"A": "b"})


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("idempotency_fingerprint_mismatch", errors.ConflictError),
        ("idempotency_pending", errors.IdempotencyPendingError),
        (None, errors.ServerError),
    ],
)
def test_a_500_raises_by_its_code_and_is_not_retried(
    drive: Driver, naps: list[float], code: str | None, kind: type[errors.HelmrStatusError]
) -> None:
    server = Server(POST_execs=[error(500, code)], POST_pty=[error(500, code)])
    with pytest.raises(kind) as caught:
        drive(commands(drive, server).exec(["x"], idempotency_key="k"))
    assert (caught.value.status, caught.value.code) == (500, code)
    assert type(caught.value) is kind
    with pytest.raises(kind):
        opened(drive, commands(drive, server))
    assert len(server.seen) == 2
    assert naps == []


SECRET = "tops3cret-value"


def test_environment_values_are_never_shown(
    drive: Driver, naps: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    shown: list[str] = []
    responses: list[Any] = [
        error(400, text="invalid"),
        error(500),
        httpx.ReadError("lost"),
        {"exec": {}},
        made(),
    ]
    for response in responses:
        server = Server(POST_execs=[response], POST_close=[made(env_shape={"TOKEN": SECRET})])
        try:
            proc = drive(commands(drive, server).exec(["x"], env={"TOKEN": SECRET}))
            shown += [repr(proc), repr(proc.stdin), repr(proc.stdout)]
        except errors.HelmrError as exc:
            shown += [str(exc), repr(exc), "".join(traceback.format_exception(exc))]
            shown.append(repr(pickle.loads(pickle.dumps(exc))))  # noqa: S301
    for bad in ({"A": 1, "TOKEN": SECRET}, {1: SECRET}, [SECRET]):
        with pytest.raises(errors.ArgumentError) as caught:
            drive(commands(drive, Server()).exec(["x"], env=bad))
        shown.append(str(caught.value))
    found = drive(handle(drive, Server(GET=[{"exec": exec_(env_shape={"TOKEN": SECRET})}])).retrieve())
    assert found.env_shape == {"TOKEN": SECRET}
    shown += [repr(found), str(found), caplog.text]
    assert SECRET not in "\n".join(shown)


@pytest.mark.parametrize(
    "options",
    [
        {"command": "ls -l"},
        {"command": []},
        {"command": [1]},
        {"command": ["x"], "cwd": 1},
        {"command": ["x"], "env": "A=b"},
        {"command": ["x"], "stdin": 1},
    ],
)
def test_invalid_arguments_make_no_request(drive: Driver, options: dict[str, Any]) -> None:
    server = Server(POST_execs=[made()])
    with pytest.raises(errors.ArgumentError):
        drive(commands(drive, server).exec(**options))
    assert server.seen == []


def test_a_run_returns_the_exit_code_and_all_output(drive: Driver, naps: list[float]) -> None:
    server = Server(
        POST_execs=[made()],
        POST_stdin=[stored],
        POST_close=[made()],
        GET=[
            made(),
            {"exec": exec_(stdout_cursor=3)},
            error(503),
            ended(3, stdout_cursor=6, stderr_cursor=2),
        ],
        GET_stdout=[{"chunks": [chunk(0, b"one")]}, {"chunks": [chunk(3, b"two")]}],
        GET_stderr=[{"chunks": [chunk(0, b"\xff!", "stderr")]}],
    )
    result = drive(commands(drive, server).run(["x", "y"], input="given"))
    assert (result.exit_code, result.signal, result.ok) == (3, None, False)
    assert (result.stdout, result.stderr, result.stderr_bytes) == ("onetwo", "\ufffd!", b"\xff!")
    assert (result.command, result.exec_id) == (("x", "y"), ID)
    assert server.cursors() == [None, "3"]
    assert [b64decode(body["data"]) for body in server.bodies("/stdin")] == [b"given"]
    assert server.bodies("/execs")[0].get("detached") is None
    with pytest.raises(
        errors.CommandFailedError, match=r"'x' exited with 3; the last line of stderr: .!"
    ) as caught:
        result.check()
    assert caught.value.result is result
    assert "onetwo" not in repr(result)


def test_a_nonzero_exit_code_is_an_error_only_with_check(drive: Driver, naps: list[float]) -> None:
    def server() -> Server:
        return Server(POST_execs=[made()], POST_close=[made()], GET=[ended(1)])

    assert drive(commands(drive, server()).run(["x"])).exit_code == 1
    with pytest.raises(errors.CommandFailedError):
        drive(commands(drive, server()).run(["x"], check=True))
    killed = Server(
        POST_execs=[made()],
        POST_close=[made()],
        GET=[{"exec": exec_(state="exited", signal="SIGKILL")}],
    )
    with pytest.raises(errors.CommandFailedError, match="ended by SIGKILL"):
        drive(commands(drive, killed).run(["x"], check=True))


def test_run_waits_for_delayed_output(drive: Driver, naps: list[float]) -> None:
    server = Server(
        POST_execs=[made()],
        POST_close=[made()],
        GET=[ended(stdout_cursor=3)],
        GET_stdout=[
            {"chunks": []},
            {"chunks": [chunk(0, b"on")]},
            {"chunks": []},
            {"chunks": [chunk(2, b"e")]},
        ],
    )
    assert drive(commands(drive, server).run(["x"])).stdout == "one"


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("lost", errors.ProcessLostError),
        ("failed", errors.ProcessFailedError),
        ("terminated", errors.ProcessStoppedError),
    ],
)
def test_run_raises_if_the_process_did_not_exit_by_itself(
    drive: Driver, naps: list[float], state: str, kind: type[Exception]
) -> None:
    server = Server(
        POST_execs=[made()],
        POST_close=[made()],
        GET=[{"exec": exec_(state=state, error={"code": "workspace_mount_lost"})}],
    )
    with pytest.raises(kind):
        drive(commands(drive, server).run(["x"]))


def test_run_returns_a_result_if_the_process_exits_before_its_input(drive: Driver, naps: list[float]) -> None:
    server = Server(
        POST_execs=[made()],
        POST_stdin=[error(409, "workspace_exec_terminal")],
        POST_close=[error(409, "workspace_exec_terminal")],
        GET=[ended()],
    )
    assert drive(commands(drive, server).run(["true"], input=b"x")).ok


@pytest.mark.parametrize(
    ("look", "message"),
    [
        (made(), "it is materializing"),
        ({"exec": exec_(stdout_cursor=3)}, "it is running"),
        (httpx.ConnectError("refused"), "refused"),
        (error(503), "503"),
    ],
    ids=["no worker", "slow", "unreachable", "unavailable"],
)
def test_run_times_out_with_the_state_of_the_process(drive: Driver, look: Any, message: str) -> None:
    server = Server(
        POST_execs=[made()],
        POST_close=[made()],
        GET=[look],
        GET_stdout=[{"chunks": [chunk(0, b"one")]}],
    )
    with pytest.raises(errors.ProcessTimeoutError, match=message) as caught:
        drive(commands(drive, server, max_retries=0).run(["x"], timeout=0.2))
    assert isinstance(caught.value, errors.WaitTimeoutError)
    assert caught.value.process_id == ID
    assert caught.value.timeout == 0.2
    if message == "it is running":
        assert caught.value.stdout == b"one"
        assert "stdout" not in str(caught.value)


def test_run_times_out_if_its_input_cannot_be_sent(drive: Driver) -> None:
    server = Server(POST_execs=[made()], POST_stdin=[error(503)], GET=[made()])
    with pytest.raises(errors.ProcessTimeoutError, match="did not receive its input"):
        drive(commands(drive, server, max_retries=0).run(["x"], input=b"x", timeout=0.2))


def test_wait_has_no_default_timeout_and_tolerates_transient_errors(drive: Driver, naps: list[float]) -> None:
    looks: list[Any] = [made()] * 30 + [error(503), httpx.ReadError("x"), error(500)] + [ended(5)]
    server = Server(GET=looks)
    assert drive(handle(drive, server, max_retries=0).wait()).exit_code == 5
    assert naps[0] < 0.05
    assert max(naps) <= 2.0
    assert sorted(naps[:10]) == naps[:10] or naps[9] > naps[0]
    with pytest.raises(errors.NotFoundError):
        drive(handle(drive, Server(GET=[error(404)])).wait())


# Terminals --------------------------------------------------------------------------------------------------


def opened(drive: Driver, live: Any, **options: Any) -> list[Any]:
    """Return the ids of the terminals that a `with` block opened."""
    if drive.kind == "sync":
        with live.pty(**options) as one:
            return [one.id]

    async def use() -> list[Any]:
        async with live.pty(**options) as one:
            return [one.id]

    return list(drive(use()))


def states(*names: str) -> list[Any]:
    return [{"pty": pty(state=name)} for name in names]


def test_the_block_waits_until_the_terminal_is_open_and_closes_it(drive: Driver, naps: list[float]) -> None:
    server = Server(
        POST_pty=[{"pty": pty(state="creating")}],
        GET=states("creating", "creating", "open", "open", "closing", "closed"),
        POST_close=[{"pty": pty(state="closing")}],
    )
    assert opened(drive, commands(drive, server), cols=100, rows=30, cwd="/x") == [PTY]
    body = server.bodies("/pty")[0]
    assert (body["cols"], body["rows"], body["cwd"]) == (100, 30, "/x")
    assert [request.method for request in server.seen].count("POST") == 2


def test_an_ended_terminal_is_not_closed_again(drive: Driver, naps: list[float]) -> None:
    server = Server(POST_pty=[{"pty": pty(state="creating")}], GET=states("open", "closed"))
    assert opened(drive, commands(drive, server)) == [PTY]
    late = Server(
        POST_pty=[{"pty": pty(state="creating")}],
        GET=states("open", "open", "closed"),
        POST_close=[error(409, "workspace_pty_not_open")],
    )
    assert opened(drive, commands(drive, late)) == [PTY]


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("failed", errors.ProcessFailedError),
        ("lost", errors.ProcessLostError),
        ("closed", errors.ConflictError),
    ],
)
def test_a_terminal_that_does_not_open_raises(
    drive: Driver, naps: list[float], state: str, kind: type[Exception]
) -> None:
    server = Server(POST_pty=[{"pty": pty(state="creating")}], GET=states("creating", state))
    with pytest.raises(kind):
        opened(drive, commands(drive, server))


def test_opening_a_terminal_times_out(drive: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("sync", "async"):
        monkeypatch.setattr(f"helmr_ergonomic._{kind}.ptys.CLOSING", 0.05)
    server = Server(POST_pty=[{"pty": pty(state="creating")}], GET=states("creating"))
    with pytest.raises(errors.ProcessTimeoutError, match=r"is not open within 0\.1 s: it is creating"):
        opened(drive, commands(drive, server), timeout=0.1)


def test_terminal_input_has_offsets(drive: Driver) -> None:
    server = Server(GET=[{"pty": pty(input_cursor=3)}], POST_input=[stored])
    one = terminal(drive, server)
    drive(one.write("ls\r"))
    drive(one.write(b"x"))
    assert [body["offset"] for body in server.bodies("/input")] == [3, 6]


def test_a_resize_waits_for_earlier_ones_and_its_own_completion(drive: Driver, naps: list[float]) -> None:
    server = Server(
        GET=states("resizing", "open", "resizing", "open"), POST_resize=[{"pty": pty(state="resizing")}]
    )
    drive(terminal(drive, server).resize(100, 30))
    assert server.bodies("/resize") == [{"cols": 100, "rows": 30}]
    assert [request.method for request in server.seen] == ["GET", "GET", "POST", "GET", "GET"]
    for size in ((0.5, 1), ("80", 24)):
        with pytest.raises(errors.ArgumentError):
            drive(terminal(drive, server).resize(*size))


def test_following_a_terminal_resumes_at_a_byte_offset(drive: Driver, naps: list[float]) -> None:
    server = Server(GET_output=[events(chunks(0, b"$ l")), events(chunks(0, b"$ ls\r\n"), end("closed"))])
    found = drive.items(terminal(drive, server).follow())
    assert b"".join(one.data for one in found) == b"$ ls\r\n"
    page = Server(GET_output=[{"chunks": [chunk(0, b"$ ")]}, {"chunks": []}])
    assert drive(terminal(drive, page).read()).text == "$ "
