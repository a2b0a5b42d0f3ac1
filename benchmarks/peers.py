"""Measures other clients like this one: import, construction, one typed call, and one page.

`python scripts/bench.py --peers` installs the peers of `peers.txt` and this client in a separate environment.
The transport of each is a mock that responds immediately, so the figures exclude the network. They are
processor times: medians and quartiles of rounds that include all clients.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import venv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .measure import quartiles
from .peer_programs import OURS, PEERS, Peer
from .processes import statement_seconds

ROOT: Final = Path(__file__).resolve().parent.parent
BUILD: Final = ROOT / "build" / "peers"
PINS: Final = Path(__file__).parent / "peers.txt"
ROUNDS: Final = 7
CALLS: Final = 200
PAGES: Final = 20

HEADINGS: Final = ("client", "import", "client made", "one call", "one page of 100", "of what")

MOCK: Final = """
import importlib
def mock(where, content):
    module, _, name = where.rpartition(".")
    library = importlib.import_module(module.partition(".")[0] if "httpx2" in module else "httpx")
    def handle_request(self, request):
        request.read()
        return library.Response(200, headers={"content-type": "application/json"}, content=content)
    setattr(getattr(importlib.import_module(module), name), "handle_request", handle_request)
"""

TIMED: Final = """
from benchmarks.measure import timed
def seconds(program, count):
    code, names = compile(program, "call", "exec"), globals()
    timed(lambda: exec(code, names), count)  # pays for imports and caches, some of which are late
    return timed(lambda: exec(code, names), count)
"""


@dataclass(frozen=True)
class Figures:
    """The results of one client in seconds; None for features that it lacks."""

    peer: Peer
    imported: Sequence[float]
    made: Sequence[float]
    call: Sequence[float] | None
    page: Sequence[float] | None


def measure(say: Callable[[str], None]) -> list[Figures]:
    """Measure this client and its peers in rounds that include all of them."""
    python = prepare(say)
    rounds: dict[str, list[list[float]]] = {}
    for number in range(ROUNDS + 1):
        for peer in (OURS, *PEERS):
            figures = one_round(python, peer)
            if number:  # the first round compiles the installed modules
                rounds.setdefault(peer.name, []).append(figures)
        say(f"peers: round {number} of {ROUNDS}")
    found: list[Figures] = []
    for peer in (OURS, *PEERS):
        columns = [list(column) for column in zip(*rounds[peer.name], strict=True)]
        has_calls = bool(peer.call)
        found.append(
            Figures(
                peer,
                columns[0],
                columns[1],
                columns[2] if has_calls else None,
                columns[3] if has_calls else None,
            )
        )
    return found


def one_round(python: Path, peer: Peer) -> list[float]:
    """Return the seconds of import, construction, call and page; the first two each in a separate process."""
    figures = [
        statement_seconds(peer.statement, python),
        statement_seconds(f"{peer.statement}\n{peer.made}", python),
    ]
    if peer.call:
        for program, given, count in (
            (peer.call, peer.given, CALLS),
            (peer.page, peer.given_page, PAGES),
        ):
            content = json.dumps(given, separators=(",", ":")).encode()
            mocking = f"mock({peer.transport!r}, {content!r})"
            timing = f"print(seconds({program!r}, {count}))"
            parts = [MOCK, TIMED, mocking, peer.statement, peer.made, peer.mocked, timing]
            figures.append(run(python, peer, parts))
    return figures


def run(python: Path, peer: Peer, program: Sequence[str]) -> float:
    """Run a program and return its output."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "HELMR_API_URL", "HELMR_API_KEY"}
    }
    command = [str(python), "-c", "\n".join(program)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{peer.name}: {done.stderr.strip() or done.returncode}")
    return float(done.stdout)


def prepare(say: Callable[[str], None]) -> Path:
    """Return the Python of the environment with the peers, which is recreated when `peers.txt` changes."""
    python = BUILD / "env" / ("Scripts" if os.name == "nt" else "bin") / "python"
    document = ROOT / "openapi.yaml"
    state = hashlib.sha256(PINS.read_bytes() + document.read_bytes()).hexdigest()
    marker = BUILD / "installed.txt"
    if marker.exists() and marker.read_text(encoding="utf-8") == state:
        return python
    say("peers: installing them takes about a minute")
    venv.create(BUILD / "env", clear=True, with_pip=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--requirement", str(PINS), "--editable", str(ROOT)], check=True)
    generate = [str(python), "-m", "openapi_python_client", "generate", "--path", str(document)]
    subprocess.run(
        [*generate, "--output-path", str(packages(python) / "stock"), "--meta", "none", "--overwrite"],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    marker.write_text(state, encoding="utf-8")
    return python


def packages(python: Path) -> Path:
    """Return the site-packages folder of an environment."""
    command = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    return Path(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip())


def table(measured: Sequence[Figures]) -> list[tuple[str, ...]]:
    """Return the lines of the table as strings."""
    versions = pins()
    lines: list[tuple[str, ...]] = []
    for figures in measured:
        name = figures.peer.name
        lines.append(
            (
                f"{name} {versions[name]}" if name in versions else name,
                shown(figures.imported, 1e3, "ms"),
                shown(figures.made, 1e3, "ms"),
                shown(figures.call, 1e6, "µs"),
                shown(figures.page, 1e3, "ms"),
                figures.peer.note,
            )
        )
    return lines


def summary(table: Sequence[Sequence[str]]) -> str:
    """Return the README's line with the cost of a call for each client that has one."""
    calls = [(row[0], row[3].partition(" (")[0]) for row in table if row[3] != "–"]
    (ours, cost), *others = calls
    compared = ", ".join(f"{name} {theirs}" for name, theirs in others)
    return (
        f"Processor time of one typed call, without the network: {ours} {cost}; {compared} "
        "([all figures](docs/performance.md#other-clients))."
    )


def pins() -> dict[str, str]:
    """Return the versions of the peers."""
    return dict(line.split("==") for line in PINS.read_text(encoding="utf-8").split())


def shown(seconds: Sequence[float] | None, factor: float, unit: str) -> str:
    """Format a median with its quartiles."""
    if seconds is None:
        return "–"
    low, middle, high = (value * factor for value in quartiles(seconds))
    digits = 0 if middle >= 100 else 1 if middle >= 10 else 2
    return f"{middle:.{digits}f} {unit} ({low:.{digits}f}–{high:.{digits}f})"


if __name__ == "__main__":
    for line in table(measure(lambda text: print(text, file=sys.stderr, flush=True))):
        print(" | ".join(line))
