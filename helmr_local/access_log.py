"""One line per request, without the credentials that a path may hold."""

from __future__ import annotations

import logging
import re
from urllib.parse import unquote_to_bytes

logger = logging.getLogger("helmr_local.access")

HIDDEN = "***"
# No credential is as short as that, and nothing in it can end the line.
_HARMLESS = re.compile(rb"[A-Za-z0-9._~\-]{0,36}")
_MOST_SEGMENTS = 20
_LONGEST = 1000  # of a segment that is looked at; what is as long is hidden


def write(method: str, raw_path: bytes, status: int, seconds: float) -> None:
    """Write the line of one request, whose method is known to be harmless."""
    logger.info("%s %s %d %.1f ms", method, shown_path(raw_path), status, seconds * 1e3)


def shown_path(raw_path: bytes) -> str:
    """The path as sent, with `***` for each segment that may be a credential, however it is spelled.

    Nothing is shown of a segment that is longer than an id, begins like a credential, comes after
    `callback`, or holds anything but letters, digits and a few signs once its escapes are decoded.
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
    """A segment in lower case and without escapes, as far as they are not escaped again and again."""
    for _ in range(5):
        segment = unquote_to_bytes(segment)
    return segment.lower()
