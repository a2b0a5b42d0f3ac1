"""Schedules by the generated client: what they start with, and that environments share them."""

from __future__ import annotations

import asyncio

import pytest

from helmr_api import AsyncClient, Client, models
from helmr_api.errors import UnexpectedStatus
from helmr_api.resources import AsyncSchedules, Schedules
from helmr_ergonomic import task
from helmr_local import Implementation, LocalHelmr, Schedule, TaskContext, implement

EVERY_MINUTE = "* * * * *"
NEW_YEAR = "0 0 1 1 *"


def reporting(*schedules: Schedule) -> Implementation[object, object]:
    @implement(task("report", payload=object, output=object, queue="reports"), schedules=schedules)
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


def test_environments_of_a_project_share_a_schedule_but_not_whether_it_is_active() -> None:
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


def test_the_methods_are_the_same_with_asyncio() -> None:
    async def scenario(helmr: LocalHelmr) -> None:
        async with AsyncClient(helmr.url, helmr.api_key) as client:
            schedules = AsyncSchedules(client)
            made = await schedules.create("report", cron=NEW_YEAR, deduplication_key="nightly")
            assert [schedule async for schedule in schedules.list()] == [made]
            assert (await schedules.deactivate(made)).status == "inactive"
            await schedules.delete(made)

    with LocalHelmr(tasks=[reporting()]) as helmr:
        asyncio.run(scenario(helmr))
