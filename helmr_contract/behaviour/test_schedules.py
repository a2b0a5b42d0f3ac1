"""Creating, replacing, changing, activating, deactivating and deleting schedules; not their firing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from helmr_contract.behaviour.helpers import (
    ABSENT,
    UNKNOWN_ID,
    Api,
    JsonObject,
    assert_error,
    is_canonical_uuid,
    ok,
    parse_time,
    rule,
    starting,
    unique,
)

DOCUMENT = "schedules-secrets-deployments.md"
COMMON = rule(f"{DOCUMENT} 2")
OBJECT = rule(f"{DOCUMENT} 3.2")
BODY = rule(f"{DOCUMENT} 3.3")
CREATE = rule(f"{DOCUMENT} 3.4")
LIST = rule(f"{DOCUMENT} 3.5")
GET = rule(f"{DOCUMENT} 3.6")
UPDATE = rule(f"{DOCUMENT} 3.7")
SWITCH = rule(f"{DOCUMENT} 3.8")
DELETE = rule(f"{DOCUMENT} 3.9")

INVALID = "invalid schedule request JSON: "
INVALID_CRON = "cron must be a valid 5-field expression: "
NAMED_SCOPE = "project_id and environment_id are not accepted with API keys"
TASK_PATTERN = "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"
QUEUE_PATTERN = "^[A-Za-z0-9][A-Za-z0-9._/-]{0,255}$"
ALWAYS = {
    "id", "type", "project_id", "environment_id", "task", "deduplication_key", "cron", "timezone", "active",
    "status", "created_at", "updated_at",
}  # fmt: skip


class Schedules:
    """Creates schedules that do not fire before New Year, and deletes them afterwards."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.made: set[str] = set()

    def body(self, **fields: Any) -> JsonObject:
        body = {
            "task": self.api.server.task,
            "cron": "0 0 1 1 *",
            "deduplication_key": unique("schedule"),
            **fields,
        }
        return {name: value for name, value in body.items() if value is not ABSENT}

    def create(self, **fields: Any) -> JsonObject:
        schedule: JsonObject = ok(self.api.post("/api/schedules", self.body(**fields)), 201)
        self.made.add(schedule["id"])
        return schedule

    def update(self, schedule: JsonObject, **fields: Any) -> JsonObject:
        body = self.body(deduplication_key=ABSENT, **fields)
        changed: JsonObject = ok(self.api.request("PUT", f"/api/schedules/{schedule['id']}", body))
        return changed

    def switch(self, schedule: JsonObject, how: str) -> JsonObject:
        changed: JsonObject = ok(self.api.post(f"/api/schedules/{schedule['id']}/{how}"))
        return changed


@pytest.fixture
def schedules(api: Api) -> Iterator[Schedules]:
    made = Schedules(api)
    yield made
    for schedule_id in made.made:
        api.request("DELETE", f"/api/schedules/{schedule_id}")


@OBJECT
@CREATE
def test_a_new_schedule_is_active_and_fires_at_the_next_match(schedules: Schedules) -> None:
    schedule = schedules.create()
    assert set(schedule) == ALWAYS | {"next_fire_at"}
    assert is_canonical_uuid(schedule["id"])
    assert (schedule["type"], schedule["timezone"]) == ("imperative", "UTC")
    assert (schedule["active"], schedule["status"]) == (True, "active")
    assert schedule["next_fire_at"] == f"{datetime.now(UTC).year + 1}-01-01T00:00:00Z"
    assert schedule["created_at"] == schedule["updated_at"]


@OBJECT
@BODY
def test_fields_are_trimmed_and_options_are_not_returned(schedules: Schedules) -> None:
    schedule = schedules.create(
        cron="  0 0 1 1 * ", external_id=" mine ", timezone=" utc ", options={"priority": 3, "ttl": "1h"}
    )
    assert (schedule["cron"], schedule["external_id"], schedule["timezone"]) == ("0 0 1 1 *", "mine", "UTC")
    assert "options" not in schedule
    assert "external_id" not in schedules.create(external_id="  ")


