"""Uploading, listing, reading, following and promoting deployments.

Deployments cannot be deleted, so most of these uploads are invalid. The few valid ones contain only a text
file, which a worker fails to build, so the environment never uses them.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from helmr_contract.behaviour.helpers import (
    UNKNOWN_ID,
    Api,
    Comment,
    JsonObject,
    assert_error,
    at_once,
    client_mistake,
    is_canonical_uuid,
    ok,
    parse_time,
    rule,
    starting,
    unique,
    within_tries,
)

DOCUMENT = "schedules-secrets-deployments.md"
COMMON = rule(f"{DOCUMENT} 2")
OBJECT = rule(f"{DOCUMENT} 5.1")
LIFECYCLE = rule(f"{DOCUMENT} 5.2")
CREATE = rule(f"{DOCUMENT} 5.3")
LIST = rule(f"{DOCUMENT} 5.4")
CURRENT = rule(f"{DOCUMENT} 5.5")
GET = rule(f"{DOCUMENT} 5.6")
EVENTS = rule(f"{DOCUMENT} 5.7")
PROMOTE = rule(f"{DOCUMENT} 5.8")

NAMED_SCOPE = "project_id and environment_id are not accepted with API keys"
INVALID_FORM = "invalid deployment multipart form: "
INVALID_METADATA = "invalid deployment metadata JSON: "
INVALID_ARCHIVE = "invalid deployment source artifact: "
INVALID_PROMOTION = "invalid promotion request JSON: "
LIMIT = "limit must be an integer between 1 and 200"
NEVER = "0001-01-01T00:00:00Z"
DENIED = "permission is required"
BOUNDARY = "helmr-contract-boundary"
ALWAYS = {
    "id", "version", "api_version", "bundle_format_version", "worker_protocol_version", "project_id",
    "environment_id", "content_hash", "deployment_source", "status", "tasks", "created_at", "building_at",
    "built_at", "deployed_at", "failed_at",
}  # fmt: skip
EVENT = {
    "id", "deployment_id", "trace", "category", "severity", "source", "kind", "message", "at", "occurred_at",
    "redaction_class", "attributes",
}  # fmt: skip
ENDED = ("deployed", "failed")
Part = tuple[str, bytes]


def archive(*entries: tarfile.TarInfo) -> bytes:
    """Return a tar archive of these entries, or of one text file unique to this archive."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        if not entries:
            content = uuid.uuid4().bytes
            one = tarfile.TarInfo("helmr-contract.txt")
            one.size = len(content)
            tar.addfile(one, io.BytesIO(content))
        for one in entries:
            tar.addfile(one)
    return buffer.getvalue()


def entry(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def digest(source: bytes) -> str:
    return "sha256:" + hashlib.sha256(source).hexdigest()


def form(parts: Sequence[Part]) -> bytes:
    """Return a form body with these parts, in this order."""
    lines = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + content + b"\r\n"
        for name, content in parts
    ]
    return b"".join(lines) + f"--{BOUNDARY}--\r\n".encode()


def send(api: Api, *parts: Part, **options: Any) -> httpx.Response:
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"} | options.pop("headers", {})
    return api.post("/api/deployments", content=form(parts), headers=headers, **options)


def upload(api: Api, source: bytes, *, headers: Mapping[str, str] = {}, **metadata: Any) -> httpx.Response:
    """Upload an archive, with its own hash unless the metadata has another."""
    fields = {"content_hash": digest(source), **metadata}
    parts = ("metadata", json.dumps(fields).encode()), ("deployment_source", source)
    return send(api, *parts, headers=dict(headers))


@pytest.fixture(scope="module")
def uploaded(api: Api) -> JsonObject:
    """An uploaded deployment, as shown in the response."""
    deployment: JsonObject = ok(upload(api, archive()), 201)
    return deployment


@pytest.fixture(scope="module")
def builder(api: Api, uploaded: JsonObject, worker: None) -> None:
    """Skips tests if nothing builds uploads: builds stay queued."""
    del worker
    end = time.monotonic() + api.server.limits.patience
    while ok(api.get(f"/api/deployments/{uploaded['id']}"))["status"] == "queued":
        if time.monotonic() > end:
            pytest.skip("needs a builder of deployments: a build stays queued")
        time.sleep(0.05)


