"""Build sdist and wheel into dist/, then test the wheel without access to this repository.

Both builds of the wheel from the sdist must be byte-identical. Then, for every installed Python from 3.11 on,
the wheel and its pinned dependencies are installed into a new environment. There, `import helmr` and each
command must work and, with the `local` extra, the seed page must run against `helmr-local` from the examples
in the sdist.
"""

from __future__ import annotations

import filecmp
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from email import message_from_string
from email.message import Message
from pathlib import Path

import changelog
import progress

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
SUPPORTED_MINORS = range(11, 20)
PACKAGES = (
    "helmr_api",
    "helmr_ergonomic",
    "helmr",
    "helmr_local",
    "helmr_contract",
    "helmr_cli",
    "helmr_otel",
)
COMMANDS = ("helmr", "helmr-local", "helmr-contract")
AT_ONCE = 2  # environments that are tested in parallel


class Failed(Exception):
    """The built files cannot be released. The message states the reason."""


def main() -> int:
    try:
        with progress.Step("building sdist and wheel, twice"):
            sdist, wheel = build()
        print(f"built {sdist.name} and {wheel.name}, byte-identical in two builds", flush=True)
        check_sdist(sdist)
        check_wheel(wheel)
        with progress.Step("trying the wheel"), ThreadPoolExecutor(AT_ONCE) as threads:
            tried = list(threads.map(lambda python: try_wheel(wheel, sdist, python), pythons()))
    except Failed as error:
        print(f"build failed: {error}", file=sys.stderr)
        return 1
    print(f"the wheel runs the seed page on Python {', '.join(tried)}")
    return 0


def build() -> tuple[Path, Path]:
    """Build the two files in dist/, twice, to verify that they do not depend on the clock or the folder."""
    if changelog.main() != 0:
        raise Failed("CHANGELOG.md is malformed")
    with tempfile.TemporaryDirectory(prefix="helmr-build-") as name:
        first, second = Path(name) / "one", Path(name) / "two"
        for folder in (first, second):
            run([sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)])
        names = sorted(path.name for path in first.iterdir())
        _, different, missing = filecmp.cmpfiles(first, second, names, shallow=False)
        if different or missing:
            raise Failed(f"built twice, {', '.join(different + missing)} differ")
        shutil.rmtree(DIST, ignore_errors=True)
        shutil.copytree(first, DIST)
    return only(DIST.glob("*.tar.gz")), only(DIST.glob("*.whl"))


def check_sdist(sdist: Path) -> None:
    """Check that the sdist contains every file tracked by git, so that it can do everything a clone can."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return  # built from an sdist, so there is nothing to compare with
    with tarfile.open(sdist) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    tracked = {name for name in done.stdout.split("\0") if name and (ROOT / name).exists()}
    if missing := sorted(tracked - held):
        raise Failed(f"{sdist.name} lacks {', '.join(missing[:10])} ({len(missing)} in all)")


def check_wheel(wheel: Path) -> None:
    """Check that the wheel contains the packages, their type markers, the document and the licence, and
    nothing else.
    """
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
        document = "helmr_ergonomic/openapi.yaml"
        wanted = {f"{package}/py.typed" for package in PACKAGES} | {document} | packaged()
        if missing := sorted(wanted - held):
            raise Failed(f"{wheel.name} lacks {', '.join(missing)}")
        if archive.read(document) != (ROOT / "openapi.yaml").read_bytes():
            raise Failed(f"{wheel.name} contains a document other than openapi.yaml")
        check_metadata(wheel, archive)
    roots = {name.partition("/")[0] for name in held}
    strange = sorted(root for root in roots if root not in PACKAGES and not root.endswith(".dist-info"))
    if strange or any("__pycache__" in name for name in held):
        raise Failed(f"{wheel.name} contains more than the packages: {', '.join(strange) or '__pycache__'}")


def check_metadata(wheel: Path, archive: zipfile.ZipFile) -> None:
    """Check that the licence is included and named, and that every link in the README works on PyPI."""
    (folder,) = {name.partition("/")[0] for name in archive.namelist() if ".dist-info/" in name}
    licence = f"{folder}/licenses/LICENSE"
    if licence not in archive.namelist() or archive.read(licence) != (ROOT / "LICENSE").read_bytes():
        raise Failed(f"{wheel.name} lacks the LICENSE of this repository")
    metadata: Message = message_from_string(archive.read(f"{folder}/METADATA").decode())
    if metadata["License-Expression"] != "Apache-2.0":
        raise Failed(f"{wheel.name} has no licence in its metadata")
    relative = re.findall(r"\]\((?!https://|#)[^)]*\)", str(metadata.get_payload()))
    if relative:
        raise Failed(f"{wheel.name}: links of the README that PyPI cannot follow: {', '.join(relative)}")


def packaged() -> set[str]:
    """Return the files in the packages' source folders: code and its data (tables, settings, styles)."""
    parents = {"helmr_api": ROOT / "generated"}
    return {
        path.relative_to(parents.get(package, ROOT)).as_posix()
        for package in PACKAGES
        for path in (parents.get(package, ROOT) / package).rglob("*")
        if path.is_file() and not path.name.startswith(".") and "__pycache__" not in path.parts
    }