@BODY
@CREATE
def test_an_inactive_schedule_has_no_next_fire(schedules: Schedules) -> None:
    schedule = schedules.create(active=False)
    assert set(schedule) == ALWAYS
    assert (schedule["active"], schedule["status"]) == (False, "inactive")
    assert schedules.create(active=None)["active"] is True


@BODY
def test_the_time_zone_is_that_of_the_expression(schedules: Schedules) -> None:
    year = datetime.now(UTC).year + 1
    for zone, first in (
        ("Europe/Berlin", f"{year - 1}-12-31T23:00:00Z"),
        ("America/New_York", f"{year}-01-01T05:00:00Z"),
        ("Asia/Kolkata", f"{year - 1}-12-31T18:30:00Z"),
    ):
        schedule = schedules.create(timezone=zone)
        assert schedule["timezone"] == zone
        if datetime.now(UTC) < parse_time(first):
            assert schedule["next_fire_at"] == first


@BODY
@pytest.mark.parametrize("prefix", ["TZ", "CRON_TZ"])
def test_a_time_zone_in_the_expression_takes_precedence(schedules: Schedules, prefix: str) -> None:
    schedule = schedules.create(cron=f"{prefix}=America/New_York 0 0 1 1 *", timezone="Asia/Tokyo")
    assert schedule["timezone"] == "Asia/Tokyo"
    assert parse_time(schedule["next_fire_at"]).hour == 5


@BODY
@pytest.mark.parametrize(
    "expression",
    [
        "* * * * *",
        "? ? ? ? ?",
        "*/5 * * * *",
        "0-30/10 8-18 * * mon-fri",
        "5/15 0 1,15 JAN,jul ?",
        "0 0 * * SUN",
    ],
)
def test_the_next_fire_is_the_first_match_after_now_at_second_0(
    schedules: Schedules, expression: str
) -> None:
    schedule = schedules.create(cron=expression, active=True)
    schedules.switch(schedule, "deactivate")
    next_fire = parse_time(schedule["next_fire_at"])
    assert next_fire > datetime.now(UTC) - timedelta(minutes=1)
    assert (next_fire.second, next_fire.microsecond) == (0, 0)


@BODY
@CREATE
@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        (ABSENT, "empty spec string"),
        (" ", "empty spec string"),
        ("0 3 * *", "expected exactly 5 fields, found 4: [0 3 * *]"),
        ("0 0 3 * * *", "expected exactly 5 fields, found 6: [0 0 3 * * *]"),
        ("@hourly", "parser does not accept descriptors: @hourly"),
        ("60 * * * *", "end of range (60) above maximum (59): 60"),
        ("0 0 0 * *", "beginning of range (0) below minimum (1): 0"),
        ("0 0 * * 7", "end of range (7) above maximum (6): 7"),
        ("x * * * *", starting(INVALID_CRON + "failed to parse int from x: ")),
        ("*/0 * * * *", "step of range should be a positive number: */0"),
        ("0 0 L * *", starting(INVALID_CRON)),
    ],
)
def test_an_expression_in_another_dialect_returns_400(
    schedules: Schedules, expression: Any, reason: Any
) -> None:
    response = schedules.api.post("/api/schedules", schedules.body(cron=expression))
    assert_error(response, 400, INVALID_CRON + reason if isinstance(reason, str) else reason)


@CREATE
def test_an_expression_that_never_matches_returns_400(schedules: Schedules) -> None:
    response = schedules.api.post("/api/schedules", schedules.body(cron="0 0 30 2 *"))
    assert response.status_code in (400, 500)  # a fault of the real server


