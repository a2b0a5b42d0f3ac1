"""Workspaces of a local control plane: the files of tasks, stored versions, restarts and access."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from helmr_ergonomic import HelmrClient, RetryBackoff, RetryPolicy, errors, task
from helmr_local import (
    AsyncTaskContext,
    Implementation,
    LocalHelmr,
    LocalSettings,
    Sandbox,
    TaskContext,
    implement,
)

PYTHON = Sandbox("python")
posix = pytest.mark.skipif(sys.platform == "win32", reason="modes and links need POSIX")
GO_ON = threading.Event()
WROTE = threading.Event()


@implement(task("write", payload=dict[str, str], output=list[str]), sandbox=PYTHON)
def write(ctx: TaskContext[dict[str, str]]) -> list[str]:
    for name, content in ctx.payload.items():
        path = ctx.workspace.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return sorted(os.listdir(ctx.workspace.path))


@implement(task("write.async", payload=dict[str, str], output=list[str]), sandbox=PYTHON)
async def write_async(ctx: AsyncTaskContext[dict[str, str]]) -> list[str]:
    for name, content in ctx.payload.items():
        (ctx.workspace.path / name).write_text(content)
    return sorted(os.listdir(ctx.workspace.path))


@implement(task("about", output=dict[str, str]), sandbox=PYTHON)
def about(ctx: TaskContext[None]) -> dict[str, str]:
    path = os.fspath(ctx.workspace)
    return {
        "id": ctx.workspace.id,
        "version": ctx.workspace.version,
        "path": path,
        "mode": oct(os.stat(path).st_mode & 0o777),
        "repr": repr(ctx.workspace),
    }


@implement(task("idle"), sandbox=PYTHON)
def idle(ctx: TaskContext[None]) -> None:
    """Return without using the workspace."""


AT_ONCE = RetryPolicy(2, backoff=RetryBackoff(min_ms=1, jitter="none"))


@implement(task("again", output=list[str], retry=AT_ONCE), sandbox=PYTHON)
def again(ctx: TaskContext[None]) -> list[str]:
    (ctx.workspace.path / f"attempt-{ctx.run.attempt_number}").write_text("x")
    if ctx.run.attempt_number == 1:
        raise RuntimeError("once")
    return sorted(os.listdir(ctx.workspace.path))


@implement(task("hold", output=str), sandbox=PYTHON)
def hold(ctx: TaskContext[None]) -> str:
    (ctx.workspace.path / "held").write_text("x")
    WROTE.set()
    GO_ON.wait(30)
    return str(ctx.workspace.path)


@implement(task("unreadable"), sandbox=PYTHON)
def unreadable(ctx: TaskContext[None]) -> None:
    deep = ctx.workspace.path
    for _ in range(210):
        deep = deep / "d"
        deep.mkdir()


TASKS: list[Implementation[Any, Any]] = [write, write_async, about, idle, again, hold, unreadable]


@pytest.fixture(autouse=True)
def fresh() -> None:
    GO_ON.clear()
    WROTE.clear()


# The files of tasks -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["write", "write.async"])
def test_files_of_a_run_are_read_from_the_version_it_publishes(name: str) -> None:
    with LocalHelmr(TASKS) as helmr, helmr.client() as client:
        done = client.sessions.start_and_wait(name, {"report.txt": "hello"})
        assert done.run.output == ["report.txt"]
        ws = client.workspaces.open(str(done.session.workspace_id))
        assert ws.files.read_text("/report.txt") == "hello"
        assert [version.kind for version in ws.versions.list()] == ["user", "system"]


@pytest.mark.parametrize("name", ["write", "write.async"])
def test_the_next_run_finds_the_files_even_after_a_stop(name: str) -> None:
    with LocalHelmr(TASKS) as helmr, helmr.client() as client:
        first = client.sessions.start_and_wait(name, {"one": "1"})
        workspace = str(first.session.workspace_id)
        second = client.sessions.start_and_wait(name, {"two": "2"}, workspace_id=workspace)
        assert second.run.output == ["one", "two"]
        assert client.workspaces.stop(workspace, wait=True).state == "no_active_mount"
        third = client.sessions.start_and_wait(name, {"three": "3"}, workspace_id=workspace)
        assert third.run.output == ["one", "three", "two"]
        ws = client.workspaces.open(workspace)
        assert [version.kind for version in ws.versions.list()] == ["user", "user", "user", "system"]


@posix
def test_a_task_knows_its_directory_and_only_the_owner_can_access_it(tmp_path: Path) -> None:
    with LocalHelmr(TASKS, database=tmp_path / "db") as helmr, helmr.client() as client:
        ws = client.workspaces.create("python")
        seen: Any = client.sessions.start_and_wait("about", workspace_id=ws.id).run.output
        assert (seen["id"], seen["version"]) == (ws.id, ws.current_version_id)
        assert seen["mode"] == "0o700"
        assert ws.id in seen["repr"]
        place = Path(seen["path"])
        assert place.is_relative_to(tmp_path / "db.files")
        for parent in (place.parent, tmp_path / "db.files"):
            assert stat.S_IMODE(parent.stat().st_mode) == 0o700
        client.sessions.start_and_wait("write", {"x": "x"}, workspace_id=ws.id)
        for archive in (tmp_path / "db.files" / "versions").iterdir():
            assert stat.S_IMODE(archive.stat().st_mode) == 0o600


def test_a_run_that_does_not_use_its_workspace_creates_no_directory(tmp_path: Path) -> None:
    with LocalHelmr(TASKS, database=tmp_path / "db") as helmr, helmr.client() as client:
        done = client.sessions.start_and_wait("idle")
        ws = client.workspaces.open(str(done.session.workspace_id))
        assert [version.kind for version in ws.versions.list()] == ["system"]
        assert not (tmp_path / "db.files").exists()
        assert ws.stop(wait=True).state == "no_active_mount"


def test_a_run_that_changes_nothing_publishes_no_version() -> None:
    with LocalHelmr(TASKS) as helmr, helmr.client() as client:
        first = client.sessions.start_and_wait("write", {"a": "a"})
        workspace = str(first.session.workspace_id)
        client.sessions.start_and_wait("write", {"a": "a"}, workspace_id=workspace)
        assert len(list(client.workspaces.open(workspace).versions.list())) == 2


def test_a_retry_finds_the_files_of_the_earlier_attempt() -> None:
    with LocalHelmr(TASKS) as helmr, helmr.client() as client:
        done = client.sessions.start_and_wait("again")
        assert done.run.output == ["attempt-1", "attempt-2"]


def test_a_workspace_of_another_sandbox_is_rejected() -> None:
    with LocalHelmr(TASKS) as helmr, helmr.client() as client:
        ws = client.workspaces.create("default")
        with pytest.raises(errors.ConflictError) as caught:
            client.sessions.start("idle", workspace_id=ws.id)
        assert caught.value.code == "workspace_sandbox_incompatible"


# Stops ------------------------------------------------------------------------------------------------------


def test_a_stop_waits_for_the_run_that_uses_the_workspace() -> None:
    with LocalHelmr(TASKS) as helmr, helmr.client() as client:
        started = client.sessions.start("hold")
        assert WROTE.wait(30)
        ws = client.workspaces.open(str(started.session.workspace_id))
        assert ws.stop().state == "unmounting"
        with pytest.raises(errors.WaitTimeoutError):
            ws.stop(wait=True, timeout=0.2)
        with pytest.raises(errors.ConflictError) as caught:
            client.workspaces.materialize(ws)
        assert caught.value.code == "workspace_mount_not_runnable"
        GO_ON.set()
        assert ws.stop(wait=True).state == "no_active_mount"
        place = started.run.wait(timeout=30).output
        assert not Path(str(place)).exists()
        assert ws.files.read_text("held") == "x"
        assert [version.kind for version in ws.versions.list()] == ["user", "system"]


@posix
def test_files_that_cannot_be_stored_are_kept_and_the_workspace_reports_it(tmp_path: Path) -> None:
    with LocalHelmr(TASKS, database=tmp_path / "db") as helmr, helmr.client() as client:
        done = client.sessions.start_and_wait("unreadable")
        assert done.run.status == "failed"
        ws = client.workspaces.open(str(done.session.workspace_id))
        with pytest.raises(errors.WorkspaceError, match="could not be stored"):
            ws.stop(wait=True)
        found = ws.retrieve()
        assert (found.state, found.dirty_state) == ("recovery_required", "capture_failed")
        assert (tmp_path / "db.files" / "workspaces" / ws.id / "d").is_dir()
        with pytest.raises(errors.WorkspaceError, match="it is recovery_required"), ws.connect():
            pass
        assert ws.update(tags=["broken"]).tags == ["broken"]
    with LocalHelmr(TASKS, database=tmp_path / "db") as helmr:
        assert (tmp_path / "db.files" / "workspaces" / ws.id / "d").is_dir()
        with helmr.client() as client:
            assert client.workspaces.archive(ws.id).state == "archived"


def test_a_mount_takes_the_configured_time() -> None:
    with LocalHelmr(TASKS, settings=LocalSettings(mount_delay=0.2)) as helmr, helmr.client() as client:
        ws = client.workspaces.create("python")
        began = time.monotonic()
        assert client.workspaces.materialize(ws).state == "mounting"
        with ws.connect() as live:
            assert live.mount.state == "mounted"
        assert time.monotonic() - began >= 0.2
    with LocalHelmr(TASKS, settings=LocalSettings(mount_delay=None)) as helmr, helmr.client() as client:
        ws = client.workspaces.create("python")
        with (
            pytest.raises(errors.WaitTimeoutError, match="no worker has claimed it"),
            ws.connect(timeout=0.5),
        ):
            pass
        assert ws.stop().state == "no_active_mount"  # the stop withdrew the mount request


def test_an_async_connect_block_stores_the_files() -> None:
    async def use(helmr: LocalHelmr) -> str:
        async with helmr.async_client() as client:
            ws = await client.workspaces.create("python")
            async with ws.connect() as live:
                await client.sessions.start_and_wait("write", {"a.txt": "a"}, workspace_id=live.id)
            return await ws.files.read_text("a.txt")

    with LocalHelmr(TASKS) as helmr:
        assert asyncio.run(use(helmr)) == "a"


# Restarts ---------------------------------------------------------------------------------------------------


def written(client: HelmrClient, workspace: str) -> list[str]:
    return [file.path for file in client.workspaces.open(workspace).files.list()]


def test_workspaces_and_their_directories_survive_a_restart(tmp_path: Path) -> None:
    with LocalHelmr(TASKS, database=tmp_path / "db") as helmr, helmr.client() as client:
        done = client.sessions.start_and_wait("write", {"one": "1"})
        workspace = str(done.session.workspace_id)
    with LocalHelmr(TASKS, database=tmp_path / "db") as helmr, helmr.client() as client:
        assert written(client, workspace) == ["one"]
        assert client.workspaces.materialize(workspace).state == "mounted"
        more = client.sessions.start_and_wait("write", {"two": "2"}, workspace_id=workspace)
        assert more.run.output == ["one", "two"]


def test_a_temporary_directory_is_deleted_with_the_server() -> None:
    with LocalHelmr(TASKS) as helmr, helmr.client() as client:
        seen: Any = client.sessions.start_and_wait("about").run.output
        place = Path(seen["path"])
        assert place.is_dir()
    assert not place.parent.parent.exists()


def test_an_interrupted_stop_is_completed_after_a_restart(tmp_path: Path) -> None:
    with LocalHelmr(TASKS, database=tmp_path / "db") as helmr, helmr.client() as client:
        workspace = str(client.sessions.start_and_wait("write", {"one": "1"}).session.workspace_id)
        (tmp_path / "db.files" / "workspaces" / workspace / "late").write_text("x")
    database = sqlite3.connect(tmp_path / "db")
    database.execute(
        "INSERT INTO workspace_mounts (id, workspace_id, base_version_id, state, created_at, updated_at)"
        " SELECT own_mount_id, id, first_version_id, 'unmounting', created_at, created_at FROM workspaces"
    )
    database.execute("UPDATE workspaces SET own_mount_id = NULL")
    database.commit()
    database.close()
    with LocalHelmr(TASKS, database=tmp_path / "db") as helmr, helmr.client() as client:
        assert client.workspaces.stop(workspace, wait=True).state == "no_active_mount"
        assert written(client, workspace) == ["late", "one"]
        newest = client.workspaces.open(workspace).versions.list().first()
        assert newest is not None
        assert newest.message == "system capture before workspace stop"
        assert not (tmp_path / "db.files" / "workspaces" / workspace).exists()


def test_unfinished_files_of_a_killed_server_are_removed(tmp_path: Path) -> None:
    with LocalHelmr(TASKS, database=tmp_path / "db") as helmr, helmr.client() as client:
        workspace = str(client.sessions.start_and_wait("write", {"one": "1"}).session.workspace_id)
    files = tmp_path / "db.files"
    (files / "making" / "half").mkdir(parents=True)
    (files / "making" / "archive").write_text("half")
    (files / "workspaces" / "of-no-mount").mkdir()
    with LocalHelmr(TASKS, database=tmp_path / "db"):
        until = time.monotonic() + 30
        while os.listdir(files / "making") and time.monotonic() < until:
            time.sleep(0.01)
        assert os.listdir(files / "making") == []
        assert os.listdir(files / "workspaces") == [workspace]


# Access -----------------------------------------------------------------------------------------------------


@posix
def test_nothing_outside_the_workspace_can_be_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("do not read")

    @implement(task("link"), sandbox=PYTHON)
    def link(ctx: TaskContext[None]) -> None:
        (ctx.workspace.path / "file").symlink_to(secret)
        (ctx.workspace.path / "folder").symlink_to(tmp_path)

    with LocalHelmr([link], database=tmp_path / "db") as helmr, helmr.client() as client:
        workspace = client.sessions.start_and_wait("link").session.workspace_id
        bad = ("../secret", f"/{secret}", str(secret), "a/../../secret", "folder/../../secret", "..")
        for operation in ("files/content", "files/stat", "files"):
            for path in ("file", "folder", "folder/secret", *bad):
                status, body = got(helmr, f"/api/workspaces/{workspace}/{operation}?path={quote(path)}")
                assert b"do not read" not in body
                assert (status == 400) == (path in bad)
                assert operation == "files/stat" or status != 200
        for archive in (tmp_path / "db.files" / "versions").iterdir():
            assert b"do not read" not in archive.read_bytes()


def got(helmr: LocalHelmr, path: str) -> tuple[int, bytes]:
    """Send a raw request and return its status and body, without the client's checks."""
    headers = {"Authorization": f"Bearer {helmr.api_key}"}
    request = urllib.request.Request(helmr.url + path, headers=headers)  # noqa: S310  # of our own server
    try:
        with urllib.request.urlopen(request) as response:  # noqa: S310
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


