"""Masks the values of a task's secrets in everything that users see."""

from __future__ import annotations

from collections.abc import Iterable

MASK = "***"


def masked(text: str, secrets: Iterable[str]) -> str:
    """Return the text with each of these values masked."""
    for secret in sorted(secrets, key=len, reverse=True):  # longest first: one may be a prefix of another
        if secret:
            text = text.replace(secret, MASK)
    return text


def masked_bytes(content: bytes, secrets: Iterable[str]) -> bytes:
    """Like `masked`, for UTF-8 bytes."""
    for secret in sorted(secrets, key=len, reverse=True):
        if secret:
            content = content.replace(secret.encode("utf-8", "replace"), MASK.encode())
    return content
