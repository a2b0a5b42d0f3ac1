"""Every call of the client against a real server, sync and async, and common problems."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from helmr_ergonomic import (
    AsyncSend,
    HelmrClient,
    InputStream,
    OutputStream,
    ReadOutput,
    Send,
    SendInput,
    errors,
    task,
)
from helmr_ergonomic.events import RunCompleted, RunCreated
from helmr_local import LocalHelmr, LocalSettings, implement

from ..unit.layer.driver import Driver


class ReviewRequest(msgspec.Struct, rename="camel"):
    owner: str
    pr_number: int


class Report(msgspec.Struct):
    summary: str


review = task("review", payload=ReviewRequest, output=Report, max_duration=timedelta(minutes=15))
ask = task("ask", output=dict[str, Any])
echo = task("echo", payload=dict[str, Any], output=dict[str, Any])
approval = InputStream("approval", dict[str, bool])
comments = InputStream("comments", str)
report = OutputStream("agent.report", Report)
links = OutputStream("links", dict[str, str])


@implement(review, inputs=[approval, comments], outputs=[report])
def do_review(ctx: Any) -> Report:
    ctx.stdout.write(f"reviewing {ctx.payload.owner} #{ctx.payload.pr_number}\n")
    ctx.stderr.write("größer\n")
    ctx.output(report).append(Report("first"))
    approved = ctx.input(approval).wait(timeout="10m").unwrap()
    ctx.output(report).append(Report("second"))
    return Report(f"approved: {approved['approved']}")


@implement(ask, outputs=[links])
def do_ask(ctx: Any) -> dict[str, Any]:
    token = ctx.tokens.create(timeout="1h")
    ctx.output(links).append(
        {"id": token.id, "public": token.public_access_token, "callback": token.callback_url}
    )
    return {"decision": token.wait(dict).unwrap()}


@implement(echo)
def do_echo(ctx: Any) -> dict[str, Any]:
    return dict(ctx.payload)


@pytest.fixture(scope="module")
def helmr() -> Generator[LocalHelmr]:
    settings = LocalSettings(sweep_interval=0.05, continuation_interval=0.05)
    with LocalHelmr(tasks=[do_review, do_ask, do_echo], settings=settings) as local:
        yield local


@pytest.fixture(params=["sync", "async"])
def drive(request: pytest.FixtureRequest) -> Generator[Driver]:
    driver = Driver(request.param)
    yield driver
    driver.close()


@pytest.fixture
def client(drive: Driver, helmr: LocalHelmr) -> Any:
    return drive.live(url=helmr.url, api_key=helmr.api_key)


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A name that is unique to the test."""
    return str(request.node.name)


REQUEST = ReviewRequest("OWNER", 42)


