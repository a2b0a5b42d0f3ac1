"""Starting a session: its body, defaults, limits, errors and their order."""

from __future__ import annotations

import json
import re
from itertools import combinations
from typing import Any

import pytest

from helmr_contract.behaviour.helpers import (
    ABSENT,
    API_VERSION,
    RUN_FIELDS,
    SESSION_FIELDS,
    TAG,
    UNKNOWN_ID,
    WORK,
    Api,
    JsonObject,
    assert_error,
    client_mistake,
    eventually,
    in_,
    is_canonical_uuid,
    known_fault,
    ok,
    parse_time,
    rule,
    starting,
    step,
    unique,
)

BODY = rule("sessions.md 6.1")
ERRORS = rule("sessions.md 6.1", "sessions.md 6.3")


def created(api: Api, run_id: str) -> JsonObject:
    """Return the attributes of the run's first event, `run.created`."""
    first: JsonObject = ok(api.get(f"/api/runs/{run_id}/events?limit=1"))["events"][0]
    assert first["kind"] == "run.created"
    attributes: JsonObject = first["attributes"]
    return attributes


def refused(api: Api, **options: Any) -> Any:
    return api.post("/api/sessions", api.start_body(WORK, **options))


def _with(body: JsonObject, field: bytes) -> bytes:
    """Return the JSON body with one more field, inserted verbatim."""
    return json.dumps(body).encode()[:-1] + b", " + field + b"}"


# Success ----------------------------------------------------------------------------------------------------


@rule("sessions.md 6.9", "sessions.md 4.2", "sessions.md 14.2", "sessions.md 14.3")
def test_a_new_session_is_open_and_its_first_run_is_queued(api: Api) -> None:
    started = api.start(WORK)
    assert set(started) == {"session", "run"}, "is_cached and timed_out are omitted when false"
    session, run = started["session"], started["run"]
    assert (session["status"], session["activity"], session["can_close"]) == ("open", "queued", False)
    assert (run["status"], run["attempt_number"], run["exit_code"]) == ("queued", 1, None)
    assert "output" not in run
    assert session["current_run_id"] == run["id"]
    assert run["session_id"] == session["id"]


@rule("sessions.md 4.1", "sessions.md 4.3", "sessions.md 1.4", "runs.md 2")
def test_the_fields_of_the_response_have_the_contracts_names_and_formats(api: Api) -> None:
    started = api.start(WORK, external_id=ABSENT)
    session, run = started["session"], started["run"]
    assert set(session) <= SESSION_FIELDS
    assert set(run) <= RUN_FIELDS
    for name in ("id", "project_id", "environment_id", "initial_deployment_id", "active_deployment_id",
                 "current_run_id", "workspace_id"):  # fmt: skip
        assert is_canonical_uuid(session[name]), name
    for name in ("id", "project_id", "environment_id", "deployment_id", "deployment_task_id", "session_id"):
        assert is_canonical_uuid(run[name]), name
    assert session["initial_deployment_id"] == session["active_deployment_id"] == run["deployment_id"]
    assert session["project_id"] == run["project_id"]
    assert session["environment_id"] == run["environment_id"]
    assert session["task_id"] == run["task_id"] == api.server.task
    assert run["version"] == run["deployment_version"]
    assert run["version"]
    assert run["api_version"] == API_VERSION
    assert session["terminal_reason"] == {}
    assert session["metadata"] == run["metadata"] == {}
    for absent in ("external_id", "result", "error", "timed_out", "expires_at", "expired_at"):
        assert absent not in session, absent
    for absent in ("pending_wait", "idempotency_hit", "tags", "output"):
        assert absent not in run, absent


@rule("sessions.md 6.10", "sessions.md 1.4")
def test_all_resources_of_one_start_have_the_same_time(api: Api) -> None:
    started = api.start(WORK)
    times = {started[what][name] for what in ("session", "run") for name in ("created_at", "updated_at")}
    assert len(times) == 1
    parse_time(times.pop())


@rule("sessions.md 4.3", "runs.md 2")
def test_the_ids_in_the_response_refer_to_the_deployed_task(api: Api) -> None:
    run = api.start(WORK)["run"]
    task = ok(api.get(f"/api/tasks/{api.server.task}"))
    assert run["deployment_task_id"] == task["id"]


