"""A copy of this repository for trying out changes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
# Files that are not part of a clone.
LEFT_OUT = shutil.ignore_patterns(
    *(".git", ".venv", "build", "dist", "node_modules", "__pycache__", ".hypothesis", ".schemathesis"),
    *(".mypy_cache", ".pytest_cache", ".ruff_cache", "*.egg-info", "*.sqlite3*"),
)


class Repository:
    """A copy of this repository whose only commit is the released state."""

    def __init__(self, root: Path, files: Sequence[str] = ()) -> None:
        """Copy everything, or only `files`."""
        self.root = root
        if files:
            for file in files:
                (root / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / file, root / file)
        else:
            shutil.copytree(ROOT, root, ignore=LEFT_OUT)
        self.git("init", "--quiet")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "Released")

    def git(self, *arguments: str) -> None:
        who = (
            "-c",
            "user.name=Somebody",
            "-c",
            "user.email=somebody@example.com",
            "-c",
            "commit.gpgsign=false",
        )
        subprocess.run(["git", *who, *arguments], cwd=self.root, check=True, capture_output=True)

    def edit(self, path: str, change: Callable[[str], str]) -> None:
        file = self.root / path
        before = file.read_text(encoding="utf-8")
        after = change(before)
        assert after != before, f"{path} is unchanged"
        file.write_text(after, encoding="utf-8")

    def script(self, name: str, *arguments: str) -> tuple[int, str]:
        """Run a program in the copy's `scripts/` as the Makefile does; return its exit status and output."""
        done = self.python(str(self.root / "scripts" / f"{name}.py"), *arguments)
        return done.returncode, done.stdout + done.stderr

    def ask(self, program: str) -> Any:
        """Run a program that uses the copy's generated client and return the JSON that it prints."""
        done = self.python("-c", program)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": str(self.root / "generated")}
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.root,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
