"""Unusual ends of runs, against a real server: each wait returns within a second of the end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from helmr_ergonomic import HelmrClient, InputStream, OutputStream, RetryBackoff, RetryPolicy, errors, task
from helmr_local import LocalHelmr, LocalSettings, RunCancelled, TaskContext, TaskExit, implement

from ..unit.layer.driver import Driver

SOON = 1.0
"""Seconds within which a wait must return after the event."""

script = task("script", payload=dict[str, Any], output=int)
other = task("other", payload=dict[str, Any], output=int)
go_on = InputStream("go-on", int)
numbers = OutputStream("numbers", int)

gates: dict[str, threading.Event] = {}


@implement(script, inputs=[go_on], outputs=[numbers])
def run_script(ctx: TaskContext[dict[str, Any]]) -> int:
    """Follow the payload's instructions; wait at gates that the test opens."""
    plan = ctx.payload
    attempt = ctx.run.attempt_number
    for number in plan.get("append", []):
        ctx.output(numbers).append(number)
    for text in plan.get("write", []):
        ctx.stdout.write(text)
    if "input" in plan:
        return ctx.input(go_on).wait(timeout="10m").unwrap()
    if gate := plan.get("gate"):
        while not gates[gate].wait(0.005):
            if not plan.get("deaf"):
                ctx.raise_if_cancelled()
    if attempt < plan.get("until", 1):
        raise RuntimeError(f"attempt {attempt} fails")
    if "exit" in plan:
        raise TaskExit(plan["exit"])
    return attempt


@pytest.fixture(scope="module")
def helmr() -> Generator[LocalHelmr]:
    with LocalHelmr(
        tasks=[run_script], settings=LocalSettings(sweep_interval=0.05, max_dispatch_attempts=1)
    ) as local:
        yield local


@pytest.fixture(params=["sync", "async"])
def drive(request: pytest.FixtureRequest) -> Generator[Driver]:
    driver = Driver(request.param)
    yield driver
    driver.close()


@pytest.fixture
def client(drive: Driver, helmr: LocalHelmr) -> Any:
    """The client under test."""
    return drive.live(url=helmr.url, api_key=helmr.api_key)


@pytest.fixture
def hand(helmr: LocalHelmr) -> Generator[HelmrClient]:
    """A second client, for requests while the first one waits."""
    with helmr.client() as made:
        yield made


@pytest.fixture
def gate(request: pytest.FixtureRequest) -> Generator[str]:
    name = request.node.nodeid
    gates[name] = threading.Event()
    yield name
    gates[name].set()


@pytest.fixture
def background() -> Generator[Callable[..., Future[Any]]]:
    with ThreadPoolExecutor(max_workers=4) as pool:
        yield pool.submit


class Watched:
    """A wait on another thread. `ends()` returns its result and fails if it takes longer than `SOON`."""

    def __init__(self, future: Future[Any]) -> None:
        self.future = future

    def ends(self) -> Any:
        began = time.monotonic()
        result = self.future.result(timeout=20)
        late = time.monotonic() - began
        assert late < SOON, f"ended {late:.2f} s after the event"
        return result


def until(condition: Callable[[], Any], seconds: float = 10.0) -> Any:
    """Call the condition until its result is truthy and return the result."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "the condition did not hold in time"
    return found


def counting(drive: Driver, requests: list[str]) -> Any:
    """An httpx client that records the last path segment of its requests."""

    def note(request: httpx.Request) -> None:
        requests.append(request.url.path.rpartition("/")[2])

    async def note_async(request: httpx.Request) -> None:
        note(request)

    return drive.http(event_hooks={"request": [note if drive.kind == "sync" else note_async]})


def executing(hand: HelmrClient, session_id: str, attempt: int = 1) -> None:
    """Wait until the session's run is executing that attempt."""

    def seen() -> bool:
        (run,) = hand.sessions.runs(session_id)
        return run.execution_status == "executing" and hand.runs.retrieve(run.id).attempt_number == attempt

    until(seen)


RETRY = RetryPolicy(3, backoff=RetryBackoff(min_ms=50, jitter="none"))


