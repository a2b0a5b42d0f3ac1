"""Following the output of an exec."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator

from helmr_ergonomic import HelmrClient

from . import local
from .measure import Goal, Line, in_turns, peak_mib

MIB = 1 << 20
PIECE, PIECES = 10 * MIB, 10
THROUGHPUT = 32 * MIB
WHAT = f"following {THROUGHPUT // MIB} MiB of an exec's output: time"
AGAINST = "a pipe of `subprocess`"
MEMORY = f"growth of memory while {PIECE * PIECES // MIB} MiB of output are followed"
FLAT = 4.0
# The program waits for input after each piece, because a server keeps only the last 64 MiB.
IN_PIECES = f"for piece in $(seq {PIECES}); do head -c {PIECE} /dev/zero; read go_on; done"


def lines() -> Iterator[Line]:
    written = ["head", "-c", str(THROUGHPUT), "/dev/zero"]
    with local.server() as helmr, HelmrClient(helmr.url, helmr.key) as client:
        workspace = client.workspaces.create("default")
        with client.workspaces.open(workspace).connect() as live:

            def ours() -> float:
                began = time.perf_counter()
                proc = live.exec(written)
                assert sum(len(chunk.data) for chunk in proc.stdout.follow()) == THROUGHPUT
                return time.perf_counter() - began

            def theirs() -> float:
                began = time.perf_counter()
                with subprocess.Popen(written, stdout=subprocess.PIPE) as process:
                    assert process.stdout is not None
                    count = 0
                    while piece := process.stdout.read(MIB):
                        count += len(piece)
                assert count == THROUGHPUT
                return time.perf_counter() - began

            both = in_turns(ours, theirs, 3)

            count, before = 0, 0.0
            proc = live.exec(["sh", "-c", IN_PIECES], stdin=True)
            for chunk in proc.stdout.follow():
                done, count = count // PIECE, count + len(chunk.data)
                if count // PIECE > done:
                    before = before or peak_mib()
                    proc.stdin.write("\n")
            assert count == PIECE * PIECES
            grown = peak_mib() - before
    rates = (
        f"{THROUGHPUT / MIB / both.our_median:,.0f} MiB/s : {THROUGHPUT / MIB / both.their_median:,.0f} MiB/s"
    )
    yield both.line(WHAT, AGAINST, None, rates)
    yield Line(MEMORY, "MiB, 0 is flat", grown, grown, grown, Goal(at_most=FLAT))
