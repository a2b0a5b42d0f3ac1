"""All exceptions that this package raises. Their base class is `HelmrError`.

Their messages, reprs and pickles never contain an API key, a public access token or a callback secret.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from helmr_api.constants import ERROR_ACTIONS
from helmr_api.display import masked, one_line
from helmr_api.errors import ArgumentError as ArgumentError
from helmr_api.errors import ConfigurationError as ConfigurationError
from helmr_api.errors import HelmrError as HelmrError
from helmr_api.errors import UnexpectedResponseError as UnexpectedResponseError

from ._values import Value

if TYPE_CHECKING:
    import httpx

    from helmr_api.models import Run


class DefinitionError(ArgumentError):
    """A task, stream, queue or retry policy is defined in a way that the contract does not allow."""


# --- requests and responses--------------------------------------------------------------------------------


class HelmrConnectionError(HelmrError, ConnectionError):
    """The control plane could not be reached, or the connection broke before its response was complete.

    `request` is the request that failed, if it had already been built.
    """

    request: httpx.Request | None = None

    def __init__(self, message: str, *, request: httpx.Request | None = None) -> None:
        super().__init__(message)
        self.request = request


class HelmrTimeoutError(HelmrConnectionError, TimeoutError):
    """The control plane did not respond within the client's timeout."""


_HINTS: Mapping[int, str] = {
    404: "check the id, and that it belongs to the environment of the API key",
    401: "check HELMR_API_KEY, or the api_key given to the client",
    403: "the API key lacks the scope for this call",
}
"""Advice on errors without a code, by status. The document has the advice for each code."""


class HelmrStatusError(HelmrError):
    """The control plane responded with an error status.

    `status` is the HTTP status, `code` the contract's error code (`None` if the contract has none), `message`
    the server's message, `hint` what to do about it, if known, and `retry_after` the seconds that the server
    asks clients to wait before another attempt. `request` and `response` are `None` in an unpickled error,
    because they contain credentials.
    """

    request: httpx.Request | None = None
    response: httpx.Response | None = None

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str | None = None,
        request: httpx.Request | None = None,
        response: httpx.Response | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status: int = status
        self.code: str | None = code
        self.request = request
        self.response = response
        self.retry_after: float | None = retry_after
        self.hint: str | None = _hint(status, code, request)

    def __str__(self) -> str:
        code = f", {self.code}" if self.code and self.code != self.message else ""
        text = f"{self.message} (HTTP {self.status}{code})"
        return one_line(masked(f"{text}: {self.hint}" if self.hint else text))


def _hint(status: int, code: str | None, request: httpx.Request | None) -> str | None:
    """Return advice on an error. It names the task that is not deployed, because the server's message does
    not."""
    action = ERROR_ACTIONS.get(code or "", "").removesuffix(".")
    if code == "task_not_deployed" and request is not None:
        import json

        try:
            return f"{action} (the request names {json.loads(request.content)['task_id']!r})"
        except (ValueError, KeyError, TypeError):
            pass
    if status == 404 and request is not None and request.url.path.startswith("/api/api/"):
        return "the control plane URL ends in /api: remove that, the client adds it"
    return action or (None if code else _HINTS.get(status))


class BadRequestError(HelmrStatusError):
    """400, 413, 422: the request breaks a rule of the contract."""


class AuthenticationError(HelmrStatusError):
    """401: the API key or public access token is missing, unknown, revoked or expired."""


class PermissionDeniedError(HelmrStatusError):
    """403: the credential is valid but does not allow this."""


class NotFoundError(HelmrStatusError):
    """404: the environment of the credential has no such object."""


class ConflictError(HelmrStatusError):
    """409: the request conflicts with the object's state or an earlier use of the key; `code` says which."""


class GoneError(HelmrStatusError):
    """410: the token or session has expired."""


class ServerError(HelmrStatusError):
    """5xx: the server failed."""


class IdempotencyPendingError(HelmrStatusError):
    """202: another start with the same idempotency key was still in progress after the last retry."""


_BY_STATUS: Mapping[int, type[HelmrStatusError]] = {
    202: IdempotencyPendingError,
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    410: GoneError,
    413: BadRequestError,
    422: BadRequestError,
}


_BY_CODE: Mapping[str, type[HelmrStatusError]] = {
    "idempotency_fingerprint_mismatch": ConflictError,
    "idempotency_pending": IdempotencyPendingError,
}
"""Codes that a control plane sometimes sends with 500 instead of their usual status."""


def status_error(
    status: int,
    message: str,
    code: str | None,
    request: httpx.Request | None,
    response: httpx.Response | None,
    retry_after: float | None = None,
) -> HelmrStatusError:
    """Return the error class for an HTTP status."""
    cls = _BY_CODE.get(code or "") if status >= 500 else _BY_STATUS.get(status)
    if cls is None:
        cls = ServerError if status >= 500 else HelmrStatusError
    return cls(message, status=status, code=code, request=request, response=response, retry_after=retry_after)


# --- data that does not match its type----------------------------------------------------------------------


class Issue(Value):
    """One problem with a value: `path` into it, and `message`.

    >>> str(Issue(("prNumber",), "expected int, got str"))
    'payload.prNumber: expected int, got str'
    """

    __slots__ = ("message", "path", "root")

    def __init__(self, path: Sequence[str | int], message: str, *, root: str = "payload") -> None:
        self.path: tuple[str | int, ...] = tuple(path)
        self.message: str = message
        self.root: str = root

    @property
    def where(self) -> str:
        """The path as a string: `payload.items[0]["odd key"]`."""
        return self.root + "".join(_path_part(part) for part in self.path)

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"

    def __repr__(self) -> str:
        return f"Issue({str(self)!r})"


