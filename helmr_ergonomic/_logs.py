"""The logs of runs, without requests."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from encodings.utf_8 import IncrementalDecoder
from typing import NamedTuple

from helmr_api import models

from ._models import Bound, bound
from ._public import public
from ._types import JSON, JSONObject
from .raw import decoded_base64, json_object, parsed_object


class RunLogs(models.RunLogs):
    """The last MiB that a run's task wrote to stdout and to stderr, across all attempts."""

    __slots__ = ()

    @property
    def stdout_bytes(self) -> bytes:
        """Standard output as bytes."""
        return decoded_base64(self.stdout_base64)

    @property
    def stderr_bytes(self) -> bytes:
        """Standard error as bytes."""
        return decoded_base64(self.stderr_base64)

    @property
    def stdout(self) -> str:
        """Standard output as a string; invalid UTF-8 appears as U+FFFD."""
        return self.stdout_bytes.decode("utf-8", "replace")

    @property
    def stderr(self) -> str:
        """Standard error as a string; invalid UTF-8 appears as U+FFFD."""
        return self.stderr_bytes.decode("utf-8", "replace")


class LogChunk(Bound, models.RunLogChunk):
    """A chunk of a run's log: `content` as bytes, `text` as a string of whole characters.

    A character that is split between two chunks is part of the second one's `text`.
    """

    __slots__ = ()

    @property
    def content(self) -> bytes:
        """The bytes of this chunk."""
        return decoded_base64(self.content_base64)

    @property
    def text(self) -> str:
        """The characters completed by this chunk."""
        text: str | None = getattr(self, "_context", None)
        return self.content.decode("utf-8", "replace") if text is None else text

    @property
    def cursor(self) -> str:
        """The position of this chunk: `runs.logs.follow(run, cursor=...)` continues after it."""
        return self.id


class LogDecoder:
    """Decodes the chunks of a run's log, with a separate decoder for each attempt's stdout and stderr."""

    __slots__ = ("_decoders",)

    def __init__(self) -> None:
        self._decoders = defaultdict[object, IncrementalDecoder](lambda: IncrementalDecoder("replace"))

    def chunk(self, raw: JSONObject) -> LogChunk:
        """Convert a JSON object to a chunk. Raises `UnexpectedResponseError` for any other object."""
        chunk = parsed_object(LogChunk.from_dict, raw)
        decoder = self._decoders[chunk.stream, chunk.run_lease_id]
        return bound(chunk, LogChunk, decoder.decode(chunk.content))


class LogLine(NamedTuple):
    """A line of a run's log."""

    text: str
    """The line as it was written, without the line break."""
    message: str
    """The message of an entry of `ctx.log`; for any other line, the line itself."""
    level: str | None
    """`debug`, `info`, `warn` or `error` for an entry of `ctx.log`; `None` for any other line."""
    fields: JSONObject
    """The other fields of an entry; empty for any other line."""
    stream: str
    """`stdout` or `stderr`."""
    at: datetime
    """When the chunk that ends the line was written."""
    attempt_number: int
    """The number of the attempt that wrote it."""
    cursor: str
    """The position of that chunk: `runs.logs.lines(run, cursor=...)` continues after it."""


class LineReader:
    """Assembles the chunks of a run's log into lines, separately for each attempt's stdout and stderr."""

    __slots__ = ("_unfinished",)

    def __init__(self) -> None:
        self._unfinished: dict[tuple[str, str], tuple[str, LogChunk]] = {}

    def lines(self, chunk: LogChunk) -> list[LogLine]:
        """Return the lines that end in this chunk."""
        key = (chunk.stream, chunk.run_lease_id)
        unfinished = self._unfinished.pop(key, ("", chunk))[0]
        *whole, rest = (unfinished + chunk.text).split("\n")
        if rest:
            self._unfinished[key] = (rest, chunk)
        return [_line(text, chunk) for text in whole]

    def rest(self) -> list[LogLine]:
        """Return the unterminated lines."""
        unfinished, self._unfinished = self._unfinished, {}
        return [_line(text, chunk) for text, chunk in unfinished.values()]


def _line(text: str, chunk: LogChunk) -> LogLine:
    text = text.removesuffix("\r")
    message, level, fields = text, None, dict[str, JSON]()
    if text.startswith('{"level"'):
        entry = dict(json_object(text.encode()) or {})  # it may only look like the start of an entry
        if isinstance(entry.get("level"), str) and isinstance(entry.get("message"), str):
            level, message = entry.pop("level"), entry.pop("message")
            fields = entry
    return LogLine(text, message, level, fields, chunk.stream, chunk.at, chunk.attempt_number, chunk.cursor)


public(LogChunk, LogLine, RunLogs)
