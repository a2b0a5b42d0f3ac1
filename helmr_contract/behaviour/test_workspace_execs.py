"""Creating, listing, writing to and stopping execs, with one writer at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from helmr_contract.behaviour.helpers import (
    UNKNOWN_ID,
    Api,
    JsonObject,
    assert_error,
    at_once,
    client_mistake,
    is_canonical_uuid,
    known_fault,
    ok,
    parse_time,
    rule,
    starting,
    unique,
)
from helmr_contract.behaviour.workspace_processes import CHUNK_FIELDS, Exec, Workspace, base64, bytes_of

DOCUMENT = "workspaces.md"
PERMISSIONS = rule(f"{DOCUMENT} 2.3")
BODIES = rule(f"{DOCUMENT} 2.4")
OBJECT = rule(f"{DOCUMENT} 3.5")
CHUNK = rule(f"{DOCUMENT} 3.7")
STATES = rule(f"{DOCUMENT} 5.2")
ONE_WRITER = rule(f"{DOCUMENT} 5.4")
CREATE = rule(f"{DOCUMENT} 7.1")
LIST = rule(f"{DOCUMENT} 7.2")
STDIN = rule(f"{DOCUMENT} 7.3")
CLOSE = rule(f"{DOCUMENT} 7.4")

PREFIX = "invalid workspace exec request JSON: "
STDIN_PREFIX = "invalid workspace exec stdin request JSON: "
ALWAYS = {
    "id", "workspace_id", "workspace_mount_id", "command", "cwd", "env_shape", "filesystem_mode", "state",
    "detached", "error", "stdout_cursor", "stderr_cursor", "stdin_cursor", "created_at", "updated_at",
}  # fmt: skip
LIMITS = ["0", "-1", "x", "1.5", "99999999999999999999"]


@pytest.fixture
def workspace(api: Api) -> Workspace:
    """A workspace without execs."""
    return Workspace.create(api)


@pytest.fixture
def waiting(workspace: Workspace) -> Exec:
    """An exec that reads its input to the end and copies it to its output."""
    return workspace.exec("cat")


@pytest.fixture(scope="module")
def ended(api: Api, worker: None) -> Exec:
    """An exec that has ended."""
    del worker
    exec_ = Workspace.create(api).shell("echo out; echo err >&2; exit 3", cwd="/workspace", env={"A": "b"})
    exec_.until_end()
    return exec_


# Creating ---------------------------------------------------------------------------------------------------


@OBJECT
@CREATE
def test_a_new_exec_has_the_requested_fields(api: Api, workspace: Workspace) -> None:
    body = {"command": ["cat", " a b "], "env": {"A": "b c", "EMPTY": ""}, "cwd": "  ", "detached": True}
    envelope = ok(api.post(f"/api/workspaces/{workspace.id}/execs", body), 201)
    assert set(envelope) == {"exec"}
    made = envelope["exec"]
    assert ALWAYS - set(made) == set()
    assert is_canonical_uuid(made["id"])
    assert is_canonical_uuid(made["workspace_mount_id"])
    assert made["workspace_id"] == workspace.id
    assert (made["command"], made["cwd"], made["env_shape"]) == (["cat", " a b "], "", body["env"])
    assert (made["filesystem_mode"], made["detached"], made["error"]) == ("write", True, {})
    assert (made["stdout_cursor"], made["stderr_cursor"], made["stdin_cursor"]) == (0, 0, 0)
    assert made["state"] in ("materializing", "queued")
    assert not {"exit_code", "signal", "exited_at", "stdin_closed_at", "started_at", "process_id"} & set(made)
    assert parse_time(made["created_at"]) <= parse_time(made["updated_at"])


@CREATE
def test_an_exec_needs_only_a_command(workspace: Workspace) -> None:
    made = workspace.exec("cat").get()
    assert (made["cwd"], made["env_shape"], made["detached"]) == ("", {}, False)


@CREATE
def test_null_counts_as_absent(api: Api, workspace: Workspace) -> None:
    body = {"command": ["cat"], "cwd": None, "env": None, "detached": None, "idempotency_key": None}
    made = ok(api.post(f"/api/workspaces/{workspace.id}/execs", body), 201)["exec"]
    assert (made["cwd"], made["env_shape"], made["detached"]) == ("", {}, False)


@CREATE
def test_an_exec_requests_a_mount(api: Api, workspace: Workspace) -> None:
    made = workspace.exec("cat").get()
    mount = ok(api.post(f"/api/workspaces/{workspace.id}/materialize", {}))
    assert mount["id"] == made["workspace_mount_id"]
    assert ok(api.get(f"/api/workspaces/{workspace.id}"))["workspace"]["desired_state"] == "active"


@CREATE
@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({}, "command is required"),
        ({"command": []}, "command is required"),
        ({"command": None}, "command is required"),
        ({"command": ["cat", " "]}, "command entries cannot be empty"),
        ({"command": [""]}, "command entries cannot be empty"),
        ({"command": [None]}, "command entries cannot be empty"),
        ({"command": ["a\0b"]}, "command entries cannot contain NUL"),
        ({"command": ["cat"], "cwd": "relative"}, "cwd must be absolute"),
        ({"command": ["cat"], "cwd": "/a\0b"}, "cwd cannot contain NUL"),
        ({"command": ["cat"], "cwd": "/a/../b"}, "cwd cannot contain '..'"),
        ({"command": ["cat"], "cwd": "/.."}, "cwd cannot contain '..'"),
        ({"command": ["cat"], "env": {"": "x"}}, "env names must be non-empty and cannot contain NUL"),
        ({"command": ["cat"], "env": {" ": "x"}}, "env names must be non-empty and cannot contain NUL"),
        ({"command": ["cat"], "env": {"A\0": "x"}}, "env names must be non-empty and cannot contain NUL"),
    ],
)
def test_an_invalid_field_is_rejected(api: Api, workspace: Workspace, body: JsonObject, text: str) -> None:
    assert_error(api.post(f"/api/workspaces/{workspace.id}/execs", body), 400, text)
    assert ok(api.get(f"/api/workspaces/{workspace.id}/execs"))["execs"] == []


@CREATE
def test_names_with_dots_do_not_refer_to_parent_directories(api: Api, workspace: Workspace) -> None:
    body = {"command": ["cat"], "cwd": " /..a/b../c.. "}
    assert ok(api.post(f"/api/workspaces/{workspace.id}/execs", body), 201)["exec"]["cwd"] == "/..a/b../c.."


@CREATE
def test_the_command_is_checked_first_then_cwd_then_env(api: Api, workspace: Workspace) -> None:
    body: JsonObject = {"command": [""], "cwd": "x", "env": {"": "x"}}
    assert_error(
        api.post(f"/api/workspaces/{workspace.id}/execs", body), 400, "command entries cannot be empty"
    )
    body["command"] = ["cat"]
    assert_error(api.post(f"/api/workspaces/{workspace.id}/execs", body), 400, "cwd must be absolute")


@CREATE
def test_an_env_value_with_nul_is_rejected(api: Api, workspace: Workspace) -> None:
    client_mistake(
        api.post(f"/api/workspaces/{workspace.id}/execs", {"command": ["cat"], "env": {"A": "x\0"}})
    )


@BODIES
@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "EOF"),
        (b'{"command":["cat"],"other":1}', 'json: unknown field "other"'),
        (b'{"command":["cat"],"project_id":"x"}', 'json: unknown field "project_id"'),
        (b'{"command":["cat"],"idempotency_key_ttl":"1h"}', 'json: unknown field "idempotency_key_ttl"'),
        (b'{"command":["cat"]} x', "request body must contain a single JSON value"),
    ],
)
def test_the_body_is_decoded_strictly(api: Api, workspace: Workspace, content: bytes, text: str) -> None:
    assert_error(
        api.request("POST", f"/api/workspaces/{workspace.id}/execs", content=content), 400, PREFIX + text
    )


@BODIES
@pytest.mark.parametrize(
    "body",
    [
        {"command": "cat"},
        {"command": [1]},
        {"command": ["cat"], "env": ["A=b"]},
        {"command": ["cat"], "env": {"A": 1}},
        {"command": ["cat"], "detached": "yes"},
        {"command": ["cat"], "cwd": 1},
    ],
)
def test_a_field_of_the_wrong_type_is_rejected(api: Api, workspace: Workspace, body: JsonObject) -> None:
    assert_error(
        api.post(f"/api/workspaces/{workspace.id}/execs", body),
        400,
        starting(PREFIX + "json: cannot unmarshal"),
    )


@CREATE
def test_the_workspace_is_checked_before_the_body(api: Api) -> None:
    assert_error(
        api.request("POST", "/api/workspaces/x/execs", content=b"{"), 400, "workspaceID must be a UUID"
    )
    path = f"/api/workspaces/{UNKNOWN_ID}/execs"
    assert_error(api.request("POST", path, content=b"{"), 404, "workspace not found")


@CREATE
def test_an_archived_workspace_rejects_execs(api: Api, workspace: Workspace) -> None:
    ok(api.request("DELETE", f"/api/workspaces/{workspace.id}"))
    assert_error(
        api.post(f"/api/workspaces/{workspace.id}/execs", {"command": ["cat"]}),
        409,
        "workspace is not active",
        "workspace_not_active",
    )


# Idempotency ------------------------------------------------------------------------------------------------


@CREATE
def test_a_repeated_key_returns_the_current_exec(api: Api, workspace: Workspace) -> None:
    body = {"command": ["cat"], "idempotency_key": unique()}
    first = ok(api.post(f"/api/workspaces/{workspace.id}/execs", body), 201)["exec"]
    again = ok(
        api.post(
            f"/api/workspaces/{workspace.id}/execs",
            {**body, "idempotency_key": f" {body['idempotency_key']} "},
        )
    )
    assert again["is_cached"] is True
    assert again["exec"]["id"] == first["id"]
    workspace.stop()
    assert ok(api.post(f"/api/workspaces/{workspace.id}/execs", body))["exec"]["state"] == "terminated"
    assert len(ok(api.get(f"/api/workspaces/{workspace.id}/execs"))["execs"]) == 1


@CREATE
@pytest.mark.parametrize(
    "change", [{"command": ["cat", "-"]}, {"cwd": "/workspace"}, {"env": {"A": "b"}}, {"detached": True}]
)
def test_a_key_with_different_parameters_is_a_conflict(
    api: Api, workspace: Workspace, change: JsonObject
) -> None:
    body = {"command": ["cat"], "idempotency_key": unique()}
    ok(api.post(f"/api/workspaces/{workspace.id}/execs", body), 201)
    response = api.post(f"/api/workspaces/{workspace.id}/execs", {**body, **change})
    known_fault(
        response.status_code == 500 and response.json().get("code") == "idempotency_fingerprint_mismatch",
        "a used key of an exec with other parameters is 500",
    )
    assert_error(
        response,
        409,
        "idempotency_key was already used with different parameters",
        "idempotency_fingerprint_mismatch",
    )


@CREATE
def test_a_blank_key_counts_as_absent_and_keys_are_per_workspace(api: Api, workspace: Workspace) -> None:
    body = {"command": ["cat"], "idempotency_key": "  "}
    ok(api.post(f"/api/workspaces/{workspace.id}/execs", body), 201)
    assert_error(
        api.post(f"/api/workspaces/{workspace.id}/execs", body),
        409,
        "workspace already has an active write primitive",
        "workspace_writer_active",
    )
    key = unique()
    other, third = Workspace.create(api), Workspace.create(api)
    one = ok(api.post(f"/api/workspaces/{other.id}/execs", {"command": ["cat"], "idempotency_key": key}), 201)
    two = ok(api.post(f"/api/workspaces/{third.id}/execs", {"command": ["cat"], "idempotency_key": key}), 201)
    assert one["exec"]["id"] != two["exec"]["id"]


@CREATE
def test_a_failed_creation_does_not_use_its_key(api: Api, workspace: Workspace) -> None:
    waiting = workspace.exec("cat")
    body = {"command": ["true"], "idempotency_key": unique()}
    assert api.post(f"/api/workspaces/{workspace.id}/execs", body).status_code == 409
    workspace.stop()
    waiting.until_end()
    made = ok(api.post(f"/api/workspaces/{workspace.id}/execs", {**body, "command": ["cat"]}), 201)
    assert "is_cached" not in made


# One writer -------------------------------------------------------------------------------------------------


@ONE_WRITER
@pytest.mark.parametrize(("path", "body"), [("execs", {"command": ["true"]}), ("pty", {})])
def test_a_second_writer_is_a_conflict(api: Api, waiting: Exec, path: str, body: JsonObject) -> None:
    workspace = f"/api/workspaces/{waiting.workspace}"
    assert_error(
        api.post(f"{workspace}/{path}", body),
        409,
        "workspace already has an active write primitive",
        "workspace_writer_active",
    )


@ONE_WRITER
def test_only_one_of_several_concurrent_execs_is_created(api: Api, workspace: Workspace) -> None:
    def create(_: int) -> int:
        return api.post(f"/api/workspaces/{workspace.id}/execs", {"command": ["cat"]}).status_code

    assert sorted(at_once(5, create)) == [201, 409, 409, 409, 409]


@ONE_WRITER
@pytest.mark.worker
def test_a_new_exec_may_start_after_the_last_one_has_ended(workspace: Workspace) -> None:
    workspace.exec("true").until_end()
    assert workspace.exec("true").until_end()["exit_code"] == 0


# Listing and getting ----------------------------------------------------------------------------------------


@LIST
def test_execs_are_listed_newest_first(api: Api, workspace: Workspace) -> None:
    made: list[str] = []
    for _ in range(3):
        made.insert(0, workspace.exec("cat").id)
        workspace.stop()
    assert [one["id"] for one in ok(api.get(f"/api/workspaces/{workspace.id}/execs"))["execs"]] == made
    page = ok(api.get(f"/api/workspaces/{workspace.id}/execs", params={"limit": "2"}))
    assert [one["id"] for one in page["execs"]] == made[:2]
    assert set(page) == {"execs"}


@LIST
def test_execs_can_be_filtered_by_state(api: Api, workspace: Workspace) -> None:
    first = workspace.exec("cat")
    workspace.stop()
    workspace.exec("cat")
    listed = ok(api.get(f"/api/workspaces/{workspace.id}/execs", params={"state": " terminated "}))["execs"]
    assert [one["id"] for one in listed] == [first.id]
    assert ok(api.get(f"/api/workspaces/{workspace.id}/execs", params={"state": "failed"}))["execs"] == []
    assert len(ok(api.get(f"/api/workspaces/{workspace.id}/execs", params={"state": " "}))["execs"]) == 2


@LIST
def test_invalid_filters_are_rejected_after_the_limit_is_checked(api: Api, workspace: Workspace) -> None:
    path = f"/api/workspaces/{workspace.id}/execs"
    for limit in LIMITS:
        assert_error(
            api.get(path, params={"limit": limit, "state": "x"}), 400, "limit must be a positive integer"
        )
    assert_error(api.get(path, params={"limit": "201"}), 400, "limit must be at most 200")
    assert_error(
        api.get(path, params={"state": "open"}),
        400,
        "state must be one of queued, materializing, running, exited, terminated, lost, failed",
    )


@LIST
def test_an_exec_is_addressed_by_its_id(api: Api, waiting: Exec) -> None:
    assert ok(api.get(f"/api/workspaces/{waiting.workspace}/execs/{waiting.id}"))["exec"]["id"] == waiting.id
    spelled = waiting.path.replace(waiting.id, waiting.id.replace("-", "").upper())
    assert ok(api.get(spelled))["exec"]["id"] == waiting.id


@LIST
def test_listing_execs_of_an_unknown_workspace_returns_404(api: Api) -> None:
    assert_error(api.get(f"/api/workspaces/{UNKNOWN_ID}/execs"), 404, "workspace not found")


METHODS: list[tuple[str, str]] = [
    ("GET", ""),
    ("POST", "/stdin"),
    ("POST", "/stdin/close"),
    ("GET", "/stdout"),
    ("GET", "/stderr"),
]


@LIST
@pytest.mark.parametrize(("method", "rest"), METHODS)
def test_an_unknown_exec_returns_404(api: Api, waiting: Exec, method: str, rest: str) -> None:
    execs = f"/api/workspaces/{waiting.workspace}/execs"
    assert_error(api.request(method, f"{execs}/nonsense{rest}"), 400, "exec_id must be a UUID")
    assert_error(api.request(method, f"{execs}/{UNKNOWN_ID}{rest}"), 404, "workspace exec not found")
    other = Workspace.create(api)
    path = f"/api/workspaces/{other.id}/execs/{waiting.id}{rest}"
    assert_error(api.request(method, path), 404, "workspace exec not found")


@PERMISSIONS
@pytest.mark.scoped_keys
@pytest.mark.parametrize(
    ("method", "rest", "scope"),
    [
        ("POST", "/execs", "workspace-exec:create"),
        ("GET", "/execs", "workspace-exec:read"),
        ("GET", "/execs/ID", "workspace-exec:read"),
        ("POST", "/execs/ID/stdin", "workspace-exec:manage"),
        ("POST", "/execs/ID/stdin/close", "workspace-exec:manage"),
        ("GET", "/execs/ID/stdout", "workspace-exec:read"),
        ("GET", "/execs/ID/stderr", "workspace-exec:read"),
    ],
)
def test_each_operation_needs_its_permission(
    waiting: Exec, scoped_key: Callable[..., Api], method: str, rest: str, scope: str
) -> None:
    path = f"/api/workspaces/{waiting.workspace}" + rest.replace("ID", waiting.id)
    scopes = {"workspace-exec:create", "workspace-exec:read", "workspace-exec:manage"}
    others = scoped_key(*sorted(scopes - {scope}))
    assert_error(others.request(method, path), 403, "permission is required")
    assert scoped_key(scope).request(method, path).status_code != 403


# Standard input ---------------------------------------------------------------------------------------------


@CHUNK
@STDIN
def test_input_is_stored_and_counted(waiting: Exec) -> None:
    chunk = waiting.write(b"h\xe4llo\n")
    assert set(chunk) == CHUNK_FIELDS
    assert is_canonical_uuid(chunk["id"])
    assert (chunk["stream"], chunk["offset_start"], chunk["offset_end"]) == ("stdin", 0, 6)
    assert chunk["data"] == base64(b"h\xe4llo\n")
    parse_time(chunk["observed_at"])
    parse_time(chunk["created_at"])
    assert waiting.get()["stdin_cursor"] == 6
    assert waiting.write(b"more", 6)["offset_end"] == 10


@STDIN
def test_an_omitted_offset_is_0(api: Api, waiting: Exec) -> None:
    assert (
        ok(
            api.post(f"/api/workspaces/{waiting.workspace}/execs/{waiting.id}/stdin", {"data": base64(b"ab")})
        )["offset_start"]
        == 0
    )
    assert (
        api.post(
            f"/api/workspaces/{waiting.workspace}/execs/{waiting.id}/stdin",
            {"data": base64(b"cd"), "offset": None},
        ).status_code
        == 409
    )


@STDIN
def test_the_same_bytes_at_the_same_offset_are_stored_once(waiting: Exec) -> None:
    first = waiting.write(b"one")
    waiting.write(b"two", 3)
    for _ in range(2):
        again = waiting.write(b"one")
        assert (again["offset_start"], again["offset_end"]) == (0, 3)
        assert again["data"] == first["data"]
    assert waiting.get()["stdin_cursor"] == 6


@STDIN
@pytest.mark.parametrize(
    ("data", "offset"), [(b"onE", 0), (b"on", 0), (b"onetwo", 0), (b"e", 2), (b"x", 7), (b"x", 5)]
)
def test_different_bytes_or_another_offset_are_a_conflict(waiting: Exec, data: bytes, offset: int) -> None:
    waiting.write(b"one")
    waiting.write(b"two", 3)
    code = "workspace_stream_offset_conflict"
    assert_error(waiting.send(data, offset), 409, code, code)
    assert waiting.get()["stdin_cursor"] == 6


@STDIN
def test_one_of_two_writers_at_the_same_offset_is_rejected(waiting: Exec) -> None:
    def write(number: int) -> int:
        return int(waiting.send(b"%d" % number).status_code)

    assert sorted(at_once(4, write)) == [200, 409, 409, 409]


@STDIN
def test_the_offset_of_input_is_checked_first_then_data_then_size(api: Api, waiting: Exec) -> None:
    path = f"/api/workspaces/{waiting.workspace}/execs/{waiting.id}/stdin"
    assert_error(api.post(path, {"offset": -1}), 400, "offset must be non-negative")
    assert_error(api.post(path, {"offset": 5}), 400, "data is required")
    assert_error(api.post(path, {"data": ""}), 400, "data is required")
    assert_error(
        api.post(path, {"data": base64(bytes(1048577)), "offset": 99}),
        413,
        "stream chunk is 1048577 bytes, exceeds max 1048576",
    )
    assert waiting.write(bytes(1048576))["offset_end"] == 1048576


@STDIN
def test_line_breaks_in_base64_do_not_matter(api: Api, waiting: Exec) -> None:
    assert ok(
        api.post(f"/api/workspaces/{waiting.workspace}/execs/{waiting.id}/stdin", {"data": "b25l\r\ndHdv\n"})
    )["data"] == base64(b"onetwo")


@BODIES
@STDIN
@pytest.mark.parametrize("data", ["b25", "b25l!", "b2=5", "=", "b25l=", "b25 l"])
def test_data_that_is_not_base64_is_rejected(api: Api, waiting: Exec, data: str) -> None:
    assert_error(
        api.post(f"/api/workspaces/{waiting.workspace}/execs/{waiting.id}/stdin", {"data": data}),
        400,
        starting(STDIN_PREFIX + "illegal base64 data at input byte "),
    )


@BODIES
@STDIN
@pytest.mark.parametrize(
    ("content", "text"), [(b"", "EOF"), (b'{"data":"YQ==","stream":"x"}', 'json: unknown field "stream"')]
)
def test_the_body_of_input_is_decoded_strictly(api: Api, waiting: Exec, content: bytes, text: str) -> None:
    response = api.request(
        "POST", f"/api/workspaces/{waiting.workspace}/execs/{waiting.id}/stdin", content=content
    )
    assert_error(response, 400, STDIN_PREFIX + text)


@STDIN
@CLOSE
def test_closed_input_rejects_more_data(api: Api, waiting: Exec) -> None:
    waiting.write(b"one")
    closed = waiting.close_stdin()
    parse_time(closed["stdin_closed_at"])
    for data, offset in ((b"two", 3), (b"one", 0)):
        response = waiting.send(data, offset)
        if response.json().get("code") != "workspace_exec_terminal":  # it has read the end
            assert_error(response, 409, "workspace_exec_stdin_closed", "workspace_exec_stdin_closed")


@CLOSE
def test_a_repeated_close_changes_nothing(api: Api, workspace: Workspace) -> None:
    exec_ = workspace.shell("exec sleep 60")
    first = exec_.close_stdin()["stdin_closed_at"]
    for content in (b"", b"nonsense", b'{"x":1}'):
        again = ok(
            api.request(
                "POST", f"/api/workspaces/{exec_.workspace}/execs/{exec_.id}/stdin/close", content=content
            )
        )["exec"]
        assert again["stdin_closed_at"] == first


@STDIN
@CLOSE
def test_an_ended_exec_rejects_input(workspace: Workspace, api: Api) -> None:
    exec_ = workspace.exec("cat")
    exec_.write(b"one")
    workspace.stop()
    exec_.until_end()
    code = "workspace_exec_terminal"
    assert_error(exec_.send(b"two", 3), 409, code, code)
    assert_error(exec_.send(b"one"), 409, code, code)
    assert_error(
        api.post(f"/api/workspaces/{exec_.workspace}/execs/{exec_.id}/stdin/close", {}), 409, code, code
    )


# Endings ----------------------------------------------------------------------------------------------------


@STATES
def test_a_stop_terminates_an_exec(workspace: Workspace) -> None:
    exec_ = workspace.shell("exec sleep 60")
    workspace.stop()
    ended = exec_.until_end()
    assert (ended["state"], ended["error"]) == ("terminated", {"code": "workspace_mount_stopped"})
    parse_time(ended["exited_at"])


@OBJECT
@STATES
@pytest.mark.worker
def test_an_ended_exec_has_its_exit_code_and_times(ended: Exec) -> None:
    found = ended.get()
    assert (found["state"], found["exit_code"], found["error"]) == ("exited", 3, {})
    assert "signal" not in found
    assert found["process_id"]
    assert (
        parse_time(found["created_at"]) <= parse_time(found["started_at"]) <= parse_time(found["exited_at"])
    )
    assert (found["stdout_cursor"], found["stderr_cursor"]) == (4, 4)


@STATES
@pytest.mark.worker
def test_an_exec_has_its_own_environment_and_none_of_the_servers_variables(workspace: Workspace) -> None:
    exec_ = workspace.exec(
        "sh", "-c", 'echo "$ONE-$TWO-${HELMR_API_KEY-none}"', env={"ONE": "1 $X", "TWO": "2"}
    )
    exec_.until_end()
    assert bytes_of(exec_.output("stdout")) == b"1 $X-2-none\n"


@STATES
@pytest.mark.worker
def test_the_command_is_not_interpreted_by_a_shell(workspace: Workspace) -> None:
    exec_ = workspace.exec("printf", "%s|", "$HOME", "a  b", "*")
    exec_.until_end()
    assert bytes_of(exec_.output("stdout")) == b"$HOME|a  b|*|"


@STATES
@pytest.mark.worker
def test_an_exec_starts_in_its_directory(workspace: Workspace) -> None:
    workspace.shell("mkdir -p repo/src && echo here > repo/src/file").until_end()
    exec_ = workspace.exec("cat", "file", cwd="/workspace/repo/src")
    assert exec_.until_end()["exit_code"] == 0
    assert bytes_of(exec_.output("stdout")) == b"here\n"


@STATES
@pytest.mark.worker
def test_the_signal_that_ended_a_command_is_returned(workspace: Workspace) -> None:
    ended = workspace.shell("kill -KILL $$").until_end()
    assert ended["state"] == "exited"
    assert ended["signal"]
    assert ended.get("exit_code") != 0


@STATES
@pytest.mark.worker
@pytest.mark.parametrize("fields", [{"command": ["helmr-no-such-program"]}, {"cwd": "/workspace/nowhere"}])
def test_a_command_that_cannot_be_run_fails(api: Api, workspace: Workspace, fields: JsonObject) -> None:
    body: dict[str, Any] = {"command": ["true"], **fields}
    made = ok(api.post(f"/api/workspaces/{workspace.id}/execs", body), 201)["exec"]
    exec_ = Exec(api, workspace.id, made["id"])
    ended = exec_.until_end()
    assert ended["state"] == "failed"
    assert ended["error"]
    assert "exit_code" not in ended


@STDIN
@STATES
@pytest.mark.worker
def test_input_reaches_the_command_in_order(workspace: Workspace) -> None:
    exec_ = workspace.exec("cat")
    exec_.write(b"before it runs, ")  # it may
    exec_.until_state("running")
    exec_.write(b"while it runs, ", 16)
    exec_.write(b"and at the end", 31)
    exec_.close_stdin()
    assert exec_.until_end()["exit_code"] == 0
    assert bytes_of(exec_.output("stdout")) == b"before it runs, while it runs, and at the end"


@STDIN
@pytest.mark.worker
def test_delivered_input_may_be_sent_again(waiting: Exec) -> None:
    waiting.write(b"one\n")
    waiting.until_output("stdout", b"one\n")
    again = waiting.write(b"one\n")
    assert (again["offset_start"], again["offset_end"], again["data"]) == (0, 4, base64(b"one\n"))
    waiting.close_stdin()
    waiting.until_end()
    assert bytes_of(waiting.output("stdout")) == b"one\n"


@rule(f"{DOCUMENT} 5.2", f"{DOCUMENT} 3.1")
@pytest.mark.worker
def test_a_command_makes_its_workspace_dirty_until_the_stop_publishes_a_version(
    api: Api, workspace: Workspace
) -> None:
    workspace.shell("echo content > made-by-exec").until_end()
    assert ok(api.get(f"/api/workspaces/{workspace.id}"))["workspace"]["dirty_state"] == "dirty"
    workspace.stop()
    assert ok(api.get(f"/api/workspaces/{workspace.id}"))["workspace"]["dirty_state"] == "clean"
    response = api.get(f"/api/workspaces/{workspace.id}/files/content", params={"path": "made-by-exec"})
    assert (response.status_code, response.content) == (200, b"content\n")
