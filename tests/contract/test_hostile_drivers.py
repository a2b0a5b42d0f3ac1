"""Broken and hostile drivers: the tool terminates, reports the problem and buffers no more than it needs."""

from __future__ import annotations

import io
import itertools
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any
from xml.etree import ElementTree

import pytest

from helmr_contract.cli import main
from helmr_contract.client import drivers, runner
from helmr_contract.client.drivers import DriverProcess
from helmr_contract.client.pipes import LINES_AHEAD, Line, Reader, bounded_lines, drain
from helmr_contract.client.protocol import calls
from helmr_contract.client.runner import Played, Verdict, play, play_all
from helmr_contract.client.scenario import Level, Scenario, Stage
from helmr_contract.client.world import RUN

HELLO = {"protocol": 1, "client": "</pre><script>alert(1)</script>\x1b[31m", "calls": list(calls())}
SPEAKS = """
import json, os, subprocess, sys, time
say = lambda text: (sys.stdout.write(text), sys.stdout.flush())
for line in sys.stdin:
    message = json.loads(line)
    if "hello" in message:
        say(json.dumps(HELLO) + "\\n")
        continue
    reply = json.dumps({"id": message["id"], "result": {}}) + "\\n"
    RESPONSE
"""


def command(response: str) -> list[str]:
    return [sys.executable, "-c", SPEAKS.replace("HELLO", repr(HELLO)).replace("RESPONSE", response)]


def asking(within: float = 20.0, **args: Any) -> Scenario:
    def ask(stage: Stage) -> None:
        stage.returns("runs.get", run_id=RUN, within=within, **args)

    return Scenario("test/one", Level.MUST, "it is a test", frozenset({"runs.get"}), ask)


def played_with(response: str, one: Scenario) -> Played:
    began = time.monotonic()
    with DriverProcess(command(response)) as process:
        played = play(process, one)
    assert time.monotonic() - began < 30
    return played


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        ("say('x' * (4 << 20))", "a line of more than 1 MiB"),
        ("say('[' * 100_000 + '\\n')", "nested too deeply"),
        ("say('{\"id\": ' + '9' * 5000 + '}\\n')", "not JSON"),
        ("say('{\"id\": NaN}\\n')", "does not follow the protocol"),
        ("os.write(1, b'\\xff\\xfe\\x00\\n')", "not JSON"),
        ("say('\\x1b]0;owned\\x07\\n')", "not JSON"),
        ("os._exit(0)", "the driver has ended"),
        ("os.close(0); os.close(1); time.sleep(60)", "the driver has ended"),
    ],
)
def test_bad_driver_output_fails_only_its_scenario(
    response: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drivers, "MOST_RESPONSE", 1 << 20)
    played = played_with(response, asking())
    assert (played.verdict, played.lost_driver) == (Verdict.FAILED, True)
    assert reason in played.reason


def test_a_driver_that_reads_nothing_does_not_block_the_tool() -> None:
    """The call is larger than a pipe's buffer."""
    played = played_with("say(reply); time.sleep(60)", asking())
    assert played.verdict is Verdict.PASSED

    def twice(stage: Stage) -> None:
        stage.returns("runs.get", run_id=RUN)
        stage.returns("runs.get", run_id="x" * (1 << 20), within=0.3)

    one = Scenario("test/two", Level.MUST, "it is a test", frozenset({"runs.get"}), twice)
    assert "did not respond within 0.3 s" in played_with("say(reply); time.sleep(60)", one).reason


class Endless(io.BytesIO):
    """A pipe into which a driver writes without end."""

    lines = 0

    def readline(self, size: int | None = -1) -> bytes:
        del size
        self.lines += 1
        return b"y\n"


def test_a_flood_on_stdout_is_read_only_as_fast_as_it_is_used() -> None:
    flood = Endless()
    reader = Reader(flood, 1000)
    try:
        for used in range(1, 500):
            assert reader.get(20) == Line("y")
            assert flood.lines <= used + LINES_AHEAD + 1
    finally:
        reader.stop()


