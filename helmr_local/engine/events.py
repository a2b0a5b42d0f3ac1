"""Run events: what the server says about a run, in order, for ever."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .. import jsontext
from ..store import Row
from .core import Core

TERMINAL_KINDS = frozenset({"run.completed", "run.failed", "run.cancelled", "run.expired"})


@dataclass(frozen=True)
class Kind:
    """The fixed members of an event kind; `severity` and `source` have variants."""

    category: str
    severity: str
    source: str
    sensitive: bool = False


KINDS: dict[str, Kind] = {
    "run.created": Kind("lifecycle", "info", "control"),
    "log.stdout": Kind("log", "info", "worker", sensitive=True),
    "log.stderr": Kind("log", "info", "worker", sensitive=True),
    "log": Kind("log", "info", "worker", sensitive=True),
    "run.metadata.updated": Kind("guest", "info", "worker", sensitive=True),
    "run.completed": Kind("lifecycle", "info", "control"),
    "run.failed": Kind("lifecycle", "error", "control"),
    "run.cancel_requested": Kind("lifecycle", "warn", "control"),
    "run.cancelled": Kind("lifecycle", "warn", "control"),
    "run.expired": Kind("lifecycle", "warn", "control"),
    "run.retry_scheduled": Kind("lifecycle", "warn", "control"),
    "run.execution_lost": Kind("worker", "warn", "lease_sweeper"),
    "run.dead_lettered": Kind("lifecycle", "error", "dispatcher"),
}


def run_topic(run_id: str) -> str:
    """News of a run: its state and its events."""
    return "run:" + run_id


def logs_topic(run_id: str) -> str:
    return "logs:" + run_id


class Events:
    """Writes and pages through run events."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def append(
        self,
        run: Row,
        kind: str,
        attributes: dict[str, Any],
        *,
        at: int,
        leased: bool = False,
        severity: str | None = None,
        source: str | None = None,
        seq: int | None = None,
    ) -> None:
        """Add an event of the run's present attempt (and lease, if `leased`), in the open transaction.

        Args:
            seq: Its number, if the run's count of events includes it already.
        """
        db, fixed = self._core.db, KINDS[kind]
        if seq is None:
            counted = db.one(
                "UPDATE runs SET event_seq = event_seq + 1 WHERE no = ? RETURNING event_seq", (run["no"],)
            )
            assert counted is not None
            number: int = counted["event_seq"]
        else:
            number = seq
        lease_id = run["lease_id"] if leased else None
        db.execute(
            "INSERT INTO run_events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                run["no"],
                number,
                kind,
                fixed.category,
                severity or fixed.severity,
                source or fixed.source,
                fixed.sensitive,
                run["attempt_id"],
                run["attempt_number"],
                lease_id,
                run["lease_span"] if lease_id else run["root_span"],
                jsontext.encode(attributes).decode(),
                at,
            ),
        )
        if number > 1:  # nobody follows a run that is only being made
            run_id = run["id"]
            db.after_commit(lambda: self._core.notifier.notify(run_topic(run_id)))

    def page(self, run_no: int, after: int, limit: int) -> list[Row]:
        return self._core.db.all(
            "SELECT * FROM run_events WHERE run_no = ? AND seq > ? ORDER BY seq LIMIT ?",
            (run_no, after, limit),
        )
