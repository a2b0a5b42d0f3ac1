"""A nightly report: a schedule starts the task, and the payload has the time of the night.

    helmr-local run --tasks examples.nightly_report -- python -m examples.nightly_report

The program creates or updates the schedule, and prints its next fire time. Running it again does not create
another schedule, because the deduplication key identifies it. `examples/test_nightly_report.py` tests it with
a simulated clock.
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
    """The period of the report: from the previous night, or a day ago, until now."""

    since: datetime
    until: datetime


nightly_report = task("nightly-report", payload=dict[str, Any], output=Report)


@implement(nightly_report)
def write_report(ctx: TaskContext[dict[str, Any]]) -> Report:
    until = datetime.fromisoformat(ctx.payload["timestamp"])
    last = ctx.payload.get("lastTimestamp")  # missing in the first run
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
