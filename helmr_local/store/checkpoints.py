"""Copies the write-ahead log into the database file, on a thread of its own."""

from __future__ import annotations

import threading
from contextlib import suppress

import apsw

PAGES = 4096
"""The pages of the log after which it is copied: 16 MiB, not SQLite's 4, so that a page that many commits
write is copied once.
"""
MOST_PAGES = 4 * PAGES
"""The pages of the log after which the next commit copies it itself. SQLite starts the log anew only once
all of it is copied, which a thread may never achieve while commits keep adding to it.
"""
_FLAGS = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_NOMUTEX


class Checkpoints:
    """Copies the log of a connection's database whenever it is long enough.

    The copy waits for the disk twice, for up to a tenth of a second. On the server's thread, no request would
    be served in the meantime.

    A copy starts only after a commit that has added to the log, and never while another one is in progress.
    Before 3.51.3, SQLite could lose pages if one connection started to copy a log that was already copied
    while another one started the log anew (https://sqlite.org/wal.html#walresetbug).

    Args:
        connection: Its commits are observed. It must have opened the log.
        path: The file.
    """

    def __init__(self, connection: apsw.Connection, path: str) -> None:
        # Opened now, together with the log: later, the names may belong to another database.
        self._own = apsw.Connection(path, flags=_FLAGS)
        self._own.execute("SELECT 1 FROM sqlite_schema").fetchall()  # pyright: ignore[reportUnknownMemberType]
        self._own.set_busy_timeout(0)
        self._thread: threading.Thread | None = None
        self._copied = 0  # the pages of the log when it was last copied
        connection.set_wal_hook(self._committed)

    def _committed(self, connection: apsw.Connection, name: str, pages: int) -> int:
        if pages < self._copied:  # a new log
            self._copied = 0
        if pages - self._copied < (PAGES if not self._copied else PAGES // 4):
            return apsw.SQLITE_OK
        if self._thread is not None and self._thread.is_alive():
            return apsw.SQLITE_OK
        self._copied = pages
        if pages >= MOST_PAGES:
            with suppress(apsw.Error):  # the changes are committed, and a later commit tries again
                connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
            return apsw.SQLITE_OK
        thread = threading.Thread(target=self._copy, name="helmr-local checkpoint", daemon=True)
        with suppress(RuntimeError):  # no thread is available
            thread.start()
            self._thread = thread
        return apsw.SQLITE_OK

    def _copy(self) -> None:
        with suppress(apsw.Error):  # the disk is full, for instance, which the next commit reports
            self._own.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)

    def close(self) -> None:
        """Wait for a copy in progress. Call it before the observed connection is closed: the last connection
        removes the log.
        """
        if self._thread is not None:
            self._thread.join()
        self._own.close()