def test_a_flood_on_stderr_leaves_only_its_last_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    flooded = threading.Event()
    count = itertools.count(1)

    def counted(stream: IO[bytes], most: int, keep: Callable[[str], None]) -> None:
        def counting(text: str) -> None:
            keep(text)
            if next(count) == 50 * drivers.MOST_LINES:
                flooded.set()

        drain(stream, most, counting)

    monkeypatch.setattr(drivers, "drain", counted)
    with DriverProcess(command("say(reply)\n    while True: os.write(2, b'y\\n' * 50)")) as process:
        assert play(process, asking()).verdict is Verdict.PASSED
        assert flooded.wait(20)
        assert len(process.errors()) <= drivers.MOST_LINES


def test_a_line_is_truncated_at_the_limit() -> None:
    pipe = io.BytesIO(b"short\r\n" + b"x" * 25 + b"\n\nlast")
    assert list(bounded_lines(pipe, 10)) == [
        Line("short"), Line("x" * 10, is_whole=False), Line(""), Line("last"),
    ]  # fmt: skip
    assert LINES_AHEAD < 10


CHILD = "import socket, time; s = socket.create_connection(('127.0.0.1', PORT)); time.sleep(61)"


@pytest.mark.skipif(os.name == "nt", reason="process groups are ended on POSIX")
@pytest.mark.parametrize("own_session", [False, True])
def test_a_child_left_by_a_driver_does_not_block_the_run(own_session: bool) -> None:
    """The child keeps the pipes open. It is killed; in its own session it is left alone."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        child = CHILD.replace("PORT", str(listener.getsockname()[1]))
        start = (
            f"child = subprocess.Popen([sys.executable, '-c', {child!r}], start_new_session={own_session})"
        )
        respond = "say(json.dumps({'id': message['id'], 'result': child.pid}) + chr(10))"
        with DriverProcess(command(f"{start}; {respond}")) as process:
            played = play(process, asking())
            assert played.verdict is Verdict.PASSED
            connection, _ = listener.accept()
            began = time.monotonic()
        assert time.monotonic() - began < 10
        if own_session:
            os.kill(int(played.evidence[-1].rpartition(" ")[2]), 9)
        with connection:
            connection.settimeout(20)
            assert connection.recv(1) == b"", "it has ended"


def test_a_driver_that_never_responds_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "MOST_LOST", 2)
    with DriverProcess(command("os._exit(1)")) as process:
        run = play_all(process, [asking()] * 9, command="x")
    assert len(run.played) == 2
    assert run.stopped == "the driver responded to no call in the first 2 scenarios"


REAL = "hlmr_sk_" + "r" * 40


def introducing(**changes: Any) -> str:
    """Return the source of a driver that introduces itself and exits."""
    return (
        f"import sys; print({json.dumps({'protocol': 1, 'client': 'x', 'calls': ['runs.get'], **changes})!r})"
    )


@pytest.mark.parametrize(
    ("source", "status"),
    [
        (f"raise SystemExit({REAL!r})", 2),
        (introducing(client=REAL, calls=["runs.get", REAL]), 1),
        (f"{introducing()}; raise SystemExit({REAL!r})", 1),
        (f"{introducing()}; print({REAL!r})", 1),
    ],
    ids=["before it introduces itself", "in its introduction", "on stderr", "on stdout"],
)
def test_a_key_that_a_driver_prints_is_not_reported(
    source: str, status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = ["--scenario", "request/base-path-kept", "--report", str(tmp_path)]
    assert main(["client", *chosen, "--", sys.executable, "-c", source]) == status
    captured = capsys.readouterr()
    written = "".join(path.read_text(encoding="utf-8") for path in tmp_path.iterdir())
    assert REAL not in captured.out + captured.err + written


def test_a_driver_does_not_inherit_the_callers_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that reads it by mistake would reach a real control plane."""
    monkeypatch.setenv("HELMR_API_KEY", REAL)
    monkeypatch.setenv("HELMR_API_URL", "http://control-plane.invalid")
    monkeypatch.setenv("HELMR_OTHER", "kept")
    names = "sorted(name for name in os.environ if name.startswith('HELMR_'))"
    response = f"say(json.dumps({{'id': message['id'], 'result': {names}}}) + chr(10))"
    assert played_with(response, asking()).evidence[-1].endswith('returned ["HELMR_OTHER"]')


