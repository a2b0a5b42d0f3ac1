"""Captures what task code prints, and writes it to the log of its run.

While task code runs, `sys.stdout` and `sys.stderr` are replaced by streams that read a context variable to
find out which run is writing. asyncio tasks inherit the variable. Threads do not, so while the streams are
replaced, starting a thread or submitting a function to a thread pool copies the caller's context.
"""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from contextvars import ContextVar, copy_context
from functools import partial
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
_NAMES = ("stdout", "stderr")
_current: ContextVar[Sink | None] = ContextVar("helmr_local sink", default=None)


class Sink(Protocol):
    """The destination of one execution's printed output."""

    @property
    def over(self) -> bool:
        """Return whether the sink accepts no more output."""
        ...

    def write(self, stream: str, text: str) -> None:
        """Append to `stdout` or `stderr`."""
        ...

    def flush(self, stream: str) -> None:
        """Write any incomplete line."""
        ...


class _Routed:
    """A standard stream that sends what task code writes to its run, and everything else to the original
    stream.
    """

    def __init__(self, original: Any, name: str) -> None:
        self.original = original
        self.name_of_stream = name

    def write(self, text: str) -> int:
        sink = _sink()
        if sink is None:
            written: int = self.original.write(text)
            return written
        sink.write(self.name_of_stream, str(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        sink = _sink()
        if sink is None:
            self.original.flush()
        else:
            sink.flush(self.name_of_stream)

    def isatty(self) -> bool:
        return _sink() is None and bool(self.original.isatty())

    @property
    def buffer(self) -> Any:
        sink = _sink()
        return self.original.buffer if sink is None else _Bytes(sink, self.name_of_stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.original, name)


class _Bytes:
    """The `buffer` attribute of a standard stream, for task code."""

    def __init__(self, sink: Sink, name: str) -> None:
        self._sink = sink
        self._name = name

    def write(self, content: bytes) -> int:
        self._sink.write(self._name, bytes(content).decode("utf-8", "replace"))
        return len(content)

    def flush(self) -> None:
        self._sink.flush(self._name)


class _Installation:
    """Replaces the standard streams and hooks the start of threads while task code runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sinks: set[Sink] = set()
        self._start = threading.Thread.start
        self._submit = ThreadPoolExecutor.submit
        self._routed: dict[str, _Routed] = {}

    def enter(self, sink: Sink) -> None:
        with self._lock:
            if not self._sinks:
                self._start, self._submit = threading.Thread.start, ThreadPoolExecutor.submit
                threading.Thread.start = _starting(self._start)  # type: ignore[method-assign, assignment]
                ThreadPoolExecutor.submit = _submitting(self._submit)  # type: ignore[method-assign]
            self._sinks.add(sink)
            self._replace()

    def leave(self, sink: Sink) -> None:
        with self._lock:
            if sink in self._sinks:
                self._sinks.remove(sink)
                if not self._sinks:
                    self._put_back()

    def release(self) -> None:
        """Forget the sinks that accept no more output. Otherwise code that never ends would keep the streams
        replaced.
        """
        with self._lock:
            had_some = bool(self._sinks)
            self._sinks = {sink for sink in self._sinks if not sink.over}
            if had_some and not self._sinks:
                self._put_back()

    def _put_back(self) -> None:
        threading.Thread.start = self._start  # type: ignore[method-assign]
        ThreadPoolExecutor.submit = self._submit  # type: ignore[method-assign]
        for name in _NAMES:
            stream = getattr(sys, name)
            if isinstance(stream, _Routed):
                setattr(sys, name, stream.original)

    def renew(self) -> None:
        """Replace the streams again if other code has replaced them, as pytest does for each phase of a
        test.
        """
        if not all(isinstance(getattr(sys, name), _Routed) for name in _NAMES):
            with self._lock:
                if self._sinks:
                    self._replace()

    def _replace(self) -> None:
        for name in _NAMES:
            stream = getattr(sys, name)
            if stream is not None and not isinstance(stream, _Routed):
                routed = self._routed.get(name)
                if routed is None or routed.original is not stream:
                    routed = self._routed[name] = _Routed(stream, name)
                    _latest.append(routed)
                setattr(sys, name, routed)


# Before CPython 3.13.3, `print` holds no reference to the stream that it writes to, so the interpreter
# crashes if another thread restores the original stream, and so frees this one, in the meantime. The latest
# streams are therefore kept alive.
_latest: deque[_Routed] = deque(maxlen=256)
_installation = _Installation()
renew = _installation.renew
release = _installation.release


class printing_to:  # in lower case because it is used like a function
    """Within the block, send the output of this thread or asyncio task, and of those it starts, to a sink."""

    __slots__ = ("_sink", "_token")

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def __enter__(self) -> None:
        _installation.enter(self._sink)
        self._token = _current.set(self._sink)

    def __exit__(self, *error: object) -> None:
        try:
            # A coroutine that never ended is closed by the garbage collector, in another context.
            with suppress(ValueError):
                _current.reset(self._token)
            for name in _NAMES:
                self._sink.flush(name)
        finally:
            _installation.leave(self._sink)


def _sink() -> Sink | None:
    sink = _current.get()
    return None if sink is None or sink.over else sink


def _starting(start: Callable[[threading.Thread], None]) -> Callable[[threading.Thread], None]:
    def start_in_context(thread: threading.Thread) -> None:
        if _current.get() is not None:
            thread.run = partial(copy_context().run, thread.run)  # type: ignore[method-assign]
        start(thread)

    return start_in_context


def _submitting(submit: Callable[..., Future[T]]) -> Callable[..., Future[T]]:
    def submit_in_context(
        pool: ThreadPoolExecutor, function: Callable[..., T], /, *arguments: Any, **named: Any
    ) -> Future[T]:
        return submit(pool, partial(copy_context().run, function), *arguments, **named)

    return submit_in_context
