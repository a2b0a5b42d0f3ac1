"""`make workflows`: the faults that it finds."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.unit.scripts import ROOT, script

workflows = script("workflows")

pytestmark = pytest.mark.tool("go")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / ".github", tmp_path / ".github")
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    return tmp_path


def test_the_workflows_have_no_finding(copy: Path) -> None:
    assert workflows.main(copy) == 0


CHECKOUT = "actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2"


@pytest.mark.parametrize(
    ("file", "before", "after", "expected"),
    [
        (".github/workflows/ci.yml", CHECKOUT, "actions/checkout@v6", "unpinned-uses"),
        (".github/workflows/ci.yml", 'BASE="$BASE"', 'BASE="${{ github.head_ref }}"', "template-injection"),
        (".github/workflows/ci.yml", "  pull_request:", "  pull_request_target:", "dangerous-triggers"),
        (".github/workflows/release.yml", "needs: build", "needs: absent", "does not exist"),
        (".github/workflows/contract.yml", "inputs.seed", "inputs.sed", 'property "sed" is not defined'),
        (".github/workflows/contract.yml", '--url "$URL"', "--url $URL", "SC2206"),
        (".ci/run", '"$(dirname "$0")/.."', "$(dirname $0)/..", "SC2086"),
    ],
)
def test_a_faulty_workflow_is_rejected(
    copy: Path, file: str, before: str, after: str, expected: str, capfd: pytest.CaptureFixture[str]
) -> None:
    text = (copy / file).read_text(encoding="utf-8")
    assert before in text
    (copy / file).write_text(text.replace(before, after), encoding="utf-8")
    assert workflows.main(copy) == 1
    assert expected in "".join(capfd.readouterr())


def test_a_folder_without_workflows_is_rejected(tmp_path: Path) -> None:
    assert workflows.main(tmp_path) == 1
