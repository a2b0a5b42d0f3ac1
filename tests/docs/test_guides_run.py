"""Every Python block of the README and the guides runs, in page order, against a local control plane.

A block with `title="test_….py"` is a separate test file and runs under pytest.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from helmr_ergonomic.facade import shared_client
from helmr_local import LocalHelmr, LocalSettings
from tests.docs import guide_tasks
from tests.docs.pages import PAGES, ROOT, Block, python_blocks

WITH_PYTHON = [page for page in PAGES if python_blocks(page)]


@pytest.fixture(scope="module")
def control_plane() -> Iterator[LocalHelmr]:
    settings = LocalSettings(continuation_interval=0.02, sweep_interval=0.05, log_tick=0.05)
    with LocalHelmr(guide_tasks, secrets={"GITHUB_TOKEN": "not a real one"}, settings=settings) as helmr:
        yield helmr


@pytest.mark.parametrize("page", WITH_PYTHON, ids=[str(page.relative_to(ROOT)) for page in WITH_PYTHON])
def test_page_runs_from_top_to_bottom(
    page: Path, control_plane: LocalHelmr, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # Each page has its own environment, because pages may use the same external ids.
    key = control_plane.create_api_key(environment=page.stem)
    monkeypatch.setenv("HELMR_API_URL", control_plane.url)
    monkeypatch.setenv("HELMR_API_KEY", key)
    monkeypatch.setattr("helmr_ergonomic.config._hooks", ())  # hooks that a page configures do not outlive it
    namespace: dict[str, object] = {"__name__": f"page_{page.stem.replace('-', '_')}"}
    with shared_client():
        for block in python_blocks(page):
            if block.title is None:
                run(block, page, namespace)
            else:
                run_as_test_file(block, tmp_path)


def run(block: Block, page: Path, namespace: dict[str, object]) -> None:
    # Pad with empty lines, so that a failure shows the line number of the page.
    source = "\n" * (block.line - 1) + block.text
    exec(compile(source, str(page), "exec"), namespace)  # noqa: S102  our own documentation


def run_as_test_file(block: Block, folder: Path) -> None:
    assert block.title is not None
    (folder / block.title).write_text(block.text, encoding="utf-8")
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("HELMR_", "PYTEST_"))
    }
    # Load only the plugin that the page describes; the others take seconds to load.
    (plugin,) = (found for found in entry_points(group="pytest11") if found.name == "helmr_local")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", plugin.value, "-p", "no:cacheprovider", block.title],
        cwd=folder,
        env=environment | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_code_blocks_are_found_in_the_pages() -> None:
    """Guards against an extraction that finds no blocks."""
    guides = {page.name for page in WITH_PYTHON}
    assert guides >= {
        "README.md",
        "index.md",
        *[
            "sessions.md",
            "streams.md",
            "tokens.md",
            "waiting.md",
            "idempotency.md",
            "errors.md",
            "connections.md",
            "testing.md",
        ],
    }
    assert sum(len(python_blocks(page)) for page in WITH_PYTHON) >= 55
