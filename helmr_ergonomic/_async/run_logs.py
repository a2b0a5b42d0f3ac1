"""A run's logs over HTTP, as they are and as they come."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Final

import anyio

from ..errors import HelmrError
from ..operations import cursor_number, given, identifier, operation
from ..runs import TERMINAL, LogChunk, LogDecoder, RunLogs, RunRef
from ..transport import Call
from .following import BadFrames, is_passing, reconnecting
from .transport import AsyncTransport
from .watching import AsyncRunWatcher

SILENCE: Final = 15.0
"""Seconds after which a log stream is broken: the server writes into it every second."""


class AsyncLogResource:
    """What a run's task wrote: `runs.logs`."""

    def __init__(self, transport: AsyncTransport, watcher: AsyncRunWatcher) -> None:
        self._transport = transport
        self._watcher = watcher

    async def retrieve(self, run: RunRef) -> RunLogs:
        """The logs so far: the last MiB each of stdout and stderr, over all attempts.

        Raises `NotFoundError`, and the rest of the tree.

        >>> print((await runs.logs.retrieve(started.run)).stdout)
        """
        op = operation("runs", "get_run_logs")
        call = Call(op.get_kwargs(identifier(run, "run")))
        return RunLogs(await self._transport.send(call, op.parse_response))

    async def follow(self, run: RunRef, *, cursor: str | int | None = None) -> AsyncGenerator[LogChunk, None]:
        """The logs as they are written, chunk by chunk, each once, until the run has ended.

        `cursor` is that of a snapshot or of the last chunk already known; without it all chunks come. Broken
        connections are opened again where they broke. Leaving the loop closes the connection (as does
        `aclose()`).
        Raises `NotFoundError`, and whatever else does not pass by itself.

        >>> async for chunk in runs.logs.follow(started.run):
        ...     print(chunk.text, end="")
        """
        run_id = identifier(run, "run")
        at = cursor_number(cursor)
        decoder = LogDecoder()
        pause = reconnecting()
        bad = BadFrames()
        op = operation("runs", "get_run_logs")
        ended = (await self._watcher.snapshot(run_id)).status in TERMINAL
        while True:
            before, whole = at, False
            try:
                call = Call(op.get_kwargs(run_id, **given(follow="1", cursor=at or None)))
                async with self._transport.frames(call, SILENCE) as frames:
                    async for frame in frames:
                        if not frame.data:
                            continue
                        raw = bad.read(frame, "stream", "content_base64")
                        if raw is None:
                            break
                        if int(raw["id"]) > at:
                            at = int(raw["id"])
                            yield decoder.chunk(raw)
                    else:
                        whole = True
            except HelmrError as error:
                if not is_passing(error):
                    raise
            if whole and ended:
                # This stream was opened after the run had ended, and came to its own end: nothing can follow.
                return
            ended = await self._watcher.has_ended(run_id)
            if at > before:
                pause.reset()
            elif not ended:
                await anyio.sleep(pause.next())