@rule("sessions.md 5.1", "sessions.md 5.2", "sessions.md 4.8")
def test_the_task_is_listed_by_id_with_its_bundle_version_zero(api: Api) -> None:
    listed = ok(api.get("/api/tasks"))
    assert set(listed) == {"tasks"}
    ids = [task["task_id"] for task in listed["tasks"]]
    assert ids == sorted(ids)
    assert api.server.task in ids
    task = ok(api.get(f"/api/tasks/{api.server.task}"))
    for entry in (*listed["tasks"], task):
        assert is_canonical_uuid(entry["id"])
        parse_time(entry["created_at"])
        for name in ("file_path", "export_name", "handler_entrypoint", "bundle_digest", "queue_name", "ttl"):
            assert entry.get(name) != "", f"{name} is omitted when empty"
        assert set(entry) <= {
            "id", "task_id", "file_path", "export_name", "handler_entrypoint", "bundle_digest", "queue_name",
            "ttl", "bundle_format_version", "concurrency_limit", "created_at",
        }  # fmt: skip
    assert all(entry["bundle_format_version"] == 0 for entry in listed["tasks"])
    assert isinstance(task["bundle_format_version"], int)
    assert task["id"] in [entry["id"] for entry in listed["tasks"]]


@rule("sessions.md 5.2")
@pytest.mark.parametrize("bad", ["-x", ".x", "_x", "x%20y", "x:y", "x" * 129, "%C3%A9"])
def test_a_malformed_task_id_is_rejected_with_an_explanation(api: Api, bad: str) -> None:
    response = api.get(f"/api/tasks/{bad}")
    assert_error(
        response, 400, re.compile(r'task_id ".+" must match \^\[A-Za-z0-9\]\[A-Za-z0-9\._-\]\{0,127\}\$')
    )


@rule("sessions.md 5.2")
def test_a_task_id_is_trimmed_and_an_unknown_one_is_not_found(api: Api) -> None:
    assert ok(api.get(f"/api/tasks/%20{api.server.task}%20"))["task_id"] == api.server.task
    assert_error(api.get(f"/api/tasks/{'x' * 128}"), 404, "task not found")


# Payload, metadata, tags ------------------------------------------------------------------------------------


@BODY
@pytest.mark.parametrize(
    "payload", [None, 7, 1.5, "text", [], [1, None], {}, {"a": {"b": [True]}}, False, ""], ids=repr
)
def test_any_json_is_a_payload_and_null_stays_null(api: Api, payload: Any) -> None:
    run = api.start(payload=payload)["run"]
    assert created(api, run["id"])["payload"] == payload


@BODY
def test_an_absent_payload_is_an_empty_object(api: Api) -> None:
    run = api.start(payload=ABSENT)["run"]
    assert created(api, run["id"])["payload"] == {}


@BODY
@rule("sessions.md 6.9")
def test_metadata_and_tags_are_copied_to_session_and_run(api: Api) -> None:
    metadata = {"a": 1, "b": {"c": [1, "x", None]}}
    started = api.start(WORK, metadata=metadata, tags=["b", "a"])
    assert started["session"]["metadata"] == started["run"]["metadata"] == metadata
    assert started["session"]["tags"] == ["a", "b"]
    attributes = created(api, started["run"]["id"])
    assert attributes["metadata"] == metadata
    assert attributes["tags"] == ["a", "b"]


@ERRORS
@pytest.mark.parametrize("metadata", [None, [], [{}], 1, "x", True], ids=repr)
def test_metadata_must_be_an_object(api: Api, metadata: Any) -> None:
    assert_error(refused(api, metadata=metadata), 400, "metadata must be a JSON object")


@ERRORS
def test_a_metadata_number_beyond_64_bit_floats_is_rejected(api: Api) -> None:
    body = _with(api.start_body(WORK), b'"metadata": {"n": 1e999}')
    client_mistake(api.post("/api/sessions", content=body))


@ERRORS
def test_a_payload_number_that_a_database_cannot_store_is_rejected(api: Api) -> None:
    client_mistake(
        api.post("/api/sessions", content=_with(api.start_body(payload=ABSENT), b'"payload": 1e200000'))
    )


