"""helmr_local with its page and the examples, started anew whenever their sources change: `make dev`.

Sessions, the port and the key stay over a restart: the database is a file that goes with this program.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WATCHED = ("examples", "generated", "helmr", "helmr_ergonomic", "helmr_local")
SUFFIXES = (".py", ".js", ".css", ".html", ".svg", ".sql")
INTERVAL = 0.5


def sources() -> Iterator[Path]:
    """Every file that the server is made of."""
    yield ROOT / "openapi.yaml"
    for folder in WATCHED:
        yield from (file for file in (ROOT / folder).rglob("*") if file.suffix in SUFFIXES)


def state() -> dict[Path, int]:
    """When each source was changed."""
    times: dict[Path, int] = {}
    for file in sources():
        try:
            times[file] = file.stat().st_mtime_ns
        except FileNotFoundError:  # an editor replaces it just now
            continue
    return times


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def serve(port: int, database: Path, first: bool) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "helmr_local", "serve", "--tasks", "examples.tasks"]
    command += ["--port", str(port), "--database", str(database)]
    if first:
        return subprocess.Popen([*command, "--open"], cwd=ROOT)
    # The link is known by now.
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)


def main() -> int:
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="helmr-dev-") as folder:
        database, first = Path(folder, "helmr.db"), True
        while True:
            known = state()
            server = serve(port, database, first)
            first = False
            try:
                while state() == known:
                    time.sleep(INTERVAL)
            except KeyboardInterrupt:
                return 0
            finally:
                server.terminate()
                server.wait()
            print("a source has changed: serving anew", flush=True)


if __name__ == "__main__":
    sys.exit(main())