def test_misspelled_calls_and_scenarios_are_reported(capsys: pytest.CaptureFixture[str]) -> None:
    names = {"calls": ["runs.get", "run.wait"], "known_failures": {"retry/no-such": "a reason"}}
    wrong = [
        part.replace(repr(HELLO), repr({**HELLO, "client": "x", **names})) for part in command("say(reply)")
    ]
    main(["client", "--scenario", "request/base-path-kept", "--", *wrong])
    output = capsys.readouterr().out
    assert "calls or scenarios that do not exist: retry/no-such, run.wait" in output


CHOSEN = ["--scenario", "request/content-type-json", "--scenario", "response/compressed"]


def test_reports_contain_no_markup_or_terminal_control_sequences_of_a_driver(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "</pre><b>\\x1b[2J\\ud800]]>"
    response = (
        f"os.write(2, b'</pre><b>\\x1b[31m\\xff]]>' + bytes([10])); "
        f"error = {{'kind': 'other', 'message': '{text}'}}; "
        "say(json.dumps({'id': message['id'], 'error': error}) + chr(10))"
    )
    assert main(["client", *CHOSEN, "--report", str(tmp_path), "--", *command(response)]) == 1
    output = capsys.readouterr().out
    assert "\x1b" not in output
    page = (tmp_path / "client.html").read_text(encoding="utf-8")
    assert "<script>" not in page
    assert "<b>" not in page
    assert "\x1b" not in page
    assert ElementTree.parse(tmp_path / "client-junit.xml").getroot().get("failures") == "1"  # noqa: S314


def test_an_interrupted_run_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = runner.play
    played_so_far: list[Scenario] = []

    def interrupted(driver: Any, one: Scenario) -> Played:
        played_so_far.append(one)
        if len(played_so_far) == 2:
            raise KeyboardInterrupt
        return kept(driver, one)

    monkeypatch.setattr(runner, "play", interrupted)
    assert main(["client", *CHOSEN, "--report", str(tmp_path), "--", *command("os._exit(1)")]) == 130
    assert "stopped    interrupted" in capsys.readouterr().out
    assert (tmp_path / "client.html").is_file()


def test_an_error_in_a_scenario_itself_fails_that_scenario() -> None:
    def broken(stage: Stage) -> None:
        raise RuntimeError("no such thing")

    one = Scenario("test/one", Level.MUST, "it is a test", frozenset({"runs.get"}), broken)
    played = played_with("say(reply)", one)
    assert played.verdict is Verdict.FAILED
    assert "the scenario itself failed" in played.reason


def test_an_unwritable_report_is_reported_after_the_result(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "client.html").mkdir()
    assert main(["client", *CHOSEN, "--report", str(tmp_path), "--", *command("os._exit(1)")]) == 1
    captured = capsys.readouterr()
    assert "breaks the contract" in captured.out
    assert "cannot write client.html" in captured.err


def test_scenarios_skipped_for_missing_calls_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    can_little = repr({**HELLO, "calls": ["runs.get"]})
    few = [part.replace(repr(HELLO), can_little) for part in command("say(reply)")]
    assert main(["client", "--scenario", "start/*", "--scenario", "events/*", "--", *few]) == 2
    output = capsys.readouterr().out
    assert output.count("\nskipped") == 1
    assert "need a call that the driver cannot make (runs.follow_events " in output