def _path_part(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    if part.isidentifier():
        return f".{part}"
    if part.isdecimal() and str(int(part)) == part:
        return f"[{part}]"
    import json

    return f"[{json.dumps(part, ensure_ascii=False)}]"


class DataValidationError(HelmrError, ValueError):
    """A value does not match the type that its task or stream declares. `issues` lists the problems and their
    paths."""

    def __init__(self, label: str, issues: Sequence[Issue] = (), message: str | None = None) -> None:
        self.label: str = label
        self.issues: tuple[Issue, ...] = tuple(issues)
        super().__init__(_validation_message(label, self.issues) if message is None else message)


def _validation_message(label: str, issues: Sequence[Issue]) -> str:
    if not issues:
        return f"{label} failed validation"
    shown = "; ".join(str(issue) for issue in issues[:5])
    more = f"; and {len(issues) - 5} more" if len(issues) > 5 else ""
    return f"{label} failed validation: {shown}{more}"


class PayloadValidationError(DataValidationError):
    """A task's payload or a stream record does not match its type. Raised before anything is sent."""


class OutputValidationError(DataValidationError):
    """Data from the server does not match the declared type: a run's output, or the data of a record or
    token."""


# --- how runs and waits end --------------------------------------------------------------------------------


class RunError(HelmrError):
    """A run did not end with an output. `run` is its snapshot, `reason` the reason from its events."""

    def __init__(self, message: str, *, run: Run | None = None, reason: str | None = None) -> None:
        super().__init__(message)
        self.run: Run | None = run
        self.reason: str | None = reason


class RunFailedError(RunError):
    """The run failed. `failure_kind` is the kind of failure in the contract's terms (`task_failed`,
    `max_duration`, …).

    Its notes (`__notes__`), which tracebacks show, are the reasons why earlier attempts failed.
    """

    def __init__(
        self,
        message: str,
        *,
        run: Run | None = None,
        reason: str | None = None,
        failure_kind: str | None = None,
    ) -> None:
        super().__init__(message, run=run, reason=reason)
        self.failure_kind: str | None = failure_kind


class RunCancelledError(RunError):
    """The run was cancelled."""


class RunExpiredError(RunError):
    """The run's ttl passed before it was started."""


class RunNotFinishedError(RunError):
    """The run has not ended yet, so it has no output."""


class WaitTimeoutError(HelmrError, TimeoutError):
    """The caller's timeout expired. `timeout` is its length in seconds, if known."""

    def __init__(self, message: str, *, timeout: float | None = None) -> None:
        super().__init__(message)
        self.timeout: float | None = timeout


class WorkspaceError(HelmrError):
    """A workspace could not be mounted, or its changes could not be stored.

    `workspace_id` is its id, `state` its state if that is the reason.
    """

    def __init__(self, message: str, *, workspace_id: str | None = None, state: str | None = None) -> None:
        super().__init__(message)
        self.workspace_id: str | None = workspace_id
        self.state: str | None = state


# --- how execs and PTYs end ---------------------------------------------------------------------------------


class ProcessError(HelmrError):
    """An exec or PTY did not end normally."""


class ProcessFailedError(ProcessError):
    """It could not be started or run."""


class ProcessLostError(ProcessError):
    """The mount of its workspace was lost or failed, and its progress is unknown."""


class ProcessStoppedError(ProcessError):
    """Its workspace was stopped while it ran."""


class ProcessTimeoutError(WaitTimeoutError):
    """The caller's timeout expired; the exec or PTY keeps running.

    `process_id` is its id, `None` if not even its creation got a response; `state` is the last one seen.
    For a `run`, `stdout` and `stderr` are the output so far.
    """

    def __init__(
        self,
        message: str,
        *,
        timeout: float | None = None,
        process_id: str | None = None,
        state: str | None = None,
        stdout: bytes = b"",
        stderr: bytes = b"",
    ) -> None:
        super().__init__(message, timeout=timeout)
        self.process_id: str | None = process_id
        self.state: str | None = state
        self.stdout: bytes = stdout
        self.stderr: bytes = stderr


class FailedCommand(Protocol):
    """The result of a command that failed: a `CommandResult`."""

    @property
    def exit_code(self) -> int | None:
        """The exit code; `None` when a signal ended the command."""
        ...

    @property
    def signal(self) -> str | None:
        """The name of the signal that ended the command."""
        ...

    @property
    def stdout(self) -> str:
        """The command's standard output."""
        ...

    @property
    def stderr(self) -> str:
        """The command's standard error."""
        ...


class CommandFailedError(HelmrError):
    """A command that was run with `check=True` ended with a non-zero exit code, or by a signal.

    `result` has its exit code and its output.
    """

    def __init__(self, message: str, *, result: FailedCommand | None = None) -> None:
        super().__init__(message)
        self.result: FailedCommand | None = result


class OutputExpiredError(HelmrError):
    """The output at the cursor is no longer kept: the server keeps about the last 64 MiB.

    `cursor` is the requested one, `earliest` the first that is still available; `None` if the server does
    not report it.
    """

    def __init__(self, message: str, *, cursor: int = 0, earliest: int | None = None) -> None:
        super().__init__(message)
        self.cursor: int = cursor
        self.earliest: int | None = earliest


# --- how tokens end -----------------------------------------------------------------------------------------


class TokenCancelledError(HelmrError):
    """The token was cancelled, so it will never have data."""


class TokenPendingError(HelmrError):
    """The token has not been completed yet."""


for _found in list(globals().values()):  # their public import path, also for those of the low-level client
    if isinstance(_found, type) and issubclass(_found, (HelmrError, Issue)):
        _found.__module__ = "helmr.errors"
