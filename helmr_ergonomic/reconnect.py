"""Helpers for following an event stream: which failures are transient, and how to read a frame."""

from __future__ import annotations

import random
import threading
from collections import OrderedDict
from time import monotonic
from typing import Final, TypeAlias

from helmr_api.formats import decode_json, is_object

from ._types import JSONObject
from .errors import (
    HelmrConnectionError,
    HelmrError,
    HelmrStatusError,
    ServerError,
    UnexpectedResponseError,
)
from .raw import LONGEST_ID
from .retries import MAX_RETRY_AFTER, is_retryable_status
from .sse import Frame
from .waiting import Deadline, Pause

RawEvent: TypeAlias = JSONObject
"""The JSON object of a frame."""

MAX_BAD_FRAMES: Final = 3
"""How often in a row a stream may bring something unreadable, without anything readable between."""


PATIENCE: Final = 30.0
"""The most seconds that a stream waits for its turn to be opened again."""
FORGOTTEN: Final = 120.0
"""Seconds after which a stream that broke is thought to be of no interest any more."""


def reconnecting() -> Pause:
    """The pauses before a broken stream is reopened, in seconds, with full jitter because there may be many
    streams."""
    return Pause(0.1, 5.0, least=0.0)


class Reconnects:
    """Paces the event streams of one client that broke, so that they are not all reopened at once.

    Args:
        per_second: How many are opened per second; `None` for no limit. A single stream is not delayed.
    """

    __slots__ = ("_broken", "_lock", "_next", "_per_second")

    def __init__(self, per_second: int | None) -> None:
        self._per_second = per_second
        self._broken: OrderedDict[str, float] = OrderedDict()  # by path, and when; the oldest first
        self._next = 0.0
        self._lock = threading.Lock()

    def broke(self, path: str) -> None:
        """Note that a stream broke, or could not be opened."""
        now = monotonic()
        with self._lock:
            self._broken[path] = now
            self._broken.move_to_end(path)
            while next(iter(self._broken.values())) < now - FORGOTTEN:
                self._broken.popitem(last=False)

    def opened(self, path: str) -> None:
        """Note that a stream was opened."""
        with self._lock:
            if self._broken.pop(path, None) is not None and not self._broken:
                self._next = 0.0

    def delay(self, path: str) -> float:
        """The seconds to wait before a stream is opened."""
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
    """Whether trying again may help: a broken connection, a server that is overloaded or restarting."""
    if isinstance(error, HelmrStatusError):
        return is_retryable_status(error.status) or isinstance(error, ServerError)
    return isinstance(error, HelmrConnectionError)


def heed(error: HelmrError, pause: Pause, deadline: Deadline) -> None:
    """Let the next pause be as long as a transient error asks for.

    Raises the error when trying again does not help, or would only be allowed when the deadline has passed.
    """
    asked = error.retry_after if isinstance(error, HelmrStatusError) else None
    if not is_transient(error):
        raise error
    if asked:
        if asked > MAX_RETRY_AFTER or deadline.is_before(asked):
            raise error
        pause.ask(asked)


class BadFrames:
    """Counts unreadable frames, so that a stream of garbage is an error but a single truncated frame is
    not."""

    __slots__ = ("_count",)

    def __init__(self) -> None:
        self._count = 0

    def read(self, frame: Frame, *strings: str) -> RawEvent | None:
        """The JSON object of a frame, which has to have these fields as strings beside its id.

        `None` when it is something else: then the stream should be reopened at the last cursor.

        Raises `UnexpectedResponseError` when that has happened too often.
        """
        value = _parsed(frame.data)
        if value is not None and _has(value, strings):
            self._count = 0
            return value
        self._count += 1
        if self._count >= MAX_BAD_FRAMES:
            raise UnexpectedResponseError(
                f"the event stream contains something that is not an event (after id {frame.id!r}): is this "
                "URL a Helmr control plane?"
            )
        return None


def _parsed(data: bytes) -> RawEvent | None:
    try:
        value = decode_json(data)  # by msgspec, which takes a third of the time of json
    except (ValueError, RecursionError):
        return None
    return value if is_object(value) else None


def _has(value: RawEvent, strings: tuple[str, ...]) -> bool:
    id_ = value.get("id")
    if not isinstance(id_, str) or not (id_.isascii() and id_.isdigit() and len(id_) <= LONGEST_ID):
        return False
    for name in strings:  # noqa: SIM110  there may be very many events, and `all` costs as much as the rest
        if not isinstance(value.get(name), str):
            return False
    return True
