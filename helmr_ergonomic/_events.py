"""Base classes of run events; `events` adds the attributes that the document lists for each kind."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from helmr_api import models
from helmr_api.formats import is_object

from ._public import public
from ._types import JSONObject
from .raw import moment, optional

T = TypeVar("T")


class RunEvent(models.RunEvent):
    """An event of a run. Each known kind of event has its own subclass.

    Pass its `id` as `cursor` to resume after it. If the server withholds the attributes, `attributes` is only
    `{"redacted": true}`.
    """

    __slots__ = ()

    @property
    def sequence(self) -> int:
        """The event's number in its run, from 1 without gaps."""
        return int(self.id)

    @property
    def trace_id(self) -> str | None:
        """The trace it belongs to (32 hexadecimal digits)."""
        return self.trace.trace_id

    @property
    def redacted(self) -> bool:
        """True if the server withholds its attributes."""
        return self.redaction_class == "sensitive"

    def _text(self, name: str) -> str | None:
        value = self.attributes.get(name)
        return value if isinstance(value, str) else None

    def _value(self, name: str, kind: type[T]) -> T | None:
        return optional(self.attributes, name, kind)

    def _moment(self, name: str) -> datetime | None:
        return None if self._text(name) is None else moment(self.attributes, name)

    def _object(self, name: str) -> JSONObject:
        value = self.attributes.get(name)
        return value if is_object(value) else {}


class LogWritten(RunEvent):
    """The kind is `log.stdout` or `log.stderr`."""

    __slots__ = ()

    @property
    def stream(self) -> str:
        """`stdout` or `stderr`."""
        return self.kind.removeprefix("log.")


class RunCompleted(RunEvent):
    """Its exit code is always present, unless the server withholds the attributes."""

    __slots__ = ()

    @property
    def exit_code(self) -> int:
        """The exit code, 0."""
        return self._value("exit_code", int) or 0


class RunFailed(RunEvent):
    """The place of the exit code and the reason depends on what failed."""

    __slots__ = ()

    @property
    def exit_code(self) -> int | None:
        """The task's exit code, if the task itself failed."""
        return optional(self._object("detail"), "exit_code", int)

    @property
    def reason(self) -> str:
        """The reason, as a message for people."""
        text = self._object("detail").get("message") or self._text("message") or self._text("reason")
        if text:
            return str(text)
        if self.exit_code is not None:
            return f"the task exited with code {self.exit_code}"
        return self._text("failure_kind") or "no reason is recorded"


class RunExpired(RunEvent):
    """The reason is its message."""

    __slots__ = ()

    @property
    def reason(self) -> str | None:
        """The reason, as a message for people."""
        return self._text("message")


public(RunEvent)
