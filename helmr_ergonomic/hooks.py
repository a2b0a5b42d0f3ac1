"""Hooks: what a program does around each request of its client, such as logging, measuring or tracing."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TypeAlias

import attrs

from ._public import public
from .errors import HelmrError


@attrs.define(eq=False)
class Exchange:
    """A request with its repetitions, as a hook sees it. It holds no key, no token and no body."""

    operation: str
    """The operation of the OpenAPI document, such as `getRun`."""
    method: str
    """The HTTP method."""
    path: str
    """The path without its query; `[callback URL]` for one that is a secret."""
    origin: str
    """Where the request goes: scheme, host and port."""
    headers: dict[str, str] = attrs.field(factory=dict[str, str])
    """Headers to send besides. Those that the client sends itself cannot be replaced."""
    attempts: int = 0
    """How often the request has been sent."""
    status: int | None = None
    """The status of the last response; `None` when there was none."""
    error: Exception | None = None
    """What the call raises, if it does."""


Hook: TypeAlias = Callable[[Exchange], AbstractContextManager[object]]
"""A function that returns the context manager in which a request is sent.

A generator under `contextlib.contextmanager` is one: what is before its `yield` comes before the request, and
what is after it follows the response.
"""


@contextmanager
def around(hooks: Sequence[Hook], seen: Exchange) -> Generator[None]:
    """The block in which a call is made. Raises `HelmrError` when a hook raises; no hook hides an error."""
    try:
        with ExitStack() as stack:
            for hook in hooks:
                stack.enter_context(hook(seen))
            try:
                yield
            except Exception as error:
                seen.error = error
                raise
    except Exception as error:
        if error is not seen.error:
            raise HelmrError(f"a hook raised {type(error).__name__}: {error}") from error
    if seen.error is not None:
        raise seen.error


public(Exchange)
