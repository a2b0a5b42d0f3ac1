"""Finds tools of other languages, installs them at the pinned version, or reports them as missing.

Node tools are pinned in `scripts/node/package-lock.json`, Go tools in `go.sum` below `scripts/tools`. Both
are installed into ignored folders of the repository. The Python targets of the Makefile do not need them.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import progress

ROOT = Path(__file__).resolve().parent.parent
NODE_FOLDER = ROOT / "scripts" / "node"
GO_FOLDER = ROOT / "scripts" / "tools"
"""The Go module with the pins of a tool. A tool with conflicting dependencies has a separate module."""
ACTIONLINT_FOLDER = GO_FOLDER / "actionlint"
OLDEST_NODE = (20, 19)
OLDEST_GO = (1, 26)


class Missing(Exception):
    """A required tool is not installed or too old. The message states what to do."""


def find(command: str, oldest: tuple[int, int], ask: Sequence[str], name: str, home: str) -> str:
    """Return the path of an installed program of at least this version.

    Raises:
        Missing: it is not installed, or is too old.
    """
    wanted = ".".join(map(str, oldest))
    path = shutil.which(command)
    if path is None:
        raise Missing(f"{name} {wanted} or newer is not on the PATH ({command}): get it from {home}")
    response = subprocess.run([path, *ask], capture_output=True, text=True, check=False)
    version = re.search(r"(\d+)\.(\d+)", response.stdout + response.stderr)
    if version is None or (int(version[1]), int(version[2])) < oldest:
        found = version[0] if version else "an unknown version"
        raise Missing(f"{name} {wanted} or newer is needed, {path} is {found}: get it from {home}")
    return path


def node_tool(name: str) -> list[str]:
    """Return the command of a pinned Node tool, which is installed if necessary.

    Raises:
        Missing: Node.js is not installed or too old, or the packages cannot be installed.
    """
    node = find("node", OLDEST_NODE, ["--version"], "Node.js", "https://nodejs.org")
    npm = shutil.which("npm")
    if npm is None:
        raise Missing("npm is not on the PATH: it comes with Node.js (https://nodejs.org)")
    installed = NODE_FOLDER / "node_modules" / ".package-lock.json"
    lock = NODE_FOLDER / "package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        with progress.Step("installing scripts/node/package-lock.json"):
            _install([npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], NODE_FOLDER)
        installed.touch()
    return [node, str(NODE_FOLDER / "node_modules" / ".bin" / name)]


def go_tool(package: str, folder: Path | None = None) -> list[str]:
    """Return the command of a Go tool that the module in `folder` pins, which is built if necessary.

    Raises:
        Missing: Go is not installed or too old, or the tool cannot be built.
    """
    go = find("go", OLDEST_GO, ["version"], "Go", "https://go.dev/dl")
    name = package.rpartition("/")[2]
    program = ROOT / "build" / "tools" / name
    folder = folder or GO_FOLDER
    pinned = folder / "go.sum"
    if not program.exists() or program.stat().st_mtime < pinned.stat().st_mtime:
        program.parent.mkdir(parents=True, exist_ok=True)
        with progress.Step(
            f"building {package} once, which can take minutes (pinned in {folder.relative_to(ROOT)})"
        ):
            _install([go, "build", "-mod=readonly", "-trimpath", "-o", str(program), package], folder)
    return [str(program)]


def _install(command: Sequence[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        where = folder.relative_to(ROOT)
        raise Missing(f"{where} cannot be installed:\n{done.stdout}{done.stderr}".rstrip())


def stop(chore: str, missing: Missing) -> NoReturn:
    """Exit with a message that names the chore and the missing tool."""
    print(f"{chore} stopped: {missing}", file=sys.stderr)
    sys.exit(1)
