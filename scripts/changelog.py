"""Check that `CHANGELOG.md` follows Keep a Changelog: `python scripts/changelog.py`.

The version is defined only in helmr_ergonomic/_version.py. It is the newest release in the changelog, or a
later version while `[Unreleased]` has entries.

`python scripts/changelog.py --release v1.2.3` prints the notes of a release. It fails unless the tag, the
version and the newest section of the changelog agree.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KINDS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
HEADING = re.compile(r"## \[(?P<name>[^\]]+)\](?: - (?P<date>\S+))?")
VERSION_LINE = re.compile(r'^__version__(?:: \w+)? = "(\d+)\.(\d+)\.(\d+)"$', re.MULTILINE)

Version = tuple[int, int, int]


@dataclass
class Section:
    name: str
    date: str | None
    line: int
    # Kind → entries, one line each.
    entries: dict[str, list[str]] = field(default_factory=dict)

    @property
    def version(self) -> Version | None:
        """None for `[Unreleased]`."""
        parts = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)", self.name)
        return (int(parts[1]), int(parts[2]), int(parts[3])) if parts else None


def version_in(text: str) -> Version:
    """Return the version defined in a `_version.py`.

    Raises:
        ValueError: The file defines no version.
    """
    found = VERSION_LINE.search(text)
    if found is None:
        raise ValueError('helmr_ergonomic/_version.py has no line `__version__ = "1.2.3"`')
    return int(found[1]), int(found[2]), int(found[3])


def spelled(version: Version) -> str:
    return ".".join(map(str, version))


def sections(text: str) -> list[Section]:
    found: list[Section] = []
    kind = ""
    for number, line in enumerate(text.splitlines(), 1):
        if heading := HEADING.fullmatch(line):
            found.append(Section(heading["name"], heading["date"], number))
            kind = ""
        elif line.startswith("## "):
            found.append(Section(line[3:], None, number))
            kind = ""
        elif not found:
            continue
        elif line.startswith("### "):
            kind = line[4:]
            found[-1].entries.setdefault(kind, [])
        elif line.startswith("- "):
            found[-1].entries.setdefault(kind, []).append(line[2:])
        elif line.startswith("  ") and found[-1].entries.get(kind):
            found[-1].entries[kind][-1] += f" {line.strip()}"
    return found


def released(text: str) -> Version | None:
    """Return the newest version that the changelog lists as released."""
    return max((one.version for one in sections(text) if one.version), default=None)


def problems(text: str, current: Version) -> Iterator[str]:
    """List the format violations of a changelog, one line each."""
    if not text.startswith("# Changelog\n"):
        yield "line 1: it must begin with `# Changelog`"
    found = sections(text)
    if not found or found[0].name != "Unreleased":
        yield "the first section must be `## [Unreleased]`"
    versions = [one.version for one in found if one.version]
    if versions != sorted(set(versions), reverse=True):
        yield "versions must appear once each, newest first"
    for section in found:
        where = f"line {section.line}: [{section.name}]"
        if section.name != "Unreleased":
            if section.version is None:
                yield f"{where} is not a version: write `## [1.2.3] - 2026-01-31`"
            elif not _is_date(section.date):
                yield f"{where} has no date: write it as ` - 2026-01-31`"
            elif not section.entries:
                yield f"{where} is empty"
        for kind, entries in section.entries.items():
            if kind not in KINDS:
                yield f"{where}: `{kind}` is none of {', '.join(KINDS)}"
            if not entries:
                yield f"{where}: `{kind}` has no entry"
    newest = released(text)
    if newest and current < newest:
        yield f"_version.py says {spelled(current)}, but {spelled(newest)} is already released"


def _is_date(text: str | None) -> bool:
    try:
        return text is not None and date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def release_notes(text: str, current: Version, tag: str) -> str:
    """Return the changelog's section of a release, without its heading.

    Raises:
        ValueError: the tag does not match the current version, or the version is not the newest release.
    """
    if tag != f"v{spelled(current)}":
        raise ValueError(f"the tag {tag} does not match _version.py, which has {spelled(current)}")
    if released(text) != current:
        raise ValueError(f"the newest version of CHANGELOG.md is not {spelled(current)}")
    found = sections(text)
    index = next(number for number, section in enumerate(found) if section.version == current)
    end = found[index + 1].line - 1 if index + 1 < len(found) else None
    notes = "\n".join(text.splitlines()[found[index].line : end])
    return notes.strip() + "\n"


def main(arguments: Sequence[str] = ()) -> int:
    parser = argparse.ArgumentParser(description="Check the changelog, or print the notes of a release.")
    parser.add_argument("--release", metavar="TAG", help="print the notes of the release with this tag")
    tag: str | None = parser.parse_args(arguments).release
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    current = version_in((ROOT / "helmr_ergonomic" / "_version.py").read_text(encoding="utf-8"))
    found = list(problems(text, current))
    for problem in found:
        print(f"CHANGELOG.md: {problem}", file=sys.stderr if tag else sys.stdout)
    if found:
        return 1
    if tag:
        try:
            print(release_notes(text, current, tag), end="")
        except ValueError as error:
            print(f"changelog: {error}", file=sys.stderr)
            return 1
        return 0
    newest = released(text)
    state = f"{spelled(newest)} is the newest release" if newest else "there is no release yet"
    print(f"changelog: valid; the version is {spelled(current)}, {state}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