@pytest.fixture(scope="module")
def failed(api: Api, uploaded: JsonObject, builder: None) -> JsonObject:
    """The uploaded deployment after its build has failed."""
    del builder
    with api.follow(f"/api/deployments/{uploaded['id']}/events") as stream:
        kinds = [frame.data["kind"] for frame in stream.frames()]
    assert kinds[-1] == "deployment.failed"
    deployment: JsonObject = ok(api.get(f"/api/deployments/{uploaded['id']}"))
    return deployment


def current(api: Api) -> JsonObject:
    """The deployment that has the probe task."""
    deployment: JsonObject = ok(api.get("/api/deployments/current"))["deployment"]
    return deployment


# Upload -----------------------------------------------------------------------------------------------------


@OBJECT
@CREATE
def test_an_upload_creates_a_queued_deployment(api: Api) -> None:
    source = archive()
    deployment = ok(upload(api, source), 201)
    assert set(deployment) - {"sdk_version", "cli_version"} == ALWAYS
    assert is_canonical_uuid(deployment["id"])
    assert re.fullmatch(r"\d{8}\.[1-9]\d*", deployment["version"])
    assert deployment["version"].startswith(parse_time(deployment["created_at"]).strftime("%Y%m%d."))
    assert deployment["api_version"] == "2026-06-06"
    assert deployment["bundle_format_version"] == 2
    assert deployment["worker_protocol_version"] == "helmr.worker.v1"
    assert deployment["content_hash"] == digest(source)
    assert deployment["deployment_source"] == {
        "digest": digest(source),
        "size_bytes": len(source),
        "media_type": "application/vnd.helmr.deployment-source.v0.tar",
    }
    assert deployment["status"] == "queued"
    assert deployment["tasks"] is None
    assert {deployment[f"{name}_at"] for name in ("building", "built", "deployed", "failed")} == {NEVER}


@OBJECT
@CREATE
def test_versions_are_numbered_within_a_day(api: Api) -> None:
    def two_of_a_day() -> tuple[int, int] | None:
        first, second = (ok(upload(api, archive()), 201)["version"].split(".") for _ in range(2))
        return (int(first[1]), int(second[1])) if first[0] == second[0] else None

    first, second = within_tries(two_of_a_day, what="two uploads of one day")
    assert second == first + 1


@CREATE
def test_uploading_an_unbuilt_archive_again_returns_the_same_deployment(api: Api) -> None:
    source = archive()

    def twice() -> JsonObject | None:
        one, other = (ok(upload(api, source), 201) for _ in range(2))
        if other["id"] != one["id"]:  # the build finished in between
            return None
        shown: JsonObject = other
        return shown

    deployment = within_tries(twice, what="two uploads before the build")
    events = ok(api.get(f"/api/deployments/{deployment['id']}/events"))["events"]
    assert [event["kind"] for event in events].count("deployment.queued") == 1


@CREATE
@pytest.mark.worker
def test_uploading_a_built_archive_again_creates_a_new_deployment(api: Api, builder: None) -> None:
    source = archive()
    first = ok(upload(api, source), 201)
    with api.follow(f"/api/deployments/{first['id']}/events") as stream:
        list(stream.frames())
    assert ok(api.get(f"/api/deployments/{first['id']}"))["status"] in ENDED
    again = ok(upload(api, source), 201)
    assert (again["id"] != first["id"], again["content_hash"]) == (True, digest(source))


@CREATE
def test_metadata_takes_precedence_over_headers(api: Api) -> None:
    headers = {"Helmr-SDK-Version": "sdk/1", "Helmr-CLI-Version": "cli/1", "Helmr-Client-Version": "client/1"}
    shown = ok(upload(api, archive(), headers=headers, sdk_version=" sdk/2 ", cli_version="cli/2"), 201)
    assert (shown["sdk_version"], shown["cli_version"]) == ("sdk/2", "cli/2")


@CREATE
def test_headers_supply_what_metadata_omits(api: Api) -> None:
    headers = {"Helmr-SDK-Version": "sdk/1", "Helmr-CLI-Version": "cli/1", "Helmr-Client-Version": "client/1"}
    shown = ok(upload(api, archive(), headers=headers), 201)
    assert (shown["sdk_version"], shown["cli_version"]) == ("sdk/1", "cli/1")
    del headers["Helmr-CLI-Version"], headers["Helmr-SDK-Version"]
    shown = ok(upload(api, archive(), headers=headers), 201)
    assert ("sdk_version" in shown, shown["cli_version"]) == (False, "client/1")


