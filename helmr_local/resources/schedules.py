"""`/api/schedules`: start sessions of a task whenever a cron expression matches."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, TypedDict

from helmr_api.constants import TASK_ID_PATTERN

from ..catalog import DeploymentError
from ..engine.context import Context
from ..errors import ApiError, bad_request
from ..http.request import Request, refuse_scope
from ..http.response import Response, json_response
from ..ids import new_id
from ..keys import ApiKey
from ..wire import cron, jsontext
from ..wire.strings import printable, quote, trim
from ..wire.times import format_time
from .base import Resource, handles
from .starts import Starts
from .validation import check_task_id, check_uuid, no_nul

_KEY = re.compile(TASK_ID_PATTERN, re.ASCII)
_PREFIX = "invalid schedule request JSON"
_REFUSED = "{} is not accepted for scheduled session starts".format
_MOST = 200
_UPCOMING = 5
_MOST_ATTEMPTS = 10
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MINUTE = 60_000_000
_SELECT = (
    "SELECT s.*, i.environment_id, i.options, i.active, i.revision, i.next_fire_at, i.last_fire_at,"
    " i.last_error, i.attempts, i.retry_at FROM schedules s JOIN schedule_instances i ON i.schedule_id = s.id"
)


class ScheduleRow(TypedDict):
    """A schedule as used by one environment."""

    id: str
    project_id: str
    type: str
    task: str
    deduplication_key: str | None
    external_id: str
    cron: str
    timezone: str
    created_at: int
    updated_at: int
    environment_id: str
    options: str
    active: int
    revision: int
    next_fire_at: int | None
    last_fire_at: int | None
    last_error: str | None
    attempts: int
    retry_at: int | None


@dataclass(frozen=True)
class Timing:
    """A schedule's expression and time zone, as displayed and as parsed."""

    text: str
    zone_name: str
    expression: cron.Cron
    zone: tzinfo

    def after(self, instant: int) -> int | None:
        """Return the first match after an instant, in microseconds."""
        found = self.expression.after(_EPOCH + instant * _MICROSECOND, self.zone)
        return None if found is None else (found - _EPOCH) // _MICROSECOND

    def upcoming(self, instant: int) -> list[str]:
        """Return the next few matches after an instant."""
        found = cron.next_times(self.expression, _EPOCH + instant * _MICROSECOND, self.zone, _UPCOMING)
        return [format_time((one - _EPOCH) // _MICROSECOND) for one in found]


@dataclass(frozen=True)
class _WantedSchedule:
    """A validated request to create or change a schedule."""

    task: str
    external_id: str
    timing: Timing
    options: str
    active: bool | None


class Schedules(Resource):
    """The schedules of a project, each with an instance in every environment that uses it."""

    SCHEMA = """
    CREATE TABLE IF NOT EXISTS schedules (
      id TEXT PRIMARY KEY,
      project_id TEXT NOT NULL,
      type TEXT NOT NULL,
      task TEXT NOT NULL,
      deduplication_key TEXT,
      external_id TEXT NOT NULL,
      cron TEXT NOT NULL,
      timezone TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE UNIQUE INDEX IF NOT EXISTS schedules_key
      ON schedules (project_id, deduplication_key) WHERE deduplication_key IS NOT NULL;
    CREATE TABLE IF NOT EXISTS schedule_instances (
      schedule_id TEXT NOT NULL,
      environment_id TEXT NOT NULL,
      options TEXT NOT NULL,
      active INTEGER NOT NULL,
      revision INTEGER NOT NULL,
      next_fire_at INTEGER,
      last_fire_at INTEGER,
      last_error TEXT,
      attempts INTEGER NOT NULL,
      retry_at INTEGER,
      PRIMARY KEY (schedule_id, environment_id)
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS schedules_due ON schedule_instances (next_fire_at) WHERE active = 1;
    CREATE TABLE IF NOT EXISTS deployment_schedules (
      deployment_id TEXT NOT NULL,
      task TEXT NOT NULL,
      key TEXT NOT NULL,
      cron TEXT NOT NULL,
      timezone TEXT NOT NULL,
      PRIMARY KEY (deployment_id, task, key)
    ) WITHOUT ROWID;
    """

    def __init__(self, context: Context, starts: Starts) -> None:
        super().__init__(context)
        self._starts = starts
        context.signals.deployed.connect(self._add_declared)
        context.signals.deployment_promoted.connect(self._synchronise)

    # --- firing ------------------------------------------------------------------------------------

    def sweep(self) -> None:
        """Fire the schedules that are due. Each due time fires once; of several missed ones, only the first
        does.
        """
        now = self.clock.now()
        due = self.db.all(
            f"{_SELECT} WHERE i.active = 1 AND i.next_fire_at <= ? AND coalesce(i.retry_at, 0) <= ?",
            (now, now),
            row=ScheduleRow,
        )
        for schedule in due:
            self._fire(schedule, now)

    def next_due(self) -> int:
        return self._earliest(
            "SELECT min(max(next_fire_at, coalesce(retry_at, 0))) AS at FROM schedule_instances"
            " WHERE active = 1"
        )

    def _fire(self, schedule: ScheduleRow, now: int) -> None:
        scheduled = schedule["next_fire_at"]
        assert scheduled is not None
        timing = _understood(schedule["cron"], schedule["timezone"])
        try:
            self._start(schedule, timing, scheduled)
        except ApiError as error:
            attempts = schedule["attempts"] + 1
            if attempts < _MOST_ATTEMPTS:
                wait = min(attempts**2, 60) * _MINUTE
                self._set(schedule, last_error=error.message, attempts=attempts, retry_at=now + wait)
                return
        else:
            self._set(schedule, last_fire_at=scheduled)
        self._set(
            schedule,
            next_fire_at=timing.after(max(scheduled, now)),
            last_error=None,
            attempts=0,
            retry_at=None,
        )

    def _start(self, schedule: ScheduleRow, timing: Timing, scheduled: int) -> None:
        """Start the session. The idempotency key prevents a second start if the server dies right
        afterwards.
        """
        payload: dict[str, Any] = {
            "timestamp": format_time(scheduled),
            "timezone": schedule["timezone"],
            "scheduleId": schedule["id"],
            "scheduleType": schedule["type"],
            "upcoming": timing.upcoming(scheduled),
        }
        if schedule["last_fire_at"] is not None:
            payload["lastTimestamp"] = format_time(schedule["last_fire_at"])
        if schedule["external_id"]:
            payload["externalId"] = schedule["external_id"]
        key = f"schedule:{schedule['id']}:{schedule['environment_id']}:{schedule['revision']}:{scheduled}"
        fields = jsontext.python(schedule["options"]) | {"payload": payload, "idempotency_key": key}
        actor = ApiKey("schedule", schedule["environment_id"], schedule["project_id"], frozenset(), None)
        self._starts.start(actor, schedule["task"], fields, sdk_version="", cli_version="")

    def _set(self, schedule: ScheduleRow, **values: Any) -> None:
        """Update the instance in the schedule's environment."""
        changes = ", ".join(f"{name} = ?" for name in values)
        self.db.execute(
            f"UPDATE schedule_instances SET {changes} WHERE schedule_id = ? AND environment_id = ?",  # noqa: S608
            (*values.values(), schedule["id"], schedule["environment_id"]),
        )

    # --- declarations ------------------------------------------------------------------------------

    def _add_declared(self, environment_id: str, deployment_id: str) -> None:
        for task_id, declared in self.context.catalog.schedules():
            try:
                _understood(declared.cron, declared.timezone)
            except ApiError as error:
                raise DeploymentError(
                    f"the schedule {declared.key!r} of {task_id!r}: {error.message}"
                ) from None
            row = {"task": task_id, "key": declared.key, "cron": declared.cron, "timezone": declared.timezone}
            self.db.insert("deployment_schedules", row | {"deployment_id": deployment_id})

    def _synchronise(self, environment_id: str, deployment_id: str) -> None:
        """Make the declarative schedules of an environment match its deployment."""
        known = {
            schedule["external_id"]: schedule
            for schedule in self.db.all(
                f"{_SELECT} WHERE i.environment_id = ? AND s.type = 'declarative'",
                (environment_id,),
                row=ScheduleRow,
            )
        }
        environment = self.db.one("SELECT project_id FROM environments WHERE id = ?", (environment_id,))
        assert environment is not None
        declared = self.db.all("SELECT * FROM deployment_schedules WHERE deployment_id = ?", (deployment_id,))
        for row in declared:
            external_id = f"{row['task']}.{row['key']}"
            existing = known.pop(external_id, None)
            timing = _understood(row["cron"], row["timezone"])
            if existing is not None and (existing["cron"], existing["timezone"]) == (
                timing.text,
                timing.zone_name,
            ):
                continue
            wanted = _WantedSchedule(row["task"], external_id, timing, "{}", active=True)
            self._put(environment["project_id"], environment_id, wanted, existing)
        for schedule in known.values():
            self._remove(schedule)

    # --- state -------------------------------------------------------------------------------------

    def _wanted(self, environment_id: str, task_id: str, fields: dict[str, Any]) -> _WantedSchedule:
        task = self.context.catalog.current(self.db, environment_id, task_id)
        if task is None:
            raise bad_request(f"task {quote(task_id)} is not deployed in the selected deployment")
        options: dict[str, Any] = fields.get("options", {})
        self._starts.run_options(task, options)
        timing = _understood(
            trim(fields["cron"]) if "cron" in fields else "", trim(fields.get("timezone", ""))
        )
        external_id = trim(fields.get("external_id", ""))
        no_nul(external_id, "external_id")
        return _WantedSchedule(
            task_id, external_id, timing, json.dumps(options, ensure_ascii=False), fields.get("active")
        )

    def _put(
        self,
        project_id: str,
        environment_id: str,
        wanted: _WantedSchedule,
        existing: ScheduleRow | None,
        *,
        key: str | None = None,
        schedule_id: str | None = None,
    ) -> str:
        """Create or replace a schedule and its instance in an environment; return its id.

        Args:
            existing: The instance to replace.
            schedule_id: The id of the schedule, if another environment already uses it.
        """
        now, timing = self.clock.now(), wanted.timing
        shared = {
            "task": wanted.task,
            "external_id": wanted.external_id,
            "cron": timing.text,
            "timezone": timing.zone_name,
            "updated_at": now,
        }
        schedule_id = schedule_id or (existing["id"] if existing else None)
        with self.db.transaction():
            if schedule_id is None:
                schedule_id = new_id()
                own = {
                    "id": schedule_id,
                    "project_id": project_id,
                    "deduplication_key": key,
                    "created_at": now,
                }
                kind = "declarative" if key is None else "imperative"
                self.db.insert("schedules", own | shared | {"type": kind})
            else:
                self._reschedule_others(schedule_id, environment_id, timing)
                self.db.update("schedules", schedule_id, shared)
            active = wanted.active
            if active is None:
                active = True if existing is None else bool(existing["active"])
            self.db.replace(
                "schedule_instances",
                {
                    "schedule_id": schedule_id,
                    "environment_id": environment_id,
                    "options": wanted.options,
                    "active": active,
                    "revision": existing["revision"] + 1 if existing else 1,
                    "next_fire_at": _next(timing, now) if active else None,
                    "last_fire_at": existing["last_fire_at"] if existing else None,
                    "last_error": None,
                    "attempts": 0,
                    "retry_at": None,
                },
            )
        return schedule_id

    def _reschedule_others(self, schedule_id: str, environment_id: str, timing: Timing) -> None:
        """Update the next fire time in the other environments if cron or time zone change."""
        others = self.db.all(
            f"{_SELECT} WHERE s.id = ? AND i.environment_id <> ? AND i.active = 1",
            (schedule_id, environment_id),
            row=ScheduleRow,
        )
        for other in others:
            if (other["cron"], other["timezone"]) != (timing.text, timing.zone_name):
                next_fire_at = _next(timing, self.clock.now())
                self._set(other, next_fire_at=next_fire_at, revision=other["revision"] + 1, retry_at=None)

    def _activate(self, schedule: ScheduleRow, *, active: bool) -> None:
        now = self.clock.now()
        timing = _understood(schedule["cron"], schedule["timezone"])
        with self.db.transaction():
            self._set(
                schedule,
                active=active,
                next_fire_at=_next(timing, now) if active else None,
                revision=schedule["revision"] + 1,
                last_error=None,
                attempts=0,
                retry_at=None,
            )
            self.db.update("schedules", schedule["id"], {"updated_at": now})

    def _remove(self, schedule: ScheduleRow) -> None:
        """Remove the schedule from its environment, and delete it if no other environment uses it."""
        with self.db.transaction():
            self.db.execute(
                "DELETE FROM schedule_instances WHERE schedule_id = ? AND environment_id = ?",
                (schedule["id"], schedule["environment_id"]),
            )
            self.db.execute(
                "DELETE FROM schedules WHERE id = ?"
                " AND NOT EXISTS (SELECT 1 FROM schedule_instances WHERE schedule_id = schedules.id)",
                (schedule["id"],),
            )

    def _found(self, schedule_id: str, environment_id: str) -> ScheduleRow:
        row = self.db.one(
            f"{_SELECT} WHERE s.id = ? AND i.environment_id = ?",
            (schedule_id, environment_id),
            row=ScheduleRow,
        )
        if row is None:
            raise ApiError(404, "schedule not found")
        return row

    def _addressed(self, request: Request) -> ScheduleRow:
        """Return the schedule that the path names.

        Raises:
            ApiError: 400, 403 or 404, in this order.
        """
        schedule_id = check_uuid(request.parameters["schedule_id"], "schedule id")
        request.refuse_scope_query()
        request.authorize()
        return self._found(schedule_id, request.environment_id)

    def _changeable(self, request: Request) -> ScheduleRow:
        schedule = self._addressed(request)
        if schedule["type"] == "declarative":
            raise bad_request("declarative schedules are managed by task definitions")
        return schedule

    # --- requests ----------------------------------------------------------------------------------

    @handles("listSchedules")
    async def list_schedules(self, request: Request) -> Response:
        request.refuse_scope_query()
        request.authorize()
        rows = self.db.all(
            f"{_SELECT} WHERE i.environment_id = ? ORDER BY s.created_at DESC, s.id DESC LIMIT ?",
            (request.environment_id, _MOST),
            row=ScheduleRow,
        )
        return json_response(200, {"schedules": [schedule_view(row) for row in rows]})

    @handles("createSchedule")
    async def create_schedule(self, request: Request) -> Response:
        fields = await request.body(_PREFIX, forbidden=_REFUSED)
        refuse_scope(fields)
        task_id = check_task_id(fields.get("task", ""))
        key = trim(fields.get("deduplication_key", ""))
        if not key:
            raise bad_request("deduplication_key is required")
        if not _KEY.fullmatch(key):
            raise bad_request(f"schedule id {quote(printable(key))} must match {TASK_ID_PATTERN}")
        request.authorize()
        project_id, environment_id = request.actor.project_id, request.environment_id

        def create() -> ScheduleRow:
            wanted = self._wanted(environment_id, task_id, fields)
            _next(wanted.timing, self.clock.now())
            request.check_schema(fields)
            known = self.db.one(
                "SELECT id FROM schedules WHERE project_id = ? AND deduplication_key = ?", (project_id, key)
            )
            existing = None
            if known is not None:
                existing = self.db.one(
                    f"{_SELECT} WHERE s.id = ? AND i.environment_id = ?",
                    (known["id"], environment_id),
                    row=ScheduleRow,
                )
            if wanted.active is None:
                wanted = _WantedSchedule(
                    wanted.task, wanted.external_id, wanted.timing, wanted.options, active=True
                )
            schedule_id = self._put(
                project_id,
                environment_id,
                wanted,
                existing,
                key=key,
                schedule_id=None if known is None else known["id"],
            )
            return self._found(schedule_id, environment_id)

        return json_response(201, schedule_view(await self.writes.run(create)))

    @handles("getSchedule")
    async def get_schedule(self, request: Request) -> Response:
        return json_response(200, schedule_view(self._addressed(request)))

    @handles("updateSchedule")
    async def update_schedule(self, request: Request) -> Response:
        schedule = self._changeable(request)
        fields = await request.body(_PREFIX, forbidden=_REFUSED)
        refuse_scope(fields)
        task_id = check_task_id(fields.get("task", ""))
        key = trim(fields.get("deduplication_key", ""))
        if key and key != schedule["deduplication_key"]:
            raise bad_request("deduplication_key cannot be updated")

        def update() -> ScheduleRow:
            wanted = self._wanted(request.environment_id, task_id, fields)
            _next(wanted.timing, self.clock.now())
            request.check_schema(fields)
            existing = self._found(schedule["id"], request.environment_id)
            self._put(schedule["project_id"], request.environment_id, wanted, existing, key=key)
            return self._found(schedule["id"], request.environment_id)

        return json_response(200, schedule_view(await self.writes.run(update)))

    @handles("activateSchedule", "deactivateSchedule")
    async def activate_schedule(self, request: Request) -> Response:
        schedule_id = self._changeable(request)["id"]
        active = request.operation_id == "activateSchedule"

        def change() -> ScheduleRow:
            self._activate(self._found(schedule_id, request.environment_id), active=active)
            return self._found(schedule_id, request.environment_id)

        return json_response(200, schedule_view(await self.writes.run(change)))

    @handles("deleteSchedule")
    async def delete_schedule(self, request: Request) -> Response:
        schedule_id = self._changeable(request)["id"]
        await self.writes.run(lambda: self._remove(self._found(schedule_id, request.environment_id)))
        return Response(204)


def _understood(expression: str, zone_name: str) -> Timing:
    """Parse the timing of a schedule.

    Raises:
        ApiError: 400 if the time zone or the expression is invalid.
    """
    name = "UTC" if not zone_name or zone_name.lower() == "utc" else zone_name
    try:
        zone = cron.time_zone(name)
    except cron.CronError:
        raise bad_request("timezone must be an IANA timezone") from None
    try:
        return Timing(expression, name, cron.parse(expression), zone)
    except cron.CronError as error:
        raise bad_request(f"cron must be a valid 5-field expression: {error}") from None


def _next(timing: Timing, instant: int) -> int:
    found = timing.after(instant)
    if found is None:
        raise bad_request("cron has no future occurrences")
    return found


def schedule_view(schedule: ScheduleRow) -> dict[str, Any]:
    view: dict[str, Any] = {
        name: schedule[name] for name in ("id", "type", "project_id", "environment_id", "task")
    }
    if schedule["deduplication_key"] is not None:
        view["deduplication_key"] = schedule["deduplication_key"]
    if schedule["external_id"]:
        view["external_id"] = schedule["external_id"]
    view |= {"cron": schedule["cron"], "timezone": schedule["timezone"], "active": bool(schedule["active"])}
    view["status"] = "active" if schedule["active"] else "inactive"
    if schedule["last_error"]:
        view |= {"status": "errored", "last_error": schedule["last_error"]}
    if schedule["next_fire_at"] is not None:
        view["next_fire_at"] = format_time(schedule["next_fire_at"])
    if schedule["last_fire_at"] is not None:
        view["last_fire_at"] = format_time(schedule["last_fire_at"])
    view["created_at"] = format_time(schedule["created_at"])
    view["updated_at"] = format_time(schedule["updated_at"])
    return view
