"""A clock that moves only on request: timers fire in order, at their exact time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import freezegun
import httpx
import pytest
import time_machine

from helmr import HelmrClient, InputStream, RetryBackoff, RetryPolicy, task
from helmr_local import AsyncTaskContext, Implementation, LocalHelmr, TaskContext, TaskExit, implement

NEW_YEAR = datetime(2030, 1, 1, tzinfo=UTC)
sleeper = task("sleeper", payload=str, output=str)
async_sleeper = task("async-sleeper", payload=str, output=str)
approval = InputStream("approval", str)
asks = task("asks", payload=str, output=str)
token_waiter = task("token-waiter", output=str)
flaky = task(
    "flaky",
    output=str,
    retry=RetryPolicy(3, backoff=RetryBackoff(min_ms=600_000, max_ms=600_000, jitter="none")),
)
works_on = task("works-on", max_duration=timedelta(minutes=10))
one_at_a_time = task("one-at-a-time", payload=str, queue="single", concurrency_limit=1)
report = task("report", payload=dict[str, Any])


@implement(sleeper)
def sleep(ctx: TaskContext[str]) -> str:
    ctx.sleep(ctx.payload)
    return f"slept {ctx.payload}"


@implement(async_sleeper)
async def sleep_async(ctx: AsyncTaskContext[str]) -> str:
    await ctx.sleep(ctx.payload)
    return f"slept {ctx.payload}"


@implement(asks, inputs=[approval])
def ask(ctx: TaskContext[str]) -> str:
    waited = ctx.input(approval).wait(timeout=ctx.payload)
    return waited.unwrap() if waited.ok else f"nothing within {ctx.payload}"


@implement(token_waiter)
def wait_for_token(ctx: TaskContext[None]) -> str:
    token = ctx.tokens.create(timeout="24h")
    return "completed" if token.wait().ok else f"not completed by {token.timeout_at:%d %B}"


@implement(flaky)
def succeed_at_last(ctx: TaskContext[None]) -> str:
    if ctx.run.attempt_number < 3:
        raise TaskExit(1)
    return "at last"


class Gate:
    """Blocks task code outside of the context's waits."""

    def __init__(self) -> None:
        self.open = threading.Event()


gate = Gate()


@implement(works_on)
def work_on(ctx: TaskContext[None]) -> None:
    gate.open.wait(60)


@implement(one_at_a_time)
def take_turns(ctx: TaskContext[str]) -> None:
    ctx.sleep(ctx.payload)


@implement(report)
def make_report(ctx: TaskContext[dict[str, Any]]) -> None:
    pass


TASKS: list[Implementation[Any, Any]] = [
    sleep,
    sleep_async,
    ask,
    wait_for_token,
    succeed_at_last,
    work_on,
    take_turns,
    make_report,
]


@pytest.fixture
def helmr() -> Iterator[LocalHelmr]:
    with LocalHelmr(TASKS, clock="manual", now=NEW_YEAR) as local:
        yield local


@pytest.fixture
def client(helmr: LocalHelmr) -> Iterator[HelmrClient]:
    with helmr.client() as client:
        yield client


def status(client: HelmrClient, run: Any) -> str:
    return str(client.runs.retrieve(run).status)


@pytest.mark.parametrize("definition", [sleeper, async_sleeper])
def test_a_sleep_of_an_hour_ends_when_the_clock_has_advanced_by_an_hour(
    helmr: LocalHelmr, client: HelmrClient, definition: Any
) -> None:
    run = client.sessions.start(definition, "1h").run
    helmr.advance("59m")
    assert status(client, run) == "waiting"
    helmr.advance(timedelta(minutes=1))
    assert client.runs.retrieve(run).output == "slept 1h"
    assert helmr.now() == NEW_YEAR + timedelta(hours=1)


def test_the_clock_does_not_move_by_itself(helmr: LocalHelmr, client: HelmrClient) -> None:
    client.sessions.start(sleeper, "1ms")
    assert helmr.now() == NEW_YEAR