@BODY
@CREATE
@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"task": ABSENT}, f'task_id "" must match {TASK_PATTERN}'),
        ({"task": "-"}, f'task_id "-" must match {TASK_PATTERN}'),
        ({"deduplication_key": ABSENT}, "deduplication_key is required"),
        ({"deduplication_key": "a b"}, f'schedule id "a b" must match {TASK_PATTERN}'),
        ({"task": "helmr-contract-unknown"},
         'task "helmr-contract-unknown" is not deployed in the selected deployment'),
        ({"options": {"max_duration_seconds": 4}}, "max_duration_seconds must be >= 5"),
        ({"options": {"max_duration_seconds": 86401}}, "max_duration_seconds must be <= 86400"),
        ({"options": {"queue": {"name": "-"}}}, f'queue name "-" must match {QUEUE_PATTERN}'),
        ({"options": {"concurrency_key": "k" * 513}}, "concurrency_key must be 512 characters or less"),
        ({"options": {"ttl": "-1h"}}, "ttl must be a positive duration"),
        ({"options": {"queue": {"name": "helmr-contract-unknown"}}},
         'queue "helmr-contract-unknown" is not declared in the selected deployment'),
        ({"timezone": "Mars/Olympus"}, "timezone must be an IANA timezone"),
        ({"timezone": "../etc/passwd"}, "timezone must be an IANA timezone"),
    ],
)  # fmt: skip
def test_an_invalid_field_returns_400(schedules: Schedules, fields: JsonObject, reason: str) -> None:
    assert_error(schedules.api.post("/api/schedules", schedules.body(**fields)), 400, reason)


@BODY
def test_unknown_options_are_ignored_except_a_deployment(schedules: Schedules) -> None:
    schedules.create(options={"tags": ["a"], "retry": {}, "idempotency_key": "k", "queue": None})
    schedules.create(options=None)
    for name in ("deployment_id", "version"):
        response = schedules.api.post("/api/schedules", schedules.body(options={name: "x"}))
        assert_error(response, 400, f"{INVALID}{name} is not accepted for scheduled session starts")


@COMMON
@pytest.mark.parametrize("content", [b"", b"[]", b'{"task":5}', b"{} {}", b'{"payload":{}}'])
def test_a_malformed_body_returns_400(schedules: Schedules, content: bytes) -> None:
    assert_error(schedules.api.post("/api/schedules", content=content), 400, starting(INVALID))
    schedule = schedules.create()
    response = schedules.api.request("PUT", f"/api/schedules/{schedule['id']}", content=content)
    assert_error(response, 400, starting(INVALID))


@CREATE
def test_the_same_key_replaces_the_schedule_and_keeps_its_id(schedules: Schedules) -> None:
    first = schedules.create(external_id="mine", timezone="Europe/Berlin", active=False)
    second = schedules.create(deduplication_key=first["deduplication_key"], cron="5 0 1 1 *")
    assert (second["id"], second["created_at"]) == (first["id"], first["created_at"])
    assert parse_time(second["updated_at"]) > parse_time(first["updated_at"])
    assert (second["cron"], second["timezone"], second["active"]) == ("5 0 1 1 *", "UTC", True)
    assert "external_id" not in second


@LIST
def test_schedules_are_listed_newest_first(schedules: Schedules) -> None:
    made = [schedules.create() for _ in range(3)]
    listed = ok(schedules.api.get("/api/schedules"))
    assert set(listed) == {"schedules"}
    assert len(listed["schedules"]) <= 200
    assert listed["schedules"][:3] == made[::-1]


@GET
@pytest.mark.parametrize(("method", "path"), [
    ("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/activate"), ("POST", "/deactivate"),
])  # fmt: skip
def test_a_schedule_is_addressed_by_its_uuid(api: Api, method: str, path: str) -> None:
    response = api.request(method, f"/api/schedules/nightly{path}?project_id=x", content=b"nonsense")
    assert_error(response, 400, "schedule id must be a UUID")
    response = api.request(method, f"/api/schedules/{UNKNOWN_ID}{path}?project_id=x", content=b"nonsense")
    assert_error(response, 400, NAMED_SCOPE)
    response = api.request(method, f"/api/schedules/{UNKNOWN_ID}{path}", content=b"nonsense")
    assert_error(response, 404, "schedule not found")


@GET
def test_get_returns_the_current_schedule(schedules: Schedules) -> None:
    schedule = schedules.create()
    assert ok(schedules.api.get(f"/api/schedules/{schedule['id'].upper()}")) == schedule


