"""Holds `inference.py` against both type checkers, and the package against pyright's completeness check."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FILE = ROOT / "tests" / "typing" / "inference.py"


def wanted() -> set[int]:
    """The lines that have to be refused."""
    lines = FILE.read_text(encoding="utf-8").splitlines()
    return {number for number, line in enumerate(lines, start=1) if line.endswith("# refused")}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *arguments], capture_output=True, text=True, cwd=ROOT)


def assert_refused(found: dict[int, str]) -> None:
    unexpected = {line: text for line, text in found.items() if line not in wanted()}
    missed = {line: FILE.read_text().splitlines()[line - 1].strip() for line in wanted() - found.keys()}
    assert not unexpected, f"refused, but should not be: {unexpected}"
    assert not missed, f"not refused: {missed}"


def test_there_is_something_to_refuse() -> None:
    assert len(wanted()) > 25


def test_mypy_sees_what_is_meant() -> None:
    done = run("mypy", "--strict", "--no-error-summary", "--output", "json", str(FILE))
    found: dict[int, str] = {}
    for line in done.stdout.splitlines():
        problem = json.loads(line)
        assert problem["file"].endswith("inference.py"), problem
        if problem["severity"] == "error":
            found[problem["line"]] = problem["message"]
    assert not done.stderr, done.stderr
    assert_refused(found)


def pyright(*arguments: str) -> Any:
    # It asks the first `python` of the path where packages are; --verifytypes listens to nothing else.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--outputjson", *arguments],
        capture_output=True, text=True, cwd=ROOT, env={**os.environ, "PATH": path},
    )  # fmt: skip
    return json.loads(done.stdout)


def test_pyright_sees_what_is_meant() -> None:
    found: dict[int, str] = {}
    for problem in pyright(str(FILE))["generalDiagnostics"]:
        assert problem["file"].endswith("inference.py"), problem
        if problem["severity"] == "error":
            found[problem["range"]["start"]["line"] + 1] = problem["message"]
    assert_refused(found)


def test_every_public_name_has_a_type() -> None:
    report = pyright("--verifytypes", "helmr_ergonomic", "--ignoreexternal")["typeCompleteness"]
    incomplete = [
        symbol["name"]
        for symbol in report["symbols"]
        if not symbol["isTypeKnown"] or symbol.get("isTypeAmbiguous")
    ]
    assert incomplete == []
    assert report["completenessScore"] == 1