@CREATE
def test_current_versions_are_accepted_and_parts_with_other_names_may_follow(api: Api) -> None:
    source = archive()
    fields = {
        "content_hash": f" {digest(source)} ",
        "api_version": "2026-06-06",
        "bundle_format_version": 2,
        "worker_protocol_version": "helmr.worker.v1",
        "project_id": " ",
        "environment_id": None,
    }
    metadata = json.dumps(fields).encode()
    response = send(api, ("metadata", metadata), ("readme", b"text"), ("deployment_source", source))
    assert ok(response, 201)["content_hash"] == digest(source)


@CREATE
@pytest.mark.parametrize(
    "content_type", ["application/json", "multipart/mixed; boundary=x", "multipart/form-data", None]
)
def test_a_body_that_is_not_a_form_is_rejected(api: Api, content_type: str | None) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    response = api.post("/api/deployments", content=b"{}", headers=headers)
    assert_error(response, 400, starting(INVALID_FORM))


@CREATE
@pytest.mark.parametrize(
    ("parts", "error"),
    [
        ([], re.compile("deployment metadata is required|" + re.escape(INVALID_FORM) + ".+")),
        ([("deployment_source", b"x")], "deployment metadata must precede deployment_source"),
        ([("name", b"x")], 'unexpected deployment multipart field "name"'),
        ([("metadata", b" " * 1_048_577)], "read deployment metadata: field is too large"),
        ([("metadata", b"")], starting(INVALID_METADATA)),
        ([("metadata", b"{")], starting(INVALID_METADATA)),
        ([("metadata", b"[]")], starting(INVALID_METADATA)),
        ([("metadata", b'{"name": 1}')], starting(INVALID_METADATA)),
        ([("metadata", b'{"content_hash": 1}')], starting(INVALID_METADATA)),
        ([("metadata", b'{"bundle_format_version": "2"}')], starting(INVALID_METADATA)),
        ([("metadata", b"{} {}")], "deployment metadata must contain a single JSON value"),
        ([("metadata", b"{}")], "deployment_source file is required"),
        ([("metadata", b"null"), ("other", b"x")], "deployment_source file is required"),
    ],
    ids=lambda value: None,
)
def test_parts_must_be_in_order_and_metadata_must_be_one_json_object(
    api: Api, parts: list[Part], error: str | re.Pattern[str]
) -> None:
    assert_error(send(api, *parts), 400, error)


@CREATE
@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        (
            "api_version",
            "2025-01-01",
            'unsupported deployment api_version "2025-01-01"; current version is 2026-06-06',
        ),
        ("bundle_format_version", 1, "unsupported bundle_format_version 1; current version is 2"),
        ("bundle_format_version", 3, "unsupported bundle_format_version 3; current version is 2"),
        (
            "worker_protocol_version",
            "helmr.worker.v0",
            'unsupported worker_protocol_version "helmr.worker.v0"; current version is helmr.worker.v1',
        ),
        ("project_id", "x", NAMED_SCOPE),
        ("environment_id", "x", NAMED_SCOPE),
    ],
)
def test_other_versions_and_scopes_are_rejected_before_the_archive_is_checked(
    api: Api, field: str, value: Any, error: str
) -> None:
    assert_error(send(api, ("metadata", json.dumps({field: value}).encode())), 400, error)


@CREATE
@pytest.mark.parametrize("field", ["sdk_version", "cli_version"])
def test_a_nul_in_a_version_is_rejected(api: Api, field: str) -> None:
    metadata: JsonObject = {field: "a\0b"}
    client_mistake(upload(api, archive(), **metadata))


