"""Run helmr_local with its page and the examples, restarting when their sources change: `make dev`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WATCHED = ("openapi.yaml", "examples", "generated", "helmr", "helmr_ergonomic", "helmr_local")


def command() -> list[str]:
    """Return the command that starts the server."""
    watched = [word for name in WATCHED for word in ("--watch", str(ROOT / name))]
    serve = [sys.executable, "-m", "helmr_local", "serve", "--tasks", "examples.tasks", "--open", "--reload"]
    return [*serve, *watched]


if __name__ == "__main__":
    os.chdir(ROOT)
    os.execv(sys.executable, command())  # noqa: S606  # this program has nothing more to do
