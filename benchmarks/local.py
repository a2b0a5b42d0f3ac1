"""helmr_local in a separate process that executes commands for benchmarks.

`with local.server() as helmr:` provides its URL, its key, and `helmr.do(...)`. The process reads one command
per line and writes one response per line, both as JSON objects.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from helmr_ergonomic import HelmrClient, OutputStream, task
from helmr_local import AsyncTaskContext, LocalHelmr, LocalSettings, implement
from helmr_local.control_plane import ControlPlane
from helmr_local.resources.run_events import RunEvents
from helmr_local.resources.runs import Runs
from helmr_local.resources.sessions import Sessions
from helmr_local.resources.streams import NewRecord, Streams

findings = OutputStream("findings", dict[str, Any])

review = task("review", payload=dict[str, Any], output=dict[str, str])
held = task("held", payload=float, output=float, queue="held", concurrency_limit=1)
steady = task("steady", payload=float, output=float)


@implement(review, outputs=[findings])
async def _review(ctx: AsyncTaskContext[dict[str, Any]]) -> dict[str, str]:
    """Ends at once."""
    return {"summary": "nothing to say"}


@implement(held)
async def _held(ctx: AsyncTaskContext[float]) -> float:
    """Blocks its queue for the given seconds, so that later runs stay queued."""
    await asyncio.sleep(ctx.payload)
    return ctx.payload


@implement(steady)
async def _steady(ctx: AsyncTaskContext[float]) -> float:
    """Runs for the given seconds.

    Its output is the time of its end, on the clock that all processes share.
    """
    await asyncio.sleep(ctx.payload)
    return time.perf_counter()


@dataclass
class Helmr:
    """A handle for the process."""

    url: str
    key: str
    _process: subprocess.Popen[str]

    def spent(self) -> float:
        """The processor time of the process so far, in seconds."""
        spent: float = self.do("spent")
        return spent

    def do(self, command: str, **arguments: Any) -> Any:
        """Execute a command inside the process, and return its response."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": command, **arguments}) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())["response"]


@contextmanager
def server(database: str = "") -> Generator[Helmr]:
    """Run a process with its database in this file, or in memory."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.local", database],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        yield Helmr(ready["url"], ready["key"], process)
    finally:
        process.kill()
        process.wait()


# --- inside the process --------------------------------------------------------------------------------


def ended_run(helmr: Helmr, client: HelmrClient, count: int) -> str:
    """Create a cancelled run with this many events, and return its id."""
    run = client.sessions.start(steady, 3600.0).run
    helmr.do("events", count=count - 1, run=run.id)
    run.cancel(force=True)
    return run.id


def memory(helmr: LocalHelmr) -> float:
    """Return the process's current memory in MiB, including the database."""
    with open("/proc/self/statm", encoding="ascii") as statm:
        pages = int(statm.read().split()[1])
    return pages * 4096 / 2**20


def sessions(helmr: LocalHelmr, count: int) -> str:
    """Start sessions until there are `count`, each with a finished run. Return the id of the last."""
    last = ""

    def some(plane: ControlPlane) -> int:
        nonlocal last
        existing: int = plane.db.all("SELECT count(*) AS n FROM sessions")[0]["n"]
        actor = plane.keys.find(helmr.api_key, plane.clock.now())
        assert actor is not None
        for number in range(existing, min(count, existing + 200)):
            body = {"payload": {"prNumber": number}, "tags": ["review"], "external_id": f"pull-{number}"}
            last = plane.starts.start(actor, review.id, body, sdk_version="", cli_version="").session["id"]
        return count - existing - 200

    # In batches, so that the runs can execute in between.
    helmr.api_key  # noqa: B018  # made outside the server's thread, which it waits for
    while helmr._server.on_loop(some) > 0:  # pyright: ignore[reportPrivateUsage]  # measured from inside
        _until(helmr, _all_done)
    _until(helmr, _all_done)
    if helmr._server.on_loop(_failures):  # pyright: ignore[reportPrivateUsage]
        raise RuntimeError("some runs failed, so the measurement is invalid")
    return last


def _all_done(plane: ControlPlane) -> bool:
    return not plane.db.all(
        "SELECT 1 FROM runs WHERE status IN ('queued', 'running') AND status <> 'succeeded' LIMIT 1"
    )


def _failures(plane: ControlPlane) -> int:
    failed: int = plane.db.all("SELECT count(*) AS n FROM runs WHERE status = 'failed'")[0]["n"]
    return failed


def _until(helmr: LocalHelmr, condition: Callable[[ControlPlane], bool]) -> None:
    while not helmr._server.on_loop(condition):  # pyright: ignore[reportPrivateUsage]
        time.sleep(0.002)


def records(helmr: LocalHelmr, count: int, session: str) -> int:
    """Append records to a session's stream until it has `count`."""

    def some(plane: ControlPlane) -> int:
        stream = plane.resource(Streams).resolve(
            plane.resource(Sessions).require(session), findings.name, "output"
        )
        existing: int = stream["sequence"]
        with plane.db.transaction():
            for number in range(existing, min(count, existing + 5000)):
                plane.resource(Streams).append(
                    stream, NewRecord({"summary": f"finding {number}", "line": number})
                )
        return count - existing - 5000

    while helmr._server.on_loop(some) > 0:  # pyright: ignore[reportPrivateUsage]
        pass
    return count


def events(helmr: LocalHelmr, count: int, run: str) -> int:
    """Add `count` events to a run, before the one that ends it."""

    def some(plane: ControlPlane) -> int:
        row = plane.resource(Runs).require(run)
        existing = row["event_seq"]
        with plane.db.transaction():
            for _ in range(existing, min(count, existing + 5000)):
                plane.resource(RunEvents).append(
                    row, "log.stdout", {"bytes": 80}, at=plane.clock.now(), leased=True
                )
        return count - existing - 5000

    while helmr._server.on_loop(some) > 0:  # pyright: ignore[reportPrivateUsage]
        pass
    return count


def events_now(helmr: LocalHelmr, runs: list[str]) -> float:
    """Write an event for each of these runs, and return the time of the first."""

    def write(plane: ControlPlane) -> float:
        began = time.perf_counter()
        for run in runs:
            row = plane.resource(Runs).require(run)
            with plane.db.transaction():
                plane.resource(RunEvents).append(
                    row, "log.stdout", {"bytes": 80}, at=plane.clock.now(), leased=True
                )
        return began

    return helmr._server.on_loop(write)  # pyright: ignore[reportPrivateUsage]


def spent(helmr: LocalHelmr) -> float:
    return time.process_time()


COMMANDS: dict[str, Callable[..., Any]] = {
    "spent": spent,
    "memory": memory,
    "sessions": sessions,
    "records": records,
    "events": events,
    "events_now": events_now,
}


def main() -> None:
    # No limit on concurrent starts.
    database = sys.argv[1] or None
    with LocalHelmr(tasks=[_review, _held, _steady], database=database, settings=LocalSettings()) as helmr:
        print(json.dumps({"url": helmr.url, "key": helmr.api_key}), flush=True)
        for line in sys.stdin:
            command = json.loads(line)
            response = COMMANDS[command.pop("do")](helmr, **command)
            print(json.dumps({"response": response}), flush=True)


if __name__ == "__main__":
    main()
