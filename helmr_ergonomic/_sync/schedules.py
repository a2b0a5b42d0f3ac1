# Derived from helmr_ergonomic/_async/schedules.py. Do not edit: change that file, then run `make generate`.
"""Schedules over HTTP: changing some of their fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helmr_api.resources import Schedules as Generated
from helmr_api.types import HasId, id_of

from .._public import public
from .._tasks import AnyTask

if TYPE_CHECKING:
    from helmr_api.models import Schedule, ScheduleOptions
    from helmr_api.types import HasId


class Schedules(Generated):
    """Times at which sessions of a task start by themselves: `client.schedules`."""

    def create(
        self,
        task: AnyTask | str,
        *,
        deduplication_key: str,
        cron: str,
        external_id: str | None = None,
        timezone: str | None = None,
        active: bool | None = None,
        options: ScheduleOptions | None = None,
    ) -> Schedule:
        """Create a schedule, or replace the one of the project that has the same `deduplication_key`.

        A replacement keeps the id, and everything that is left out gets its default. It is safe to repeat,
        and repeated when its response was lost. Task, external id, cron and time zone belong to the project:
        they change for each of its environments.

        Args:
            task: A task that is deployed, by its definition or id.
            deduplication_key: Identifies the schedule in the project; 1 to 128 characters.
            cron: When it fires, in five fields: minute, hour, day of the month, month, day of the week.
            external_id: Your own name for it.
            timezone: An IANA time zone that the server knows, such as `Europe/Berlin`; `UTC` when left out.
            active: Whether it fires; true when left out.
            options: How the sessions are started; the task's own settings when left out.

        Returns:
            The schedule, with `next_fire_at`.

        Raises:
            BadRequestError: The server does not know the task, the time zone or such an expression.
            HelmrError: Any other.

        >>> nightly = schedules.create(
        ...     review_pull_request, cron="0 3 * * *", deduplication_key="nightly-review"
        ... )
        >>> nightly.status
        'active'
        """
        return super().create(
            id_of(task, "task"),
            deduplication_key=deduplication_key,
            cron=cron,
            external_id=external_id,
            timezone=timezone,
            active=active,
            options=options,
        )

    def update(
        self,
        schedule: str | HasId,
        /,
        *,
        task: AnyTask | str | None = None,
        cron: str | None = None,
        deduplication_key: str | None = None,
        external_id: str | None = None,
        timezone: str | None = None,
        active: bool | None = None,
        options: ScheduleOptions | None = None,
    ) -> Schedule:
        """Change what is given of a schedule, and keep the rest, except `options`.

        The server replaces a schedule as a whole, so this reads it and then writes it: of two changes at the
        same time, one may undo the other. The server does not show `options`: give them again, or they are
        the task's own settings from now on. `activate` and `deactivate` keep them.

        Args:
            schedule: The schedule or its id.
            task: A task that is deployed, by its definition or id.
            cron: When it fires, in five fields.
            deduplication_key: Cannot be changed; when given it must be the schedule's own.
            external_id: Your own name for it; an empty string removes it.
            timezone: An IANA time zone that the server knows.
            active: Whether it fires.
            options: How the sessions are started; reset when left out.

        Returns:
            The schedule, with `next_fire_at` computed anew.

        Raises:
            BadRequestError: The server refuses a value, or the schedule is declared by a task.
            NotFoundError: The environment has no such schedule.
            HelmrError: Any other.

        >>> schedules.update(schedule, cron="0 4 * * *").cron
        '0 4 * * *'
        """
        present = self.retrieve(schedule)
        return super().update(
            schedule,
            task=present.task if task is None else id_of(task, "task"),
            cron=present.cron if cron is None else cron,
            deduplication_key=deduplication_key,
            external_id=present.external_id if external_id is None else external_id,
            timezone=present.timezone if timezone is None else timezone,
            active=active,
            options=options,
        )


public(Schedules)
