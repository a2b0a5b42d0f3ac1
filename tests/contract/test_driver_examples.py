"""The drivers in examples/conformance do as the guide says."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from helmr_contract.client.cli import main

ROOT = Path(__file__).resolve().parents[2]
GO = ROOT / "examples" / "conformance" / "go"
MOST_LINES = 150


@pytest.mark.parametrize("driver", [GO / "driver.go", ROOT / "examples/conformance/curl/driver.sh"])
def test_a_driver_is_a_small_program(driver: Path) -> None:
    assert len(driver.read_text(encoding="utf-8").splitlines()) < MOST_LINES


@pytest.mark.tool("go")
@pytest.mark.timeout(600)
def test_the_client_in_go_keeps_the_contract(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    subprocess.run(["go", "vet", "."], cwd=GO, check=True, timeout=300)
    subprocess.run(["go", "build", "-o", str(tmp_path / "driver"), "."], cwd=GO, check=True, timeout=300)
    assert main(["--must", "--", str(tmp_path / "driver")]) == 0
    shown = capsys.readouterr().out
    assert "the client keeps the contract\n" in shown
    assert "passed" in shown
