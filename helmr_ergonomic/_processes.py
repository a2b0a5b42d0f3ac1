"""Execs and PTYs without I/O: request bodies and results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from attrs import define

from helmr_api.constants import MAX_STREAM_CHUNK_BYTES, TERMINAL_EXEC_STATES, TERMINAL_PTY_STATES
from helmr_api.types import HasId

from ._public import public
from ._validation import checked_string, listed
from .errors import ArgumentError, CommandFailedError
from .idempotency import new_key

if TYPE_CHECKING:
    from helmr_api import models

ExecRef = str | HasId
"""An exec's id, or an object that has it."""
PtyRef = str | HasId
"""A PTY's id, or an object that has it."""

END_STATES: Final = TERMINAL_EXEC_STATES | TERMINAL_PTY_STATES
RUN_SECONDS: Final = 600.0
"""The default timeout of `run`, in seconds."""
POLLS: Final = (0.03, 2.0)
"""Seconds between two polls of an exec or PTY: right after activity, and at most."""
PAGE_CHUNKS: Final = 16
"""The number of chunks of output read at once, each of at most 1 MiB."""


@define(eq=False, repr=False)
class CommandResult:
    """How a command ended, with its output.

    `exit_code` is `None` if a signal ended it; `signal` is then its name.
    """

    exec_id: str
    command: tuple[str, ...]
    exit_code: int | None
    signal: str | None
    stdout_bytes: bytes
    stderr_bytes: bytes

    @property
    def ok(self) -> bool:
        """True if the exit code is 0."""
        return self.exit_code == 0

    @property
    def stdout(self) -> str:
        """Standard output as a string; invalid UTF-8 appears as U+FFFD."""
        return self.stdout_bytes.decode("utf-8", "replace")

    @property
    def stderr(self) -> str:
        """Standard error as a string; invalid UTF-8 appears as U+FFFD."""
        return self.stderr_bytes.decode("utf-8", "replace")

    def check(self) -> CommandResult:
        """Return this result if the exit code is 0.

        Raises:
            CommandFailedError: the exit code is not 0, or a signal ended the command.

        >>> live.run(["pytest", "-q"]).check().stdout
        """
        if self.ok:
            return self
        how = f"ended by {self.signal}" if self.signal else f"exited with {self.exit_code}"
        last = self.stderr.rstrip().rpartition("\n")[2][-200:]
        raise CommandFailedError(
            f"{self.command[0]!r} {how}" + (f"; the last line of stderr: {last}" if last else ""), result=self
        )

    def __repr__(self) -> str:
        signal = f", signal={self.signal!r}" if self.signal else ""
        return (
            f"CommandResult(exit_code={self.exit_code}{signal}, "
            f"stdout={len(self.stdout_bytes)} bytes, stderr={len(self.stderr_bytes)} bytes)"
        )


def exec_request(
    command: Sequence[str],
    cwd: str | None,
    env: Mapping[str, str] | None,
    idempotency_key: str | None,
    *,
    detached: bool,
) -> models.ExecCreateRequest:
    """Build and check the body of a create request. Raises `ArgumentError`, which never contains a value of
    `env`."""
    from helmr_api import models

    return models.ExecCreateRequest(
        command=_checked_command(command),
        cwd=None if cwd is None else checked_string(cwd, "cwd"),
        env=None if env is None else _checked_env(env),
        detached=detached or None,
        idempotency_key=new_key() if idempotency_key is None else idempotency_key,
    )


def pty_request(
    cols: int | None, rows: int | None, cwd: str | None, idempotency_key: str | None
) -> models.PtyCreateRequest:
    """Build the body of a create request."""
    from helmr_api import models

    return models.PtyCreateRequest(
        cols=cols,
        rows=rows,
        cwd=None if cwd is None else checked_string(cwd, "cwd"),
        idempotency_key=new_key() if idempotency_key is None else idempotency_key,
    )


def _checked_command(command: Sequence[str]) -> list[str]:
    if isinstance(command, str):
        raise ArgumentError(
            'command must be a list such as ["ls", "-l"]; for a shell, pass ["sh", "-c", command]'
        )
    words = listed(command, "command")
    if not words:
        raise ArgumentError("command must contain at least the name of a program")
    return [checked_string(word, "each word of command") for word in words]


def _checked_env(env: Mapping[str, str]) -> dict[str, str]:
    if not isinstance(env, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]  callers may be untyped
        raise ArgumentError(f"env must be a mapping of strings to strings, not {type(env).__name__}")
    for name, value in env.items():
        if not isinstance(name, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ArgumentError(f"env must have strings as names, not {type(name).__name__}")
        if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ArgumentError(f"env[{name!r}] must be a string, not {type(value).__name__}")
    return dict(env)


def as_bytes(data: bytes | str, what: str) -> bytes:
    """Convert data to bytes, a string as UTF-8. Raises `ArgumentError`, which does not contain the data."""
    if isinstance(data, str):
        try:
            return data.encode()
        except UnicodeEncodeError:
            raise ArgumentError(f"{what} must not contain lone surrogates: pass bytes instead") from None
    if isinstance(data, (bytes, bytearray, memoryview)):  # pyright: ignore[reportUnnecessaryIsInstance]
        return bytes(data)
    raise ArgumentError(f"{what} must be bytes or a string, not {type(data).__name__}")


def pieces(offset: int, data: bytes) -> Iterator[models.StreamWriteRequest]:
    """Yield the bodies that write `data` at an offset. The same bytes are always split in the same way."""
    from binascii import b2a_base64

    from helmr_api import models

    for start in range(0, len(data), MAX_STREAM_CHUNK_BYTES):
        piece = data[start : start + MAX_STREAM_CHUNK_BYTES]
        encoded = b2a_base64(piece, newline=False).decode("ascii")
        yield models.StreamWriteRequest(data=encoded, offset=offset + start)


def written(piece: models.StreamWriteRequest) -> int:
    """Return the number of bytes in a body."""
    return len(piece.data) // 4 * 3 - piece.data[-2:].count("=")


public(CommandResult)
