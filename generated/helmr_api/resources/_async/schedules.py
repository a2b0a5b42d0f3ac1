# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Schedules that start sessions of a task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...types import AsyncSender, HasId, id_of

if TYPE_CHECKING:
    from ...models.schedule import Schedule
    from ...models.schedule_options import ScheduleOptions
    from ...paging import AsyncPager


class AsyncSchedules:
    """Schedules that start sessions of a task.

    Its methods raise `HelmrError` when a request fails, and `ArgumentError` before one is sent when an argument is
    invalid.
    """

    def __init__(self, sender: AsyncSender) -> None:
        self._sender = sender

    def list(
        self,
    ) -> AsyncPager[Schedule]:
        """List schedules.

        Lists the schedules that this environment uses, of both types, newest first (`created_at`, then
        `id`, both descending), at most 200. There is no cursor. Needs the permission `runs.read`.

        Returns:
            Newest first, at most 200.
        """
        from ...api.schedules import list_schedules
        from ...paging import AsyncPager

        return AsyncPager(
            self._sender,
            lambda at: list_schedules.request(),
            lambda page: page.schedules,
        )

    async def create(
        self,
        task: str | HasId,
        *,
        deduplication_key: str,
        cron: str,
        external_id: str | None = None,
        timezone: str | None = None,
        active: bool | None = None,
        options: ScheduleOptions | None = None,
    ) -> Schedule:
        """Create or replace a schedule.

        Creates a schedule, or replaces the imperative schedule of the project that has the same
        `deduplication_key`. The status is 201 in both cases, so the request is safe to repeat. Needs the
        permission `runs.create`.

        A replacement keeps `id`, `created_at` and `last_fire_at`. It replaces everything else (a field that
        is left out gets its default), recomputes `next_fire_at` and clears the error. Task, external id,
        cron and time zone belong to the project: a replacement from another environment changes them for
        every environment, adds the schedule there, and moves the next fire of the others when cron or time
        zone changed. Options, `active`, the fire times and the error belong to the environment.

        Order of checks: body, scope, `task`, `deduplication_key`, permission, task deployed, options, queue
        declared, `timezone`, `cron`.

        Args:
            task: A task of the environment's current deployment; 1 to 128 characters.
            deduplication_key: Identifies the schedule in the project; 1 to 128 characters.
            cron: When the schedule fires, in `timezone`.
            external_id: Your own name for the schedule. Blank is none.
            timezone: An IANA time zone that the server knows, such as `Europe/Berlin`, or `Local`, the
                server's own. `UTC` when left out or blank, and for `utc` in any case.
            active: Whether it fires; true by default.
            options: How the sessions are started; the task's own settings when left out.
        """
        from ...api.schedules import create_schedule
        from ...models.schedule_create_request import ScheduleCreateRequest

        body = ScheduleCreateRequest(
            task=id_of(task, "task"),
            deduplication_key=deduplication_key,
            cron=cron,
            external_id=external_id,
            timezone=timezone,
            active=active,
            options=options,
        )
        return await self._sender.send(create_schedule.request(body=body))

    async def retrieve(self, schedule: str | HasId, /) -> Schedule:
        """Get a schedule.

        Returns a schedule that this environment uses. A schedule that only other environments use returns
        404. Needs the permission `runs.read`. Order of checks: `schedule_id`, scope, permission, schedule.

        Args:
            schedule: The schedule's id. Other spellings of a UUID are accepted too.
        """
        from ...api.schedules import get_schedule

        return await self._sender.send(get_schedule.request(id_of(schedule, "schedule")))

    async def update(
        self,
        schedule: str | HasId,
        /,
        *,
        task: str | HasId,
        cron: str,
        deduplication_key: str | None = None,
        external_id: str | None = None,
        timezone: str | None = None,
        active: bool | None = None,
        options: ScheduleOptions | None = None,
    ) -> Schedule:
        """Replace a schedule.

        Replaces task, cron, time zone, external id and options as a whole: a field that is left out gets
        its default, except `active`, which is unchanged. Recomputes `next_fire_at`, clears the error and
        keeps `last_fire_at`. Fields that belong to the project change for every environment, as in
        `createSchedule`. Declarative schedules are refused. Needs the permission `runs.create`.

        Order of checks: `schedule_id`, scope of the query, permission, schedule, its type, body, scope of
        the body, `task`, `deduplication_key`, then as `createSchedule` from the deployed task on.

        Args:
            schedule: The schedule's id. Other spellings of a UUID are accepted too.
            task: A task of the environment's current deployment; 1 to 128 characters.
            cron: When the schedule fires, in `timezone`.
            deduplication_key: Cannot be changed; if given, it must equal the schedule's own.
            external_id: Your own name for the schedule. Blank is none.
            timezone: An IANA time zone that the server knows, such as `Europe/Berlin`, or `Local`, the
                server's own. `UTC` when left out or blank, and for `utc` in any case.
            active: Whether it fires; unchanged if left out.
            options: How the sessions are started; the task's own settings when left out.
        """
        from ...api.schedules import update_schedule
        from ...models.schedule_update_request import ScheduleUpdateRequest

        body = ScheduleUpdateRequest(
            task=id_of(task, "task"),
            cron=cron,
            deduplication_key=deduplication_key,
            external_id=external_id,
            timezone=timezone,
            active=active,
            options=options,
        )
        return await self._sender.send(update_schedule.request(id_of(schedule, "schedule"), body=body))

    async def delete(self, schedule: str | HasId, /) -> None:
        """Delete a schedule.

        Removes the schedule from this environment; it is deleted with the last environment that uses it. A
        repeat returns 404. Declarative schedules are refused. Needs the permission `runs.create`.

        Args:
            schedule: The schedule's id. Other spellings of a UUID are accepted too.
        """
        from ...api.schedules import delete_schedule

        await self._sender.send(delete_schedule.request(id_of(schedule, "schedule")))

    async def activate(self, schedule: str | HasId, /) -> Schedule:
        """Activate a schedule.

        Lets the schedule fire in this environment. Recomputes `next_fire_at`, even if the schedule is
        already active, clears the error and keeps `last_fire_at`. A body is optional and not read.
        Declarative schedules are refused. Needs the permission `runs.create`.

        Args:
            schedule: The schedule's id. Other spellings of a UUID are accepted too.
        """
        from ...api.schedules import activate_schedule

        return await self._sender.send(activate_schedule.request(id_of(schedule, "schedule")))

    async def deactivate(self, schedule: str | HasId, /) -> Schedule:
        """Deactivate a schedule.

        Stops the schedule from firing in this environment. Drops `next_fire_at`, clears the error and keeps
        `last_fire_at`. A body is optional and not read. Declarative schedules are refused. Needs the
        permission `runs.create`.

        Args:
            schedule: The schedule's id. Other spellings of a UUID are accepted too.
        """
        from ...api.schedules import deactivate_schedule

        return await self._sender.send(deactivate_schedule.request(id_of(schedule, "schedule")))
