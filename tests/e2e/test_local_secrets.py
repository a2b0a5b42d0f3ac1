"""Secrets that are set through the API reach tasks, and their values appear nowhere else."""

from __future__ import annotations

import asyncio
import logging
import os
import stat
from pathlib import Path

import pytest

from helmr_api import AsyncClient, Client, models
from helmr_api.errors import UnexpectedStatus
from helmr_api.resources import AsyncSecrets, Secrets
from helmr_ergonomic import task
from helmr_ergonomic.errors import BadRequestError
from helmr_local import LocalHelmr, LocalSettings, TaskContext, implement

VALUE = "a-value-that-shows-nowhere"
use_secret = task("use-secret", output=str, secrets=["DEPLOY_PIN"])


@implement(use_secret)
def reveal(ctx: TaskContext[None]) -> str:
    return ctx.secrets["DEPLOY_PIN"]


@implement(task("fail-with-secret", secrets=["DEPLOY_PIN"]))
def fail(ctx: TaskContext[None]) -> None:
    raise RuntimeError(f"the PIN has {len(ctx.secrets['DEPLOY_PIN'])} characters")


def revealed(helmr: LocalHelmr) -> object:
    with helmr.client() as client:
        return client.sessions.start_and_wait(use_secret).run.output


def test_a_secret_set_through_the_api_reaches_the_task_that_declares_it() -> None:
    with LocalHelmr(tasks=[reveal], secrets={}) as helmr, Client(helmr.url, helmr.api_key) as client:
        secrets = Secrets(client)
        with pytest.raises(BadRequestError, match='secret "DEPLOY_PIN" is unavailable'):
            revealed(helmr)
        secrets.set("DEPLOY_PIN", "1234")
        assert revealed(helmr) == "1234"
        secrets.set("DEPLOY_PIN", "5678")
        assert revealed(helmr) == "5678"
        secrets.delete("DEPLOY_PIN")
        with pytest.raises(BadRequestError, match='secret "DEPLOY_PIN" is unavailable'):
            revealed(helmr)


def test_a_secret_set_through_the_api_overrides_one_set_at_server_start() -> None:
    given = {"DEPLOY_PIN": "given"}
    with LocalHelmr(tasks=[reveal], secrets=given) as helmr, Client(helmr.url, helmr.api_key) as client:
        secrets = Secrets(client)
        assert list(secrets.list()) == []
        assert revealed(helmr) == "given"
        secrets.set("DEPLOY_PIN", "set")
        assert revealed(helmr) == "set"
        secrets.delete("DEPLOY_PIN")
        assert revealed(helmr) == "given"


@pytest.mark.parametrize("value", ["", "\0", "ä€\U0001f512", " padded \n", "x" * 70_000])
def test_a_task_gets_the_value_unchanged(value: str) -> None:
    @implement(task("measure", output=object, secrets=["DEPLOY_PIN"]))
    def measure(ctx: TaskContext[None]) -> object:
        return ctx.secrets["DEPLOY_PIN"] == value

    with LocalHelmr(tasks=[measure], secrets={}) as helmr, Client(helmr.url, helmr.api_key) as client:
        Secrets(client).set("DEPLOY_PIN", value)
        with helmr.client() as layer:
            assert layer.sessions.start_and_wait("measure").run.output is True


def test_secrets_belong_to_one_environment() -> None:
    with LocalHelmr() as helmr:
        other_key = helmr.create_api_key(environment="other")
        with Client(helmr.url, helmr.api_key) as client, Client(helmr.url, other_key) as other:
            here, there = Secrets(client), Secrets(other)
            made = here.set("DEPLOY_PIN", "1234")
            assert list(there.list()) == []
            with pytest.raises(UnexpectedStatus, match="404"):
                there.retrieve("DEPLOY_PIN")
            with pytest.raises(UnexpectedStatus, match="404"):
                there.delete("DEPLOY_PIN")
            assert there.set("DEPLOY_PIN", "5678").environment_id != made.environment_id
            there.delete("DEPLOY_PIN")
            assert here.retrieve("DEPLOY_PIN") == made


def test_the_async_client_has_the_same_methods() -> None:
    async def scenario(helmr: LocalHelmr) -> None:
        async with AsyncClient(helmr.url, helmr.api_key) as client:
            secrets = AsyncSecrets(client)
            made = await secrets.set("DEPLOY_PIN", "1234")
            assert await secrets.retrieve("DEPLOY_PIN") == made
            assert [secret async for secret in secrets.list()] == [made]
            await secrets.delete("DEPLOY_PIN")
            with pytest.raises(UnexpectedStatus, match="404"):
                await secrets.retrieve("DEPLOY_PIN")

    with LocalHelmr() as helmr:
        asyncio.run(scenario(helmr))


def test_secrets_survive_a_restart_in_a_file_that_only_the_owner_can_access(tmp_path: Path) -> None:
    file = tmp_path / "helmr.db"
    helmr = LocalHelmr(tasks=[reveal], database=file, secrets={})
    with helmr, Client(helmr.url, helmr.api_key) as client:
        Secrets(client).set("DEPLOY_PIN", "1234")
        modes = {stat.S_IMODE(one.stat().st_mode) for one in tmp_path.iterdir() if one.name != ".lock"}
        assert modes == {0o600}
    with helmr:
        assert revealed(helmr) == "1234"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_no_file_is_accessible_to_others_under_any_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with LocalHelmr(database=tmp_path / "helmr.db") as helmr, Client(helmr.url, helmr.api_key) as client:
            for number in range(50):  # more than a page, so that the write-ahead log contains them too
                Secrets(client).set(f"SECRET_{number}", VALUE * 100)
            holding = [
                one for one in tmp_path.rglob("*") if one.is_file() and VALUE.encode() in one.read_bytes()
            ]
            assert {one.name for one in holding} >= {"helmr.db-wal"}
            others = stat.S_IRWXG | stat.S_IRWXO
            assert [one.name for one in tmp_path.rglob("*") if one.stat().st_mode & others] == []
    finally:
        os.umask(before)


@pytest.mark.parametrize("values", [[VALUE], [VALUE, "replaced"], [VALUE * 2000], [VALUE * 2000, "short"]])
def test_a_replaced_or_deleted_value_is_in_no_file(tmp_path: Path, values: list[str]) -> None:
    with LocalHelmr(database=tmp_path / "helmr.db") as helmr, Client(helmr.url, helmr.api_key) as client:
        for value in values:
            Secrets(client).set("DEPLOY_PIN", value)
        if len(values) == 1:
            Secrets(client).delete("DEPLOY_PIN")
    assert [one for one in tmp_path.rglob("*") if one.is_file() and VALUE.encode() in one.read_bytes()] == []


def test_a_value_appears_in_no_log_repr_or_run_event(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    settings = LocalSettings(access_log=True)
    with LocalHelmr(tasks=[fail], secrets={}, settings=settings) as helmr:
        with Client(helmr.url, helmr.api_key) as client:
            made = Secrets(client).set("DEPLOY_PIN", VALUE)
            with pytest.raises(UnexpectedStatus, match="400") as refused:
                Secrets(client).set("-", VALUE)
        with helmr.client() as layer:
            started = layer.sessions.start_and_wait("fail-with-secret")
            shown = [repr(event) for event in layer.runs.events.list(started.run)]
            assert started.run.status == "failed"
    body = models.SecretSetRequest(value=VALUE)
    for text in (*shown, repr(made), repr(body), repr(refused.value), str(refused.value), caplog.text):
        assert VALUE not in text
    assert any("failed" in text for text in shown)
