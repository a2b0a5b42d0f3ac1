# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""The base of every error that this project raises, and the errors that the low-level client raises itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from .display import printable


class HelmrError(Exception):
    """The base of every error that this project raises. Its text holds no control character but newline and tab."""

    @property
    def message(self) -> str:
        """What went wrong."""
        return printable(str(self.args[0])) if self.args else ""

    def __str__(self) -> str:
        return printable(super().__str__())

    def __reduce__(self) -> tuple[Any, ...]:
        # All fields travel in a pickle but the exchange: that holds credentials and open streams.
        fields = {name: value for name, value in vars(self).items() if name not in ("request", "response")}
        return _rebuilt, (type(self), self.args, fields)

    def __copy__(self) -> Self:
        return _rebuilt(type(self), self.args, vars(self))

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self.__copy__()  # what an error refers to does not change


ErrorT = TypeVar("ErrorT", bound=HelmrError)


def _rebuilt(kind: type[ErrorT], args: tuple[Any, ...], fields: Mapping[str, Any]) -> ErrorT:
    error = kind.__new__(kind, *args)
    error.args = args
    vars(error).update(fields)
    return error


class ConfigurationError(HelmrError, ValueError):
    """The client cannot be built or used as it is configured; the message says what to set."""


class ArgumentError(HelmrError, ValueError):
    """An argument is invalid. Raised before any request is sent."""


class UnexpectedStatus(HelmrError):
    """The server sent a status that the document does not have for the operation."""

    status_code: int
    content: bytes

    def __init__(self, status_code: int, content: bytes) -> None:
        self.status_code = status_code
        self.content = content
        super().__init__(f"unexpected status {status_code}, with a body of {len(content)} bytes")


__all__ = ["ArgumentError", "ConfigurationError", "HelmrError", "UnexpectedStatus"]
