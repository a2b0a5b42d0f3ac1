"""Following an output stream by polling: each record is reported once, until the session ends."""

from __future__ import annotations

import time

from helmr_api.formats import is_object
from helmr_contract.client.http1 import Received
from helmr_contract.client.plane import Reply, dropped, error
from helmr_contract.client.scenario import Stage, scenario
from helmr_contract.client.world import SESSION, record

RECORDS = "GET .*/outputs/report"
ITSELF = f"GET /api/sessions/{SESSION}"
MOST_REQUESTS = 60
"""For a wait of two seconds: polling every 0.1 s, and reading the session as often."""


def _closed(stage: Stage) -> None:
    stage.world.session = {**stage.world.session, "status": "closed", "activity": "idle"}


def _add(stage: Stage, count: int) -> None:
    have = len(stage.world.outputs)
    stage.world.outputs += [record(number, number) for number in range(have + 1, have + count + 1)]


def _follow(stage: Stage, **args: object) -> list[int]:
    result = stage.returns("outputs.follow", session_id=SESSION, stream="report", **args)
    assert is_object(result)
    return [one["sequence"] for one in result["records"]]


@scenario("outputs/follow-until-the-end", "outputs.follow")
def until_the_end(stage: Stage) -> None:
    """Records that arrive during a follow are reported once, up to those just before the session's end."""

    def last_ones(_: Received) -> None:
        if stage.world.session["status"] == "open":
            _add(stage, 2)
            if len(stage.world.outputs) > 6:
                _closed(stage)

    _add(stage, 3)
    stage.on(ITSELF, last_ones)
    stage.equal(_follow(stage), list(range(1, 8)), "the sequences")


@scenario("outputs/follow-from-a-sequence", "outputs.follow")
def from_a_sequence(stage: Stage) -> None:
    """With a sequence, only the records after it are reported, even if they fill several pages."""
    _add(stage, 700)
    _closed(stage)
    stage.equal(_follow(stage, after_sequence=650), list(range(651, 701)), "the sequences")
    stage.equal(_follow(stage), list(range(1, 701)), "the sequences of all records")


@scenario("outputs/follow-trouble-on-the-way", "outputs.follow")
def trouble(stage: Stage) -> None:
    """A follow continues despite lost connections and 503 responses, without gaps or duplicates."""
    busy = [error(503, "busy", headers={"retry-after": "0"}), dropped(), error(502, "bad gateway")]

    def handler(_: Received) -> Reply | None:
        if len(stage.world.outputs) >= 6:
            _closed(stage)
            return None
        if len(stage.requests(RECORDS)) % 2 == 0 and busy:
            return busy.pop(0)
        _add(stage, 2)
        return None

    stage.on(RECORDS, handler)
    stage.equal(_follow(stage, within=60), list(range(1, 7)), "the sequences")


@scenario("outputs/follow-not-in-a-busy-loop", "outputs.follow")
def not_busy(stage: Stage) -> None:
    """A follow without new records for two seconds makes few requests."""
    began = time.monotonic()

    def after_two_seconds(_: Received) -> None:
        if time.monotonic() - began > 2:
            _closed(stage)

    stage.on(ITSELF, after_two_seconds)
    stage.equal(_follow(stage, within=60), [], "the sequences")
    stage.check(
        len(stage.requests()) <= MOST_REQUESTS,
        f"at most {MOST_REQUESTS} requests, not {len(stage.requests())}",
    )


@scenario("outputs/follow-refused", "outputs.follow")
def refused(stage: Stage) -> None:
    """Following a stream of a session that does not exist fails immediately."""
    stage.on(RECORDS, lambda _: error(404, "session not found"))
    stage.on(ITSELF, lambda _: error(404, "session not found"))
    problem = stage.raises("outputs.follow", "status", session_id=SESSION, stream="report")
    stage.equal(problem.status, 404, "the status")
