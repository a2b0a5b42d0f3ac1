"""The page on generators lists all rules and generators, and their packages are pinned."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.unit.scripts import ROOT, script

generators = script("generators")

PAGE = (ROOT / "docs" / "guides" / "generators.md").read_text(encoding="utf-8")


def test_the_page_lists_the_rules_of_the_rendering() -> None:
    assert generators.filled(PAGE, rules=generators.rules_table()) == PAGE


def test_the_page_has_a_row_for_each_generator() -> None:
    block = PAGE.partition("<!-- generators -->\n")[2].partition("<!-- end -->")[0]
    results = [line.rstrip(" |").rpartition("| ")[2] for line in block.splitlines()[2:]]
    rows = {line.rpartition(" | ")[0] for line in block.splitlines()}
    wanted = generators.table(dict.fromkeys(generators.GENERATORS, "works"))
    assert rows == {line.rpartition(" | ")[0] for line in wanted.splitlines()}
    assert len(results) == len(generators.GENERATORS)
    assert "FAILED" not in results


def test_exactly_the_clients_that_make_generators_runs_have_a_program() -> None:
    run = {name for name, one in generators.GENERATORS.items() if one.run_by == "`make generators`"}
    assert run == {name for name, one in generators.GENERATORS.items() if one.steps is not None}
    others = {one.run_by for one in generators.GENERATORS.values() if one.steps is None}
    assert all(why == "`make clients`" or why.startswith("no, ") for why in others), others


def test_a_client_without_its_library_is_checked_but_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generators, "BUILD", tmp_path)
    checked: list[Path] = []

    def steps(place: Path) -> None:
        generators.require_library("nothing", sys.executable, "-c", "import nothing_of_that_name")

    one = generators.Generator(
        "some", "Python", "some", lambda place: None, check=checked.append, steps=steps
    )
    output = generators.outcome(one)
    assert output.startswith("checked, not run: the ")
    assert output.endswith(" library nothing is not on this machine")
    assert checked == [tmp_path / "some"]


def test_a_program_with_unexpected_output_fails() -> None:
    with pytest.raises(generators.Failed, match="the program printed:\nnothing of that"):
        generators.five_steps(sys.executable, "-c", "print('nothing of that')")


def test_node_packages_are_pinned_exactly_and_name_no_registry() -> None:
    folder = ROOT / "scripts" / "generators" / "node"
    wanted = json.loads((folder / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    locked = json.loads((folder / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert all(version[0].isdigit() for version in wanted.values())
    assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert not [name for name, package in locked.items() if "resolved" in package]


def test_python_packages_are_pinned_with_hashes() -> None:
    lock = (ROOT / "scripts" / "generators" / "python" / "requirements.lock").read_text(encoding="utf-8")
    packages = [line for line in lock.splitlines() if "==" in line]
    assert packages
    assert lock.count("--hash=sha256:") >= len(packages)
    assert "http" not in lock
