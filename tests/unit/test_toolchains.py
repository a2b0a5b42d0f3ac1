"""Tools of other languages are found, installed once at the pinned version, or reported as missing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.unit.scripts import ROOT, script

toolchains = script("toolchains")


class Machine:
    """A fake machine with an empty repository and the programs that a test adds."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bin = root / "bin"
        self.bin.mkdir()
        self.log = root / "log"
        self.repository = root / "repository"
        for name, lock in (("node", "package-lock.json"), ("go", "go.sum")):
            folder = self.repository / "scripts" / name
            folder.mkdir(parents=True)
            (folder / lock).touch()
            os.utime(folder / lock, (1, 1))
            monkeypatch.setattr(toolchains, f"{name.upper()}_FOLDER", folder)
        monkeypatch.setattr(toolchains, "ROOT", self.repository)
        monkeypatch.setenv("PATH", str(self.bin))

    def has(self, name: str, body: str) -> None:
        program = self.bin / name
        program.write_text(f"#!/bin/sh\necho {name} $* >> {self.log}\n{body}\n", encoding="utf-8")
        program.chmod(0o755)

    def has_node(self, version: str = "v22.1.0") -> None:
        self.has("node", f"echo {version}")

    def has_npm(self) -> None:
        self.has("npm", "/bin/mkdir -p node_modules && : > node_modules/.package-lock.json")

    def has_go(self, version: str = "go1.26.3") -> None:
        # `go build -mod=readonly -trimpath -o FILE PACKAGE` makes FILE
        self.has("go", f'if [ "$1" = version ]; then echo go version {version}; else : > "$5"; fi')

    @property
    def calls(self) -> list[str]:
        return self.log.read_text(encoding="utf-8").splitlines()


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


def test_a_node_tool_is_installed_once(machine: Machine) -> None:
    machine.has_node()
    machine.has_npm()
    command = toolchains.node_tool("redocly")
    assert command == [str(machine.bin / "node"), str(toolchains.NODE_FOLDER / "node_modules/.bin/redocly")]
    assert toolchains.node_tool("redocly") == command
    assert [call for call in machine.calls if call.startswith("npm")] == [
        "npm ci --no-audit --no-fund --loglevel=error"
    ]


def test_installation_messages_go_to_stderr(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.has_node()
    machine.has_npm()
    toolchains.node_tool("redocly")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "scripts/node/package-lock.json" in captured.err


def test_a_changed_lock_file_causes_a_new_installation(machine: Machine) -> None:
    machine.has_node()
    machine.has_npm()
    toolchains.node_tool("redocly")
    later = (toolchains.NODE_FOLDER / "node_modules" / ".package-lock.json").stat().st_mtime + 10
    os.utime(toolchains.NODE_FOLDER / "package-lock.json", (later, later))
    toolchains.node_tool("redocly")
    assert sum(call.startswith("npm ci") for call in machine.calls) == 2


@pytest.mark.parametrize(
    ("version", "message"), [("v18.4.0", "node is 18.4"), ("what", "node is an unknown version")]
)
def test_an_outdated_node_is_reported(machine: Machine, version: str, message: str) -> None:
    machine.has_node(version)
    with pytest.raises(toolchains.Missing, match=rf"Node\.js 20\.19 or newer is needed, .*{message}"):
        toolchains.node_tool("redocly")


def test_a_missing_npm_is_reported(machine: Machine) -> None:
    machine.has_node()
    with pytest.raises(toolchains.Missing, match="npm is not on the PATH"):
        toolchains.node_tool("redocly")


def test_the_error_output_of_npm_is_shown(machine: Machine) -> None:
    machine.has_node()
    machine.has("npm", "echo no such host >&2; exit 1")
    with pytest.raises(toolchains.Missing, match="scripts/node cannot be installed:\nno such host"):
        toolchains.node_tool("redocly")


def test_a_go_tool_is_built_once_from_the_pinned_sources(machine: Machine) -> None:
    machine.has_go()
    command = toolchains.go_tool("github.com/somebody/thing")
    program = machine.repository / "build" / "tools" / "thing"
    assert command == [str(program)]
    assert toolchains.go_tool("github.com/somebody/thing") == command
    assert [call for call in machine.calls if "build" in call.split()[:2]] == [
        f"go build -mod=readonly -trimpath -o {program} github.com/somebody/thing"
    ]


def test_an_outdated_go_is_reported(machine: Machine) -> None:
    machine.has_go("go1.21.0")
    with pytest.raises(toolchains.Missing, match=r"Go 1\.26 or newer is needed, .*go is 1\.21"):
        toolchains.go_tool("github.com/somebody/thing")


def test_a_missing_go_is_reported(machine: Machine) -> None:
    with pytest.raises(toolchains.Missing, match=r"Go 1\.26 or newer is not on the PATH \(go\): get it from"):
        toolchains.go_tool("github.com/somebody/thing")


def test_a_missing_tool_ends_a_script_with_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        toolchains.stop("clients", toolchains.Missing("Java is missing"))
    assert ended.value.code == 1
    assert capsys.readouterr().err == "clients stopped: Java is missing\n"


def test_the_lock_files_of_tools_name_no_registry() -> None:
    lock = (ROOT / "scripts" / "node" / "package-lock.json").read_text(encoding="utf-8")
    assert '"integrity": "sha512-' in lock
    assert "resolved" not in lock
    addresses = [line.strip() for line in lock.splitlines() if "://" in line]
    assert all(line.startswith('"url": ') for line in addresses), "more than sponsors' pages"
    sums = (ROOT / "scripts" / "tools" / "go.sum").read_text(encoding="utf-8")
    assert all(" h1:" in line for line in sums.splitlines())
