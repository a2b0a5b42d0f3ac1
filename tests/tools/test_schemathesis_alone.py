"""Schemathesis alone, run against helmr_local as in docs/guides/check-a-server.md."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from helmr_local import LocalHelmr

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = ROOT / "examples" / "conformance" / "schemathesis.toml"
# One operation for each row of the guide's table.
OPERATIONS = (
    "startSessionAndWait",
    "createSchedule",
    "createDeployment",
    "getWorkspaceFile",
    "completeToken",
)


def schemathesis(folder: Path) -> subprocess.CompletedProcess[str]:
    with LocalHelmr() as helmr:
        command = [str(Path(sys.executable).parent / "schemathesis"), "run", str(ROOT / "openapi.yaml")]
        command += ["--url", helmr.url, "-H", f"Authorization: Bearer {helmr.api_key}"]
        command += ["--phases", "examples,coverage", "--continue-on-failure", "--seed", "1"]
        command += [part for name in OPERATIONS for part in ("--include-operation-id", name)]
        environment = os.environ | {"NO_COLOR": "1", "COLUMNS": "200"}
        return subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=False, env=environment
        )


@pytest.mark.slow
def test_the_guides_settings_lead_to_no_finding(tmp_path: Path) -> None:
    shutil.copy(SETTINGS, tmp_path)
    done = schemathesis(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(OPERATIONS)} selected" in done.stdout


@pytest.mark.slow
def test_the_default_settings_report_what_the_guide_explains(tmp_path: Path) -> None:
    done = schemathesis(tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    for found in (
        "QUERY returned 405 without required `Allow` header",
        "Undocumented methods advertised: GET, PATCH",
        "Schema-valid request rejected",
    ):
        assert found in done.stdout, done.stdout