def test_waiting_for_a_run_that_has_ended(drive: Driver, client: Any, hand: HelmrClient) -> None:
    started = hand.sessions.start_and_wait(script, {}, timeout_seconds=20)
    began = time.monotonic()
    ended = drive(client.runs.wait(started.run, timeout=10))
    assert ended.output == 1
    assert time.monotonic() - began < SOON


def test_waiting_for_a_run_that_ends_meanwhile(
    drive: Driver, client: Any, hand: HelmrClient, gate: str, background: Any
) -> None:
    started = hand.sessions.start(script, {"gate": gate})
    watched = Watched(background(lambda: drive(client.runs.wait(started.run, timeout=20))))
    executing(hand, started.session.id)
    gates[gate].set()
    assert watched.ends().output == 1


def test_waiting_for_a_retried_run_returns_after_its_last_attempt(
    drive: Driver, client: Any, hand: HelmrClient, gate: str, background: Any
) -> None:
    started = hand.sessions.start(script, {"until": 3, "gate": gate}, retry=RETRY)
    watched = Watched(background(lambda: drive(client.runs.wait(started.run, timeout=20))))
    executing(hand, started.session.id)
    gates[gate].set()
    until(lambda: hand.runs.retrieve(started.run).is_terminal)
    ended = watched.ends()
    assert (ended.status, ended.output, ended.attempt_number) == ("succeeded", 3, 3)


def test_waiting_for_a_run_that_uses_up_its_attempts(drive: Driver, client: Any, hand: HelmrClient) -> None:
    started = hand.sessions.start(script, {"until": 9}, retry=RetryPolicy(2, backoff=RetryBackoff(min_ms=1)))
    ended = drive(client.runs.wait(started.run, timeout=20))
    with pytest.raises(errors.RunFailedError, match="attempt 2 fails") as caught:
        drive(ended.output_or_raise())
    assert caught.value.failure_kind == "worker_failed"


def test_waiting_for_a_run_with_a_non_zero_exit(drive: Driver, client: Any, hand: HelmrClient) -> None:
    ended = drive(client.runs.wait(hand.sessions.start(script, {"exit": 3}).run, timeout=20))
    assert ended.exit_code == 3
    with pytest.raises(errors.RunFailedError, match="exited with code 3"):
        drive(ended.output_or_raise())


@pytest.mark.parametrize("force", [False, True])
def test_a_cancel_ends_the_wait_although_the_worker_keeps_running(
    drive: Driver, client: Any, hand: HelmrClient, gate: str, background: Any, force: bool
) -> None:
    started = hand.sessions.start(script, {"gate": gate, "deaf": True})
    watched = Watched(background(lambda: drive(client.runs.wait(started.run, timeout=20))))
    executing(hand, started.session.id)
    assert hand.runs.cancel(started.run, reason="not needed", force=force).applied
    ended = watched.ends()
    assert ended.status == "cancelled"
    with pytest.raises(errors.RunCancelledError, match="not needed"):
        drive(ended.output_or_raise())


def test_following_continues_to_the_last_event_of_a_graceful_cancel(
    drive: Driver, client: Any, hand: HelmrClient, gate: str, background: Any
) -> None:
    started = hand.sessions.start(script, {"gate": gate, "deaf": True})
    watched = Watched(background(lambda: drive.items(client.runs.events.follow(started.run))))
    executing(hand, started.session.id)
    hand.runs.cancel(started.run)
    assert not watched.future.done()
    gates[gate].set()
    kinds = [event.kind for event in watched.ends()]
    assert kinds == ["run.created", "run.cancel_requested", "run.cancelled"]


def test_waiting_for_a_queued_run_that_is_cancelled(
    drive: Driver, client: Any, hand: HelmrClient, gate: str, background: Any
) -> None:
    backoff = RetryBackoff(min_ms=60_000, max_ms=60_000, jitter="none")
    started = hand.sessions.start(script, {"until": 2}, retry=RetryPolicy(2, backoff=backoff))
    watched = Watched(background(lambda: drive(client.runs.wait(started.run, timeout=20))))
    until(lambda: hand.runs.retrieve(started.run).attempt_number == 2)
    hand.runs.cancel(started.run)
    assert watched.ends().status == "cancelled"


