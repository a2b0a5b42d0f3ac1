"""Faults of secrets and schedules."""

from __future__ import annotations

import uuid

from helmr_api.formats import is_object

from .edits import added, as_, backwards, in_body, in_json, param_ignored, refusal, status, when, without
from .gateway import Json, Request, Response, requests, responses
from .mutant import Mutant

DOCUMENT = "schedules-secrets-deployments.md"
SECRETS = ("getSecret", "setSecret")
SCHEDULES = ("createSchedule", "getSchedule", "updateSchedule", "activateSchedule", "deactivateSchedule")
SECRET, LIST_SECRETS, SET, DELETE = (f"{DOCUMENT} 4.{number}" for number in (1, 2, 4, 5))
OBJECT, BODY, CREATE, LIST, GET, UPDATE, SWITCH, REMOVE = (
    f"{DOCUMENT} 3.{number}" for number in range(2, 10)
)


def _lower(request: Request) -> None:
    """Convert the name of a secret to lower case."""
    name = request.parameter("name")
    request.path = request.path.removesuffix(name) + name.lower()


def _recreated(secret: Json) -> Json:
    return secret | {"created_at": secret["updated_at"]} if is_object(secret) else secret


def _gone(response: Response) -> None:
    response.status, response.body = 204, b""
    response.set_header("content-type", None)


def _seven_is_sunday(request: Request) -> None:
    value = request.json
    if is_object(value) and isinstance(value.get("cron"), str) and value["cron"].rstrip().endswith(" 7"):
        request.json = value | {"cron": value["cron"].rstrip()[:-1] + "0"}


def _another_id(_: Json) -> Json:
    return str(uuid.uuid4())


def _still_active(schedule: Json) -> Json:
    return schedule | {"status": "active"} if is_object(schedule) and "status" in schedule else schedule


MUTANTS = [
    Mutant(
        "secret-value-shown",
        "a secret is shown with its value",
        (SECRET, SET),
        responses(in_json(added("value", "shown")), *SECRETS),
    ),
    Mutant(
        "secret-recreated",
        "created_at changes when a secret is replaced",
        (SET,),
        responses(in_json(_recreated), "setSecret"),
    ),
    Mutant(
        "secrets-unsorted",
        "secrets are listed in reverse order",
        (LIST_SECRETS,),
        responses(in_json(as_("secrets", backwards)), "listSecrets"),
    ),
    Mutant(
        "secret-names-folded",
        "names of secrets are converted to lower case",
        (SECRET,),
        requests(_lower, "getSecret", "setSecret", "deleteSecret"),
    ),
    Mutant(
        "secret-deleted-twice",
        "a secret can be deleted twice",
        (DELETE,),
        responses(when(refusal(error="secret not found"), _gone), "deleteSecret"),
    ),
    Mutant(
        "secret-made-201", "setting a secret gets 201", (SET,), responses(status(201, of=200), "setSecret")
    ),
    Mutant(
        "secret-scope-in-query",
        "the query of a secret can contain a project",
        (f"{DOCUMENT} 2",),
        param_ignored("project_id", "listSecrets", "getSecret", "deleteSecret"),
    ),
    Mutant(
        "schedule-made-200",
        "a new schedule gets 200",
        (CREATE,),
        responses(status(200, of=201), "createSchedule"),
    ),
    Mutant(
        "schedule-replaced-anew",
        "an updated schedule gets another id",
        (CREATE,),
        responses(in_json(as_("id", _another_id)), "createSchedule"),
    ),
    Mutant(
        "schedule-options-shown",
        "options are shown",
        (OBJECT,),
        responses(in_json(added("options", {})), *SCHEDULES),
    ),
    Mutant(
        "schedule-status-constant",
        "the status of a schedule is always active",
        (OBJECT, SWITCH),
        responses(in_json(_still_active), *SCHEDULES),
    ),
    Mutant(
        "schedule-next-fire-kept",
        "an inactive schedule shows its next time",
        (OBJECT, SWITCH),
        responses(in_json(added("next_fire_at", "2030-01-01T00:00:00Z")), "deactivateSchedule"),
    ),
    Mutant(
        "schedule-seven-is-sunday",
        "weekday 7 means Sunday in a cron expression",
        (BODY, CREATE),
        requests(_seven_is_sunday, "createSchedule", "updateSchedule"),
    ),
    Mutant(
        "schedule-zone-ignored",
        "the time zone of a schedule is ignored",
        (BODY,),
        requests(in_body(without("timezone")), "createSchedule"),
    ),
    Mutant(
        "schedule-update-keeps-zone",
        "an update does not change the time zone",
        (UPDATE,),
        responses(in_json(as_("timezone", lambda _: "Asia/Tokyo")), "updateSchedule"),
    ),
    Mutant(
        "schedules-oldest-first",
        "the oldest schedule is listed first",
        (LIST,),
        responses(in_json(as_("schedules", backwards)), "listSchedules"),
    ),
    Mutant(
        "schedule-deleted-twice",
        "a schedule can be deleted twice",
        (REMOVE,),
        responses(when(refusal(error="schedule not found"), _gone), "deleteSchedule"),
    ),
    Mutant(
        "schedule-inactive-ignored",
        "a schedule is always created active",
        (BODY, CREATE),
        requests(in_body(without("active")), "createSchedule"),
    ),
]
