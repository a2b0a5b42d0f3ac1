# Copied from scripts/templates/modules/types.py: edit that file, then run `make generate`.
"""Requests, senders and optional values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any, Final, Generic, Literal, Protocol, TypeAlias, TypeVar

from .arguments import refuse_secret
from .errors import ArgumentError
from .formats import decode_json

T = TypeVar("T")
U = TypeVar("U")
T_co = TypeVar("T_co", covariant=True)


class Unset:
    """The type of `UNSET`."""

    __slots__ = ()

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"

    def __reduce__(self) -> str:
        return "UNSET"  # copying and unpickling return the same object


UNSET: Final[Unset] = Unset()
"""Marks an omitted value where `None` stands for the JSON value null."""


# Requests


class Response(Protocol):
    """The part of a response that a request reads. An `httpx.Response` provides it."""

    @property
    def status_code(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers."""
        ...

    @property
    def content(self) -> bytes:
        """The whole body."""
        ...


FilePart: TypeAlias = "tuple[str | None, bytes | IO[bytes], str | None]"
"""A part of a multipart body: file name, content and content type."""


class File:
    """A file to upload: its content, or a file that is open for reading in binary mode."""

    __slots__ = ("content", "content_type", "name")

    def __init__(
        self,
        content: bytes | IO[bytes],
        *,
        name: str = "upload",
        content_type: str = "application/octet-stream",
    ) -> None:
        self.content: Final = content
        self.name: Final = name
        self.content_type: Final = content_type

    def part(self) -> FilePart:
        """Return the file as a part of a multipart body."""
        return self.name, self.content, self.content_type


class Request(Generic[T_co]):
    """A request, and how to read its response.

    Attributes:
        method: The HTTP method, in capitals.
        path: The path, percent-encoded.
        read: Converts a response with a status in `statuses` to the result.
        operation: The operationId in the document; empty for a request that is not in the document.
        statuses: The statuses that have a result. Any other status is an error.
        params: The query parameters.
        headers: The headers of this request. A sender adds its own.
        json: The body as a JSON value; `UNSET` if there is none.
        content: The body as bytes; `None` if there is none.
        content_type: The content type of `content`.
        files: The parts of a multipart body, in order; `None` if there is none.
        authenticated: Whether it is sent with the sender's credential.
        safe_to_repeat: Whether it may be sent again if its response was lost.
        identified_by: Fields of the JSON body that make a request safe to repeat.
        secret_path: Whether the path contains a credential, so that it must not be logged.
    """

    __slots__ = (
        "authenticated",
        "content",
        "content_type",
        "files",
        "headers",
        "identified_by",
        "json",
        "method",
        "operation",
        "params",
        "path",
        "read",
        "safe_to_repeat",
        "secret_path",
        "statuses",
    )

    def __init__(
        self,
        method: str,
        path: str,
        read: Callable[[Response], T_co],
        *,
        operation: str = "",
        statuses: tuple[int, ...] = (200,),
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = UNSET,
        content: bytes | None = None,
        content_type: str | None = None,
        files: Sequence[tuple[str, FilePart]] | None = None,
        authenticated: bool = True,
        safe_to_repeat: bool = False,
        identified_by: tuple[str, ...] = (),
        secret_path: bool = False,
    ) -> None:
        self.method: Final = method
        self.path: Final = path
        self.read: Final = read
        self.operation: Final = operation
        self.statuses: Final = statuses
        self.params: Final = _query(params)
        self.headers: Final[Mapping[str, str]] = headers or {}
        self.json: Final[Any] = json
        self.content: Final = content
        self.content_type: Final = content_type
        self.files: Final = files
        self.authenticated: Final = authenticated
        self.identified_by: Final = identified_by
        self.safe_to_repeat: Final = safe_to_repeat or any(
            _is_given(json.get(name)) for name in identified_by
        )
        self.secret_path: Final = secret_path

    def returning(self, convert: Callable[[Any], U]) -> Request[U]:
        """Return this request with a result that `convert` creates from the JSON value of the response."""
        return self.reading(lambda response: convert(decode_json(response.content)))

    def reading(self, read: Callable[[Response], U]) -> Request[U]:
        """Return this request with a result that `read` creates from the response."""
        return self._copy(read, self.json)

    def mapped(self, convert: Callable[[T_co], U]) -> Request[U]:
        """Return this request with a result that `convert` creates from the original result."""
        read = self.read
        return self._copy(lambda response: convert(read(response)), self.json)

    def with_key(self, key: str) -> Request[T_co]:
        """Return this request with a new idempotency key, unless something else makes it safe to repeat."""
        if self.safe_to_repeat or not self.identified_by:
            return self
        return self._copy(self.read, {**self.json, self.identified_by[0]: key})

    def _copy(self, read: Callable[[Response], U], json: Any) -> Request[U]:
        return Request(
            self.method,
            self.path,
            read,
            operation=self.operation,
            statuses=self.statuses,
            params=self.params,
            headers=self.headers,
            json=json,
            content=self.content,
            content_type=self.content_type,
            files=self.files,
            authenticated=self.authenticated,
            safe_to_repeat=self.safe_to_repeat,
            identified_by=self.identified_by,
            secret_path=self.secret_path,
        )

    def __repr__(self) -> str:
        return f"Request({self.method} {'[secret]' if self.secret_path else self.path})"


