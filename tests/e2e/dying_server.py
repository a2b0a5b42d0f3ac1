"""A `helmr-local serve` that kills itself (as by `kill -9`) when it writes its first session.

    python dying_server.py before-commit|after-commit OPTION...

The options are those of `helmr-local serve`.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

import apsw

from helmr_local.cli import main


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Dying(apsw.Connection):
    """A SQLite connection that kills the process at the commit of a transaction that wrote a session."""

    wrote_session = False

    def execute(self, statements: str, bindings: Any = None, **options: Any) -> apsw.Cursor:
        last = self.wrote_session and statements == "COMMIT"
        if last and MOMENT == "before-commit":
            die()
        cursor = super().execute(statements, bindings, **options)
        if last:
            die()  # the write is durable, but the response is not sent yet
        return cursor

    def executemany(self, statements: str, sequenceofbindings: Any, **options: Any) -> apsw.Cursor:
        self.wrote_session = self.wrote_session or statements.startswith("INSERT INTO sessions ")
        return super().executemany(statements, sequenceofbindings, **options)


if __name__ == "__main__":
    MOMENT = sys.argv[1]
    apsw.Connection = Dying  # type: ignore[misc]
    sys.exit(main(["serve", *sys.argv[2:]]))
