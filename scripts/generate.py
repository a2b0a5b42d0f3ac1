"""Generate the low-level client, `generated/helmr_api/`, from `openapi.yaml`, and register its resources.

    python scripts/generate.py           generate; print what changed in the public names
    python scripts/generate.py --check   compare only; list each file that differs, is missing or is extra

Runs the pinned openapi-python-client with `generator-config.yaml` and the templates in `scripts/templates/`.
A warning of the generator, such as an omitted schema or operation, is an error here.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import registration
from generator.client import generate
from generator.errors import GenerationFailed
from generator.public_names import public_names

ROOT = Path(__file__).resolve().parent.parent
PUBLIC_MODULE = "helmr.types"


def drift(root: Path = ROOT) -> list[str]:
    """Return one line for each file of the committed client that differs from the document."""
    with _fresh(root / "openapi.yaml") as fresh:
        lines = compare(fresh, root / "generated" / "helmr_api")
    return lines + registration.drift(root)


def compare(fresh: Path, committed: Path) -> list[str]:
    """Return the differences between a new client and the committed one, by file."""
    wanted, present = _files(fresh), _files(committed)
    name = "generated/helmr_api"
    lines = [f"{name}/{path}: missing" for path in sorted(wanted.keys() - present.keys())]
    lines += [f"{name}/{path}: extra" for path in sorted(present.keys() - wanted.keys())]
    return lines + [
        f"{name}/{path}: differs from the document"
        for path in sorted(wanted.keys() & present.keys())
        if wanted[path] != present[path]
    ]


@contextlib.contextmanager
def _fresh(document: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="generate-") as folder:
        fresh = Path(folder) / "helmr_api"
        generate(fresh, document, PUBLIC_MODULE, registration.public_resources(document.parent))
        yield fresh


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def write(root: Path = ROOT) -> tuple[list[str], list[str]]:
    """Bring the committed client up to date. Return (files changed, public names added and removed)."""
    committed = root / "generated" / "helmr_api"
    with _fresh(root / "openapi.yaml") as fresh:
        changed = compare(fresh, committed)
        before, after = public_names(committed), public_names(fresh)
        wanted, present = _files(fresh), _files(committed)
        for name in present.keys() - wanted.keys():
            (committed / name).unlink()
        for name, content in wanted.items():
            if present.get(name) != content:
                (committed / name).parent.mkdir(parents=True, exist_ok=True)
                (committed / name).write_bytes(content)
        for folder in sorted(committed.rglob("*"), reverse=True):
            if folder.is_dir() and not any(path.name != "__pycache__" for path in folder.iterdir()):
                shutil.rmtree(folder)
    changed += registration.write(root)
    names = [f"+ {name}" for name in sorted(after - before)] + [
        f"- {name}" for name in sorted(before - after)
    ]
    return changed, names


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Generate the low-level client from openapi.yaml.")
    parser.add_argument("--check", action="store_true", help="compare only; exit with 1 if a file differs")
    try:
        if parser.parse_args(arguments).check:
            lines = drift()
            print("\n".join([*lines, "run `make generate`"]) if lines else "generated client: up to date")
            return 1 if lines else 0
        changed, names = write()
    except GenerationFailed as error:
        print(f"cannot generate a complete client from openapi.yaml:\n{error}", file=sys.stderr)
        return 1
    print(
        f"generated client: {len(changed)} files changed"
        if changed
        else "generated client: nothing to change"
    )
    if names:
        print("public names added (+) and removed (-):")
        print("\n".join(names))
    return 0


if __name__ == "__main__":
    sys.exit(main())
