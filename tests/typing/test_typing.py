"""Checks `inference.py` with both type checkers, and the package for complete types with pyright."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FILE = ROOT / "tests" / "typing" / "inference.py"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *arguments], capture_output=True, text=True, cwd=ROOT)


def test_mypy_infers_the_expected_types() -> None:
    done = run("mypy", "--strict", "--no-error-summary", str(FILE))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_mypy_would_report_an_accepted_line(tmp_path: Path) -> None:
    assert run("mypy", "--strict", str(accepted(tmp_path))).stdout.count("unused-ignore") == 1


def pyright(*arguments: str) -> Any:
    # Pyright finds packages through the first `python` on the PATH; --verifytypes has no other option.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--outputjson", *arguments],
        capture_output=True, text=True, cwd=ROOT, env={**os.environ, "PATH": path},
    )  # fmt: skip
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What pyright reports of the file and of its accepted copy. It reads what they import once for both."""
    return pyright(str(FILE), str(accepted(tmp_path_factory.mktemp("accepted"))))


def problems(report: Any, name: str) -> list[Any]:
    return [one for one in report["generalDiagnostics"] if Path(one["file"]).name == name]


def test_pyright_infers_the_expected_types(report: Any) -> None:
    assert report["summary"]["filesAnalyzed"] == 2
    found = problems(report, FILE.name)
    assert [(one["range"]["start"]["line"] + 1, one["message"]) for one in found] == []


def test_pyright_would_report_an_accepted_line(report: Any) -> None:
    (problem,) = problems(report, "accepted.py")
    assert problem["rule"] == "reportUnnecessaryTypeIgnoreComment"


def accepted(folder: Path) -> Path:
    """Copy the file with one `# refused` call corrected, and return the copy."""
    text = FILE.read_text(encoding="utf-8")
    wrong, right = "runs.retrieve(7)  # type: ignore", "runs.retrieve(run)  # type: ignore"
    assert text.count(wrong) == 1
    path = folder / "accepted.py"
    path.write_text(text.replace(wrong, right), encoding="utf-8")
    return path


def test_every_public_name_has_a_type() -> None:
    report = pyright("--verifytypes", "helmr_ergonomic", "--ignoreexternal")["typeCompleteness"]
    incomplete = [
        symbol["name"]
        for symbol in report["symbols"]
        if not symbol["isTypeKnown"] or symbol.get("isTypeAmbiguous")
    ]
    assert incomplete == []
    assert report["completenessScore"] == 1
