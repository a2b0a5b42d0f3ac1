"""Why a row could not be measured."""

from __future__ import annotations


class Skipped(Exception):
    """The row needs something that this machine does not have. The text says what."""
