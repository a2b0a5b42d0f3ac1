"""A report every night: a schedule starts the task, and the payload says which night it is for.

    helmr-local run --tasks examples.nightly_report -- python -m examples.nightly_report

The program makes the schedule, or changes it to what it says here, and prints when it fires. Running it again
makes no second one: the deduplication key is that of the schedule. `examples/test_nightly_report.py` lets the
nights pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from helmr import schedules, task
from helmr_local import TaskContext, implement

ZONE = "Europe/Berlin"


@dataclass(frozen=True)
class Report:
    """What the report covers: from the night before, or from a day ago, until now."""

    since: datetime
    until: datetime


nightly_report = task("nightly-report", payload=dict[str, Any], output=Report)


@implement(nightly_report)
def write_report(ctx: TaskContext[dict[str, Any]]) -> Report:
    until = datetime.fromisoformat(ctx.payload["timestamp"])
    last = ctx.payload.get("lastTimestamp")  # the first time there is none
    since = datetime.fromisoformat(last) if last else until - timedelta(days=1)
    ctx.log.info(f"reporting from {since} to {until}, next: {ctx.payload['upcoming'][0]}")
    return Report(since, until)


def main() -> None:
    schedule = schedules.create(
        nightly_report, cron="0 3 * * *", timezone=ZONE, deduplication_key="nightly-report"
    )
    print(f"{schedule.cron} {schedule.timezone}, next: {schedule.next_fire_at}")


if __name__ == "__main__":
    main()
