"""A long step shows its name, its progress and its duration."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.unit.scripts import ROOT, script

progress = script("progress")
setup = script("setup")


class Stream(io.StringIO):
    """A stream that records its output and sets an event at the first progress line."""

    def __init__(self, *, terminal: bool = False) -> None:
        super().__init__()
        self.terminal = terminal
        self.ticked = threading.Event()

    def isatty(self) -> bool:
        return self.terminal

    def write(self, text: str, /) -> int:
        if "half way" in text:
            self.ticked.set()
        return super().write(text)


def test_a_log_gets_lines_at_the_start_during_the_step_and_at_the_end() -> None:
    stream = Stream()
    with progress.Step("installing", stream=stream, interval=0.001) as step:
        step.detail = "half way"
        assert stream.ticked.wait(10)
    first, *between, last = stream.getvalue().splitlines()
    assert first == "installing …"
    assert any(re.fullmatch(r"installing … \d+ s, half way", line) for line in between)
    assert re.fullmatch(r"installing: done in \d+ s", last)


def test_a_terminal_gets_one_line_that_is_rewritten() -> None:
    stream = Stream(terminal=True)
    with progress.Step("installing", stream=stream, interval=0.001) as step:
        step.detail = "half way"
        assert stream.ticked.wait(10)
    written = stream.getvalue()
    assert written.count("\n") == 1
    assert written.endswith("\x1b[K\n")
    assert all(part.endswith(("\x1b[K", "\x1b[K\n")) for part in written.split("\r")[1:])


def test_only_the_innermost_step_shows_its_progress() -> None:
    stream = Stream()
    with (
        progress.Step("outer", stream=stream, interval=0.001) as outer,
        progress.Step("inner", stream=stream, interval=0.001) as inner,
    ):
        outer.detail, inner.detail = "waits", "half way"
        assert stream.ticked.wait(10)
        # Afterwards, the outer step shows its own.
        assert "waits" not in stream.getvalue()
    assert re.search(r"^inner … \d+ s, half way$", stream.getvalue(), re.MULTILINE)


def test_a_command_runs_as_a_step_and_its_output_and_status_are_passed_on() -> None:
    program = "import sys; print('found 1 error'); sys.exit(3)"
    command = [
        sys.executable,
        str(ROOT / "scripts" / "progress.py"),
        "checking",
        "--",
        sys.executable,
        "-c",
        program,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (3, "found 1 error\n")
    assert done.stderr.startswith("checking …\n")


def test_a_step_without_a_command_is_rejected(capsys: pytest.CaptureFixture[str]) -> None:
    assert progress.main(["checking", "--"]) == 2
    assert "usage:" in capsys.readouterr().err


def test_a_failed_step_does_not_print_done() -> None:
    stream = Stream()
    with pytest.raises(KeyError), progress.Step("installing", stream=stream):
        raise KeyError
    assert "installing: stopped in 0 s" in stream.getvalue()
    assert "done" not in stream.getvalue()


def test_set_up_counts_each_package_of_the_lock_once() -> None:
    lock = "# by hand\na==1 \\\n    --hash=sha256:0\nb==2 ; python_version < '3.12' \\\n    --hash=sha256:1\n"
    assert setup.count_packages(lock) == 2


def test_set_up_shows_how_many_packages_pip_has_found() -> None:
    step = progress.Step("installing", stream=Stream())
    setup.run([sys.executable, "-c", "print('Collecting a==1'); print('  Downloading a')"], step, packages=2)
    assert step.detail == "1 of 2 packages"


def test_a_failed_set_up_shows_the_output_of_pip(capsys: pytest.CaptureFixture[str]) -> None:
    step = progress.Step("installing", stream=Stream())
    with pytest.raises(SystemExit, match="ended with 3"):
        setup.run([sys.executable, "-c", "print('no such package'); raise SystemExit(3)"], step)
    assert "no such package" in capsys.readouterr().err


def test_set_up_recognises_an_environment_with_this_python_version(tmp_path: Path) -> None:
    assert setup.runs_this_version(Path(sys.executable))
    assert not setup.runs_this_version(setup.python_of(tmp_path))


def test_set_up_and_progress_need_no_installed_packages() -> None:
    program = "import sys; sys.path.insert(0, 'scripts'); import setup"
    subprocess.run([sys.executable, "-I", "-S", "-c", program], cwd=ROOT, check=True)
