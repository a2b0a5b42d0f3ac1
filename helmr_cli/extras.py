"""The entry points of the commands whose dependencies are optional.

`pip install helmr` installs the commands `helmr-local` and `helmr-contract`, but not the packages that they
import. Without these, each command still prints its version, and otherwise says which extra to install.
"""

from __future__ import annotations

import argparse
import io
import sys
from importlib import import_module
from importlib.util import find_spec

from helmr import __version__


def helmr_local() -> int:
    """Run `helmr-local`."""
    return _run("helmr-local", "helmr_local.cli", extra="local")


def helmr_contract() -> int:
    """Run `helmr-contract`."""
    return _run("helmr-contract", "helmr_contract.cli", extra="contract")


def print_everything(stream: object) -> None:
    """Escape output that the terminal or pipe cannot encode, instead of failing.

    Python writes to pipes in the legacy encoding of the system on Windows, and in ASCII in some containers.
    """
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")


def _run(command: str, module: str, *, extra: str) -> int:
    print_everything(sys.stdout)
    try:
        main = import_module(module).main
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if not missing or missing.startswith("helmr") or _is_installed(missing):
            raise
        return _without_extra(command, extra, missing)
    status: int = main()
    return status


def _is_installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ValueError:  # there is None in sys.modules
        return False


def _without_extra(command: str, extra: str, missing: str) -> int:
    parser = argparse.ArgumentParser(prog=command, add_help=False)
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    parser.parse_known_args()
    print(
        f"{command}: the package {missing} is not installed. "
        f"Install the extra {extra!r}: pip install 'helmr[{extra}]'",
        file=sys.stderr,
    )
    return 2
