"""Makes strings safe to display: escapes control characters and masks credentials."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["holds_credential", "masked", "one_line", "presentable", "printable"]

# Control characters of either set, and those that reorder or end a line in a terminal or a log: otherwise a
# server or a task could move the cursor, change colours or forge lines.
_CONTROL: Final = frozenset(
    chr(code)
    for code in (
        *range(0x20),
        *range(0x7F, 0xA0),
        *(0x61C, 0x200E, 0x200F),
        *range(0x2028, 0x202F),
        *range(0x2066, 0x206A),
        0xFEFF,
    )
)

# The forms that the document's security schemes and token fields describe: a prefix and 43 random characters.
# Shorter ones are masked too, because part of a credential must not be shown either.
_CREDENTIAL: Final = re.compile(r"(hlmr_(?:sk|public_access|pat|callback)_)[A-Za-z0-9_-]+")


def printable(text: str) -> str:
    r"""Escape all control characters except newline and tab.

    >>> printable("\x1b[2Jhello")
    '\\x1b[2Jhello'
    """
    return _escaped(text, keep="\t\n")


def one_line(text: str) -> str:
    r"""Escape all control characters, including newline and tab.

    >>> one_line("first\nsecond")
    'first\\nsecond'
    """
    return _escaped(text, keep="")


def masked(text: str, *secrets: str) -> str:
    """Mask `secrets` and all strings in the form of a credential of the control plane.

    >>> masked("no such key: hlmr_sk_AbC")
    'no such key: hlmr_sk_[secret]'
    """
    for secret in secrets:
        if secret:
            text = text.replace(secret, "[secret]")
    return _CREDENTIAL.sub(r"\1[secret]", text)


def presentable(text: str) -> str:
    """Mask credentials and escape control characters, see `masked` and `printable`."""
    return printable(masked(text))


def holds_credential(text: str) -> bool:
    """True if the string contains a credential in one of the control plane's forms.

    >>> holds_credential("https://helmr.test/api/v1/tokens/1/callback/hlmr_callback_AbC")
    True
    """
    return _CREDENTIAL.search(text) is not None


def _escaped(text: str, *, keep: str) -> str:
    if text.isprintable():
        return text
    return "".join(
        # A lone surrogate cannot be written to a terminal or file at all.
        char.encode("unicode_escape").decode("ascii")
        if (char in _CONTROL and char not in keep) or "\ud800" <= char <= "\udfff"
        else char
        for char in text
    )
