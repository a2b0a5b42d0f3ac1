"""The documentation site, built once for the tests that look at it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import ROOT


def build(site: Path, *options: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    """What `make docs` runs, with the site in a folder of its own."""
    environment = dict(os.environ) if path is None else os.environ | {"PATH": path}
    return subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "docs" / "build.py"), "--site", str(site), *options],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Python alone gives: everything but the API reference."""
    folder = tmp_path_factory.mktemp("docs") / "site"
    done = build(folder, "--without-api-reference")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="session")
def whole_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site with the API reference, which needs Node.js."""
    folder = tmp_path_factory.mktemp("docs") / "whole site"  # a blank, as folders have
    done = build(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder
