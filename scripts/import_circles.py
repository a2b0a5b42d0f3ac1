"""Find import circles: `python scripts/import_circles.py [FOLDER ...]`.

Counts every import of one module of this repository by another, including imports inside functions and under
`TYPE_CHECKING`: a lazy import hides a circle from Python, but not from readers of the code. Prints each
circle and exits with 1 if there is one.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Folders with modules, and the package name of each ("" for a folder on sys.path).
HOMES: Mapping[str, str] = {
    "generated/helmr_api": "helmr_api",
    "helmr": "helmr",
    "helmr_ergonomic": "helmr_ergonomic",
    "helmr_local": "helmr_local",
    "helmr_contract": "helmr_contract",
    "helmr_cli": "helmr_cli",
    "helmr_otel": "helmr_otel",
    "examples": "examples",
    "benchmarks": "benchmarks",
    "scripts": "",
    "tests": "tests",
}


def modules(root: Path, homes: Mapping[str, str] = HOMES) -> dict[str, Path]:
    """Return the Python files of the repository, by module name."""
    found: dict[str, Path] = {}
    for folder, package in homes.items():
        for path in sorted((root / folder).rglob("*.py")):
            parts = [package, *path.relative_to(root / folder).with_suffix("").parts]
            name = ".".join(part for part in parts if part and part != "__init__")
            if name:
                found[name] = path
    return found


def imports(name: str, path: Path, known: Mapping[str, Path]) -> Iterator[str]:
    """Return the known modules that a module imports anywhere."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")[: len(package.split(".")) - (node.level - 1)]
                base = ".".join([*parents, *([base] if base else [])])
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                if inner in known:
                    yield inner
                elif base in known:
                    yield base


def graph(root: Path = ROOT, homes: Mapping[str, str] = HOMES) -> dict[str, set[str]]:
    """Return the imports of each module."""
    known = modules(root, homes)
    return {name: set(imports(name, path, known)) - {name} for name, path in known.items()}


def circles(edges: Mapping[str, set[str]]) -> list[list[str]]:
    """Return all import circles. The closing import of each is removed before the next search."""
    left = {name: set(targets) for name, targets in edges.items()}
    found: list[list[str]] = []
    while True:
        try:
            TopologicalSorter(left).prepare()
        except CycleError as error:
            circle: list[str] = error.args[1]
            found.append(circle[::-1])
            # graphlib lists the circle from the imported module to the one that imports it.
            left[circle[1]].discard(circle[0])
        else:
            return found


def main() -> int:
    found = circles(graph())
    for circle in found:
        print(" -> ".join(circle))
    print(f"{len(found)} import circles" if found else "no import circles")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
