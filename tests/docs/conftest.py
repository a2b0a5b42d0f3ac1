"""The documentation site, built once for all tests, however many processes run them."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.docs.pages import ROOT


@dataclass(frozen=True)
class Built:
    site: Path
    returncode: int
    output: str


def build_once(factory: pytest.TempPathFactory, name: str, path: str | None = None) -> Built:
    """Build the site as `make docs` does, into its own folder, optionally with another PATH."""
    base = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent  # the directory that all workers of a run share
    site, record = base / name, base / f"{name}.json"
    with (base / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not record.exists():
            done = subprocess.run(
                [sys.executable, str(ROOT / "scripts" / "docs" / "build_docs.py"), "--site", str(site)],
                env=dict(os.environ) if path is None else os.environ | {"PATH": path},
                capture_output=True,
                text=True,
                check=False,
            )
            record.write_text(json.dumps([done.returncode, done.stdout + done.stderr]), encoding="utf-8")
        return Built(site, *json.loads(record.read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def built_without_node(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The site built on a machine without Node.js."""
    return build_once(tmp_path_factory, "site", path=str(tmp_path_factory.mktemp("nothing")))


@pytest.fixture(scope="session")
def site(built_without_node: Built) -> Path:
    """The site without the API reference."""
    assert (built_without_node.site / "index.html").is_file(), built_without_node.output
    return built_without_node.site


@pytest.fixture(scope="session")
def whole_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site with the API reference, which needs Node.js."""
    if shutil.which("node") is None:
        pytest.skip("node is not on the PATH")
    built = build_once(tmp_path_factory, "whole site")  # with a space, as real folder names have
    assert built.returncode == 0, built.output
    return built.site
