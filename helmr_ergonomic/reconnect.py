"""Helpers for following an event stream: which failures are transient, and how to read a frame."""

from __future__ import annotations

import random
import threading
from collections import OrderedDict
from time import monotonic
from typing import Final, TypeAlias

from ._types import JSONObject
from .errors import HelmrConnectionError, HelmrError, HelmrStatusError, ServerError, UnexpectedResponseError
from .raw import is_number, json_object
from .retries import MAX_RETRY_AFTER, is_retryable_status
from .sse import Frame
from .waiting import Deadline, Pause

RawEvent: TypeAlias = JSONObject
"""The JSON object of a frame."""

MAX_BAD_FRAMES: Final = 3
"""The number of unreadable frames in a row that make a stream an error."""


PATIENCE: Final = 30.0
"""The maximum number of seconds that a stream waits to be reopened."""
FORGOTTEN: Final = 120.0
"""Seconds after which a broken stream is no longer expected to be reopened."""


def reconnecting() -> Pause:
    """Return the pauses before a broken stream is reopened, with full jitter because there may be many
    streams."""
    return Pause(0.1, 5.0, least=0.0)


class Reconnects:
    """Limits the rate at which a client reopens broken event streams.

    Args:
        per_second: How many are reopened per second; `None` for no limit. A single stream is not delayed.
    """

    __slots__ = ("_broken", "_lock", "_next", "_per_second")

    def __init__(self, per_second: int | None) -> None:
        self._per_second = per_second
        self._broken: OrderedDict[str, float] = OrderedDict()  # path to time, oldest first
        self._next = 0.0
        self._lock = threading.Lock()

    def broke(self, path: str) -> None:
        """Record that a stream broke, or could not be opened."""
        now = monotonic()
        with self._lock:
            self._broken[path] = now
            self._broken.move_to_end(path)
            while next(iter(self._broken.values())) < now - FORGOTTEN:
                self._broken.popitem(last=False)

    def opened(self, path: str) -> None:
        """Record that a stream was opened."""
        with self._lock:
            if self._broken.pop(path, None) is not None and not self._broken:
                self._next = 0.0

    def delay(self, path: str) -> float:
        """Return the seconds to wait before a stream is opened."""
        with self._lock:
            if self._per_second is None or path not in self._broken or len(self._broken) < 2:
                return 0.0
            now = monotonic()
            at = max(now, self._next)
            if at - now > PATIENCE:
                return PATIENCE * random.uniform(0.5, 1.0)  # noqa: S311  spreads load, guards nothing
            self._next = at + 1 / self._per_second
            return at - now


def is_transient(error: HelmrError) -> bool:
    """True if a retry may help, as after a broken connection or with an overloaded or restarting server."""
    if isinstance(error, HelmrStatusError):
        return is_retryable_status(error.status) or isinstance(error, ServerError)
    return isinstance(error, HelmrConnectionError)


def prepare_retry(error: HelmrError, pause: Pause, deadline: Deadline) -> None:
    """Make the next pause as long as the `Retry-After` of a transient error.

    Raises the error if a retry cannot help, or would come after the deadline.
    """
    retry_after = error.retry_after if isinstance(error, HelmrStatusError) else None
    if not is_transient(error):
        raise error
    if retry_after:
        if retry_after > MAX_RETRY_AFTER or deadline.is_before(retry_after):
            raise error
        pause.ask(retry_after)


class BadFrames:
    """Counts unreadable frames, so that a stream of garbage is an error but a single truncated frame is
    not."""

    __slots__ = ("_count",)

    def __init__(self) -> None:
        self._count = 0

    def read(self, frame: Frame, *strings: str) -> RawEvent | None:
        """Return the JSON object of a frame, which must have an id and these fields, all of them strings.

        Returns `None` for anything else: the stream should then be reopened at the last cursor.

        Raises `UnexpectedResponseError` after too many unreadable frames in a row.
        """
        value = json_object(frame.data) or {}
        # A list, because there may be very many events and a generator would double the cost.
        if is_number(value.get("id")) and all([isinstance(value.get(name), str) for name in strings]):  # noqa: C419
            self.forget()
            return value
        self.add(f"the event stream contains something that is not an event (after id {frame.id!r})")
        return None

    def add(self, why: str) -> None:
        """Count an unusable frame. Raises `UnexpectedResponseError` after too many in a row."""
        self._count += 1
        if self._count >= MAX_BAD_FRAMES:
            raise UnexpectedResponseError(f"{why}: is this URL a Helmr control plane?")

    def forget(self) -> None:
        """Reset the count after a usable frame."""
        self._count = 0
