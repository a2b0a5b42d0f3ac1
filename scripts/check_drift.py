"""Check that all derived files match their sources, and report those that do not.

    python scripts/check_drift.py

Lists each file that differs, is missing or is extra, and one line per check at the end. Exits with 1 if there
is drift.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

import derive_sync
import generate
import progress
from generator.errors import GenerationFailed

# Derived tree -> the function that lists its drift, one line per file.
CHECKS: Mapping[str, Callable[[], list[str]]] = {
    "generated client (generated/helmr_api from openapi.yaml)": generate.drift,
    "sync sources (derived from the async ones)": derive_sync.drift,
}


def main(checks: Mapping[str, Callable[[], list[str]]] = CHECKS) -> int:
    verdicts: list[str] = []
    drifted = False
    for name, check in checks.items():
        try:
            with progress.Step(f"checking the {name}"):
                lines = check()
        except GenerationFailed as error:
            lines = [f"cannot generate a complete client from openapi.yaml:\n{error}"]
        for line in lines:
            print(line)
        drifted = drifted or bool(lines)
        verdicts.append(f"{'DRIFT' if lines else 'ok   '}  {name}")
    print("\n".join(verdicts))
    if drifted:
        print("run `make generate` and commit the changes")
    return 1 if drifted else 0


if __name__ == "__main__":
    sys.exit(main())
