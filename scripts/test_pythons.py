"""Run the unit tests on every other installed Python: `python scripts/test_pythons.py [PYTEST OPTIONS]`.

Each has an environment in build/pythons with the packages of requirements/dev.lock, which is kept until the
lock changes.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import build
import progress
import setup

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "pythons"
UV = [sys.executable, "-m", "uv", "--quiet"]


def main(options: list[str]) -> int:
    failed: list[str] = []
    tried: list[str] = []
    for base in list(build.pythons())[1:]:  # the first one is the current Python
        version = build.run([base, "-c", "import platform; print(platform.python_version())"]).strip()
        python = prepare(base, version)
        print(f"--- Python {version}", flush=True)
        command = [
            str(python),
            "-m",
            "pytest",
            "-q",
            "-n",
            "2",
            "--dist",
            "loadgroup",
            "-p",
            "no:cacheprovider",
        ]
        done = subprocess.run([*command, *(options or ["tests/unit"])], cwd=ROOT, check=False)
        (failed if done.returncode else tried).append(version)
    if failed:
        print(f"test-pythons: the tests fail on Python {', '.join(failed)}", file=sys.stderr)
        return 1
    print(f"test-pythons: passed on Python {', '.join(tried) or '(no other one is installed)'}")
    return 0


def prepare(base: str, version: str) -> Path:
    """Return the Python of an environment with all packages of the lock."""
    folder = BUILD / version
    python = setup.python_of(folder)
    installed = folder / "installed.lock"  # written last, so that an interrupted installation is repeated
    lock = setup.LOCK.read_text(encoding="utf-8")
    if not installed.exists() or installed.read_text(encoding="utf-8") != lock:
        with progress.Step(f"installing requirements/dev.lock for Python {version}"):
            build.run([*UV, "venv", "--clear", "--python", base, str(folder)])
            install = [*UV, "pip", "install", "--python", str(python)]
            build.run([*install, "--require-hashes", "--requirements", str(setup.LOCK)])
            build.run([*install, "--no-deps", "--no-build-isolation", "--editable", str(ROOT)])
        installed.write_text(lock, encoding="utf-8")
    return python


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