def pythons() -> Iterator[str]:
    """Yield this Python, and one of each other supported version on the PATH or under pyenv."""
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
    """Return False for a Python without venv, and for a shim whose Python is missing."""
    return subprocess.run([python, "-c", "import venv"], capture_output=True, check=False).returncode == 0


def try_wheel(wheel: Path, sdist: Path, base: str) -> str:
    """Test the wheel without and with its `local` extra, and return the version of that Python."""
    with tempfile.TemporaryDirectory(prefix="helmr-build-") as name:
        folder = Path(name)
        environment = folder / "env"
        run([base, "-m", "venv", "--without-pip", str(environment)])
        python = str(environment / "bin" / "python")
        commands = {command: str(environment / "bin" / command) for command in COMMANDS}
        # This environment's pip installs into the other environment, which needs no pip of its own.
        pip = [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check"]
        install = [*pip, "install", "--quiet"]
        run([*install, "--require-hashes", "-r", str(ROOT / "requirements" / "base.lock")])
        run([*install, "--no-deps", str(wheel)])
        version = wheel.name.split("-")[1]
        found = run([python, "-c", CHECK_INSTALLED, version], cwd=folder).strip()
        for command, program in commands.items():
            if (printed := run([program, "--version"], cwd=folder).strip()) != f"{command} {version}":
                raise Failed(f"{command} --version prints {printed!r}")
        # Only newer versions of pip show the licence expression and the URLs; check_metadata has checked
        # both.
        shown = run([*pip, "show", "--verbose", "--files", "helmr"])
        for wanted in ("Author: ", "Framework :: Pytest", "licenses/LICENSE", "helmr/py.typed"):
            if wanted not in shown:
                raise Failed(f"pip show does not show {wanted}:\n{shown[:1000]}")

        run([*install, "--require-hashes", "-r", str(ROOT / "requirements" / "local.lock")])
        with tarfile.open(sdist) as archive:
            archive.extractall(folder, filter="data")
        work = folder / "work"
        shutil.copytree(only(folder.glob("helmr-*")) / "examples", work / "examples")
        serve = [commands["helmr-local"], "run", "--tasks", "examples.tasks", "--"]
        run([*serve, python, "-m", "examples.session_start"], cwd=work)
        print(f"  Python {found}: installed, type-checked, commands tested, seed page run", flush=True)
        return found


# Checks for an environment with the wheel and no extra.
CHECK_INSTALLED = """
import importlib.resources, platform, sys
import helmr, helmr_ergonomic
assert helmr.__file__.startswith(sys.prefix), f"{helmr.__file__} is not the wheel's"
assert helmr.__version__ == sys.argv[1], helmr.__version__
assert helmr.openapi().startswith("openapi: 3.1")
for name in helmr.__all__:
    getattr(helmr, name)
for package in ("helmr_api", "helmr_ergonomic", "helmr", "helmr_local"):
    assert importlib.resources.files(package).joinpath("py.typed").is_file(), package
print(platform.python_version())
"""


def only(paths: Iterable[Path]) -> Path:
    found = list(paths)
    if len(found) != 1:
        raise Failed(f"expected one file, found {[path.name for path in found]}")
    return found[0]


def run(command: list[str], *, cwd: Path | None = None) -> str:
    """Run a command without access to this repository or its environment, and return its output."""
    hidden = {"PYTHONPATH", "VIRTUAL_ENV", "HELMR_API_URL", "HELMR_API_KEY"}
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    done = subprocess.run(command, cwd=cwd, env=environment, check=False, text=True, capture_output=True)
    if done.returncode != 0:
        output = f"{done.stdout}{done.stderr}".strip()
        raise Failed(f"{' '.join(command)[:300]} ended with {done.returncode}\n{output}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
