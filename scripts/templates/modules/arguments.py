"""Rejects secrets in arguments that appear in requests, logs and errors."""

from __future__ import annotations

from .display import holds_credential
from .errors import ArgumentError

__all__ = ["refuse_secret"]


def refuse_secret(value: str, what: str, *, may_be_url: bool = False) -> None:
    """Reject a credential, and a URL, which may contain one, such as a callback URL passed as a token id.

    Raises:
        ArgumentError: The value is a credential or a URL. The message does not contain it.

    >>> refuse_secret("0198a1b2-c3d4-7e5f-8091-a2b3c4d5e6f7", "token")
    """
    if holds_credential(value) or (not may_be_url and "://" in value):
        kind = "a credential" if may_be_url else "a URL or a credential"
        raise ArgumentError(f"{what} must not be {kind}, such as a callback URL or a public access token")