@CREATE
@pytest.mark.parametrize(
    "source",
    [
        pytest.param(b"no archive at all" * 100, id="no-archive"),
        pytest.param(archive()[:700], id="cut"),
        pytest.param(archive(entry("/etc/passwd")), id="absolute"),
        pytest.param(archive(entry("../outside")), id="parent"),
        pytest.param(archive(entry("a/../../outside")), id="hidden-parent"),
        pytest.param(archive(entry("link", tarfile.SYMTYPE, "/etc/passwd")), id="link-absolute"),
        pytest.param(archive(entry("a/link", tarfile.SYMTYPE, "../../outside")), id="link-out"),
        pytest.param(archive(entry("link", tarfile.LNKTYPE, "other")), id="hard-link"),
        pytest.param(archive(entry("device", tarfile.CHRTYPE)), id="device"),
    ],
)
def test_an_invalid_archive_or_one_with_paths_outside_it_is_rejected(api: Api, source: bytes) -> None:
    assert_error(upload(api, source, content_hash=digest(source)), 400, starting(INVALID_ARCHIVE))


@CREATE
def test_links_within_the_archive_are_accepted(api: Api) -> None:
    name = f"a/{unique('file')}"
    link = entry("a/link", tarfile.SYMTYPE, f"../{name}")
    source = archive(entry("a", tarfile.DIRTYPE), entry(name), link)
    ok(upload(api, source), 201)


@CREATE
def test_the_hash_is_required_and_must_match_the_archive(api: Api) -> None:
    source = archive()
    for absent in (None, "", "  "):
        assert_error(upload(api, source, content_hash=absent), 400, "deployment content_hash is required")
    for other in (digest(b"x"), digest(source).removeprefix("sha256:"), "x"):
        error = f"content_hash {other} does not match uploaded archive digest {digest(source)}"
        assert_error(upload(api, source, content_hash=other), 400, f"deployment source {error}")
    broken = upload(api, b"no archive" * 100, content_hash="x")
    assert_error(broken, 400, starting(INVALID_ARCHIVE))


@COMMON
@CREATE
@pytest.mark.scoped_keys
def test_metadata_is_checked_before_the_permission_and_the_archive_after_it(
    scoped_key: Callable[..., Api],
) -> None:
    caller = scoped_key("runs:read", "runs:create")
    assert_error(caller.post("/api/deployments", content=b"{}"), 400, starting(INVALID_FORM))
    assert_error(send(caller, ("metadata", b"{")), 400, starting(INVALID_METADATA))
    assert_error(send(caller, ("metadata", b'{"project_id": "x"}')), 400, NAMED_SCOPE)
    assert_error(send(caller, ("metadata", b"{}")), 403, DENIED)
    assert_error(upload(caller, b"no archive", content_hash="x"), 403, DENIED)


# Reading ----------------------------------------------------------------------------------------------------


@LIST
def test_deployments_are_listed_newest_first_without_tasks(api: Api, uploaded: JsonObject) -> None:
    body = ok(api.get("/api/deployments", params={"limit": "200"}))
    assert set(body) == {"deployments"}
    listed = body["deployments"]
    assert uploaded["id"] in {deployment["id"] for deployment in listed}
    assert all(deployment["tasks"] == [] for deployment in listed)
    order = [(parse_time(deployment["created_at"]), deployment["id"]) for deployment in listed]
    assert order == sorted(order, reverse=True)


@LIST
def test_the_limit_of_a_list_is_between_1_and_200(api: Api, uploaded: JsonObject) -> None:
    del uploaded
    assert len(ok(api.get("/api/deployments", params={"limit": "1"}))["deployments"]) == 1
    ok(api.get("/api/deployments", params={"limit": ""}))
    for limit in ("0", "201", "x", "1.0", "-1"):
        assert_error(api.get("/api/deployments", params={"limit": limit}), 400, LIMIT)


@OBJECT
@CURRENT
def test_the_current_deployment_has_the_listed_tasks(api: Api) -> None:
    body = ok(api.get("/api/deployments/current"))
    assert set(body) == {"deployment"}
    deployment = body["deployment"]
    assert deployment["status"] == "deployed"
    assert deployment["deployed_at"] != NEVER
    assert deployment["failed_at"] == NEVER
    assert "error" not in deployment
    assert deployment["tasks"] == ok(api.get("/api/tasks"))["tasks"]
    assert api.server.task in {task["task_id"] for task in deployment["tasks"]}


