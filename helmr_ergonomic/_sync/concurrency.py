"""Doing several things at once, but not too many."""

# The twin of _async/concurrency.py, by hand: tasks of an event loop and threads have no common form.

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import ParamSpec, TypeVar

T = TypeVar("T")
P = ParamSpec("P")
R = TypeVar("R")


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
