"""Static types as type checkers infer them. Both mypy and pyright check this file; it never runs.

A line that ends in `# refused` must be an error for both checkers. If it is not, they report its `type:
ignore` as unnecessary.
"""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Literal, Optional, TypedDict, Union, assert_type

import attrs
import msgspec
import pydantic

from helmr_ergonomic import (
    AsyncHelmrClient,
    AsyncRun,
    AsyncSessionStart,
    HelmrClient,
    InputStream,
    LogChunk,
    OutputStream,
    PublicClient,
    Run,
    RunEvent,
    Session,
    SessionStart,
    StreamRecord,
    Task,
    Token,
    WaitResult,
    aio,
    auth,
    runs,
    sessions,
    task,
    tasks,
    tokens,
)
from helmr_ergonomic._auth import PublicAccessToken, ReadOutput, SendInput
from helmr_ergonomic.events import RunFailed


class ReviewRequest(msgspec.Struct, rename="camel"):
    owner: str
    pr_number: int


class Report(msgspec.Struct):
    summary: str


@dataclass
class DataRequest:
    owner: str


@attrs.define
class AttrsRequest:
    owner: str


class DictRequest(TypedDict):
    owner: str


class ModelRequest(pydantic.BaseModel):
    owner: str


class Result:
    issues: list[Any] | None = None
    value: int = 0


class Schema:
    def validate(self, value: Any, /) -> Result:
        return Result()


def parse(value: Any) -> bytes:
    return bytes(value)


review = task("review", payload=ReviewRequest, output=Report, max_duration=timedelta(minutes=15))
silent = task("silent")
counting = task("counting", output=int)
taking = task("taking", payload=dict[str, bool])
approval = InputStream("approval", dict[str, bool])
report = OutputStream("agent.report", Report)
request = ReviewRequest("OWNER", 42)

# Forms that are no classes. pyright infers their types; mypy cannot, so that they are written down.
number: Task[int | None, Report | None] = task("number", payload=int | None, output=Report | None)
old_style: Task[int | str, int | None] = task("old", payload=Union[int, str], output=Optional[int])  # noqa: UP007, UP045
level: Task[Literal["low", "high"], Any] = task("level", payload=Literal["low", "high"])
positive: Task[int, Any] = task("positive", payload=Annotated[int, msgspec.Meta(gt=0)])
anything: Task[Any, Any] = task("anything", payload=Any)
levels: InputStream[Literal["low", "high"]] = InputStream("levels", Literal["low", "high"])
numbers: OutputStream[int | None] = OutputStream("numbers", int | None)
# A TypeAdapter declares its type to both checkers.
adapter: pydantic.TypeAdapter[ModelRequest | int] = pydantic.TypeAdapter(ModelRequest | int)
adapted = task("adapted", payload=adapter, output=pydantic.TypeAdapter(list[ModelRequest]))


def definitions() -> None:
    assert_type(review, Task[ReviewRequest, Report])
    assert_type(silent, Task[None, Any])
    assert_type(counting, Task[None, int])
    assert_type(taking, Task[dict[str, bool], Any])
    assert_type(task("t", payload=DataRequest), Task[DataRequest, Any])
    assert_type(task("t", payload=AttrsRequest), Task[AttrsRequest, Any])
    assert_type(task("t", payload=DictRequest), Task[DictRequest, Any])
    assert_type(task("t", payload=ModelRequest, output=ModelRequest), Task[ModelRequest, ModelRequest])
    assert_type(task("t", payload=list[int], output=str), Task[list[int], str])
    assert_type(task("t", payload=parse), Task[bytes, Any])
    assert_type(task("t", payload=Schema()), Task[int, Any])
    assert_type(review.parse_payload(b"{}"), ReviewRequest)
    assert_type(review.decode_output({}), Report)
    assert_type(approval, InputStream[dict[str, bool]])
    assert_type(report, OutputStream[Report])
    assert_type(InputStream("x"), InputStream[Any])
    assert_type(OutputStream("x", parse), OutputStream[bytes])
    assert_type(report.decode({}), Report)
    assert_type(number, Task[int | None, Report | None])
    assert_type(level, Task[Literal["low", "high"], Any])
    assert_type(adapted, Task[ModelRequest | int, list[ModelRequest]])
    assert_type(InputStream("x", adapter), InputStream[ModelRequest | int])
    assert_type(task("t", payload=list[int | None]), Task[list[int | None], Any])
    approval.encode({"approved": "yes"})  # type: ignore[dict-item]  # refused
    levels.encode("middle")  # type: ignore[arg-type]  # refused
    task("t", payload=3)  # type: ignore[call-overload]  # refused
    InputStream("x", 3)  # type: ignore[call-overload]  # refused
    task("t", max_duration=900)  # type: ignore[call-overload]  # refused
    task("t", secret=["A"])  # type: ignore[call-overload]  # refused


