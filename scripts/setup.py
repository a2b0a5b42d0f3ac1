"""Make the development environment: `python3 scripts/setup.py .venv`.

Runs on any Python 3.11 or newer with nothing installed. Everything comes from requirements/dev.lock, each
file checked against its hash; the project itself is installed as editable.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)


def main(folder: Path) -> None:
    if sys.version_info < OLDEST:
        found = ".".join(map(str, sys.version_info[:3]))
        sys.exit(
            f"Helmr needs Python 3.11 or newer, this is {found}. Name another: make setup PYTHON=python3.12"
        )
    python = folder / "bin" / "python"
    if not runs_this_version(python):
        print(f"making {folder} with Python {sys.version.split()[0]} …", flush=True)
        try:
            venv.create(folder, with_pip=True, clear=folder.exists())
        except subprocess.CalledProcessError:
            sys.exit(
                "This Python makes no environment with pip (on Debian: the package python3-venv is missing)."
            )
    print("installing requirements/dev.lock …", flush=True)
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet"]
    run([*pip, "install", "--require-hashes", "-r", str(ROOT / "requirements" / "dev.lock")])
    run([*pip, "install", "--no-deps", "--no-build-isolation", "--editable", str(ROOT)])
    (folder / ".installed").touch()


def runs_this_version(python: Path) -> bool:
    """Whether the environment is there and was made by the Python that runs this."""
    if not python.exists():
        return False
    asked = subprocess.run(
        [str(python), "-c", "import sys; print(sys.version_info[:2])"],
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.stdout.strip() == str(sys.version_info[:2])


def run(command: list[str]) -> None:
    done = subprocess.run(command, check=False)
    if done.returncode != 0:
        sys.exit(f"set-up stopped: {' '.join(command)} ended with {done.returncode}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python3 scripts/setup.py FOLDER")
    main(Path(sys.argv[1]))
