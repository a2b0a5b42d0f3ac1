"""Schedules in the generated client, including those that environments share."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from helmr_api import AsyncClient, Client, models
from helmr_api.errors import UnexpectedStatus
from helmr_api.resources import AsyncSchedules, Schedules
from helmr_ergonomic import task
from helmr_ergonomic.errors import BadRequestError, NotFoundError
from helmr_local import Implementation, LocalHelmr, Schedule, TaskContext, implement

EVERY_MINUTE = "* * * * *"
NEW_YEAR = "0 0 1 1 *"


def reporting(*schedules: Schedule) -> Implementation[object, object]:
    @implement(task("report", payload=object, output=object, queue="reports"), schedules=schedules)
    def report(ctx: TaskContext[object]) -> object:
        return ctx.payload

    return report


def reporting_as(name: str) -> Implementation[object, object]:
    @implement(task(name, payload=object, output=object))
    def report(ctx: TaskContext[object]) -> object:
        return ctx.payload

    return report


def test_a_schedule_is_created_changed_and_deleted() -> None:
    with LocalHelmr(tasks=[reporting()]) as helmr, Client(helmr.url, helmr.api_key) as client:
        schedules = Schedules(client)
        options = models.ScheduleOptions(queue=models.QueueSelection(name="reports"), priority=2)
        made = schedules.create("report", cron=NEW_YEAR, deduplication_key="nightly", options=options)
        assert (made.status, made.timezone, made.external_id) == ("active", "UTC", None)
        assert list(schedules.list()) == [made]
        assert schedules.create("report", cron=NEW_YEAR, deduplication_key="nightly").id == made.id
        changed = schedules.update(made, task="report", cron="0 3 * * *", timezone="Europe/Berlin")
        assert (changed.cron, changed.timezone) == ("0 3 * * *", "Europe/Berlin")
        assert schedules.deactivate(made).next_fire_at is None
        assert schedules.activate(made).next_fire_at is not None
        schedules.delete(made)
        assert list(schedules.list()) == []


def test_declarative_schedules_are_read_only() -> None:
    with (
        LocalHelmr(tasks=[reporting(Schedule(NEW_YEAR))]) as helmr,
        Client(helmr.url, helmr.api_key) as client,
    ):
        schedules = Schedules(client)
        (declared,) = schedules.list()
        assert (declared.type_, declared.external_id, declared.deduplication_key) == (
            "declarative",
            "report.primary",
            None,
        )
        for change in (schedules.activate, schedules.deactivate, schedules.delete):
            with pytest.raises(UnexpectedStatus, match="400"):
                change(declared)
        with pytest.raises(UnexpectedStatus, match="400"):
            schedules.update(declared, task="report", cron=EVERY_MINUTE)
        assert schedules.retrieve(declared) == declared


def test_environments_of_a_project_share_a_schedule_but_not_its_active_state() -> None:
    with LocalHelmr(tasks=[reporting()]) as helmr:
        other_key = helmr.create_api_key(environment="other")
        with Client(helmr.url, helmr.api_key) as client, Client(helmr.url, other_key) as other:
            here, there = Schedules(client), Schedules(other)
            made = here.create("report", cron=NEW_YEAR, deduplication_key="nightly")
            with pytest.raises(UnexpectedStatus, match="404"):
                there.retrieve(made)
            same = there.create("report", cron="0 0 1 2 *", deduplication_key="nightly", active=False)
            assert (same.id, same.environment_id == made.environment_id) == (made.id, False)
            moved = here.retrieve(made)
            assert (moved.cron, moved.active) == ("0 0 1 2 *", True)
            assert moved.next_fire_at is not None
            assert moved.next_fire_at.month == 2
            here.delete(made)
            assert there.retrieve(made).active is False
            there.delete(made)
            with pytest.raises(UnexpectedStatus, match="404"):
                there.retrieve(made)


def test_the_async_client_has_the_same_methods() -> None:
    async def scenario(helmr: LocalHelmr) -> None:
        async with AsyncClient(helmr.url, helmr.api_key) as client:
            schedules = AsyncSchedules(client)
            made = await schedules.create("report", cron=NEW_YEAR, deduplication_key="nightly")
            assert [schedule async for schedule in schedules.list()] == [made]
            assert (await schedules.deactivate(made)).status == "inactive"
            await schedules.delete(made)

    with LocalHelmr(tasks=[reporting()]) as helmr:
        asyncio.run(scenario(helmr))


def test_the_layer_updates_single_fields_and_keeps_the_others() -> None:
    report = reporting()
    with LocalHelmr(tasks=[report, reporting_as("other")]) as helmr, helmr.client() as client:
        made = client.schedules.create(
            report.task,
            cron=NEW_YEAR,
            deduplication_key="nightly",
            timezone="Europe/Berlin",
            external_id="mine",
            active=False,
        )

        def fields(schedule: models.Schedule) -> tuple[object, ...]:
            return schedule.task, schedule.cron, schedule.timezone, schedule.external_id, schedule.active

        expected: list[object] = ["report", NEW_YEAR, "Europe/Berlin", "mine", False]
        assert fields(made) == tuple(expected)
        changes: list[tuple[int, str, object]] = [
            (1, "cron", "0 3 * * *"),
            (2, "timezone", "Asia/Tokyo"),
            (3, "external_id", "yours"),
            (4, "active", True),
            (0, "task", "other"),
        ]
        for place, name, value in changes:
            expected[place] = value
            change: dict[str, Any] = {name: value}
            assert fields(client.schedules.update(made, **change)) == tuple(expected)
        assert client.schedules.update(made, external_id="").external_id is None
        assert client.schedules.update(made).cron == "0 3 * * *"
        with pytest.raises(BadRequestError, match="deduplication_key cannot be updated"):
            client.schedules.update(made, deduplication_key="weekly")
        with pytest.raises(NotFoundError):
            client.schedules.update("0197f000-0000-7000-8000-000000000000", cron=NEW_YEAR)
