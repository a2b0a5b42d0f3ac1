"""`make test-lowest` tests the lower bounds of pyproject.toml."""

from __future__ import annotations

import tomllib

from tests.unit.scripts import ROOT, script

test_lowest = script("test_lowest")


def test_every_extra_is_tested() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {part.extra for part in test_lowest.PARTS} == project["optional-dependencies"].keys()


def test_only_direct_dependencies_are_shown() -> None:
    pins = "anyio==4.0.0\napsw==3.46.0.0\nattrs==23.2.0\nattr==1\nsix==1.17.0\n"
    assert test_lowest.direct(pins, "local") == ["anyio==4.0.0", "apsw==3.46.0.0", "attrs==23.2.0"]