def test_timestamps_use_the_simulated_time(helmr: LocalHelmr, client: HelmrClient) -> None:
    run = client.sessions.start(sleeper, "1h").run
    helmr.advance("1h")
    finished = client.runs.retrieve(run)
    assert finished.created_at == NEW_YEAR
    assert finished.updated_at == NEW_YEAR + timedelta(hours=1)


def test_sleeping_runs_resume_in_order_of_time(helmr: LocalHelmr, client: HelmrClient) -> None:
    durations = ["50m", "10m", "40m", "20m", "30m"] * 4
    runs = [client.sessions.start(sleeper, duration).run for duration in durations]
    helmr.advance("1h")
    ended = [client.runs.retrieve(run) for run in runs]
    assert [run.updated_at - NEW_YEAR for run in ended] == [
        timedelta(minutes=int(duration[:-1])) for duration in durations
    ]


def test_advance_to_next_stops_at_the_next_timer(helmr: LocalHelmr, client: HelmrClient) -> None:
    client.sessions.start(sleeper, "2h")
    client.sessions.start(sleeper, "1h")
    assert helmr.advance_to_next() == NEW_YEAR + timedelta(hours=1)
    assert helmr.advance_to_next() == NEW_YEAR + timedelta(hours=2)
    assert helmr.advance_to_next() is None
    assert helmr.now() == NEW_YEAR + timedelta(hours=2)


def test_a_wait_for_an_input_times_out(helmr: LocalHelmr, client: HelmrClient) -> None:
    run = client.sessions.start(asks, "10m").run
    helmr.advance("10m")
    assert client.runs.retrieve(run).output == "nothing within 10m"


def test_a_token_expires_and_its_wait_ends(helmr: LocalHelmr, client: HelmrClient) -> None:
    run = client.sessions.start(token_waiter).run
    alone = client.tokens.create(timeout="12h")
    assert helmr.advance_to_next() == NEW_YEAR + timedelta(hours=12)
    assert client.tokens.retrieve(alone).status == "expired"
    helmr.advance("12h")
    assert client.runs.retrieve(run).output == "not completed by 02 January"


def test_the_retry_delay_uses_simulated_time(helmr: LocalHelmr, client: HelmrClient) -> None:
    run = client.sessions.start(flaky).run
    helmr.advance("9m")
    assert status(client, run) == "queued"
    assert helmr.advance_to_next() == NEW_YEAR + timedelta(minutes=10)
    assert helmr.advance_to_next() == NEW_YEAR + timedelta(minutes=20)
    assert client.runs.retrieve(run).output == "at last"


def test_a_queued_run_expires_at_its_ttl(helmr: LocalHelmr, client: HelmrClient) -> None:
    first = client.sessions.start(one_at_a_time, "4s").run
    waits = client.sessions.start(one_at_a_time, "4s", ttl="3s").run
    helmr.advance("3s")
    assert status(client, waits) == "expired"
    helmr.advance("1s")
    assert status(client, first) == "succeeded"


def test_a_session_expires(helmr: LocalHelmr, client: HelmrClient) -> None:
    session = client.sessions.start(report, {}, expires_at=NEW_YEAR + timedelta(days=30)).session
    helmr.advance(timedelta(days=29))
    assert client.sessions.retrieve(session).status == "open"
    assert helmr.advance_to_next() == NEW_YEAR + timedelta(days=30)
    assert client.sessions.retrieve(session).status == "expired"


def test_a_schedule_fires_at_every_scheduled_time(helmr: LocalHelmr, client: HelmrClient) -> None:
    client.schedules.create("report", cron="0 3 * * *", timezone="Europe/Berlin", deduplication_key="nightly")
    helmr.advance(timedelta(days=3))
    fired = sorted(session.created_at for session in client.sessions.list(task="report"))
    assert fired == [NEW_YEAR + timedelta(days=day, hours=2) for day in range(3)]


