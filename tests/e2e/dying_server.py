"""`helmr-local serve`, which dies (as by `kill -9`) over the first session that it writes.

python dying_server.py before-commit|after-commit OPTION...
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from helmr_local.cli import main
from helmr_local.store import Database


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def watch(moment: str) -> None:
    insert = Database.insert

    def insert_and_die(self: Database, table: str, values: dict[str, Any]) -> int:
        row = insert(self, table, values)
        if table == "sessions":
            if moment == "before-commit":
                die()
            self.after_commit(die)  # the write is durable, the answer is not made yet
        return row

    Database.insert = insert_and_die  # type: ignore[method-assign]


if __name__ == "__main__":
    watch(sys.argv[1])
    sys.exit(main(["serve", *sys.argv[2:]]))
