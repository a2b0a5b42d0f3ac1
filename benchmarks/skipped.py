"""The exception for a row that cannot be measured."""

from __future__ import annotations


class Skipped(Exception):
    """A requirement of the row is missing on this machine. The message names it."""
