"""The ending of an execution, in plain values.

Task code can raise anything: an exception whose `__str__` raises, returns a huge string, or contains
characters that neither JSON nor the database can store. So the exception is inspected once, on the thread
that ran the function, and only plain values of limited size are passed on.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from ..archives import Packed
from ..exceptions import RunCancelled, TaskExit
from .masking import masked

LONGEST = 32_768
"""The maximum length of a message; longer ones are cut."""
_EXIT_CODES = range(-(2**31), 2**31)
_SHOWN_PARTS = 10


class How(Enum):
    """The kinds of endings."""

    RETURNED = "returned"
    CANCELLED = "cancelled"
    FAILED = "failed"
    EXITED = "exited"
    OUT_OF_TIME = "out of time"


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of one execution.

    Args:
        output: JSON text, after `RETURNED`; None without output.
        message: The reason, for every other kind of ending.
        exit_code: After `EXITED`.
        kind: The `failure_kind` of its event, after `FAILED`.
        final: True if the run must not be retried.
        trace: The traceback of the exception that task code raised, for its log; otherwise empty.
        files: The files that a successful run left in its workspace, if it used one.
    """

    how: How
    output: str | None = None
    message: str = ""
    exit_code: int = 0
    kind: str = "worker_failed"
    final: bool = False
    trace: str = ""
    files: Packed | None = None

    @property
    def succeeded(self) -> bool:
        """True if the task succeeded."""
        return self.how is How.RETURNED or (self.how is How.EXITED and self.exit_code == 0)

    def without(self, secrets: Iterable[str]) -> Ending:
        """Return a copy with each of these values masked in everything that users see."""
        message, trace = self.message, self.trace
        if not message and not trace:
            return self
        known = list(secrets)
        return replace(self, message=masked(message, known), trace=masked(trace, known))


def returned(output: str | None) -> Ending:
    return Ending(How.RETURNED, output=output)


def failed(message: str, kind: str = "worker_failed", *, final: bool = False) -> Ending:
    return Ending(How.FAILED, message=message, kind=kind, final=final)


def out_of_time(seconds: int) -> Ending:
    message = f"task exceeded its maximum duration of {seconds} seconds"
    return Ending(How.OUT_OF_TIME, message=message)


def unrecorded(error: Exception) -> Ending:
    """Return the ending to record when the database rejected the original one."""
    return failed(f"the outcome of the task could not be recorded: {described(error)}")


def of_error(error: BaseException) -> Ending:
    """Return the ending of a function that raised this error."""
    try:
        if isinstance(error, RunCancelled):
            return Ending(How.CANCELLED, message=words(error.reason or "run cancelled"))
        if isinstance(error, (TaskExit, SystemExit)):
            return _exit(error.code)
    except BaseException:  # accessing the attribute raises
        return failed(_name(error))
    return replace(failed(described(error)), trace=trace_of(error))


def trace_of(error: BaseException) -> str:
    """Format the traceback as Python prints it, starting at the task's function; empty if that fails."""
    with suppress(BaseException):
        within = error.__traceback__
        lines = traceback.format_exception(type(error), error, within and within.tb_next)
        return words("".join(lines))
    return ""


def current_traceback() -> str:
    """Format the traceback of the exception being handled, as Python prints it; empty if there is none."""
    with suppress(BaseException):
        return "" if sys.exception() is None else words(traceback.format_exc())
    return ""


def _exit(code: object) -> Ending:
    """Return the ending for the argument of `sys.exit`: an exit code, as in `TaskExit`, or else an error
    message.
    """
    if code is None:
        return Ending(How.EXITED)
    if not isinstance(code, int):
        return failed(words(code) or "task exited")
    number = int.__index__(code)  # also accepts a bool or an enum
    if number not in _EXIT_CODES:
        return failed("task exited with a code beyond 32 bits")
    return Ending(How.EXITED, exit_code=number, message=f"task exited with code {number}")


def described(error: BaseException) -> str:
    """Return the type and message of an exception, including those in a group."""
    description = _description(error)
    if isinstance(error, BaseExceptionGroup):
        with suppress(BaseException):
            parts = [_description(part) for part in _leaves(error)]  # pyright: ignore[reportUnknownArgumentType]  # of whatever it holds
            description = words("; ".join([description, *parts]))
    return description


def _description(error: BaseException) -> str:
    return f"{_name(error)}: {words(error)}".removesuffix(": ")


def _leaves(group: BaseExceptionGroup[Any]) -> list[BaseException]:
    """Return the first leaf exceptions of a group, nested groups included."""
    found: list[BaseException] = []
    pending: list[BaseException] = [group]
    while pending and len(found) < _SHOWN_PARTS:
        error = pending.pop(0)
        if isinstance(error, BaseExceptionGroup):
            pending[:0] = error.exceptions  # pyright: ignore[reportUnknownMemberType]  # of whatever type
        else:
            found.append(error)
    return found


def words(value: object) -> str:
    """Convert any value to a string that can be stored and shown, even if its `__str__` misbehaves; empty if
    that fails.
    """
    try:
        text = str.__str__(str(value))  # the plain string, without the overrides of a subclass
    except BaseException:
        return ""
    if len(text) > LONGEST:
        text = text[:LONGEST] + " … (cut)"
    if not text.isascii():
        text = text.encode("utf-8", "backslashreplace").decode()
    return text.replace("\0", "\\x00")


def _name(error: BaseException) -> str:
    with suppress(BaseException):
        return words(type(error).__name__) or "worker execution failed"
    return "worker execution failed"
