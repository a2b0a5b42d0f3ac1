"""Sandboxes declared with tasks."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from helmr_api import AsyncClient, Client, models
from helmr_api.resources import AsyncSandboxes, Sandboxes
from helmr_ergonomic import task
from helmr_local import DeploymentError, Implementation, LocalHelmr, Sandbox, TaskContext, implement

PYTHON = Sandbox("python", image="python:3.12", internet=False, allow=("pypi.org",), memory_mib=2048)


def made(name: str, *, sandbox: Sandbox) -> Implementation[str, object]:
    @implement(task(name, payload=str), sandbox=sandbox)
    def function(ctx: TaskContext[str]) -> None:
        pass

    return function


def declared(helmr: LocalHelmr) -> dict[str, models.Sandbox]:
    with Client(helmr.url, helmr.api_key) as client:
        return {sandbox.sandbox_id: sandbox for sandbox in Sandboxes(client).list()}


def test_a_task_declares_the_sandbox_that_it_runs_in() -> None:
    with LocalHelmr(tasks=[made("check", sandbox=PYTHON), made("build", sandbox=PYTHON)]) as helmr:
        found = declared(helmr)
    assert list(found) == ["default", "python"]
    python = found["python"]
    assert python.resource_floor.memory_mib == 2048
    assert python.network_policy.internet is False
    assert python.network_policy.allow == ["pypi.org"]
    assert python.network_policy.deny is None
    assert python.fingerprint != found["default"].fingerprint


def test_there_is_a_default_sandbox() -> None:
    with LocalHelmr() as helmr:
        assert list(declared(helmr)) == ["default"]


def test_only_a_changed_declaration_makes_a_new_deployment(tmp_path: Path) -> None:
    def deployed(sandbox: Sandbox) -> models.Sandbox:
        with LocalHelmr(tasks=[made("check", sandbox=sandbox)], database=tmp_path / "helmr.db") as helmr:
            return declared(helmr)["python"]

    first = deployed(PYTHON)
    assert deployed(Sandbox(**vars(PYTHON))) == first
    other = deployed(Sandbox("python", image="python:3.13"))
    assert other.deployment_id != first.deployment_id
    assert other.fingerprint != first.fingerprint
    again = deployed(PYTHON)
    assert (again.deployment_id == first.deployment_id, again.fingerprint) == (False, first.fingerprint)


def test_two_sandboxes_with_one_name_cannot_be_deployed() -> None:
    tasks = [made("check", sandbox=PYTHON), made("build", sandbox=Sandbox("python"))]
    with pytest.raises(DeploymentError, match="two tasks declare different sandboxes 'python'"):
        LocalHelmr(tasks=tasks).start()


def test_the_async_client_has_the_same_methods() -> None:
    async def scenario(helmr: LocalHelmr) -> None:
        async with AsyncClient(helmr.url, helmr.api_key) as client:
            sandboxes = AsyncSandboxes(client)
            listed = [sandbox async for sandbox in sandboxes.list()]
            assert await sandboxes.retrieve("default") == listed[0]

    with LocalHelmr() as helmr:
        asyncio.run(scenario(helmr))
