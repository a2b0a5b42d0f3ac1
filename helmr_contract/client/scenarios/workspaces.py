"""Execs and PTYs of workspaces: byte streams, read and written by offset."""

from __future__ import annotations

import base64
from typing import Any

from helmr_contract.client.http1 import Received
from helmr_contract.client.plane import CUT, Reply, dropped, error
from helmr_contract.client.plane import events as stream_of
from helmr_contract.client.processes import (
    EXEC,
    LARGEST_WRITE,
    PTY,
    WORKSPACE,
    Process,
    chunk,
    chunk_frame,
    encoded,
    frame,
)
from helmr_contract.client.scenario import Level, Stage, scenario

EXECS = f"/api/workspaces/{WORKSPACE}/execs"
STDOUT = f"GET {EXECS}/{EXEC}/stdout"
STDIN = f"POST {EXECS}/{EXEC}/stdin"
PTYS = f"/api/workspaces/{WORKSPACE}/pty"
PTY_OUTPUT = f"GET {PTYS}/{PTY}/output"
PTY_INPUT = f"POST {PTYS}/{PTY}/input"

EXPIRED = "workspace_stream_cursor_expired"
GONE = "workspace stream cursor expired; earliest available cursor is 100"
ON_EXEC = {"workspace_id": WORKSPACE, "exec_id": EXEC}
ON_PTY = {"workspace_id": WORKSPACE, "pty_id": PTY}
OUTPUT = {**ON_EXEC, "stream": "stdout"}


def cursor(request: Received) -> int:
    """Return the byte offset from which an output is read."""
    return int(request.param("cursor") or request.header("last-event-id") or 0)


def finished(stage: Stage, *pieces: bytes) -> Process:
    """Make the exec write these pieces, one chunk each, and end."""
    process = stage.world.workspace.exec
    process.writes_out(*pieces)
    process.ends("exited")
    return process


def first_streams(stage: Stage, pattern: str, *replies: Reply) -> None:
    """Script the first streams; later ones come from the world."""
    left = list(replies)
    stage.on(pattern, lambda request: left.pop(0) if request.wants_events and left else None)


def followed(stage: Stage, call: str = "execs.follow_output", **args: Any) -> bytes:
    """Return the bytes of an output that the client follows to its end."""
    place = ON_PTY if call.startswith("ptys.") else OUTPUT
    return base64.b64decode(stage.returns(call, **{**place, "within": 60, **args})["data"])


def the_bytes(stage: Stage, got: bytes, wanted: bytes) -> None:
    stage.equal(got.decode("latin-1"), wanted.decode("latin-1"), "the output")


# Reading ----------------------------------------------------------------------------------------------------


@scenario("workspaces/output-resumed-by-byte-offset", "execs.follow_output")
def resume(stage: Stage) -> None:
    """After a cut, the output continues at the same byte: none is lost and none arrives twice."""
    process = finished(stage, b"one\n", b"two\n", b"three\n")
    first, second, _ = (chunk_frame(one) for one in process.output)
    first_streams(stage, STDOUT, stream_of([first, second, CUT]))
    the_bytes(stage, followed(stage), b"one\ntwo\nthree\n")
    cursors = [cursor(one) for one in stage.requests(STDOUT)[:2]]
    stage.equal(cursors, [0, 8], "the cursors of the first two requests, in bytes")


