"""`helmr-local serve --reload`: restarts when a source file changes, keeping sessions, port and key."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import FrameType

INTERVAL = 0.5
"""Seconds between two checks of the sources."""
SUFFIXES = (".py", ".js", ".css", ".html", ".svg", ".sql", ".yaml")
_STOP_SECONDS = 15.0
State = dict[Path, int]


def folders_of(modules: Iterable[str]) -> list[Path]:
    """Return the folders with the sources of these modules: packages, or the folders of single modules."""
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    found: dict[Path, None] = {}
    for name in modules:
        top = name.partition(".")[0]
        try:
            spec = importlib.util.find_spec(top)
        except (ImportError, ValueError):
            spec = None
        if spec is not None and spec.submodule_search_locations:
            found |= dict.fromkeys(map(Path, spec.submodule_search_locations))
        elif spec is not None and spec.origin:
            found[Path(spec.origin).parent] = None
        else:  # it cannot be found yet
            found[Path.cwd()] = None
    return list(found)


def sources(places: Iterable[Path]) -> Iterator[Path]:
    """Return the source files below these places, without environments, caches and hidden files."""
    for place in places:
        if place.is_file():
            yield place
            continue
        for folder, inside, files in os.walk(place):
            inside[:] = [
                name
                for name in inside
                if not name.startswith(".")
                and name not in ("__pycache__", "node_modules")
                and not Path(folder, name, "pyvenv.cfg").exists()
            ]
            yield from (Path(folder, name) for name in files if name.endswith(SUFFIXES))


def state(places: Iterable[Path]) -> State:
    """Return the modification time of each source file."""
    times: State = {}
    for file in sources(places):
        try:
            times[file] = file.stat().st_mtime_ns
        except FileNotFoundError:  # an editor is replacing it right now
            continue
    return times


def serve(
    command: Callable[[str], Sequence[str]],
    database: str | None,
    places: Sequence[Path],
    tell: Callable[[str], None],
) -> int:
    """Run the command until this process is interrupted; restart it whenever a source file changes.

    Args:
        command: Returns the command, given the file that keeps the state.
        database: That file; None for a temporary one.
        places: Files and folders to watch.
        tell: Called with a message about each event.

    Returns:
        The exit status of the last process.
    """
    stopping = threading.Event()

    def stop(signum: int, frame: FrameType | None) -> None:
        stopping.set()

    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        signum = getattr(signal, name, None)
        if signum is not None and signal.getsignal(signum) is not signal.SIG_IGN:
            signal.signal(signum, stop)
    with tempfile.TemporaryDirectory(prefix="helmr-local-") as folder:
        file = database or os.path.join(folder, "helmr.db")
        output: int | None = None  # the first process prints the URL and the key
        while True:
            known = state(places)
            with subprocess.Popen(list(command(file)), stdout=output) as process:  # noqa: S603  # ourselves
                try:
                    _wait(process, places, known, stopping, tell)
                finally:
                    status = _end(process)
            if stopping.is_set():
                return 0 if status in (0, -signal.SIGTERM) else status
            if status == 0:
                output = subprocess.DEVNULL
            tell("a source file has changed: restarting")


def _wait(
    process: subprocess.Popen[bytes],
    places: Sequence[Path],
    known: State,
    stopping: threading.Event,
    tell: Callable[[str], None],
) -> None:
    """Wait until a source file has changed or this process has to stop."""
    ended = False
    while not stopping.wait(INTERVAL):
        if state(places) != known:
            return
        if not ended and process.poll() is not None:
            ended = True
            tell("the server has ended; it restarts when a source file changes")


def _end(process: subprocess.Popen[bytes]) -> int:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.wait()
