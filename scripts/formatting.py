"""One way to format derived files, so that every derived tree is stable whoever wrote it.

Derived trees are formatted with the pinned ruff and these options alone (`--isolated`), never with a
configuration found next to the files: a fresh copy in a temporary folder then comes out as the committed one.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_OPTIONS = (
    "--isolated",
    "--no-cache",
    "--quiet",
    "--config",
    "line-length=110",
    "--config",
    'target-version="py311"',
)
_IMPORTS = "lint.isort.split-on-trailing-comma=false"  # a list that lost names is laid out anew
_FIRST_PARTY = 'lint.isort.known-first-party=["helmr_api","helmr_ergonomic","helmr_local","helmr_contract"]'


def format_tree(folder: Path) -> None:
    """Lay out every Python file under `folder`: imports and `__all__` sorted, unused imports gone."""
    _ruff(
        "check",
        "--select",
        "I,F401,RUF022",
        "--fix-only",
        "--config",
        _FIRST_PARTY,
        "--config",
        _IMPORTS,
        str(folder),
    )
    _ruff("format", str(folder))


def _ruff(command: str, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ruff", command, *_OPTIONS, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"ruff {command} failed:\n{done.stdout}{done.stderr}")