@BODY
@rule("sessions.md 4.1")
def test_tags_are_trimmed_deduplicated_and_sorted_by_bytes(api: Api) -> None:
    session = api.start(WORK, tags=["b", " a ", "B", "a", "é", "z"])["session"]
    assert session["tags"] == ["B", "a", "b", "z", "é"]


@BODY
@rule("sessions.md 4.1")
def test_a_session_without_tags_omits_them(api: Api) -> None:
    assert "tags" not in api.start(WORK, tags=[])["session"]
    assert "tags" not in api.start(WORK, tags=ABSENT)["session"]


@BODY
@pytest.mark.parametrize("tags", [[f"t{n}" for n in range(10)], ["x" * 128], ["é" * 64]])
def test_ten_tags_of_128_bytes_are_allowed(api: Api, tags: list[str]) -> None:
    assert api.start(WORK, tags=tags)["session"]["tags"] == tags


@ERRORS
@pytest.mark.parametrize("tags", [["t"] * 11, [f"t{n}" for n in range(11)], [""], ["a", "  "], ["a", None]])
def test_more_than_ten_tags_before_deduplication_or_an_empty_tag_are_rejected(
    api: Api, tags: list[str]
) -> None:
    client_mistake(refused(api, tags=tags))


@ERRORS
@pytest.mark.parametrize("tag", ["x" * 129, "é" * 65])
def test_a_tag_over_128_bytes_is_rejected(api: Api, tag: str) -> None:
    assert_error(refused(api, tags=[tag]), 400, "tags must be 128 characters or less")


@ERRORS
@pytest.mark.parametrize("field", ["payload", "metadata"])
def test_a_nul_inside_payload_or_metadata_is_rejected(api: Api, field: str) -> None:
    assert_error(refused(api, **{field: {"text": "a\x00b"}}), 400)


@ERRORS
@pytest.mark.parametrize("options", [{"tags": ["a\x00b"]}, {"concurrency_key": "a\x00b"}])
def test_a_nul_inside_a_tag_or_concurrency_key_is_rejected(api: Api, options: JsonObject) -> None:
    assert_error(refused(api, **options), 400)


# Task -------------------------------------------------------------------------------------------------------


@BODY
def test_the_task_id_is_trimmed(api: Api) -> None:
    session = api.start(WORK, task_id=f"  {api.server.task} ")["session"]
    assert session["task_id"] == api.server.task


@ERRORS
@pytest.mark.parametrize("task_id", ["", "  ", "-x", "a b", "a/b", "x" * 129, "é"])
def test_a_malformed_task_id_is_named_in_the_error(api: Api, task_id: str) -> None:
    text = f'task_id "{task_id.strip()}" must match ^[A-Za-z0-9][A-Za-z0-9._-]{{0,127}}$'
    assert_error(refused(api, task_id=task_id), 400, text)


@ERRORS
def test_an_absent_or_null_task_id_is_rejected(api: Api) -> None:
    text = 'task_id "" must match ^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$'
    assert_error(refused(api, task_id=ABSENT), 400, text)
    assert_error(refused(api, task_id=None), 400, text)


@ERRORS
def test_an_unknown_task_is_not_deployed(api: Api) -> None:
    response = refused(api, task_id=unique("task")[:100])
    assert_error(response, 409, "task_not_deployed", "task_not_deployed")


# Body fields -----------------------------------------------------------------------------------------------


@BODY
@pytest.mark.parametrize("value", [None, {}, "x"], ids=repr)
@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("options", "options wrapper is not accepted for session start"),
        ("bundle", "bundle is not accepted for session start"),
        ("source", "source is not accepted for session start"),
        ("deployment_id", "deployment_id is not accepted for session start"),
        ("version", "version is not accepted for session start"),
    ],
)
@pytest.mark.parametrize(
    ("path", "prefix"),
    [
        ("/api/sessions", "invalid session start request JSON: "),
        ("/api/sessions/start-and-wait", "invalid session start-and-wait request JSON: "),
    ],
)
def test_forbidden_fields_are_rejected_whatever_their_value(
    api: Api, path: str, prefix: str, key: str, text: str, value: Any
) -> None:
    assert_error(api.post(path, {**api.start_body(WORK), key: value}), 400, prefix + text)


