"""Find words and phrases that scripts/words.toml replaces: `python scripts/words.py [--prune]`.

Checks every tracked or new file. The files listed in scripts/words_pending.txt are not checked yet. `--prune`
removes files without findings, and files that no longer exist, from that list.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tomllib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import accumulate
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "scripts" / "words.toml"
PENDING = ROOT / "scripts" / "words_pending.txt"
ALLOWED = "words: allow"
COMMENT = re.compile(r"^\s*(?:#:?|//+|>|\*|--)?\s*")


@dataclass(frozen=True)
class Rule:
    avoid: re.Pattern[str]
    use: str
    wrong: str
    right: str


@dataclass(frozen=True)
class Table:
    rules: tuple[Rule, ...]
    skip: tuple[str, ...]

    def skips(self, name: str) -> bool:
        return any(fnmatchcase(name, pattern) for pattern in self.skip)


@dataclass(frozen=True)
class Finding:
    line: int
    phrase: str
    use: str


def load(path: Path = TABLE) -> Table:
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    rules = [
        Rule(re.compile(rule["avoid"], re.IGNORECASE), rule["use"], rule["wrong"], rule.get("right", ""))
        for rule in table["rule"]
    ]
    return Table(tuple(rules), tuple(table["skip"]))


def findings(text: str, rules: Sequence[Rule]) -> list[Finding]:
    """Yield the findings, by line. A phrase may span two lines."""
    lines = text.splitlines()
    # The whole text as one line without comment markers, and the offset of each line.
    parts = [" ".join(COMMENT.sub("", line).split()) for line in lines]
    flat = " ".join(parts)
    starts = [0, *accumulate(len(part) + 1 for part in parts)]
    found = [
        Finding(bisect_right(starts, match.start()), match[0], rule.use)
        for rule in rules
        for match in rule.avoid.finditer(flat)
    ]
    return sorted((one for one in found if ALLOWED not in lines[one.line - 1]), key=lambda one: one.line)


def tracked(root: Path) -> list[str]:
    """Return the tracked files and the new ones that git does not ignore."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    return sorted(name for name in set(done.stdout.split("\0")) if name and (root / name).is_file())


def read(path: Path) -> str:
    """Return the text of a file, or an empty string if it is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def check(root: Path, table: Table) -> Iterator[tuple[str, list[Finding]]]:
    """Yield each file with findings, and its findings."""
    for name in tracked(root):
        if not table.skips(name) and (found := findings(read(root / name), table.rules)):
            yield name, found


def main(arguments: Sequence[str] | None = None, *, root: Path = ROOT, pending: Path = PENDING) -> int:
    parser = argparse.ArgumentParser(description="Find words that this project avoids.")
    parser.add_argument("--prune", action="store_true", help="shorten the list of files not checked yet")
    parser.add_argument("--all", action="store_true", help="also check the files of that list")
    options = parser.parse_args(arguments)
    not_yet = set(pending.read_text(encoding="utf-8").split())
    by_file = dict(check(root, load()))
    if options.prune:
        left = sorted(not_yet & by_file.keys())
        pending.write_text("".join(f"{name}\n" for name in left), encoding="utf-8")
        print(f"{pending.name}: {len(left)} files left, {len(not_yet) - len(left)} removed")
        not_yet = set(left)
    wrong = {name: found for name, found in by_file.items() if options.all or name not in not_yet}
    for name, found in wrong.items():
        for one in found:
            print(f"{name}:{one.line}: {one.phrase!r}: write {one.use}")
    if wrong:
        print(f"scripts/words.toml has the rules. A line that needs the word: `{ALLOWED}`.")
        return 1
    print(f"words: no finding; {len(not_yet)} files are not checked yet (scripts/words_pending.txt)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
