"""Helmr for Python: start sessions, talk to them, follow their runs, complete their tokens.

    from helmr_ergonomic import sessions, task

    greet = task("greet", payload=dict[str, str], output=str)
    completed = sessions.start_and_wait(greet, {"name": "you"}, timeout_seconds=60)
    print(completed.run.output)

The facades `sessions`, `runs`, `tokens`, `tasks` and `auth` read `HELMR_API_URL` and `HELMR_API_KEY` when
they are first called; `helmr_ergonomic.aio` has the same, awaited. `HelmrClient` and `AsyncHelmrClient`
take a URL and key.

Importing this package reads nothing, connects to nothing and cannot fail for lack of configuration. What is
heavy (httpx, the generated client) is loaded on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._version import API_VERSION, __version__
from .streams import InputStream, OutputStream
from .tasks import RetryBackoff, RetryPolicy, Task, task

if TYPE_CHECKING:
    from . import aio, errors
    from ._async.client import AsyncHelmrClient
    from ._async.public import AsyncPublicClient
    from ._async.runs import AsyncRun
    from ._async.sessions import AsyncSend, AsyncSessionHandle, AsyncSessionStart
    from ._async.tokens import AsyncToken
    from ._sync.auth import Auth
    from ._sync.client import HelmrClient
    from ._sync.public import PublicClient
    from ._sync.runs import Run, Runs
    from ._sync.sessions import Send, SessionHandle, Sessions, SessionStart
    from ._sync.tasks import Tasks
    from ._sync.tokens import Token, Tokens
    from .auth import PublicAccessToken, ReadOutput, SendInput
    from .document import openapi
    from .errors import HelmrError
    from .events import RunEvent
    from .idempotency import IdempotencyKey, idempotency_keys
    from .runs import LogChunk, RunCounts, RunLogs, RunSnapshot
    from .sessions import SessionRun, SessionSnapshot, StartOptions, StreamInfo
    from .streams import AppendedRecord, StreamRecord
    from .tasks import DeployedTask
    from .tokens import TokenSnapshot, WaitResult

    sessions: Sessions
    """The sessions of the control plane that the environment names."""
    runs: Runs
    """The runs of the control plane that the environment names."""
    tokens: Tokens
    """The tokens of the control plane that the environment names."""
    tasks: Tasks
    """The deployed tasks of the control plane that the environment names."""
    auth: Auth
    """Public access tokens from the control plane that the environment names."""

__all__ = [
    "API_VERSION",
    "AppendedRecord",
    "AsyncHelmrClient",
    "AsyncPublicClient",
    "AsyncRun",
    "AsyncSend",
    "AsyncSessionHandle",
    "AsyncSessionStart",
    "AsyncToken",
    "DeployedTask",
    "HelmrClient",
    "HelmrError",
    "IdempotencyKey",
    "InputStream",
    "LogChunk",
    "OutputStream",
    "PublicAccessToken",
    "PublicClient",
    "ReadOutput",
    "RetryBackoff",
    "RetryPolicy",
    "Run",
    "RunCounts",
    "RunEvent",
    "RunLogs",
    "RunSnapshot",
    "Send",
    "SendInput",
    "SessionHandle",
    "SessionRun",
    "SessionSnapshot",
    "SessionStart",
    "StartOptions",
    "StreamInfo",
    "StreamRecord",
    "Task",
    "Token",
    "TokenSnapshot",
    "WaitResult",
    "__version__",
    "aio",
    "auth",
    "errors",
    "idempotency_keys",
    "openapi",
    "runs",
    "sessions",
    "task",
    "tasks",
    "tokens",
]

_HOMES = {
    "AppendedRecord": "streams",
    "AsyncHelmrClient": "_async.client",
    "AsyncPublicClient": "_async.public",
    "AsyncRun": "_async.runs",
    "AsyncSend": "_async.sessions",
    "AsyncSessionHandle": "_async.sessions",
    "AsyncSessionStart": "_async.sessions",
    "AsyncToken": "_async.tokens",
    "DeployedTask": "tasks",
    "HelmrClient": "_sync.client",
    "HelmrError": "errors",
    "IdempotencyKey": "idempotency",
    "LogChunk": "runs",
    "PublicAccessToken": "auth",
    "PublicClient": "_sync.public",
    "ReadOutput": "auth",
    "Run": "_sync.runs",
    "RunCounts": "runs",
    "RunEvent": "events",
    "RunLogs": "runs",
    "RunSnapshot": "runs",
    "Send": "_sync.sessions",
    "SendInput": "auth",
    "SessionHandle": "_sync.sessions",
    "SessionRun": "sessions",
    "SessionSnapshot": "sessions",
    "SessionStart": "_sync.sessions",
    "StartOptions": "sessions",
    "StreamInfo": "sessions",
    "StreamRecord": "streams",
    "Token": "_sync.tokens",
    "TokenSnapshot": "tokens",
    "WaitResult": "tokens",
    "idempotency_keys": "idempotency",
    "openapi": "document",
}
_MODULES = frozenset({"aio", "auth", "errors", "runs", "sessions", "tasks", "tokens"})

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        from importlib import import_module

        if name in _MODULES:
            return import_module(f"{__name__}.{name}")
        if name in _HOMES:
            found = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
            globals()[name] = found
            return found
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted(__all__)
