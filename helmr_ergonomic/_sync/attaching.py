# Derived from helmr_ergonomic/_async/attaching.py. Do not edit: change that file, then run `make generate`.
"""A PTY connected to the local terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from .._processes import TERMINAL
from ..errors import ConflictError, HelmrError
from ..output import OutputReader, refuse_bad_end
from ..reconnect import heed, reconnecting
from ..waiting import NEVER, Looks, Pause
from .readable import readable

if TYPE_CHECKING:
    from helmr_api import models

    from ..terminal import LocalTerminal
    from .byte_streams import ByteOutput
    from .processes import ProcessWatch

POLLS: Final = (0.02, 0.5)
"""Seconds between two looks at the output: right after something happened, and at most."""


class Attachable(Protocol):
    """The handle of a PTY."""

    @property
    def id(self) -> str:
        """The PTY's id."""
        ...

    @property
    def output(self) -> ByteOutput:
        """What it writes."""
        ...

    @property
    def watch(self) -> ProcessWatch[models.Pty]:
        """What reads its state."""
        ...

    def retrieve(self) -> models.Pty:
        """The PTY as it is now."""
        ...

    def write(self, data: bytes | str) -> int:
        """Type into it."""
        ...

    def resize(self, cols: int, rows: int) -> None:
        """Change its size."""
        ...


def attach(pty: Attachable, terminal: LocalTerminal, cursor: int) -> bool:
    """Pass on what is typed and show the output. Returns whether the PTY has ended.

    The output is read page by page, and not followed: nothing could interrupt the wait for an event stream
    when a key is pressed.
    """
    reader = OutputReader(cursor, f"output of PTY {pty.id}")
    polls, failing = Pause(*POLLS), reconnecting()
    looks = Looks(0.3, 1.0)
    size: tuple[int, int] | None = None
    pending, is_last, has_ended = b"", False, False
    with terminal:
        while True:
            try:
                if not has_ended:
                    if terminal.size() != size:
                        size = terminal.size()
                        pty.resize(*size)
                    if pending:
                        pty.write(pending)
                        pending = b""
                        polls.reset()
                if is_last:
                    return has_ended
                data = pty.output.next_page(reader, NEVER)
                if data:
                    terminal.show(data)
                    polls.reset()
                    continue
                if has_ended:
                    return True
                if looks.are_due(brought_news=False):
                    seen = pty.retrieve()
                    has_ended = seen.state in TERMINAL
                    refuse_bad_end(pty.watch.what, seen.state, seen.error.to_dict())
                    if has_ended:
                        continue
                failing.reset()
                pause = polls.next()
            except ConflictError:  # it has ended, or is about to
                pending, has_ended = b"", pty.retrieve().state in TERMINAL
                pause = polls.next()
            except HelmrError as error:
                heed(error, failing, NEVER)
                pause = failing.next()
            if readable(terminal.fd, pause):
                said = terminal.typed()
                pending, is_last = pending + said.data, said.is_last