def starting() -> None:
    started = sessions.start(review, request, external_id="x", idempotency_key=["a"], ttl=timedelta(hours=1))
    assert_type(started, SessionStart[Report])
    assert_type(started.session, Session)
    assert_type(started.run, Run[Report])
    completed = sessions.start_and_wait(review, request, timeout_seconds=600)
    assert_type(completed.run.output, Report | None)
    assert_type(completed.run.output_or_raise(), Report)
    assert_type(sessions.start(silent), SessionStart[Any])
    assert_type(sessions.start_and_wait(counting).run.output, int | None)
    assert_type(sessions.start(taking, {"a": True}), SessionStart[Any])
    assert_type(sessions.start("dynamic", {"anything": 1}), SessionStart[Any])
    assert_type(sessions.start("dynamic"), SessionStart[Any])
    sessions.start(number, None)
    sessions.start(level, "low")
    sessions.start(positive, 1)
    sessions.start(anything, request)
    sessions.start(adapted, ModelRequest(owner="OWNER"))
    assert_type(sessions.start_and_wait(old_style, "x").run.output, int | None)
    sessions.start(number, "42")  # type: ignore[misc]  # refused
    sessions.start(level, "middle")  # type: ignore[misc]  # refused
    sessions.start(adapted, "x")  # type: ignore[misc]  # refused
    sessions.start(review, {"owner": "OWNER", "prNumber": 42})  # type: ignore[misc]  # refused
    sessions.start(review)  # type: ignore[arg-type]  # refused
    sessions.start(review, DataRequest("OWNER"))  # type: ignore[misc]  # refused
    sessions.start(silent, {"a": 1})  # type: ignore[misc]  # refused
    sessions.start(counting, 3)  # type: ignore[misc]  # refused
    sessions.start(taking, {"a": "yes"})  # type: ignore[misc]  # refused
    sessions.start(review, request, externalId="x")  # type: ignore[call-overload]  # refused
    sessions.start(review, request, priority="high")  # type: ignore[call-overload]  # refused
    sessions.start(review, request, ttl=90)  # type: ignore[call-overload]  # refused
    sessions.start_and_wait(review)  # type: ignore[arg-type]  # refused
    sessions.start_and_wait(review, request, idempotency_key=7)  # type: ignore[call-overload]  # refused


def streaming() -> None:
    handle = sessions.open(external_id="x")
    for record in handle.output(report).list():
        assert_type(record, StreamRecord[Report])
        assert_type(record.data, Report)
    assert_type(handle.output(report).read(), StreamRecord[Report] | None)
    assert_type(handle.output(report).follow(), Generator[StreamRecord[Report], None, None])
    assert_type(handle.input(approval).send({"approved": True}).data, dict[str, bool])
    assert_type(handle.output("any").list().all(), list[StreamRecord[Any]])
    handle.input("any").send(object())
    handle.input(approval).send({"approved": "yes"})  # type: ignore[dict-item]  # refused
    handle.output(report).append({"summary": "x"})  # type: ignore[arg-type]  # refused
    handle.input(report)  # type: ignore[arg-type]  # refused
    handle.output(approval)  # type: ignore[arg-type]  # refused