@OBJECT
@GET
def test_a_deployed_deployment_is_returned_with_its_tasks(api: Api) -> None:
    deployment = current(api)
    assert ok(api.get(f"/api/deployments/{deployment['id']}")) == deployment
    assert ok(api.get(f"/api/deployments/{deployment['id'].upper()}"))["id"] == deployment["id"]
    (listed,) = (
        one
        for one in ok(api.get("/api/deployments", params={"limit": "200"}))["deployments"]
        if one["id"] == deployment["id"]
    )
    assert listed == deployment | {"tasks": []}


@GET
def test_an_unbuilt_deployment_is_returned_without_tasks(api: Api, uploaded: JsonObject) -> None:
    deployment = ok(api.get(f"/api/deployments/{uploaded['id']}"))
    assert deployment["tasks"] == []
    unchanged = ("id", "version", "content_hash", "deployment_source", "created_at")
    assert {name: deployment[name] for name in unchanged} == {name: uploaded[name] for name in unchanged}


@GET
def test_a_deployment_is_addressed_by_its_id_only(api: Api, uploaded: JsonObject) -> None:
    for path in ("", "/events"):
        for reference in ("x", uploaded["version"]):
            response = api.get(f"/api/deployments/{reference}{path}")
            assert_error(response, 400, "deploymentID must be a UUID")
        assert_error(api.get(f"/api/deployments/{UNKNOWN_ID}{path}"), 404, "deployment not found")


@LIFECYCLE
@OBJECT
@pytest.mark.worker
def test_a_failed_build_has_an_error(api: Api, failed: JsonObject) -> None:
    assert failed["status"] == "failed"
    assert failed["failed_at"] != NEVER
    assert failed["deployed_at"] == NEVER
    assert failed["tasks"] == []
    message = failed["error"]["message"]
    assert message
    last = ok(api.get(f"/api/deployments/{failed['id']}/events"))["events"][-1]
    assert (last["message"], last["severity"], last["attributes"]) == (message, "error", {"status": "failed"})


@COMMON
@pytest.mark.parametrize("field", ["project_id", "environment_id"])
def test_a_query_must_not_name_a_project_or_environment(api: Api, uploaded: JsonObject, field: str) -> None:
    for path in ("", "/current", f"/{uploaded['id']}", f"/{uploaded['id']}/events"):
        assert_error(api.get(f"/api/deployments{path}?{field}=x"), 400, NAMED_SCOPE)
        ok(api.get(f"/api/deployments{path}?{field}=%20"))


@COMMON
@pytest.mark.scoped_keys
def test_reading_deployments_needs_permission_to_deploy_or_to_read_runs(
    scoped_key: Callable[..., Api], uploaded: JsonObject
) -> None:
    paths = ("", f"/{uploaded['id']}", f"/{uploaded['id']}/events")
    for scope in ("tasks:deploy", "runs:read"):
        for path in paths:
            ok(scoped_key(scope).get(f"/api/deployments{path}"))
    caller = scoped_key("runs:create", "secrets:write")
    for path in (*paths, f"/{UNKNOWN_ID}", f"/{UNKNOWN_ID}/events"):
        assert_error(caller.get(f"/api/deployments{path}"), 403, DENIED)


@CURRENT
@pytest.mark.scoped_keys
def test_reading_the_current_deployment_needs_permission_to_read_runs(scoped_key: Callable[..., Api]) -> None:
    ok(scoped_key("runs:read").get("/api/deployments/current"))
    assert_error(scoped_key("tasks:deploy").get("/api/deployments/current"), 403, DENIED)


# Events -----------------------------------------------------------------------------------------------------


@EVENTS
def test_the_first_event_is_queued(api: Api, uploaded: JsonObject) -> None:
    page = ok(api.get(f"/api/deployments/{uploaded['id']}/events", params={"limit": "1"}))
    assert page["cursor"] == 0
    (event,) = page["events"]
    assert set(event) == EVENT
    assert event["at"] == event["occurred_at"]
    parse_time(event.pop("at"))
    del event["occurred_at"]
    assert event == {
        "id": "1",
        "deployment_id": uploaded["id"],
        "trace": {"trace_id": ""},
        "category": "lifecycle",
        "severity": "info",
        "source": "control",
        "kind": "deployment.queued",
        "message": "Deployment queued",
        "redaction_class": "internal",
        "attributes": {"status": "queued"},
    }