def test_an_idempotency_key_expires_at_its_ttl(helmr: LocalHelmr, client: HelmrClient) -> None:
    def start() -> str:
        started = client.sessions.start(report, {}, idempotency_key="delivery", idempotency_key_ttl="24h")
        return started.session.id

    first = start()
    helmr.advance("23h")
    assert start() == first
    helmr.advance("1h")
    assert start() != first


def test_a_run_that_keeps_working_exceeds_its_maximum_duration(
    helmr: LocalHelmr, client: HelmrClient, caplog: pytest.LogCaptureFixture
) -> None:
    gate.open.clear()
    run = client.sessions.start(works_on).run
    try:
        helmr.advance("9m", patience=0.05)
        assert status(client, run) == "running"
        assert "advancing the clock although run" in caplog.text
        assert helmr.advance_to_next(patience=0) == NEW_YEAR + timedelta(minutes=10)
        assert status(client, run) == "failed"
    finally:
        gate.open.set()


def test_waiting_clients_are_notified(helmr: LocalHelmr, client: HelmrClient) -> None:
    started = client.sessions.start(sleeper, "1h")
    with ThreadPoolExecutor() as threads:
        kinds = threads.submit(lambda: [event.kind for event in client.runs.events.follow(started.run)])
        output = threads.submit(lambda: client.runs.wait(started.run, timeout=30).output)
        helmr.advance("1h")
        assert output.result(30) == "slept 1h"
        assert kinds.result(30)[-1] == "run.completed"


def test_a_waiting_request_ends_at_its_time_limit(helmr: LocalHelmr) -> None:
    body = {"task_id": "sleeper", "payload": "1h"}
    with (
        ThreadPoolExecutor() as threads,
        httpx.Client(base_url=helmr.url, headers={"Authorization": "Bearer " + helmr.api_key}) as http,
    ):
        waiting = threads.submit(http.post, "/api/sessions/start-and-wait", json=body, timeout=30)
        while not http.get("/api/runs").json()["runs"]:
            pass
        helmr.advance("10m")
        assert waiting.result(30).json()["timed_out"] is True


def test_a_restart_continues_at_the_same_time(tmp_path: Path) -> None:
    helmr = LocalHelmr(TASKS, clock="manual", now=NEW_YEAR, database=tmp_path / "helmr.db")
    with helmr, helmr.client() as client:
        run = client.sessions.start(flaky).run
        helmr.advance("5m")
    with helmr, helmr.client() as client:
        assert helmr.now() == NEW_YEAR + timedelta(minutes=5)
        helmr.advance("15m")
        assert client.runs.retrieve(run).output == "at last"


# A skipping clock ----------------------------------------------------------------------------------------


def test_a_skipping_clock_skips_sleeps() -> None:
    with LocalHelmr(TASKS, clock="skip", now=NEW_YEAR) as helmr, helmr.client() as client:
        completed = client.sessions.start_and_wait(sleeper, "1000h", timeout_seconds=30)
        assert completed.run.output == "slept 1000h"
        assert client.sessions.start_and_wait(flaky, timeout_seconds=30).run.output == "at last"
        assert helmr.now() == NEW_YEAR + timedelta(hours=1000, minutes=20)


def test_a_skipping_clock_does_not_time_out_waits() -> None:
    with LocalHelmr(TASKS, clock="skip", now=NEW_YEAR) as helmr, helmr.client() as client:
        started = client.sessions.start(asks, "10m")
        slept = client.sessions.start(sleeper, "1h")
        client.runs.wait(client.sessions.start(sleeper, "5m").run, timeout=30)
        assert helmr.now() == NEW_YEAR + timedelta(minutes=5)
        client.sessions.open(started.session).input(approval).send("go on")
        assert client.runs.wait(started.run, timeout=30).output == "go on"
        assert client.runs.wait(slept.run, timeout=30).output == "slept 1h"


