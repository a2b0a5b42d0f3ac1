# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..formats import format_datetime, parse_datetime
from ..model import Model, setters
from ..models.schedule_status import ScheduleStatus
from ..models.schedule_type import ScheduleType


@lazy_attrs.frozen(kw_only=True, repr=False)
class Schedule(Model):
    """Starts a session of a task whenever its cron expression matches. A schedule belongs to a project; each
    environment that uses it has its own `active`, fire times and error. The stored `options` are never
    returned.

    The session's payload has `timestamp` (the due time), `timezone`, `scheduleId`, `scheduleType`,
    `upcoming` (the next five times after `timestamp`), `lastTimestamp` (the time of the previous fire,
    omitted on the first) and `externalId` (omitted when there is none). Its times are RFC 3339 in UTC.

    A server looks for due schedules about every 5 seconds, and starts one session for each due time. Times
    missed in the meantime are not made up: the next fire is the first match after the current time. A fire
    that fails is retried after 1, 4, 9, … minutes, at most an hour apart, and is given up after 10
    attempts.

    Attributes:
        id: The schedule's id, the same in every environment.
        type_:
            - `imperative`: created with `createSchedule`
            - `declarative`: declared by a task; created, changed and removed when a deployment is promoted, and
              read-only here
        project_id: The project.
        environment_id: The environment.
        task: The task that is started.
        cron: As it was sent, without surrounding white space.
        timezone: The time zone of `cron`.
        active: Whether it fires in this environment.
        status:
            - `active`: fires at `next_fire_at`
            - `inactive`: does not fire
            - `errored`: the last fire failed; `last_error` says why
        created_at: When it was created.
        updated_at: When it was last changed by any environment. A fire does not change it.
        deduplication_key: Omitted for declarative schedules.
        external_id: Omitted when there is none. A declarative schedule has the name of its task, a dot,
            and the key of the declaration (`primary` by default).
        last_error: Why the last fire failed. Omitted when it did not.
        next_fire_at: When it fires next, up to 30 seconds later. Omitted when it is inactive, or when
            nothing matches any longer.
        last_fire_at: The due time of the last fire, not when it happened. Omitted until then.
    """

    __module__ = "helmr.types"
    _shown = ("id", "type_", "active", "status", "external_id")
    _wire_names = {"type_": "type"}

    id: str
    type_: ScheduleType | str
    project_id: str
    environment_id: str
    task: str
    cron: str
    timezone: str
    active: bool
    status: ScheduleStatus | str
    created_at: datetime.datetime
    updated_at: datetime.datetime
    deduplication_key: str | None = None
    external_id: str | None = None
    last_error: str | None = None
    next_fire_at: datetime.datetime | None = None
    last_fire_at: datetime.datetime | None = None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        _next_fire_at = d.pop("next_fire_at", None)
        _last_fire_at = d.pop("last_fire_at", None)
        made = cls.__new__(cls)
        _set_id(made, d.pop("id"))
        _set_type_(made, d.pop("type"))
        _set_project_id(made, d.pop("project_id"))
        _set_environment_id(made, d.pop("environment_id"))
        _set_task(made, d.pop("task"))
        _set_cron(made, d.pop("cron"))
        _set_timezone(made, d.pop("timezone"))
        _set_active(made, d.pop("active"))
        _set_status(made, d.pop("status"))
        _set_created_at(made, parse_datetime(d.pop("created_at")))
        _set_updated_at(made, parse_datetime(d.pop("updated_at")))
        _set_deduplication_key(made, d.pop("deduplication_key", None))
        _set_external_id(made, d.pop("external_id", None))
        _set_last_error(made, d.pop("last_error", None))
        _set_next_fire_at(made, None if _next_fire_at is None else parse_datetime(_next_fire_at))
        _set_last_fire_at(made, None if _last_fire_at is None else parse_datetime(_last_fire_at))
        _set_additional_properties(made, d)  # what is left
        if not (
            type(made.id) is str
            and type(made.type_) is str
            and type(made.project_id) is str
            and type(made.environment_id) is str
            and type(made.task) is str
            and type(made.cron) is str
            and type(made.timezone) is str
            and type(made.active) is bool
            and type(made.status) is str
            and (made.deduplication_key is None or type(made.deduplication_key) is str)
            and (made.external_id is None or type(made.external_id) is str)
            and (made.last_error is None or type(made.last_error) is str)
        ):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
            "id": self.id,
            "type": self.type_,
            "project_id": self.project_id,
            "environment_id": self.environment_id,
            "task": self.task,
            "cron": self.cron,
            "timezone": self.timezone,
            "active": self.active,
            "status": self.status,
            "created_at": format_datetime(self.created_at),
            "updated_at": format_datetime(self.updated_at),
        }
        if self.deduplication_key is not None:
            result["deduplication_key"] = self.deduplication_key
        if self.external_id is not None:
            result["external_id"] = self.external_id
        if self.last_error is not None:
            result["last_error"] = self.last_error
        if self.next_fire_at is not None:
            result["next_fire_at"] = format_datetime(self.next_fire_at)
        if self.last_fire_at is not None:
            result["last_fire_at"] = format_datetime(self.last_fire_at)
        return result

    def __hash__(self) -> int:
        return hash(self.id)


(
    _set_id,
    _set_type_,
    _set_project_id,
    _set_environment_id,
    _set_task,
    _set_cron,
    _set_timezone,
    _set_active,
    _set_status,
    _set_created_at,
    _set_updated_at,
    _set_deduplication_key,
    _set_external_id,
    _set_last_error,
    _set_next_fire_at,
    _set_last_fire_at,
    _set_additional_properties,
) = setters(Schedule)
