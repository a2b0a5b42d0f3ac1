"""A Prism mock of the same document, pinned in scripts/node."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager

from . import samples
from .skipped import Skipped

sys.path.insert(0, str(samples.DOCUMENT.parent / "scripts"))
import toolchains  # the scripts are programs, not a package


@contextmanager
def server() -> Generator[str]:
    """Run a mock with minimal logging, and yield its URL.

    Raises:
        Skipped: Node.js is missing, or Prism cannot be installed or started.
    """
    try:
        command = toolchains.node_tool("prism")
    except toolchains.Missing as missing:
        raise Skipped(str(missing)) from None
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    output = tempfile.TemporaryFile()  # noqa: SIM115  # closed below, with the process
    process = subprocess.Popen(
        [
            *command,
            "mock",
            "--host=127.0.0.1",
            f"--port={port}",
            "--verboseLevel=silent",
            str(samples.DOCUMENT),
        ],
        stdout=output,
        stderr=subprocess.STDOUT,
    )
    try:
        if not _listens(process, port):
            output.seek(0)
            raise Skipped(f"Prism does not start: {output.read()[-300:].decode('utf-8', 'replace').strip()}")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()
        output.close()


def _listens(process: subprocess.Popen[bytes], port: int) -> bool:
    until = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        except OSError:
            time.sleep(0.1)
    return False
