"""The names of classes and types in helmr_local."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import helmr_local

ROOT = Path(helmr_local.__file__).parent
DERIVED = "_sync_context.py"  # generated from `_async_context.py`, with the names that task code uses


def types_of(module: Path) -> set[str]:
    """Return the classes and type aliases of a module; a type variable has no meaning outside it."""
    found: set[str] = set()
    for statement in ast.parse(module.read_text("utf-8")).body:
        match statement:
            case ast.ClassDef(name=name):
                found.add(name)
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ) if name[0].isupper() and not name.isupper():
                if not ast.unparse(value).startswith(("TypeVar(", "ParamSpec(")):
                    found.add(name)
            case _:
                pass
    return found


def test_each_type_has_a_name_of_its_own() -> None:
    homes: defaultdict[str, list[str]] = defaultdict(list)
    for module in sorted(ROOT.rglob("*.py")):
        if module.name != DERIVED:
            for name in types_of(module):
                homes[name].append(str(module.relative_to(ROOT)))

    assert "Worker" in homes
    assert {name: modules for name, modules in homes.items() if len(modules) > 1} == {}
