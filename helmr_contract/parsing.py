"""Parsing command lines: a mistake is one line, and exit status 2."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import NoReturn


class Parser(argparse.ArgumentParser):
    """A parser that says in one line what is wrong."""

    def error(self, message: str) -> NoReturn:
        """Exit with status 2."""
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


def at_least(least: int) -> Callable[[str], int]:
    """The type of an argument that is an integer, and not below the least one."""

    def integer(text: str) -> int:
        if not text.removeprefix("-").isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"must be an integer from {least}, not {text!r}")
        return int(text)

    return integer
