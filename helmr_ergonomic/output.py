"""The output of execs and PTYs: chunks of bytes, in order and each byte once."""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from functools import cache, partial
from typing import Final, NamedTuple, TypedDict

from attrs import frozen

from helmr_api.formats import is_object, json_decoder

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
from .raw import decoded_base64, json_object
from .reconnect import BadFrames

EXPIRED: Final = "workspace_stream_cursor_expired"
_EARLIEST: Final = re.compile(r"earliest available cursor is ([0-9]{1,19})\b")


@frozen(repr=False)
class OutputChunk:
    """A chunk of output: `data` as bytes, `text` as a string of whole characters.

    A character that is split between chunks belongs to the chunk that completes it, so `text` may lag behind
    `data` by up to three bytes. When the output ends inside a character, a last chunk without data has U+FFFD
    as its text.
    """

    offset: int
    data: bytes
    text: str

    @property
    def cursor(self) -> int:
        """The cursor that resumes after this chunk."""
        return self.offset + len(self.data)

    def __repr__(self) -> str:
        return f"OutputChunk(offset={self.offset}, bytes={len(self.data)})"


class StreamEnded(NamedTuple):
    """The last frame of a stream: the final state of the exec or PTY."""

    state: str
    error: JSONObject


class OutputReader:
    """Converts the frames for one output to chunks, from a cursor on.

    Data before the cursor is dropped. Data after a gap is discarded, and the stream must be reopened at the
    cursor.
    """

    __slots__ = ("_bad", "_decoder", "cursor", "is_behind", "what")

    def __init__(self, cursor: int, what: str) -> None:
        self.cursor: int = cursor
        self.what: str = what
        self.is_behind: bool = False
        """True if the stream should be reopened at the cursor."""
        self._decoder = getincrementaldecoder("utf-8")("replace")
        self._bad = BadFrames()

    def reopened(self) -> int:
        """Start over for a new stream, and return the cursor to open it at."""
        self.is_behind = False
        return self.cursor

    def take(self, chunk: JSONObject) -> OutputChunk | None:
        """Return the new part of a chunk, given as a JSON object; `None` if nothing is new.

        Raises:
            UnexpectedResponseError: it is not a chunk, or a gap remained after several reads.
        """
        start, data = _bytes_of(chunk)
        if start > self.cursor:
            self._unusable(f"the server left out bytes {self.cursor} to {start} of {self.what}")
            return None
        new = data[self.cursor - start :]
        if not new:
            return None
        self._bad.forget()
        offset, self.cursor = self.cursor, self.cursor + len(new)
        return OutputChunk(offset, new, self._decoder.decode(new))

    def frame(self, data: bytes) -> OutputChunk | StreamEnded | None:
        """Convert the data of a frame; `None` if it contains nothing new.

        Raises:
            OutputExpiredError: the output after the cursor is no longer kept.
            UnexpectedResponseError: several frames in a row cannot be read.
        """
        value: JSONObject | None
        try:
            # msgspec does not check the encoding of what it skips, unless it gets a string
            value = _chunk_decoder().decode(data if data.isascii() else data.decode())
        except Exception:  # it is another event; or it is invalid, and `take` says why
            value = json_object(data)
        if value is None:
            self._unusable(f"the event stream of {self.what} contains something that is not an event")
            return None
        if "offset_start" in value:
            return self.take(value)
        if "resource_kind" in value:
            error = value.get("error")
            return StreamEnded(str(value.get("state")), error if is_object(error) else {})
        if value.get("code") == EXPIRED:
            raise expired(self.what, self.cursor, str(value.get("message", "")))
        return None

    def rest(self) -> OutputChunk | None:
        """Return U+FFFD for a character that the end of the output cut off; `None` if there is none."""
        text = self._decoder.decode(b"", final=True)
        return OutputChunk(self.cursor, b"", text) if text else None

    def _unusable(self, why: str) -> None:
        self.is_behind = True
        self._bad.add(why)


def checked_cursor(cursor: int) -> int:
    """Return a cursor that is a number of bytes. Raises `ArgumentError` for anything else."""
    return checked_number(cursor, 0, LARGEST, "cursor")


def expired(what: str, cursor: int, message: str) -> OutputExpiredError:
    """Create the error for a cursor whose bytes are no longer kept."""
    found = _EARLIEST.search(message)
    earliest = int(found[1]) if found else None
    kept = "the server does not say what it keeps" if earliest is None else f"it has those from {earliest} on"
    return OutputExpiredError(
        f"{what} no longer has the bytes at {cursor}; {kept}", cursor=cursor, earliest=earliest
    )


def expiry(what: str, cursor: int, error: HelmrError) -> HelmrError:
    """Convert the error of a response with that code; return any other error unchanged."""
    is_expiry = isinstance(error, HelmrStatusError) and error.code == EXPIRED
    return expired(what, cursor, error.message) if is_expiry else error


def refuse_bad_end(what: str, state: str, error: JSONObject) -> None:
    """Raise an error if an exec or PTY is lost or could not be started."""
    reason = error.get("message") or error.get("code")
    because = f": {reason}" if reason else ""
    if state == "lost":
        raise ProcessLostError(f"{what} is lost with the mount of its workspace{because}")
    if state == "failed":
        raise ProcessFailedError(f"{what} could not be run{because}")


class _Chunk(TypedDict):
    """The fields of a chunk that are read, for msgspec, which decodes base64 in a third of the usual time."""

    offset_start: int
    offset_end: int
    data: bytes


_chunk_decoder = cache(partial(json_decoder, _Chunk))


def _bytes_of(chunk: JSONObject) -> tuple[int, bytes]:
    """Return the offset and bytes of a chunk. Raises `UnexpectedResponseError` if it is not a chunk."""
    start, end = number(chunk.get("offset_start"), "an offset"), number(chunk.get("offset_end"), "an offset")
    content = chunk.get("data")
    data = content if isinstance(content, bytes) else decoded_base64(content)
    if len(data) != end - start:
        raise UnexpectedResponseError(
            f"the server sent {len(data)} bytes for the range {start} to {end} of an output"
        )
    return start, data


public(OutputChunk)
