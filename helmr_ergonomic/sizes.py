"""Size limits of responses."""

from __future__ import annotations

from typing import Final

MAX_BYTES: Final = 256 * 1024 * 1024
"""The maximum size of a response, and of one event of a stream, in bytes. A payload may be half that size,
and the first event of a run repeats it.
"""


class BodyTooLargeError(ValueError):
    """A body or event is larger than the contract allows."""
