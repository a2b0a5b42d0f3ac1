"""Hooks: code that runs around each request of a client, for logging, measuring or tracing."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, Final, TypeAlias

import attrs

from ._public import public
from .errors import HelmrError


@attrs.define(eq=False)
class Exchange:
    """A request and its retries, as passed to hooks. It contains no key, token or body."""

    operation: str
    """The operation of the OpenAPI document, such as `getRun`."""
    method: str
    """The HTTP method."""
    path: str
    """The path without the query; `[callback URL]` if the path is a secret."""
    origin: str
    """The destination: scheme, host and port."""
    headers: dict[str, str] = attrs.field(factory=dict[str, str])
    """Additional headers to send. Headers that the client sets cannot be replaced."""
    attempts: int = 0
    """How many times the request has been sent."""
    status: int | None = None
    """The status of the last response; `None` if there was none."""
    error: Exception | None = None
    """The exception that the call raises, if any."""


Hook: TypeAlias = Callable[[Exchange], AbstractContextManager[object]]
"""A function that returns the context manager in which a request is sent.

With `contextlib.contextmanager`, the code before `yield` runs before the request, and the code after it once
the call has ended.
"""


_HEADER_NAME: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"


@contextmanager
def around(hooks: Sequence[Hook], seen: Exchange) -> Generator[None]:
    """Enter the hooks around a call. Raises `HelmrError` when a hook raises.

    Hooks cannot suppress an error, a cancellation or an interrupt.
    """
    raised: BaseException | None = None
    try:
        with ExitStack() as stack:
            for hook in hooks:
                stack.enter_context(hook(seen))
            try:
                yield
            except BaseException as error:
                raised = error
                if isinstance(error, Exception):
                    seen.error = error
                raise
    except Exception as error:
        if raised is not None and not isinstance(raised, Exception):
            raise raised from None
        if error is not raised:
            raise HelmrError(f"a hook raised {type(error).__name__}: {error}") from error
    if raised is not None:
        raise raised


def added_headers(seen: Exchange) -> Iterator[tuple[str, str]]:
    """Return the headers that the hooks added. Raises `HelmrError` for one that cannot be sent."""
    given: dict[Any, Any] = seen.headers  # hooks may be untyped
    for name, value in given.items():
        if not isinstance(name, str) or not re.fullmatch(_HEADER_NAME, name):
            raise HelmrError(f"a hook added a header whose name is invalid: {name!r}")
        if not isinstance(value, str) or not value.isascii() or not value.isprintable():
            raise HelmrError(f"a hook added the header {name!r} with a value that is not printable ASCII")
        if name.lower() != "authorization":  # some requests are sent without a credential
            yield name, value


public(Exchange)
