"""The rules that the behaviour tests check: stable ids, descriptions and requirements. They are read from the
tests' source, so listing them runs no test.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from helmr_contract.choosing import matching

FOLDER = Path(__file__).with_name("behaviour")
PACKAGE = "helmr_contract.behaviour"


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """A rule of the contract, from the source of its test."""

    module: str  # without `test_`
    function: str
    needs_worker: bool
    needs_scoped_keys: bool

    @property
    def id(self) -> str:
        """`topic/what-it-says`; it is stable across versions."""
        return rule_id(f"test_{self.module}::{self.function}")

    @property
    def title(self) -> str:
        return self.function.removeprefix("test_").replace("_", " ")

    @property
    def node(self) -> str:
        """The pytest id, for use with `--pyargs`."""
        return f"{PACKAGE}.test_{self.module}::{self.function}"


def rule_id(node: str) -> str:
    """Return the rule id of a test function with the pytest id `…test_topic.py::test_what_it_says`."""
    path, _, function = node.partition("::")
    topic = Path(path).name.removesuffix(".py").rpartition(".")[2].removeprefix("test_")
    return f"{topic}/{function.removeprefix('test_')}".replace("_", "-")


@cache
def all_rules() -> tuple[RuleInfo, ...]:
    """Return every rule, topic by topic, in the order of the tests."""
    return tuple(rule for path in sorted(FOLDER.glob("test_*.py")) for rule in _rules_of(path))


def chosen(patterns: Iterable[str]) -> list[RuleInfo]:
    """Return the rules whose ids match one of the patterns; without patterns, all of them.

    Raises:
        UnknownNameError: A pattern matches no rule.
    """
    by_id = {rule.id: rule for rule in all_rules()}
    ids = matching(patterns, list(by_id), "rule", lambda _: "`helmr-contract rules` lists them")
    return [by_id[name] for name in ids]


def _rules_of(path: Path) -> Iterator[RuleInfo]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    shared = {
        mark
        for node in tree.body
        if isinstance(node, ast.Assign)
        and any(getattr(one, "id", "") == "pytestmark" for one in node.targets)
        for mark in _marks([node.value])
    }
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            marks = shared | set(_marks(node.decorator_list))
            yield RuleInfo(
                path.stem.removeprefix("test_"), node.name, "worker" in marks, "scoped_keys" in marks
            )


def _marks(nodes: Iterable[ast.expr]) -> Iterator[str]:
    """Return the names of `pytest.mark.…` anywhere in these expressions."""
    for node in nodes:
        for part in ast.walk(node):
            if isinstance(part, ast.Attribute) and ast.unparse(part.value) == "pytest.mark":
                yield part.attr