@scenario("workspaces/output-cut-inside-a-chunk", "execs.follow_output")
def cut_inside(stage: Stage) -> None:
    """A chunk that is cut off in the middle is not reported until it has arrived completely."""
    process = finished(stage, b"one\n", b"two\n")
    first, second = (chunk_frame(one) for one in process.output)
    first_streams(stage, STDOUT, stream_of([first, second[: len(second) // 2], CUT]))
    the_bytes(stage, followed(stage), b"one\ntwo\n")


@scenario("workspaces/output-chunk-before-cursor", "execs.follow_output")
def overlap(stage: Stage) -> None:
    """If a chunk starts before the cursor, only its bytes after the cursor are reported."""
    finished(stage, b"0123456789", b"abc")
    the_bytes(stage, followed(stage, cursor=4), b"456789abc")
    stage.equal(cursor(stage.requests(STDOUT)[0]), 4, "the cursor of the first request")


@scenario("workspaces/output-chunks-split-differently", "execs.follow_output")
def cut_anew(stage: Stage) -> None:
    """A server that splits the same bytes differently after a reconnect does not cause duplicates."""
    finished(stage, b"0123456789", b"abc")
    first_streams(stage, STDOUT, stream_of([chunk_frame(chunk(0, b"01234")), CUT]))
    the_bytes(stage, followed(stage), b"0123456789abc")


@scenario("workspaces/output-bytes-exact", "execs.follow_output", "execs.read_output")
def exact(stage: Stage) -> None:
    """Output consists of bytes: invalid UTF-8 and split characters arrive as written."""
    whole = bytes(range(256)) + "é€".encode()
    finished(stage, whole[:257], whole[257:260], whole[260:])
    the_bytes(stage, followed(stage), whole)
    read = stage.returns("execs.read_output", **OUTPUT)
    the_bytes(stage, base64.b64decode(read["data"]), whole)
    stage.equal(read["cursor"], len(whole), "the cursor after it, in bytes")


@scenario("workspaces/output-read-over-pages", "execs.read_output")
def pages(stage: Stage) -> None:
    """Output is read page by page, from the requested byte to the last."""
    pieces = [b"%04d\n" % number for number in range(600)]
    finished(stage, *pieces)
    read = stage.returns("execs.read_output", **OUTPUT, cursor=12)
    the_bytes(stage, base64.b64decode(read["data"]), b"".join(pieces)[12:])


@scenario("workspaces/output-stderr-separate", "execs.follow_output")
def stderr(stage: Stage) -> None:
    """Standard output and standard error are two streams, with separate offsets."""
    process = finished(stage, b"out")
    process.errors = [chunk(0, b"error", "stderr")]
    the_bytes(stage, followed(stage), b"out")
    the_bytes(stage, followed(stage, stream="stderr"), b"error")


@scenario("workspaces/output-stream-without-end-reopened", "execs.follow_output")
def without_end(stage: Stage) -> None:
    """A stream that ends without its terminal frame, as after 30 minutes, is reopened."""
    process = finished(stage, b"one\n", b"two\n")
    first_streams(stage, STDOUT, stream_of([chunk_frame(process.output[0])]), stream_of([]))
    the_bytes(stage, followed(stage), b"one\ntwo\n")


@scenario("workspaces/cursor-expired-reported", "execs.follow_output")
def expired(stage: Stage) -> None:
    """A 410 for output that is no longer kept is an immediate error: no byte is skipped silently."""
    stage.on(STDOUT, lambda _: error(410, GONE, EXPIRED))
    _expired(stage)
    stage.equal(len(stage.requests(STDOUT)), 1, "the number of requests")


@scenario("workspaces/cursor-expired-frame-reported", "execs.follow_output")
def expired_frame(stage: Stage) -> None:
    """If a frame after some output reports that output is no longer kept, the follow ends with that error."""
    finished(stage, b"one\n")
    error = frame("workspace_stream_error", 4, {"code": EXPIRED, "message": GONE, "cursor": 4})
    stage.on(STDOUT, lambda _: stream_of([chunk_frame(chunk(0, b"one\n")), error]))
    _expired(stage)


def _expired(stage: Stage) -> None:
    problem = stage.raises("execs.follow_output", "output_expired", "status", **OUTPUT)
    stage.check(
        problem.kind == "output_expired" or problem.code == EXPIRED, f"its code is {EXPIRED}; it is {problem}"
    )


@scenario("workspaces/lost-and-failed-are-errors", "execs.follow_output", "execs.wait")
def lost_and_failed(stage: Stage) -> None:
    """An exec that is lost or could not be run is an error: its output so far is not treated as complete."""
    process = stage.world.workspace.exec
    process.writes_out(b"half of ")
    for state, code in (("lost", "workspace_mount_lost"), ("failed", "exec_failed")):
        process.ends(state, code)
        stage.raises("execs.follow_output", f"process_{state}", **OUTPUT)
        stage.raises("execs.wait", f"process_{state}", **ON_EXEC, timeout_seconds=10)


@scenario("workspaces/pty-output-resumed", "ptys.follow_output")
def pty_output(stage: Stage) -> None:
    """The output of a PTY continues at the same byte, and ends when the PTY is closed."""
    process = stage.world.workspace.pty
    process.writes_out(b"$ ls\r\n", b"a  b\r\n")
    process.ends("closed")
    first_streams(stage, PTY_OUTPUT, stream_of([chunk_frame(process.output[0]), CUT]))
    the_bytes(stage, followed(stage, "ptys.follow_output"), b"$ ls\r\na  b\r\n")
    stage.equal([cursor(one) for one in stage.requests(PTY_OUTPUT)][:2], [0, 6], "the cursors")


# Writing ----------------------------------------------------------------------------------------------------


def written(stage: Stage, call: str, *pieces: bytes) -> None:
    """Write these pieces with the client, one after another, through one handle."""
    place = ON_PTY if call.startswith("ptys.") else ON_EXEC
    stage.returns(call, **place, data=[encoded(piece) for piece in pieces])


def loses_first_response(stage: Stage, pattern: str, process: Process) -> None:
    """Script a server that stores the first write but loses its response."""
    times = 0

    def handler(request: Received) -> Reply:
        nonlocal times
        times += 1
        response = process.write(request)
        return dropped(says="stored, and closed without a response") if times == 1 else response

    stage.on(pattern, handler)


def stored(stage: Stage, process: Process, *writes: tuple[int, bytes]) -> None:
    shown = [[offset, data.decode("latin-1")] for offset, data in process.writes]
    wanted = [[offset, data.decode("latin-1")] for offset, data in writes]
    stage.equal(shown, wanted, "the stored writes, each with its offset")


@scenario("workspaces/stdin-retried-at-its-offset", "execs.write")
def stdin_retried(stage: Stage) -> None:
    """A write whose response was lost is repeated with the same bytes at the same offset, and stored once."""
    process = stage.world.workspace.exec
    process.input = b"before\n"
    loses_first_response(stage, STDIN, process)
    written(stage, "execs.write", b"one\n", b"two\n")
    stored(stage, process, (7, b"one\n"), (11, b"two\n"))
    first, second = stage.requests(STDIN)[:2]
    stage.equal(second.json, first.json, "the body of the repeat")


@scenario("workspaces/stdin-bytes-exact", "execs.write")
def stdin_exact(stage: Stage) -> None:
    """All bytes are written verbatim, and offsets count bytes, not characters."""
    process = stage.world.workspace.exec
    written(stage, "execs.write", "é€\n".encode(), b"\xff\x00\r\n")
    stored(stage, process, (0, "é€\n".encode()), (6, b"\xff\x00\r\n"))


@scenario("workspaces/stdin-large-write-split", "execs.write", level=Level.SHOULD)
def stdin_large(stage: Stage) -> None:
    """Input larger than a request's limit of 1 MiB is split into several writes, each at its offset."""
    process = stage.world.workspace.exec
    whole = bytes(range(256)) * (LARGEST_WRITE // 256) + b"the rest"
    written(stage, "execs.write", whole)
    stage.check(process.input == whole, f"all bytes arrive in their order; {len(process.input)} bytes came")


@scenario("workspaces/stdin-offset-conflict-reported", "execs.write")
def stdin_conflict(stage: Stage) -> None:
    """When someone else has written at the offset, the client reports an error with its code, and does not
    repeat the write.
    """
    code = "workspace_stream_offset_conflict"
    stage.on(STDIN, lambda _: error(409, code, code))
    problem = stage.raises("execs.write", "status", **ON_EXEC, data=[encoded(b"x")])
    stage.equal([problem.status, problem.code], [409, code], "status and code")
    stage.equal(len(stage.requests(STDIN)), 1, "the number of writes")


@scenario("workspaces/stdin-closed-reported", "execs.write")
def stdin_closed(stage: Stage) -> None:
    """A write after the end of the input is an error with its code."""
    stage.world.workspace.exec.is_input_closed = True
    problem = stage.raises("execs.write", "status", **ON_EXEC, data=[encoded(b"x")])
    stage.equal([problem.status, problem.code], [409, "workspace_exec_stdin_closed"], "status and code")
    stage.equal(stage.world.workspace.exec.writes, [], "what is stored")


@scenario("workspaces/stdin-write-that-ended-the-exec", "execs.write", level=Level.SHOULD)
def stdin_ended(stage: Stage) -> None:
    """A stored write that ended the exec is a success, although its repetition finds the exec ended."""
    process = stage.world.workspace.exec

    def handler(request: Received) -> Reply:
        response = process.write(request)
        if process.has_ended:
            return response
        process.ends("exited")
        return dropped(says="stored, and closed without a response")

    stage.on(STDIN, handler)
    written(stage, "execs.write", b"exit\n")
    stored(stage, process, (0, b"exit\n"))


@scenario("workspaces/pty-input-retried-at-its-offset", "ptys.write")
def pty_retried(stage: Stage) -> None:
    """Input typed into a PTY is repeated at its offset after a lost response, and takes effect once."""
    process = stage.world.workspace.pty
    loses_first_response(stage, PTY_INPUT, process)
    written(stage, "ptys.write", b"rm x\r", b"ls\r")
    stored(stage, process, (0, b"rm x\r"), (5, b"ls\r"))


@scenario("workspaces/pty-input-waits-for-open", "ptys.open")
def pty_waits(stage: Stage) -> None:
    """Input is sent to a new PTY once it is open, not while it is being created."""
    process = stage.world.workspace.pty
    process.state = "creating"
    looks = 0

    def looked_at(request: Received) -> None:
        nonlocal looks
        del request
        looks += 1
        if looks == 3:
            process.state = "open"

    stage.on(f"GET {PTYS}/{PTY}", looked_at)
    stage.returns("ptys.open", workspace_id=WORKSPACE, cols=100, rows=30, data=[encoded(b"ls\r")], within=60)
    stored(stage, process, (0, b"ls\r"))
    stage.equal(len(stage.requests(PTY_INPUT)), 1, "the number of writes")
    body = stage.one(f"POST {PTYS}").fields
    stage.equal([body.get("cols"), body.get("rows")], [100, 30], "the size")


# Creating ---------------------------------------------------------------------------------------------------


@scenario("workspaces/exec-request-verbatim", "execs.create")
def as_given(stage: Stage) -> None:
    """Command, directory and environment arrive unchanged, and the key is not hashed."""
    given = {
        "command": ["printf", "%s\\n", " é "],
        "cwd": "/repo",
        "env": {"A": "1", "B": " "},
        "idempotency_key": "k",
    }
    made = stage.returns("execs.create", workspace_id=WORKSPACE, **given)
    stage.equal(made["id"], EXEC, "the exec's id")
    stage.equal(stage.one(f"POST {EXECS}").json, given, "the body")


@scenario("workspaces/exec-lost-response-one-exec", "execs.create")
def lost_creation(stage: Stage) -> None:
    """After a lost response, creating an exec is repeated with the same key, or not at all."""
    workspace = stage.world.workspace
    times = 0

    def handler(request: Received) -> Reply:
        nonlocal times
        times += 1
        response = workspace.create(request, workspace.exec)
        return dropped(says="created, and closed without a response") if times == 1 else response

    stage.on(f"POST {EXECS}", handler)
    stage.call("execs.create", workspace_id=WORKSPACE, command=["date"])
    stage.equal(len(workspace.created), 1, "the number of execs")


@scenario("workspaces/exec-key-conflict-not-repeated", "execs.create")
def key_conflict(stage: Stage) -> None:
    """The 500 for a key that was used with another command is reported with its code, and the request is not
    repeated.
    """
    args = {"workspace_id": WORKSPACE, "idempotency_key": "k"}
    stage.returns("execs.create", **args, command=["true"])
    problem = stage.raises("execs.create", "status", **args, command=["false"])
    stage.equal([problem.status, problem.code], [500, "idempotency_fingerprint_mismatch"], "status and code")
    stage.equal(len(stage.requests(f"POST {EXECS}")), 2, "the number of requests for both calls")
