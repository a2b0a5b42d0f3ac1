"""Creating, listing, changing and archiving workspaces; requesting and withdrawing mounts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from helmr_contract.behaviour.helpers import (
    ABSENT,
    UNKNOWN_ID,
    WORK,
    Api,
    JsonObject,
    assert_error,
    at_once,
    client_mistake,
    eventually,
    is_canonical_uuid,
    ok,
    parse_time,
    rule,
    starting,
    step,
    unique,
)

DOCUMENT = "workspaces.md"
SCOPE = rule(f"{DOCUMENT} 2.2")
PERMISSIONS = rule(f"{DOCUMENT} 2.3")
BODIES = rule(f"{DOCUMENT} 2.4")
OBJECT = rule(f"{DOCUMENT} 3.1")
MOUNT = rule(f"{DOCUMENT} 3.2")
CREATE = rule(f"{DOCUMENT} 4.1")
LIST = rule(f"{DOCUMENT} 4.2")
GET = rule(f"{DOCUMENT} 4.3")
UPDATE = rule(f"{DOCUMENT} 4.4")
ARCHIVE = rule(f"{DOCUMENT} 4.5")
MATERIALIZE = rule(f"{DOCUMENT} 4.6")
STOP = rule(f"{DOCUMENT} 4.7")
STARTED = rule("sessions.md 6.8")

NAMED_SCOPE = "project_id and environment_id are not accepted with API keys"
NOT_FOUND = "workspace not found"
TAKEN = 'ERROR: duplicate key value violates unique constraint "workspaces_external_id_idx" (SQLSTATE 23505)'
ALWAYS = {
    "id", "project_id", "environment_id", "deployment_sandbox_id", "sandbox_id", "sandbox_fingerprint",
    "current_version_id", "state", "desired_state", "dirty_state", "metadata", "last_activity_at",
    "created_at", "updated_at",
}  # fmt: skip
MOUNT_ALWAYS = {
    "id", "project_id", "environment_id", "workspace_id", "deployment_sandbox_id", "base_version_id", "state",
    "claim_attempt", "fencing_generation", "dirty_generation", "created_at", "updated_at",
}  # fmt: skip
MOUNTS = pytest.mark.parametrize("operation", ["materialize", "connect"])


class Workspaces:
    """Creates workspaces of one sandbox, and stops and archives them after the tests."""

    def __init__(self, api: Api, sandbox: JsonObject) -> None:
        self.api = api
        self.sandbox = sandbox

    def body(self, **fields: Any) -> JsonObject:
        body = {"sandbox_id": self.sandbox["sandbox_id"], **fields}
        return {name: value for name, value in body.items() if value is not ABSENT}

    def create(self, **fields: Any) -> JsonObject:
        workspace: JsonObject = ok(self.api.post("/api/workspaces", self.body(**fields)), 201)["workspace"]
        return workspace

    def get(self, workspace: JsonObject) -> JsonObject:
        found: JsonObject = ok(self.api.get(f"/api/workspaces/{workspace['id']}"))["workspace"]
        return found

    def mount(self, workspace: JsonObject, status: int = 201, operation: str = "materialize") -> JsonObject:
        path = f"/api/workspaces/{workspace['id']}/{operation}"
        mount: JsonObject = ok(self.api.post(path, {}), status)
        return mount

    def stop(self, workspace: JsonObject, **fields: Any) -> JsonObject:
        stopped: JsonObject = ok(self.api.post(f"/api/workspaces/{workspace['id']}/stop", fields))
        return stopped

    def stop_and_wait(self, workspace: JsonObject) -> None:
        """Stop a workspace, and wait until the worker that claimed its mount has unmounted it."""

        def stopped() -> bool:
            return bool(self.stop(workspace)["state"] == "no_active_mount")

        eventually(stopped, within=self.api.server.limits.patience, what="the end of the mount")

    def archive(self, workspace: JsonObject) -> JsonObject:
        archived: JsonObject = ok(self.api.request("DELETE", f"/api/workspaces/{workspace['id']}"))
        return archived


@pytest.fixture(scope="module")
def sandbox(api: Api) -> JsonObject:
    sandboxes: list[JsonObject] = ok(api.get("/api/sandboxes"))["sandboxes"]
    assert sandboxes, "the probe was deployed without a sandbox"
    return sandboxes[0]


@pytest.fixture(scope="module")
def workspaces(api: Api, sandbox: JsonObject) -> Workspaces:
    return Workspaces(api, sandbox)


@pytest.fixture(scope="module")
def shared(workspaces: Workspaces) -> JsonObject:
    """A workspace that no test changes."""
    return workspaces.create()


# Creating ---------------------------------------------------------------------------------------------------


@OBJECT
@CREATE
def test_a_new_workspace_is_active_clean_and_empty(workspaces: Workspaces, sandbox: JsonObject) -> None:
    workspace = workspaces.create()
    assert set(workspace) == ALWAYS
    for name in ("id", "project_id", "environment_id", "current_version_id"):
        assert is_canonical_uuid(workspace[name])
    states = [workspace[name] for name in ("state", "desired_state", "dirty_state")]
    assert states == ["active", "active", "clean"]
    assert workspace["metadata"] == {}
    assert workspace["deployment_sandbox_id"] == sandbox["id"]
    assert workspace["sandbox_id"] == sandbox["sandbox_id"]
    assert workspace["sandbox_fingerprint"] == sandbox["fingerprint"]
    parse_time(workspace["created_at"])
    times = {workspace[name] for name in ("created_at", "updated_at", "last_activity_at")}
    assert len(times) == 1


@CREATE
def test_creating_a_workspace_requests_no_mount(workspaces: Workspaces) -> None:
    assert workspaces.stop(workspaces.create())["state"] == "no_active_mount"


@OBJECT
@CREATE
def test_fields_of_a_workspace_are_trimmed_and_its_tags_are_sorted(workspaces: Workspaces) -> None:
    name = unique("workspace")
    workspace = workspaces.create(
        sandbox_id=f" {workspaces.sandbox['sandbox_id']} ",
        external_id=f"\t{name} ",
        metadata={"b": 1, "a": {"deep": [None, True]}},
        tags=[" b ", "a", "b", "Z"],
    )
    assert workspace["external_id"] == name
    assert workspace["metadata"] == {"a": {"deep": [None, True]}, "b": 1}
    assert workspace["tags"] == ["Z", "a", "b"]


@OBJECT
@CREATE
def test_blank_fields_of_a_workspace_count_as_absent(workspaces: Workspaces) -> None:
    workspace = workspaces.create(
        deployment_id=" ", external_id="  ", tags=[], idempotency_key=" ", idempotency_key_ttl=""
    )
    assert set(workspace) == ALWAYS
    nulls = dict.fromkeys(
        ("deployment_id", "external_id", "tags", "idempotency_key", "idempotency_key_ttl", "project_id")
    )
    assert set(workspaces.create(**nulls)) == ALWAYS


@CREATE
def test_integers_in_metadata_beyond_a_float_lose_precision(workspaces: Workspaces) -> None:
    metadata = {"exact": 2**53, "rounded": 2**53 + 1}
    assert workspaces.create(metadata=metadata)["metadata"] == {"exact": 2**53, "rounded": 2**53}


@CREATE
@pytest.mark.parametrize(
    "fields",
    [
        {"sandbox_id": ABSENT},
        {"sandbox_id": "  "},
        {"sandbox_id": None},
        {"deployment_id": "latest"},
        {"metadata": None},
        {"metadata": []},
        {"metadata": "text"},
        {"metadata": {"nul": "\0"}},
        {"tags": [str(number) for number in range(11)]},
        {"tags": ["a", " "]},
        {"tags": ["x" * 129]},
        {"tags": ["ä" * 65]},
        {"external_id": "x" * 513},
        {"external_id": "ä" * 257},
        {"idempotency_key": "k", "idempotency_key_ttl": "soon"},
        {"idempotency_key": "k", "idempotency_key_ttl": "-1h"},
        {"idempotency_key": "k", "idempotency_key_ttl": "0s"},
        {"idempotency_key": "k", "idempotency_key_ttl": "1d"},
    ],
)
def test_an_invalid_field_creates_no_workspace(workspaces: Workspaces, fields: JsonObject) -> None:
    body = workspaces.body(**{"external_id": unique("refused"), **fields})
    client_mistake(workspaces.api.post("/api/workspaces", body))
    filters = {"external_id": body["external_id"]}
    assert ok(workspaces.api.get("/api/workspaces", params=filters)) == {"workspaces": []}


@CREATE
def test_the_longest_fields_of_a_workspace_are_accepted(workspaces: Workspaces) -> None:
    external_id = unique("long")
    external_id += "x" * (512 - len(external_id))
    tags = [f"{number:x}" * 128 for number in range(10)]
    workspace = workspaces.create(external_id=external_id, tags=tags)
    assert (workspace["external_id"], workspace["tags"]) == (external_id, tags)


@CREATE
def test_the_lifetime_of_a_key_is_checked_only_with_a_key(workspaces: Workspaces) -> None:
    workspaces.create(idempotency_key_ttl="soon")


@CREATE
def test_an_external_id_is_unique_in_an_environment_including_archived_workspaces(
    workspaces: Workspaces,
) -> None:
    name = unique("taken")
    workspace = workspaces.create(external_id=name)
    body = workspaces.body(external_id=f" {name} ")
    assert_error(workspaces.api.post("/api/workspaces", body), 409, TAKEN)
    workspaces.archive(workspace)
    assert_error(workspaces.api.post("/api/workspaces", body), 409, TAKEN)


@CREATE
def test_a_sandbox_must_belong_to_the_deployment(workspaces: Workspaces, sandbox: JsonObject) -> None:
    text, code = "task sandbox is not deployed", "sandbox_not_deployed"
    for fields in (
        {"sandbox_id": unique("sandbox")},
        {"sandbox_id": sandbox["id"]},
        {"deployment_id": UNKNOWN_ID},
    ):
        assert_error(workspaces.api.post("/api/workspaces", workspaces.body(**fields)), 409, text, code)
    named = workspaces.create(deployment_id=f" {sandbox['deployment_id'].upper()} ")
    assert named["deployment_sandbox_id"] == sandbox["id"]


@CREATE
def test_a_repeated_key_returns_the_same_workspace(workspaces: Workspaces) -> None:
    key = unique("key")
    fields: JsonObject = {"idempotency_key": key, "tags": ["b", "a"], "metadata": {"a": 1, "b": 2}}
    first = workspaces.create(**fields)
    again = workspaces.body(
        idempotency_key=f" {key} ", tags=["a", " b "], metadata={"b": 2, "a": 1}, idempotency_key_ttl="5m"
    )
    replay = ok(workspaces.api.post("/api/workspaces", again), 201)
    assert replay == {"workspace": first, "is_cached": True}
    archived = workspaces.archive(first)["workspace"]
    replay = ok(workspaces.api.post("/api/workspaces", again), 201)
    assert replay == {"workspace": archived, "is_cached": True}


@CREATE
@pytest.mark.parametrize(
    "other",
    [
        {"metadata": {"other": 1}},
        {"tags": ["other"]},
        {"external_id": "other"},
        {"sandbox_id": "other"},
        {"deployment_id": UNKNOWN_ID},
    ],
)
def test_a_key_with_different_parameters_is_a_conflict(workspaces: Workspaces, other: JsonObject) -> None:
    key = unique("key")
    workspaces.create(idempotency_key=key)
    refused = workspaces.api.post("/api/workspaces", workspaces.body(idempotency_key=key, **other))
    text = "idempotency_key was already used with different workspace create parameters"
    assert_error(refused, 409, text, "idempotency_fingerprint_mismatch")


@CREATE
def test_a_failed_creation_does_not_use_its_key(workspaces: Workspaces) -> None:
    key, taken = unique("key"), unique("taken")
    workspaces.create(external_id=taken)
    refused = workspaces.api.post("/api/workspaces", workspaces.body(idempotency_key=key, external_id=taken))
    assert_error(refused, 409, TAKEN)
    assert workspaces.create(idempotency_key=key)["id"]


@CREATE
def test_a_key_is_free_again_after_its_lifetime(workspaces: Workspaces) -> None:
    key = unique("key")
    first = workspaces.create(idempotency_key=key, idempotency_key_ttl="1ms")

    def made_anew() -> bool:
        found = ok(workspaces.api.post("/api/workspaces", workspaces.body(idempotency_key=key)), 201)
        return "is_cached" not in found and found["workspace"]["id"] != first["id"]

    eventually(made_anew, within=workspaces.api.server.limits.patience, what="the end of the key")


@CREATE
def test_concurrent_creations_with_one_key_create_one_workspace(workspaces: Workspaces) -> None:
    body = workspaces.body(idempotency_key=unique("key"))
    responses = at_once(4, lambda _: workspaces.api.post("/api/workspaces", body))
    made = [ok(response, 201) for response in responses]
    assert len({one["workspace"]["id"] for one in made}) == 1
    assert sorted("is_cached" in one for one in made) == [False, True, True, True]


@BODIES
@CREATE
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "EOF"),
        (b'{"sandbox_id": "x", "name": "x"}', 'json: unknown field "name"'),
        (b'{"sandbox_id": 1}', starting("invalid workspace request JSON: json: cannot unmarshal")),
        (b'{"tags": "x"}', starting("invalid workspace request JSON: json: cannot unmarshal")),
        (b"{} {}", "request body must contain a single JSON value"),
        (b"{", starting("invalid workspace request JSON: ")),
    ],
)
def test_the_body_of_a_creation_is_decoded_strictly(api: Api, content: bytes, reason: Any) -> None:
    text = f"invalid workspace request JSON: {reason}" if isinstance(reason, str) else reason
    assert_error(api.post("/api/workspaces", content=content), 400, text)


@SCOPE
@CREATE
@pytest.mark.parametrize("field", ["project_id", "environment_id"])
def test_a_creation_must_not_name_a_project_or_environment(workspaces: Workspaces, field: str) -> None:
    path = "/api/workspaces"
    assert_error(workspaces.api.post(path, workspaces.body(**{field: " x "})), 400, NAMED_SCOPE)
    ok(workspaces.api.post(f"{path}?{field}=x", workspaces.body(**{field: " "})), 201)


# Reading ----------------------------------------------------------------------------------------------------


@LIST
def test_workspaces_are_listed_by_latest_change(workspaces: Workspaces) -> None:
    tag = unique("tag")
    first, second, third = (workspaces.create(tags=[tag]) for _ in range(3))
    first = ok(workspaces.api.patch(f"/api/workspaces/{first['id']}", {}))["workspace"]
    listed = ok(workspaces.api.get("/api/workspaces", params={"tag": f" {tag} "}))
    assert listed == {"workspaces": [first, third, second]}
    page = ok(workspaces.api.get("/api/workspaces", params={"tag": tag, "limit": " 2 "}))
    assert page == {"workspaces": [first, third]}


@LIST
def test_filters_of_workspaces_combine(workspaces: Workspaces) -> None:
    tag, name = unique("tag"), unique("workspace")
    first = workspaces.create(tags=[tag, "other"], external_id=name)
    second = workspaces.archive(workspaces.create(tags=[tag]))["workspace"]

    def listed(**filters: str) -> list[JsonObject]:
        found: list[JsonObject] = ok(workspaces.api.get("/api/workspaces", params=filters))["workspaces"]
        return found

    assert listed(tag=tag, state=" ", external_id="") == [second, first]
    assert listed(tag=tag, state=" archived ") == [second]
    assert listed(tag=tag, state="active") == [first]
    assert listed(external_id=f" {name} ") == [first]
    assert listed(external_id=name, state="archived") == []
    assert listed(external_id=name, tag=tag[:-1]) == []
    for state in ("deleting", "recovery_required", "deleted"):
        assert listed(tag=tag, state=state) == []


@LIST
def test_the_limit_of_workspaces_is_checked_in_two_steps(api: Api) -> None:
    outer = "limit must be an integer between 1 and 500"
    for text, message in (
        ("0", outer), ("-1", outer), ("501", outer), ("x", outer), ("1.0", outer),
        ("201", "limit must be 200 or less"), ("500", "limit must be 200 or less"),
    ):  # fmt: skip
        assert_error(api.get("/api/workspaces", params={"limit": text}), 400, message)
    for text in ("1", "200", " "):
        ok(api.get("/api/workspaces", params={"limit": text}))


@LIST
def test_an_unknown_state_is_rejected(api: Api) -> None:
    text = "state must be active, deleting, recovery_required, archived, or deleted"
    for state in ("Active", "stopped", "mounted"):
        assert_error(api.get("/api/workspaces", params={"state": state}), 400, text)
    # The limit is checked first.
    response = api.get("/api/workspaces", params={"state": "x", "limit": "0"})
    assert_error(response, 400, "limit must be an integer between 1 and 500")


@GET
def test_a_workspace_is_addressed_by_its_id_in_any_uuid_format(
    workspaces: Workspaces, shared: JsonObject
) -> None:
    identifier = shared["id"]
    for spelling in (identifier, identifier.upper(), identifier.replace("-", ""), f"urn:uuid:{identifier}"):
        assert ok(workspaces.api.get(f"/api/workspaces/{spelling}")) == {"workspace": shared}


@GET
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_an_unknown_workspace_returns_404_and_a_malformed_id_400(api: Api, method: str) -> None:
    assert_error(api.request(method, f"/api/workspaces/{UNKNOWN_ID}", {}), 404, NOT_FOUND)
    for name in ("x", "0", UNKNOWN_ID[:-1], "%20"):
        response = api.request(method, f"/api/workspaces/{name}", {})
        assert_error(response, 400, "workspaceID must be a UUID")


@GET
def test_a_workspace_of_another_environment_returns_404(shared: JsonObject, other_environment: Api) -> None:
    for path in ("", "/files", "/versions", f"/versions/{shared['current_version_id']}"):
        response = other_environment.get(f"/api/workspaces/{shared['id']}{path}")
        assert_error(response, 404, NOT_FOUND)
    for path in ("materialize", "connect", "stop"):
        response = other_environment.post(f"/api/workspaces/{shared['id']}/{path}", {})
        assert_error(response, 404, NOT_FOUND)


@SCOPE
@GET
@pytest.mark.parametrize("field", ["project_id", "environment_id"])
def test_a_query_must_not_name_a_project_or_environment(api: Api, shared: JsonObject, field: str) -> None:
    base = f"/api/workspaces/{shared['id']}"
    for path in ("/api/workspaces", base, f"{base}/files", f"{base}/files/stat", f"{base}/versions"):
        assert_error(api.get(f"{path}?{field}=x"), 400, NAMED_SCOPE)
    assert_error(api.patch(f"{base}?{field}=x", {}), 400, NAMED_SCOPE)
    assert_error(api.request("DELETE", f"{base}?{field}=x"), 400, NAMED_SCOPE)


# Changing ---------------------------------------------------------------------------------------------------


@UPDATE
def test_an_update_replaces_the_fields_it_contains(workspaces: Workspaces) -> None:
    workspace = workspaces.create(metadata={"a": 1, "b": 2}, tags=["a"])
    path = f"/api/workspaces/{workspace['id']}"
    changed = ok(workspaces.api.patch(path, {"metadata": {"c": 3}}))["workspace"]
    assert (changed["metadata"], changed["tags"]) == ({"c": 3}, ["a"])
    assert parse_time(changed["updated_at"]) > parse_time(workspace["updated_at"])
    changed = ok(workspaces.api.patch(path, {"tags": [" z ", "y", "z"]}))["workspace"]
    assert (changed["metadata"], changed["tags"]) == ({"c": 3}, ["y", "z"])
    changed = ok(workspaces.api.patch(path, {"tags": None}))["workspace"]
    assert changed["tags"] == ["y", "z"]
    changed = ok(workspaces.api.patch(path, {"tags": []}))["workspace"]
    assert "tags" not in changed
    assert workspaces.get(workspace) == changed


@UPDATE
def test_an_empty_update_changes_only_updated_at(workspaces: Workspaces) -> None:
    workspace = workspaces.create(metadata={"a": 1}, tags=["a"])
    for content in (b"{}", b"null"):
        path = f"/api/workspaces/{workspace['id']}"
        changed = ok(workspaces.api.patch(path, content=content))["workspace"]
        assert parse_time(changed["updated_at"]) > parse_time(workspace["updated_at"])
        assert changed | {"updated_at": ""} == workspace | {"updated_at": ""}
        workspace = changed


@UPDATE
def test_an_archived_workspace_can_be_updated(workspaces: Workspaces) -> None:
    archived = workspaces.archive(workspaces.create())["workspace"]
    changed = ok(workspaces.api.patch(f"/api/workspaces/{archived['id']}", {"tags": ["late"]}))["workspace"]
    assert (changed["tags"], changed["state"]) == (["late"], "archived")


@UPDATE
@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"metadata": None}, "metadata must be a JSON object"),
        ({"metadata": []}, "metadata must be a JSON object"),
        ({"metadata": 1}, "metadata must be a JSON object"),
        ({"tags": [str(number) for number in range(11)]}, "tags must contain at most 10 items"),
        ({"tags": [" "]}, "tags must not contain empty values"),
        ({"tags": ["ä" * 65]}, "tags must be 128 characters or less"),
        ({"name": "x"}, 'invalid workspace patch request JSON: json: unknown field "name"'),
        ({"external_id": "x"}, 'invalid workspace patch request JSON: json: unknown field "external_id"'),
        ({"state": "x"}, 'invalid workspace patch request JSON: json: unknown field "state"'),
        ({"tags": "x"}, starting("invalid workspace patch request JSON: json: cannot unmarshal")),
    ],
)
def test_an_update_is_checked_field_by_field(
    api: Api, shared: JsonObject, fields: JsonObject, message: Any
) -> None:
    assert_error(api.patch(f"/api/workspaces/{shared['id']}", fields), 400, message)


@BODIES
@UPDATE
def test_an_update_needs_a_body(api: Api, shared: JsonObject) -> None:
    path = f"/api/workspaces/{shared['id']}"
    assert_error(api.patch(path, content=b""), 400, "invalid workspace patch request JSON: EOF")
    # The workspace is looked up before the body is read.
    assert_error(api.patch(f"/api/workspaces/{UNKNOWN_ID}", content=b"{"), 404, NOT_FOUND)


@UPDATE
def test_metadata_with_nul_is_rejected_and_changes_nothing(workspaces: Workspaces) -> None:
    workspace = workspaces.create(metadata={"a": 1})
    path = f"/api/workspaces/{workspace['id']}"
    client_mistake(workspaces.api.patch(path, {"metadata": {"nul": "\0"}}))
    assert workspaces.get(workspace) == workspace


# Archiving --------------------------------------------------------------------------------------------------


@ARCHIVE
def test_archiving_is_final_and_idempotent(workspaces: Workspaces) -> None:
    workspace = workspaces.create()
    first = workspaces.archive(workspace)["workspace"]
    assert set(first) == ALWAYS | {"archived_at"}
    assert (first["state"], first["desired_state"]) == ("archived", "archived")
    parse_time(first["archived_at"])
    again = workspaces.archive(workspace)["workspace"]
    assert again["archived_at"] == first["archived_at"]
    assert parse_time(again["updated_at"]) > parse_time(first["updated_at"])
    assert workspaces.get(workspace) == again


@BODIES
@ARCHIVE
def test_archiving_ignores_the_body(workspaces: Workspaces) -> None:
    workspace = workspaces.create()
    ok(workspaces.api.request("DELETE", f"/api/workspaces/{workspace['id']}", content=b"{no json"))


@ARCHIVE
@MATERIALIZE
@STOP
def test_an_archived_workspace_can_be_neither_mounted_nor_stopped(workspaces: Workspaces) -> None:
    workspace = workspaces.create()
    workspaces.archive(workspace)
    for operation in ("materialize", "connect", "stop"):
        response = workspaces.api.post(f"/api/workspaces/{workspace['id']}/{operation}", {})
        assert_error(response, 404, NOT_FOUND)


@ARCHIVE
def test_a_workspace_with_an_active_mount_cannot_be_archived(workspaces: Workspaces) -> None:
    workspace = workspaces.create()
    workspaces.mount(workspace)
    response = workspaces.api.request("DELETE", f"/api/workspaces/{workspace['id']}")
    assert_error(response, 409, "workspace has an active workspace mount")
    workspaces.stop_and_wait(workspace)
    workspaces.archive(workspace)


# Mounts -----------------------------------------------------------------------------------------------------


@MOUNT
@MATERIALIZE
@MOUNTS
def test_repeated_mount_requests_return_one_mount(workspaces: Workspaces, operation: str) -> None:
    workspace = workspaces.create()
    mount = workspaces.mount(workspace, 201, operation)
    assert set(mount) == MOUNT_ALWAYS
    assert mount["state"] == "mounting"
    assert mount["base_version_id"] == workspace["current_version_id"]
    for name in ("project_id", "environment_id", "deployment_sandbox_id"):
        assert mount[name] == workspace[name]
    assert mount["workspace_id"] == workspace["id"]
    numbers = [mount[name] for name in ("claim_attempt", "fencing_generation", "dirty_generation")]
    assert numbers == [0, 1, 0]
    for again in ("materialize", "connect"):
        found = workspaces.mount(workspace, 200, again)
        assert found["id"] == mount["id"]
        assert found["state"] in ("mounting", "mounted")
    assert workspaces.get(workspace)["state"] == "active"


@MATERIALIZE
@pytest.mark.worker
def test_a_worker_mounts_a_requested_workspace(workspaces: Workspaces) -> None:
    workspace = workspaces.create()
    workspaces.mount(workspace)

    def mounted() -> JsonObject | None:
        mount = workspaces.mount(workspace, 200)
        return mount if mount["state"] == "mounted" else None

    mount = eventually(mounted, within=workspaces.api.server.limits.patience, what="the mount")
    parse_time(mount["last_heartbeat_at"])
    assert parse_time(mount["updated_at"]) > parse_time(mount["created_at"])


@MATERIALIZE
def test_concurrent_mount_requests_create_one_mount(workspaces: Workspaces) -> None:
    workspace = workspaces.create()
    path = f"/api/workspaces/{workspace['id']}/materialize"
    responses = at_once(4, lambda _: workspaces.api.post(path, {}))
    assert sorted(response.status_code for response in responses) == [200, 200, 200, 201]
    assert len({response.json()["id"] for response in responses}) == 1


@BODIES
@MATERIALIZE
@MOUNTS
def test_a_mount_request_is_checked_in_the_order_of_the_contract(api: Api, operation: str) -> None:
    prefix = "invalid workspace materialize request JSON: "
    path = f"/api/workspaces/{UNKNOWN_ID}/{operation}"
    assert_error(api.post(f"/api/workspaces/x/{operation}", content=b"{"), 400, "workspace_id must be a UUID")
    assert_error(api.post(path), 400, f"{prefix}EOF")
    assert_error(api.post(path, {"force": True}), 400, f'{prefix}json: unknown field "force"')
    assert_error(api.post(path, {"project_id": "x"}), 400, NAMED_SCOPE)
    assert_error(api.post(path, {"environment_id": "x"}), 400, NAMED_SCOPE)
    assert_error(api.post(f"{path}?project_id=x", {"project_id": " "}), 404, NOT_FOUND)
    assert_error(api.post(path, content=b"null"), 404, NOT_FOUND)


@BODIES
@STOP
def test_a_stop_request_is_checked_in_the_order_of_the_contract(api: Api) -> None:
    prefix = "invalid workspace stop request JSON: "
    path = f"/api/workspaces/{UNKNOWN_ID}/stop"
    assert_error(api.post("/api/workspaces/x/stop", content=b"{"), 400, "workspace_id must be a UUID")
    assert_error(api.post(path), 400, f"{prefix}EOF")
    assert_error(api.post(path, {"reason": "x"}), 400, f'{prefix}json: unknown field "reason"')
    assert_error(api.post(path, {"project_id": "x"}), 400, NAMED_SCOPE)
    assert_error(api.post(path, {"environment_id": "x"}), 400, NAMED_SCOPE)
    assert_error(api.post(f"{path}?project_id=x", {}), 404, NOT_FOUND)
    assert_error(api.post(path, content=b"null"), 404, NOT_FOUND)


@STOP
def test_a_stop_without_a_mount_changes_the_desired_state(workspaces: Workspaces) -> None:
    workspace = workspaces.create()
    assert workspaces.stop(workspace) == {"workspace_id": workspace["id"], "state": "no_active_mount"}
    stopped = workspaces.get(workspace)
    assert (stopped["state"], stopped["desired_state"]) == ("active", "stopped")
    workspaces.mount(workspace)
    assert workspaces.get(workspace)["desired_state"] == "active"


@STOP
def test_a_stop_withdraws_the_mount(workspaces: Workspaces) -> None:
    workspace = workspaces.create()
    mount = workspaces.mount(workspace)
    stopped = workspaces.stop(workspace)
    assert set(stopped) == {"workspace_id", "state", "mount"}
    assert stopped["state"] == stopped["mount"]["state"]
    assert stopped["state"] in ("unmounted", "unmounting")  # whether or not a worker has claimed it
    assert stopped["mount"]["id"] == mount["id"]
    workspaces.stop_and_wait(workspace)
    found = workspaces.get(workspace)
    assert (found["state"], found["desired_state"], found["dirty_state"]) == ("active", "stopped", "clean")
    assert found["current_version_id"] == workspace["current_version_id"]
    assert workspaces.mount(workspace)["id"] != mount["id"]
    assert workspaces.get(workspace)["desired_state"] == "active"


@STOP
def test_a_repeated_stop_key_returns_the_first_response_without_another_stop(workspaces: Workspaces) -> None:
    workspace, key = workspaces.create(), unique("key")
    workspaces.mount(workspace)
    first = workspaces.stop(workspace, idempotency_key=key, idempotency_key_ttl="1h")
    workspaces.stop_and_wait(workspace)
    mount = workspaces.mount(workspace)
    assert workspaces.stop(workspace, idempotency_key=f" {key} ") == first
    assert workspaces.mount(workspace, 200)["id"] == mount["id"]
    assert workspaces.stop(workspace, idempotency_key=unique("key")) != first


@STOP
@pytest.mark.parametrize("ttl", ["soon", "0s", "-1h", "1d"])
def test_the_lifetime_of_a_stop_key_is_a_positive_duration(workspaces: Workspaces, ttl: str) -> None:
    workspace = workspaces.create()
    fields = {"idempotency_key": unique("key"), "idempotency_key_ttl": ttl}
    client_mistake(workspaces.api.post(f"/api/workspaces/{workspace['id']}/stop", fields))
    assert workspaces.get(workspace)["desired_state"] == "active"
    assert workspaces.stop(workspace, idempotency_key_ttl=ttl)["state"] == "no_active_mount"


@STOP
def test_keys_are_separate_for_each_workspace(workspaces: Workspaces) -> None:
    first, second, key = workspaces.create(), workspaces.create(), unique("key")
    workspaces.mount(first)
    assert workspaces.stop(first, idempotency_key=key)["state"] != "no_active_mount"
    assert workspaces.stop(second, idempotency_key=key) == {
        "workspace_id": second["id"], "state": "no_active_mount"
    }  # fmt: skip


@MATERIALIZE
@STOP
@pytest.mark.worker
def test_a_workspace_that_is_being_stopped_rejects_a_mount(api: Api, workspaces: Workspaces) -> None:
    started = api.start(step("file", path="x", text="x"), step("metadata", set={"wrote": True}), WORK)
    workspace = {"id": started["session"]["workspace_id"]}

    def wrote() -> bool:
        return bool(api.run(started["run"]["id"])["metadata"].get("wrote"))

    eventually(wrote, within=api.server.limits.patience, what="the file")
    assert workspaces.stop(workspace)["state"] == "unmounting"
    responses = [
        api.post(f"/api/workspaces/{workspace['id']}/{operation}", {})
        for operation in ("materialize", "connect")
    ]
    ok(api.post(f"/api/runs/{started['run']['id']}/cancel", {}))
    text, code = "workspace has an active mount that is not runnable", "workspace_mount_not_runnable"
    for response in responses:
        if response.status_code != 201:  # a worker may have stopped both already
            assert_error(response, 409, text, code)
    workspaces.stop_and_wait(workspace)


# Permissions ------------------------------------------------------------------------------------------------

SCOPES = {
    "workspace-lifecycle:manage", "workspace-files:read", "workspace-files:write", "workspace-versions:read",
    "workspace-versions:capture", "workspace-versions:restore", "workspace-versions:diff",
    "workspace-exec:create", "workspace-exec:read", "workspace-exec:manage", "workspace-pty:create",
    "workspace-pty:read", "workspace-pty:manage", "workspace-ports:expose", "workspace-ports:read",
    "workspace-ports:close",
}  # fmt: skip
STOPPING = {
    "workspace-lifecycle:manage", "workspace-files:write", "workspace-versions:capture",
    "workspace-versions:restore", "workspace-exec:manage", "workspace-pty:manage", "workspace-ports:close",
}  # fmt: skip
DENIED = "permission is required"


@PERMISSIONS
@pytest.mark.scoped_keys
@pytest.mark.parametrize("scope", sorted(SCOPES))
def test_each_permission_for_workspaces_allows_what_the_contract_lists(
    scoped_key: Callable[..., Api], shared: JsonObject, scope: str
) -> None:
    caller = scoped_key(scope)
    base = f"/api/workspaces/{shared['id']}"
    ok(caller.get("/api/workspaces"))
    ok(caller.get(base))
    manages = scope == "workspace-lifecycle:manage"
    for method, path, allowed in (
        ("POST", "/api/workspaces", manages),
        ("PATCH", f"/api/workspaces/{UNKNOWN_ID}", manages),
        ("DELETE", f"/api/workspaces/{UNKNOWN_ID}", manages),
        ("POST", f"/api/workspaces/{UNKNOWN_ID}/materialize", scope != "workspace-versions:diff"),
        ("POST", f"/api/workspaces/{UNKNOWN_ID}/connect", scope != "workspace-versions:diff"),
        ("POST", f"/api/workspaces/{UNKNOWN_ID}/stop", scope in STOPPING),
        ("GET", f"{base}/files", scope == "workspace-files:read"),
        ("GET", f"{base}/files/content", scope == "workspace-files:read"),
        ("GET", f"{base}/files/stat", scope == "workspace-files:read"),
        ("GET", f"{base}/versions", scope == "workspace-versions:read"),
        ("GET", f"{base}/versions/{shared['current_version_id']}", scope == "workspace-versions:read"),
    ):
        response = caller.request(method, path, {} if method != "GET" else ABSENT)
        if allowed:
            assert response.status_code != 403, (method, path)
        else:
            assert_error(response, 403, DENIED)


@PERMISSIONS
@pytest.mark.scoped_keys
def test_other_permissions_do_not_apply_to_workspaces(
    scoped_key: Callable[..., Api], shared: JsonObject
) -> None:
    caller = scoped_key("runs:read", "runs:create", "tasks:deploy", "secrets:write")
    assert_error(caller.get("/api/workspaces?limit=0"), 403, DENIED)
    assert_error(caller.get(f"/api/workspaces/{UNKNOWN_ID}"), 403, DENIED)
    assert_error(caller.post("/api/workspaces", {}), 403, DENIED)
    assert_error(caller.post(f"/api/workspaces/{shared['id']}/stop", {}), 403, DENIED)


# Workspaces of sessions -------------------------------------------------------------------------------------


@STARTED
@CREATE
def test_a_start_creates_a_new_workspace(api: Api, workspaces: Workspaces) -> None:
    started = api.start()
    workspace = workspaces.get({"id": started["session"]["workspace_id"]})
    assert set(workspace) == ALWAYS
    assert (workspace["metadata"], workspace["state"]) == ({}, "active")
    assert workspaces.mount(workspace, 200)["base_version_id"]


@STARTED
def test_a_start_with_an_archived_workspace_is_rejected(api: Api, workspaces: Workspaces) -> None:
    workspace = workspaces.create()
    workspaces.archive(workspace)
    response = api.post("/api/sessions", api.start_body(workspace_id=workspace["id"]))
    text = "workspace sandbox is incompatible with this task"
    assert_error(response, 409, text, "workspace_sandbox_incompatible")


@STARTED
def test_a_start_requests_a_mount_of_the_workspace_that_it_names(api: Api, workspaces: Workspaces) -> None:
    first = api.start()["session"]["workspace_id"]
    workspace = {"id": first}
    workspaces.stop_and_wait(workspace)
    assert api.start(workspace_id=first)["session"]["workspace_id"] == first
    assert workspaces.stop(workspace)["state"] in ("unmounted", "unmounting")
