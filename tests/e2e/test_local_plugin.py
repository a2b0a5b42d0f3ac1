"""The pytest plugin, in a pytest run of its own."""

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


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(HERE)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_fixture_serves_the_tasks_of_mark_or_configuration(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers\nhelmr_tasks = local_tasks\n")
    (tmp_path / "test_sample.py").write_text(TESTS)
    done = run(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout


def test_a_run_that_does_not_use_it_loads_nothing_of_it(tmp_path: Path) -> None:
    (tmp_path / "test_sample.py").write_text(
        "import sys\n"
        "def test_nothing_is_loaded():\n"
        "    assert 'helmr_local' in sys.modules\n"
        "    heavy = {'starlette', 'uvicorn', 'jsonschema_rs', 'helmr_local.server', 'helmr_ergonomic'}\n"
        "    assert not heavy & set(sys.modules)\n"
    )
    done = run(tmp_path, "-p", "no:schemathesis")
    assert done.returncode == 0, done.stdout + done.stderr
