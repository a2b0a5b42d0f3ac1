"""The base of every error that this project raises, and those that the low-level client raises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from .display import presentable

if TYPE_CHECKING:
    import httpx


class HelmrError(Exception):
    """The base of every error that this project raises.

    What it says is safe to show, whatever a server said: it holds no credential, and no control character but
    newline and tab.
    """

    def __init__(self, *args: object) -> None:
        super().__init__(*(presentable(arg) if isinstance(arg, str) else arg for arg in args))

    @property
    def message(self) -> str:
        """What went wrong."""
        return str(self.args[0]) if self.args else ""

    def __reduce__(self) -> tuple[Any, ...]:
        # A pickle contains all fields except the exchange, which holds credentials and open streams.
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
    """The status of the response has no result in the document: it is an error, or unknown.

    `code` is the error code in the body, `None` where there is none; `content` is the body. The message does
    not show the body, which may hold a secret.
    """

    status_code: int
    code: str | None
    content: bytes

    def __init__(self, status_code: int, content: bytes) -> None:
        self.status_code = status_code
        self.content = content
        self.code = _code(content)
        shown = f" {self.code}" if self.code else f", with a body of {len(content)} bytes"
        super().__init__(f"unexpected status {status_code}{shown}")


def _code(content: bytes) -> str | None:
    import json

    try:
        code = json.loads(content)["code"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    return code if isinstance(code, str) and code.isascii() and code.isidentifier() else None


class UnexpectedResponseError(HelmrError):
    """A response is not what the document describes: not JSON, or JSON of another form.

    `response` is the HTTP response, where there is one.
    """

    response: httpx.Response | None = None

    def __init__(self, message: str, *, response: httpx.Response | None = None) -> None:
        super().__init__(message)
        self.response = response


class UnexpectedBody(UnexpectedResponseError):
    """The body of a response has not the form that the document describes."""


class ConnectionFailed(HelmrError, ConnectionError):
    """There was no response to a request."""


class PagingError(UnexpectedResponseError):
    """A list does not end: the server sent a page, or a position, that it had sent before."""
