"""The order and the parts in which several processes run the tests (`--dist loadgroup`)."""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

PART = 20
"""Tests of a file that one process runs together. A file's fixtures are made once for them, but the last
part must not keep one process busy for long while the others have nothing left."""

SHORT = ("tests/unit/", "helmr_contract/behaviour/")
"""Tests that take a fraction of a second. The first need the processor, the second mostly wait."""


@functools.cache
def group_of(path: Path) -> str | None:
    """Return the `xdist_group` of a file: one process runs all files of a group."""
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    marked = re.search(r'^pytestmark = .*?xdist_group\("([^"]+)"\)', text, re.MULTILINE | re.DOTALL)
    return marked and marked.group(1)


def parts(nodeids: Iterable[str], root: Path) -> dict[str, str]:
    """Return the part to which each test belongs: its group, or some consecutive tests of its file."""
    number: Counter[str] = Counter()
    found: dict[str, str] = {}
    for nodeid in nodeids:
        file = nodeid.partition("::")[0]
        found[nodeid] = group_of(root / file) or f"{file} {number[file] // PART}"
        number[file] += 1
    return found


def ordered(nodeids: list[str], root: Path) -> list[int]:
    """Return the indices of the tests in the order to start them.

    Groups first, because one process takes long for each; then tests that start programs and servers; at the
    end short tests, those that wait among those that do not.
    """
    files = [nodeid.partition("::")[0] for nodeid in nodeids]
    total: Counter[str] = Counter()
    place: list[tuple[str, int]] = []
    for file in files:
        kind = next((kind for kind in SHORT if file.startswith(kind)), "")
        place.append((kind, total[kind]))
        total[kind] += 1

    def rank(index: int) -> tuple[int, float]:
        kind, before = place[index]
        if group_of(root / files[index]):
            return 0, 0
        return (2, before / total[kind]) if kind else (1, 0)

    return sorted(range(len(nodeids)), key=rank)
