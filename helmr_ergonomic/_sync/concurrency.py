"""Doing several things at once, but not too many."""

# The twin of _async/concurrency.py, by hand: tasks of an event loop and threads have no common form.

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def gather(work: Callable[[T], None], items: Iterable[T], limit: int) -> None:
    """Do `work` for each item, at most `limit` at once. The first failure is raised and stops the others."""
    failures: list[Exception] = []

    def one(item: T) -> None:
        if failures:
            return
        try:
            work(item)
        except Exception as error:
            failures.append(error)

    with ThreadPoolExecutor(max_workers=limit, thread_name_prefix="helmr") as pool:
        for item in items:
            pool.submit(one, item)
    if failures:
        raise failures[0]
