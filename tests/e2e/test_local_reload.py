"""`helmr-local serve --reload`, and API keys set by the user."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import httpx
import pytest

from helmr_local import reloading

TASK = """
from helmr import task
from helmr_local import implement

@implement(task("say", output=str))
def say(ctx):
    return "{}"
"""
KEY = "hlmr_sk_chosen-by-the-user-0123456789"


@contextmanager
def serving(folder: Path, *arguments: str, **environ: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "helmr_local", "serve", *arguments]
    with subprocess.Popen(
        command,
        cwd=folder,
        env=os.environ | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.communicate(timeout=30)


def lines(process: subprocess.Popen[str], count: int) -> list[str]:
    assert process.stdout is not None
    return [process.stdout.readline().rstrip("\n") for _ in range(count)]


def until(stream: IO[str] | None, text: str) -> None:
    """Read lines until one contains the text."""
    assert stream is not None
    seen: list[str] = []
    for line in stream:
        if text in line:
            return
        seen.append(line)
    pytest.fail(f"the process has ended without {text!r}: {seen}")


def http_of(url: str, key: str) -> httpx.Client:
    base_url = url.removeprefix("export HELMR_API_URL=")
    return httpx.Client(base_url=base_url, headers={"Authorization": f"Bearer {key}"}, timeout=30)


def say(http: httpx.Client) -> Any:
    return http.post("/api/sessions/start-and-wait", json={"task_id": "say"}).json()["run"]["output"]


def test_a_changed_task_is_served_with_the_same_sessions_port_and_key(tmp_path: Path) -> None:
    module = tmp_path / "changing.py"
    module.write_text(TASK.format("before"))
    with serving(tmp_path, "--tasks", "changing", "--reload") as process:
        url, key, page = lines(process, 3)
        assert page.startswith("# page: http://")
        until(process.stderr, "stop:  Ctrl-C")
        with http_of(url, key.removeprefix("export HELMR_API_KEY=")) as http:
            assert say(http) == "before"
            module.write_text("this is not Python")
            until(process.stderr, "it restarts when a source file changes")
            module.write_text(TASK.format("after all"))
            until(process.stderr, "stop:  Ctrl-C")
            assert say(http) == "after all"
            outputs = [run["output"] for run in http.get("/api/runs?status=all").json()["runs"]]
            assert outputs == ["after all", "before"]


def test_reload_without_anything_to_watch_is_rejected(tmp_path: Path) -> None:
    with serving(tmp_path, "--reload") as process:
        _, output = process.communicate(timeout=30)
    assert (process.returncode, output) == (
        2,
        "helmr-local: --reload needs --tasks or --watch\n",
    )


def test_the_watched_files_are_the_packages_python_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (
        "work/__init__.py",
        "work/deep/one.py",
        "work/notes.txt",
        "work/.git/two.py",
        "work/env/x.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "work/env/pyvenv.cfg").touch()
    places = reloading.folders_of(["work.deep.one"])
    assert places == [tmp_path / "work"]
    assert {file.relative_to(tmp_path).as_posix() for file in reloading.sources(places)} == {
        "work/__init__.py",
        "work/deep/one.py",
    }
    assert reloading.folders_of(["not_there_yet"]) == [tmp_path]


def test_a_key_file_is_created_once_and_reused(tmp_path: Path) -> None:
    file, key = tmp_path / "the key", ""
    for _ in range(2):
        with serving(tmp_path, "--api-key-file", "the key") as process:
            url, exported, page = lines(process, 3)
            key = file.read_text().strip()
            assert exported == f"export HELMR_API_KEY=\"$(cat '{file}')\""
            assert page == f"# page: {url.removeprefix('export HELMR_API_URL=')}/"
            with http_of(url, key) as http:
                assert http.get("/api/tasks").status_code == 200
    assert re.fullmatch(r"hlmr_sk_[A-Za-z0-9_-]{43}", key)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_key_from_the_environment_is_valid_and_never_printed(tmp_path: Path) -> None:
    database = str(tmp_path / "helmr.db")
    for _ in range(2):  # the second server finds the key in the database
        with serving(tmp_path, "--database", database, HELMR_LOCAL_API_KEY=KEY) as process:
            url, line, _ = lines(process, 3)
            assert line == "# HELMR_API_KEY is the value of HELMR_LOCAL_API_KEY"
            with http_of(url, KEY) as http:
                assert http.get("/api/tasks").status_code == 200


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"hlmr_sk_short", "the file key does not hold an API key"),
        (b"", "the file key does not hold an API key"),
        (b"\xff", "cannot use the key file key: it is not text"),
        (None, "cannot use the key file no/folder: No such file or directory"),
    ],
)
def test_an_invalid_key_file_is_rejected(tmp_path: Path, content: bytes | None, complaint: str) -> None:
    name = "no/folder" if content is None else "key"
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with serving(tmp_path, "--api-key-file", name) as process:
        _, output = process.communicate(timeout=30)
    assert process.returncode == 2
    assert complaint in output
    assert "short" not in output
