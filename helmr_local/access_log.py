"""Access log: one line per request, without the credentials that a path may contain."""

from __future__ import annotations

import logging
import re
from urllib.parse import unquote_to_bytes

logger = logging.getLogger("helmr_local.access")

HIDDEN = "***"
# Matches strings too short for a credential and without characters that could end the log line.
_HARMLESS = re.compile(rb"[A-Za-z0-9._~\-]{0,36}")
_MOST_SEGMENTS = 20
_LONGEST = 1000  # a longer segment is not decoded further, because it is hidden anyway


def write(method: str, raw_path: bytes, status: int, seconds: float) -> None:
    """Log one request. The caller has checked that the method is safe to log."""
    logger.info("%s %s %d %.1f ms", method, shown_path(raw_path), status, seconds * 1e3)


def shown_path(raw_path: bytes) -> str:
    """Return the path as sent, with `***` for each segment that may be a credential, however it is encoded.

    A segment is hidden if it is longer than an id, starts like a credential, follows `callback`, or, once its
    escapes are decoded, contains anything but letters, digits and a few punctuation characters.
    """
    shown: list[str] = []
    after_callback = False
    for segment in raw_path.split(b"/", _MOST_SEGMENTS):
        plain = _decoded(segment[:_LONGEST])
        secret = after_callback or b"hlmr" in plain or _HARMLESS.fullmatch(plain) is None
        shown.append(HIDDEN if secret else segment.decode("ascii"))
        after_callback = after_callback or b"callback" in plain
    return "/".join(shown)


def _decoded(segment: bytes) -> bytes:
    """Decode a segment's escapes, up to a few levels of nesting, and convert it to lower case."""
    for _ in range(5):
        segment = unquote_to_bytes(segment)
    return segment.lower()
