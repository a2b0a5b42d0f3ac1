"""The command `helmr-local`: its output, its exit, and the data that survives a kill."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import httpx
import pytest

from helmr import task
from helmr_local import LocalHelmr

HERE = Path(__file__).parent


class Served:
    """A `helmr-local serve` process."""

    def __init__(self, *arguments: str, environ: dict[str, str] | None = None, quiet: bool = True) -> None:
        if quiet:
            arguments += ("--quiet",)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "helmr_local", "serve", "--tasks", "local_tasks", *arguments],
            cwd=HERE,
            env=os.environ | {"PYTHONUNBUFFERED": "1"} | (environ or {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.url = self._line().removeprefix("export HELMR_API_URL=").strip()
        self.second = self._line().strip()
        self.key = self.second.removeprefix("export HELMR_API_KEY=")
        self.page = self._line().removeprefix("# page: ").strip()

    def _line(self) -> str:
        out: IO[str] | None = self.process.stdout
        assert out is not None
        line = out.readline()
        if not line:
            err = self.process.stderr
            raise AssertionError(f"helmr-local did not start: {err.read() if err else ''}")
        return line

    def http(self, key: str | None = None) -> httpx.Client:
        return httpx.Client(
            base_url=self.url,
            headers={"Authorization": f"Bearer {key or self.key}"},
            timeout=20,
            trust_env=False,
        )

    def end(self, signum: signal.Signals) -> tuple[int, str, str]:
        self.process.send_signal(signum)
        out, err = self.process.communicate(timeout=20)
        return self.process.returncode, out, err


@contextmanager
def served(*arguments: str, environ: dict[str, str] | None = None, quiet: bool = True) -> Iterator[Served]:
    server = Served(*arguments, environ=environ, quiet=quiet)
    try:
        yield server
    finally:
        server.process.kill()
        server.process.communicate()


def command(*arguments: str, environ: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "helmr_local", *arguments],
        cwd=HERE,
        env=os.environ | (environ or {}),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_it_prints_the_environment_serves_and_exits_cleanly(signum: signal.Signals) -> None:
    with served() as server:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", server.url)
        assert re.fullmatch(r"export HELMR_API_KEY=hlmr_sk_[A-Za-z0-9_-]{43}", server.second)
        assert server.page == f"{server.url}/#key={server.key}"
        with server.http() as http:
            response = http.post("/api/sessions/start-and-wait", json={"task_id": "echo", "payload": [1]})
            assert response.json()["run"]["output"] == [1]
            assert http.post("/api/sessions", json={"task_id": "wait"}).status_code == 201
        code, out, err = server.end(signum)
    assert (code, out, err) == (0, "", "")


def test_it_prints_its_tasks_and_the_progress_of_each_run() -> None:
    with served("--tasks", "broken_tasks", quiet=False) as server:
        with server.http() as http:
            http.post("/api/sessions/start-and-wait", json={"task_id": "echo", "payload": [1]})
            http.post("/api/sessions/start-and-wait", json={"task_id": "break"})
        _, _, output = server.end(signal.SIGTERM)
    assert output.startswith(f"Helmr at {server.url}\n  tasks: break, echo, ")
    assert "data:  in memory, lost when the server stops" in output
    assert re.search(
        r"run [0-9a-f-]{36} echo: started\nrun [0-9a-f-]{36} echo: succeeded in \d\.\d s\n", output
    )
    assert re.search(
        r"run \S+ break: failed after \d\.\d s: KeyError: 'actor'\nTraceback [^\0]*, in broken\n", output
    )
    assert "\x1b" not in output
    assert server.key not in output


def test_the_key_is_printed_once_and_stored_as_a_hash(tmp_path: Path) -> None:
    database = str(tmp_path / "helmr.db")
    with served("--database", database) as server:
        key = server.key
        server.end(signal.SIGTERM)
    with served("--database", database) as server:
        assert "hlmr_sk_" not in server.second
        assert f"helmr-local keys create --database {database}" in server.second
        assert server.page == f"{server.url}/"
        with server.http(key) as http:
            assert http.get("/api/tasks").status_code == 200
        made = command("keys", "create", "--database", database, "--scopes", "runs:read")
        assert made.returncode == 0, made.stderr
        with server.http(made.stdout.strip()) as http:
            assert http.get("/api/runs").status_code == 200
            assert http.get("/api/tokens").status_code == 403
        server.end(signal.SIGTERM)
    assert all(key.encode() not in file.read_bytes() for file in tmp_path.iterdir())


def test_every_acknowledged_write_survives_a_kill(tmp_path: Path) -> None:
    """Clients write as fast as they can until the server is killed; every acknowledged write is stored."""
    database = str(tmp_path / "helmr.db")
    sessions: dict[str, str] = {}
    records: dict[int, int] = {}
    tokens: dict[str, int] = {}
    enough = threading.Barrier(4)

    def write(server: Served, kind: str, session: str) -> None:
        with server.http() as http:
            for number in range(1_000_000):
                if number == 25:
                    enough.wait(30)
                try:
                    if kind == "start":
                        body = {"task_id": "echo", "external_id": f"e{number}", "payload": number}
                        response = http.post("/api/sessions", json=body)
                        sessions[f"e{number}"] = response.json()["session"]["id"]
                    elif kind == "input":
                        response = http.post(
                            f"/api/sessions/{session}/inputs/messages", json={"data": number}
                        )
                        records[response.json()["record"]["sequence"]] = number
                    else:
                        token = http.post("/api/tokens", json={}).json()["id"]
                        response = http.post(f"/api/tokens/{token}/complete", json={"data": number})
                        tokens[token] = response.json()["token"]["data"]
                except (httpx.HTTPError, ValueError):
                    return

    with served("--database", database) as server:
        with server.http() as http:
            session = http.post("/api/sessions", json={"task_id": "echo"}).json()["session"]["id"]
        writers = [
            threading.Thread(target=write, args=(server, kind, session))
            for kind in ("start", "input", "token")
        ]
        for writer in writers:
            writer.start()
        enough.wait(30)
        server.process.kill()
        for writer in writers:
            writer.join(30)
        key = server.key
    assert min(len(sessions), len(records), len(tokens)) >= 25
    with served("--database", database) as server, server.http(key) as http:
        for external_id, known in sessions.items():
            found = http.get("/api/sessions/by-external-id", params={"external_id": external_id}).json()
            assert found["id"] == known
            run = http.get(f"/api/runs/{found['current_run_id']}").json()
            assert run["task_id"] == "echo"
        seen: dict[int, int] = {}
        while True:
            after = max(seen, default=0)
            url = f"/api/sessions/{session}/inputs/messages"
            page = http.get(url, params={"after_sequence": after, "limit": 500}).json()["records"]
            if not page:
                break
            seen |= {record["sequence"]: record["data"] for record in page}
        assert sorted(seen) == list(range(1, len(seen) + 1))
        assert {sequence: seen[sequence] for sequence in records} == records
        for token, data in tokens.items():
            response = http.get(f"/api/tokens/{token}").json()
            assert (response["status"], response["data"]) == ("completed", data)


def test_a_secret_is_read_from_an_environment_variable() -> None:
    with served("--secret", "API_TOKEN=SOME_VARIABLE", environ={"SOME_VARIABLE": "hidden"}) as server:
        with server.http() as http:
            response = http.post("/api/sessions/start-and-wait", json={"task_id": "secret"})
            assert response.json()["run"]["output"] == "hidden"
        assert server.end(signal.SIGTERM)[0] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("serve", "--host", "0.0.0.0"), "--listen-beyond-loopback"),  # noqa: S104  # it must refuse
        (("serve", "--tasks", "no_such_module"), "No module named 'no_such_module'"),
        (("serve", "--tasks", "json"), "no function decorated with @implement"),
        (("serve", "--secret", "A=NOT_SET_ANYWHERE"), "NOT_SET_ANYWHERE is not set"),
        (("serve", "--secret", "=A"), "--secret takes NAME or NAME=ENVVAR"),
        (("serve", "--port", "99999"), "a port is a number from 0 to 65535, not 99999"),
        (
            ("serve", "--database", "no-such-directory/helmr.db"),
            "no-such-directory/helmr.db.lock: No such file or directory",
        ),
        (("serve", "--public-url", "helmr.test"), "the public URL is http:// or https://"),
        (("serve", "--allow-host", "http://helmr.test"), "an allowed host is a name or an address"),
        (("serve", "--database", "."), f"cannot open the database {HERE}: it is a directory"),
        (
            ("keys", "create", "--database", ".", "--expires-at", "tomorrow"),
            "--expires-at takes an RFC 3339 time",
        ),
        (("keys", "create", "--database", "no-such-file.db"), "there is no database no-such-file.db"),
        (("serve", "--watch", "."), "--watch needs --reload"),
        (("serve", "--reload", "--tasks", "json", "--host", "0.0.0.0"), "--listen-beyond-loopback"),  # noqa: S104
        (("serve", "--reload", "--tasks", "json", "--secret", "A=NOT_SET_ANYWHERE"), "is not set"),
        (("serve", "--reload", "--tasks", "json", "--api-key-file", "."), "cannot use the key file ."),
    ],
)
def test_an_invalid_argument_is_reported_in_one_line(arguments: tuple[str, ...], message: str) -> None:
    done = command(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("more", [(), ("--reload", "--tasks", "json")])
def test_a_port_in_use_is_reported_in_one_line(more: tuple[str, ...]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = command("serve", "--port", str(port), *more)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(rf"helmr-local: cannot listen on 127\.0\.0\.1:{port}: [^\n]+\n", done.stderr)


@pytest.mark.parametrize(
    ("arguments", "usage", "message"),
    [
        (("serve", "--nope", "x"), "serve", "unrecognized arguments: --nope x"),
        (("serve", "--port", "x"), "serve", "argument --port: invalid int value: 'x'"),
        (("run",), "run", "the following arguments are required: COMMAND"),
        (("run", "--quiet", "--"), "run", "the following arguments are required: COMMAND"),
        (("run", "--nope", "true"), "run", "unrecognized arguments: --nope"),
        (("keys", "create"), "keys create", "the following arguments are required: --database"),
    ],
)
def test_incorrect_usage_shows_the_usage_of_the_subcommand(
    arguments: tuple[str, ...], usage: str, message: str
) -> None:
    done = command(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"usage: helmr-local {usage} ")
    assert done.stderr.endswith(f"helmr-local {usage}: error: {message}\n")


BROKEN = {
    "an error": ("import json\n\n1 / 0\n", "ZeroDivisionError: division by zero", 3),
    "a module that is not there": (
        "import nosuchmodule\n",
        "ModuleNotFoundError: No module named 'nosuchmodule'",
        1,
    ),
    "a name that is not there": (
        "from json import nothing\n",
        "ImportError: cannot import name 'nothing' from",
        1,
    ),
    "no Python": ("x = 1\ny = (\n", "SyntaxError: '(' was never closed", 2),
    "an exit": ("import sys\nsys.exit('no')\n", "SystemExit: no", 2),
    "a definition of ours": (
        "from helmr_ergonomic import task\ntask('no id')\n",
        "DefinitionError: task id must",
        2,
    ),
    "an import of its own that fails": ("import broken_below\n", "KeyError: 'x'", 1),
}


@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize("subcommand", [("serve",), ("run",)])
def test_a_broken_tasks_module_is_reported_in_a_uniform_format(
    kind: str, subcommand: tuple[str, ...], tmp_path: Path
) -> None:
    text, error, line = BROKEN[kind]
    (tmp_path / "broken.py").write_text(text)
    (tmp_path / "broken_below.py").write_text("def f():\n    {}['x']\nf()\n")
    program = ["--", "true"] if subcommand == ("run",) else []
    done = subprocess.run(
        [sys.executable, "-m", "helmr_local", *subcommand, "--tasks", "broken", *program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    first, *rest = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (2, "")
    assert first.startswith("helmr-local: cannot import the tasks module 'broken': ")
    assert error in first
    files = [entry for entry in rest if entry.startswith("  File ")]
    assert files[0].startswith(f'  File "{tmp_path / "broken.py"}", line {line}')
    assert len(files) == (3 if kind == "an import of its own that fails" else 1)
    assert not re.search(r"helmr_|importlib|Traceback", "".join(files))


@pytest.mark.parametrize(
    ("path", "advice"),
    [
        ("mine.py", "give its name, mine, instead of a path"),
        ("./mine.py", "give its name, mine, instead of a path"),
        (r".\mine.py", "give its name, mine, instead of a path"),
        ("inner/mine", "give its name, inner.mine, instead of a path"),
        ("inner/mine.py", "give its name, inner.mine, instead of a path"),
        ("../mine.py", "give its name, mine, instead of a path, and start the command in its folder"),
        ("/srv/mine.py", "give its name, mine, instead of a path, and start the command in its folder"),
    ],
)
def test_a_path_to_a_tasks_module_is_rejected_with_the_module_name(path: str, advice: str) -> None:
    with pytest.raises(ImportError) as caught:
        LocalHelmr(tasks=path)
    assert str(caught.value) == f"cannot import the tasks module {path!r}: {advice}"


def test_a_definition_in_place_of_its_implementation_is_rejected() -> None:
    greet = task("greet")
    with pytest.raises(TypeError, match="tasks are functions decorated with @implement"):
        LocalHelmr(tasks=greet)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_a_closed_output_pipe_ends_it_quietly() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "helmr_local", "serve"],
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            timeout=30,
            check=False,
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (128 + 13, "")


def test_it_prints_a_reachable_url() -> None:
    wildcard = ("--host", "0.0.0.0", "--listen-beyond-loopback")  # noqa: S104
    with served(*wildcard) as server:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", server.url)
        server.end(signal.SIGTERM)
    with served(*wildcard, "--public-url", "http://helmr.test:8080/", "--allow-host", "other.test") as server:
        assert server.url == "http://helmr.test:8080"
        server.end(signal.SIGTERM)


@pytest.mark.skipif(os.name != "posix", reason="file modes of POSIX")
def test_only_the_owner_can_access_a_new_database(tmp_path: Path) -> None:
    database = tmp_path / "helmr.db"
    with served("--database", str(database)) as server:
        assert {path.stat().st_mode & 0o077 for path in tmp_path.iterdir()} == {0}
        server.end(signal.SIGTERM)


def test_an_unknown_scope_is_rejected(tmp_path: Path) -> None:
    database = str(tmp_path / "helmr.db")
    with served("--database", database) as server:
        done = command("keys", "create", "--database", database, "--scopes", "runs:read,everything")
        assert done.returncode == 2
        assert "unknown scope 'everything'" in done.stderr
        server.end(signal.SIGTERM)