def test_a_whole_session(drive: Driver, client: Any, name: str) -> None:
    sessions, runs = client.sessions, client.runs
    start = {"external_id": name, "idempotency_key": name, "idempotency_key_ttl": "24h", "tags": ["b", "a"]}
    started = drive(sessions.start(review, REQUEST, metadata={"a": 1}, **start))
    again = drive(sessions.start(review, REQUEST, **start))
    assert (started.is_cached, again.is_cached) == (False, True)
    assert (again.session.id, again.run.id) == (started.session.id, started.run.id)
    assert (started.session.external_id, started.session.tags) == (name, ["a", "b"])
    assert started.session.metadata == {"a": 1}

    handle = sessions.open(external_id=name)
    (first,) = drive.items(handle.output(report).follow(), most=1)
    assert (first.sequence, first.data) == (1, Report("first"))
    sent = drive(handle.input(approval).send({"approved": True}, correlation_id=name, idempotency_key="one"))
    assert (sent.sequence, sent.idempotency_status, sent.correlation_id) == (1, "created", name)
    ended = drive(runs.wait(started.run, timeout=20))
    assert ended.output == Report("approved: True")
    twice = drive(handle.input(approval).send({"approved": True}, correlation_id=name, idempotency_key="one"))
    assert (twice.sequence, twice.idempotency_status) == (1, "duplicate")

    assert [r.data.summary for r in drive.items(handle.output(report).list(page_size=1))] == [
        "first",
        "second",
    ]
    assert drive(handle.output(report).read(after_sequence=1)).data == Report("second")
    assert drive(handle.output(report).read(after_sequence=2)) is None
    assert drive.items(handle.input(approval).list(correlation_id="nobody")) == []
    streams = {info.name: (info.direction, info.sequence) for info in drive.items(handle.streams())}
    assert (streams["agent.report"], streams["approval"]) == (("output", 2), ("input", 1))
    assert (streams["comments"], streams["links"]) == (("input", 0), ("output", 0))

    logs = drive(runs.logs.retrieve(ended))
    assert (logs.stdout, logs.stderr) == ("reviewing OWNER #42\n", "größer\n")
    chunks = drive.items(runs.logs.follow(ended))
    assert "".join(chunk.text for chunk in chunks) == "reviewing OWNER #42\ngrößer\n"
    assert drive.items(runs.logs.follow(ended, cursor=logs.cursor)) == []
    events = drive.items(runs.events.list(ended, page_size=2))
    assert isinstance(events[0], RunCreated)
    assert events[0].payload == {"owner": "OWNER", "prNumber": 42}
    assert isinstance(events[-1], RunCompleted)
    assert drive.items(runs.events.follow(ended)) == events
    assert drive.items(runs.events.follow(ended, cursor=events[-2].id)) == events[-1:]
    assert drive.items(runs.events.follow(ended, cursor=events[-1].id)) == []

    assert drive(handle.update(tags=["c"], metadata={})).tags == ["c"]
    assert started.session in [started.session, *drive.items(sessions.list(external_id=name))]
    (turn,) = drive.items(sessions.runs(started.session))
    assert (turn.id, turn.status) == (ended.id, "succeeded")
    assert drive(runs.retrieve(turn, task=review)).output == ended.output
    assert drive(runs.wait(turn, task=review, timeout=10)).output == ended.output
    assert drive(runs.retrieve(turn)).output == ended.output_json
    assert drive(runs.cancel(turn)).applied is False
    assert drive(runs.logs.retrieve(turn)).stdout == logs.stdout
    closed = drive(handle.close(reason="done"))
    assert (closed.status, closed.terminal_reason.reason) == ("closed", "done")
    with pytest.raises(errors.ConflictError) as caught:
        drive(handle.input(comments).send("late"))
    assert caught.value.code == "session_terminal"


def test_start_and_wait_and_a_continued_session(drive: Driver, client: Any) -> None:
    completed = drive(client.sessions.start_and_wait(echo, {"n": [1, None, "ü"]}, timeout_seconds=20))
    assert completed.run.output == {"n": [1, None, "ü"]}
    assert drive(completed.run.output_or_raise()) == {"n": [1, None, "ü"]}
    assert not completed.timed_out
    assert drive(client.sessions.retrieve(completed.session)).activity == "idle"
    longer = drive(client.sessions.start_and_wait("echo", {"n": 1}, timeout_seconds="2m"))
    assert longer.run.output == {"n": 1}


def test_input_to_an_idle_session_starts_a_run(drive: Driver, client: Any) -> None:
    started = drive(client.sessions.start(review, REQUEST))
    handle = client.sessions.open(started.session)
    drive(handle.input(approval).send({"approved": True}))
    drive(client.runs.wait(started.run, timeout=20))
    sent = drive(handle.input(comments).send("one more thing"))
    assert sent.continuation_status == "created"
    second = drive(handle.retrieve()).current_run_id
    assert second != started.run.id
    # It reads the earlier approval, so it ends without input.
    assert drive(client.runs.wait(second, task=review, timeout=20)).output == Report("approved: True")
    late = drive(client.runs.cancel(second))
    assert (late.applied, late.run.status) == (False, "succeeded")
    assert [turn.turn_index for turn in drive.items(handle.runs())] == [0, 1]
    assert drive(handle.cancel()).status == "cancelled"


