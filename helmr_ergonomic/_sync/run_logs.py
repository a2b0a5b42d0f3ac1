# Derived from helmr_ergonomic/_async/run_logs.py. Edit that file, then run `make generate`.
"""A run's logs over HTTP, as a snapshot or followed live."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from time import monotonic
from typing import Final

from helmr_api import resources
from helmr_api.types import id_of

from .._logs import LineReader, LogChunk, LogDecoder, LogLine, RunLogs
from .._models import bound
from .._public import public
from .._runs import TERMINAL, RunRef
from .._validation import cursor_number
from ..errors import HelmrError, HelmrTimeoutError
from ..reconnect import BadFrames, prepare_retry, reconnecting
from ..sse import KEEP_ALIVE
from ..waiting import NEVER, CheckTimer, Deadline
from .resource import Resource
from .timing import sleep
from .watching import RunWatcher

SILENCE: Final = 15.0
"""A log stream that is silent for this many seconds is broken, because the server writes to it every
second."""
AFTERMATH: Final = 1.0
"""If the stream of a run that has ended sends only keep-alive events for this many seconds, it has no more
chunks."""
CHECK_INTERVALS: Final = (2.0, 25.0)
"""Seconds between two reads of a run whose stream is silent, in case the server did not end it with the
run."""


class LogResource(resources.RunsLogs, Resource):
    """The logs of a run: `runs.logs`."""

    def retrieve(self, run: RunRef) -> RunLogs:
        """Return the logs so far: the last MiB each of stdout and stderr, across all attempts.

        Raises `NotFoundError`, or any other `HelmrError`.

        >>> print(runs.logs.retrieve(started.run).stdout)
        """
        return bound(super().retrieve(run), RunLogs)

    def follow(self, run: RunRef, *, cursor: str | int | None = None) -> Generator[LogChunk, None, None]:
        """Yield the logs as they are written, chunk by chunk, each once, until the run has ended.

        `cursor` is that of a snapshot or of the last chunk you have; by default all chunks are returned. If
        the connection breaks, it resumes where it left off. Leaving the loop or calling `close()` closes the
        connection. Raises `NotFoundError`, or any other `HelmrError` that is not transient.

        >>> for chunk in runs.logs.follow(started.run):
        ...     print(chunk.text, end="")
        """
        with closing(pulses(RunWatcher(self._transport), run, cursor=cursor)) as beats:
            for chunk in beats:
                if chunk is not None:
                    yield chunk

    def lines(self, run: RunRef, *, cursor: str | int | None = None) -> Generator[LogLine, None, None]:
        """Yield the logs as they are written, line by line, until the run has ended: see `follow`.

        Lines that `ctx.log` wrote have a level, a message and fields. `cursor` is that of the last line you
        have; following resumes after the chunk in which that line ends. Raises what `follow` raises.

        >>> for line in runs.logs.lines(started.run):
        ...     print(line.at, line.level or line.stream, line.message)
        """
        reader = LineReader()
        with closing(self.follow(run, cursor=cursor)) as chunks:
            for chunk in chunks:
                for line in reader.lines(chunk):
                    yield line
        for line in reader.rest():
            yield line


def pulses(
    watcher: RunWatcher, run: RunRef, *, cursor: str | int | None = None, deadline: Deadline = NEVER
) -> Generator[LogChunk | None, None, None]:
    """Yield the chunks of `follow`, and `None` about once a second while none arrive, until the deadline."""
    run_id = id_of(run, "run")
    at = cursor_number(cursor)
    decoder = LogDecoder()
    checks = CheckTimer(*CHECK_INTERVALS)
    pause = reconnecting()
    bad = BadFrames()
    from helmr_api.api.runs import get_run_logs

    try:
        ended = watcher.snapshot(run_id, deadline).status in TERMINAL
    except HelmrTimeoutError:
        if deadline.passed:
            return
        raise
    while not deadline.passed:
        before, whole, came = at, False, monotonic()
        try:
            stream = get_run_logs.stream(run_id, cursor=str(at) if at else None)
            with watcher.transport.frames(stream, SILENCE, deadline) as frames:
                for frame in frames:
                    is_news = False
                    if frame.data:
                        raw = bad.read(frame, "stream", "content_base64")
                        if raw is None:
                            break
                        if is_news := int(raw["id"]) > at:
                            at, came = int(raw["id"]), monotonic()
                            yield decoder.chunk(raw)
                    if not is_news:
                        yield None
                    if ended:
                        # The server ends such a stream once it has sent the remaining chunks. If it stays
                        # open and silent, there are none.
                        if monotonic() - came > (AFTERMATH if frame == KEEP_ALIVE else SILENCE):
                            whole = True
                            break
                    elif checks.is_due(brought_news=is_news) and watcher.has_ended(run_id, pause, deadline):
                        break
                else:
                    whole = True
        except HelmrError as error:
            prepare_retry(error, pause, deadline)
        if whole and ended:
            # The stream was opened after the run had ended and then ended normally: nothing can follow.
            return
        goes_on = not ended
        ended = ended or watcher.has_ended(run_id, pause, deadline)
        works = at > before or (goes_on and ended)
        if works:
            pause.reset()
        if pause.is_asked or not works:
            sleep(deadline.clip(pause.next()))


class LogsOfRun:
    """The logs of one run: `run.logs`."""

    __slots__ = ("_logs", "_run")

    def __init__(self, logs: LogResource, run: RunRef) -> None:
        self._logs = logs
        self._run = run

    def retrieve(self) -> RunLogs:
        """Return the logs so far, see `runs.logs.retrieve`.

        >>> print(started.run.logs.retrieve().stdout)
        """
        return self._logs.retrieve(self._run)

    def follow(self, *, cursor: str | int | None = None) -> Generator[LogChunk, None, None]:
        """Yield the logs as they are written, see `runs.logs.follow`.

        >>> for chunk in started.run.logs.follow():
        ...     print(chunk.text, end="")
        """
        return self._logs.follow(self._run, cursor=cursor)

    def lines(self, *, cursor: str | int | None = None) -> Generator[LogLine, None, None]:
        """Yield the logs line by line, see `runs.logs.lines`.

        >>> for line in started.run.logs.lines():
        ...     print(line.level, line.message)
        """
        return self._logs.lines(self._run, cursor=cursor)


public(LogResource, LogsOfRun)
