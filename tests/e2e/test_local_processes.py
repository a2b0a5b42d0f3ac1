"""Execs and PTYs of a server: none outlives it, and a server that others can reach runs none by default."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from base64 import b64decode, b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from helmr_local import LocalHelmr

from .test_local_command import served

pytestmark = pytest.mark.skipif(os.name != "posix", reason="execs and PTYs run on Linux and macOS")

PATIENCE = 60.0
# A shell that ignores SIGTERM, its child, and on Linux a process in another session.
AWAY = "setsid" if sys.platform.startswith("linux") else ""
FAMILY = f"trap '' TERM HUP; sleep 300 & echo $!; {AWAY} sleep 300 & echo $!; echo $$; while :; do wait; done"


def is_alive(pid: int) -> bool:
    """True if the process runs. A zombie does not count."""
    found = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(found.stdout.strip()) and not found.stdout.startswith("Z")


def until_gone(pids: Sequence[int]) -> None:
    until = time.monotonic() + PATIENCE
    while left := [pid for pid in pids if is_alive(pid)]:
        assert time.monotonic() < until, f"still there: {left}"
        time.sleep(0.01)


class Caller:
    """Creates workspaces, execs and PTYs with plain HTTP requests."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    def post(self, path: str, body: Any) -> dict[str, Any]:
        response = self.http.post(path, json=body)
        assert response.is_success, response.text
        found: dict[str, Any] = response.json()
        return found

    def workspace(self) -> str:
        return f"/api/workspaces/{self.post('/api/workspaces', {'sandbox_id': 'default'})['workspace']['id']}"

    def exec(self, workspace: str, *command: str) -> str:
        made = self.post(f"{workspace}/execs", {"command": list(command)})["exec"]
        return f"{workspace}/execs/{made['id']}"

    def pty(self, workspace: str) -> str:
        made = self.post(f"{workspace}/pty", {})["pty"]
        return f"{workspace}/pty/{made['id']}"

    def get(self, path: str, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.http.get(path).json()[name]
        return found

    def output(self, path: str) -> bytes:
        return b"".join(b64decode(chunk["data"]) for chunk in self.http.get(path).json()["chunks"])

    def until(self, path: str, name: str, *states: str) -> dict[str, Any]:
        until = time.monotonic() + PATIENCE
        while (found := self.get(path, name))["state"] not in states:
            assert time.monotonic() < until, found
            time.sleep(0.01)
        return found

    def pids(self, output: str, count: int) -> list[int]:
        """Wait until an output has `count` lines that are numbers, and return these numbers."""
        until = time.monotonic() + PATIENCE
        while True:
            lines = [line.strip() for line in self.output(output).splitlines()]
            found = [int(line) for line in lines if line.isdigit()]
            if len(found) >= count:
                return found
            assert time.monotonic() < until, lines
            time.sleep(0.01)

    def families(self) -> list[int]:
        """Start an exec and a PTY that ignore SIGTERM, and return the ids of all their processes."""
        exec_ = self.exec(self.workspace(), "sh", "-c", FAMILY)
        pty = self.pty(self.workspace())
        self.until(pty, "pty", "open")
        typed = f'sh -c "{FAMILY.replace("$", chr(92) + "$")}"\r'
        self.post(f"{pty}/input", {"data": b64encode(typed.encode()).decode()})
        return [*self.pids(f"{exec_}/stdout", 3), *self.pids(f"{pty}/output", 3)]


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_process_outlives_its_server(tmp_path: Path, signum: signal.Signals) -> None:
    with served("--database", str(tmp_path / "helmr.db")) as server, server.http() as http:
        pids = Caller(http).families()
        assert all(map(is_alive, pids))
        server.end(signum)
    until_gone(pids)


def test_after_a_restart_running_processes_are_lost_and_their_output_is_kept(tmp_path: Path) -> None:
    options = ("--database", str(tmp_path / "helmr.db"))
    with served(*options) as server, server.http() as http:
        caller = Caller(http)
        workspace = caller.workspace()
        exec_ = caller.exec(workspace, "sh", "-c", "echo before; exec sleep 300")
        other = caller.workspace()
        pty = caller.pty(other)
        caller.until(pty, "pty", "open")
        caller.until(exec_, "exec", "running")
        while caller.output(f"{exec_}/stdout") != b"before\n":
            time.sleep(0.01)
        key = server.key
        server.end(signal.SIGKILL)
    with served(*options) as server, server.http(key) as http:
        caller = Caller(http)
        for path, name, output in ((exec_, "exec", "stdout"), (pty, "pty", "output")):
            found = caller.get(path, name)
            assert (found["state"], found["error"]) == ("lost", {"code": "workspace_mount_lost"})
            followed = http.get(f"{path}/{output}?follow=1").text
            assert "event: workspace_stream_lost" in followed
            assert "workspace_stream_terminal" not in followed
        assert caller.output(f"{exec_}/stdout") == b"before\n"
        again = caller.exec(workspace, "echo", "after")
        caller.until(again, "exec", "exited")
        assert caller.output(f"{again}/stdout") == b"after\n"
        server.end(signal.SIGTERM)


def test_stopping_a_workspace_kills_processes_that_ignore_sigterm() -> None:
    with LocalHelmr() as helmr:
        headers = {"Authorization": f"Bearer {helmr.api_key}"}
        with httpx.Client(base_url=helmr.url, headers=headers, trust_env=False, timeout=20) as http:
            caller = Caller(http)
            workspace = caller.workspace()
            exec_ = caller.exec(workspace, "sh", "-c", FAMILY)
            pids = caller.pids(f"{exec_}/stdout", 3)
            caller.post(f"{workspace}/stop", {})
            ended = caller.until(exec_, "exec", "terminated")
            assert ended["error"] == {"code": "workspace_mount_stopped"}
            assert ended["signal"] == "SIGKILL"
    until_gone(pids)


# Who may ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "body"), [("execs", {"command": ["true"]}), ("pty", {})])
def test_a_server_beyond_loopback_needs_allow_exec(path: str, body: dict[str, Any]) -> None:
    for allowed in (False, True):
        everywhere = "0.0.0.0"  # noqa: S104
        with LocalHelmr(host=everywhere, listen_beyond_loopback=True, allow_exec=allowed) as helmr:
            headers = {"Authorization": f"Bearer {helmr.api_key}"}
            with httpx.Client(base_url=helmr.url, headers=headers, trust_env=False, timeout=20) as http:
                workspace = Caller(http).workspace()
                response = http.post(f"{workspace}/{path}", json=body)
                if allowed:
                    assert response.status_code == 201
                else:
                    assert response.status_code == 403
                    assert "--allow-exec" in response.json()["error"]


def test_the_command_line_has_the_option_allow_exec() -> None:
    wildcard = ("--host", "0.0.0.0", "--listen-beyond-loopback")  # noqa: S104
    for options, status in ((wildcard, 403), ((*wildcard, "--allow-exec"), 201)):
        with served(*options) as server, server.http() as http:
            workspace = Caller(http).workspace()
            assert http.post(f"{workspace}/execs", json={"command": ["true"]}).status_code == status
            server.end(signal.SIGTERM)


@pytest.mark.parametrize(
    ("path", "name", "body"), [("execs", "exec", {"command": ["true"]}), ("pty", "pty", {})]
)
def test_on_other_systems_execs_and_ptys_fail_with_a_reason(
    monkeypatch: pytest.MonkeyPatch, path: str, name: str, body: dict[str, Any]
) -> None:
    monkeypatch.setattr("helmr_local.resources.workspace_processes.is_supported", False)
    with LocalHelmr() as helmr:
        headers = {"Authorization": f"Bearer {helmr.api_key}"}
        with httpx.Client(base_url=helmr.url, headers=headers, trust_env=False, timeout=20) as http:
            caller = Caller(http)
            made = caller.post(f"{caller.workspace()}/{path}", body)[name]
            found = caller.until(
                f"/api/workspaces/{made['workspace_id']}/{path}/{made['id']}", name, "failed"
            )
            assert "Linux and macOS" in found["error"]["message"]