def test_lists_and_counts(drive: Driver, client: Any) -> None:
    completed = drive(client.sessions.start_and_wait(echo, {}, timeout_seconds=20))
    ended = [run.id for run in drive.items(client.runs.list(status="succeeded", limit=200))]
    assert completed.run.id in ended
    of_session = drive(client.runs.list(status="all", session=completed.session).all())
    assert [run.id for run in of_session] == [completed.run.id]
    assert drive(client.runs.counts()).succeeded >= 1
    assert completed.session.id in [s.id for s in drive.items(client.sessions.list(task=echo, status="open"))]
    assert [found.task_id for found in drive.items(client.tasks.list())] == ["ask", "echo", "review"]
    assert drive(client.tasks.retrieve(review)).task_id == "review"
    assert drive(client.health.live())
    assert drive(client.health.ready())


def test_records_are_sent_in_batches(drive: Driver, client: Any) -> None:
    made = Send if drive.kind == "sync" else AsyncSend
    started = [drive(client.sessions.start(review, REQUEST)) for _ in range(3)]
    inputs = [client.sessions.open(one.session).input(comments) for one in started]
    strings = [f"comment {n}" for n in range(30)]
    sent = drive(client.sessions.send_batch([made(inputs[n % 3], text) for n, text in enumerate(strings)]))
    assert [record.data for record in sent] == strings
    for index, one in enumerate(inputs):
        assert [record.data for record in drive.items(one.list())] == strings[index::3]
    drive(inputs[0].send_many(["a", "b"]))
    assert [record.data for record in drive.items(inputs[0].list(after_sequence=10))] == ["a", "b"]
    for session in started:
        drive(client.sessions.cancel(session.session))


# --- tokens ------------------------------------------------------------------------------------------------


def asked(drive: Driver, client: Any) -> tuple[Any, dict[str, str]]:
    started = drive(client.sessions.start(ask))
    (link,) = drive.items(client.sessions.open(started.session).output(links).follow(), most=1)
    return started, link.data


@pytest.mark.parametrize("way", ["api key", "public token", "public client", "callback", "callback alone"])
def test_each_way_to_complete_a_token(drive: Driver, client: Any, helmr: LocalHelmr, way: str) -> None:
    started, link = asked(drive, client)
    data = {"approved": True, "by": way}
    if way == "api key":
        done = drive(client.tokens.complete(link["id"], data))
    elif way == "public token":
        done = drive(client.tokens.complete(link["id"], data, public_access_token=link["public"]))
    elif way == "public client":
        done = drive(drive.live_public(link["public"], url=helmr.url).complete(link["id"], data))
    elif way == "callback":
        done = drive(client.tokens.complete(callback_url=link["callback"], data=data))
    else:
        done = drive(drive.live_public(None).complete_by_callback(link["callback"], data))
    assert (done.status, done.token.data) == ("completed", data)
    assert drive(client.tokens.complete(link["id"], data)).status == "already_completed"
    with pytest.raises(errors.ConflictError) as caught:
        drive(client.tokens.complete(link["id"], "other"))
    assert caught.value.code == "token_completion_conflict"
    assert drive(client.runs.wait(started.run, timeout=20)).output == {"decision": data}


