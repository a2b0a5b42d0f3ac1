"""The command `helmr`, against a local control plane."""

from __future__ import annotations

import functools
import io
import json
import os
import re
import sys
import tarfile
from base64 import b64decode
from collections.abc import Generator
from typing import Any, TextIO

import pytest

from helmr_cli.main import _parser, main
from helmr_cli.output import Printer
from helmr_ergonomic import InputStream, OutputStream, task
from helmr_local import LocalHelmr, LocalSettings, TaskContext, implement

GREET = task("greet", payload=dict[str, str], output=str)
FAIL = task("fail")
SHOUT = task("shout")
ASK = task("ask", output=bool)
DECISIONS = InputStream("decisions", dict[str, bool])
REPORTS = OutputStream("reports", str)

HOSTILE = "\x1b[2J\u202ehlmr_callback_AbC"


@implement(GREET)
def greet(ctx: TaskContext[dict[str, str]]) -> str:
    ctx.log.info("greeting", ctx.payload["name"])
    return f"hello {ctx.payload['name']}"


@implement(FAIL)
def fail(ctx: TaskContext[None]) -> None:
    raise ValueError(HOSTILE)


@implement(SHOUT)
def shout(ctx: TaskContext[None]) -> None:
    print(HOSTILE, end="")
    print(HOSTILE, end="", file=sys.stderr)


@implement(ASK, inputs=[DECISIONS], outputs=[REPORTS])
def ask(ctx: TaskContext[None]) -> bool:
    ctx.output(REPORTS).append("asked")
    return ctx.input(DECISIONS).wait().unwrap()["yes"]


@pytest.fixture(scope="module")
def server() -> Generator[LocalHelmr]:
    with LocalHelmr(tasks=[greet, fail, shout, ask]) as local:
        yield local


@pytest.fixture(scope="module", autouse=True)
def parser_made_once() -> Generator[None]:
    """Share the parser of the arguments, which takes 0.1 s to make, among a hundred commands."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("helmr_cli.main._parser", functools.cache(_parser))
        yield


def beneath(stream: TextIO) -> object:
    """Return the original stream; it is replaced while a task runs."""
    return getattr(stream, "original", stream)


class Command:
    """Runs the command in this process, with output to a pipe or a terminal."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys = capsys
        self._monkeypatch = monkeypatch
        self.status = 0
        self.errors = ""

    def text(self, *arguments: str, terminal: bool = False) -> str:
        self._monkeypatch.setattr(beneath(sys.stdout), "isatty", lambda: terminal)
        try:
            self.status = main(arguments)
        except SystemExit as stopped:
            self.status = int(str(stopped.code))
        out, self.errors = self._capsys.readouterr()
        return out

    def json(self, *arguments: str) -> Any:
        lines = self.lines(*arguments)
        assert len(lines) == 1, lines
        return lines[0]

    def lines(self, *arguments: str) -> list[Any]:
        return [json.loads(line) for line in self.text(*arguments).splitlines()]


