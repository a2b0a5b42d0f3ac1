"""Measure the overhead of Helmr for Python and print one table: `python scripts/bench.py [ROW ...]
[--write]`.

Each row of benchmarks/ runs in a separate process, one after another, with a time limit. `--write` also puts
the table into docs/performance.md, between its two marks; the rest of that page is hand-written. With
`--peers`, it fills the marks of that table and the summary line in README.md. A missed goal is not a failure,
but a row that cannot be measured is, and the exit code is then 1. `--peers` measures other client libraries
beside this one instead, in a separate environment.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import peers  # noqa: E402
from benchmarks.measure import Goal, Line  # noqa: E402  # the repository's root is not on the path of a script
from benchmarks.rows import ROWS  # noqa: E402

PAGE = ROOT / "docs" / "performance.md"
README = ROOT / "README.md"
BEGIN, END = "<!-- measured: begin (make bench, scripts/bench.py --write) -->", "<!-- measured: end -->"
PEERS_BEGIN, PEERS_END = "<!-- peers: begin (make bench ARGS=--peers) -->", "<!-- peers: end -->"
BUDGET = 900.0
"""The time limit of all rows together, in seconds."""
HEADINGS = ("what", "against", "ratio", "spread", "goal", "met?", "figures", "command")


@dataclass(frozen=True)
class Measured:
    """The result of a row: its lines, and any additional message."""

    row: str
    lines: Sequence[Line]
    skipped: str = ""
    failed: str = ""


def measure(row: str, seconds: float) -> Measured:
    """Measure one row in a new process. At the time limit, the process and its children are killed."""
    command = [sys.executable, "-m", "benchmarks", row, "--json"]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        output, errors = process.communicate(timeout=seconds)
    except BaseException as stopped:
        os.killpg(process.pid, signal.SIGKILL)
        output, errors = process.communicate()
        if not isinstance(stopped, subprocess.TimeoutExpired):
            raise
        errors = f"not done within {seconds:.0f} s, the remainder of {BUDGET:.0f} s for all rows"
    lines: list[Line] = []
    for text in output.splitlines():
        found = json.loads(text)
        if "skipped" in found:
            return Measured(row, lines, skipped=found["skipped"])
        goal = found.pop("goal")
        lines.append(Line(**found, goal=None if goal is None else Goal(**goal)))
    failed = ""
    if process.returncode != 0:
        failed = (errors.strip().splitlines() or [f"ended with {process.returncode}"])[-1]
    return Measured(row, lines, failed=failed)


def cells(measured: Iterable[Measured]) -> list[tuple[str, ...]]:
    """Return the table's rows as strings."""
    table: list[tuple[str, ...]] = []
    for part in measured:
        command = f"`python -m benchmarks {part.row}`"
        for line in part.lines:
            goal, met = "", ""
            if line.goal is not None:
                goal = str(line.goal)
                met = "yes" if line.goal.met(line.ratio) else f"no, by {line.goal.distance(line.ratio):.0%}"
            table.append(
                (
                    line.what,
                    line.against,
                    f"{line.ratio:.2f}",
                    f"{line.low:.2f}–{line.high:.2f}",
                    goal,
                    met,
                    line.note,
                    command,
                )
            )
        if part.skipped or part.failed:
            why = f"skipped: {part.skipped}" if part.skipped else f"failed: {part.failed}"
            table.append((part.row, "", "", "", "", "not measured", why, command))
    return table


def markdown(table: Sequence[Sequence[str]], headings: Sequence[str] = HEADINGS) -> str:
    """Format a Markdown table that is also readable as plain text."""
    escaped = [[cell.replace("|", "\\|") for cell in line] for line in (headings, *table)]
    widths = [max(len(line[column]) for line in escaped) for column in range(len(headings))]
    rows = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in escaped
    ]
    return "\n".join([rows[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *rows[1:]])


def misses(measured: Iterable[Measured]) -> str:
    """List the missed goals, by how much they were missed, and why."""
    missed = [
        f"- {line.what}: {line.ratio:.2f}, the goal is {line.goal}. {line.why or 'No reason is known.'}"
        for part in measured
        for line in part.lines
        if line.goal is not None and not line.goal.met(line.ratio)
    ]
    return "\n".join(["What misses its goal:", "", *missed]) if missed else "Every goal is met."


def machine() -> str:
    """Describe where and when this was measured."""
    load = f", load average {os.getloadavg()[0]:.1f} at the start" if hasattr(os, "getloadavg") else ""
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    return (
        f"Measured on {today} with Python {platform.python_version()} on {platform.system()} "
        f"{platform.machine()}, {os.cpu_count()} processors{load}."
    )


def write(text: str, first: str = BEGIN, last: str = END, file: Path | None = None) -> None:
    """Write text between two marks of a file, by default of the page."""
    file = file or PAGE
    before, begin, rest = file.read_text(encoding="utf-8").partition(first)
    _, end, after = rest.partition(last)
    if not begin or not end:
        sys.exit(f"{file.relative_to(ROOT)} does not contain the marks {first} and {last}")
    file.write_text(f"{before}{first}\n\n{text}\n\n{last}{after}", encoding="utf-8")
    print(f"written to {file.relative_to(ROOT)}", file=sys.stderr)


def written(file: Path, first: str, last: str) -> str:
    """Return the text between two marks of a file."""
    return file.read_text(encoding="utf-8").partition(first)[2].partition(last)[0].strip()


def rows_of(table: str) -> list[list[str]]:
    """Return the cells of a table made by `markdown`, without its headings."""
    lines = [line for line in table.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"rows of {', '.join(ROWS)}; default: all")
    parser.add_argument(
        "--peers", action="store_true", help="measure other client libraries next to this one"
    )
    parser.add_argument("--write", action="store_true", help="write the whole table to docs/performance.md")
    chosen = parser.parse_args()
    unknown = sorted(set(chosen.rows) - set(ROWS))
    if unknown:
        parser.error(f"no such row: {', '.join(unknown)}; the rows are {', '.join(ROWS)}")
    if chosen.write and chosen.rows:
        parser.error("--write needs the whole table: name no rows")
    where = machine()
    if chosen.peers:
        table = peers.table(peers.measure(say))
        text = "\n\n".join([where, markdown(table, peers.HEADINGS)])
        print(text)
        if chosen.write:
            write(text, PEERS_BEGIN, PEERS_END)
            write(peers.summary(table), PEERS_BEGIN, PEERS_END, README)
        return 0
    measured: list[Measured] = []
    until = time.monotonic() + BUDGET
    for row in chosen.rows or ROWS:
        began = time.monotonic()
        measured.append(measure(row, max(1.0, until - began)))
        print(f"{row}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    text = "\n\n".join([where, markdown(cells(measured)), misses(measured)])
    print(text)
    if chosen.write:
        write(text)
    return 1 if any(part.failed for part in measured) else 0


if __name__ == "__main__":
    sys.exit(main())
