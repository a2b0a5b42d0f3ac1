"""Doing several things at once, but not too many."""

# The twin of _async/concurrency.py, by hand: tasks of an event loop and threads have no common form.

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from queue import Empty, SimpleQueue
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


def gather(work: Callable[[T], None], groups: Iterable[Sequence[T]], limit: int) -> None:
    """Do `work` for each item: those of a group in order, at most `limit` groups at once.

    The first failure is raised and stops the others, after the work in hand. An interrupt (Ctrl-C) is raised at
    once: what has not begun is not done, and what has begun keeps neither the caller nor the process waiting.
    """
    queue: SimpleQueue[Sequence[T]] = SimpleQueue()
    for group in groups:
        queue.put(group)
    failures: list[BaseException] = []
    stopped = Event()

    def run() -> None:
        try:
            while True:
                for item in queue.get_nowait():
                    if stopped.is_set():
                        return
                    work(item)
        except Empty:
            return
        except BaseException as error:
            failures.append(error)
            stopped.set()

    # Daemon threads, which the interpreter does not wait for when it ends; it does for those of an executor.
    threads = [Thread(target=run, name="helmr-send", daemon=True) for _ in range(min(limit, queue.qsize()))]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        stopped.set()
    if failures:
        raise failures[0]


def in_thread(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call a function that blocks; here it may."""
    return function(*args, **kwargs)
