"""Keeps credentials out of everything that the tool prints or stores."""

from __future__ import annotations

import re
from urllib.parse import quote

KEY_VARIABLE = "HELMR_API_KEY"

# The formats of credentials (the contract's section 2.1), including those that the server creates during the
# run.
_FORMS = (
    (re.compile(r"hlmr_sk_[A-Za-z0-9_-]{8,}"), f"${KEY_VARIABLE}"),
    (re.compile(r"hlmr_(?:public_access|pat)_[A-Za-z0-9_-]{8,}"), "$HELMR_PUBLIC_ACCESS_TOKEN"),
    (re.compile(r"hlmr_callback_[A-Za-z0-9_-]{8,}"), "$HELMR_CALLBACK_SECRET"),
)


class Scrubber:
    """Replaces credentials in text with the names of the variables that hold them."""

    def __init__(self, *keys: str | None) -> None:
        # Longest first, so that a key that contains another one is replaced completely.
        spellings = {spelling for key in keys if key for spelling in (key, quote(key, safe=""))}
        self._keys = sorted(spellings, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        for key in self._keys:
            text = text.replace(key, f"${KEY_VARIABLE}")
        for form, replacement in _FORMS:
            text = form.sub(replacement, text)
        return text
