"""`helmr-local run`, a control plane for one command, and the sources of a task's secrets."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from helmr_ergonomic import errors, task
from helmr_local import LocalHelmr, TaskContext, implement

HELMR_LOCAL = str(Path(sys.executable).with_name("helmr-local"))
ROOT = Path(__file__).resolve().parents[2]

use_secret = task("use-secret", output=str, secrets=["DEPLOY_PIN"])


@implement(use_secret)
def reveal(ctx: TaskContext[None]) -> str:
    return ctx.secrets["DEPLOY_PIN"]


def run(*program: str, options: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [HELMR_LOCAL, "run", "--tasks", "examples.tasks", *options, "--", *program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_command_gets_a_server_and_its_key() -> None:
    program = "from helmr_ergonomic import tasks; print([task.task_id for task in tasks.list()])"
    done = run(sys.executable, "-c", program)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "['review-pull-request']", "")


def test_the_exit_status_of_the_command_is_returned() -> None:
    assert run("sh", "-c", "exit 3").returncode == 3


@pytest.mark.parametrize("separator", [[], ["--"]])
def test_arguments_after_the_command_belong_to_the_command(separator: list[str]) -> None:
    echo = [sys.executable, "-c", "import sys; print(*sys.argv[1:])", "-q", "--", "--quiet", "--tasks", "x"]
    done = subprocess.run(
        [HELMR_LOCAL, "run", "--quiet", *separator, *echo],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "-q -- --quiet --tasks x\n", "")


def test_a_command_killed_by_a_signal_returns_the_exit_status_of_a_shell() -> None:
    assert run("sh", "-c", "kill -KILL $$").returncode == 128 + signal.SIGKILL


def test_a_missing_command_is_named_in_the_error() -> None:
    done = run("no-such-program")
    assert done.returncode == 2
    assert done.stderr == "helmr-local: cannot run no-such-program: No such file or directory\n"


def test_the_server_stops_when_the_command_ends() -> None:
    """Another process may get its port, but does not know its key."""
    url, key = run("sh", "-c", "echo $HELMR_API_URL $HELMR_API_KEY").stdout.split()
    with pytest.raises(errors.HelmrError):
        from_here(url, key)


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_ends_it_also_ends_the_command(signum: signal.Signals) -> None:
    serving = subprocess.Popen(
        [
            HELMR_LOCAL,
            "run",
            "--tasks",
            "examples.tasks",
            "--",
            "sh",
            "-c",
            "echo ready; exec tail -f /dev/null",
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert serving.stdout is not None
    with serving.stdout as output:
        assert output.readline() == "ready\n"
        serving.send_signal(signum)
        assert serving.wait(timeout=30) == 128 + signal.SIGTERM


def test_nohup_keeps_the_command_running() -> None:
    kept = subprocess.Popen(
        ["nohup", HELMR_LOCAL, "run", "--", "sh", "-c", "kill -HUP $PPID; echo survived"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    assert (kept.communicate(timeout=30)[0], kept.returncode) == ("survived\n", 0)


def from_here(url: str, key: str = "hlmr_sk_none") -> None:
    from helmr_ergonomic import HelmrClient

    with HelmrClient(url, key, max_retries=0) as client:
        client.runs.counts()


def test_the_url_is_unavailable_before_the_start() -> None:
    helmr = LocalHelmr()
    assert repr(helmr) == "LocalHelmr(not serving)"
    with pytest.raises(RuntimeError, match="is not running: use it in a with block"):
        helmr.environ()


def test_declared_secrets_come_from_the_environment_by_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DEPLOY_PIN", "from the environment")
    with LocalHelmr(tasks=[reveal]) as helmr, helmr.client() as client:
        done = client.sessions.start_and_wait(use_secret)
    assert done.run.output == "from the environment"


def test_a_declared_secret_that_is_not_set_is_empty() -> None:
    assert "DEPLOY_PIN" not in os.environ
    with LocalHelmr(tasks=[reveal]) as helmr, helmr.client() as client:
        done = client.sessions.start_and_wait(use_secret)
    assert done.run.output == ""


def test_with_explicit_secrets_a_missing_declared_secret_rejects_the_start() -> None:
    refused = pytest.raises(errors.BadRequestError, match='secret "DEPLOY_PIN" is unavailable')
    with LocalHelmr(tasks=[reveal], secrets={}) as helmr, helmr.client() as client, refused:
        client.sessions.start(use_secret)