@posix
def test_unusual_names_are_listed_and_read(tmp_path: Path) -> None:
    names = ["line\nbreak", "tab\t", "ä \U0001f600", "-", "%2e", "a" * 200, os.fsdecode(b"bytes-\xff")]

    @implement(task("odd"), sandbox=PYTHON)
    def odd(ctx: TaskContext[None]) -> None:
        for number, name in enumerate(names):
            (ctx.workspace.path / name).write_text(str(number))

    with LocalHelmr([odd]) as helmr, helmr.client() as client:
        workspace = str(client.sessions.start_and_wait("odd").session.workspace_id)
        ws = client.workspaces.open(workspace)
        shown = [name.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for name in names]
        assert written(client, workspace) == sorted(shown, key=str.encode)
        for number, name in enumerate(shown):
            if name == name.strip():  # the server trims paths
                assert ws.files.read_text(name) == str(number)


def test_a_large_directory_is_listed_in_pages() -> None:
    @implement(task("many"), sandbox=PYTHON)
    def many(ctx: TaskContext[None]) -> None:
        for number in range(1200):
            (ctx.workspace.path / f"{number:04}").touch()

    with LocalHelmr([many]) as helmr, helmr.client() as client:
        workspace = str(client.sessions.start_and_wait("many").session.workspace_id)
        assert written(client, workspace) == [f"{number:04}" for number in range(1200)]
