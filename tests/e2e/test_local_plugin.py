"""The pytest plugin, in a separate pytest run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent

TESTS = """
import httpx
import pytest

import local_tasks
from helmr_local import LocalSettings


def tasks_of(helmr):
    with httpx.Client(base_url=helmr.url, headers={"Authorization": "Bearer " + helmr.api_key}) as http:
        return [task["task_id"] for task in http.get("/api/tasks").json()["tasks"]]


@pytest.mark.helmr_tasks("local_tasks")
def test_by_name(local_helmr):
    assert tasks_of(local_helmr) == ["echo", "secret", "wait"]


@pytest.mark.helmr_tasks(local_tasks.echo, [local_tasks.wait], settings=LocalSettings(start_and_wait=0.1))
def test_by_function(local_helmr):
    assert tasks_of(local_helmr) == ["echo", "wait"]


def test_by_configuration(local_helmr):
    assert tasks_of(local_helmr) == ["echo", "secret", "wait"]
"""

FIXTURES = """
import asyncio
import os

import pytest

import local_tasks
from helmr import sessions, tasks
from helmr_local import LocalEnvironment, LocalHelmr

pytestmark = pytest.mark.helmr(tasks="local_tasks", clock="manual")


def ids(listed):
    return [task.task_id for task in listed]


def test_marks_of_module_and_test_are_joined(local_helmr, helmr_client):
    assert ids(helmr_client.tasks.list()) == ["echo", "secret", "wait"]
    local_helmr.advance("1h")


@pytest.mark.helmr(tasks=[local_tasks.echo, [local_tasks.wait]])
def test_the_mark_of_a_test_goes_first(local_helmr_env):
    assert isinstance(local_helmr_env, LocalHelmr)
    assert ids(tasks.list()) == ["echo", "wait"]


def test_the_variables_are_set(local_helmr_env, helmr_client):
    assert os.environ["HELMR_API_URL"] == local_helmr_env.url
    assert os.environ["HELMR_API_KEY"] == local_helmr_env.api_key
    started = sessions.start("echo", {})
    assert helmr_client.sessions.retrieve(started.session).id == started.session.id


def test_they_are_not_set_in_other_tests():
    assert "HELMR_API_URL" not in os.environ


def test_an_async_client(async_helmr_client):
    async def use():
        async with async_helmr_client as client:
            return ids([task async for task in client.tasks.list()])

    assert asyncio.run(use()) == ["echo", "secret", "wait"]
"""

SHARED = """
import pytest

import local_tasks
from helmr import sessions
from helmr_local import LocalEnvironment

seen = []


@pytest.mark.parametrize("time", ["first", "second"])
def test_they_share_a_server_and_see_nothing_of_each_other(shared_local_helmr, helmr_client, time):
    seen.append((shared_local_helmr.url, shared_local_helmr.api_key))
    assert list(helmr_client.sessions.list()) == []
    helmr_client.sessions.start("echo", {}, external_id="the same")


@pytest.mark.helmr(shared=True)
def test_the_mark_does_the_same(local_helmr_env):
    assert isinstance(local_helmr_env, LocalEnvironment)
    seen.append((local_helmr_env.url, local_helmr_env.api_key))
    assert list(sessions.list()) == []


def test_there_was_one_server():
    assert len({url for url, _ in seen}) == 1
    assert len({key for _, key in seen}) == 3
"""

MISTAKES = """
import pytest


@pytest.mark.helmr("local_tasks")
def test_without_a_keyword(local_helmr):
    pass


@pytest.mark.helmr(clock="fast")
def test_with_an_invalid_option(helmr_client):
    pass


@pytest.mark.helmr(shared=True)
def test_with_a_server_of_its_own_that_is_shared(local_helmr):
    pass
"""


def run(folder: Path, *arguments: str, alone: bool = False) -> subprocess.CompletedProcess[str]:
    """Run the tests in a folder.

    Args:
        alone: Load no other installed plugin; some take seconds to load.
    """
    environment = os.environ | {"PYTHONPATH": str(HERE)}
    if alone:
        environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        arguments = ("-p", "helmr_local.pytest_plugin", *arguments)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_fixture_serves_the_tasks_of_the_mark_or_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers\nhelmr_tasks = local_tasks\n")
    (tmp_path / "test_sample.py").write_text(TESTS)
    done = run(tmp_path, "-p", "no:schemathesis")  # takes a second to load
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout


def written(folder: Path, tests: str) -> Path:
    (folder / "pytest.ini").write_text(
        "[pytest]\naddopts = --strict-markers\nfilterwarnings = error\nhelmr_tasks = local_tasks\n"
    )
    (folder / "test_sample.py").write_text(tests)
    return folder


def test_the_fixtures_use_the_options_of_the_marks(tmp_path: Path) -> None:
    done = run(written(tmp_path, FIXTURES), alone=True)
    assert "5 passed" in done.stdout, done.stdout + done.stderr


def test_tests_that_share_a_server_have_separate_environments(tmp_path: Path) -> None:
    done = run(written(tmp_path, SHARED), alone=True)
    assert "4 passed" in done.stdout, done.stdout + done.stderr


def test_an_invalid_mark_is_explained(tmp_path: Path) -> None:
    done = run(written(tmp_path, MISTAKES), alone=True)
    assert "3 errors" in done.stdout, done.stdout + done.stderr
    for message in (
        "helmr takes keywords: @pytest.mark.helmr(tasks='local_tasks')",
        "the helmr mark of this test is invalid: clock must be one of real, manual, skip, not 'fast'",
        "helmr(shared=True) is for shared_local_helmr, local_helmr_env and the clients",
    ):
        assert message in done.stdout


def test_without_the_extra_the_fixtures_name_the_extra_to_install(tmp_path: Path) -> None:
    tests = "def test_it(helmr_client):\n    pass\n"
    (written(tmp_path, tests) / "conftest.py").write_text("import sys\nsys.modules['apsw'] = None\n")
    done = run(tmp_path, alone=True)
    assert "needs the package apsw, which is not installed: pip install 'helmr[local]'" in done.stdout
    assert "During handling" not in done.stdout
    assert "direct cause" not in done.stdout


def test_an_unused_plugin_loads_no_heavy_modules(tmp_path: Path) -> None:
    (tmp_path / "test_sample.py").write_text(
        "import sys\n"
        "def test_nothing_is_loaded():\n"
        "    assert 'helmr_local' in sys.modules\n"
        "    heavy = {'starlette', 'uvicorn', 'jsonschema_rs', 'helmr_local.server', 'helmr_ergonomic'}\n"
        "    assert not heavy & set(sys.modules)\n"
    )
    done = run(tmp_path, "-p", "no:schemathesis")
    assert done.returncode == 0, done.stdout + done.stderr
