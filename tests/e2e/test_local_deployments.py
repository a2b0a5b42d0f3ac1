"""Deployments in the layer, against helmr_local: its own tasks, uploads, follows and promotions."""

from __future__ import annotations

import asyncio
import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest

from helmr_ergonomic import AsyncHelmrClient, HelmrClient, task
from helmr_ergonomic.errors import ArgumentError, BadRequestError, NotFoundError
from helmr_local import LocalHelmr, LocalSettings, Sandbox, Schedule, TaskContext, implement

Builds = Literal["none", "succeed", "fail"]


@implement(task("first", output=str), schedules=[Schedule("0 0 1 1 *")])
def first(ctx: TaskContext[None]) -> str:
    return "first"


@implement(task("second", output=str), sandbox=Sandbox("other", image="python:3.12"))
def second(ctx: TaskContext[None]) -> str:
    return "second"


def archive(text: str = "one") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        entry = tarfile.TarInfo("task.py")
        entry.size = len(text)
        tar.addfile(entry, io.BytesIO(text.encode()))
    return buffer.getvalue()


def local(*tasks: Any, builds: Builds = "none", **options: Any) -> LocalHelmr:
    settings = LocalSettings(builds=builds, build_time=0.05, sse_keep_alive=0.2)
    return LocalHelmr(tasks=list(tasks), settings=settings, **options)


def kinds(client: HelmrClient, deployment: Any, **options: Any) -> list[str]:
    return [event.kind for event in client.deployments.events.follow(deployment, **options)]


def test_a_start_with_other_tasks_promotes_a_new_deployment(tmp_path: Path) -> None:
    file = tmp_path / "helmr.db"
    with local(first, database=file) as helmr, helmr.client() as client:
        one = client.deployments.current()
        assert one is not None
        assert (one.status, [task.task_id for task in one.tasks or ()]) == ("deployed", ["first"])
        assert kinds(client, one) == ["deployment.queued", "deployment.building", "deployment.deployed"]
    with local(first, database=file) as helmr, helmr.client() as client:
        assert client.deployments.current() == one, "the same tasks"
    with local(first, second, database=file) as helmr, helmr.client() as client:
        other = client.deployments.current()
        assert other is not None
        assert [task.task_id for task in other.tasks or ()] == ["first", "second"]
        assert [deployment.id for deployment in client.deployments.list()] == [other.id, one.id]


def test_promoting_an_earlier_deployment_changes_everything_and_survives_a_restart(
    tmp_path: Path,
) -> None:
    file = tmp_path / "helmr.db"
    with local(first, database=file) as helmr, helmr.client() as client:
        one = client.deployments.current()
    with local(second, database=file) as helmr, helmr.client() as client:
        assert one is not None
        assert ([task.task_id for task in client.tasks.list()], list(client.schedules.list())) == (
            ["second"],
            [],
        )
        promoted = client.deployments.promote(one, reason="roll back")
        assert (promoted.id, promoted.tasks) == (one.id, None)
        assert [task.task_id for task in client.tasks.list()] == ["first"]
        assert [sandbox.sandbox_id for sandbox in client.sandboxes.list()] == ["default"]
        assert [schedule.task for schedule in client.schedules.list()] == ["first"]
        # The function of that version no longer exists, so the run fails.
        run = client.sessions.start_and_wait("first").run
        assert (run.status, run.version) == ("failed", one.version)
        helmr.create_api_key()
        assert client.deployments.current() == one, "creating a key does not deploy again"
    with local(second, database=file) as helmr, helmr.client() as client:
        assert client.deployments.current() == one, "a start with the same tasks does not deploy again"


def test_without_a_builder_an_upload_stays_queued_and_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with local(first) as helmr, helmr.client() as client:
        made = client.deployments.create(archive())
        assert (made.status, client.deployments.retrieve(made).status) == ("queued", "queued")
        assert f"deployment {made.version} was uploaded and stays queued: there is no builder" in caplog.text
        with pytest.raises(BadRequestError, match="deployment is not deployable"):
            client.deployments.promote(made.version)
        assert client.deployments.create(archive()).id == made.id
        assert client.deployments.create(archive("two")).id != made.id


@pytest.mark.parametrize("form", ["bytes", "path", "str", "file"])
def test_an_archive_can_be_bytes_a_path_or_a_file(form: str, tmp_path: Path) -> None:
    path = tmp_path / "deployment.tar"
    path.write_bytes(archive())
    with local(first) as helmr, helmr.client() as client:
        expected = client.deployments.create(archive())
        with path.open("rb") as file:
            sources: dict[str, Any] = {"bytes": archive(), "path": path, "str": str(path), "file": file}
            made = client.deployments.create(sources[form], sdk_version="sdk/1", cli_version="cli/1")
        assert made.id == expected.id
        assert expected.sdk_version is not None
        assert expected.sdk_version.startswith("helmr-python/")


