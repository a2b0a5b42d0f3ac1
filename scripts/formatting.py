"""Formats all derived files in the same way, so that regenerating a derived tree does not change it.

Derived trees are formatted with the pinned ruff and these options only (`--isolated`), ignoring any
configuration file, so that a copy in a temporary folder equals the committed one.
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
_IMPORTS = "lint.isort.split-on-trailing-comma=false"  # so that a shortened list is put on one line again
_FIRST_PARTY = 'lint.isort.known-first-party=["helmr_api","helmr_ergonomic","helmr_local","helmr_contract"]'


def format_tree(folder: Path) -> None:
    """Format every Python file under `folder`, sort imports and `__all__`, and remove unused imports."""
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
