"""Run the tests with the lowest versions that pyproject.toml allows: `python scripts/test_lowest.py`.

For the client with the local control plane, and for the contract tests, uv resolves the lowest version of
each direct dependency. Tools that only the tests use have the latest versions. An environment is kept in
build/lowest until its versions change. Run it with the oldest Python: newer ones exclude older versions.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import progress
import setup

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "lowest"
UV = [sys.executable, "-m", "uv", "--quiet"]


@dataclass(frozen=True)
class Part:
    """An extra, the additional packages for its tests, and the command that tests it."""

    extra: str
    tools: tuple[str, ...]
    command: tuple[str, ...]


PARTS = [
    Part(
        extra="aiohttp",
        tools=(
            "apsw",
            "h11",
            "hypothesis",
            "jsonschema-rs",
            "pytest",
            "pytest-timeout",
            "python-multipart",
            "pyyaml",
        ),
        command=("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/connection"),
    ),
    Part(
        extra="local",
        tools=(
            "aiohttp",
            "cronsim",
            "fastapi",
            "freezegun",
            "h11",
            "hypothesis",
            "pydantic",
            "pytest",
            "pytest-timeout",
            "pytest-xdist",
            "pyyaml",
            "rich",
            "time-machine",
            "uvicorn",
        ),
        command=(
            *("-m", "pytest", "-q", "-n", "2", "--dist", "loadgroup", "-p", "no:cacheprovider"),
            *("tests/unit/layer", "tests/unit/local", "tests/e2e"),
        ),
    ),
    Part(
        extra="cli",
        tools=(
            "apsw",
            "hypothesis",
            "jsonschema-rs",
            "pytest",
            "pytest-timeout",
            "python-multipart",
            "pyyaml",
        ),
        command=("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/e2e/test_cli.py"),
    ),
    Part(
        extra="contract", tools=(), command=("-m", "helmr_contract.cli", "--max-examples", "5", "--seed", "1")
    ),
]


def main() -> int:
    for part in PARTS:
        python = prepare(part)
        print(f"--- extra {part.extra}: python {' '.join(part.command)}", flush=True)
        done = subprocess.run([str(python), *part.command], cwd=ROOT, check=False)
        if done.returncode != 0:
            return done.returncode
    return 0


def prepare(part: Part) -> Path:
    """Return the Python of an environment with the lowest versions for a part."""
    folder = BUILD / part.extra
    python = setup.python_of(folder / "env")
    installed = folder / "installed.txt"  # written last, so that an interrupted installation is repeated
    pins = lowest(part.extra)
    print(f"extra {part.extra}: {', '.join(direct(pins, part.extra))}", flush=True)
    if not installed.exists() or installed.read_text(encoding="utf-8") != pins:
        with progress.Step(f"installing the lowest versions for the extra {part.extra}"):
            uv("venv", "--clear", "--python", sys.executable, str(folder / "env"))
            constraint = folder / "lowest.txt"
            constraint.write_text(pins, encoding="utf-8")
            install = ["pip", "install", "--python", str(python)]
            uv(*install, "--requirements", str(constraint), "--constraints", str(constraint), *part.tools)
            uv(*install, "--no-deps", "--editable", str(ROOT))
        installed.write_text(pins, encoding="utf-8")
    return python


def lowest(extra: str) -> str:
    """Return the lowest version of each direct dependency, with matching indirect ones, as requirements."""
    options = ["--resolution", "lowest-direct", "--no-header", "--no-annotate", "--extra", extra]
    return uv("pip", "compile", "pyproject.toml", "--python", sys.executable, *options)


def direct(pins: str, extra: str) -> list[str]:
    """Return the pins of the packages that pyproject.toml names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = " ".join([*project["dependencies"], *project["optional-dependencies"][extra]])
    return [pin for pin in pins.split() if re.search(rf"(^| ){pin.partition('==')[0]}\b", named)]


def uv(*arguments: str) -> str:
    done = subprocess.run([*UV, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"test-lowest: uv {' '.join(arguments[:2])} failed")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