def test_a_token_is_created_listed_and_cancelled(drive: Driver, client: Any, name: str) -> None:
    made = drive(
        client.tokens.create(timeout=timedelta(hours=1), tags=["x"], metadata={"a": 1}, idempotency_key=name)
    )
    again = drive(
        client.tokens.create(timeout=timedelta(hours=1), tags=["x"], metadata={"a": 1}, idempotency_key=name)
    )
    assert made.public_access_token == again.public_access_token is not None
    assert timedelta(minutes=59) < made.timeout_at - datetime.now(UTC) < timedelta(minutes=61)
    assert (made.tags, made.metadata, made.data, made.is_pending) == (["x"], {"a": 1}, None, True)
    assert made.id in [token.id for token in drive.items(client.tokens.list(status="pending", page_size=1))]
    assert drive(made.refresh()).public_access_token is None
    assert drive(made.cancel()).status == "cancelled"
    with pytest.raises(errors.TokenCancelledError):
        drive(made.wait()).unwrap()
    with pytest.raises(errors.ConflictError):
        drive(made.cancel())
    with pytest.raises(errors.ConflictError) as caught:
        drive(client.tokens.create(timeout="2h", idempotency_key=name))
    assert caught.value.code == "idempotency_fingerprint_mismatch"


def test_public_access_to_streams(drive: Driver, client: Any, helmr: LocalHelmr, name: str) -> None:
    started = drive(client.sessions.start(review, REQUEST, external_id=name))
    send = drive(
        client.auth.create_public_token(SendInput(started.session, comments, correlation_id="c"), max_uses=1)
    )
    read = drive(client.auth.create_public_token(ReadOutput(external_id=name, stream=report)))
    assert (send.session_id, read.session_id, send.max_uses) == (started.session.id, started.session.id, 1)

    sender = drive.live_public(send.public_access_token, url=helmr.url)
    for wrong in (None, "d"):
        with pytest.raises(errors.PermissionDeniedError):
            drive(sender.open(started.session).input(comments).send("x", correlation_id=wrong))
    drive(sender.open(external_id=name).input(comments).send("hello", correlation_id="c"))
    with pytest.raises(errors.PermissionDeniedError) as caught:
        drive(sender.open(external_id=name).input(comments).send("again", correlation_id="c"))
    assert caught.value.code == "token_scope_denied"

    reader = drive.live_public(read.public_access_token, url=helmr.url).open(started.session).output(report)
    (first,) = drive.items(reader.follow(), most=1)
    assert first.data == Report("first")
    assert drive(reader.read(after_sequence=1)) is None
    with pytest.raises(errors.AuthenticationError):
        drive(drive.live_public("hlmr_pat_wrong", url=helmr.url).open(started.session).output(report).read())
    drive(client.sessions.cancel(started.session))


# --- common problems ---------------------------------------------------------------------------------------


def test_an_unknown_task_a_wrong_key_and_a_missing_scope_raise(
    drive: Driver, client: Any, helmr: LocalHelmr
) -> None:
    with pytest.raises(errors.ConflictError) as conflict:
        drive(client.sessions.start("nobody"))
    assert conflict.value.code == "task_not_deployed"
    with pytest.raises(errors.AuthenticationError, match="authentication is required"):
        drive(drive.live(url=helmr.url, api_key="hlmr_sk_wrong").runs.counts())
    narrow = drive.live(url=helmr.url, api_key=helmr.create_api_key(["runs:read"]))
    with pytest.raises(errors.PermissionDeniedError, match="permission is required"):
        drive(narrow.tokens.create())
    assert drive(narrow.runs.counts()).live >= 0
    with pytest.raises(errors.NotFoundError, match="session not found"):
        drive(client.sessions.retrieve(external_id="nobody"))
    drive(client.sessions.start(echo, {"a": 1}, idempotency_key="other"))
    with pytest.raises(errors.ConflictError) as other:
        drive(client.sessions.start(echo, {"a": 2}, idempotency_key="other"))
    assert other.value.code == "idempotency_fingerprint_mismatch"


@pytest.mark.sends_invalid_requests("the server must reject an invalid id")
def test_an_invalid_id_raises_a_bad_request_error(drive: Driver, client: Any) -> None:
    with pytest.raises(errors.BadRequestError, match="must be a UUID"):
        drive(client.runs.retrieve("no-uuid"))


