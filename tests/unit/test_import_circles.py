"""The search for circular imports."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.unit.scripts import script

import_circles = script("import_circles")


def _found(root: Path, sources: dict[str, str]) -> list[list[str]]:
    for name, text in sources.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    found: list[list[str]] = import_circles.circles(import_circles.graph(root, {"pack": "pack"}))
    return found


@pytest.mark.parametrize(
    "back",
    [
        "from .a import x\n",
        "from . import a\n",
        "import pack.a\n",
        "def f():\n    from pack.a import x\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .a import x\n",
    ],
)
def test_a_circle_is_found_wherever_the_import_is(tmp_path: Path, back: str) -> None:
    found = _found(tmp_path, {"pack/__init__.py": "", "pack/a.py": "from .b import y\n", "pack/b.py": back})

    assert [set(circle) for circle in found] == [{"pack.a", "pack.b"}]


def test_every_circle_is_found(tmp_path: Path) -> None:
    found = _found(
        tmp_path,
        {
            "pack/a.py": "from . import b, d\n",
            "pack/b.py": "from . import c\n",
            "pack/c.py": "from . import a\n",
            "pack/d.py": "from . import a\n",
        },
    )

    assert {frozenset(circle) for circle in found} == {
        frozenset({"pack.a", "pack.b", "pack.c"}),
        frozenset({"pack.a", "pack.d"}),
    }


def test_a_relative_import_is_resolved_from_its_own_package(tmp_path: Path) -> None:
    found = _found(
        tmp_path,
        {
            "pack/inner/__init__.py": "from .leaf import x\n",
            "pack/inner/leaf.py": "from ..top import y\n",
            "pack/top.py": "y = 1\n",
        },
    )

    assert found == []


def test_diamonds_are_not_cycles(tmp_path: Path) -> None:
    sources = {
        "pack/a.py": "from . import b, c\n",
        "pack/b.py": "from . import d\n",
        "pack/c.py": "from . import d\n",
    }

    assert _found(tmp_path, {**sources, "pack/d.py": ""}) == []


def test_every_package_of_the_wheel_is_searched() -> None:
    with (import_circles.ROOT / "pyproject.toml").open("rb") as file:
        wheel = tomllib.load(file)["tool"]["hatch"]["build"]["targets"]["wheel"]

    assert set(wheel["packages"]) <= import_circles.HOMES.keys()
