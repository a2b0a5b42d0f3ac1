"""Reading and following logs: bytes in order, joined before they are decoded."""

from __future__ import annotations

from helmr_api.formats import is_object
from helmr_contract.client.http1 import Received
from helmr_contract.client.plane import CUT, Reply
from helmr_contract.client.plane import events as stream_of
from helmr_contract.client.scenario import Stage, scenario
from helmr_contract.client.world import RUN, frame, log

LOGS = f"GET /api/runs/{RUN}/logs"


def text(result: object) -> str:
    """Return the text of the chunks that the driver reported."""
    assert is_object(result)
    return "".join(one["text"] for one in result["chunks"])


def frames(stage: Stage) -> list[bytes]:
    return [frame(one["id"], one, "run_log") for one in stage.world.logs]


@scenario("logs/base64-chunks-joined-before-decoding", "runs.follow_logs")
def joined(stage: Stage) -> None:
    """A character that is split between two chunks is one character."""
    whole = "é€\U0001f600\n".encode()
    stage.world.logs = [log(n + 1, whole[n : n + 1]) for n in range(len(whole))]
    stage.world.ends()
    stage.equal(text(stage.returns("runs.follow_logs", run_id=RUN)), whole.decode(), "the text")


@scenario("logs/streams-decoded-separately", "runs.follow_logs")
def apart(stage: Stage) -> None:
    """Bytes of stdout and stderr are decoded separately."""
    out, err = "é".encode(), "€".encode()
    stage.world.logs = [
        log(1, out[:1]),
        log(2, err[:2], stream="stderr"),
        log(3, out[1:]),
        log(4, err[2:], stream="stderr"),
    ]
    stage.world.ends()
    got = stage.returns("runs.follow_logs", run_id=RUN)["chunks"]
    for name, wanted in (("stdout", "é"), ("stderr", "€")):
        joined_text = "".join(one["text"] for one in got if one["stream"] == name)
        stage.equal(joined_text, wanted, name)


@scenario("logs/snapshot-then-follow-no-gap", "runs.logs", "runs.follow_logs")
def snapshot_then_follow(stage: Stage) -> None:
    """A follow from a snapshot's cursor continues where the snapshot ended."""
    stage.world.logs = [log(n, b"line %d\n" % n) for n in range(1, 4)]
    snapshot = stage.returns("runs.logs", run_id=RUN)
    stage.equal(snapshot["stdout"], "line 1\nline 2\nline 3\n", "stdout")
    stage.world.logs += [log(n, b"line %d\n" % n) for n in range(4, 6)]
    stage.world.ends()
    followed = stage.returns("runs.follow_logs", run_id=RUN, cursor=snapshot["cursor"])
    stage.equal(text(followed), "line 4\nline 5\n", "the text")


@scenario("logs/resume-after-cut", "runs.follow_logs")
def resume(stage: Stage) -> None:
    """After a cut, the logs continue at the same place, without gaps or duplicates."""
    stage.world.logs = [log(n, b"%d\n" % n) for n in range(1, 7)]
    stage.world.ends()
    written = frames(stage)
    left = [stream_of([*written[:2], written[2][:20], CUT]), stream_of([*written[1:4], CUT])]

    def handler(request: Received) -> Reply | None:
        return left.pop(0) if request.wants_events and left else None

    stage.on(LOGS, handler)
    got = text(stage.returns("runs.follow_logs", run_id=RUN, within=60))
    stage.equal(got, "1\n2\n3\n4\n5\n6\n", "the text")


@scenario("logs/invalid-utf8-survives", "runs.follow_logs")
def invalid(stage: Stage) -> None:
    """Bytes that are not valid UTF-8 do not end a follow."""
    stage.world.logs = [log(1, b"\xff\xfe ok\n"), log(2, b"next\n")]
    stage.world.ends()
    got = text(stage.returns("runs.follow_logs", run_id=RUN))
    stage.check(got.endswith(" ok\nnext\n"), f"the rest is there; the text is {got!r}")
