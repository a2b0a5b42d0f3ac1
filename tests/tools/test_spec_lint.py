"""`make spec-lint` with Redocly, as a user runs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.tool("node")


def spec_lint(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts" / "spec_lint.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_document_has_no_finding() -> None:
    done = spec_lint()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 findings of" in done.stdout
    assert "0 of Redocly" in done.stdout


def test_redocly_finds_what_our_own_rules_do_not_check(tmp_path: Path) -> None:
    text = (ROOT / "openapi.yaml").read_text(encoding="utf-8")
    broken = tmp_path / "openapi.yaml"
    broken.write_text(text.replace("  title: Helmr control plane\n", ""), encoding="utf-8")
    done = spec_lint(str(broken))
    assert done.returncode == 1
    assert "openapi.yaml:2: struct: " in done.stdout
    assert "0 findings of" in done.stdout


def test_a_warning_of_redocly_fails_like_an_error(tmp_path: Path) -> None:
    text = (ROOT / "openapi.yaml").read_text(encoding="utf-8")
    broken = tmp_path / "openapi.yaml"
    broken.write_text(text.replace("url: https://{host}\n", "url: https://example.com\n"), encoding="utf-8")
    done = spec_lint(str(broken))
    assert done.returncode == 1
    assert "no-server-example.com" in done.stdout
