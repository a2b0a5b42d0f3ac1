"""Tests in forked processes: what is reported is what one process would report."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("fcntl")  # a system that can fork

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = """
import os, sys, warnings
import pytest

@pytest.fixture(scope="session")
def shared(tmp_path_factory):
    yield os.getpid()
    (tmp_path_factory.getbasetemp().parent / f"ended-{os.getpid()}").touch()

@pytest.mark.parametrize("number", range(50))
def test_passes(number, shared, tmp_path):
    assert shared == os.getpid() != PARENT

def test_fails():
    print("what the test printed")
    assert 1 + 1 == 3

@pytest.mark.skip(reason="not today")
def test_skipped(): ...

@pytest.mark.xfail
def test_expected_to_fail():
    assert False

def test_warns():
    warnings.warn("a warning of the test")

def test_broken(nothing): ...

PARENT = os.getpid()
"""
DIES = """
import os, signal
def test_before(): ...
def test_dies():
    os.kill(os.getpid(), signal.SIGKILL)
def test_after(): ...
"""


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.forking", "--basetemp", "base", "-rA", *options],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_each_test_is_run_once_and_reported_with_its_details(tmp_path: Path) -> None:
    (tmp_path / "test_sample.py").write_text(SAMPLE, encoding="utf-8")
    done = run(tmp_path, "--forks", "3")
    assert done.returncode == 1
    summary = "1 failed, 51 passed, 1 skipped, 1 xfailed, 1 warning, 1 error in "
    assert summary in done.stdout
    for detail in ("what the test printed", "assert (1 + 1) == 3", "not today", "a warning of the test"):
        assert detail in done.stdout
    assert "fixture 'nothing' not found" in done.stdout
    assert len(list((tmp_path / "base").glob("ended-*"))) == 3


def test_a_test_that_kills_its_process_fails_and_the_others_run(tmp_path: Path) -> None:
    (tmp_path / "test_dies.py").write_text(DIES, encoding="utf-8")
    done = run(tmp_path, "--forks", "2")
    assert "1 failed, 2 passed in " in done.stdout
    assert f"its process ended with status -{int(signal.SIGKILL)}" in done.stdout


def test_no_part_is_given_after_the_first_failure_if_the_run_shall_stop(tmp_path: Path) -> None:
    for number in range(3):
        body = "".join(f"def test_{index}(): assert False\n" for index in range(2))
        (tmp_path / f"test_{number}.py").write_text(body, encoding="utf-8")
    done = run(tmp_path, "--forks", "2", "-x")
    assert done.returncode == 1
    assert "stopping after " in done.stdout
    assert 1 <= done.stdout.count("\nFAILED ") <= 2
    assert "its process ended" not in done.stdout


def test_an_interrupted_run_ends_its_processes_and_their_fixtures(tmp_path: Path) -> None:
    (tmp_path / "test_waits.py").write_text(
        "import os, pytest, threading\n"
        "@pytest.fixture\n"
        "def made(tmp_path_factory):\n"
        "    base = tmp_path_factory.getbasetemp().parent\n"
        "    (base / f'pid-{os.getpid()}').touch()\n"
        "    print('started', file=open(base.parent / 'fifo', 'w'), flush=True)\n"
        "    yield\n"
        "    (base / f'ended-{os.getpid()}').touch()\n"
        "def test_waits(made):\n"
        "    threading.Event().wait()\n",
        encoding="utf-8",
    )
    (tmp_path / "test_quick.py").write_text("def test_quick(): ...\n", encoding="utf-8")
    os.mkfifo(tmp_path / "fifo")
    command = [sys.executable, "-m", "pytest", "-p", "tests.forking", "--basetemp", "base", "--forks", "2"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True)
    with process:
        assert (tmp_path / "fifo").read_text(encoding="utf-8") == "started\n"
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate()
    assert process.returncode == 2
    assert "KeyboardInterrupt" in output
    (pid,) = (int(file.name.partition("-")[2]) for file in (tmp_path / "base").glob("pid-*"))
    assert (tmp_path / "base" / f"ended-{pid}").exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
