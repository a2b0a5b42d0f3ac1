"""Every rule and scenario that a guide, a driver, a workflow, a baseline or a test names exists.

When an id changes, files outside the package still name the old one: known failures of drivers in other
languages, commands in guides, accepted deviations.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from helmr_contract.client.scenarios import all_scenarios
from helmr_contract.rules import all_rules

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = frozenset(all_scenarios())
RULES = frozenset(rule.id for rule in all_rules())
IDS = SCENARIOS | RULES
TOPICS = "|".join(sorted({name.partition("/")[0] for name in IDS}))

# Ids that a file names although they do not exist. Those with `no-such` need no entry.
NOT_THERE = {
    "CHANGELOG.md": {"start/conflict-codes-told-apart"},  # an old id, beside the new one
    "tests/contract/test_tool.py": {"health/healthz-says-ok", "pages/to-the-end"},  # for "did you mean"
}
# Names with a hyphen or a wildcard; without either, `outputs/out` would be a path.
ID = re.compile(rf"(?<![\w/.}}-])(?:{TOPICS})/(?=[a-z0-9^]*[-*])[a-z0-9^*-]+(?![\w/.^*-])")
OPTION = re.compile(r"""--(rule|scenario)[ =]['"]?([\w-]+/[\w^*?-]+)""")

GUIDE = ROOT / "docs" / "guides" / "client-conformance.md"
OTHER = "examples/other-languages"
# The driver, the file with its known failures, and where they are in it.
DRIVERS = {
    "curl": ("examples/conformance/curl/driver.sh", None, r"^KNOWN='(.*?)'$"),
    "typescript": (f"{OTHER}/typescript/src/driver.ts", None, r"^const KNOWN = (.*?);$"),
    "go": (f"{OTHER}/go/driver/main.go", f"{OTHER}/go/driver/known_failures.json", "(.*)"),
    "java": (
        f"{OTHER}/java/src/main/java/example/Driver.java",
        f"{OTHER}/java/src/main/resources/known_failures.json",
        "(.*)",
    ),
    "rust": (f"{OTHER}/rust/src/bin/driver.rs", f"{OTHER}/rust/src/bin/known_failures.json", "(.*)"),
}


def files() -> Iterator[tuple[str, str]]:
    """Yield the name and the content of every file of the project in UTF-8."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, done.stdout.split("\0")):
        path = ROOT / name
        if path.is_file() and path != Path(__file__):
            try:
                yield name, path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue


def exists(name: str, among: frozenset[str]) -> bool:
    return name in among or ("*" in name and any(fnmatchcase(one, name) for one in among))


def test_every_id_that_a_file_names_exists() -> None:
    wrong: list[str] = []
    named = 0
    for file, text in files():
        found = set(ID.findall(text))
        named += len(found)
        missing = {name for name in found if "no-such" not in name and not exists(name, IDS)}
        wrong += [f"{file}: {name}" for name in sorted(missing - NOT_THERE.get(file, set()))]
    assert not wrong
    assert named > 400, "the pattern finds the ids"


def test_rules_and_scenarios_after_their_option_exist() -> None:
    among = {"rule": RULES, "scenario": SCENARIOS}
    wrong = [
        f"{file}: --{option} {name}"
        for file, text in files()
        for option, name in OPTION.findall(text)
        if not exists(name, among[option])
    ]
    assert not wrong


@pytest.mark.parametrize(("driver", "file", "pattern"), DRIVERS.values(), ids=DRIVERS)
def test_known_failures_of_a_driver_name_existing_scenarios_and_the_guide_counts_them(
    driver: str, file: str | None, pattern: str
) -> None:
    found = re.search(
        pattern, (ROOT / (file or driver)).read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    assert found is not None
    named = re.findall(r'^\s*"([^"]+)":', found[1], re.MULTILINE)
    assert len(named) > 5
    assert len(set(named)) == len(named), "named twice"
    assert set(named) <= SCENARIOS
    (row,) = re.findall(rf"^\|.*`{re.escape(driver)}`.*$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    for count in re.findall(r"(\d+) are known to fail", row):
        assert int(count) == len(named)
