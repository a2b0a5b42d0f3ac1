"""Workspaces against scripted responses: creation, mounting for a block, files and versions."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from helmr_ergonomic import errors

from .driver import KEY, URL, Driver
from .responses import OTHER_ID, TIME, error, ok  # words: allow

ID = "0197b5a0-0000-7000-8000-000000000011"
MOUNT = "0197b5a0-0000-7000-8000-000000000012"
VERSION = "0197b5a0-0000-7000-8000-000000000013"
BASE = f"/api/workspaces/{ID}"


def workspace(state: str = "active", **more: Any) -> dict[str, Any]:
    return {
        "id": ID,
        "project_id": OTHER_ID,
        "environment_id": OTHER_ID,
        "deployment_sandbox_id": OTHER_ID,
        "sandbox_id": "python",
        "sandbox_fingerprint": "sha256:0",
        "current_version_id": VERSION,
        "state": state,
        "desired_state": "active",
        "dirty_state": "clean",
        "metadata": {},
        "last_activity_at": TIME,
        "created_at": TIME,
        "updated_at": TIME,
        **more,
    }


def mount(state: str, mount_id: str = MOUNT, **more: Any) -> httpx.Response:
    body = {
        "id": mount_id,
        "project_id": OTHER_ID,
        "environment_id": OTHER_ID,
        "workspace_id": ID,
        "deployment_sandbox_id": OTHER_ID,
        "state": state,
        "claim_attempt": 0,
        "fencing_generation": 1,
        "dirty_generation": 0,
        "created_at": TIME,
        "updated_at": TIME,
        **more,
    }
    return httpx.Response(201 if state == "mounting" else 200, json=body)


def stopped(state: str = "unmounted") -> httpx.Response:
    return ok({"workspace_id": ID, "state": state})


def envelope(state: str = "active", **more: Any) -> httpx.Response:
    return ok({"workspace": workspace(state, **more)})


class Server:
    """Responds to each operation with the next of its responses; the last one repeats."""

    def __init__(self, **responses: list[httpx.Response | Exception]) -> None:
        self.responses = responses
        self.asked: list[str] = []
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        path = request.url.path
        name = path.removeprefix(BASE).strip("/").replace("/", "_") or {
            "GET": "retrieve",
            "PATCH": "update",
            "DELETE": "archive",
        }.get(request.method, request.method)
        if path == "/api/workspaces":
            name = "create" if request.method == "POST" else "list"
        self.asked.append(name)
        queue = self.responses[name]
        response = queue.pop(0) if len(queue) > 1 else queue[0]
        if isinstance(response, Exception):
            raise response
        return httpx.Response(response.status_code, headers=response.headers, content=response.content)

    def body(self, number: int) -> Any:
        return json.loads(self.requests[number].content)


def block(drive: Driver, connection: Any, work: Callable[[Any], Any] = lambda live: live) -> Any:
    """Return the result of `work`, called inside `with connection`."""
    if drive.kind == "sync":
        with connection as live:
            return work(live)

    async def within() -> Any:
        async with connection as live:
            return work(live)

    return drive(within())


def opened(drive: Driver, server: Server, **options: Any) -> Any:
    return drive.client(server, max_retries=0, **options).workspaces.open(ID)


# Creating ---------------------------------------------------------------------------------------------------


def test_each_create_is_sent_with_a_key(drive: Driver) -> None:
    server = Server(create=[httpx.Response(201, json={"workspace": workspace()})])
    client = drive.client(server)
    made = drive(client.workspaces.create("python"))
    assert (made.id, made.is_cached) == (ID, False)
    drive(client.workspaces.create("python", idempotency_key="mine"))
    body = server.body(0)
    assert body.pop("idempotency_key") != server.body(1).pop("idempotency_key") == "mine"
    assert body == {"sandbox_id": "python"}


def test_create_sends_all_its_arguments(drive: Driver) -> None:
    server = Server(create=[httpx.Response(201, json={"workspace": workspace()})])
    drive(
        drive.client(server).workspaces.create(
            "python",
            deployment=OTHER_ID,
            external_id="pr-42",
            metadata={"a": 1.0},
            tags=("review",),
            idempotency_key="k",
            idempotency_key_ttl="7d",
        )
    )
    assert server.body(0) == {
        "sandbox_id": "python",
        "deployment_id": OTHER_ID,
        "external_id": "pr-42",
        "metadata": {"a": 1},
        "tags": ["review"],
        "idempotency_key": "k",
        "idempotency_key_ttl": "168h",  # this operation does not accept days
    }


def test_a_pending_create_is_repeated_with_the_same_key(drive: Driver, naps: list[float]) -> None:
    pending = error(202, "workspace_operation_pending", "idempotency_pending", **{"Retry-After": "1"})
    made = httpx.Response(201, json={"workspace": workspace(), "is_cached": True})
    server = Server(create=[pending, pending, made])
    found = drive(drive.client(server).workspaces.create("python"))
    assert found.is_cached
    assert naps == [1.0, 1.0]
    assert server.body(0) == server.body(1) == server.body(2)


def test_a_create_that_stays_pending_raises(drive: Driver) -> None:
    pending = error(202, "workspace_operation_pending", "idempotency_pending", **{"Retry-After": "60"})
    with pytest.raises(errors.IdempotencyPendingError):
        drive(drive.client(Server(create=[pending])).workspaces.create("python"))


def test_a_create_is_retried_with_the_same_key_if_its_response_was_lost(
    drive: Driver, naps: list[float]
) -> None:
    made = httpx.Response(201, json={"workspace": workspace(), "is_cached": True})
    server = Server(create=[httpx.ReadError("gone"), made])
    assert drive(drive.client(server).workspaces.create("python")).is_cached
    assert server.body(0) == server.body(1)


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda ws: ws.create(" "), "sandbox must be the name"),
        (lambda ws: ws.create(5), "sandbox must be a string"),
        (lambda ws: ws.create("p", tags="x"), "tags must be a list"),
        (lambda ws: ws.create("p", metadata=[]), "metadata"),
        (lambda ws: ws.create("p", idempotency_key_ttl="soon"), "idempotency_key_ttl"),
        (lambda ws: ws.create("p", deployment=" "), "deployment must be an id"),
        (lambda ws: ws.open(""), "workspace must be an id"),
        (lambda ws: ws.open(5), "workspace must be an id"),
        (lambda ws: ws.stop(ID, timeout=-1), "timeout"),
        (lambda ws: ws.stop(ID, wait=1), "wait must be True or False"),
        (lambda ws: ws.open(ID).connect(timeout="soon"), "timeout"),
        (lambda ws: ws.open(ID).connect(stop_timeout=-1), "stop_timeout"),
        (lambda ws: ws.open(ID).files.read_bytes("a/../../b"), "must stay inside the workspace"),
        (lambda ws: ws.open(ID).files.read_bytes("/.."), "must stay inside the workspace"),
        (lambda ws: ws.open(ID).files.read_bytes("a\0"), "must stay inside the workspace"),
        (lambda ws: ws.open(ID).files.read_bytes("//"), "must name a file"),
        (lambda ws: ws.open(ID).files.read_text(b"a"), "path must be a string"),
        (lambda ws: ws.open(ID).files.stat("a", version=""), "version must be an id"),
    ],
)
def test_an_invalid_argument_is_rejected_before_anything_is_sent(
    drive: Driver, make: Callable[[Any], Any], what: str
) -> None:
    server = Server()
    with pytest.raises(errors.ArgumentError, match=what):
        drive(make(drive.client(server).workspaces))
    assert server.asked == []


# Reading and changing ---------------------------------------------------------------------------------------


def test_a_workspace_can_be_refreshed_updated_and_archived(drive: Driver) -> None:
    server = Server(
        retrieve=[envelope()],
        update=[envelope(tags=["a"])],
        archive=[envelope("archived")],
        list=[ok({"workspaces": [workspace()]})],
    )
    client = drive.client(server)
    (found,) = drive.items(client.workspaces.list(tag="a", state="active"))
    assert dict(server.requests[0].url.params) == {"tag": "a", "state": "active"}
    assert drive(found.refresh()) == found
    assert drive(found.update(metadata={"a": 1}, tags=["a"])).tags == ["a"]
    assert server.body(2) == {"metadata": {"a": 1}, "tags": ["a"]}
    assert drive(found.archive()).state == "archived"
    assert drive(client.workspaces.open(found).retrieve()).id == ID
    assert server.asked == ["list", "retrieve", "update", "archive", "retrieve"]


def test_a_workspace_without_a_client_says_so() -> None:
    from helmr_ergonomic import Workspace

    alone = Workspace.from_dict(workspace())
    with pytest.raises(errors.HelmrError, match="was made without a client"):
        _ = alone.files


# Mounting ---------------------------------------------------------------------------------------------------


def test_the_block_waits_for_the_mount_and_stops_the_workspace(drive: Driver, naps: list[float]) -> None:
    server = Server(
        materialize=[mount("mounting"), mount("mounting"), mount("mounted")],
        stop=[stopped("unmounting"), stopped("unmounting"), stopped("no_active_mount")],
    )
    live = block(drive, opened(drive, server).connect())
    assert (live.id, live.mount.id, live.mount.state) == (ID, MOUNT, "mounted")
    assert server.asked == ["materialize"] * 3 + ["stop"] * 3
    assert [json.loads(request.content) for request in server.requests] == [{}] * 6
    assert naps[0] < 0.1


def test_creating_a_connection_makes_no_request(drive: Driver) -> None:
    server = Server()
    assert "Connection" in repr(type(opened(drive, server).connect()))
    assert server.asked == []


def test_a_mount_that_ends_before_it_is_ready_is_an_error_and_its_successor_is_stopped(
    drive: Driver, naps: list[float]
) -> None:
    server = Server(materialize=[mount("mounting"), mount("mounting", OTHER_ID)], stop=[stopped()])
    with pytest.raises(
        errors.WorkspaceError, match=f"its mount {MOUNT} was stopped, lost or failed"
    ) as caught:
        block(drive, opened(drive, server).connect())
    assert caught.value.workspace_id == ID
    assert server.asked == ["materialize", "materialize", "stop"]


def test_mounting_waits_for_a_stopping_workspace(drive: Driver, naps: list[float]) -> None:
    busy = error(409, "workspace has an active mount that is not runnable", "workspace_mount_not_runnable")
    server = Server(materialize=[busy, busy, mount("mounting"), mount("mounted")], stop=[stopped()])
    block(drive, opened(drive, server).connect())
    assert server.asked == ["materialize"] * 4 + ["stop"]


def test_a_permanent_mount_error_is_raised(drive: Driver) -> None:
    broken = error(409, "workspace current version is missing", "workspace_version_missing")
    server = Server(materialize=[broken])
    with pytest.raises(errors.ConflictError) as caught:
        block(drive, opened(drive, server).connect())
    assert caught.value.code == "workspace_version_missing"
    assert server.asked == ["materialize"]  # nothing to stop


def test_the_error_for_an_inactive_workspace_has_its_state(drive: Driver) -> None:
    server = Server(materialize=[error(404, "workspace not found")], retrieve=[envelope("archived")])
    with pytest.raises(errors.WorkspaceError, match="cannot be mounted: it is archived") as caught:
        block(drive, opened(drive, server).connect())
    assert caught.value.state == "archived"
    server = Server(materialize=[error(404, "workspace not found")], retrieve=[error(404, "gone")])
    with pytest.raises(errors.NotFoundError):
        block(drive, opened(drive, server).connect())


def test_transient_failures_while_mounting_are_tolerated(drive: Driver, naps: list[float]) -> None:
    server = Server(
        materialize=[httpx.ConnectError("no"), error(503, "busy"), mount("mounting"), mount("mounted")],
        stop=[error(503, "busy"), stopped("unmounting"), httpx.ReadError("no"), stopped("no_active_mount")],
    )
    block(drive, opened(drive, server).connect())
    assert server.asked == ["materialize"] * 4 + ["stop"] * 4


def test_a_mount_that_is_never_ready_times_out_and_is_stopped(drive: Driver) -> None:
    server = Server(materialize=[mount("mounting")], stop=[stopped()])
    connection = opened(drive, server).connect(timeout=0.3)
    began = time.monotonic()
    with pytest.raises(errors.WaitTimeoutError, match="is mounting, and no worker has claimed it"):
        block(drive, connection)
    assert time.monotonic() - began < 5
    assert server.asked[-1] == "stop"
    assert set(server.asked[:-1]) == {"materialize"}


def test_a_permission_error_is_raised_immediately(drive: Driver) -> None:
    server = Server(materialize=[error(403, "permission is required")])
    with pytest.raises(errors.PermissionDeniedError):
        block(drive, opened(drive, server).connect())
    assert server.asked == ["materialize"]


def test_an_exception_of_the_block_propagates_after_the_stop(
    drive: Driver, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(live: Any) -> None:
        raise KeyError("mine")

    server = Server(materialize=[mount("mounted")], stop=[stopped()])
    with pytest.raises(KeyError, match="mine"):
        block(drive, opened(drive, server).connect(), fail)
    assert server.asked == ["materialize", "stop"]
    server = Server(materialize=[mount("mounted")], stop=[error(403, "permission is required")])
    with caplog.at_level(logging.WARNING), pytest.raises(KeyError, match="mine"):
        block(drive, opened(drive, server).connect(), fail)
    assert "could not be stopped: " in caplog.text


def test_a_failed_stop_is_an_error(drive: Driver, naps: list[float]) -> None:
    server = Server(materialize=[mount("mounted")], stop=[error(403, "permission is required")])
    with pytest.raises(errors.PermissionDeniedError):
        block(drive, opened(drive, server).connect())
    lost = Server(
        materialize=[mount("mounted")], stop=[stopped("unmounting"), error(404, "workspace not found")]
    )
    with pytest.raises(errors.WorkspaceError, match="could not be stored"):
        block(drive, opened(drive, lost).connect())


def test_a_stop_that_does_not_complete_times_out(drive: Driver) -> None:
    server = Server(materialize=[mount("mounted")], stop=[stopped("unmounting")])
    connection = opened(drive, server).connect(stop_timeout=0.2)
    with pytest.raises(
        errors.WaitTimeoutError, match=re.escape("was not stopped within 0.2 s; the stop continues")
    ):
        block(drive, connection)


def test_cancelling_the_wait_for_a_mount_stops_it() -> None:
    drive = Driver("async")
    server = Server(materialize=[mount("mounting")], stop=[stopped()])
    workspaces = drive.client(server, max_retries=0).workspaces

    async def cancelled() -> None:
        async def enter() -> None:
            async with workspaces.open(ID).connect():
                raise AssertionError("the mount is never ready")

        task = asyncio.ensure_future(enter())
        while not server.asked:  # noqa: ASYNC110  # the server is a function, which sets no event
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    try:
        drive(cancelled())
    finally:
        drive.close()
    assert server.asked[-1] == "stop"


def test_cancelling_the_block_stops_the_workspace() -> None:
    drive = Driver("async")
    server = Server(materialize=[mount("mounted")], stop=[stopped("unmounting"), stopped("no_active_mount")])
    workspaces = drive.client(server, max_retries=0).workspaces

    async def cancelled() -> None:
        inside = asyncio.Event()

        async def work() -> None:
            async with workspaces.open(ID).connect():
                inside.set()
                await asyncio.Event().wait()

        task = asyncio.ensure_future(work())
        await inside.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    try:
        drive(cancelled())
    finally:
        drive.close()
    assert server.asked == ["materialize", "stop", "stop"]


# Stopping ---------------------------------------------------------------------------------------------------


def test_a_stop_is_retried_with_an_idempotency_key(drive: Driver, naps: list[float]) -> None:
    server = Server(stop=[httpx.ReadError("gone"), stopped("unmounting")])
    client = drive.client(server)
    assert drive(client.workspaces.stop(ID)).state == "unmounting"
    assert server.body(0) == server.body(1)
    assert server.body(0)["idempotency_key"]
    drive(client.workspaces.stop(ID, idempotency_key="k", idempotency_key_ttl="1d"))
    assert server.body(2) == {"idempotency_key": "k", "idempotency_key_ttl": "24h"}


def test_the_polls_of_a_stop_have_no_idempotency_key(drive: Driver, naps: list[float]) -> None:
    server = Server(stop=[stopped("unmounting"), stopped("unmounting"), stopped("no_active_mount")])
    ended = drive(drive.client(server).workspaces.stop(ID, idempotency_key="k", wait=True))
    assert ended.state == "no_active_mount"
    assert [server.body(number) for number in range(3)] == [{"idempotency_key": "k"}, {}, {}]


def test_waiting_for_a_stop_times_out(drive: Driver) -> None:
    server = Server(stop=[stopped("unmounting")])
    with pytest.raises(errors.WaitTimeoutError) as caught:
        drive(drive.client(server).workspaces.open(ID).stop(wait=True, timeout=0.2))
    assert caught.value.timeout == 0.2


# Files and versions -----------------------------------------------------------------------------------------


def entry(path: str) -> dict[str, Any]:
    return {"path": path, "name": path.rpartition("/")[2], "kind": "file", "size_bytes": 1, "mode": 420}


def test_files_are_listed_page_by_page(drive: Driver) -> None:
    server = Server(
        files=[
            ok({"path": "repo", "entries": [entry("repo/a"), entry("repo/b")], "next_cursor": "repo/b"}),
            ok({"path": "repo", "entries": [entry("repo/c")]}),
        ]
    )
    found = drive.items(opened(drive, server).files.list("/repo", page_size=2))
    assert [one.path for one in found] == ["repo/a", "repo/b", "repo/c"]
    assert [dict(request.url.params) for request in server.requests] == [
        {"path": "repo", "limit": "2"},
        {"path": "repo", "limit": "2", "cursor": "repo/b"},
    ]


def test_a_version_is_sent_with_its_source(drive: Driver) -> None:
    server = Server(
        files=[ok({"path": ".", "entries": []})],
        files_content=[httpx.Response(200, content=b"x")],
        files_stat=[ok({"entry": entry("a")})],
    )
    files = opened(drive, server).files
    drive.items(files.list(version=VERSION))
    drive(files.read_bytes("a", version=VERSION))
    drive(files.stat("", version=VERSION))
    for request, path in zip(server.requests, (".", "a", "."), strict=True):
        params = dict(request.url.params)
        params.pop("limit", None)
        assert params == {"path": path, "source": "version", "version_id": VERSION}


def test_content_is_returned_as_bytes_or_a_string(drive: Driver) -> None:
    server = Server(files_content=[httpx.Response(200, content=b"\xe4 \xff")])
    files = opened(drive, server).files
    assert drive(files.read_bytes("/a/b c")) == b"\xe4 \xff"
    assert server.requests[0].url.params["path"] == "a/b c"
    assert drive(files.read_text("a", encoding="latin-1")) == "ä ÿ"
    assert drive(files.read_text("a", errors="replace")).startswith("\ufffd")
    with pytest.raises(errors.OutputValidationError, match="'a' is not utf-8 at byte 0"):
        drive(files.read_text("a"))
    with pytest.raises(errors.ArgumentError, match="there is no encoding 'none'"):
        drive(files.read_text("a", encoding="none"))


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (404, "workspace_file_not_found", errors.NotFoundError),
        (413, "workspace_file_too_large", errors.HelmrStatusError),
        (422, "workspace_file_not_regular", errors.HelmrStatusError),
    ],
)
def test_the_error_for_an_unreadable_file_has_its_code(
    drive: Driver, status: int, code: str, kind: type[errors.HelmrStatusError]
) -> None:
    server = Server(files_content=[error(status, "no", code)])
    with pytest.raises(kind) as caught:
        drive(opened(drive, server).files.read_bytes("a"))
    assert (caught.value.status, caught.value.code) == (status, code)


def version(**more: Any) -> dict[str, Any]:
    return {
        "id": VERSION,
        "workspace_id": ID,
        "kind": "user",
        "state": "ready",
        "content_digest": "sha256:0",
        "size_bytes": 1024,
        "artifact_encoding": "tar",
        "artifact_entry_count": 0,
        "created_at": TIME,
        **more,
    }


def test_versions_are_listed_and_retrieved(drive: Driver) -> None:
    server = Server(versions=[ok({"versions": [version()]})])
    server.responses[f"versions_{VERSION}"] = [ok({"version": version()})]
    versions = opened(drive, server).versions
    (found,) = drive.items(versions.list(kind="user"))
    assert dict(server.requests[0].url.params) == {"kind": "user", "limit": "50"}
    assert drive(versions.get(found)) == found


def test_reprs_make_no_requests(drive: Driver) -> None:
    server = Server()
    handle = drive.client(server, url=URL, api_key=KEY).workspaces.open(ID)
    for one in (handle, handle.files, handle.versions):
        assert ID in repr(one)
    assert server.asked == []
