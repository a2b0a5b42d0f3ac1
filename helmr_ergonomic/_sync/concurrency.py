"""Doing several things at once, but not too many."""

# The twin of _async/concurrency.py, by hand: tasks of an event loop and threads have no common form.

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
"""What can be iterated."""


def each(items: Items[T]) -> Generator[T, None, None]:
    """The items, as they come. Raises `ArgumentError` for what cannot be iterated, and for a string."""
    yield from checked_items(items)


def outcomes(
    work: Callable[[T], R], items: Items[T], limit: int
) -> Generator[tuple[int, T, R], None, None]:
    """Do `work` for each item, at most `limit` at once: the place of each item, the item and the result.

    They come in the order in which they are done. The next item is taken when there is room for it. After an
    interrupt (Ctrl-C), a failure of `work`, or when the loop is left, nothing more begins, and what has begun
    keeps neither the caller nor the process waiting.
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

    source, place, under_way, threads = each(items), 0, 0, 0
    try:
        while True:
            while under_way < limit:
                try:
                    item = next(source)
                except StopIteration:
                    break
                if threads == under_way:  # none of them is free
                    Thread(target=run, name="helmr-start", daemon=True).start()
                    threads += 1
                jobs.put((place, item))
                place, under_way = place + 1, under_way + 1
            if not under_way:
                return
            result = done.get()
            under_way -= 1
            if isinstance(result, BaseException):
                raise result
            yield result
    finally:
        stopped.set()
        for _ in range(threads):
            jobs.put(None)


def in_thread(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call a function that blocks; here it may."""
    return function(*args, **kwargs)
