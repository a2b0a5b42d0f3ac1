"""`HelmrError`, the base class of all errors of this project, and the errors of the low-level client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from .display import presentable

if TYPE_CHECKING:
    import httpx


class HelmrError(Exception):
    """The base class of all errors that this project raises.

    The message is safe to display, whatever the server sent: it contains no credentials, and no control
        characters except newline and tab.
    """

    def __init__(self, *args: object) -> None:
        super().__init__(*(presentable(arg) if isinstance(arg, str) else arg for arg in args))

    @property
    def message(self) -> str:
        """What went wrong."""
        return str(self.args[0]) if self.args else ""

    def __reduce__(self) -> tuple[Any, ...]:
        # A pickle contains all fields except the request and response, which have credentials and open
        # streams.
        fields = {name: value for name, value in vars(self).items() if name not in ("request", "response")}
        return _rebuilt, (type(self), self.args, fields)

    def __copy__(self) -> Self:
        return _rebuilt(type(self), self.args, vars(self))

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self.__copy__()  # the objects that an error refers to are not copied


ErrorT = TypeVar("ErrorT", bound=HelmrError)


def _rebuilt(kind: type[ErrorT], args: tuple[Any, ...], fields: Mapping[str, Any]) -> ErrorT:
    error = kind.__new__(kind, *args)
    error.args = args
    vars(error).update(fields)
    return error


class ConfigurationError(HelmrError, ValueError):
    """The configuration of the client is incomplete or invalid. The message states what to set."""


class ArgumentError(HelmrError, ValueError):
    """An argument is invalid. Raised before any request is sent."""


class UnexpectedStatus(HelmrError):
    """The document has no result for the status of the response, which is an error or unknown.

    `code` is the error code in the body, or `None`; `content` is the body. The message does not contain the
    body, which may contain a secret.
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
    """A response does not match the document: it is not JSON, or has a different structure.

    `response` is the HTTP response, if any.
    """

    response: httpx.Response | None = None

    def __init__(self, message: str, *, response: httpx.Response | None = None) -> None:
        super().__init__(message)
        self.response = response


class UnexpectedBody(UnexpectedResponseError):
    """The body of a response does not match the document."""


class ConnectionFailed(HelmrError, ConnectionError):
    """There was no response to a request."""


class PagingError(UnexpectedResponseError):
    """A list would never end, because the server repeated a page or a position."""
