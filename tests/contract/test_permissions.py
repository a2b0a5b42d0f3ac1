"""The permissions that the behaviour tests expect are those in the document."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

import helmr_contract
from helmr_api.formats import is_object
from helmr_contract.document import Document

BEHAVIOUR = Path(helmr_contract.__file__).parent / "behaviour"


def stated(file: str, name: str) -> Any:
    """Read a constant from source. Only the plugin that runs the behaviour tests can import them."""
    for node in ast.parse((BEHAVIOUR / file).read_text(encoding="utf-8")).body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AnnAssign):
            targets = [node.target]
        if [ast.unparse(target) for target in targets] == [name]:
            assert isinstance(node, ast.Assign | ast.AnnAssign)
            assert node.value is not None
            return ast.literal_eval(node.value)
    raise AssertionError(f"{file} has no {name}")


OPERATIONS: dict[str, tuple[str, str, tuple[str, ...]]] = stated(
    "test_authentication_and_scopes.py", "OPERATIONS"
)
SCOPES: tuple[str, ...] = stated("plugin.py", "SCOPES")
DOCUMENT = Document.load()
NAMES: dict[str, str] = DOCUMENT.raw["components"]["securitySchemes"]["apiKey"]["x-permissions"]
# One operation, whose permission depends on the requested kind of token.
BY_KIND = {"publicInput": "session.input.send", "publicOutput": "session.output.read"}


@pytest.mark.parametrize("name", OPERATIONS)
def test_each_operation_needs_the_documented_permissions(name: str) -> None:
    operation = DOCUMENT.operations["createPublicAccessToken" if name in BY_KIND else name]
    needed = set()
    for entry in operation.definition["x-permissions"]:
        if not is_object(entry):
            needed.add(NAMES[entry])
        elif BY_KIND.get(name) in entry["when"].values():
            needed.add(NAMES[entry["permission"]])
    needed.discard("tasks:deploy")  # has its own tests
    assert set(OPERATIONS[name][2]) == needed


def test_the_scopes_in_the_tests_are_valid_key_scopes() -> None:
    assert set(SCOPES) <= set(NAMES.values())
