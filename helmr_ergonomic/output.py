"""The output of execs and PTYs: chunks of bytes, in order and each byte once."""

from __future__ import annotations

import json
import re
from codecs import getincrementaldecoder
from typing import Final, NamedTuple

from attrs import frozen

from helmr_api.formats import is_object

from ._public import public
from ._types import JSONObject
from ._validation import checked_number
from .errors import (
    HelmrError,
    HelmrStatusError,
    OutputExpiredError,
    ProcessFailedError,
    ProcessLostError,
    UnexpectedResponseError,
)
from .positions import LARGEST, number
from .reconnect import MAX_BAD_FRAMES

EXPIRED: Final = "workspace_stream_cursor_expired"
_EARLIEST: Final = re.compile(r"earliest available cursor is ([0-9]{1,19})\b")
_decode: Final = json.JSONDecoder().decode


@frozen(repr=False)
class OutputChunk:
    """A piece of output: `data` as bytes, `text` with every character whole.

    A character that is split between chunks belongs to the chunk that completes it, so `text` may lag behind
    `data` by up to three bytes. When the output ends inside a character, a last chunk without data has
    U+FFFD for it.
    """

    offset: int
    data: bytes
    text: str

    @property
    def cursor(self) -> int:
        """The cursor at which to resume after this one."""
        return self.offset + len(self.data)

    def __repr__(self) -> str:
        return f"OutputChunk(offset={self.offset}, bytes={len(self.data)})"


class StreamEnded(NamedTuple):
    """What the last frame of a stream says."""

    state: str
    error: JSONObject


class OutputReader:
    """Turns the frames for one output into chunks, from a cursor on.

    Data before the cursor is dropped. Data after a gap is discarded: the same cursor must be requested
    again.
    """

    __slots__ = ("_bad", "_decoder", "cursor", "is_behind", "what")

    def __init__(self, cursor: int, what: str) -> None:
        self.cursor: int = cursor
        self.what: str = what
        self.is_behind: bool = False
        """Whether the stream that is open should be opened again at the cursor."""
        self._decoder = getincrementaldecoder("utf-8")("replace")
        self._bad = 0

    def reopened(self) -> int:
        """The cursor to open a stream at."""
        self.is_behind = False
        return self.cursor

    def take(self, chunk: JSONObject) -> OutputChunk | None:
        """What is new in a chunk, given as a JSON object; `None` when nothing is.

        Raises:
            UnexpectedResponseError: it is not a chunk, or reading again did not help.
        """
        start, data = _bytes_of(chunk)
        if start > self.cursor:
            self._unusable(f"the server left out bytes {self.cursor} to {start} of {self.what}")
            return None
        new = data[self.cursor - start :]
        if not new:
            return None
        self._bad = 0
        offset, self.cursor = self.cursor, self.cursor + len(new)
        return OutputChunk(offset, new, self._decoder.decode(new))

    def frame(self, data: bytes) -> OutputChunk | StreamEnded | None:
        """What the data of a frame say; `None` when that is nothing new.

        Raises:
            OutputExpiredError: the output after the cursor is no longer kept.
            UnexpectedResponseError: several frames in a row cannot be read.
        """
        said = _object(data)
        if said is None:
            self._unusable(f"the event stream of {self.what} brings something that is not an event")
            return None
        if "offset_start" in said:
            return self.take(said)
        if "resource_kind" in said:
            error = said.get("error")
            return StreamEnded(str(said.get("state")), error if is_object(error) else {})
        if said.get("code") == EXPIRED:
            raise expired(self.what, self.cursor, str(said.get("message", "")))
        return None

    def rest(self) -> OutputChunk | None:
        """The remains of a character that the end cut off; `None` when there is nothing."""
        text = self._decoder.decode(b"", final=True)
        return OutputChunk(self.cursor, b"", text) if text else None

    def _unusable(self, why: str) -> None:
        self._bad += 1
        self.is_behind = True
        if self._bad >= MAX_BAD_FRAMES:
            raise UnexpectedResponseError(f"{why}: is this URL a Helmr control plane?")


def checked_cursor(cursor: int) -> int:
    """A number of bytes. Raises `ArgumentError` for anything else."""
    return checked_number(cursor, 0, LARGEST, "cursor")


def expired(what: str, cursor: int, message: str) -> OutputExpiredError:
    """The error for a cursor whose bytes are gone."""
    found = _EARLIEST.search(message)
    earliest = int(found[1]) if found else None
    kept = "the server does not say from where" if earliest is None else f"what follows byte {earliest} is"
    return OutputExpiredError(
        f"{what} is no longer kept at byte {cursor}; still available: {kept}",
        cursor=cursor,
        earliest=earliest,
    )


def expiry(what: str, cursor: int, error: HelmrError) -> HelmrError:
    """The error for a response that says so; any other error as it is."""
    is_expiry = isinstance(error, HelmrStatusError) and error.code == EXPIRED
    return expired(what, cursor, error.message) if is_expiry else error


def refuse_bad_end(what: str, state: str, error: JSONObject) -> None:
    """Raise the error for an exec or PTY that is lost or could not be started."""
    reason = error.get("message") or error.get("code")
    because = f": {reason}" if reason else ""
    if state == "lost":
        raise ProcessLostError(f"{what} is lost with the mount of its workspace{because}")
    if state == "failed":
        raise ProcessFailedError(f"{what} could not be run{because}")


def _object(data: bytes) -> JSONObject | None:
    try:
        value = _decode(data.decode())
    except (ValueError, RecursionError):
        return None
    return value if is_object(value) else None


def _bytes_of(chunk: JSONObject) -> tuple[int, bytes]:
    """Where a chunk begins, and its bytes. Raises `UnexpectedResponseError` when it is not a chunk."""
    from binascii import a2b_base64

    start, end = number(chunk.get("offset_start"), "an offset"), number(chunk.get("offset_end"), "an offset")
    try:
        data = a2b_base64(chunk["data"])
    except (KeyError, TypeError, ValueError):
        raise UnexpectedResponseError("the server sends output that cannot be decoded as base64") from None
    if len(data) != end - start:
        raise UnexpectedResponseError(
            f"the server sends {len(data)} bytes for those from {start} to {end} of an output"
        )
    return start, data


public(OutputChunk)
