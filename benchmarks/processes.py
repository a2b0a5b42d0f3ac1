"""New processes, timed."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from functools import cache
from pathlib import Path

URL = "http://127.0.0.1:9"

# httpx loads its command line, with click and rich, if these are installed, as in this project's environment.
# They are not installed with this client alone.
ONLY_WHAT_IS_NEEDED = "import sys; sys.modules['click'] = None\n"


@cache
def _environment() -> dict[str, str]:
    """Return an environment in which both sides use compiled files, as installed packages do."""
    environment = {**os.environ, "HELMR_API_URL": URL, "HELMR_API_KEY": "helmr_key_benchmark"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment["PYTHONPYCACHEPREFIX"] = str(Path(__file__).resolve().parent.parent / "build" / "pycache")
    return environment


def seconds(code: str) -> float:
    """Return the processor time of a new Python process that runs this code.

    The process does not wait, so on an idle machine this equals the elapsed time.
    """
    before = children_seconds()
    subprocess.run([sys.executable, "-c", ONLY_WHAT_IS_NEEDED + code], check=True, env=_environment())
    return children_seconds() - before


def children_seconds() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def statement_seconds(code: str, python: str | Path = sys.executable) -> float:
    """Return the processor time of this statement in a new Python process, without startup and shutdown."""
    program = (
        f"{ONLY_WHAT_IS_NEEDED}import time; b = time.process_time()\n{code}\nprint(time.process_time() - b)"
    )
    done = subprocess.run(
        [str(python), "-c", program], check=True, env=_environment(), stdout=subprocess.PIPE, text=True
    )
    return float(done.stdout)