@EVENTS
@pytest.mark.worker
def test_the_events_of_a_build_are_in_order(api: Api, failed: JsonObject) -> None:
    page = ok(api.get(f"/api/deployments/{failed['id']}/events"))
    assert "next_cursor" not in page
    shown = [(one["id"], one["kind"], one["source"], one["attributes"]["status"]) for one in page["events"]]
    assert shown[0] == ("1", "deployment.queued", "control", "queued")
    assert shown[1] == ("2", "deployment.building", "worker", "building")
    assert shown[-1] == (str(len(shown)), "deployment.failed", "worker", "failed")
    assert page["events"][1]["message"] == "Deployment build started"


@EVENTS
@pytest.mark.worker
def test_the_cursor_leads_from_page_to_page(api: Api, failed: JsonObject) -> None:
    path = f"/api/deployments/{failed['id']}/events"
    everything = ok(api.get(path))["events"]
    page = ok(api.get(path, params={"limit": "1"}))
    assert (page["events"], page["next_cursor"]) == (everything[:1], 1)
    page = ok(api.get(path, params={"cursor": "1"}))
    assert (page["events"], page["cursor"]) == (everything[1:], 1)
    page = ok(api.get(path, params={"cursor": "1"}, headers={"Last-Event-ID": "2"}))
    assert (page["events"], page["cursor"]) == (everything[2:], 2), "the header wins"
    assert ok(api.get(path, params={"cursor": "1"}, headers={"Last-Event-ID": ""}))["cursor"] == 1
    last = int(everything[-1]["id"])
    assert ok(api.get(path, params={"cursor": str(last + 5)})) == {"events": [], "cursor": last + 5}


@EVENTS
def test_an_invalid_cursor_or_limit_is_rejected_in_both_modes(api: Api, uploaded: JsonObject) -> None:
    for deployment_id in (uploaded["id"], UNKNOWN_ID):
        path = f"/api/deployments/{deployment_id}/events"
        for more in ({}, {"follow": "1"}):
            for cursor in ("-1", "x", "1.0", "9223372036854775808"):
                response = api.get(path, params={"cursor": cursor, "limit": "0", **more})
                assert_error(response, 400, "cursor must be a non-negative integer")
            for limit in ("0", "201", "x"):
                assert_error(api.get(path, params={"limit": limit, **more}), 400, LIMIT)
    assert_error(api.get("/api/deployments/x/events?cursor=x"), 400, "deploymentID must be a UUID")


@EVENTS
@pytest.mark.worker
def test_the_stream_of_an_ended_build_sends_every_event_and_ends(api: Api, failed: JsonObject) -> None:
    path = f"/api/deployments/{failed['id']}/events"
    events = ok(api.get(path))["events"]
    with api.follow(path) as stream:
        assert stream.response.headers["content-type"] == "text/event-stream"
        assert stream.response.headers["cache-control"] == "no-cache"
        frames = list(stream.frames())
    assert stream.ended
    assert [frame.data for frame in frames] == events
    assert [frame.id for frame in frames] == [event["id"] for event in events]
    assert {frame.event for frame in frames} == {"deployment_event"}


@EVENTS
@pytest.mark.worker
def test_a_stream_resumes_after_the_last_event_id_or_the_cursor(api: Api, failed: JsonObject) -> None:
    path = f"/api/deployments/{failed['id']}/events"
    with api.follow(path, last_event_id="1", params={"cursor": "0", "limit": "1"}) as stream:
        assert [frame.id for frame in stream.frames()][:1] == ["2"], "the header wins"
    with api.follow(path, params={"cursor": "1"}) as stream:
        assert [frame.id for frame in stream.frames()][:1] == ["2"]


@EVENTS
@pytest.mark.worker
def test_a_stream_sends_the_events_of_a_build_as_they_occur(api: Api, builder: None) -> None:
    deployment = ok(upload(api, archive()), 201)
    with api.follow(f"/api/deployments/{deployment['id']}/events") as stream:
        kinds = [frame.data["kind"] for frame in stream.frames()]
    assert stream.ended
    assert kinds[0] == "deployment.queued"
    assert kinds[-1] in ("deployment.deployed", "deployment.failed")


@EVENTS
@pytest.mark.worker
def test_a_stream_from_the_end_stays_open_with_comments(api: Api, failed: JsonObject) -> None:
    last = len(ok(api.get(f"/api/deployments/{failed['id']}/events"))["events"])
    with api.follow(f"/api/deployments/{failed['id']}/events", last_event_id=str(last)) as stream:
        assert stream.next() == Comment(": keep-alive")