@UPDATE
def test_an_update_replaces_everything_except_active(schedules: Schedules) -> None:
    schedule = schedules.create(external_id="mine", timezone="Europe/Berlin", active=False)
    changed = schedules.update(schedule, cron="5 0 1 1 *")
    assert (changed["id"], changed["created_at"]) == (schedule["id"], schedule["created_at"])
    assert (changed["cron"], changed["timezone"], changed["active"]) == ("5 0 1 1 *", "UTC", False)
    assert not {"external_id", "next_fire_at"} & set(changed)
    assert schedules.update(changed, active=True)["next_fire_at"]


@UPDATE
def test_the_key_can_be_repeated_but_not_changed(schedules: Schedules) -> None:
    schedule = schedules.create()
    path = f"/api/schedules/{schedule['id']}"
    response = schedules.api.request("PUT", path, schedules.body(deduplication_key="other"))
    assert_error(response, 400, "deduplication_key cannot be updated")
    same = schedules.body(deduplication_key=schedule["deduplication_key"])
    ok(schedules.api.request("PUT", path, same))


@SWITCH
def test_a_schedule_can_be_deactivated_and_activated(schedules: Schedules) -> None:
    schedule = schedules.create()
    off = schedules.switch(schedule, "deactivate")
    assert (off["active"], off["status"], "next_fire_at" in off) == (False, "inactive", False)
    assert parse_time(off["updated_at"]) > parse_time(schedule["updated_at"])
    assert schedules.switch(schedule, "deactivate")["active"] is False
    on = schedules.switch(schedule, "activate")
    assert (on["active"], on["next_fire_at"]) == (True, schedule["next_fire_at"])
    assert schedules.switch(schedule, "activate")["active"] is True


@DELETE
@SWITCH
def test_activation_and_deletion_ignore_the_body_and_a_deleted_schedule_is_gone(schedules: Schedules) -> None:
    schedule = schedules.create()
    path = f"/api/schedules/{schedule['id']}"
    ok(schedules.api.post(f"{path}/deactivate", content=b"nonsense"))
    response = schedules.api.request("DELETE", path, content=b"nonsense")
    assert (response.status_code, response.content) == (204, b"")
    assert_error(schedules.api.request("DELETE", path), 404, "schedule not found")
    assert_error(schedules.api.get(path), 404, "schedule not found")


@COMMON
@CREATE
@UPDATE
def test_a_body_must_not_name_a_project_or_environment(schedules: Schedules) -> None:
    schedule = schedules.create()
    for field in ("project_id", "environment_id"):
        body = schedules.body(**{field: "x"})
        assert_error(schedules.api.post("/api/schedules", body), 400, NAMED_SCOPE)
        body["deduplication_key"] = schedule["deduplication_key"]
        response = schedules.api.request("PUT", f"/api/schedules/{schedule['id']}", body)
        assert_error(response, 400, NAMED_SCOPE)
        assert_error(schedules.api.get(f"/api/schedules?{field}=x"), 400, NAMED_SCOPE)


@COMMON
@pytest.mark.scoped_keys
def test_reading_and_changing_need_separate_permissions(
    schedules: Schedules, scoped_key: Callable[..., Api]
) -> None:
    schedule = schedules.create()
    path = f"/api/schedules/{schedule['id']}"
    reader, maker = scoped_key("runs:read"), scoped_key("runs:create")
    ok(reader.get("/api/schedules"))
    ok(reader.get(path))
    assert_error(maker.get("/api/schedules"), 403, "permission is required")
    assert_error(maker.get(path), 403, "permission is required")
    for method, route in (
        ("PUT", path),
        ("DELETE", path),
        ("POST", f"{path}/activate"),
        ("POST", f"{path}/deactivate"),
    ):
        assert_error(reader.request(method, route, content=b"nonsense"), 403, "permission is required")
    assert_error(reader.post("/api/schedules", schedules.body()), 403, "permission is required")
    response = reader.post("/api/schedules", schedules.body(deduplication_key=ABSENT))
    assert_error(response, 400, "deduplication_key is required")
    ok(maker.post(f"{path}/deactivate"))