@pytest.mark.parametrize(
    ("source", "error"),
    [
        (3, "source must be bytes, a path or an open file, got int"),
        ("missing.tar", "source cannot be read"),
        (Path(), "is a directory: pack it first"),
        (io.StringIO("text"), "source must be a file that is open in binary mode"),
    ],
)
def test_an_unreadable_source_is_rejected_before_any_request(source: Any, error: str) -> None:
    with local(first) as helmr, helmr.client() as client:
        with pytest.raises(ArgumentError, match=error):
            client.deployments.create(source)
        assert len(list(client.deployments.list())) == 1


@pytest.mark.parametrize(("builds", "end"), [("succeed", "deployed"), ("fail", "failed")])
def test_a_build_is_simulated_if_configured(builds: Builds, end: str) -> None:
    with local(first, builds=builds) as helmr, helmr.client() as client:
        made = client.deployments.create(archive())
        assert made.status == "queued"
        assert kinds(client, made) == ["deployment.queued", "deployment.building", f"deployment.{end}"]
        built = client.deployments.retrieve(made)
        assert built.status == end
        if end == "failed":
            assert built.error is not None
            assert built.error.message == "the build was simulated to fail"
            return
        before = client.deployments.current()
        assert before is not None
        assert before.id != made.id, "building does not promote"
        client.deployments.promote(made)
        current = client.deployments.current()
        assert current is not None
        assert (current.id, [task.task_id for task in current.tasks or ()]) == (made.id, ["first"])
        assert [schedule.task for schedule in client.schedules.list()] == ["first"]
        run = client.sessions.start_and_wait("first").run
        assert (run.output, run.version) == ("first", made.version)


def test_a_simulated_build_continues_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "helmr.db"
    with local(first, database=file) as helmr, helmr.client() as client:
        made = client.deployments.create(archive())
    with local(first, database=file, builds="succeed") as helmr, helmr.client() as client:
        assert kinds(client, made)[-1] == "deployment.deployed"


def test_following_resumes_after_the_cursor_even_at_the_last_event() -> None:
    with local(first, builds="succeed") as helmr, helmr.client() as client:
        made = client.deployments.create(archive())
        assert kinds(client, made, cursor="1") == ["deployment.building", "deployment.deployed"]
        assert kinds(client, made, cursor=2) == ["deployment.deployed"]
        assert kinds(client, made, cursor="3") == []
        with pytest.raises(NotFoundError):
            kinds(client, "0197f000-0000-7000-8000-000000000000")
        with pytest.raises(ArgumentError, match="cursor"):
            kinds(client, made, cursor="x")


class Breaking(httpx.BaseTransport):
    """Forwards requests, and cuts every event stream after `after` bytes."""

    def __init__(self, after: int) -> None:
        self._inner, self._after = httpx.HTTPTransport(), after
        self.streams = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._inner.handle_request(request)
        if response.headers.get("content-type") == "text/event-stream":
            self.streams += 1
            return httpx.Response(200, headers=response.headers, stream=_Cut(response, self._after))
        return response

    def close(self) -> None:
        self._inner.close()


class _Cut(httpx.SyncByteStream):
    def __init__(self, response: httpx.Response, after: int) -> None:
        self._response, self._left = response, after

    def __iter__(self) -> Any:
        for chunk in self._response.iter_raw():
            part = chunk[: self._left]
            self._left -= len(part)
            yield part
            if self._left <= 0:
                raise httpx.ReadError("cut")

    def close(self) -> None:
        self._response.close()


@pytest.mark.parametrize("after", [50, 400, 700, 1100])
def test_a_follow_survives_broken_streams_and_yields_each_event_once(after: int) -> None:
    transport = Breaking(after)
    with (
        local(first, builds="fail") as helmr,
        httpx.Client(transport=transport) as http,
        HelmrClient(helmr.url, helmr.api_key, http_client=http) as client,
    ):
        made = client.deployments.create(archive())
        events = list(client.deployments.events.follow(made))
        assert [event.id for event in events] == ["1", "2", "3"]
        assert transport.streams >= 1


def test_the_async_client_has_the_same_methods() -> None:
    async def scenario(helmr: LocalHelmr) -> None:
        async with AsyncHelmrClient(helmr.url, helmr.api_key) as client:
            made = await client.deployments.create(archive())
            followed = [event.kind async for event in client.deployments.events.follow(made)]
            assert followed[-1] == "deployment.deployed"
            listed = [event.kind async for event in client.deployments.events.list(made, page_size=1)]
            assert listed == followed
            await client.deployments.promote(made)
            current = await client.deployments.current()
            assert current is not None
            assert current.id == made.id

    with local(first, builds="succeed") as helmr:
        asyncio.run(scenario(helmr))


def test_another_environment_has_its_own_deployments() -> None:
    with local(first) as helmr, helmr.client() as client:
        other_key = helmr.create_api_key(environment="other")
        with HelmrClient(helmr.url, other_key) as other:
            here, there = client.deployments.current(), other.deployments.current()
            assert here is not None
            assert there is not None
            assert here.version == there.version
            calls: list[Callable[[Any], Any]] = [other.deployments.retrieve, other.deployments.promote]
            for call in calls:
                with pytest.raises(NotFoundError):
                    call(here)
            assert other.deployments.promote(here.version).id == there.id
