"""Create the development environment: `python3 scripts/setup.py .venv`.

Runs on any Python 3.11 or newer without installed packages. Everything comes from requirements/dev.lock, and
each file is checked against its hash; the project itself is installed as editable.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import venv
from pathlib import Path

import progress

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements" / "dev.lock"
OLDEST = (3, 11)


def main(folder: Path) -> None:
    if sys.version_info < OLDEST:
        found = ".".join(map(str, sys.version_info[:3]))
        sys.exit(
            f"Helmr needs Python 3.11 or newer, but this is {found}. "
            "Select another one: make setup PYTHON=python3.12"
        )
    python = python_of(folder)
    if not runs_this_version(python):
        with progress.Step(f"creating {folder} with Python {sys.version.split()[0]}"):
            make_environment(folder)
    pip = [str(python), "-m", "pip", "--disable-pip-version-check"]
    with progress.Step(f"installing {LOCK.relative_to(ROOT)}") as step:
        lock = [*pip, "install", "--progress-bar=off", "--require-hashes", "-r", str(LOCK)]
        run(lock, step, packages=count_packages(LOCK.read_text(encoding="utf-8")))
    with progress.Step("installing this project") as step:
        run([*pip, "install", "--no-deps", "--no-build-isolation", "--editable", str(ROOT)], step)
    (folder / ".installed").touch()


def python_of(folder: Path) -> Path:
    """Return the path of an environment's interpreter on this system."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def runs_this_version(python: Path) -> bool:
    """True if the environment exists and was created by this version of Python."""
    if not python.exists():
        return False
    done = subprocess.run(
        [str(python), "-c", "import sys; print(sys.version_info[:2])"],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() == str(sys.version_info[:2])


def make_environment(folder: Path) -> None:
    try:
        venv.create(folder, with_pip=True, clear=folder.exists())
    except subprocess.CalledProcessError:
        sys.exit("This Python cannot create an environment with pip. On Debian, install python3-venv.")


def count_packages(lock: str) -> int:
    return len(re.findall(r"^[A-Za-z0-9]", lock, flags=re.MULTILINE))


def run(command: list[str], step: progress.Step, *, packages: int = 0) -> None:
    """Run pip and follow its output. The output is shown only if pip fails."""
    output: list[str] = []
    found = 0
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as pip:
        assert pip.stdout is not None
        for line in pip.stdout:
            output.append(line)
            if line.startswith(("Collecting", "Requirement already satisfied")):
                found += 1
                step.detail = f"{found} of {packages} packages" if packages else ""
            elif line.startswith("Installing collected packages"):
                step.detail = "unpacking them"
    if pip.returncode != 0:
        sys.stderr.write("\n" + "".join(output[-40:]))
        sys.exit(f"setup failed: {' '.join(command)} ended with {pip.returncode}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python3 scripts/setup.py FOLDER")
    main(Path(sys.argv[1]))