def test_an_unreachable_server_raises_a_connection_error(drive: Driver, closed_url: str) -> None:
    client = drive.live(url=closed_url, api_key="hlmr_sk_x", max_retries=0)
    calls: list[Callable[..., Any]] = [
        lambda: client.runs.counts(),
        lambda: client.sessions.start("echo"),
        lambda: client.runs.wait("0197b5a0-0000-7000-8000-000000000001"),
    ]
    expected = f"cannot connect to {closed_url} .*HELMR_API_URL"
    for call in calls:
        with pytest.raises(errors.HelmrConnectionError, match=expected):
            drive(call())


def test_a_pending_start_is_retried(drive: Driver, client: Any, helmr: LocalHelmr, name: str) -> None:
    from helmr_ergonomic import idempotency_keys

    key = idempotency_keys.create(name)
    hasty = client.with_options(max_retries=0)
    with helmr.start_in_flight("echo", key.value), pytest.raises(errors.IdempotencyPendingError):
        drive(hasty.sessions.start(echo, {}, idempotency_key=key))
    assert not drive(client.sessions.start(echo, {}, idempotency_key=name)).is_cached


def test_a_raw_response_has_status_and_headers(drive: Driver, client: Any) -> None:
    raw = client.with_raw_response
    drive(raw.sessions.start(echo, {}))
    assert (raw.response.status_code, raw.response.headers["Helmr-API-Version"]) == (201, "2026-06-06")


# --- the facades -------------------------------------------------------------------------------------------


def test_the_facades_read_the_environment(helmr: LocalHelmr, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in helmr.environ().items():
        monkeypatch.setenv(variable, value)
    from helmr_ergonomic import aio, auth, facade, runs, sessions, tasks, tokens

    completed = sessions.start_and_wait(echo, {"a": 1}, timeout_seconds=20)
    assert completed.run.output == {"a": 1}
    assert runs.retrieve(completed.run).is_success
    assert runs.logs.retrieve(completed.run).stdout == ""
    assert [event.kind for event in runs.events.list(completed.run)] == ["run.created", "run.completed"]
    assert tokens.create(timeout="1h").is_pending
    assert tasks.retrieve("echo").task_id == "echo"
    waiting = sessions.start(review, REQUEST)
    assert auth.create_public_token(SendInput(waiting.session, approval)).stream == "approval"

    async def awaited() -> None:
        done = await aio.sessions.start_and_wait(echo, {"a": 2}, timeout_seconds=20)
        assert done.run.output == {"a": 2}
        assert await aio.runs.events.list(done.run) == await aio.runs.events.list(done.run).all()
        assert (await aio.sessions.open(waiting.session).cancel()).status == "cancelled"
        await aio.aclose()

    asyncio.run(awaited())
    asyncio.run(awaited_again(aio))
    facade.close()


async def awaited_again(aio: Any) -> None:
    """A second event loop gets its own connections."""
    assert (await aio.runs.counts()).succeeded >= 2
    await aio.aclose()


def test_one_client_makes_many_concurrent_starts(helmr: LocalHelmr) -> None:
    async def starts() -> list[Any]:
        async with helmr.async_client() as client:
            return list(await asyncio.gather(*(client.sessions.start(echo, {"n": n}) for n in range(100))))

    assert len({started.session.id for started in asyncio.run(starts())}) == 100


def test_concurrent_starts_with_one_key_start_one_session(helmr: LocalHelmr) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with helmr.client() as client, ThreadPoolExecutor(8) as pool:

        def start(_: int) -> str:
            return client.sessions.start(echo, {"a": 1}, idempotency_key=["at", "once"]).session.id

        assert len(set(pool.map(start, range(16)))) == 1


def test_the_sync_client_closes_with_its_block(helmr: LocalHelmr) -> None:
    with HelmrClient(helmr.url, helmr.api_key) as client:
        client.runs.counts()
    with pytest.raises(errors.ConfigurationError, match="closed"):
        client.runs.counts()