@BODY
@pytest.mark.strict_text
def test_forbidden_fields_are_checked_in_order(api: Api) -> None:
    keys = ["options", "bundle", "source", "deployment_id", "version"]
    for first, second in combinations(keys, 2):
        response = api.post("/api/sessions", {second: 1, first: 1})
        assert response.json()["error"].split(": ", 1)[1].startswith(first)


@BODY
@rule("sessions.md 1.3")
def test_unknown_fields_are_ignored_at_every_level(api: Api) -> None:
    extra = {"timeout_seconds": "x", "secrets": ["A"], "surprise": {"deep": 1}, "Bundle": 1, "OPTIONS": {}}
    ok(refused(api, **extra), 201)
    queue = ok(api.get(f"/api/tasks/{api.server.task}")).get("queue_name")
    if queue:
        ok(refused(api, queue={"name": queue, "surprise": 1}), 201)


@BODY
def test_the_external_id_is_trimmed_and_a_blank_one_counts_as_absent(api: Api) -> None:
    external = unique()
    assert api.start(WORK, external_id=f"  {external}\t")["session"]["external_id"] == external
    for blank in ("", "   "):
        first, second = api.start(WORK, external_id=blank), api.start(WORK, external_id=blank)
        assert "external_id" not in first["session"]
        assert first["session"]["id"] != second["session"]["id"]


