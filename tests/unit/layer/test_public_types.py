"""Methods return the document's models with everything that the server sent. Sync and async alike."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import attrs
import httpx
import pydantic
import pytest
from fastapi import FastAPI

import helmr
import helmr.types
from helmr_api import models
from helmr_api.model import Model
from helmr_ergonomic import SendInput, task
from helmr_ergonomic.errors import HelmrError

from . import responses as bodies  # words: allow
from .driver import Driver
from .responses import OTHER_ID, RUN_ID, SESSION_ID, TIME, TOKEN_ID, event_stream, ok  # words: allow

NEWER: dict[str, Any] = {"a_newer_field": {"x": [1, None]}}
SECRETS = {"callback_url": "https://h/hlmr_callback_ssss", "public_access_token": "hlmr_public_access_ssss"}
RUN = bodies.run("succeeded", output={"text": "secret data"}, **NEWER)
SESSION = bodies.session(external_id="x", tags=["a"], expires_at=TIME, result={"a": 1}, **NEWER)
TOKEN = bodies.token("completed", data={"text": "secret data"}, tags=["a"], **SECRETS, **NEWER)
RECORD = bodies.record(1, {"text": "secret data"}, correlation_id="c", **NEWER)
OPERATION = {"id": OTHER_ID, "run_id": RUN_ID, "kind": "cancel", "status": "applied", "created_at": TIME}
COUNTS: dict[str, Any] = dict.fromkeys(
    ("queued", "running", "waiting", "succeeded", "failed", "cancelled", "expired"), 1
)
LOGS = {
    "stdout_base64": "eA==",
    "stderr_base64": "eQ==",
    "cursor": "1",
    "stdout_bytes": 1,
    "stderr_bytes": 1,
    "truncated": False,
    **NEWER,
}
SCOPE = {"type": "session.input.send", "session": {"type": "id", "id": SESSION_ID}, "stream": "s"}
CREDENTIAL = {
    "id": OTHER_ID,
    "public_access_token": "hlmr_pat_ssss",
    "scope": SCOPE,
    "expires_at": TIME,
    "created_at": TIME,
    **NEWER,
}
TURN = {
    "id": OTHER_ID,
    "run_id": RUN_ID,
    "deployment_id": OTHER_ID,
    "turn_index": 0,
    "status": "succeeded",
    "execution_status": "finished",
    "created_at": TIME,
    **NEWER,
}
STREAM = {
    "id": OTHER_ID,
    "session_id": SESSION_ID,
    "name": "approval",
    "direction": "input",
    "sequence": 3,
    "metadata": {},
    "created_at": TIME,
    **NEWER,
}
TASK = {
    "id": OTHER_ID,
    "task_id": "t",
    "bundle_format_version": 1,
    "queue_name": "q",
    "created_at": TIME,
    **NEWER,
}

WORKSPACE = {
    "id": OTHER_ID,
    "project_id": OTHER_ID,
    "environment_id": OTHER_ID,
    "deployment_sandbox_id": OTHER_ID,
    "sandbox_id": "python",
    "sandbox_fingerprint": "sha256:0",
    "external_id": "pr-42",
    "current_version_id": OTHER_ID,
    "state": "active",
    "desired_state": "active",
    "dirty_state": "clean",
    "metadata": {"key": "value"},
    "tags": ["review"],
    "last_activity_at": TIME,
    "created_at": TIME,
    "updated_at": TIME,
    **NEWER,
}

typed = task("t", output=dict[str, str])

Call = Callable[[Any], Any]
# For each public type: its JSON object, the response that contains it, and a method call.
READ: dict[str, tuple[dict[str, Any], Callable[[dict[str, Any]], Any], Call]] = {
    "Run": (RUN, lambda one: ok(one), lambda c: c.runs.retrieve(RUN_ID, task=typed)),
    "RunCancellation": (
        {"run": RUN, "operation": OPERATION, **NEWER},
        lambda one: ok(one),
        lambda c: c.runs.cancel(RUN_ID),
    ),
    "RunCounts": (COUNTS, lambda one: ok(one), lambda c: c.runs.counts()),
    "RunLogs": (LOGS, lambda one: ok(one), lambda c: c.runs.logs.retrieve(RUN_ID)),
    "LogChunk": (
        {**bodies.log_chunk(1, b"x"), **NEWER},
        lambda one: event_stream(one),
        lambda c: c.runs.logs.follow(RUN_ID),
    ),
    "Session": (SESSION, lambda one: ok(one), lambda c: c.sessions.retrieve(SESSION_ID)),
    "SessionStart": (
        {"session": SESSION, "run": RUN, "is_cached": True, "timed_out": False, **NEWER},
        lambda one: ok(one),
        lambda c: c.sessions.start(typed),
    ),
    "SessionRun": (TURN, lambda one: ok({"runs": [one]}), lambda c: c.sessions.runs(SESSION_ID).first()),
    "StreamInfo": (
        STREAM,
        lambda one: ok({"streams": [one]}),
        lambda c: c.sessions.streams(SESSION_ID).first(),
    ),
    "StreamRecord": (
        RECORD,
        lambda one: ok({"record": one}),
        lambda c: c.sessions.open(SESSION_ID).output("s").read(),
    ),
    "AppendedRecord": (
        {"record": RECORD, "idempotency_status": "created", "continuation_status": "created", **NEWER},
        lambda one: ok(one, 201),
        lambda c: c.sessions.open(SESSION_ID).input("s").send(1),
    ),
    "Token": (TOKEN, lambda one: ok(one), lambda c: c.tokens.retrieve(TOKEN_ID)),
    "TokenCompletion": (
        {"status": "completed", "token": TOKEN, **NEWER},
        lambda one: ok(one),
        lambda c: c.tokens.complete(TOKEN_ID, 1),
    ),
    "PublicCompletion": (
        {"status": "completed", "token": TOKEN, **NEWER},
        lambda one: ok(one),
        lambda c: c.complete(TOKEN_ID, 1),
    ),
    "PublicAccessToken": (
        CREDENTIAL,
        lambda one: ok(one, 201),
        lambda c: c.auth.create_public_token(SendInput(SESSION_ID, "s")),
    ),
    "Workspace": (WORKSPACE, lambda one: ok({"workspace": one}), lambda c: c.workspaces.retrieve(OTHER_ID)),
    "DeployedTask": (TASK, lambda one: ok({"tasks": [one]}), lambda c: c.tasks.list().first()),
}
EVENTS = {
    "RunCreated": "run.created",
    "LogWritten": "log.stdout",
    "LogEntry": "log",
    "MetadataUpdated": "run.metadata.updated",
    "RunCompleted": "run.completed",
    "RunFailed": "run.failed",
    "RunCancelRequested": "run.cancel_requested",
    "RunCancelled": "run.cancelled",
    "RunExpired": "run.expired",
    "RunRetryScheduled": "run.retry_scheduled",
    "RunExecutionLost": "run.execution_lost",
    "RunDeadLettered": "run.dead_lettered",
    "RunEvent": "something.new",
}
READ |= {
    name: (
        bodies.event(1, kind, {"reason": "x", "message": "y"}, **NEWER),
        lambda one: ok({"events": [one], "cursor": 0}),
        lambda c: c.runs.events.list(RUN_ID).first(),
    )
    for name, kind in EVENTS.items()
}
# Base classes of the types above, which have no methods that make requests.
BASES = {"RunSnapshot", "TokenSnapshot", "SessionSnapshot"}


def read(drive: Driver, name: str) -> tuple[Any, dict[str, Any]]:
    """Return an object of a public type and the JSON it was parsed from."""
    sent, response, call = READ[name]

    def server(request: httpx.Request) -> httpx.Response:
        if name == "LogChunk" and "/logs" not in request.url.path:
            return ok(bodies.run("succeeded"))
        result: httpx.Response = response(sent)
        return result

    client = drive.public(server) if name == "PublicCompletion" else drive.client(server)
    result = call(client)
    return (drive.items(result)[0] if name == "LogChunk" else drive(result)), sent


def public_types() -> dict[str, type[Model]]:
    found = {name: getattr(helmr, name) for name in helmr.__all__}
    return {name: one for name, one in found.items() if isinstance(one, type) and issubclass(one, Model)}


def test_every_public_type_is_tested_here() -> None:
    names = {name.removeprefix("Async") for name in public_types()}
    assert names == READ.keys() | BASES


@pytest.mark.parametrize("name", READ)
def test_a_model_equals_the_json_object_that_the_server_sent(drive: Driver, name: str) -> None:
    made, sent = read(drive, name)
    assert made.to_dict() == sent
    assert dict(made) == sent
    assert {key: made[key] for key in made} == sent


@pytest.mark.parametrize("name", READ)
def test_the_module_of_a_type_is_where_to_import_it_from(drive: Driver, name: str) -> None:
    kind = type(read(drive, name)[0])
    assert kind.__module__ in {"helmr", "helmr.types"}
    assert getattr(helmr if kind.__module__ == "helmr" else helmr.types, kind.__name__) is kind


@pytest.mark.parametrize("name", READ)
def test_fastapi_and_pydantic_support_the_type(drive: Driver, name: str) -> None:
    made, sent = read(drive, name)
    app = FastAPI()

    @app.get("/plain")
    def plain():  # type: ignore[no-untyped-def]
        return made

    @app.get("/list", response_model=list[type(made)])  # type: ignore[misc]
    def listed() -> Any:
        return [made]

    @app.get("/typed", response_model=type(made))
    def declared() -> Any:
        return made

    async def get(path: str) -> Any:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://h") as client:
            return (await client.get(path)).json()

    assert asyncio.run(get("/plain")) == sent
    assert asyncio.run(get("/list")) == [sent]
    assert asyncio.run(get("/typed")) == sent
    adapter: pydantic.TypeAdapter[Any] = pydantic.TypeAdapter(type(made))
    assert json.loads(adapter.dump_json(made)) == sent
    assert adapter.validate_python(made) is made
    again = adapter.validate_json(json.dumps(sent))
    assert (type(again), again) == (type(made), made)


def test_a_parametrized_run_is_a_pydantic_type(drive: Driver) -> None:
    made, sent = read(drive, "Run")
    adapter: pydantic.TypeAdapter[Any] = pydantic.TypeAdapter(helmr.Run[dict[str, str]])
    assert adapter.dump_python(made) == sent
    assert adapter.validate_python(sent).id == RUN_ID


@pytest.mark.parametrize("name", READ)
def test_copies_and_pickles_are_equal(drive: Driver, name: str) -> None:
    made, sent = read(drive, name)
    for twin in (
        copy.copy(made),
        copy.deepcopy(made),
        pickle.loads(pickle.dumps(made)),  # noqa: S301  of our own making
        type(made).from_dict(sent),
        attrs.evolve(made),
    ):
        assert type(twin) is type(made)
        assert (twin, hash(twin)) == (made, hash(made))
    changed = type(made).from_dict({**sent, "a_newer_field": 1})
    assert changed != made
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        made.a_newer_field = 1


@pytest.mark.parametrize("name", READ)
def test_the_repr_is_short_and_shows_neither_secrets_nor_data(drive: Driver, name: str) -> None:
    made, _ = read(drive, name)
    shown = repr(made)
    assert shown.startswith(f"{type(made).__name__}(")
    assert len(shown) < 600
    assert "ssss" not in shown
    assert "secret data" not in shown
    assert str(made) == shown


def test_outputs_and_records_have_the_type_of_the_definition(drive: Driver) -> None:
    run, _ = read(drive, "Run")
    assert run.output == run.output_json == {"text": "secret data"}
    twin = pickle.loads(pickle.dumps(run))  # noqa: S301  of our own making
    assert (twin.task.id, twin.output) == ("t", run.output)
    start, _ = read(drive, "SessionStart")
    assert (type(start.run), start.run.task, start.session.is_open) == (type(run), typed, True)
    record, _ = read(drive, "StreamRecord")
    assert record.data == record.data_json == {"text": "secret data"}
    assert record.data is record.data


@pytest.mark.parametrize(
    ("name", "use"),
    [
        ("Run", lambda run: run.refresh()),
        ("Run", lambda run: run.output_or_raise()),
        ("Token", lambda token: token.refresh()),
    ],
)
def test_an_object_made_without_a_client_says_so(drive: Driver, name: str, use: Call) -> None:
    made, sent = read(drive, name)
    for alone in (type(made).from_dict({**sent, "status": "failed"}), attrs.evolve(made, status="failed")):
        with pytest.raises(HelmrError, match=f"this {type(made).__name__} was made without a client"):
            drive(use(alone))


def test_an_omitted_field_has_the_documents_default(drive: Driver) -> None:
    session = models.Session.from_dict(bodies.session())
    assert (session.tags, session.timed_out, session.external_id) == ([], False, None)
    written = models.Session.from_dict({**bodies.session(), "tags": [], "timed_out": False})
    assert (written.tags, written.timed_out) == ([], False)
    assert (written.to_dict()["tags"], "tags" in session.to_dict()) == ([], False)
