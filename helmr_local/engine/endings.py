"""How an execution ended, as plain values.

Task code can raise anything: an exception whose `__str__` raises, whose string is endless, or holds
characters that neither JSON nor the database can store. So the exception is read once, where the function
ran, and only plain values of known size go any further.
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
"""Characters of a message; what is longer is cut."""
_EXIT_CODES = range(-(2**31), 2**31)
_SHOWN_PARTS = 10


class How(Enum):
    """What the function did, or what was done to it."""

    RETURNED = "returned"
    CANCELLED = "cancelled"
    FAILED = "failed"
    EXITED = "exited"
    OUT_OF_TIME = "out of time"


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of one execution.

    Args:
        output: JSON text, after `RETURNED`; None when there is none.
        message: The reason, for everything else.
        exit_code: After `EXITED`.
        kind: The `failure_kind` of its event, after `FAILED`.
        final: Another attempt cannot mend it.
        trace: The traceback of what task code raised, for its log; empty for everything else.
        files: What a run that succeeded has left in its workspace, if it has used it.
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
        """Whether the task did what it was to do."""
        return self.how is How.RETURNED or (self.how is How.EXITED and self.exit_code == 0)

    def without(self, secrets: Iterable[str]) -> Ending:
        """The same with each of these values masked, in what people are shown of it."""
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
    """For an ending that the database refused."""
    return failed(f"the outcome of the task could not be recorded: {described(error)}")


def of_error(error: BaseException) -> Ending:
    """How a function has ended that raised this."""
    try:
        if isinstance(error, RunCancelled):
            return Ending(How.CANCELLED, message=words(error.reason or "run cancelled"))
        if isinstance(error, (TaskExit, SystemExit)):
            return _exit(error.code)
    except BaseException:  # an attribute that raises
        return failed(_name(error))
    return replace(failed(described(error)), trace=trace_of(error))


def trace_of(error: BaseException) -> str:
    """The traceback as Python prints it, from the task's function on; empty if it cannot be had."""
    with suppress(BaseException):
        within = error.__traceback__
        lines = traceback.format_exception(type(error), error, within and within.tb_next)
        return words("".join(lines))
    return ""


def current_traceback() -> str:
    """That of the exception that is being handled, as Python prints it; empty if there is none."""
    with suppress(BaseException):
        return "" if sys.exception() is None else words(traceback.format_exc())
    return ""


def _exit(code: object) -> Ending:
    """`sys.exit(3)` does what `TaskExit(3)` does. Anything else is a message, as it is to Python itself."""
    if code is None:
        return Ending(How.EXITED)
    if not isinstance(code, int):
        return failed(words(code) or "task exited")
    number = int.__index__(code)  # also of a bool or an enum
    if number not in _EXIT_CODES:
        return failed("task exited with a code beyond 32 bits")
    return Ending(How.EXITED, exit_code=number, message=f"task exited with code {number}")


def described(error: BaseException) -> str:
    """The type of an exception and what it says; those inside a group too."""
    said = _told(error)
    if isinstance(error, BaseExceptionGroup):
        with suppress(BaseException):
            parts = [_told(part) for part in _leaves(error)]  # pyright: ignore[reportUnknownArgumentType]  # of whatever it holds
            said = words("; ".join([said, *parts]))
    return said


def _told(error: BaseException) -> str:
    return f"{_name(error)}: {words(error)}".removesuffix(": ")


def _leaves(group: BaseExceptionGroup[Any]) -> list[BaseException]:
    """The first exceptions of a group, those of groups inside it included."""
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
    """A value as a string that can be stored and shown, whatever its type makes of that; empty if nothing."""
    try:
        text = str.__str__(str(value))  # the string itself, without what a subclass adds
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
