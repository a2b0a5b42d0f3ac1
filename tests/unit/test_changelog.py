"""CHANGELOG.md follows Keep a Changelog, and the version is defined in one place."""

from __future__ import annotations

import tomllib

import pytest

from tests.unit.scripts import ROOT, script

changelog = script("changelog")

TEXT = """\
# Changelog

What is notable.

## [Unreleased]

### Added

- One thing
  on two lines.
- Another.

## [0.2.0] - 2026-06-10

### Removed

- **Breaking:** `Run.old`.

## [0.1.0] - 2026-05-01

### Added

- Everything.
"""


def test_the_changelog_is_well_formed() -> None:
    assert changelog.main() == 0


def test_the_version_is_defined_in_one_place() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" not in project["project"]
    assert "version" in project["project"]["dynamic"]
    assert project["tool"]["hatch"]["version"]["path"] == "helmr_ergonomic/_version.py"


def test_sections_are_parsed_with_their_entries() -> None:
    unreleased, newest, oldest = changelog.sections(TEXT)
    assert unreleased.entries == {"Added": ["One thing on two lines.", "Another."]}
    assert (unreleased.version, newest.version, oldest.version) == (None, (0, 2, 0), (0, 1, 0))
    assert newest.entries == {"Removed": ["**Breaking:** `Run.old`."]}
    assert changelog.released(TEXT) == (0, 2, 0)
    assert list(changelog.problems(TEXT, (0, 2, 0))) == []
    assert list(changelog.problems(TEXT, (0, 3, 0))) == [], "a version that is not released yet"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("# Changelog", "# News", "it must begin with"),
        ("## [Unreleased]\n", "", "the first section"),
        ("## [0.2.0] - 2026-06-10", "## [0.2.0]", "has no date"),
        ("## [0.2.0] - 2026-06-10", "## [0.2.0] - 10.6.2026", "has no date"),
        ("## [0.2.0] - 2026-06-10", "## [0.2] - 2026-06-10", "is not a version"),
        ("## [0.2.0] - 2026-06-10", "## Version 0.2.0", "is not a version"),
        ("## [0.2.0]", "## [0.1.0]", "versions must appear once each"),
        ("## [0.2.0]", "## [0.0.9]", "newest first"),
        ("### Removed", "### Gone", "`Gone` is none of"),
        ("- **Breaking:** `Run.old`.\n", "", "`Removed` has no entry"),
        ("### Removed\n\n- **Breaking:** `Run.old`.\n", "", "is empty"),
        ("[0.2.0]", "[0.4.0]", "0.4.0 is already released"),
    ],
)
def test_format_errors_are_reported(before: str, after: str, expected: str) -> None:
    assert before in TEXT
    found = list(changelog.problems(TEXT.replace(before, after), (0, 3, 0)))
    assert any(expected in problem for problem in found), found


def test_the_version_is_parsed() -> None:
    assert changelog.version_in('__version__: Final = "1.20.3"\n') == (1, 20, 3)
    assert changelog.spelled((1, 20, 3)) == "1.20.3"
    with pytest.raises(ValueError, match="has no line"):
        changelog.version_in('__version__ = "1.2"\n')


def test_the_release_notes_are_the_section_of_the_version() -> None:
    assert changelog.release_notes(TEXT, (0, 2, 0), "v0.2.0") == "### Removed\n\n- **Breaking:** `Run.old`.\n"
    first = TEXT.replace("## [0.2.0] - 2026-06-10\n\n### Removed\n\n- **Breaking:** `Run.old`.\n\n", "")
    assert changelog.release_notes(first, (0, 1, 0), "v0.1.0") == "### Added\n\n- Everything.\n"


@pytest.mark.parametrize(
    ("current", "tag", "message"),
    [
        ((0, 2, 0), "0.2.0", "the tag 0.2.0 does not match _version.py, which has 0.2.0"),
        ((0, 2, 0), "v0.3.0", "the tag v0.3.0 does not match"),
        ((0, 3, 0), "v0.3.0", "the newest version of CHANGELOG.md is not 0.3.0"),
        ((0, 1, 0), "v0.1.0", "the newest version of CHANGELOG.md is not 0.1.0"),
    ],
)
def test_a_tag_that_does_not_match_version_and_changelog_is_rejected(
    current: tuple[int, int, int], tag: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        changelog.release_notes(TEXT, current, tag)


def test_a_rejected_release_prints_no_notes(capsys: pytest.CaptureFixture[str]) -> None:
    assert changelog.main(["--release", "v999.0.0"]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "v999.0.0 does not match" in printed.err
