"""Command-line parsing: an error is a single line, and the exit status is 2."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import NoReturn

KEPT, BROKEN, CANNOT_TEST, INTERRUPTED = 0, 1, 2, 130
"""The exit statuses of the commands."""


class Parser(argparse.ArgumentParser):
    """An argument parser that reports errors in one line."""

    def error(self, message: str) -> NoReturn:
        """Exit with status 2."""
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


def at_least(least: int) -> Callable[[str], int]:
    """Return an argument type for integers that are not below a minimum."""

    def integer(text: str) -> int:
        if not text.removeprefix("-").isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"must be an integer from {least}, not {text!r}")
        return int(text)

    return integer
