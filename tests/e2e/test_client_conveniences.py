"""Convenience methods of the client: log lines, many starts, piped records, and hints in errors."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from datetime import timedelta
from typing import Any

import pytest

from helmr import (
    AsyncHelmrClient,
    AsyncStartOutcome,
    HelmrClient,
    InputStream,
    LogLine,
    OutputStream,
    Run,
    RunEvent,
    Session,
    StartOutcome,
    task,
)
from helmr.errors import (
    ArgumentError,
    BadRequestError,
    DefinitionError,
    HelmrError,
    NotFoundError,
    WaitTimeoutError,
)
from helmr_local import Implementation, LocalHelmr, TaskContext, implement

chatty = task("chatty")
double = task("double", payload=int, output=int)
patient = task("patient")
lines_out = OutputStream("lines", str)


@implement(chatty, outputs=[lines_out])
def chat(ctx: TaskContext[None]) -> None:
    print("cloning")
    ctx.log.warning("large file", path="a.bin")
    ctx.stderr.write("begun ")
    ctx.stderr.write("and ended\r\n")
    print('{"level": 3}')
    print("no end", end="")


@implement(double)
def run_double(ctx: TaskContext[int]) -> int:
    return 2 * ctx.payload


@implement(patient, inputs=[InputStream("go", bool)])
def wait_for_ever(ctx: TaskContext[None]) -> None:
    ctx.sleep("1h")


TASKS: list[Implementation[Any, Any]] = [chat, run_double, wait_for_ever]


@pytest.fixture(scope="module")
def helmr() -> Iterator[LocalHelmr]:
    with LocalHelmr(TASKS) as local:
        yield local


@pytest.fixture(scope="module")
def client(helmr: LocalHelmr) -> Iterator[HelmrClient]:
    with helmr.client() as client:
        yield client


# A run's events and logs -------------------------------------------------------------------------------


def told(lines: list[LogLine]) -> list[tuple[str, str | None, str, dict[str, Any]]]:
    return [(line.stream, line.level, line.message, dict(line.fields)) for line in lines]


CHAT = [
    ("stdout", None, "cloning", {}),
    ("stdout", "warn", "large file", {"path": "a.bin"}),
    ("stderr", None, "begun and ended", {}),
    ("stdout", None, '{"level": 3}', {}),
    ("stdout", None, "no end", {}),
]


def test_a_run_has_its_events_and_logs(client: HelmrClient) -> None:
    run = client.sessions.start_and_wait(chatty, timeout_seconds=30).run
    assert [event.kind for event in run.events.list()] == [event.kind for event in run.events.follow()]
    assert run.logs.retrieve().stderr == "begun and ended\r\n"
    assert "".join(chunk.text for chunk in run.logs.follow() if chunk.stream == "stderr").startswith("begun")
    assert told(list(run.logs.lines())) == CHAT


def test_log_lines_resume_after_a_cursor(client: HelmrClient) -> None:
    run = client.sessions.start_and_wait(chatty, timeout_seconds=30).run
    lines = list(client.runs.logs.lines(run))
    assert told(list(client.runs.logs.lines(run, cursor=lines[1].cursor))) == CHAT[2:]
    assert {line.attempt_number for line in lines} == {1}
    assert [line.at for line in lines] == sorted(line.at for line in lines)


def test_log_lines_in_async_code(helmr: LocalHelmr) -> None:
    async def lines() -> list[LogLine]:
        async with helmr.async_client() as client:
            run = (await client.sessions.start_and_wait(chatty, timeout_seconds=30)).run
            return [line async for line in run.logs.lines()]

    assert told(asyncio.run(lines())) == CHAT


def test_following_a_run_yields_events_logs_and_the_ended_run(client: HelmrClient) -> None:
    run = client.sessions.start(double, 21).run
    *items, ended = run.follow(timeout="30s")
    assert isinstance(ended, Run)
    assert (ended.id, ended.output) == (run.id, 42)
    assert items == run.events.list().all()

    chatting = client.sessions.start(chatty).run
    found = list(client.runs.follow(chatting.id, task=chatty))
    assert [item for item in found if isinstance(item, RunEvent)] == chatting.events.list().all()
    assert told([item for item in found if isinstance(item, LogLine)]) == CHAT


def test_following_a_run_stops_at_its_timeout_and_when_the_iterator_is_closed(helmr: LocalHelmr) -> None:
    with helmr.client() as client:
        run = client.sessions.start(patient).run
        began = time.monotonic()
        with pytest.raises(WaitTimeoutError, match=r"did not finish within 0\.3 s"):
            list(run.follow(timeout=0.3))
        assert time.monotonic() - began < 2

    async def left() -> str:
        async with helmr.async_client() as client:
            async with aclosing(client.runs.follow(run.id)) as items:
                async for _ in items:
                    break
            return (await client.runs.cancel(run.id)).run.status

    assert asyncio.run(left()) == "cancelled"


# The result of a start ---------------------------------------------------------------------------------


def test_the_session_of_a_start_has_the_methods_of_a_handle(client: HelmrClient) -> None:
    session = client.sessions.start(chatty, external_id="a-session").session
    assert isinstance(session, Session)
    ended = client.runs.wait(session.runs().all()[0])
    assert ended.is_success
    assert [stream.name for stream in session.streams()] == ["go", "lines"]
    session.output(lines_out).append("by hand")
    assert [record.data for record in session.output(lines_out).list()] == ["by hand"]
    assert session.update(tags=["read"]).retrieve().tags == ["read"]
    assert [found.close(reason="done").status for found in client.sessions.list(external_id="a-session")] == [
        "closed"
    ]
    assert session.is_open  # a snapshot does not change
    assert not session.retrieve().is_open


def test_the_session_of_a_start_in_async_code(helmr: LocalHelmr) -> None:
    async def cancelled() -> str:
        async with helmr.async_client() as client:
            session = (await client.sessions.start(patient)).session
            await session.input("go").send(True)
            return (await (await session.retrieve()).cancel()).status

    assert asyncio.run(cancelled()) == "cancelled"


def test_a_session_without_a_client_raises_on_requests(client: HelmrClient) -> None:
    session = client.sessions.start(double, 1).session
    with pytest.raises(HelmrError, match="was made without a client"):
        Session.from_dict(session.to_dict()).close()


# Many starts -------------------------------------------------------------------------------------------


def test_start_many_starts_a_session_for_each_payload(client: HelmrClient) -> None:
    outcomes = list(client.sessions.start_many(double, range(30), concurrency=7, tags=["many"]))
    assert sorted(outcome.index for outcome in outcomes) == list(range(30))
    for outcome in outcomes:
        assert isinstance(outcome, StartOutcome)
        assert outcome.error is None
        assert outcome.started is not None
        assert outcome.started.run.wait(timeout=30).output == 2 * outcome.payload


def test_a_start_that_fails_does_not_stop_the_others(client: HelmrClient) -> None:
    payloads: list[Any] = [1, "two", 3]
    outcomes = sorted(client.sessions.start_many(double, payloads), key=lambda outcome: outcome.index)
    assert [outcome.started is None for outcome in outcomes] == [False, True, False]
    assert "expected" in str(outcomes[1].error)


def test_many_starts_by_external_id_can_be_repeated(client: HelmrClient) -> None:
    def ids() -> set[str]:
        starts = client.sessions.start_many(double, range(5), external_id=lambda number: f"many:{number}")
        return {outcome.started.session.id for outcome in starts if outcome.started is not None}

    assert ids() == ids()


def test_payloads_are_read_only_when_a_start_can_begin(client: HelmrClient) -> None:
    taken: list[int] = []

    def payloads() -> Iterator[int]:
        for number in itertools.count():
            taken.append(number)
            yield number

    starts = client.sessions.start_many(double, payloads(), concurrency=3)
    next(starts)
    starts.close()
    assert taken == [0, 1, 2]


def test_an_interrupt_ends_many_starts_immediately(client: HelmrClient) -> None:
    def payloads() -> Iterator[int]:
        yield 1
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(client.sessions.start_many(double, payloads(), concurrency=2))
    starting = [thread for thread in threading.enumerate() if thread.name == "helmr-start"]
    for thread in starting:
        thread.join(30)
    assert not any(thread.is_alive() for thread in starting)


def test_many_starts_in_async_code(helmr: LocalHelmr) -> None:
    async def payloads() -> AsyncIterator[int]:
        for number in range(10):
            yield number

    async def start(client: AsyncHelmrClient) -> list[AsyncStartOutcome[int, int]]:
        return [outcome async for outcome in client.sessions.start_many(double, payloads(), concurrency=3)]

    async def main() -> list[AsyncStartOutcome[int, int]]:
        async with helmr.async_client() as client:
            return await start(client)

    outcomes = asyncio.run(main())
    assert sorted(outcome.payload for outcome in outcomes) == list(range(10))
    assert all(outcome.error is None for outcome in outcomes)


def test_many_async_starts_end_when_the_iterator_is_closed(helmr: LocalHelmr) -> None:
    async def main() -> int:
        async with helmr.async_client() as client:
            starts = client.sessions.start_many(double, itertools.count(), concurrency=3)
            async for _ in starts:
                break
            await starts.aclose()
            return len(asyncio.all_tasks())

    assert asyncio.run(main()) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"idempotency_key": "one"}, "idempotency_key cannot be the same for many starts"),
        ({"concurrency": 0}, "concurrency must be an integer between 1 and 100"),
    ],
)
def test_invalid_options_of_many_starts_are_rejected(
    client: HelmrClient, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ArgumentError, match=message):
        list(client.sessions.start_many(double, [1], **options))


# Piping ------------------------------------------------------------------------------------------------


def test_piped_records_are_written_as_items_arrive(client: HelmrClient) -> None:
    session = client.sessions.open(client.sessions.start(chatty).session)
    output = session.output(lines_out)
    seen: list[int] = []

    def items() -> Iterator[str]:
        for text in ["one", "two", "three"]:
            seen.append(len(output.list().all()))
            yield text

    assert output.pipe(items(), correlation_id="build") == 3
    assert seen == [0, 1, 2]
    assert [(record.data, record.correlation_id) for record in output.list()] == [
        (text, "build") for text in ("one", "two", "three")
    ]


def test_async_code_pipes_sync_and_async_iterables(helmr: LocalHelmr) -> None:
    async def items() -> AsyncIterator[str]:
        yield "async"

    async def main() -> list[str]:
        async with helmr.async_client() as client:
            session = client.sessions.open((await client.sessions.start(chatty)).session)
            output = session.output(lines_out)
            assert (await output.pipe(["sync"]), await output.pipe(items())) == (1, 1)
            return [record.data async for record in output.list()]

    assert asyncio.run(main()) == ["sync", "async"]


# Lists -------------------------------------------------------------------------------------------------


def test_a_list_reports_that_the_limit_truncated_it(client: HelmrClient) -> None:
    for outcome in client.sessions.start_many(double, range(3), external_id=lambda number: f"cut:{number}"):
        assert outcome.error is None
    cut = client.sessions.list(task=double, limit=2)
    assert not cut.is_truncated  # no page was read yet
    assert (len(cut.all()), cut.is_truncated) == (2, True)
    whole = client.sessions.list(external_id="cut:1")
    assert (len(whole.all()), whole.is_truncated) == (1, False)
    runs = client.runs.list(status="all", limit=1)
    assert (len(runs.all()), runs.is_truncated) == (1, True)


@pytest.mark.parametrize(
    ("kind", "status", "meant"),
    [
        ("runs", "succeed", "succeeded"),
        ("runs", "Failed", "failed"),
        ("sessions", "opened", "open"),
        ("tokens", "complete", "completed"),
    ],
)
def test_a_misspelled_status_is_rejected_with_a_suggestion(
    client: HelmrClient, kind: str, status: str, meant: str
) -> None:
    with pytest.raises(ArgumentError, match=f"did you mean '{meant}'"):
        getattr(client, kind).list(status=status)


@pytest.mark.sends_invalid_requests("the server decides, because a newer one may know more statuses")
def test_an_unknown_status_without_a_close_match_is_sent(client: HelmrClient) -> None:
    with pytest.raises(BadRequestError):
        client.runs.list(status="paused").all()  # type: ignore[arg-type]  # what it is about


# Hints and durations -----------------------------------------------------------------------------------


@pytest.mark.parametrize("external_id", ["github:OWNER/REPO#1", "ada@example.test"])
def test_an_external_id_in_place_of_an_id_is_rejected(client: HelmrClient, external_id: str) -> None:
    for call in (client.sessions.open, client.sessions.retrieve, client.sessions.cancel):
        with pytest.raises(ArgumentError, match="external_id="):
            call(external_id)


def test_a_record_of_another_environment_gets_a_hint(helmr: LocalHelmr, client: HelmrClient) -> None:
    started = client.sessions.start(chatty)
    with (
        helmr.environment("other").client() as other,
        pytest.raises(NotFoundError, match="belongs to the environment of the API key"),
    ):
        other.runs.retrieve(started.run.id)


def test_a_url_that_ends_in_api_gets_a_hint(helmr: LocalHelmr) -> None:
    with (
        HelmrClient(url=helmr.url + "/api", api_key=helmr.api_key) as wrong,
        pytest.raises(NotFoundError, match="the control plane URL ends in /api"),
    ):
        wrong.tasks.list().all()


def test_a_maximum_duration_accepts_the_usual_duration_formats(client: HelmrClient) -> None:
    assert task("quick", max_duration="15m").max_duration == timedelta(minutes=15)
    started = client.sessions.start(chatty, max_duration="30s")
    assert started.run.wait(timeout=timedelta(seconds=30)).is_success
    for wrong in ("1s", "25h", "5.5s", "soon"):
        with pytest.raises(DefinitionError, match="max_duration"):
            task("quick", max_duration=wrong)
