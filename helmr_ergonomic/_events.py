"""What the events of runs have besides the attributes that the document gives their kinds: see `events`."""

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
    """Something that happened to a run. Events of a known kind have a class of their own.

    `id` is what `cursor` takes. `attributes` is only `{"redacted": true}` where the server withholds them.
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
        """Whether its attributes are withheld."""
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
    """The kind says where to."""

    __slots__ = ()

    @property
    def stream(self) -> str:
        """`stdout` or `stderr`."""
        return self.kind.removeprefix("log.")


class RunCompleted(RunEvent):
    """Its only attribute is always there, unless it is withheld."""

    __slots__ = ()

    @property
    def exit_code(self) -> int:
        """The exit code, 0."""
        return self._value("exit_code", int) or 0


class RunFailed(RunEvent):
    """What failed is in different places."""

    __slots__ = ()

    @property
    def exit_code(self) -> int | None:
        """The task's exit code, when it is that which failed."""
        return optional(self._object("detail"), "exit_code", int)

    @property
    def reason(self) -> str:
        """The reason, for people."""
        text = self._object("detail").get("message") or self._text("message") or self._text("reason")
        if text:
            return str(text)
        if self.exit_code is not None:
            return f"the task exited with code {self.exit_code}"
        return self._text("failure_kind") or "no reason is recorded"


class RunExpired(RunEvent):
    """Its message is the reason."""

    __slots__ = ()

    @property
    def reason(self) -> str | None:
        """The reason, for people."""
        return self._text("message")


public(RunEvent)
