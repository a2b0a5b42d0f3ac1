"""Regenerating all files derived from the document and from the async sources."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from .measure import Goal, Line, in_turns
from .processes import children_seconds
from .samples import DOCUMENT

ROOT = DOCUMENT.parent
WHAT = "regenerate everything (client and sync layer)"
AGAINST = "the bare generator"


def lines() -> Iterator[Line]:
    with tempfile.TemporaryDirectory() as folder:
        # With --check, both write to a temporary folder and compare, so that the tree does not change.
        ours = (
            [sys.executable, "scripts/generate.py", "--check"],
            [sys.executable, "scripts/derive_sync.py", "--check"],
        )
        target = Path(folder) / "bare"
        generator = Path(sys.executable).parent / "openapi-python-client"
        theirs = (
            [str(generator), "generate", f"--path={DOCUMENT}", f"--output-path={target}", "--overwrite"],
        )
        both = in_turns(lambda: _spent(ours), lambda: _spent(theirs), 3)
    yield both.line(WHAT, AGAINST, Goal(at_most=2), f"{both.our_median:.1f} s : {both.their_median:.1f} s")


def _spent(commands: Sequence[Sequence[str]]) -> float:
    before = children_seconds()
    for command in commands:
        subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return children_seconds() - before
