"""Test a schedule on a clock that the test moves: a week of nights takes no time.

    pytest examples/test_nightly_report.py

The clock begins before the night in which clocks go forward. That night has 23 hours, and the report still
comes at three, once.
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
    """The reports so far, the oldest first."""
    with helmr.client() as client:
        runs = [run for run in client.runs.list(status="all") if run.task_id == nightly_report.id]
        return [client.runs.retrieve(run.id, task=nightly_report).output_or_raise() for run in reversed(runs)]


@pytest.fixture
def helmr(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalHelmr]:
    """A control plane whose time stands still, and that the facades use."""
    with LocalHelmr(tasks=[write_report], clock="manual", now=FRIDAY) as local:
        for name, value in local.environ().items():
            monkeypatch.setenv(name, value)
        yield local


def test_a_report_comes_every_night_and_continues_the_one_before(helmr: LocalHelmr) -> None:
    main()
    main()  # makes no second one
    assert len(list(schedules.list())) == 1

    helmr.advance(timedelta(days=3))
    nights = [datetime(2026, 3, day, hour, tzinfo=UTC) for day, hour in ((28, 2), (29, 1), (30, 1))]
    assert [report.until for report in reports(helmr)] == nights
    assert [report.since for report in reports(helmr)][1:] == nights[:-1]


def test_a_schedule_that_is_switched_off_sleeps_through_the_night(helmr: LocalHelmr) -> None:
    main()
    (schedule,) = schedules.list()
    schedules.deactivate(schedule)
    helmr.advance(timedelta(days=2))
    assert reports(helmr) == []
    schedules.activate(schedule)
    helmr.advance(timedelta(days=1))
    assert [report.until.day for report in reports(helmr)] == [30]
