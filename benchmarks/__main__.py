"""`python -m benchmarks` lists the rows; `python -m benchmarks ROW` measures one."""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import json
from pathlib import Path

from .measure import Line
from .rows import ROWS
from .skipped import Skipped


def shown(line: Line) -> str:
    goal = ""
    if line.goal is not None:
        goal = f", goal {line.goal}: {'met' if line.goal.met(line.ratio) else 'missed'}"
    note = f" ({line.note})" if line.note else ""
    return f"{line.what} / {line.against}: {line.ratio:.2f} [{line.low:.2f}–{line.high:.2f}]{goal}{note}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("row", nargs="?", choices=ROWS, help="the row to measure")
    parser.add_argument("--json", action="store_true", help="one JSON object per line, for scripts/bench.py")
    chosen = parser.parse_args()
    if chosen.row is None:
        for name in ROWS:
            text = (Path(__file__).parent / f"row_{name}.py").read_text(encoding="utf-8")
            print(f"{name:12} {text.splitlines()[0].strip(chr(34))}")
        return
    module = importlib.import_module(f"{__package__}.row_{chosen.row}")
    try:
        for line in module.lines():
            print(json.dumps(dataclasses.asdict(line)) if chosen.json else shown(line), flush=True)
    except Skipped as reason:
        print(json.dumps({"skipped": str(reason)}) if chosen.json else f"skipped: {reason}", flush=True)


if __name__ == "__main__":
    main()
