"""The command `helmr`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from helmr import __version__


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = _parser()
    parser.parse_args(arguments)
    parser.print_help()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="helmr",
        description="Helmr for Python. The commands helmr-local and helmr-contract run a local control plane "
        "and test any control plane.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    return parser
