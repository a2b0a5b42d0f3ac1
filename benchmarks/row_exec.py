"""Following the output of an exec."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator

from helmr_ergonomic import HelmrClient

from . import canned, local, samples
from .measure import Goal, Line, in_turns, peak_mib

MIB = 1 << 20
PIECE, PIECES = 10 * MIB, 10
THROUGHPUT = 32 * MIB
WHAT = f"following {THROUGHPUT // MIB} MiB of an exec's output: time"
AGAINST = "a pipe of `subprocess`"
MEMORY = f"growth of memory while {PIECE * PIECES // MIB} MiB of output are followed"
FLAT = 4.0
FOLLOWED = f"{PIECE * PIECES // MIB} MiB of an exec's output followed, loopback server: rate"
BARE = "a bare httpx stream of the same bytes"
WHY = (
    "The bare side receives the bytes, with h11 and httpcore. This client reads plain chunks itself, in a "
    "fifth of its processor time. To parse the JSON of the frames with its base64, in C, takes almost half. "
    "The rest splits the stream into frames, decodes UTF-8 for `chunk.text` and limits the time of each read."
)
GROWTH = f"growth of memory while these {PIECE * PIECES // MIB} MiB are followed"
# The program waits for input after each piece, because a server keeps only the last 64 MiB.
IN_PIECES = f"for piece in $(seq {PIECES}); do head -c {PIECE} /dev/zero; read go_on; done"


def lines() -> Iterator[Line]:
    yield from _followed()
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


def _followed() -> Iterator[Line]:
    workspace, exec_ = "0197b3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "0197b3c4-5d6e-7f80-9a1b-2c3d4e5f6073"
    grown: list[float] = []
    with canned.clients() as (client, http):

        def ours() -> float:
            began, count, before = time.perf_counter(), 0, 0.0
            for chunk in client.workspaces.execs.open(workspace, exec_).stdout.follow():
                count += len(chunk.data)
                before = before or peak_mib()
            grown.append(peak_mib() - before)
            assert count == samples.OUTPUT_BYTES
            return time.perf_counter() - began

        def theirs() -> float:
            began, count = time.perf_counter(), 0
            with http.stream("GET", f"/api/workspaces/{workspace}/execs/{exec_}/stdout?follow=1") as response:
                for piece in response.iter_bytes():
                    count += len(piece)
            assert count > samples.OUTPUT_BYTES
            return time.perf_counter() - began

        both = in_turns(ours, theirs, 5)
    size = samples.OUTPUT_BYTES / MIB
    rates = f"{size / both.our_median:,.0f} MiB/s : {size / both.their_median:,.0f} MiB/s"
    yield both.line(FOLLOWED, BARE, Goal(at_least=0.7), rates, rate=True, why=WHY)
    yield Line(GROWTH, "MiB, 0 is flat", grown[0], grown[0], grown[0], Goal(at_most=FLAT))