def test_waiting_for_a_run_whose_session_is_cancelled(
    drive: Driver, client: Any, hand: HelmrClient, gate: str, background: Any
) -> None:
    started = hand.sessions.start(script, {"gate": gate})
    watched = Watched(background(lambda: drive(client.runs.wait(started.run, timeout=20))))
    executing(hand, started.session.id)
    hand.sessions.cancel(started.session)
    assert watched.ends().status == "cancelled"


def test_waiting_for_a_dead_lettered_run(
    drive: Driver, client: Any, helmr: LocalHelmr, hand: HelmrClient, gate: str, background: Any
) -> None:
    started = hand.sessions.start(
        script, {"gate": gate}, retry=RetryPolicy(3, backoff=RetryBackoff(min_ms=1))
    )
    watched = Watched(background(lambda: drive(client.runs.wait(started.run, timeout=20))))
    executing(hand, started.session.id)
    assert helmr.lose_worker(started.run.id)
    until(lambda: hand.runs.retrieve(started.run).is_terminal)
    ended = watched.ends()
    with pytest.raises(errors.RunFailedError, match="max_dispatch_attempts_exceeded") as caught:
        drive(ended.output_or_raise())
    assert caught.value.failure_kind == "dead_lettered"
    began = time.monotonic()
    kinds = [event.kind for event in drive.items(client.runs.events.follow(started.run))]
    assert kinds[-1] == "run.dead_lettered"
    assert time.monotonic() - began < SOON


def test_waiting_for_a_run_whose_worker_is_lost(
    drive: Driver, client: Any, helmr: LocalHelmr, hand: HelmrClient, gate: str, background: Any
) -> None:
    started = hand.sessions.start(script, {"gate": gate})
    watched = Watched(background(lambda: drive(client.runs.wait(started.run, timeout=20))))
    follow = Watched(background(lambda: [e.kind for e in hand.runs.events.follow(started.run)]))
    executing(hand, started.session.id)
    assert helmr.lose_worker(started.run.id)
    assert watched.ends().status == "failed"
    assert follow.ends() == ["run.created", "run.failed", "run.execution_lost"]


def test_waiting_for_a_run_that_expires_in_the_queue(drive: Driver, gate: str, background: Any) -> None:
    settings = LocalSettings(sweep_interval=0.05, max_concurrent_runs=1)
    with LocalHelmr(tasks=[run_script], settings=settings) as helmr, helmr.client() as hand:
        client = drive.live(url=helmr.url, api_key=helmr.api_key)
        busy = hand.sessions.start(script, {"gate": gate})
        executing(hand, busy.session.id)
        started = hand.sessions.start(script, {}, ttl="200ms")
        watched = Watched(background(lambda: drive(client.runs.wait(started.run, timeout=20))))
        until(lambda: hand.runs.retrieve(started.run).is_terminal)
        ended = watched.ends()
        assert ended.status == "expired"
        with pytest.raises(errors.RunExpiredError, match="ttl expired"):
            drive(ended.output_or_raise())
        assert [e.kind for e in drive.items(client.runs.events.follow(ended))] == [
            "run.created",
            "run.expired",
        ]
        gates[gate].set()
        drive(client.runs.wait(busy.run, timeout=20))


def test_waits_and_follows_reopen_streams_that_end_early(drive: Driver, gate: str, background: Any) -> None:
    settings = LocalSettings(stream_limit=0.15, sse_keep_alive=0.05, log_tick=0.05)
    with LocalHelmr(tasks=[run_script], settings=settings) as helmr, helmr.client() as hand:
        requests: list[str] = []
        client = drive.live(url=helmr.url, api_key=helmr.api_key, http_client=counting(drive, requests))
        started = hand.sessions.start(script, {"gate": gate, "write": ["a", "b"]})
        watched = Watched(background(lambda: drive(client.runs.wait(started.run, timeout=20))))
        follow = Watched(background(lambda: [e.sequence for e in hand.runs.events.follow(started.run)]))
        logs = Watched(background(lambda: [c.text for c in hand.runs.logs.follow(started.run)]))
        executing(hand, started.session.id)
        until(lambda: requests.count("events") > 3)  # the streams were closed and opened again
        gates[gate].set()
        assert watched.ends().is_success
        assert follow.ends() == [1, 2, 3, 4]
        assert logs.ends() == ["a", "b"]


