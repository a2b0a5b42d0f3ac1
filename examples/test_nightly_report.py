"""Test a schedule with a manual clock, so that nights pass without waiting.

    pytest examples/test_nightly_report.py

The clock starts before the change to daylight saving time. That day has 23 hours, and the report must still
run once, at three.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from examples.nightly_report import Report, main, nightly_report, write_report
from helmr import schedules
from helmr_local import LocalHelmr

FRIDAY = datetime(2026, 3, 27, 12, tzinfo=UTC)


def reports(helmr: LocalHelmr) -> list[Report]:
    """Return the reports so far, oldest first."""
    with helmr.client() as client:
        runs = [run for run in client.runs.list(status="all") if run.task_id == nightly_report.id]
        return [client.runs.retrieve(run.id, task=nightly_report).output_or_raise() for run in reversed(runs)]


@pytest.fixture
def helmr(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalHelmr]:
    """Run a control plane with a manual clock, and configure the facades to use it."""
    with LocalHelmr(tasks=[write_report], clock="manual", now=FRIDAY) as local:
        for name, value in local.environ().items():
            monkeypatch.setenv(name, value)
        yield local


def test_a_report_runs_every_night_and_continues_the_previous_one(helmr: LocalHelmr) -> None:
    main()
    main()  # does not create another schedule
    assert len(list(schedules.list())) == 1

    helmr.advance(timedelta(days=3))
    nights = [datetime(2026, 3, day, hour, tzinfo=UTC) for day, hour in ((28, 2), (29, 1), (30, 1))]
    assert [report.until for report in reports(helmr)] == nights
    assert [report.since for report in reports(helmr)][1:] == nights[:-1]


def test_a_deactivated_schedule_does_not_run(helmr: LocalHelmr) -> None:
    main()
    (schedule,) = schedules.list()
    schedules.deactivate(schedule)
    helmr.advance(timedelta(days=2))
    assert reports(helmr) == []
    schedules.activate(schedule)
    helmr.advance(timedelta(days=1))
    assert [report.until.day for report in reports(helmr)] == [30]
