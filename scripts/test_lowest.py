"""Run the tests with the lowest versions that pyproject.toml allows: `python scripts/test_lowest.py`.

For each extra, uv resolves the lowest version of each direct dependency. Packages that only the tests use
have the latest versions. An environment is kept in build/lowest until its packages change. Run it with the
oldest Python: newer ones exclude older versions.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

import progress
import setup

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "lowest"
UV = [sys.executable, "-m", "uv", "--quiet"]

PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider")
TESTS = ("hypothesis", "pytest", "pytest-timeout", "pyyaml")
"""What tests/conftest.py imports, and the plugins that the tests name."""
SERVER = ("apsw", "jsonschema-rs", "python-multipart")
"""What helmr_local imports, for the parts that do not test the extra `local`."""
DEVELOPMENT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]["dev"]
(GENERATOR,) = (tool for tool in DEVELOPMENT if tool.startswith("openapi-python-client"))
"""In the version that the templates are for."""
WITHOUT_POSIX = "tests/unit/local/test_portability.py::test_client_and_server_work_without_posix_only_modules"
"""Imports all three packages."""


@dataclass(frozen=True)
class Part:
    """An extra, the additional packages for its tests, and the commands that test it."""

    extra: str
    tools: tuple[str, ...]
    commands: tuple[tuple[str, ...], ...]

    def installed(self, pins: str) -> str:
        """Return what distinguishes an environment of this part from one with other packages."""
        return "".join([pins, *(f"# and {tool}\n" for tool in self.tools)])


PARTS = [
    Part(extra="aiohttp", tools=(*TESTS, *SERVER, "h11"), commands=((*PYTEST, "tests/connection"),)),
    Part(
        extra="local",
        tools=(
            *TESTS,
            "aiohttp",
            "cronsim",
            "fastapi",
            "freezegun",
            "h11",
            GENERATOR,
            "opentelemetry-sdk",
            "pydantic",
            "pytest-xdist",
            "rich",
            "time-machine",
            "uvicorn",
        ),
        commands=(
            (
                *(*PYTEST, "-n", "2", "--dist", "loadgroup"),
                *("tests/unit/layer", "tests/unit/local", "tests/e2e"),
                *("--ignore", "tests/e2e/test_cli.py"),  # the part `cli` runs it
                *("--deselect", WITHOUT_POSIX),  # the part `contract` runs it
            ),
        ),
    ),
    Part(extra="cli", tools=(*TESTS, *SERVER), commands=((*PYTEST, "tests/e2e/test_cli.py"),)),
    Part(
        extra="contract",
        tools=("pytest-timeout",),
        commands=(
            ("-m", "helmr_contract.cli", "--max-examples", "5", "--seed", "1"),
            (*PYTEST, WITHOUT_POSIX),
        ),
    ),
]


def main() -> int:
    failed = [part.extra for part in PARTS if not passes(part)]
    if failed:
        print(f"test-lowest: the tests fail for the extra {', '.join(failed)}", file=sys.stderr)
    return bool(failed)


def passes(part: Part) -> bool:
    """Run the commands of a part until one fails."""
    python = prepare(part)
    began = time.monotonic()
    for command in part.commands:
        print(f"--- extra {part.extra}: python {' '.join(command)}", flush=True)
        if subprocess.run([str(python), *command], cwd=ROOT, check=False).returncode != 0:
            return False
    print(f"--- extra {part.extra}: passed in {time.monotonic() - began:.0f} s", flush=True)
    return True


def prepare(part: Part) -> Path:
    """Return the Python of an environment with the lowest versions for a part."""
    folder = BUILD / part.extra
    python = setup.python_of(folder / "env")
    installed = folder / "installed.txt"  # written last, so that an interrupted installation is repeated
    pins = lowest(part.extra)
    print(f"extra {part.extra}: {', '.join(direct(pins, part.extra))}", flush=True)
    if not installed.exists() or installed.read_text(encoding="utf-8") != part.installed(pins):
        with progress.Step(f"installing the lowest versions for the extra {part.extra}"):
            uv("venv", "--clear", "--python", sys.executable, str(folder / "env"))
            constraint = folder / "lowest.txt"
            constraint.write_text(pins, encoding="utf-8")
            install = ["pip", "install", "--python", str(python)]
            uv(*install, "--requirements", str(constraint), "--constraints", str(constraint), *part.tools)
            uv(*install, "--no-deps", "--editable", str(ROOT))
        installed.write_text(part.installed(pins), encoding="utf-8")
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
