"""Control planes in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SERVE = ("-m", "helmr_local", "serve")


@contextmanager
def serving(
    *command: str, tasks: Path, database: Path
) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """Run a server on a database, and kill it at the end.

    Args:
        command: The arguments of Python that start it, `SERVE` for instance.
        tasks: The file of its task module.

    Yields:
        The process, and the environment variables that it prints.
    """
    process = subprocess.Popen(
        [sys.executable, *command, "--tasks", tasks.stem, "--database", str(database)],
        env=os.environ | {"PYTHONPATH": str(tasks.parent)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        lines = [process.stdout.readline().removeprefix("export ").strip() for _ in range(2)]
        yield process, dict(line.split("=", 1) for line in lines if line.startswith("HELMR_"))
    finally:
        process.kill()
        process.communicate(timeout=30)
