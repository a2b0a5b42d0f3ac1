"""The page on generators shows the rules and generators that there are, and what is used is pinned."""

from __future__ import annotations

import json

from tests.unit.scripts import ROOT, script

generators = script("generators")

PAGE = (ROOT / "docs" / "guides" / "generators.md").read_text(encoding="utf-8")


def test_the_page_has_the_rules_of_the_rendering() -> None:
    assert generators.filled(PAGE, rules=generators.rules_table()) == PAGE


def test_the_page_has_a_row_for_each_generator() -> None:
    block = PAGE.partition("<!-- generators -->\n")[2].partition("<!-- end -->")[0]
    results = [line.rstrip(" |").rpartition("| ")[2] for line in block.splitlines()[2:]]
    rows = {line.rpartition(" | ")[0] for line in block.splitlines()}
    wanted = generators.table(dict.fromkeys(generators.GENERATORS, "works"))
    assert rows == {line.rpartition(" | ")[0] for line in wanted.splitlines()}
    assert len(results) == len(generators.GENERATORS)
    assert "FAILED" not in results


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
