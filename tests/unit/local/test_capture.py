"""Capturing the standard streams while task code runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

PRINTS_WHILE_THE_STREAMS_ARE_PUT_BACK = """
import sys
from helmr_local import capture

class Sink:
    over = False
    def write(self, stream, text): pass
    def flush(self, stream): pass

class Stream:
    def write(self, text):
        capture._installation.leave(sink)  # as another thread may do within a `print`
        return real.write(text)
    def flush(self): real.flush()

real, sink = sys.stdout, Sink()
sys.stdout = Stream()
capture._installation.enter(sink)
print("one", "two")
sys.stdout = real
"""


def test_print_survives_the_streams_being_restored_during_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PRINTS_WHILE_THE_STREAMS_ARE_PUT_BACK],
        env={**os.environ, "PYTHONMALLOC": "debug"},  # overwrites freed memory
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert (done.returncode, done.stdout) == (0, "one two\n")
