"""Opening, writing to, resizing and closing PTYs, and their output."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helmr_contract.behaviour.helpers import (
    UNKNOWN_ID,
    Api,
    Comment,
    JsonObject,
    assert_error,
    is_canonical_uuid,
    known_fault,
    ok,
    parse_time,
    rule,
    starting,
    unique,
)
from helmr_contract.behaviour.workspace_processes import (
    CHUNK_FIELDS,
    TERMINAL,
    Pty,
    Workspace,
    base64,
    bytes_of,
)

DOCUMENT = "workspaces.md"
PERMISSIONS = rule(f"{DOCUMENT} 2.3")
BODIES = rule(f"{DOCUMENT} 2.4")
OBJECT = rule(f"{DOCUMENT} 3.6")
CHUNK = rule(f"{DOCUMENT} 3.7")
STATES = rule(f"{DOCUMENT} 5.3")
ONE_WRITER = rule(f"{DOCUMENT} 5.4")
WITHOUT_WORKER = rule(f"{DOCUMENT} 5.5")
FOLLOW = rule(f"{DOCUMENT} 8")
CREATE = rule(f"{DOCUMENT} 9.1")
LIST = rule(f"{DOCUMENT} 9.2")
INPUT = rule(f"{DOCUMENT} 9.3")
OUTPUT = rule(f"{DOCUMENT} 9.4")
RESIZE = rule(f"{DOCUMENT} 9.5")
CLOSE = rule(f"{DOCUMENT} 9.6")

PREFIX = "invalid workspace pty request JSON: "
INPUT_PREFIX = "invalid workspace pty input request JSON: "
RESIZE_PREFIX = "invalid workspace pty resize request JSON: "
NOT_OPEN = "workspace_pty_not_open"
ALWAYS = {
    "id", "workspace_id", "workspace_mount_id", "cwd", "cols", "rows", "filesystem_mode", "state",
    "output_cursor", "input_cursor", "error", "created_at", "updated_at",
}  # fmt: skip
ITEMS: list[tuple[str, str]] = [
    ("GET", ""),
    ("POST", "/input"),
    ("GET", "/output"),
    ("POST", "/resize"),
    ("POST", "/close"),
]


@pytest.fixture
def workspace(api: Api) -> Workspace:
    return Workspace.create(api)


@pytest.fixture
def pty(workspace: Workspace, worker: None) -> Pty:
    """A PTY that is open."""
    del worker
    return workspace.pty().opened()


@pytest.fixture(scope="module")
def closed(api: Api, worker: None) -> Pty:
    """A PTY that was closed, after some output."""
    del worker
    pty = Workspace.create(api).pty().opened()
    pty.type(b"echo shown=$((1 + 1))\r")  # a shell that is closed at once may print nothing
    pty.until_output("output", b"shown=2")
    pty.close()
    pty.until_end()
    return pty


def size(pty: JsonObject) -> tuple[int, int]:
    return pty["cols"], pty["rows"]


# Opening ----------------------------------------------------------------------------------------------------


@OBJECT
@CREATE
def test_a_new_pty_has_the_requested_fields(api: Api, workspace: Workspace) -> None:
    envelope = ok(
        api.post(f"/api/workspaces/{workspace.id}/pty", {"cols": 120, "rows": 40, "cwd": " /workspace "}), 201
    )
    assert set(envelope) == {"pty"}
    made = envelope["pty"]
    assert ALWAYS - set(made) == set()
    assert is_canonical_uuid(made["id"])
    assert is_canonical_uuid(made["workspace_mount_id"])
    assert (made["workspace_id"], made["cwd"], size(made)) == (workspace.id, "/workspace", (120, 40))
    assert (made["filesystem_mode"], made["state"], made["error"]) == ("write", "creating", {})
    assert (made["output_cursor"], made["input_cursor"]) == (0, 0)
    assert not {"process_id", "started_at", "closed_at"} & set(made)
    assert parse_time(made["created_at"]) <= parse_time(made["updated_at"])


@CREATE
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, (80, 24)),
        ({"cols": 0, "rows": 0}, (80, 24)),
        ({"cols": -5, "rows": 30}, (80, 30)),
        ({"cols": 100, "rows": None}, (100, 24)),
        ({"cols": 500, "rows": 500}, (500, 500)),
        ({"cols": 1, "rows": 1}, (1, 1)),
    ],
)
def test_a_size_has_defaults(
    api: Api, workspace: Workspace, body: JsonObject, expected: tuple[int, int]
) -> None:
    assert size(ok(api.post(f"/api/workspaces/{workspace.id}/pty", body), 201)["pty"]) == expected


@CREATE
@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"cols": 501}, "pty size must be at most 500x500"),
        ({"rows": 501}, "pty size must be at most 500x500"),
        ({"cwd": "x", "cols": 501}, "cwd must be absolute"),
        ({"cwd": "/a/.."}, "cwd cannot contain '..'"),
        ({"cwd": "/\0"}, "cwd cannot contain NUL"),
    ],
)
def test_an_invalid_field_is_rejected(api: Api, workspace: Workspace, body: JsonObject, text: str) -> None:
    assert_error(api.post(f"/api/workspaces/{workspace.id}/pty", body), 400, text)


@BODIES
@CREATE
@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "EOF"),
        (b'{"command":["sh"]}', 'json: unknown field "command"'),
        (b'{"env":{}}', 'json: unknown field "env"'),
    ],
)
def test_the_body_is_decoded_strictly(api: Api, workspace: Workspace, content: bytes, text: str) -> None:
    assert_error(
        api.request("POST", f"/api/workspaces/{workspace.id}/pty", content=content), 400, PREFIX + text
    )


@BODIES
@pytest.mark.parametrize("body", [{"cols": "80"}, {"cols": 1.5}, {"rows": 2147483648}, {"cwd": 1}])
def test_a_field_of_the_wrong_type_is_rejected(api: Api, workspace: Workspace, body: JsonObject) -> None:
    assert_error(
        api.post(f"/api/workspaces/{workspace.id}/pty", body),
        400,
        starting(PREFIX + "json: cannot unmarshal"),
    )


@CREATE
def test_a_repeated_key_returns_the_same_pty(api: Api, workspace: Workspace) -> None:
    body = {"idempotency_key": unique(), "cols": 80}
    first = ok(api.post(f"/api/workspaces/{workspace.id}/pty", body), 201)["pty"]
    again = ok(
        api.post(
            f"/api/workspaces/{workspace.id}/pty", {"idempotency_key": body["idempotency_key"], "rows": 24}
        )
    )
    assert (again["pty"]["id"], again["is_cached"]) == (first["id"], True)


@CREATE
@pytest.mark.parametrize("change", [{"cols": 81}, {"rows": 25}, {"cwd": "/workspace"}])
def test_a_key_with_different_parameters_is_a_conflict(
    api: Api, workspace: Workspace, change: JsonObject
) -> None:
    key = unique()
    ok(api.post(f"/api/workspaces/{workspace.id}/pty", {"idempotency_key": key}), 201)
    response = api.post(f"/api/workspaces/{workspace.id}/pty", {"idempotency_key": key, **change})
    known_fault(
        response.status_code == 500 and response.json().get("code") == "idempotency_fingerprint_mismatch",
        "a used key of a PTY with other parameters is 500",
    )
    assert_error(
        response,
        409,
        "idempotency_key was already used with different parameters",
        "idempotency_fingerprint_mismatch",
    )


@CREATE
def test_execs_and_ptys_have_separate_keys(api: Api, workspace: Workspace) -> None:
    key = unique()
    exec_ = ok(
        api.post(f"/api/workspaces/{workspace.id}/execs", {"command": ["cat"], "idempotency_key": key}), 201
    )
    workspace.stop()
    pty = ok(api.post(f"/api/workspaces/{workspace.id}/pty", {"idempotency_key": key}), 201)
    assert exec_["exec"]["id"] != pty["pty"]["id"]


@ONE_WRITER
@pytest.mark.parametrize(("path", "body"), [("execs", {"command": ["true"]}), ("pty", {})])
def test_a_second_writer_is_a_conflict(api: Api, workspace: Workspace, path: str, body: JsonObject) -> None:
    workspace.pty()
    assert_error(
        api.post(f"/api/workspaces/{workspace.id}/{path}", body),
        409,
        "workspace already has an active write primitive",
        "workspace_writer_active",
    )


@CREATE
def test_an_archived_workspace_rejects_ptys(api: Api, workspace: Workspace) -> None:
    ok(api.request("DELETE", f"/api/workspaces/{workspace.id}"))
    assert_error(
        api.post(f"/api/workspaces/{workspace.id}/pty", {}),
        409,
        "workspace is not active",
        "workspace_not_active",
    )


# Listing and getting ----------------------------------------------------------------------------------------


@LIST
def test_ptys_are_listed_newest_first(api: Api, workspace: Workspace) -> None:
    made: list[str] = []
    for _ in range(2):
        made.insert(0, workspace.pty().id)
        workspace.stop()
    path = f"/api/workspaces/{workspace.id}/pty"
    assert [one["id"] for one in ok(api.get(path))["ptys"]] == made
    assert [one["id"] for one in ok(api.get(path, params={"limit": "1"}))["ptys"]] == made[:1]
    assert [one["id"] for one in ok(api.get(path, params={"state": "closed"}))["ptys"]] == made
    assert ok(api.get(path, params={"state": "open"})) == {"ptys": []}
    assert ok(api.get(f"/api/workspaces/{workspace.id}/execs")) == {"execs": []}


@LIST
def test_invalid_filters_are_rejected_after_the_limit_is_checked(api: Api, workspace: Workspace) -> None:
    path = f"/api/workspaces/{workspace.id}/pty"
    for limit in ("0", "-1", "x"):
        assert_error(
            api.get(path, params={"limit": limit, "state": "x"}), 400, "limit must be a positive integer"
        )
    assert_error(api.get(path, params={"limit": "201"}), 400, "limit must be at most 200")
    assert_error(
        api.get(path, params={"state": "running"}),
        400,
        "state must be one of creating, open, resizing, closing, closed, lost, failed",
    )


@LIST
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_listing_ptys_of_an_unknown_workspace_returns_404(api: Api, method: str) -> None:
    assert_error(api.request(method, f"/api/workspaces/{UNKNOWN_ID}/pty"), 404, "workspace not found")


@LIST
@pytest.mark.parametrize(("method", "rest"), ITEMS)
def test_an_unknown_pty_returns_404(api: Api, workspace: Workspace, method: str, rest: str) -> None:
    pty = workspace.pty()
    path = f"/api/workspaces/{workspace.id}/pty"
    assert_error(api.request(method, f"{path}/nonsense{rest}"), 400, "pty_id must be a UUID")
    assert_error(api.request(method, f"{path}/{UNKNOWN_ID}{rest}"), 404, "workspace pty not found")
    other = f"/api/workspaces/{Workspace.create(api).id}/pty/{pty.id}{rest}"
    assert_error(api.request(method, other), 404, "workspace pty not found")
    assert_error(
        api.request(method, f"/api/workspaces/{UNKNOWN_ID}/pty/{pty.id}{rest}"), 404, "workspace not found"
    )


@PERMISSIONS
@pytest.mark.scoped_keys
@pytest.mark.parametrize(
    ("method", "rest", "scope"),
    [
        ("POST", "/pty", "workspace-pty:create"),
        ("GET", "/pty", "workspace-pty:read"),
        ("GET", "/pty/ID", "workspace-pty:read"),
        ("POST", "/pty/ID/input", "workspace-pty:manage"),
        ("GET", "/pty/ID/output", "workspace-pty:read"),
        ("POST", "/pty/ID/resize", "workspace-pty:manage"),
        ("POST", "/pty/ID/close", "workspace-pty:manage"),
    ],
)
def test_each_operation_needs_its_permission(
    workspace: Workspace, scoped_key: Callable[..., Api], method: str, rest: str, scope: str
) -> None:
    path = f"/api/workspaces/{workspace.id}" + rest.replace("ID", workspace.pty().id)
    scopes = {"workspace-pty:create", "workspace-pty:read", "workspace-pty:manage"}
    assert_error(scoped_key(*sorted(scopes - {scope})).request(method, path), 403, "permission is required")
    assert scoped_key(scope).request(method, path).status_code != 403


# Input ------------------------------------------------------------------------------------------------------


@CHUNK
@INPUT
@pytest.mark.worker
def test_input_is_typed_into_the_shell(pty: Pty) -> None:
    chunk = pty.type(b"echo in=$((20 + 1)) size=$(stty size)\r")
    assert set(chunk) == CHUNK_FIELDS
    assert (chunk["stream"], chunk["offset_start"]) == ("input", 0)
    pty.until_output("output", b"in=21 size=24 80")
    found = pty.get()
    assert found["input_cursor"] == chunk["offset_end"]
    assert found["output_cursor"] > 0


@INPUT
@pytest.mark.worker
def test_the_same_input_at_the_same_offset_is_typed_once(pty: Pty) -> None:
    line = b"echo once=$((1 + 1))\r"
    for _ in range(3):
        pty.type(line)
    pty.type(b"echo end=$((2 + 2))\r", len(line))
    pty.until_output("output", b"end=4")
    assert bytes_of(pty.output("output")).count(b"once=2") == 1
    code = "workspace_stream_offset_conflict"
    for data, offset in ((b"other", 0), (b"x", 3), (b"x", 9999)):
        assert_error(pty.send(data, offset), 409, code, code)


@INPUT
@pytest.mark.worker
def test_invalid_input_is_rejected(api: Api, pty: Pty) -> None:
    path = f"/api/workspaces/{pty.workspace}/pty/{pty.id}/input"
    assert_error(api.post(path, {"offset": -1}), 400, "offset must be non-negative")
    assert_error(api.post(path, {}), 400, "data is required")
    assert_error(
        api.post(path, {"data": base64(bytes(1048577))}),
        413,
        "stream chunk is 1048577 bytes, exceeds max 1048576",
    )
    assert_error(
        api.post(path, {"data": "x"}), 400, starting(INPUT_PREFIX + "illegal base64 data at input byte ")
    )
    assert_error(
        api.post(path, {"data": "YQ==", "cols": 1}), 400, INPUT_PREFIX + 'json: unknown field "cols"'
    )


@STATES
@INPUT
@RESIZE
@CLOSE
@pytest.mark.worker
def test_an_ended_pty_rejects_input(api: Api, closed: Pty) -> None:
    assert_error(closed.send(b"x"), 409, "workspace_pty_terminal", "workspace_pty_terminal")
    assert_error(
        api.post(f"/api/workspaces/{closed.workspace}/pty/{closed.id}/resize", {}), 409, NOT_OPEN, NOT_OPEN
    )
    assert_error(
        api.post(f"/api/workspaces/{closed.workspace}/pty/{closed.id}/close", {}), 409, NOT_OPEN, NOT_OPEN
    )


# Output -----------------------------------------------------------------------------------------------------


@CHUNK
@OUTPUT
@pytest.mark.worker
def test_output_is_available_in_pages_and_as_a_stream(closed: Pty) -> None:
    chunks = closed.output("output")
    assert chunks[0]["offset_start"] == 0
    assert {chunk["stream"] for chunk in chunks} == {"output"}
    frames = closed.followed("output")
    assert [frame.data for frame in frames[:-1]] == chunks
    last = frames[-1]
    end = closed.get()["output_cursor"]
    assert (last.event, last.id) == ("workspace_stream_terminal", str(end))
    assert last.data == {
        "resource_kind": "workspace_pty",
        "resource_id": closed.id,
        "stream": "output",
        "state": "closed",
        "cursor": end,
        "error": {},
    }
    assert len(bytes_of(chunks)) == end
    assert closed.output("output", cursor=str(end)) == []


@OUTPUT
@FOLLOW
@WITHOUT_WORKER
def test_the_stream_of_a_pty_is_kept_alive_and_ends_with_a_stop(api: Api, workspace: Workspace) -> None:
    pty = workspace.pty(cols=10)
    with api.follow(
        f"/api/workspaces/{pty.workspace}/pty/{pty.id}/output", params={"cursor": "100000"}
    ) as stream:
        assert stream.next() == Comment(": keep-alive")
        workspace.stop()
        frames = list(stream.frames())
    assert [frame.event for frame in frames] == ["workspace_stream_terminal"]
    assert frames[0].data["error"] == {"code": "workspace_mount_stopped"}
    assert frames[0].data["cursor"] == 100000


@OUTPUT
def test_an_invalid_cursor_or_limit_is_rejected(api: Api, workspace: Workspace) -> None:
    path = f"/api/workspaces/{workspace.id}/pty/{workspace.pty().id}/output"
    assert_error(
        api.get(path, params={"cursor": "x", "limit": "x"}), 400, "cursor must be a non-negative integer"
    )
    assert_error(api.get(path, params={"limit": "0"}), 400, "limit must be a positive integer")
    assert_error(api.get(path, params={"limit": "501"}), 400, "limit must be at most 500")


# Size and end -----------------------------------------------------------------------------------------------


@RESIZE
@STATES
@pytest.mark.worker
def test_a_resize_returns_the_new_size(api: Api, pty: Pty) -> None:
    shown = ok(api.post(f"/api/workspaces/{pty.workspace}/pty/{pty.id}/resize", {"cols": 100, "rows": 30}))[
        "pty"
    ]
    assert (shown["state"], size(shown)) == ("resizing", (80, 24))
    resized = pty.until_state("open")
    assert size(resized) == (100, 30)
    pty.type(b"stty size\r")
    pty.until_output("output", b"30 100")


@RESIZE
@pytest.mark.worker
def test_a_resize_has_the_same_defaults_and_limits_as_a_new_pty(api: Api, pty: Pty) -> None:
    ok(api.post(f"/api/workspaces/{pty.workspace}/pty/{pty.id}/resize", {"cols": 90}))
    assert size(pty.until_state("open")) == (90, 24)
    assert_error(
        api.post(f"/api/workspaces/{pty.workspace}/pty/{pty.id}/resize", {"cols": 501}),
        400,
        "pty size must be at most 500x500",
    )
    assert_error(
        api.request("POST", f"/api/workspaces/{pty.workspace}/pty/{pty.id}/resize", content=b""),
        400,
        RESIZE_PREFIX + "EOF",
    )
    assert_error(
        api.post(f"/api/workspaces/{pty.workspace}/pty/{pty.id}/resize", {"x": 1}),
        400,
        RESIZE_PREFIX + 'json: unknown field "x"',
    )


@CLOSE
@STATES
@pytest.mark.worker
def test_closing_ends_the_shell(api: Api, pty: Pty) -> None:
    for content in (b"", b"nonsense"):
        response = api.request("POST", f"/api/workspaces/{pty.workspace}/pty/{pty.id}/close", content=content)
        known_fault(response.status_code == 500, "a second close of a PTY while one is outstanding is 500")
        if response.status_code == 409:  # it has already ended
            break
        assert ok(response)["pty"]["state"] == "closing"
    ended = pty.until_end()
    assert (ended["state"], ended["error"]) == ("closed", {})
    assert parse_time(ended["started_at"]) <= parse_time(ended["closed_at"])


@STATES
@pytest.mark.worker
def test_a_shell_that_exits_closes_its_pty(pty: Pty) -> None:
    assert pty.get()["process_id"]
    pty.type(b"exit\r")
    assert pty.until_end()["state"] == "closed"


@STATES
@WITHOUT_WORKER
def test_a_stop_closes_a_pty(workspace: Workspace) -> None:
    pty = workspace.pty()
    workspace.stop()
    ended = pty.until_end()
    assert (ended["state"], ended["error"]) == ("closed", {"code": "workspace_mount_stopped"})
    assert ended["state"] in TERMINAL
    parse_time(ended["closed_at"])
