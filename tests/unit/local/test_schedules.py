"""When schedules fire, on a manual clock."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from helmr_ergonomic import task
from helmr_local import DeploymentError, Implementation, LocalSettings, Schedule, TaskContext, implement
from helmr_local.clock import ManualClock

Bench = Callable[..., Any]
InLoop = Callable[..., None]
HOUR = 3600


def clock_at(text: str) -> ManualClock:
    return ManualClock(round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1_000_000))


def reporting(*schedules: Schedule, name: str = "report", **options: Any) -> Implementation[Any, Any]:
    @implement(task(name, payload=object, output=object, **options), schedules=schedules)
    def report(ctx: TaskContext[Any]) -> object:
        return ctx.payload

    return report


def shown(b: Any) -> list[dict[str, Any]]:
    """Return all schedule instances, ordered by external id."""
    rows: list[dict[str, Any]] = b.db.all(
        "SELECT * FROM schedules s JOIN schedule_instances i ON i.schedule_id = s.id ORDER BY s.external_id"
    )
    return rows


def payloads(b: Any) -> list[dict[str, Any]]:
    return [json.loads(run["payload"]) for run in b.db.all("SELECT payload FROM runs ORDER BY no")]


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1_000_000)


def sweep_after(b: Any, seconds: float) -> None:
    b.clock.advance(seconds)
    b.plane.sweep()


def test_a_schedule_fires_once_for_each_due_time(bench: Bench, in_loop: InLoop) -> None:
    async def scenario() -> None:
        nightly = reporting(Schedule("0 3 * * *", timezone="Europe/Berlin"))
        async with bench(nightly, clock=clock_at("2026-06-10T00:59:00")) as b:
            sweep_after(b, 59)
            assert payloads(b) == []
            sweep_after(b, 1)
            sweep_after(b, 5)
            sweep_after(b, HOUR)
            (first,) = payloads(b)
            assert first == {
                "timestamp": "2026-06-10T01:00:00Z",
                "timezone": "Europe/Berlin",
                "scheduleId": shown(b)[0]["id"],
                "scheduleType": "declarative",
                "upcoming": [f"2026-06-{day}T01:00:00Z" for day in range(11, 16)],
                "externalId": "report.primary",
            }
            sweep_after(b, 23 * HOUR)
            assert [one["timestamp"] for one in payloads(b)] == [
                "2026-06-10T01:00:00Z",
                "2026-06-11T01:00:00Z",
            ]
            assert payloads(b)[1]["lastTimestamp"] == "2026-06-10T01:00:00Z"
            assert shown(b)[0]["last_fire_at"] == at("2026-06-11T01:00:00")

    in_loop(scenario)


def test_of_the_times_missed_while_stopped_only_the_first_fires(
    bench: Bench, in_loop: InLoop, tmp_path: Path
) -> None:
    async def scenario() -> None:
        hourly, path = reporting(Schedule("0 * * * *")), str(tmp_path / "helmr.db")
        clock = clock_at("2026-06-10T00:30:00")
        async with bench(hourly, clock=clock, path=path):
            pass
        clock.advance(5 * HOUR)
        async with bench(hourly, clock=clock, path=path) as b:
            b.plane.sweep()
            b.plane.sweep()
            assert [one["timestamp"] for one in payloads(b)] == ["2026-06-10T01:00:00Z"]
            assert shown(b)[0]["next_fire_at"] == at("2026-06-10T06:00:00")

    in_loop(scenario)


def test_a_due_time_fires_once_across_a_restart(bench: Bench, in_loop: InLoop, tmp_path: Path) -> None:
    async def scenario() -> None:
        hourly, path = reporting(Schedule("0 * * * *")), str(tmp_path / "helmr.db")
        clock = clock_at("2026-06-10T00:30:00")
        async with bench(hourly, clock=clock, path=path) as b:
            before = shown(b)
            sweep_after(b, HOUR)
        async with bench(hourly, clock=clock, path=path) as b:
            assert [one["id"] for one in shown(b)] == [one["id"] for one in before]
            b.plane.sweep()
            assert len(payloads(b)) == 1
            # As if the server had died after the start but before recording it.
            b.db.execute(
                "UPDATE schedule_instances SET last_fire_at = NULL, next_fire_at = ?",
                (at("2026-06-10T01:00:00"),),
            )
            b.plane.sweep()
            assert len(payloads(b)) == 1
            assert shown(b)[0]["next_fire_at"] == at("2026-06-10T02:00:00")

    in_loop(scenario)


@pytest.mark.parametrize(
    ("start", "fires"),
    [
        pytest.param(
            "2026-03-27T12:00:00",
            ["2026-03-28T01:30:00Z", "2026-03-30T00:30:00Z"],
            id="skipped",
        ),
        pytest.param(
            "2026-10-23T12:00:00",
            ["2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-26T01:30:00Z"],
            id="repeated",
        ),
    ],
)
def test_each_due_time_fires_once_across_dst_changes_and_restarts(
    bench: Bench, in_loop: InLoop, tmp_path: Path, start: str, fires: list[str]
) -> None:
    async def scenario() -> None:
        nightly = reporting(Schedule("30 2 * * *", timezone="Europe/Berlin"))
        clock, path = clock_at(start), str(tmp_path / "helmr.db")
        rarely = LocalSettings(sweep_interval=HOUR, continuation_interval=HOUR)
        fired: list[str] = []
        for _ in range(7):  # a new server every half day
            async with bench(nightly, clock=clock, path=path, settings=rarely) as b:
                for _ in range(12):
                    sweep_after(b, HOUR)
                    b.plane.sweep()
                fired = [one["timestamp"] for one in payloads(b)]
        assert fired == fires

    in_loop(scenario)


def test_a_failed_fire_is_retried_and_abandoned_after_ten_attempts(bench: Bench, in_loop: InLoop) -> None:
    async def scenario() -> None:
        daily = reporting(Schedule("0 0 * * *"), secrets=["MISSING"])
        async with bench(daily, clock=clock_at("2026-06-09T23:59:00"), secrets={}) as b:
            sweep_after(b, 60)
            for attempt in range(1, 10):
                (row,) = shown(b)
                assert 'secret "MISSING" is unavailable' in row["last_error"]
                assert (row["attempts"], row["next_fire_at"]) == (attempt, at("2026-06-10T00:00:00"))
                wait = min(attempt**2, 60) * 60
                sweep_after(b, wait - 1)
                assert shown(b)[0]["attempts"] == attempt
                sweep_after(b, 1)
            (row,) = shown(b)
            assert (row["last_error"], row["attempts"]) == (None, 0)
            assert row["next_fire_at"] == at("2026-06-11T00:00:00")
            assert (row["last_fire_at"], payloads(b)) == (None, [])

    in_loop(scenario)


def test_deployments_add_change_and_remove_declared_schedules(
    bench: Bench, in_loop: InLoop, tmp_path: Path
) -> None:
    async def scenario() -> None:
        path, clock = str(tmp_path / "helmr.db"), clock_at("2026-06-10T00:30:00")
        night, noon = Schedule("0 3 * * *"), Schedule("0 12 * * *", key="noon")
        async with bench(reporting(night, noon), clock=clock, path=path) as b:
            first = shown(b)
            assert [row["external_id"] for row in first] == ["report.noon", "report.primary"]
        moved = Schedule("0 13 * * *", timezone="Europe/Berlin", key="noon")
        async with bench(reporting(night, moved), clock=clock, path=path) as b:
            noon_now, night_now = shown(b)
            assert (noon_now["id"], noon_now["cron"]) == (first[0]["id"], "0 13 * * *")
            assert noon_now["next_fire_at"] == at("2026-06-10T11:00:00")
            assert night_now == first[1]
        async with bench(reporting(night), clock=clock, path=path) as b:
            assert [row["external_id"] for row in shown(b)] == ["report.primary"]
        async with bench(reporting(), clock=clock, path=path) as b:
            assert shown(b) == []
            assert b.db.all("SELECT * FROM schedules") == []

    in_loop(scenario)


@pytest.mark.parametrize(
    ("schedules", "reason"),
    [
        (
            [Schedule("0 3 * *")],
            "the schedule 'primary' of 'report': cron must be a valid 5-field expression: ",
        ),
        (
            [Schedule("0 3 * * *", "Mars")],
            "the schedule 'primary' of 'report': timezone must be an IANA timezone",
        ),
        ([Schedule("0 3 * * *"), Schedule("0 4 * * *")], "declares two schedules 'primary'"),
    ],
)
def test_an_invalid_schedule_cannot_be_deployed(
    bench: Bench, in_loop: InLoop, schedules: list[Schedule], reason: str
) -> None:
    async def scenario() -> None:
        b = bench(reporting(*schedules))
        with pytest.raises(DeploymentError, match=reason):
            await b.__aenter__()
        b.plane.db.close()

    in_loop(scenario)