def test_a_timeout_is_kept_while_events_arrive(
    drive: Driver, client: Any, hand: HelmrClient, gate: str
) -> None:
    started = hand.sessions.start(script, {"gate": gate})
    for timeout in (0.3, 1.5):
        began = time.monotonic()
        with pytest.raises(errors.WaitTimeoutError):
            drive(client.runs.wait(started.run, timeout=timeout))
        assert timeout <= time.monotonic() - began < timeout + 0.3
    began = time.monotonic()
    late = drive(client.sessions.start_and_wait(script, {"gate": gate}, timeout_seconds=0.7))
    assert 0.7 <= time.monotonic() - began < 1.0
    assert (late.timed_out, late.run.is_terminal) == (True, False)
    gates[gate].set()
    assert drive(late.run.wait(timeout=20)).is_success


def test_start_and_wait_continues_beyond_the_servers_own_wait(
    drive: Driver, gate: str, background: Any
) -> None:
    with LocalHelmr(tasks=[run_script], settings=LocalSettings(start_and_wait=0.2)) as helmr:
        requests: list[str] = []
        client = drive.live(url=helmr.url, api_key=helmr.api_key, http_client=counting(drive, requests))
        watched = Watched(
            background(
                lambda: drive(client.sessions.start_and_wait(script, {"gate": gate}, timeout_seconds=60))
            )
        )
        until(lambda: "events" in requests)  # the server's wait is over, and the client still waits
        gates[gate].set()
        completed = watched.ends()
        assert requests[0] == "start-and-wait"
        assert (completed.timed_out, completed.run.output, completed.session.activity) == (False, 1, "idle")


def test_following_records_ends_with_the_run(
    drive: Driver, client: Any, hand: HelmrClient, gate: str, background: Any
) -> None:
    started = hand.sessions.start(script, {"gate": gate, "append": [1, 2, 3]})
    output = client.sessions.open(started.session).output(numbers)
    watched = Watched(background(lambda: drive.items(output.follow(run=started.run))))
    executing(hand, started.session.id)
    until(lambda: len(hand.sessions.open(started.session).output(numbers).list().all()) == 3)
    hand.sessions.open(started.session).output(numbers).append(4)
    gates[gate].set()
    until(lambda: hand.runs.retrieve(started.run).is_terminal)
    assert [record.data for record in watched.ends()] == [1, 2, 3, 4]


def test_waiting_for_a_token_that_is_completed_meanwhile(
    drive: Driver, client: Any, hand: HelmrClient, background: Any
) -> None:
    token = drive(client.tokens.create(timeout="1h"))
    watched = Watched(background(lambda: drive(token.wait(dict[str, bool]))))
    hand.tokens.complete(token.id, {"approved": True})
    assert watched.ends().unwrap() == {"approved": True}


def test_waiting_for_a_token_that_expires(drive: Driver, client: Any) -> None:
    token = drive(client.tokens.create(timeout="200ms"))
    result = drive(token.wait(timeout=10))
    assert isinstance(result.error, errors.WaitTimeoutError)
    assert drive(token.refresh()).status == "expired"


def test_a_run_that_is_cancelled_by_its_own_task(drive: Driver, hand: HelmrClient) -> None:
    @implement(other)
    def give_up(ctx: TaskContext[dict[str, Any]]) -> int:
        raise RunCancelled

    with LocalHelmr(tasks=[give_up]) as helmr:
        client = drive.live(url=helmr.url, api_key=helmr.api_key)
        completed = drive(client.sessions.start_and_wait(other, {}, timeout_seconds=20))
        with pytest.raises(errors.RunCancelledError, match="worker execution cancelled"):
            drive(completed.run.output_or_raise())