def running(run_id: str, run: Run[Report]) -> None:
    assert_type(runs.retrieve(run), Run[Report])
    assert_type(runs.retrieve(run_id), Run[Any])
    assert_type(runs.retrieve(run_id, task=review), Run[Report])
    for turn in sessions.runs(run.session_id):
        assert_type(runs.retrieve(turn), Run[Any])
        assert_type(runs.retrieve(turn, task=review), Run[Report])
        assert_type(runs.wait(turn, task=review), Run[Report])
        assert_type(runs.cancel(turn).run, Run[Any])
    assert_type(runs.wait(run, timeout="10m"), Run[Report])
    assert_type(runs.wait(run_id, task=counting).output, int | None)
    assert_type(run.refresh(), Run[Report])
    assert_type(run.wait().output, Report | None)
    assert_type(runs.cancel(run).run, Run[Report])
    assert_type(runs.list(status="all").first(), Run[Any] | None)
    assert_type(runs.events.list(run).all(), list[RunEvent])
    assert_type(runs.events.follow(run), Generator[RunEvent, None, None])
    for event in runs.events.follow(run):
        if isinstance(event, RunFailed):
            assert_type(event.reason, str)
    for chunk in runs.logs.follow(run):
        assert_type(chunk, LogChunk)
        assert_type(chunk.content, bytes)
        assert_type(chunk.text, str)
    runs.retrieve(7)  # type: ignore[arg-type]  # refused
    runs.list(status="done")  # type: ignore[arg-type]  # refused


def completing(token: Token) -> None:
    assert_type(tokens.create(timeout="1h"), Token)
    assert_type(token.wait(dict[str, bool]), WaitResult[dict[str, bool]])
    assert_type(token.wait(dict[str, bool]).unwrap(), dict[str, bool])
    assert_type(token.wait(Report, timeout=3).unwrap(), Report)
    assert_type(token.wait(parse).unwrap(), bytes)
    assert_type(token.wait(), WaitResult[Any])
    assert_type(token.wait(adapter), WaitResult[ModelRequest | int])
    assert_type(token.unwrap(), Any)
    choice: Literal["yes", "no"] = token.wait(Literal["yes", "no"]).unwrap()
    amount: int | None = token.unwrap(int | None)
    tokens.complete(token, [choice, amount])
    assert_type(token.unwrap(Report), Report)
    assert_type(tokens.wait("id", Report).data, Report | None)
    tokens.complete(token, {"approved": True})
    tokens.complete(callback_url="https://…", data=1)
    tokens.create(timeout=90)  # type: ignore[arg-type]  # refused
    tokens.complete()  # type: ignore[call-overload]  # refused
    assert_type(auth.create_public_token(SendInput("id", approval)), PublicAccessToken)
    auth.create_public_token(ReadOutput(external_id="x", stream=report))
    SendInput("id", report)  # type: ignore[arg-type]  # refused
    ReadOutput("id", approval)  # type: ignore[arg-type]  # refused
    assert_type(tasks.retrieve(review).task_id, str)
    for record in PublicClient("hlmr_pat_x").open("id").output(report).follow():
        assert_type(record.data, Report)


def clients(client: HelmrClient) -> None:
    assert_type(client.sessions.start(review, request).run, Run[Report])
    assert_type(client.with_options(timeout=3), HelmrClient)
    raw = client.with_raw_response
    assert_type(raw.sessions.start_and_wait(review, request).run.output, Report | None)
    assert_type(raw.response.status_code, int)
    client.with_options(retries=3)  # type: ignore[call-arg]  # refused


async def awaited(client: AsyncHelmrClient, run: AsyncRun[Report]) -> None:
    started = await aio.sessions.start(review, request)
    assert_type(started, AsyncSessionStart[Report])
    assert_type((await aio.sessions.start_and_wait(review, request)).run.output, Report | None)
    assert_type(await started.run.output_or_raise(), Report)
    assert_type(await aio.runs.wait(run), AsyncRun[Report])
    assert_type(await aio.runs.events.list(run), list[RunEvent])
    assert_type(await aio.runs.list().all(), list[AsyncRun[Any]])
    assert_type(client.runs.events.follow(run), AsyncGenerator[RunEvent, None])
    async for record in client.sessions.open("id").output(report).list():
        assert_type(record.data, Report)
    async for record in client.sessions.open("id").output(report).follow():
        assert_type(record.data, Report)
    assert_type((await (await aio.tokens.create()).wait(Report)).unwrap(), Report)
    await aio.sessions.start(review, {"owner": "x"})  # type: ignore[misc]  # refused
    await client.sessions.start(silent, 7)  # type: ignore[misc]  # refused