def test_a_skipping_clock_lets_a_follow_up_run_start() -> None:
    with LocalHelmr(TASKS, clock="skip", now=NEW_YEAR) as helmr, helmr.client() as client:
        gate.open.clear()
        try:
            session = client.sessions.open(client.sessions.start(works_on).session)
            session.input("approval").send("not read")
        finally:
            gate.open.set()
        while len(list(session.runs())) < 2:
            pass


# Misuse ------------------------------------------------------------------------------------------------


def test_a_real_clock_cannot_be_moved() -> None:
    with LocalHelmr() as helmr:
        for move in (lambda: helmr.advance("1h"), helmr.advance_to_next):
            with pytest.raises(RuntimeError, match='clock="manual"'):
                move()
        assert abs(helmr.now() - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"clock": "fast"}, "clock must be one of real, manual, skip, not 'fast'"),
        ({"now": NEW_YEAR}, "needs a simulated clock"),
        ({"clock": "manual", "now": datetime(2030, 1, 1)}, "time zone"),
    ],
)
def test_an_invalid_clock_is_rejected(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LocalHelmr(**options)


@pytest.mark.parametrize("duration", [0, -1, "an hour", "-5m", float("inf")])
def test_an_invalid_duration_is_rejected(helmr: LocalHelmr, duration: Any) -> None:
    with pytest.raises(ValueError, match="duration"):
        helmr.advance(duration)


def test_the_clock_of_a_stopped_server_cannot_be_moved() -> None:
    with pytest.raises(RuntimeError, match="not running"):
        LocalHelmr(clock="manual").advance("1h")


def test_an_async_task_cannot_move_its_own_clock() -> None:
    definition = task("mover", output=str)

    @implement(definition)
    async def move(ctx: AsyncTaskContext[None]) -> str:
        try:
            local.advance("1h")
        except RuntimeError as error:
            return str(error)
        return "moved"

    with LocalHelmr([move], clock="manual") as local, local.client() as client:
        completed = client.sessions.start_and_wait(definition, timeout_seconds=30)
        assert "cannot move the clock" in str(completed.run.output)


# Libraries that freeze time ------------------------------------------------------------------------------


def frozen_by_freezegun() -> Any:
    return freezegun.freeze_time("2001-02-03 04:05:06")


def frozen_by_time_machine() -> Any:
    return time_machine.travel("2001-02-03 04:05:06", tick=False)


FROZEN = pytest.mark.parametrize("frozen", [frozen_by_freezegun, frozen_by_time_machine])


@FROZEN
def test_a_real_clock_runs_although_the_test_freezes_time(frozen: Callable[[], Any]) -> None:
    before = datetime.now(UTC)
    with frozen(), LocalHelmr(TASKS) as helmr, helmr.client() as client:
        assert helmr.now() >= before
        completed = client.sessions.start_and_wait(sleeper, "10ms", timeout_seconds=30)
        assert completed.run.output == "slept 10ms"


@FROZEN
def test_a_manual_clock_moves_although_the_test_freezes_time(frozen: Callable[[], Any]) -> None:
    with frozen(), LocalHelmr(TASKS, clock="manual", now=NEW_YEAR) as helmr, helmr.client() as client:
        run = client.sessions.start(sleeper, "1h").run
        helmr.advance("1h")
        assert client.runs.retrieve(run).output == "slept 1h"


@FROZEN
def test_freezing_and_unfreezing_time_does_not_affect_the_server(frozen: Callable[[], Any]) -> None:
    with LocalHelmr(TASKS) as helmr, helmr.client() as client:
        token = client.tokens.create(timeout="1h")
        for _ in range(2):
            with frozen():
                assert client.tokens.retrieve(token).status == "pending"
        assert client.tokens.retrieve(token).status == "pending"
        assert abs(helmr.now() - datetime.now(UTC)) < timedelta(minutes=1)
