"""New processes, timed."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from functools import cache
from pathlib import Path

URL = "http://127.0.0.1:9"

# httpx loads its command line, and with it click and rich, wherever these happen to be installed, as they are
# in the environment of this project; whoever installs only this client does not have them.
ONLY_WHAT_IS_NEEDED = "import sys; sys.modules['click'] = None\n"


@cache
def _environment() -> dict[str, str]:
    """Both sides run compiled, as installed packages do, also where this machine keeps no compiled files."""
    environment = {**os.environ, "HELMR_API_URL": URL, "HELMR_API_KEY": "helmr_key_benchmark"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment["PYTHONPYCACHEPREFIX"] = str(Path(__file__).resolve().parent.parent / "build" / "pycache")
    return environment


def seconds(code: str) -> float:
    """The processor time of a new Python that runs this, from its start to its end.

    It waits for nothing, so that on an idle machine this is the time that passes.
    """
    before = children_seconds()
    subprocess.run([sys.executable, "-c", ONLY_WHAT_IS_NEEDED + code], check=True, env=_environment())
    return children_seconds() - before


def children_seconds() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def statement_seconds(code: str, python: str | Path = sys.executable) -> float:
    """The processor time of this statement alone in a new Python, without the start and end of that."""
    program = (
        f"{ONLY_WHAT_IS_NEEDED}import time; b = time.process_time()\n{code}\nprint(time.process_time() - b)"
    )
    done = subprocess.run(
        [str(python), "-c", program], check=True, env=_environment(), stdout=subprocess.PIPE, text=True
    )
    return float(done.stdout)
