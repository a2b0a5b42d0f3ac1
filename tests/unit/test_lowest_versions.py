"""`make test-lowest` tests the lower bounds of pyproject.toml."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.scripts import ROOT, script

test_lowest = script("test_lowest")


def test_every_extra_is_tested() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {part.extra for part in test_lowest.PARTS} == project["optional-dependencies"].keys()


def test_only_direct_dependencies_are_shown() -> None:
    pins = "anyio==4.0.0\napsw==3.46.0.0\nattrs==23.2.0\nattr==1\nsix==1.17.0\n"
    assert test_lowest.direct(pins, "local") == ["anyio==4.0.0", "apsw==3.46.0.0", "attrs==23.2.0"]


def test_the_generator_is_the_one_of_the_development_environment() -> None:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    (tool,) = (name for part in test_lowest.PARTS for name in part.tools if name.startswith("openapi-"))
    assert tool in groups["dev"]


def test_an_environment_is_installed_again_when_its_packages_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[tuple[str, ...]] = []
    pins = ["attrs==23.2.0\n"]
    monkeypatch.setattr(test_lowest, "BUILD", tmp_path)
    monkeypatch.setattr(test_lowest, "lowest", lambda extra: pins[-1])
    monkeypatch.setattr(test_lowest, "uv", lambda *arguments: done.append(arguments))
    part = test_lowest.Part(extra="local", tools=("pytest",), commands=())
    (tmp_path / "local").mkdir()

    def installs(part: object) -> bool:
        done.clear()
        test_lowest.prepare(part)
        return bool(done)

    assert installs(part)
    assert not installs(part)
    part = replace(part, tools=("pytest", "h11"))
    assert installs(part)
    assert any("h11" in arguments for arguments in done)
    pins.append("attrs==24.1.0\n")
    assert installs(part)
    assert not installs(part)


def test_every_part_runs_and_those_that_fail_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fails = {"aiohttp", "cli"}
    monkeypatch.setattr(test_lowest, "passes", lambda part: part.extra not in fails)
    assert test_lowest.main() == 1
    assert capsys.readouterr().err == "test-lowest: the tests fail for the extra aiohttp, cli\n"
    fails.clear()
    assert test_lowest.main() == 0
