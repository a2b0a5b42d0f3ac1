"""Bounded concurrency."""

# The counterpart of _async/concurrency.py, by hand: asyncio tasks and threads have too little in common.

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from queue import SimpleQueue
from threading import Event, Thread
from typing import ParamSpec, TypeAlias, TypeVar

from .._validation import checked_items

T = TypeVar("T")
P = ParamSpec("P")
R = TypeVar("R")


Items: TypeAlias = Iterable[T]
"""An iterable."""


def each(items: Items[T]) -> Generator[T, None, None]:
    """Yield the items as they arrive. Raises `ArgumentError` for a string or an object that is not
    iterable."""
    yield from checked_items(items)


def outcomes(work: Callable[[T], R], items: Items[T], limit: int) -> Generator[tuple[int, T, R], None, None]:
    """Call `work` for each item, at most `limit` at once, and yield each index, item and result.

    Results arrive in order of completion. The next item is taken when a slot is free. After an interrupt
    (Ctrl-C), a failure of `work`, or leaving the loop, no further work starts. Work in progress continues in
    the background, and delays neither the caller nor the end of the process.
    """
    jobs: SimpleQueue[tuple[int, T] | None] = SimpleQueue()
    done: SimpleQueue[tuple[int, T, R] | BaseException] = SimpleQueue()
    stopped = Event()

    def run() -> None:
        while (job := jobs.get()) is not None and not stopped.is_set():
            place, item = job
            try:
                done.put((place, item, work(item)))
            except BaseException as error:
                done.put(error)

    source, place, running, threads = each(items), 0, 0, 0
    try:
        while True:
            while running < limit:
                try:
                    item = next(source)
                except StopIteration:
                    break
                if threads == running:  # all are busy
                    Thread(target=run, name="helmr-start", daemon=True).start()
                    threads += 1
                jobs.put((place, item))
                place, running = place + 1, running + 1
            if not running:
                return
            result = done.get()
            running -= 1
            if isinstance(result, BaseException):
                raise result
            yield result
    finally:
        stopped.set()
        for _ in range(threads):
            jobs.put(None)


def in_thread(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call a blocking function, in this thread."""
    return function(*args, **kwargs)
