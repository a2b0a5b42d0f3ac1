"""Following a run's events: each is reported exactly once, whatever happens to the connection."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from typing import Any

from helmr_api.formats import is_object
from helmr_contract.client.http1 import Received
from helmr_contract.client.plane import CUT, HOLD, Pause, Piece, Reply, Until, error
from helmr_contract.client.plane import events as stream_of
from helmr_contract.client.scenario import Level, Stage, scenario
from helmr_contract.client.world import KEEP_ALIVE, RUN, event, frame

EVENTS = f"GET /api/runs/{RUN}/events"
CHARACTERS = "é\u20ac\U0001f600"  # of two, three and four bytes


def ids(result: object) -> list[int]:
    """Return the numbers of the events that the driver reported."""
    assert is_object(result)
    return [int(one["id"]) for one in result["events"]]


def streams(stage: Stage) -> list[Received]:
    """Return the requests for an event stream."""
    return [one for one in stage.requests(EVENTS) if one.wants_events]


def cursor(request: Received) -> int:
    """Return the number of the event after which the requested stream starts."""
    return int(request.header("last-event-id") or request.param("cursor") or 0)


def scripted(stage: Stage, *replies: Reply) -> None:
    """Script the first streams; later ones, and pages, come from the world."""
    left = list(replies)

    def handler(request: Received) -> Reply | None:
        return left.pop(0) if request.wants_events and left else None

    stage.on(EVENTS, handler)


def finished(stage: Stage, count: int = 5) -> list[bytes]:
    """End the run with that many events; return the frames of all."""
    stage.world.events = [event(number, "log" if number > 1 else "run.created") for number in range(1, count)]
    stage.world.ends()
    return stage.world.frames()


def stays_open_after(stage: Stage, frames: list[bytes]) -> None:
    """Script streams that send the frames after their cursor and then stay open and silent."""

    def handler(request: Received) -> Reply | None:
        return stream_of(frames[cursor(request) :], end=False) if request.wants_events else None

    stage.on(EVENTS, handler)


def follow(stage: Stage, **args: Any) -> list[int]:
    return ids(stage.returns("runs.follow_events", run_id=RUN, **args))


def all_once(stage: Stage, got: list[int]) -> None:
    stage.equal(got, list(range(1, len(stage.world.events) + 1)), "the events")


@scenario("events/all-of-an-ended-run", "runs.follow_events")
def all_events(stage: Stage) -> None:
    """Following a run that has ended returns all its events, and ends."""
    finished(stage)
    all_once(stage, follow(stage))


@scenario("events/resume-after-cut", "runs.follow_events")
def resume_after_cut(stage: Stage) -> None:
    """After a cut, the next request resumes after the last event, and no event is lost or duplicated."""
    frames = finished(stage)
    scripted(stage, stream_of([*frames[:2], CUT]))
    all_once(stage, follow(stage))
    first, second = stage.requests(EVENTS)[:2]
    stage.equal([cursor(first), cursor(second)], [0, 2], "the cursors of the first two requests")


@scenario("events/resume-from-given-cursor", "runs.follow_events")
def given_cursor(stage: Stage) -> None:
    """With a cursor, only the events after it arrive."""
    finished(stage)
    stage.equal(follow(stage, cursor="3"), [4, 5], "the events")


@scenario("events/no-duplicate-after-resume", "runs.follow_events")
def no_double(stage: Stage) -> None:
    """A server that repeats events after a reconnect does not cause duplicates."""
    frames = finished(stage)
    scripted(stage, stream_of([*frames[:3], CUT]), stream_of(frames))
    all_once(stage, follow(stage))


@scenario("events/cut-inside-a-frame", "runs.follow_events")
def cut_inside_frame(stage: Stage) -> None:
    """An event that is cut off in the middle is not reported until it has arrived completely."""
    frames = finished(stage)
    half = frames[1][: len(frames[1]) // 2]
    without_end = frames[2].rstrip(b"\n")
    scripted(stage, stream_of([frames[0], half, CUT]), stream_of([frames[1], without_end, CUT]))
    all_once(stage, follow(stage))


def _scripted_with_characters(stage: Stage) -> list[bytes]:
    finished(stage)
    stage.world.events[1] = event(2, "log", message=CHARACTERS)
    return stage.world.frames()


@scenario("events/cut-inside-a-character", "runs.follow_events")
def cut_inside_character(stage: Stage) -> None:
    """If the connection breaks inside a character, its event is reported once, and unchanged."""
    frames = _scripted_with_characters(stage)
    inside = frames[1].index(CHARACTERS[-1].encode()) + 2
    scripted(stage, stream_of([frames[0], frames[1][:inside], CUT]))
    result = stage.returns("runs.follow_events", run_id=RUN)
    all_once(stage, ids(result))
    stage.equal(result["events"][1]["message"], CHARACTERS, "the message")


@scenario("events/cut-between-cr-and-lf", "runs.follow_events", level=Level.SHOULD)
def cut_between_cr_and_lf(stage: Stage) -> None:
    """If the connection breaks between CR and LF at the end of an event, it is reported once."""
    frames = [one.replace(b"\n", b"\r\n") for one in finished(stage)]
    scripted(stage, stream_of([*frames[:2], frames[2][:-1], CUT]))
    all_once(stage, follow(stage))


@scenario("events/large-event", "runs.follow_events")
def large_event(stage: Stage) -> None:
    """An event of 256 KiB, which is one line of the stream, is read completely."""
    finished(stage)
    message = "x" * (256 << 10)
    stage.world.events[1] = event(2, "log", message=message)
    result = stage.returns("runs.follow_events", run_id=RUN)
    all_once(stage, ids(result))
    stage.equal(len(result["events"][1]["message"]), len(message), "the length of the message")


@scenario("events/page-of-a-proxy-is-no-stream", "runs.follow_events")
def page_of_proxy(stage: Stage) -> None:
    """A web page with status 200 instead of a stream is an error or is retried, not the end of the events."""
    finished(stage)
    page = Reply(
        200, b"<html><body>Please log in</body></html>", {"content-type": "text/html"}, says="200, a web page"
    )
    scripted(stage, page)
    outcome = stage.call("runs.follow_events", run_id=RUN, within=60)
    if outcome.error is None:
        all_once(stage, ids(outcome.result))


@scenario("events/cut-many-times", "runs.follow_events")
def cut_many_times(stage: Stage) -> None:
    """If the connection breaks after every event, each is still reported once."""
    frames = finished(stage, 8)
    scripted(stage, *(stream_of([one, CUT]) for one in frames[:6]))
    all_once(stage, follow(stage, within=60))


def _trickled(text: bytes) -> Iterable[Piece]:
    """Yield the start, the end and the characters beyond ASCII as single bytes, the rest in one piece.

    A pause inside each character makes sure that no read returns all of it. There are few pieces, so that a
    client that takes long for each is not still reading after the run has ended.
    """
    rest = b""
    for position, byte in enumerate(text):
        one = text[position : position + 1]
        if byte < 0x80 and 8 <= position < len(text) - 8:
            rest += one
            continue
        yield rest
        yield one
        rest = b""
        if byte >= 0x80 and text[position + 1] & 0xC0 == 0x80:
            yield Pause(0.03)


@scenario("events/split-utf8-and-frames", "runs.follow_events")
def split(stage: Stage) -> None:
    """A frame that arrives in pieces, even split within a character, is read like a complete one."""
    frames = _scripted_with_characters(stage)
    ended, stage.world.run = stage.world.run, {**stage.world.run, "status": "running"}

    def pieces() -> Iterable[Piece]:
        yield frames[0]
        yield from _trickled(frames[1])
        yield from frames[2:-1]
        stage.world.run = ended  # not before, so that the stream is the only source of the events
        yield frames[-1]

    scripted(stage, stream_of(pieces()))
    result = stage.returns("runs.follow_events", run_id=RUN)
    all_once(stage, ids(result))
    stage.equal(result["events"][1]["message"], CHARACTERS, "the message")


@scenario("events/crlf-and-bom", "runs.follow_events", level=Level.SHOULD)
def crlf(stage: Stage) -> None:
    """Lines that end with CR LF or CR, and a byte order mark, are read as the format specifies."""
    frames = finished(stage)
    text = frames[0].replace(b"\n", b"\r\n") + frames[1].replace(b"\n", b"\r") + b"".join(frames[2:])
    cut = text.index(b"\r\n") + 1  # between CR and LF
    scripted(stage, stream_of([b"\xef\xbb\xbf" + text[:cut], Pause(0.02), text[cut:]]))
    all_once(stage, follow(stage))


@scenario("events/several-data-lines", "runs.follow_events", level=Level.SHOULD)
def data_lines(stage: Stage) -> None:
    """Data in several lines, fields without a space and unknown fields are read as the format specifies."""
    frames = finished(stage)
    split_data = frames[1].replace(b'data: {"id"', b'data: {\ndata: "id"').replace(b"id: ", b"id:")
    scripted(stage, stream_of([frames[0], split_data, b"retry: 10\n", b"x: y\n\n", *frames[2:]]))
    all_once(stage, follow(stage))


@scenario("events/comments-keep-alive", "runs.follow_events")
def comments(stage: Stage) -> None:
    """Comments between events and inside one are not reported as events."""
    frames = finished(stage)
    inside = frames[2].replace(b"\ndata:", b"\n: keep-alive\ndata:")
    scripted(stage, stream_of([KEEP_ALIVE, frames[0], KEEP_ALIVE * 3, frames[1], inside, *frames[3:]]))
    all_once(stage, follow(stage))


@scenario("events/comment-without-blank-line", "runs.follow_events")
def bare_comments(stage: Stage) -> None:
    """A comment that is not followed by a blank line is read as a comment."""
    frames = finished(stage)
    scripted(stage, stream_of([b": keep-alive\n", frames[0], b":\n", *frames[1:]]))
    all_once(stage, follow(stage))


@scenario("events/end-of-stream-is-not-end-of-run", "runs.follow_events")
def retried_run(stage: Stage) -> None:
    """A stream that ends with a failed attempt is reopened while the run continues."""
    world = stage.world
    world.events = [event(1), event(2, "run.failed")]
    world.run = {**world.run, "status": "queued"}

    def handler(request: Received) -> Reply | None:
        if request.wants_events and len(world.events) == 2:
            pieces = world.frames(cursor(request))
            if not pieces or cursor(request) == 0:
                world.events += [event(3, "run.retry_scheduled", attempt_number=2)]
                world.ends()
            return stream_of(pieces)
        return None

    stage.on(EVENTS, handler)
    all_once(stage, follow(stage))


@scenario("events/empty-stream-ends", "runs.follow_events")
def empty_streams(stage: Stage) -> None:
    """Streams that end at once without an event are reopened, but not in a busy loop."""
    frames = finished(stage, 3)
    stage.world.run = {**stage.world.run, "status": "running"}
    count = 0

    def handler(request: Received) -> Reply | None:
        nonlocal count
        if not request.wants_events:
            return None
        count += 1
        if count < 4:
            return stream_of([])
        stage.world.run = {**stage.world.run, "status": "succeeded"}
        return stream_of(frames)

    stage.on(EVENTS, handler)
    all_once(stage, follow(stage, within=60))
    stage.check(len(stage.requests()) < 40, f"few requests are needed, not {len(stage.requests())}")


@scenario("events/dead-letter-seen", "runs.follow_events")
def dead_letter(stage: Stage) -> None:
    """Following a dead-lettered run ends, although its stream stays open."""
    stage.world.ends("failed", "run.dead_lettered")
    frames = stage.world.frames()
    stays_open_after(stage, frames)
    all_once(stage, follow(stage, within=60))


@scenario("events/follow-from-the-end", "runs.follow_events")
def from_the_end(stage: Stage) -> None:
    """Following an ended run from its last event ends, although the stream stays open and silent."""
    frames = finished(stage)
    stays_open_after(stage, frames)
    stage.equal(follow(stage, cursor="5", within=60), [], "the events")


@scenario("events/silent-stream-detected", "runs.follow_events")
def silent(stage: Stage) -> None:
    """A stream that no longer sends events or comments is dropped and reopened."""
    frames = finished(stage)
    scripted(stage, stream_of([*frames[:2], HOLD]))
    all_once(stage, follow(stage, within=90))


@scenario("events/stream-that-stays-open", "runs.follow_events")
def stays_open(stage: Stage) -> None:
    """When a run ends and its stream continues with comments only, the follow ends."""
    frames = finished(stage)
    beat = [piece for _ in range(600) for piece in (KEEP_ALIVE, Pause(0.1))]
    scripted(stage, stream_of([*frames, *beat], end=False))
    all_once(stage, follow(stage, within=60))


@scenario("events/leaving-closes-connection", "runs.follow_events")
def leaving(stage: Stage) -> None:
    """A caller that stops after the first event leaves no open stream behind."""
    over = threading.Event()
    first = frame(1, event(1))
    scripted(stage, stream_of([first, Until(over)], end=False))
    stage.equal(follow(stage, take=1), [1], "the events")
    stage.returns("runs.get", run_id=RUN)  # a client may close the stream on its next call
    end = time.monotonic() + 5
    while stage.plane.open > 1 and time.monotonic() < end:
        time.sleep(0.02)
    stage.check(stage.plane.open <= 1, "the stream's connection is closed")


@scenario("events/media-type-any-case", "runs.follow_events", level=Level.SHOULD)
def media_type(stage: Stage) -> None:
    """An event stream is recognised by its media type, in any letter case and with parameters."""
    frames = finished(stage)
    scripted(stage, stream_of(frames, media_type="Text/Event-Stream; charset=UTF-8"))
    all_once(stage, follow(stage))


@scenario("events/503-at-the-start-repeated", "runs.follow_events")
def unavailable(stage: Stage) -> None:
    """A stream that temporarily cannot be opened is retried."""
    finished(stage)
    scripted(stage, error(503, "busy", headers={"retry-after": "0"}), error(502, "bad gateway"))
    all_once(stage, follow(stage, within=60))


@scenario("events/404-reported", "runs.follow_events")
def not_found(stage: Stage) -> None:
    """Following a run that does not exist fails immediately."""
    stage.on(f"GET /api/runs/{RUN}(/events)?", lambda _: error(404, "run not found"))
    problem = stage.raises("runs.follow_events", "status", run_id=RUN)
    stage.equal(problem.status, 404, "the status")


@scenario("events/401-while-following-reported", "runs.follow_events")
def key_revoked(stage: Stage) -> None:
    """Revoking the key while a run is followed ends the follow with an error."""
    frames = finished(stage)
    scripted(stage, stream_of([*frames[:2], CUT]))
    refused = error(401, "authentication is required")
    stage.on(EVENTS, lambda request: refused if len(streams(stage)) > 1 else None)
    stage.on(f"GET /api/runs/{RUN}", lambda _: refused)
    problem = stage.raises("runs.follow_events", "status", run_id=RUN, within=30)
    stage.equal(problem.status, 401, "the status")