def _is_given(value: object) -> bool:
    return isinstance(value, str) and value.strip() != ""  # a server ignores a blank key


class Sender(Protocol):
    """An object that sends requests and returns their results, such as a client."""

    def send(self, request: Request[T], /) -> T:
        """Send a request. Raises `HelmrError` if there is no response, or the response is an error."""
        ...


class AsyncSender(Protocol):
    """An object that sends requests and returns their results, such as an async client."""

    async def send(self, request: Request[T], /) -> T:
        """Send a request. Raises `HelmrError` if there is no response, or the response is an error."""
        ...


class EventStream(Generic[T_co]):
    """A request for server-sent events, and how to read them.

    Attributes:
        path: The path, percent-encoded.
        read: Converts the name and data of an event to the result; `None` for a name that is not in the
            document.
        operation: The operationId in the document.
        params: The query parameters.
        headers: The headers of this request. A sender adds its own.
    """

    __slots__ = ("headers", "operation", "params", "path", "read")

    def __init__(
        self,
        path: str,
        read: Callable[[str, str], T_co | None],
        *,
        operation: str = "",
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.path: Final = path
        self.read: Final = read
        self.operation: Final = operation
        self.params: Final = _query(params)
        self.headers: Final[Mapping[str, str]] = {"Accept": "text/event-stream", **(headers or {})}

    def request(self) -> Request[None]:
        """Return the request that opens the stream. Its response body is not read as a whole."""
        return Request(
            "GET",
            self.path,
            lambda response: None,
            operation=self.operation,
            params=self.params,
            headers=self.headers,
            safe_to_repeat=True,
        )

    def __repr__(self) -> str:
        return f"EventStream({self.path})"


# Arguments


def _query(params: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return the query parameters. Raises `ArgumentError` for a credential, which logs and errors would
    show."""
    if not params:
        return {}
    for name, value in params.items():
        if isinstance(value, str):
            refuse_secret(value, name, may_be_url=True)
    return params


class HasId(Protocol):
    """An object that can be passed instead of its id."""

    @property
    def id(self) -> str:
        """The id."""
        ...


def id_of(reference: str | HasId, what: str = "this") -> str:
    """Return the id of an object, or the id itself, without surrounding white space.

    Raises:
        ArgumentError: It is neither an id nor an object with an id; `what` names it in the message.
    """
    value = reference if isinstance(reference, str) else getattr(reference, "id", None)
    if value is None and type(reference).__name__ == "UUID":
        value = str(reference)
    if not isinstance(value, str):
        inside = getattr(reference, what, None)
        advice = f"; pass its .{what}" if getattr(inside, "id", None) is not None else ""
        raise ArgumentError(
            f"{what} must be an id or an object with an id, got {type(reference).__name__}{advice}"
        )
    if not value.strip():
        raise ArgumentError(f"{what} must be an id or an object with an id, got an empty string")
    refuse_secret(value, what)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ArgumentError(f"{what} must be an id, got a string with a lone surrogate") from None
    return value.strip()


def given(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that are not `None`."""
    return {name: value for name, value in values.items() if value is not None}
