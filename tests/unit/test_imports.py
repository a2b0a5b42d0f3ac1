"""Import rules beyond those of import-linter."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import helmr_ergonomic

ROOT = Path(__file__).resolve().parents[2]
LOCAL_MODULES = sorted((ROOT / "helmr_local").rglob("*.py"))


def imported_names(source: str, package: str) -> list[str]:
    """Return each name imported from `package` or below it, as `module:name`."""
    found: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [alias.name + ":" for alias in node.names if alias.name.split(".")[0] == package]
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == package:
            found += [f"{node.module}:{alias.name}" for alias in node.names]
    return found


def is_public(name: str) -> bool:
    """True if `module:name` is a public name of the layer or of one of its public modules."""
    module, imported = name.split(":")
    if module == "helmr_ergonomic":
        return imported in helmr_ergonomic.__all__
    opened = module.removeprefix("helmr_ergonomic.") in (*helmr_ergonomic.__all__, "document")
    return opened and imported[:1] not in {"", "_"}


@pytest.mark.parametrize("module", LOCAL_MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_helmr_local_uses_only_public_names_of_the_layer(module: Path) -> None:
    used = imported_names(module.read_text(), "helmr_ergonomic")
    hidden = [name for name in used if not is_public(name)]
    assert not hidden, f"not public: {hidden}"


def test_private_imports_are_detected() -> None:
    source = "def f():\n    from helmr_ergonomic.transport import x\n    import helmr_ergonomic._async\n"
    assert imported_names(source, "helmr_ergonomic") == [
        "helmr_ergonomic.transport:x",
        "helmr_ergonomic._async:",
    ]
