"""The documentation site, built once for the tests that look at it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.docs.pages import ROOT


def build(site: Path, path: str | None = None) -> subprocess.CompletedProcess[str]:
    """What `make docs` runs, with the site in a folder of its own, and perhaps another PATH."""
    environment = dict(os.environ) if path is None else os.environ | {"PATH": path}
    return subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "docs" / "build.py"), "--site", str(site)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@dataclass(frozen=True)
class Built:
    site: Path
    returncode: int
    said: str


@pytest.fixture(scope="session")
def built_without_node(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """What Python alone gives, on a machine without Node.js."""
    folder = tmp_path_factory.mktemp("docs")
    done = build(folder / "site", path=str(folder))
    return Built(folder / "site", done.returncode, done.stdout + done.stderr)


@pytest.fixture(scope="session")
def site(built_without_node: Built) -> Path:
    """Everything but the API reference."""
    assert (built_without_node.site / "index.html").is_file(), built_without_node.said
    return built_without_node.site


@pytest.fixture(scope="session")
def whole_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site with the API reference, which needs Node.js."""
    if shutil.which("node") is None:
        pytest.skip("node is not on the PATH")
    folder = tmp_path_factory.mktemp("docs") / "whole site"  # a blank, as folders have
    done = build(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder
