"""The word list: findings, line numbers, and files that are not checked yet."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.unit.scripts import script

words = script("words")

TABLE = words.load()


def phrases(text: str) -> list[tuple[int, str]]:
    return [(one.line, one.phrase) for one in words.findings(text, TABLE.rules)]


@pytest.mark.parametrize("rule", TABLE.rules, ids=lambda rule: rule.use)
def test_each_rule_finds_its_wrong_example_and_not_the_right_one(rule: Any) -> None:
    assert words.findings(rule.wrong, [rule])
    assert words.findings(rule.wrong.upper(), [rule])
    assert not words.findings(rule.right, [rule])


@pytest.mark.parametrize("leader", ["", "    ", "# ", "  # ", "// ", " * ", "-- ", "> "])
def test_a_phrase_is_found_across_a_line_break(leader: str) -> None:
    text = f"first\n{leader}Raises NotFoundError, or the rest\n{leader}of the tree.\nlast\n"
    assert phrases(text) == [(2, "the rest of the tree")]


def test_a_finding_has_the_line_of_the_phrase() -> None:
    assert phrases("\n\nno\nThe answer.\n\nTwo answers.\n") == [(4, "answer"), (6, "answers")]


def test_only_whole_words_are_found() -> None:
    assert phrases("unanswered, members_order, textsize") == []


def test_a_line_can_be_exempted() -> None:
    assert phrases("The answer.  # words: allow\nThe answer.\n") == [(2, "answer")]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / "old.md").write_text("The answer.\n")
    (tmp_path / "clean.md").write_text("The response.\n")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\xff answer")
    (tmp_path / "generated").mkdir()
    (tmp_path / "generated" / "model.py").write_text("# The answer.\n")
    (tmp_path / "pending.txt").write_text("")
    return tmp_path


def run(repository: Path, *arguments: str) -> int:
    status: int = words.main(arguments, root=repository, pending=repository / "pending.txt")
    return status


def test_a_file_with_findings_fails(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(repository) == 1
    printed = capsys.readouterr().out
    assert printed.startswith("old.md:1: 'answer': write response")
    assert "generated/model.py" not in printed


def test_a_pending_file_passes_unless_all_files_are_requested(repository: Path) -> None:
    (repository / "pending.txt").write_text("old.md\n")
    assert run(repository) == 0
    assert run(repository, "--all") == 1


def test_pruning_keeps_only_the_files_that_still_need_work(repository: Path) -> None:
    (repository / "pending.txt").write_text("clean.md\ngone.md\nold.md\n")
    assert run(repository, "--prune") == 0
    assert (repository / "pending.txt").read_text() == "old.md\n"
