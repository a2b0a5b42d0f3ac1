"""Several threads may be the first to use a class with msgspec."""

from __future__ import annotations

import subprocess
import sys

# msgspec 0.22 crashes the process, so the threads run in a process of their own. Without the lock of
# `json_decoder`, this crashes in nearly every run.
IN_THREADS = """
import sys
import threading
from dataclasses import make_dataclass

from helmr_ergonomic.codecs import codec_for

def at_once(work):
    ready = threading.Barrier(16)

    def run():
        ready.wait()
        work()

    threads = [threading.Thread(target=run) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

sys.setswitchinterval(1e-6)

for number in range(20):
    inner = make_dataclass(f"Inner{number}", [("a", int), ("b", str)])
    outer = make_dataclass(f"Outer{number}", [("one", inner), ("many", list[inner])])
    at_once(lambda: codec_for(outer).load({"one": {"a": 1, "b": ""}, "many": []}))
"""


def test_threads_that_use_a_type_first_do_not_crash_the_process() -> None:
    done = subprocess.run([sys.executable, "-c", IN_THREADS], capture_output=True, text=True, timeout=120)

    assert (done.returncode, done.stderr) == (0, "")