@pytest.fixture
def helmr(server: LocalHelmr, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    for name, value in server.environ().items():
        monkeypatch.setenv(name, value)
    return Command(capsys, monkeypatch)


def test_a_start_prints_session_and_run(helmr: Command) -> None:
    started = helmr.json("start", "greet", '{"name": "you"}', "--external-id", "cli:start", "--tag", "a")
    assert started["session"]["external_id"] == "cli:start"
    assert started["session"]["tags"] == ["a"]
    again = helmr.json("start", "greet", '{"name": "you"}', "--external-id", "cli:start")
    assert (again["is_cached"], again["session"]["id"]) == (True, started["session"]["id"])


def test_a_start_that_waits_prints_the_finished_run(helmr: Command) -> None:
    run = helmr.json("start", "greet", '{"name": "you"}', "--wait", "--timeout", "60")
    assert (helmr.status, run["status"], run["output"]) == (0, "succeeded", "hello you")


FOLLOWS = [
    ("runs", "wait"),
    ("runs", "follow"),
    ("runs", "events", "follow"),
    ("runs", "logs", "follow"),
    ("runs", "logs", "lines"),
    ("events", "-f"),
    ("logs", "-f"),
]


def test_a_failed_run_sets_the_exit_status_and_its_reason_is_printed_once(helmr: Command) -> None:
    run = helmr.json("start", "fail", "--wait", "--timeout", "60")
    assert (helmr.status, run["status"]) == (1, "failed")
    reason = helmr.errors
    assert reason == (
        f"helmr: run {run['id']} of task 'fail' failed: ValueError: \\x1b[2J\\u202ehlmr_callback_[secret]\n"
    )
    for command in FOLLOWS:
        helmr.text(*command, run["id"])
        assert (helmr.status, helmr.errors.endswith(reason)) == (1, True), command
        assert helmr.errors.count(run["id"]) == 1, command


def test_the_exit_status_is_zero_if_the_run_succeeds_or_is_only_read(helmr: Command) -> None:
    run = helmr.json("start", "greet", '{"name": "you"}', "--wait")["id"]
    for command in FOLLOWS:
        helmr.text(*command, run)
        assert (helmr.status, helmr.errors) == (0, ""), command
    failed = helmr.json("start", "fail", "--wait")["id"]
    for command in (("runs", "retrieve"), ("runs", "logs", "retrieve"), ("events",)):
        helmr.text(*command, failed)
        assert (helmr.status, helmr.errors) == (0, ""), command


def test_a_failed_build_sets_the_exit_status(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("task.py"))
    with (
        LocalHelmr(settings=LocalSettings(builds="fail", build_time=0.01)) as local,
        local.client() as client,
    ):
        for name, value in local.environ().items():
            monkeypatch.setenv(name, value)
        made = client.deployments.create(content.getvalue())
        assert main(["deployments", "events", "follow", made.id]) == 1
        lines, error = capsys.readouterr()
        assert json.loads(lines.splitlines()[-1])["kind"] == "deployment.failed"
        assert re.fullmatch(rf"helmr: deployment {made.id} failed: [^\n]+\n", error)
        current = client.deployments.current()
        assert current is not None
        assert main(["deployments", "events", "follow", current.id]) == 0


@pytest.mark.parametrize("limit", ["60", "60.5", "60s", "1m30s"])
def test_a_timeout_is_in_seconds_or_a_duration(helmr: Command, limit: str) -> None:
    run = helmr.json("start", "greet", '{"name": "you"}', "--wait", "--timeout", limit)
    assert run["output"] == "hello you"
    assert helmr.json("runs", "wait", run["id"], "--timeout", limit)["output"] == "hello you"
    assert helmr.lines("runs", "follow", run["id"], "--timeout", limit)[-1]["output"] == "hello you"


def test_a_payload_is_read_from_standard_input(helmr: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.read", lambda: '{"name": "pipe"}')
    assert helmr.json("start", "greet", "-", "--wait")["output"] == "hello pipe"


def test_records_are_sent_and_printed(helmr: Command) -> None:
    session = helmr.json("start", "ask", "--external-id", "cli:ask")["session"]["id"]
    sent = helmr.json("send", "-x", "cli:ask", "decisions", '{"yes": true}', "--correlation-id", "c1")
    assert (sent["sequence"], sent["data"], sent["correlation_id"]) == (1, {"yes": True}, "c1")
    assert helmr.lines("records", "--input", session, "decisions") == [sent]
    run = helmr.json("sessions", "retrieve", session)["current_run_id"]
    assert helmr.json("runs", "wait", run)["output"] is True
    assert [record["data"] for record in helmr.lines("records", session, "reports")] == ["asked"]


def test_following_logs_and_events_ends_with_the_run(helmr: Command) -> None:
    run = helmr.json("start", "greet", '{"name": "you"}')["run"]["id"]
    followed = helmr.lines("events", "-f", run)
    assert (followed[0]["kind"], followed[-1]["kind"]) == ("run.created", "run.completed")
    assert helmr.lines("events", run) == followed
    assert "greeting you" in helmr.text("logs", "-f", run)
    assert "greeting you" in helmr.text("logs", run)


def test_a_run_is_followed_to_its_output(helmr: Command) -> None:
    run = helmr.json("start", "greet", '{"name": "you"}')["run"]["id"]
    *items, ended = helmr.lines("runs", "follow", run, "--timeout", "60s")
    assert (ended["id"], ended["output"]) == (run, "hello you")
    assert [item for item in items if "kind" in item] == helmr.lines("events", run)
    assert [item["message"] for item in items if "kind" not in item] == ["greeting you"]
    assert "\ngreeting you\n" in helmr.text("runs", "follow", run, terminal=True)


@pytest.mark.skipif(os.name != "posix", reason="execs run on Linux and macOS")
def test_nested_resources_have_their_own_commands(helmr: Command) -> None:
    workspace = helmr.json("workspaces", "create", "default")["id"]
    command = ("--cwd", "/", workspace, "--", "sh", "-c", "printf 'ü\\033[2J' > report.txt; echo done")
    made = helmr.json("workspaces", "execs", "create", *command)["exec"]
    assert made["command"] == list(command[-3:])
    assert [one["id"] for one in helmr.lines("workspaces", "execs", "list", workspace)] == [made["id"]]
    while helmr.json("workspaces", "execs", "retrieve", workspace, made["id"])["state"] != "exited":
        pass
    (chunk,) = helmr.lines("workspaces", "execs", "stdout", workspace, made["id"])
    assert b64decode(chunk["data"]) == b"done\n"
    helmr.json("workspaces", "stop", workspace, "--wait")
    listed = helmr.text("workspaces", "files", "list", workspace, terminal=True).splitlines()
    assert [re.split(" +", line)[0] for line in listed] == ["PATH", "report.txt"]
    read = ("workspaces", "files", "read", workspace, "report.txt")
    assert helmr.text(*read) == "ü\x1b[2J"
    assert helmr.text(*read, terminal=True) == "ü\\x1b[2J"
    versions = helmr.lines("workspaces", "versions", "list", workspace)
    assert [one["kind"] for one in versions] == ["system", "system"]


def test_log_lines_are_printed_as_json(helmr: Command) -> None:
    run = helmr.json("start", "greet", '{"name": "you"}', "--wait", "--timeout", "60")["id"]
    (line,) = helmr.lines("runs", "logs", "lines", run)
    assert (line["message"], line["level"]) == ("greeting you", "info")


def test_a_terminal_shows_a_table(helmr: Command) -> None:
    helmr.json("start", "greet", '{"name": "you"}', "--external-id", "cli:table")
    table = helmr.text("sessions", "list", "--external-id", "cli:table", terminal=True)
    head, row = table.splitlines()
    assert re.match(r"ID +EXTERNAL_ID +TASK_ID +STATUS", head)
    assert "cli:table" in row
    assert helmr.text("tokens", "list", "--status", "expired", terminal=True) == ""
    assert helmr.errors == "nothing found\n"


def test_only_printable_text_reaches_a_terminal(helmr: Command) -> None:
    run = helmr.json("start", "fail", "--wait")["id"]
    for command in (("runs", "retrieve", run), ("events", run), ("logs", run)):
        for arguments in (command, (*command, "--json")):
            shown = helmr.text(*arguments, terminal=True)
            assert "\x1b" not in shown
            assert "\u202e" not in shown
    assert "hlmr_callback_AbC" not in helmr.text("events", run)


@pytest.mark.parametrize("value", [{"\x1b[2J": "x"}, {"id": "x", "\x1b[2J": "x"}, "\x1b[2J"])
@pytest.mark.parametrize("many", [False, True])
def test_no_field_name_or_string_controls_a_terminal(value: Any, many: bool) -> None:
    class Result:
        def to_dict(self) -> Any:
            return value

    out = io.StringIO()
    one = value if isinstance(value, str) else Result()
    Printer(out, as_lines=False, show_secrets=False).result([Result()] if many and one is not value else one)
    assert "\x1b" not in out.getvalue()
    assert "x" in out.getvalue().lower()


def test_logs_do_not_control_the_terminal_if_only_stdout_is_a_file(
    helmr: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = helmr.json("start", "shout", "--wait", "--timeout", "60")["id"]
    monkeypatch.setattr(beneath(sys.stderr), "isatty", lambda: True)  # standard output is a file
    for follow in ([], ["--follow"]):
        assert helmr.text("logs", run, *follow) == HOSTILE
        assert "\x1b" not in helmr.errors
        assert "\\x1b[2J" in helmr.errors


def test_credentials_are_masked_unless_requested(helmr: Command) -> None:
    token = helmr.json("tokens", "create", "--timeout", "1h", "--metadata", '{"a": 1}')
    assert token["callback_url"].endswith("hlmr_callback_[secret]")
    assert re.search(r"hlmr_\w+_[\w-]{43}", helmr.text("tokens", "create", "--show-secrets"))
    completed = helmr.json("tokens", "complete", token["id"], '{"approved": true}')
    assert completed["token"]["data"] == {"approved": True}
    assert helmr.json("tokens", "wait", token["id"]) == {"approved": True}


def test_a_server_error_is_printed_in_one_line(helmr: Command) -> None:
    assert helmr.text("runs", "retrieve", "0197b3c4-5d6e-7f80-9a1b-2c3d4e5f6071") == ""
    assert helmr.status == 1
    assert re.fullmatch(r"helmr: run not found[^\n]*\n", helmr.errors)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["send", "s", "decisions", "yes"], "for a string, write '\"yes\"'"),
        (["runs", "list", "--limit", "x"], "invalid int value: 'x'"),
        (["runs", "lst"], "invalid choice: 'lst'"),
        (["runs", "retrieve"], "the following arguments are required: run"),
        (["runs", "list", "--since", "x"], "helmr runs list: error: unrecognized arguments: --since x\n"),
        (["runs", "list", "--since", "x"], "usage: helmr runs list [-h]"),
        (
            ["records", "s", "in", "--input", "-f"],
            "helmr records: error: only output streams can be followed",
        ),
        (["workspaces", "execs", "create", "w", "sh", "-c", "ls"], "-c ls; put -- before a command with"),
        (["start", "greet", "--ttl", "1x"], "ttl must be a positive duration"),
        (["start", "greet", "--wait", "--timeout", "soon"], "timeout_seconds must be a positive duration"),
    ],
)
def test_incorrect_usage(helmr: Command, arguments: list[str], message: str) -> None:
    helmr.text(*arguments)
    assert helmr.status == 2
    assert message in helmr.errors


def test_without_a_control_plane_the_error_names_the_variables(
    helmr: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HELMR_API_URL")
    helmr.text("runs", "list")
    assert (helmr.status, "HELMR_API_URL" in helmr.errors) == (1, True)
    assert "usage: helmr" in helmr.text()
    assert "usage: helmr runs" in helmr.text("runs")


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_a_shell_completes_the_commands(helmr: Command, monkeypatch: pytest.MonkeyPatch, shell: str) -> None:
    monkeypatch.delenv("HELMR_API_KEY")
    assert "start" in helmr.text("completion", shell)
    monkeypatch.setitem(__import__("sys").modules, "shtab", None)
    helmr.text("completion", shell)
    assert (helmr.status, "pip install 'helmr[cli]'" in helmr.errors) == (1, True)
