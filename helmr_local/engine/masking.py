"""Hides the values of a task's secrets in what people are shown."""

from __future__ import annotations

from collections.abc import Iterable

MASK = "***"


def masked(text: str, secrets: Iterable[str]) -> str:
    """The text with each of these values masked."""
    for secret in sorted(secrets, key=len, reverse=True):  # one may be the beginning of another
        if secret:
            text = text.replace(secret, MASK)
    return text


def masked_bytes(content: bytes, secrets: Iterable[str]) -> bytes:
    """As `masked`, for text as UTF-8."""
    for secret in sorted(secrets, key=len, reverse=True):
        if secret:
            content = content.replace(secret.encode("utf-8", "replace"), MASK.encode())
    return content
