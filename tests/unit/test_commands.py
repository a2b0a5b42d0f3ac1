"""The commands that the wheel installs, with and without their extras."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tomllib

import pytest

from helmr import __version__
from helmr_cli import arguments, extras
from helmr_cli.main import main
from helmr_cli.output import Printer
from tests.unit.scripts import ROOT

COMMANDS = {
    "helmr": "helmr_cli.main:main",
    "helmr-local": "helmr_cli.extras:helmr_local",
    "helmr-contract": "helmr_cli.extras:helmr_contract",
}
EXTRAS = {"helmr-local": ("apsw", "local"), "helmr-contract": ("rich", "contract")}


def run(command: str, *arguments: str, without: str = "") -> subprocess.CompletedProcess[str]:
    """Run the entry point of a command, in an interpreter that cannot import the package `without`."""
    module, function = COMMANDS[command].split(":")
    program = (
        f"import sys; sys.argv[0] = {command!r}\n"
        f"if {without!r}: sys.modules[{without!r}] = None\n"
        f"from {module} import {function} as main; sys.exit(main())"
    )
    return subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False
    )


def test_the_wheel_installs_these_commands() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["scripts"] == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_prints_its_version(command: str) -> None:
    done = run(command, "--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{command} {__version__}\n", "")


@pytest.mark.parametrize("command", EXTRAS)
def test_a_command_without_its_extra_prints_its_version(command: str) -> None:
    missing, _ = EXTRAS[command]
    done = run(command, "--version", without=missing)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{command} {__version__}\n", "")


@pytest.mark.parametrize("command", EXTRAS)
@pytest.mark.parametrize("arguments", [[], ["serve", "--port", "1"], ["--help"]])
def test_a_command_without_its_extra_names_the_extra_to_install(command: str, arguments: list[str]) -> None:
    missing, extra = EXTRAS[command]
    done = run(command, *arguments, without=missing)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"{command}: the package {missing} is not installed. "
        f"Install the extra {extra!r}: pip install 'helmr[{extra}]'\n"
    )


def test_a_missing_module_of_the_package_is_not_reported_as_a_missing_extra() -> None:
    with pytest.raises(ModuleNotFoundError, match="helmr_local"):
        extras._run("helmr-local", "helmr_local.absent", extra="local")


def test_a_missing_module_of_an_old_dependency_is_not_reported_as_a_missing_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def too_old(module: str) -> None:
        raise ModuleNotFoundError("No module named 'pytest.later'", name="pytest.later")

    monkeypatch.setattr(extras, "import_module", too_old)
    with pytest.raises(ModuleNotFoundError, match=r"pytest\.later"):
        extras._run("helmr-contract", "helmr_contract.cli", extra="contract")


@pytest.mark.parametrize(
    ("encoding", "written"),
    [("utf-8", "✓ größer"), ("cp1252", r"\u2713 größer"), ("ascii", r"\u2713 gr\xf6\xdfer")],
)
def test_a_character_that_the_output_cannot_encode_is_escaped(encoding: str, written: str) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    extras.print_everything(stream)
    stream.write("✓ größer")
    stream.flush()
    assert raw.getvalue().decode(encoding) == written


def test_captured_output_is_not_reconfigured() -> None:
    extras.print_everything(io.StringIO())


def test_bytes_are_written_to_a_pipe_unchanged() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="utf-8", newline="\r\n")
    printer = Printer(stream, as_lines=True, show_secrets=False)
    printer.result("before")
    printer.result(b"\xff\n\x00hlmr_sk_")
    stream.flush()
    assert raw.getvalue() == b'"before"\r\n\xff\n\x00hlmr_sk_'


def test_helmr_without_arguments_prints_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "usage: helmr [-h] [--version]" in capsys.readouterr().out


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_standard_input_is_utf_8_regardless_of_the_system_encoding(
    monkeypatch: pytest.MonkeyPatch, mark: str
) -> None:
    for read in (arguments.json_value, arguments.string_value):
        piped = io.BytesIO(f'{mark}"Grüße 😀"\n'.encode())
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(piped, encoding="cp1252"))
        assert read("-").strip('"') == "Grüße 😀"


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
def test_a_line_of_json_stays_json_in_any_encoding(encoding: str) -> None:
    written = io.BytesIO()
    out = io.TextIOWrapper(written, encoding=encoding, errors="backslashreplace")
    Printer(out, as_lines=True, show_secrets=False).json({"name": "Grüße 😀"})
    out.flush()
    assert json.loads(written.getvalue().decode(encoding)) == {"name": "Grüße 😀"}
