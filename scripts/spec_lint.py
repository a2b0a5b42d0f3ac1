"""Check `openapi.yaml` as a document for people and generators: `python scripts/spec_lint.py [FILE]`.

First the rules of this project (scripts/spec_rules.py), then Redocly CLI with redocly.yaml, which needs
Node.js. Every finding is an error.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

import progress
import spec_rules
import toolchains

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, order=True)
class Problem:
    line: int
    rule: str
    text: str

    def shown(self, document: Path) -> str:
        return f"{document.name}:{self.line}: {self.rule}: {self.text}"


def own_problems(document: Path) -> Iterator[Problem]:
    findings = spec_rules.check(spec_rules.load(document))
    lines = Lines(document.read_text(encoding="utf-8")) if findings else None
    for finding in findings:
        line = lines.of(finding.where) if lines else 0
        yield Problem(line, finding.rule, f"{finding.text} ({finding.pointer})")


class Lines:
    """Maps the values of a YAML document to their lines."""

    def __init__(self, text: str) -> None:
        self._root = yaml.compose(text, Loader=spec_rules.LOADER)

    def of(self, where: Sequence[str]) -> int:
        """Return the line of the value, or of its nearest existing parent."""
        node, line = self._root, 1
        for part in where:
            if isinstance(node, yaml.MappingNode):
                pair = next((pair for pair in node.value if pair[0].value == part), None)
                if pair is None:
                    break
                line, node = pair[0].start_mark.line + 1, pair[1]
            elif isinstance(node, yaml.SequenceNode):
                node = node.value[int(part)]
                line = node.start_mark.line + 1
        return line


def redocly_problems(document: Path) -> Iterator[Problem]:
    """Yield the problems that Redocly reports.

    Raises:
        toolchains.Missing: Node.js is missing, or Redocly did not run.
    """
    command = [*toolchains.node_tool("redocly"), "lint", str(document)]
    command += ["--config", str(ROOT / "redocly.yaml"), "--format", "json", "--max-problems", "1000"]
    with progress.Step("Redocly CLI"):
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"},
        )
    try:
        response = json.loads(done.stdout)
    except ValueError:
        raise toolchains.Missing(f"Redocly did not run:\n{done.stdout}{done.stderr}".rstrip()) from None
    for problem in response["problems"]:
        start = problem["location"][0].get("start", {"line": 1}) if problem.get("location") else {"line": 1}
        yield Problem(start["line"], problem["ruleId"], problem["message"])
    if "Your config has" in done.stderr:
        yield Problem(1, "redocly.yaml", done.stderr.strip())


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Check openapi.yaml.")
    parser.add_argument("document", nargs="?", type=Path, default=ROOT / "openapi.yaml")
    document: Path = parser.parse_args(arguments).document
    own = sorted(own_problems(document))
    for problem in own:
        print(problem.shown(document))
    try:
        theirs = sorted(redocly_problems(document))
    except toolchains.Missing as missing:
        print(f"own rules: {len(own)} findings ({len(spec_rules.RULES)} rules)")
        toolchains.stop("spec-lint", missing)
    for problem in theirs:
        print(problem.shown(document))
    operations = len(spec_rules.Spec(spec_rules.load(document)).operations)
    print(
        f"{operations} operations; {len(own)} findings of {len(spec_rules.RULES)} own rules, "
        f"{len(theirs)} of Redocly"
    )
    return 1 if own or theirs else 0


if __name__ == "__main__":
    sys.exit(main())
