"""`make test-lowest` tests what pyproject.toml promises."""

from __future__ import annotations

import tomllib

from tests.unit.scripts import ROOT, script

test_lowest = script("test_lowest")


def test_every_extra_is_tested() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {part.extra for part in test_lowest.PARTS} == project["optional-dependencies"].keys()


def test_the_bounds_that_it_shows_are_those_of_direct_dependencies() -> None:
    pins = "anyio==4.0.0\napsw==3.46.0.0\nattrs==23.2.0\nattr==1\nsix==1.17.0\n"
    assert test_lowest.direct(pins, "local") == ["anyio==4.0.0", "apsw==3.46.0.0", "attrs==23.2.0"]
