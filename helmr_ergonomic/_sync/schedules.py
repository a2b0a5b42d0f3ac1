# Derived from helmr_ergonomic/_async/schedules.py. Edit that file, then run `make generate`.
"""Schedules over HTTP: changing single fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helmr_api.resources import Schedules as Generated

from .._public import public

if TYPE_CHECKING:
    from helmr_api.models import Schedule, ScheduleOptions
    from helmr_api.types import HasId


class Schedules(Generated):
    """Schedules that start sessions of a task: `client.schedules`."""

    def update(
        self,
        schedule: str | HasId,
        /,
        *,
        task: str | HasId | None = None,
        cron: str | None = None,
        deduplication_key: str | None = None,
        external_id: str | None = None,
        timezone: str | None = None,
        active: bool | None = None,
        options: ScheduleOptions | None = None,
    ) -> Schedule:
        """Change the given fields of a schedule, and keep the rest, except `options`.

        The server replaces a schedule as a whole, so this reads it and then writes it: if two changes
            overlap, one
        may undo the other. The server does not return `options`: pass them again, or the task's own settings
        apply from now on. `activate` and `deactivate` keep them.

        Args:
            schedule: The schedule or its id.
            task: A deployed task, by its definition or id.
            cron: A cron expression with five fields.
            deduplication_key: Cannot be changed; if given, it must equal the schedule's own.
            external_id: Your own name for it; an empty string removes it.
            timezone: An IANA time zone that the server knows.
            active: Whether it fires.
            options: How the sessions are started; reset if left out.

        Returns:
            The schedule, with `next_fire_at` recomputed.

        Raises:
            BadRequestError: The server refuses a value, or the schedule is declared by a task.
            NotFoundError: The environment has no such schedule.
            HelmrError: Any other error.

        >>> schedules.update(schedule, cron="0 4 * * *").cron
        '0 4 * * *'
        """
        present = self.retrieve(schedule)
        return super().update(
            schedule,
            task=present.task if task is None else task,
            cron=present.cron if cron is None else cron,
            deduplication_key=deduplication_key,
            external_id=present.external_id if external_id is None else external_id,
            timezone=present.timezone if timezone is None else timezone,
            active=active,
            options=options,
        )


public(Schedules)
