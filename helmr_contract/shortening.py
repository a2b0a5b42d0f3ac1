"""Shortens text for people."""

from __future__ import annotations


def shortened(text: str, most: int) -> str:
    """Return the text, or its first `most` characters and an ellipsis.

    >>> shortened("a long text", 6), shortened("short", 6)
    ('a long …', 'short')
    """
    return text if len(text) <= most else f"{text[:most]} …"