@BODY
@pytest.mark.parametrize("character", ["x", "é"])
def test_an_external_id_of_512_bytes_is_allowed(api: Api, character: str) -> None:
    external = unique()
    external += character * ((512 - len(external)) // len(character.encode()))
    assert api.start(WORK, external_id=external)["session"]["external_id"] == external


@ERRORS
@pytest.mark.parametrize("external", ["x" * 513, "é" * 257])
def test_an_external_id_over_512_bytes_is_rejected(api: Api, external: str) -> None:
    assert_error(refused(api, external_id=external), 400, "external_id must be at most 512 bytes")


@ERRORS
def test_a_nul_in_the_external_id_is_rejected(api: Api) -> None:
    client_mistake(refused(api, external_id=unique() + "\x00"))


@ERRORS
@rule("sessions.md 6.8")
def test_a_workspace_must_be_a_known_uuid(api: Api) -> None:
    for text in ("x", "0197f000", UNKNOWN_ID + "0", "é"):
        length = len(text.encode())
        response = refused(api, workspace_id=text)
        assert_error(response, 400, f"workspace_id is invalid: invalid UUID length: {length}")
    response = refused(api, workspace_id=UNKNOWN_ID[:-1] + "g")
    assert_error(response, 400, starting("workspace_id is invalid: "))
    text = "workspace sandbox is incompatible with this task"
    assert_error(refused(api, workspace_id=UNKNOWN_ID), 409, text, "workspace_sandbox_incompatible")
    ok(refused(api, workspace_id="  "), 201)


@rule("sessions.md 6.8")
def test_a_session_gets_a_new_workspace_unless_it_names_one(api: Api) -> None:
    first, second = api.start(WORK)["session"], api.start(WORK)["session"]
    assert first["workspace_id"] != second["workspace_id"]
    third = api.start(WORK, workspace_id=f" {first['workspace_id']} ")["session"]
    assert third["workspace_id"] == first["workspace_id"]


# Queue, priority, ttl, duration -----------------------------------------------------------------------------


@BODY
@rule("sessions.md 6.9")
def test_the_tasks_declared_queue_is_accepted_trimmed(api: Api) -> None:
    queue = ok(api.get(f"/api/tasks/{api.server.task}")).get("queue_name")
    if not queue:
        pytest.skip("the probe is deployed without a queue of its own")
    ok(refused(api, queue={"name": f" {queue} "}), 201)


@ERRORS
@pytest.mark.parametrize("queue", [{}, {"name": ""}, {"name": "  "}, {"name": None}], ids=repr)
def test_a_queue_without_a_name_is_rejected(api: Api, queue: JsonObject) -> None:
    client_mistake(refused(api, queue=queue))


@ERRORS
@pytest.mark.parametrize("name", ["-x", "a b", "x" * 257, "é", "/x"])
def test_a_malformed_queue_name_is_rejected(api: Api, name: str) -> None:
    text = f'queue name "{name}" must match ^[A-Za-z0-9][A-Za-z0-9._/-]{{0,255}}$'
    assert_error(refused(api, queue={"name": name}), 400, text)


@ERRORS
def test_an_undeclared_queue_is_rejected(api: Api) -> None:
    name = unique("queue/sub")
    text = f'queue "{name}" is not declared in the selected deployment'
    assert_error(refused(api, queue={"name": name}), 400, text)


@ERRORS
def test_a_queue_must_be_an_object(api: Api) -> None:
    assert_error(refused(api, queue="x"), 400, starting("invalid session start request JSON: "))


@BODY
@rule("sessions.md 6.3")
def test_a_concurrency_key_has_up_to_512_bytes(api: Api) -> None:
    ok(refused(api, concurrency_key="é" * 256), 201)
    ok(refused(api, concurrency_key="   "), 201)
    text = "concurrency_key must be 512 characters or less"
    assert_error(refused(api, concurrency_key="x" * 513), 400, text)
    assert_error(refused(api, concurrency_key="é" * 257), 400, text)


@BODY
@pytest.mark.parametrize("priority", [0, -1, 2147483647, -2147483648])
def test_a_priority_is_any_int32(api: Api, priority: int) -> None:
    ok(refused(api, priority=priority), 201)


@BODY
@pytest.mark.parametrize("priority", [2147483648, -2147483649, 1.5])
def test_a_priority_beyond_int32_is_rejected(api: Api, priority: float) -> None:
    assert_error(refused(api, priority=priority), 400, starting("invalid session start request JSON: "))


GOOD_DURATIONS = [
    "90s",
    "1h30m",
    "1.5h",
    "500ms",
    "1000000us",
    "1000000µs",
    "1000000000ns",
    "1d",
    "30d",
    "106751d",
    "1.h",
    "2562047h",
    "2562047.7h",
    "153722867m",
    "9223372036s",
    "007h",
    "1.25h0.000000000001h",
    "0h0m1s",
    " 5m ",
]
BAD_DURATIONS = [
    "90",
    "0",
    "0s",
    "0d",
    "-1s",
    "-1d",
    "1d2h",
    "1D",
    "1.5d",
    "1 h",
    "h",
    "x",
    "1w",
    "1h30",
    "1m-1s",
]


@BODY
@pytest.mark.parametrize("text", GOOD_DURATIONS)
def test_a_duration_is_days_or_a_go_duration(api: Api, text: str) -> None:
    ok(refused(api, ttl=text), 201)
    ok(refused(api, idempotency_key=unique(), idempotency_key_ttl=text), 201)


@ERRORS
@pytest.mark.parametrize("text", BAD_DURATIONS)
def test_a_value_that_is_not_a_positive_duration_is_rejected(api: Api, text: str) -> None:
    assert_error(refused(api, ttl=text), 400, "ttl must be a positive duration")
    response = refused(api, idempotency_key=unique(), idempotency_key_ttl=text)
    assert_error(response, 400, "idempotency_key_ttl must be a positive duration")


@BODY
@pytest.mark.worker
def test_a_ttl_beyond_64_bits_of_nanoseconds_is_rejected_or_respected(api: Api) -> None:
    response = refused(api, ttl="106752d")
    if response.status_code == 400:
        assert_error(response, 400, "ttl must be a positive duration")
        return
    run = ok(response, 201)["run"]["id"]

    def left_the_queue() -> str | None:
        status: str = api.run(run)["status"]
        return status if status != "queued" else None

    status = eventually(left_the_queue, within=api.server.limits.patience, what="the run's turn")
    known_fault(status == "expired", "a run with a ttl of more than 2^63 nanoseconds expires at once")
    assert status == "running"


@BODY
def test_a_blank_ttl_is_the_tasks_default(api: Api) -> None:
    ok(refused(api, ttl="  "), 201)


@ERRORS
@pytest.mark.parametrize("seconds", [1, 4, -1])
def test_a_max_duration_below_five_seconds_is_rejected(api: Api, seconds: int) -> None:
    assert_error(refused(api, max_duration_seconds=seconds), 400, "max_duration_seconds must be >= 5")


@ERRORS
@pytest.mark.parametrize("seconds", [86401, 2147483647])
def test_a_max_duration_above_a_day_is_rejected(api: Api, seconds: int) -> None:
    assert_error(refused(api, max_duration_seconds=seconds), 400, "max_duration_seconds must be <= 86400")


@BODY
@rule("runs.md 6.4")
def test_the_max_duration_is_that_of_the_request_or_the_default(api: Api) -> None:
    for seconds in (5, 86400):
        run = api.start(WORK, max_duration_seconds=seconds)["run"]
        assert created(api, run["id"])["max_duration_seconds"] == seconds
    default = created(api, api.start(WORK)["run"]["id"])["max_duration_seconds"]
    assert default >= 5
    assert (
        created(api, api.start(WORK, max_duration_seconds=0)["run"]["id"])["max_duration_seconds"] == default
    )


@ERRORS
def test_a_start_key_over_512_bytes_is_rejected(api: Api) -> None:
    text = "idempotency_key must be at most 512 characters"
    assert_error(refused(api, idempotency_key="x" * 513), 400, text)
    assert_error(refused(api, idempotency_key="é" * 257), 400, text)
    ok(refused(api, idempotency_key=unique().ljust(512, "x")), 201)


@BODY
@rule("sessions.md 6.6")
def test_a_start_key_may_contain_nul_because_it_is_stored_as_a_hash(api: Api) -> None:
    body = api.start_body(WORK, idempotency_key=unique("a\x00b"), external_id=ABSENT)
    started = ok(api.post("/api/sessions", body), 201)
    again = ok(api.post("/api/sessions", body))
    assert (again["session"]["id"], again["is_cached"]) == (started["session"]["id"], True)


@ERRORS
def test_a_key_ttl_without_a_key_is_rejected(api: Api) -> None:
    client_mistake(refused(api, idempotency_key_ttl="1h"))
    client_mistake(refused(api, idempotency_key_ttl="1h", idempotency_key="  "))


@BODY
def test_expires_at_may_be_any_time_even_in_the_past(api: Api) -> None:
    for text in ("2020-01-01T00:00:00Z", "2020-01-01T02:00:00.5+02:00", in_(3600)):
        session = api.start(WORK, expires_at=text)["session"]
        assert parse_time(session["expires_at"]) == parse_time(text)


@ERRORS
@pytest.mark.parametrize(
    "text", ["", "tomorrow", "2026-01-01", "2026-01-01T00:00:00", "2026-13-01T00:00:00Z"]
)
def test_an_invalid_time_is_a_json_error(api: Api, text: str) -> None:
    assert_error(refused(api, expires_at=text), 400, starting("invalid session start request JSON: "))


# Retry ------------------------------------------------------------------------------------------------------

RETRY_INTEGER = "retry.maxAttempts must be an integer between 1 and 10"


@rule("sessions.md 6.4")
@pytest.mark.parametrize(
    "retry",
    [
        {"enabled": False},
        {"maxAttempts": 1},
        {"maxAttempts": 10},
        {"enabled": True, "maxAttempts": 3},
        {"maxAttempts": 3, "backoff": {}},
        {"maxAttempts": 3, "backoff": {"minMs": 1, "maxMs": 2, "factor": 1.5, "jitter": "none"}},
        {"maxAttempts": 3, "backoff": {"jitter": "full", "factor": 0.5}},
    ],
    ids=json.dumps,
)
def test_a_retry_policy_is_accepted(api: Api, retry: JsonObject) -> None:
    run = ok(refused(api, retry=retry), 201)["run"]
    policy = created(api, run["id"])["retry_policy"]
    assert policy.get("maxAttempts") == retry.get("maxAttempts")


@rule("sessions.md 6.4", "sessions.md 1.3")
@pytest.mark.parametrize(
    ("written", "attempts", "least"),
    [
        (b'{"maxAttempts": 1.0}', 1, None),
        (b'{"maxAttempts": 1e1}', 10, None),
        (b'{"maxAttempts": 30e-1, "backoff": {"minMs": 1e3, "maxMs": 2.50e3}}', 3, 1000),
        (b'{"maxAttempts": 2, "backoff": {"minMs": 5.0}}', 2, 5),
    ],
)
def test_integers_of_a_retry_policy_may_have_a_decimal_point_or_an_exponent(
    api: Api, written: bytes, attempts: int, least: int | None
) -> None:
    run = ok(api.post("/api/sessions", content=_with(api.start_body(WORK), b'"retry": ' + written)), 201)[
        "run"
    ]
    policy = created(api, run["id"])["retry_policy"]
    assert policy["maxAttempts"] == attempts
    assert policy.get("backoff", {}).get("minMs") == least


@rule("sessions.md 6.4")
@pytest.mark.parametrize(
    "written",
    [
        b'{"maxAttempts": 1.05}',
        b'{"maxAttempts": 15e-1}',
        b'{"maxAttempts": 1.1e1}',
        b'{"maxAttempts": 2, "backoff": {"minMs": 5.5}}',
        b'{"maxAttempts": 2, "backoff": {"maxMs": 1e-3}}',
    ],
)
def test_a_number_in_a_retry_policy_that_is_not_an_integer_is_rejected(api: Api, written: bytes) -> None:
    response = api.post("/api/sessions", content=_with(api.start_body(WORK), b'"retry": ' + written))
    assert_error(response, 400, re.compile(r"retry\..* must be an? (positive )?integer.*"))


@rule("sessions.md 6.4")
@pytest.mark.parametrize(
    ("retry", "text"),
    [
        (None, "retry must be an object"),
        ([], "retry must be an object"),
        ("x", "retry must be an object"),
        (3, "retry must be an object"),
        ({"enabled": "yes"}, "retry.enabled must be true or false"),
        ({"enabled": None}, "retry.enabled must be true or false"),
        ({}, RETRY_INTEGER),
        ({"enabled": True}, RETRY_INTEGER),
        ({"maxAttempts": 0}, RETRY_INTEGER),
        ({"maxAttempts": 11}, RETRY_INTEGER),
        ({"maxAttempts": 1.5}, RETRY_INTEGER),
        ({"maxAttempts": "3"}, RETRY_INTEGER),
        ({"maxAttempts": None}, RETRY_INTEGER),
        ({"maxAttempts": 2, "backoff": []}, "retry.backoff must be an object"),
        ({"maxAttempts": 2, "backoff": 1}, "retry.backoff must be an object"),
        ({"maxAttempts": 2, "backoff": {"minMs": 0}}, "retry.backoff.minMs must be a positive integer"),
        ({"maxAttempts": 2, "backoff": {"minMs": 1.5}}, "retry.backoff.minMs must be a positive integer"),
        ({"maxAttempts": 2, "backoff": {"maxMs": -1}}, "retry.backoff.maxMs must be a positive integer"),
        ({"maxAttempts": 2, "backoff": {"maxMs": "9"}}, "retry.backoff.maxMs must be a positive integer"),
        ({"maxAttempts": 2, "backoff": {"factor": 0}}, "retry.backoff.factor must be a positive number"),
        ({"maxAttempts": 2, "backoff": {"factor": "2"}}, "retry.backoff.factor must be a positive number"),
        ({"maxAttempts": 2, "backoff": {"jitter": "half"}}, 'retry.backoff.jitter must be "none" or "full"'),
        ({"maxAttempts": 2, "backoff": {"jitter": 1}}, 'retry.backoff.jitter must be "none" or "full"'),
    ],
    ids=json.dumps,
)
def test_an_invalid_retry_policy_is_named_in_the_error(api: Api, retry: Any, text: str) -> None:
    assert_error(refused(api, retry=retry), 400, text)


@rule("sessions.md 6.4")
@pytest.mark.parametrize(
    "retry",
    [
        {"maxAttempts": 2, "surprise": 1},
        {"max_attempts": 2},
        {"enabled": False, "maxAttempts": 2},
        {"enabled": False, "backoff": {}},
        {"maxAttempts": 2, "backoff": {"surprise": 1}},
    ],
    ids=json.dumps,
)
def test_an_unknown_retry_field_or_a_disabled_policy_with_other_fields_is_rejected(
    api: Api, retry: JsonObject
) -> None:
    client_mistake(refused(api, retry=retry))


# Order ------------------------------------------------------------------------------------------------------

# The checks of 6.2 that depend on the request only, in order: fields that fail each, and its message.
STEPS: list[tuple[JsonObject, str]] = [
    ({"bundle": 1}, "invalid session start request JSON: bundle is not accepted for session start"),
    ({"task_id": "-bad"}, 'task_id "-bad" must match ^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$'),
    ({"project_id": "p"}, "project_id and environment_id are not accepted with API keys"),
    ({"idempotency_key": "x" * 513}, "idempotency_key must be at most 512 characters"),
    ({"external_id": "x" * 513}, "external_id must be at most 512 bytes"),
    ({"workspace_id": "x"}, "workspace_id is invalid: "),
    ({"metadata": None}, "metadata must be a JSON object"),
    ({"tags": ["x" * 129]}, "tags must be 128 characters or less"),
    ({"task_id": "helmr-contract-unknown-task"}, "task_not_deployed"),
    ({"max_duration_seconds": 1}, "max_duration_seconds must be >= 5"),
    ({"retry": None}, "retry must be an object"),
    ({"queue": {"name": "-bad"}}, 'queue name "-bad" must match ^[A-Za-z0-9][A-Za-z0-9._/-]{0,255}$'),
    ({"concurrency_key": "x" * 513}, "concurrency_key must be 512 characters or less"),
    ({"ttl": "x"}, "ttl must be a positive duration"),
    ({"queue": {"name": "helmr-contract-undeclared"}}, 'queue "helmr-contract-undeclared" is not declared'),
]


@rule("sessions.md 6.2")
@pytest.mark.strict_text  # only the message shows which check failed
@pytest.mark.parametrize("number", range(len(STEPS)))
def test_the_first_failing_check_wins(api: Api, number: int) -> None:
    fields, text = STEPS[number]
    for later, _ in STEPS[number:]:
        response = refused(api, **{**later, **fields})
        assert response.json()["error"].startswith(text), f"with {list(later)}: {response.text}"


# Versions ---------------------------------------------------------------------------------------------------

PROVENANCE = rule("sessions.md 6.9", "tokens-auth-errors.md 1.4", "sessions.md 1.1")


@PROVENANCE
@pytest.mark.parametrize(
    ("headers", "versions"),
    [
        ({"Helmr-SDK-Version": "helmr-test/1"}, {"sdk_version": "helmr-test/1"}),
        ({"Helmr-CLI-Version": "cli/2"}, {"cli_version": "cli/2"}),
        ({"Helmr-Client-Version": "client/3"}, {"cli_version": "client/3"}),
        ({"Helmr-CLI-Version": "cli/2", "Helmr-Client-Version": "client/3"}, {"cli_version": "cli/2"}),
        ({"Helmr-SDK-Version": "any text; at all"}, {"sdk_version": "any text; at all"}),
    ],
)
def test_the_client_versions_are_recorded_on_the_first_run(
    api: Api, headers: dict[str, str], versions: JsonObject
) -> None:
    started = ok(api.post("/api/sessions", api.start_body(WORK), headers=headers), 201)
    run = api.run(started["run"]["id"])
    assert {name: run.get(name) for name in versions} == versions


@PROVENANCE
@rule("sessions.md 17.3")
@pytest.mark.worker
def test_without_client_versions_those_of_the_deployment_are_recorded_if_any(api: Api) -> None:
    plain = api.start(WORK)["run"]
    deployed = {name: plain.get(name) for name in ("sdk_version", "cli_version")}
    assert "" not in deployed.values(), "omitted when empty"
    # the server itself creates a continuation, so only the deployment's versions apply to it
    headers = {"Helmr-SDK-Version": "helmr-test/1", "Helmr-CLI-Version": "cli/2"}
    body = api.start_body(step("return", value=1))
    session = ok(api.post("/api/sessions/start-and-wait", body, headers=headers))["session"]["id"]
    assert api.send(session, api.server.streams.input, 1)["continuation_status"] == "created"
    run = api.run(api.session(session)["current_run_id"])
    assert {name: run.get(name) for name in deployed} == deployed


@rule("sessions.md 6.1", "sessions.md 6.9")
@pytest.mark.worker
def test_the_task_receives_the_payload_verbatim(api: Api) -> None:
    value = {"text": "ä <&>", "list": [1, 1.5, None], "deep": {"a": {"b": True}}}
    run = api.finish(step("return", value=value), tags=[TAG])["run"]
    assert (run["status"], run["output"]) == ("succeeded", value)