# Promotion --------------------------------------------------------------------------------------------------


@PROMOTE
def test_the_current_deployment_can_be_promoted_again(api: Api) -> None:
    deployment = current(api)
    events = ok(api.get(f"/api/deployments/{deployment['id']}/events"))
    for reference in (deployment["id"], deployment["id"].upper(), deployment["version"]):
        promoted = ok(api.post(f"/api/deployments/{reference}/promote", {"reason": "the contract tests"}))
        assert promoted == deployment | {"tasks": None}
    assert current(api) == deployment
    assert ok(api.get(f"/api/deployments/{deployment['id']}/events")) == events, "a promotion adds no event"


@PROMOTE
@pytest.mark.parametrize("body", [b"", b" \n", b"null", b"{}", b'{"reason": null}', b'{"project_id": " "}'])
def test_the_body_of_a_promotion_is_optional(api: Api, body: bytes) -> None:
    deployment = current(api)
    ok(api.request("POST", f"/api/deployments/{deployment['id']}/promote", content=body))


@PROMOTE
@pytest.mark.parametrize("body", [b"{", b"[]", b'{"cause": "x"}', b'{"reason": 1}', b"{} {}"])
def test_the_body_of_a_promotion_is_decoded_strictly(api: Api, body: bytes) -> None:
    response = api.request("POST", f"/api/deployments/{UNKNOWN_ID}/promote", content=body)
    assert_error(response, 400, starting(INVALID_PROMOTION))


@PROMOTE
def test_a_nul_in_the_reason_is_rejected(api: Api) -> None:
    client_mistake(api.post(f"/api/deployments/{current(api)['id']}/promote", {"reason": "a\0b"}))


@PROMOTE
def test_a_deployment_that_is_not_deployed_cannot_be_promoted(api: Api, uploaded: JsonObject) -> None:
    before = current(api)["id"]
    for reference in (uploaded["id"], uploaded["version"]):
        response = api.post(f"/api/deployments/{reference}/promote")
        assert_error(response, 400, "deployment is not deployable")
    assert current(api)["id"] == before


@PROMOTE
def test_promoting_an_unknown_deployment_returns_404(api: Api) -> None:
    day = datetime.now(UTC).strftime("%Y%m%d")
    for reference in (UNKNOWN_ID, f"{day}.999999", "x"):
        assert_error(api.post(f"/api/deployments/{reference}/promote"), 404, "deployment not found")


@COMMON
@PROMOTE
@pytest.mark.parametrize("field", ["project_id", "environment_id"])
def test_a_promotion_must_not_name_a_project_or_environment(api: Api, field: str) -> None:
    response = api.post(f"/api/deployments/{UNKNOWN_ID}/promote", {field: "x"})
    assert_error(response, 400, NAMED_SCOPE)


@COMMON
@PROMOTE
@pytest.mark.scoped_keys
def test_body_scope_and_deployment_are_checked_before_the_permission(
    api: Api, scoped_key: Callable[..., Api]
) -> None:
    caller = scoped_key("runs:read", "runs:create")
    path = f"/api/deployments/{current(api)['id']}/promote"
    assert_error(caller.request("POST", path, content=b"{"), 400, starting(INVALID_PROMOTION))
    assert_error(caller.post(path, {"project_id": "x"}), 400, NAMED_SCOPE)
    assert_error(caller.post(f"/api/deployments/{UNKNOWN_ID}/promote"), 404, "deployment not found")
    assert_error(caller.post(path), 403, DENIED)
    ok(scoped_key("tasks:deploy").post(path))


@CREATE
def test_concurrent_uploads_of_one_archive_create_one_deployment(api: Api) -> None:
    def both() -> set[str] | None:
        source = archive()
        made = at_once(2, lambda _: upload(api, source))
        if any(response.status_code != 201 for response in made):  # the race that the contract describes
            for response in made:
                if response.status_code != 201:
                    assert_error(response, 400, "deployment conflicts with existing task metadata")
            return None
        return {ok(response, 201)["id"] for response in made}

    assert len(within_tries(both, what="two uploads without a race")) == 1
