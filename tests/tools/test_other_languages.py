"""`make clients` runs clients in other languages against helmr_local. The guide shows their sources."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "other_languages.py"
PRINTED = """\
    started a session, its run is queued
    sent input record 1
    read output: OWNER/REPO#42: the change reads well, waiting for approval
    token: completed
    conflict: the token was completed with other data
"""


@pytest.fixture(scope="module")
def clients() -> ModuleType:
    specification = importlib.util.spec_from_file_location("other_languages", SCRIPT)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SCRIPT.parent))
        patch.setitem(sys.modules, "other_languages", module)  # dataclasses look up their module
        specification.loader.exec_module(module)
    return module


def try_out(*languages: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = os.environ | ({} if path is None else {"PATH": path})
    command = [sys.executable, str(SCRIPT), *languages]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


@pytest.mark.parametrize(
    "language",
    [
        pytest.param("curl", marks=pytest.mark.tool("curl", "jq")),
        pytest.param("typescript", marks=pytest.mark.tool("node", "npm")),
        pytest.param("go", marks=pytest.mark.tool("go")),
        pytest.param("java", marks=pytest.mark.tool("javac", "mvn")),
        pytest.param("rust", marks=pytest.mark.tool("cargo")),
    ],
)
def test_a_client_is_generated_and_runs_its_five_steps(language: str) -> None:
    done = try_out(language)
    assert done.returncode == 0, done.stdout + done.stderr
    assert PRINTED in done.stdout
    assert re.search(r"^\w+ +works, \d+ s$", done.stdout, re.MULTILINE)


@pytest.mark.tool("curl", "jq")
def test_a_language_without_its_tool_is_reported_and_the_others_run(tmp_path: Path) -> None:
    for name in ("bash", "env", "curl", "jq", "seq", "sleep"):
        found = shutil.which(name)
        assert found is not None
        (tmp_path / name).symlink_to(found)
    done = try_out("typescript", "go", "java", "rust", "curl", path=str(tmp_path))
    assert done.returncode == 1
    for name, home in {
        "Node.js 20.19": "https://nodejs.org",
        "Go 1.26": "https://go.dev/dl",
        "A Java development kit 17.0": "https://adoptium.net",
        "Rust 1.88": "https://rustup.rs",
    }.items():
        assert re.search(f"left out: {re.escape(name)} or newer is not on the PATH .*{home}", done.stdout), (
            done.stdout
        )
    assert PRINTED in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_a_program_with_unexpected_output_fails(
    clients: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "sources" / "curl"
    folder.mkdir(parents=True)
    program = folder / "review.sh"
    program.write_text("#!/bin/sh\necho started a session, its run is queued\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(clients, "SOURCES", tmp_path / "sources")
    monkeypatch.setattr(clients, "BUILD", tmp_path / "build")
    with pytest.raises(clients.Failed, match="expected the program to print:\n"):
        clients.try_out(clients.Client("curl", "curl", tools=(), build=(), run="./review.sh"))


def test_a_failed_command_is_reported_with_its_output(clients: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(clients.Failed) as failed:
        clients.output_of(["sh", "-c", "echo out; echo wrong >&2; exit 3"], tmp_path)
    assert str(failed.value) == "sh -c 'echo out; echo wrong >&2; exit 3': exit status 3\nout\nwrong"


def test_a_driver_that_names_what_does_not_exist_fails(clients: ModuleType, tmp_path: Path) -> None:
    hello = {"protocol": 1, "client": "c", "calls": ["runs.get"], "known_failures": {"retry/no-such": "r"}}
    hello_line = json.dumps(json.dumps(hello))
    driver = f"import sys; sys.stdin.readline(); print({hello_line}, flush=True); sys.stdin.read()"
    kit = ["-m", "helmr_contract.cli", "client", "--scenario", "pages/*"]
    command = [*kit, "--", sys.executable, "-c", driver]
    shown = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False).stdout
    with pytest.raises(clients.Failed, match=r"^the driver names .* that do not exist: retry/no-such$"):
        clients.check_names(shown)
    clients.check_names(shown.replace("do not exist", "exist"))


def test_the_guide_shows_the_current_programs_and_commands(clients: ModuleType) -> None:
    page = clients.PAGE.read_text(encoding="utf-8")
    assert clients.filled(page) == page, "python scripts/other_languages.py --page"


def test_the_guide_shows_every_source(clients: ModuleType) -> None:
    page = clients.PAGE.read_text(encoding="utf-8")
    shown = set(re.findall(r'^```\w+ title="([^"]+)"$', page, re.MULTILINE))
    endings = (".sh", ".ts", ".go", ".java", ".rs", "pom.xml", "Cargo.toml", "oapi-codegen.yaml")
    sources = {
        path.relative_to(clients.SOURCES).as_posix()
        for path in clients.SOURCES.rglob("*")
        if path.name.endswith(endings)
    }
    assert len(sources) >= 10
    # The drivers for `helmr-contract client` are very similar, so the guide shows only one.
    drivers = {name for name in sources if "driver" in name.lower()}
    assert (sources - drivers) | set(clients.CLIENTS) <= shown <= sources | set(clients.CLIENTS)
    assert len(shown & drivers) == 1


def test_versions_are_pinned_exactly_and_no_file_names_a_registry(clients: ModuleType) -> None:
    cargo = (clients.SOURCES / "rust" / "Cargo.toml").read_text(encoding="utf-8")
    dependencies = cargo.partition("[dependencies]")[2]
    for line in dependencies.splitlines():
        if re.match(r"[\w-]+ = ", line):
            assert re.search(r'"=\d+\.\d+\.\d+"', line), line
    for path in clients.SOURCES.rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            for host in ("registry+", "registry.npmjs", "crates.io-index", "repo.maven", "proxy.golang"):
                assert host not in text, f"{path.name} names a registry"
