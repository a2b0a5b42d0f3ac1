"""Build sdist and wheel into dist/, then use the wheel as somebody without this repository would.

For every Python from 3.11 on that the machine has: a new environment with nothing but the wheel and its
pinned dependencies, in which the seed page runs against `helmr-local`, from the examples inside the sdist.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
SUPPORTED_MINORS = range(11, 20)


def main() -> None:
    shutil.rmtree(DIST, ignore_errors=True)
    run([sys.executable, "-m", "build", "--no-isolation", "--outdir", str(DIST), str(ROOT)], quiet=True)
    wheel = only(DIST.glob("*.whl"))
    sdist = only(DIST.glob("*.tar.gz"))
    print(f"built {sdist.name} and {wheel.name}")
    tried = [try_wheel(wheel, sdist, python) for python in pythons()]
    print(f"the wheel runs the seed page on Python {', '.join(tried)}")


def pythons() -> Iterator[str]:
    """This one, and one of each other supported version that is on the PATH or under pyenv."""
    yield sys.executable
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for minor in SUPPORTED_MINORS:
        if (3, minor) == sys.version_info[:2]:
            continue
        named = [
            shutil.which(f"python3.{minor}"),
            *sorted(map(str, pyenv.glob(f"versions/3.{minor}.*/bin/python3"))),
        ]
        found = next((python for python in named if python and has_venv(python)), None)
        if found:
            yield found


def has_venv(python: str) -> bool:
    """False for a Python without venv, and for a shim whose Python is not there."""
    return subprocess.run([python, "-c", "import venv"], capture_output=True, check=False).returncode == 0


def try_wheel(wheel: Path, sdist: Path, base: str) -> str:
    with tempfile.TemporaryDirectory(prefix="helmr-build-") as name:
        folder = Path(name)
        environment = folder / "env"
        run([base, "-m", "venv", str(environment)])
        python = environment / "bin" / "python"
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
        run([*pip, "--require-hashes", "-r", str(ROOT / "requirements" / "local.lock")])
        run([*pip, "--no-deps", str(wheel)])
        with tarfile.open(sdist) as archive:
            archive.extractall(folder, filter="data")
        examples = only(folder.glob("helmr-*")) / "examples"
        shutil.copytree(examples, folder / "work" / "examples")
        run([str(python), "-c", CHECK_CONTENTS], cwd=folder / "work")
        serve = [str(environment / "bin" / "helmr-local"), "run", "--tasks", "examples.tasks", "--"]
        run([*serve, str(python), "-m", "examples.session_start"], cwd=folder / "work", quiet=True)
        asked = subprocess.run([str(python), "--version"], capture_output=True, text=True, check=True)
        return asked.stdout.split()[1]


# What the wheel must hold besides code that the seed page runs.
CHECK_CONTENTS = """
import importlib.resources, helmr_ergonomic
assert importlib.resources.files("helmr_ergonomic").joinpath("openapi.yaml").is_file(), "no document in the wheel"
assert helmr_ergonomic.openapi().startswith("openapi: 3.1")
for package in ("helmr_api", "helmr_ergonomic", "helmr_local", "helmr_contract"):
    typed = importlib.resources.files(package).joinpath("py.typed")
    assert typed.is_file(), f"{package}/py.typed is not in the wheel"
"""


def only(paths: Iterator[Path]) -> Path:
    found = list(paths)
    if len(found) != 1:
        sys.exit(f"expected one file, found {[path.name for path in found]}")
    return found[0]


def run(command: list[str], *, cwd: Path | None = None, quiet: bool = False) -> None:
    environment = {
        name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}
    }
    done = subprocess.run(command, cwd=cwd, env=environment, check=False, text=True, capture_output=quiet)
    if done.returncode != 0:
        print(done.stdout or "", done.stderr or "", sep="", file=sys.stderr)
        sys.exit(f"build stopped: {' '.join(command)} ended with {done.returncode}")


if __name__ == "__main__":
    main()
