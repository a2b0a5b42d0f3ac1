"""Files and versions of workspaces: files are read from versions, never from a running workspace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest

from helmr_contract.behaviour.helpers import (
    UNKNOWN_ID,
    Api,
    JsonObject,
    assert_error,
    client_mistake,
    eventually,
    is_canonical_uuid,
    ok,
    parse_time,
    rule,
    step,
)

DOCUMENT = "workspaces.md"
ENTRY = rule(f"{DOCUMENT} 3.3")
VERSION = rule(f"{DOCUMENT} 3.4")
SOURCE = rule(f"{DOCUMENT} 6.1")
PATHS = rule(f"{DOCUMENT} 6.2")
LIST = rule(f"{DOCUMENT} 6.3")
CONTENT = rule(f"{DOCUMENT} 6.4")
STAT = rule(f"{DOCUMENT} 6.5")
VERSIONS = rule(f"{DOCUMENT} 6.6")

EMPTY = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"
MAX_READ = 33_554_432
DIRECTORY, SYMLINK = 1 << 31, 1 << 27
READS = pytest.mark.parametrize("operation", ["files", "files/content", "files/stat"])

MISSING = ("workspace file not found", "workspace_file_not_found")
NOT_READABLE = ("workspace version is not readable", "workspace_version_not_readable")


class Files:
    """The files of one workspace, as read from the server."""

    def __init__(self, api: Api, workspace_id: str) -> None:
        self.api = api
        self.workspace_id = workspace_id

    def get(self, operation: str, **query: Any) -> httpx.Response:
        return self.api.get(f"/api/workspaces/{self.workspace_id}/{operation}", params=query)

    def listed(self, path: str | None = None, **query: Any) -> JsonObject:
        listed: JsonObject = ok(self.get("files", **({} if path is None else {"path": path}), **query))
        return listed

    def names(self, path: str | None = None) -> list[str]:
        return [entry["path"] for entry in self.listed(path)["entries"]]

    def stat(self, path: str, **query: Any) -> JsonObject:
        found = ok(self.get("files/stat", path=path, **query))
        assert set(found) == {"entry"}
        entry: JsonObject = found["entry"]
        return entry

    def read(self, path: str, **query: Any) -> httpx.Response:
        response = self.get("files/content", path=path, **query)
        assert response.status_code == 200, response.text[:500]
        return response

    def versions(self, **query: str) -> list[JsonObject]:
        found: list[JsonObject] = ok(self.get("versions", **query))["versions"]
        return found


@pytest.fixture(scope="module")
def empty(api: Api) -> Files:
    """A new workspace."""
    sandbox = ok(api.get("/api/sandboxes"))["sandboxes"][0]["sandbox_id"]
    created = ok(api.post("/api/workspaces", {"sandbox_id": sandbox}), 201)
    return Files(api, created["workspace"]["id"])


@pytest.fixture(scope="module")
def files(api: Api) -> Files:
    """A workspace that a run has written files to."""
    done = api.finish(
        step("file", path="report.txt", text="hello\n"),
        step("file", path="bin/run.sh", text="#!/bin/sh\n", mode=0o755),
        step("file", path="bin/ä & <b>.txt", text="ä"),
        step("file", path="bin/empty"),
        step("file", path="Z.txt", text="z"),
        step("directory", path="nothing"),
        step("file", path="a/b/c/deep.txt", text="deep"),
        step("link", path="link", target="report.txt"),
        step("link", path="out", target="/etc/passwd"),
        step("link", path="up", target="../../.."),
        step("file", path="large/limit", bytes=MAX_READ),
        step("file", path="large/over", bytes=MAX_READ + 1),
        step("file", path="line\nbreak.txt", text="broken"),
    )
    assert done["run"]["status"] == "succeeded", done["run"]
    return Files(api, done["session"]["workspace_id"])


# The empty workspace ----------------------------------------------------------------------------------------


@VERSION
@VERSIONS
def test_a_new_workspace_has_one_version_without_files(empty: Files) -> None:
    (version,) = empty.versions()
    assert set(version) == {
        "id", "workspace_id", "kind", "state", "content_digest", "size_bytes", "artifact_encoding",
        "artifact_entry_count", "message", "promoted_at", "created_at",
    }  # fmt: skip
    assert is_canonical_uuid(version["id"])
    assert version["workspace_id"] == empty.workspace_id
    assert (version["kind"], version["state"], version["artifact_encoding"]) == ("system", "ready", "tar")
    assert (version["content_digest"], version["size_bytes"]) == (EMPTY, 1024)
    assert (version["message"], version["artifact_entry_count"]) == ("initial empty workspace", 0)
    parse_time(version["promoted_at"])
    workspace = ok(empty.api.get(f"/api/workspaces/{empty.workspace_id}"))["workspace"]
    assert workspace["current_version_id"] == version["id"]


@LIST
def test_the_root_of_a_new_workspace_is_empty(empty: Files) -> None:
    for path in (None, "", ".", " . ", "./"):
        listed = empty.listed(path)
        assert listed == {"path": (path or "").strip() or ".", "entries": []}


@STAT
def test_the_root_is_a_directory_without_mode(empty: Files) -> None:
    root = {"path": ".", "kind": "directory", "size_bytes": 0, "mode": 0}
    for path in (".", "./", "./."):
        assert empty.stat(path) == root


@CONTENT
@STAT
@pytest.mark.parametrize("operation", ["files/content", "files/stat"])
def test_a_file_request_needs_a_path(empty: Files, operation: str) -> None:
    for query in ({}, {"path": ""}, {"path": "  "}):
        assert_error(empty.get(operation, **query), 400, "path is required")
    # The path is validated before the source.
    assert_error(empty.get(operation, source="live"), 400, "path is required")


@CONTENT
def test_the_root_is_not_a_file(empty: Files) -> None:
    text, code = "workspace file is not a regular file", "workspace_file_not_regular"
    assert_error(empty.get("files/content", path="."), 422, text, code)


@READS
@LIST
@CONTENT
@STAT
def test_an_unknown_path_returns_404(empty: Files, operation: str) -> None:
    for path in ("x", "x/y", "-", "a b", "%", "x" * 300):
        assert_error(empty.get(operation, path=path), 404, *MISSING)


@READS
@PATHS
def test_a_path_outside_the_workspace_is_rejected(empty: Files, operation: str) -> None:
    for path in ("/", "/etc/passwd", "..", "../x", "a/../..", "a/..", "a/../b", "a\0b", " /x"):
        client_mistake(empty.get(operation, path=path))
    # Two dots inside a name do not refer to the parent directory.
    for path in ("..x", "x..", "a/..b", "..."):
        assert_error(empty.get(operation, path=path), 404, *MISSING)


@READS
@SOURCE
def test_the_source_must_match_the_ids(empty: Files, operation: str) -> None:
    version = empty.versions()[0]["id"]
    unexpected = ("version_id is only valid when source=version", "workspace_version_id_unexpected")
    mount = ("workspace_mount_id is only valid when source=live", "workspace_mount_id_unexpected")
    required = ("version_id is required when source=version", "workspace_version_id_required")
    for query, (text, code) in (
        ({"version_id": version}, unexpected),
        ({"source": " ", "version_id": version}, unexpected),
        ({"source": "current", "version_id": "x", "workspace_mount_id": "x"}, unexpected),
        ({"workspace_mount_id": "x"}, mount),
        ({"source": "version", "version_id": version, "workspace_mount_id": "x"}, mount),
        ({"source": "version", "version_id": "x", "workspace_mount_id": "x"}, mount),
        ({"source": "version"}, required),
        ({"source": "version", "version_id": " ", "workspace_mount_id": "x"}, required),
    ):
        assert_error(empty.get(operation, path="x", **query), 400, text, code)
    live = empty.get(operation, path="x", source="live", workspace_mount_id=UNKNOWN_ID)
    assert_error(live, 501, "source=live is not implemented", "workspace_source_live_unsupported")


@READS
@SOURCE
def test_a_malformed_source_or_version_is_rejected(empty: Files, operation: str) -> None:
    for query in ({"source": "latest"}, {"source": "CURRENT"}, {"source": "version", "version_id": "x"}):
        client_mistake(empty.get(operation, path="x", **query))


@READS
@SOURCE
def test_an_unknown_version_or_one_of_another_workspace_returns_404(
    api: Api, empty: Files, operation: str
) -> None:
    sandbox = ok(api.get("/api/sandboxes"))["sandboxes"][0]["sandbox_id"]
    other = ok(api.post("/api/workspaces", {"sandbox_id": sandbox}), 201)["workspace"]
    for version in (UNKNOWN_ID, other["current_version_id"]):
        response = empty.get(operation, path=".", source="version", version_id=version)
        assert_error(response, 404, *NOT_READABLE)


@SOURCE
def test_a_version_is_read_by_its_id(empty: Files) -> None:
    version = empty.versions()[0]["id"]
    assert empty.listed(source=" version ", version_id=f" {version.upper()} ")["entries"] == []
    assert empty.listed(source=" current ", version_id=" ", workspace_mount_id="")["entries"] == []


@LIST
def test_the_limit_of_files_is_checked_after_the_source(empty: Files) -> None:
    text = "limit must be an integer between 1 and 500"
    for limit in ("0", "-1", "501", "x", "1.5"):
        assert_error(empty.get("files", limit=limit), 400, text)
    for limit in ("1", "500", " "):
        ok(empty.get("files", limit=limit))
    live = empty.get("files", limit="0", source="live")
    assert live.status_code == 501
    unknown = empty.get("files", limit="0", source="version", version_id=UNKNOWN_ID)
    assert_error(unknown, 400, text)


@READS
@LIST
def test_the_workspace_is_checked_before_anything_else(api: Api, operation: str) -> None:
    assert_error(api.get(f"/api/workspaces/{UNKNOWN_ID}/{operation}?source=live"), 404, "workspace not found")
    assert_error(api.get(f"/api/workspaces/x/{operation}?source=live"), 400, "workspaceID must be a UUID")


@VERSIONS
def test_the_limit_and_the_kind_of_versions(empty: Files) -> None:
    outer = "limit must be an integer between 1 and 500"
    for limit, text in (("0", outer), ("501", outer), ("x", outer), ("201", "limit must be 200 or less")):
        assert_error(empty.get("versions", limit=limit), 400, text)
    for limit in ("1", "200", " "):
        ok(empty.get("versions", limit=limit))
    for kind in ("User", "initial", "all"):
        assert_error(empty.get("versions", kind=kind), 400, "kind must be user or system")
    assert [one["kind"] for one in empty.versions(kind=" system ")] == ["system"]
    assert empty.versions(kind="user") == []
    assert empty.versions(kind=" ") == empty.versions()


@VERSIONS
def test_get_returns_a_version_by_its_id(api: Api, empty: Files) -> None:
    (version,) = empty.versions()
    for spelling in (version["id"], version["id"].upper(), version["id"].replace("-", "")):
        assert ok(empty.get(f"versions/{spelling}")) == {"version": version}
    assert_error(empty.get("versions/x"), 400, "versionID must be a UUID")
    assert_error(empty.get(f"versions/{UNKNOWN_ID}"), 404, *NOT_READABLE)
    path = f"/api/workspaces/{UNKNOWN_ID}/versions"
    assert_error(api.get(path), 404, "workspace not found")
    assert_error(api.get(f"{path}/x"), 404, "workspace not found")


# Files written by a run -------------------------------------------------------------------------------------

written = pytest.mark.worker


@VERSION
@VERSIONS
@written
def test_a_run_publishes_its_files_as_a_version(files: Files) -> None:
    newest, first = files.versions()
    assert set(newest) == {
        "id", "workspace_id", "parent_version_id", "kind", "state", "content_digest", "size_bytes",
        "artifact_encoding", "artifact_entry_count", "promoted_at", "created_at",
    }  # fmt: skip
    assert (newest["kind"], newest["parent_version_id"]) == ("user", first["id"])
    assert first["message"] == "initial empty workspace"
    assert newest["content_digest"] != EMPTY
    assert newest["artifact_entry_count"] >= 12
    assert newest["size_bytes"] > 2 * MAX_READ
    assert files.versions(limit="1") == [newest]
    assert files.versions(kind="user") == [newest]
    workspace = ok(files.api.get(f"/api/workspaces/{files.workspace_id}"))["workspace"]
    assert workspace["current_version_id"] == newest["id"]
    assert parse_time(workspace["last_activity_at"]) > parse_time(workspace["created_at"])


@ENTRY
@LIST
@written
def test_a_directory_is_listed_by_the_bytes_of_its_paths(files: Files) -> None:
    listed = files.listed()
    assert set(listed) == {"path", "entries"}
    assert files.names() == [
        "Z.txt", "a", "bin", "large", "line\nbreak.txt", "link", "nothing", "out", "report.txt", "up",
    ]  # fmt: skip
    by_path = {entry["path"]: entry for entry in listed["entries"]}
    report = by_path["report.txt"]
    assert parse_time(report.pop("mod_time")).timestamp() == 0
    assert report == {
        "path": "report.txt", "name": "report.txt", "kind": "file", "size_bytes": 6, "mode": 0o644,
    }  # fmt: skip
    directory = by_path["bin"]
    assert (directory["kind"], directory["size_bytes"], directory["name"]) == ("directory", 0, "bin")
    assert directory["mode"] >= DIRECTORY
    link = by_path["link"]
    assert (link["kind"], link["size_bytes"], link["link_target"]) == ("symlink", 0, "report.txt")
    assert link["mode"] & ~0o777 == SYMLINK
    below = files.listed("bin")
    assert [one["path"] for one in below["entries"]] == ["bin/empty", "bin/run.sh", "bin/ä & <b>.txt"]
    assert [one["name"] for one in below["entries"]] == ["empty", "run.sh", "ä & <b>.txt"]
    assert below["entries"][1]["mode"] == 0o755
    assert files.names("nothing") == []


@PATHS
@LIST
@written
def test_paths_are_cleaned_but_returned_as_sent(files: Files) -> None:
    for path in ("bin", "bin/", "./bin", "bin//", "./bin/."):
        listed = files.listed(f" {path} ")
        assert listed["path"] == path
        assert [one["name"] for one in listed["entries"]] == ["empty", "run.sh", "ä & <b>.txt"]
    assert files.stat("a//b/./c/deep.txt/")["path"] == "a/b/c/deep.txt"
    for path in ("BIN", "bin/Run.sh"):
        assert_error(files.get("files/stat", path=path), 404, *MISSING)


@LIST
@written
def test_the_pages_of_a_directory_are_complete_together(files: Files) -> None:
    whole = files.listed()["entries"]
    seen: list[JsonObject] = []
    query: Mapping[str, str] = {}
    for _ in range(len(whole)):
        page = files.listed(limit="3", **query)
        seen += page["entries"]
        assert len(page["entries"]) <= 3
        if "next_cursor" not in page:
            break
        assert page["next_cursor"] == page["entries"][-1]["path"]
        query = {"cursor": page["next_cursor"]}
    assert seen == whole
    assert "next_cursor" not in files.listed(limit=str(len(whole)))
    assert files.listed(cursor="report.txt")["entries"] == whole[-1:]
    # A cursor need not be an existing path.
    assert files.listed(cursor="report")["entries"] == whole[-2:]
    assert files.listed(cursor="zzz")["entries"] == []


@LIST
@written
def test_only_directories_can_be_listed(files: Files) -> None:
    text, code = "workspace file is not a directory", "workspace_file_not_directory"
    for path in ("report.txt", "link", "up", "bin/run.sh"):
        assert_error(files.get("files", path=path), 422, text, code)


@CONTENT
@written
def test_a_file_is_returned_byte_for_byte(files: Files) -> None:
    version = files.versions()[0]["id"]
    response = files.read(" ./bin//run.sh ")
    assert response.content == b"#!/bin/sh\n"
    headers = response.headers
    assert headers["content-type"] == "application/octet-stream"
    assert headers["content-length"] == "10"
    assert headers["x-helmr-workspace-version-id"] == version
    assert headers["x-helmr-workspace-file-path"] == "bin/run.sh"
    assert headers["x-helmr-workspace-file-size"] == "10"
    assert headers["x-helmr-workspace-file-mode"] == str(0o755)
    assert headers["helmr-api-version"] == "2026-06-06"
    assert not {"etag", "accept-ranges", "last-modified", "cache-control"} & set(headers)
    assert files.read("bin/empty").content == b""
    # Ranges are not supported.
    path = f"/api/workspaces/{files.workspace_id}/files/content"
    ranged = files.api.get(path, params={"path": "report.txt"}, headers={"Range": "bytes=0-1"})
    assert (ranged.status_code, ranged.content) == (200, b"hello\n")


@CONTENT
@written
def test_a_file_name_cannot_break_out_of_its_header(files: Files) -> None:
    response = files.read("bin/ä & <b>.txt")
    raw = dict(response.headers.raw)
    assert {name.lower(): value for name, value in raw.items()}[b"x-helmr-workspace-file-path"] == (
        "bin/ä & <b>.txt".encode()
    )
    broken = files.read("line\nbreak.txt")
    assert broken.content == b"broken"
    assert broken.headers["x-helmr-workspace-file-path"] == "line break.txt"


@CONTENT
@written
def test_links_and_directories_are_not_files(files: Files) -> None:
    text, code = "workspace file is not a regular file", "workspace_file_not_regular"
    for path in ("link", "out", "up", "bin", "nothing"):
        assert_error(files.get("files/content", path=path), 422, text, code)


@READS
@PATHS
@written
def test_links_are_not_followed(files: Files, operation: str) -> None:
    for path in ("out/x", "up/etc/passwd", "link/x", "up/up"):
        assert_error(files.get(operation, path=path), 404, *MISSING)


@STAT
@written
def test_a_link_is_listed_as_a_link(files: Files) -> None:
    link = files.stat("out")
    assert "name" not in link
    assert (link["kind"], link["link_target"]) == ("symlink", "/etc/passwd")
    assert files.stat("bin/run.sh") == {
        "path": "bin/run.sh", "kind": "file", "size_bytes": 10, "mode": 0o755,
        "mod_time": "1970-01-01T00:00:00Z",
    }  # fmt: skip


@CONTENT
@written
def test_a_file_above_the_limit_is_listed_but_not_returned(files: Files) -> None:
    assert files.stat("large/over")["size_bytes"] == MAX_READ + 1
    response = files.get("files/content", path="large/over")
    assert_error(response, 413, "workspace file is too large", "workspace_file_too_large")
    assert len(files.read("large/limit").content) == MAX_READ


@SOURCE
@written
def test_an_older_version_keeps_its_files(files: Files) -> None:
    newest, first = files.versions()
    assert files.listed(source="version", version_id=first["id"])["entries"] == []
    assert files.listed(source="version", version_id=newest["id"]) == files.listed()
    old = files.get("files/stat", path="report.txt", source="version", version_id=first["id"])
    assert_error(old, 404, *MISSING)
    response = files.read("report.txt", source="version", version_id=newest["id"])
    assert response.headers["x-helmr-workspace-version-id"] == newest["id"]


@VERSION
@VERSIONS
@written
def test_the_next_run_finds_the_files_and_adds_a_version(api: Api) -> None:
    first = api.finish(step("file", path="one.txt", text="1"))["session"]["workspace_id"]
    files = Files(api, first)
    path = f"/api/workspaces/{first}/stop"

    def stopped() -> bool:
        return bool(ok(api.post(path, {}))["state"] == "no_active_mount")

    eventually(stopped, within=api.server.limits.patience, what="the end of the mount")
    done = api.finish(step("file", path="two.txt", text="2"), workspace_id=first)
    assert done["session"]["workspace_id"] == first
    assert files.names() == ["one.txt", "two.txt"]
    second, before, initial = files.versions()
    parents = [second.get("parent_version_id"), before.get("parent_version_id")]
    assert parents == [before["id"], initial["id"]]
    assert files.listed(source="version", version_id=before["id"])["entries"][0]["path"] == "one.txt"


@VERSION
@written
def test_a_stop_publishes_the_files_of_a_failed_run(api: Api) -> None:
    done = api.finish(step("file", path="left.txt", text="left"), step("fail", message="on purpose"))
    workspace = done["session"]["workspace_id"]
    files = Files(api, workspace)

    def stopped() -> bool:
        return bool(ok(api.post(f"/api/workspaces/{workspace}/stop", {}))["state"] == "no_active_mount")

    eventually(stopped, within=api.server.limits.patience, what="the end of the mount")
    newest = files.versions()[0]
    assert (newest["kind"], newest["message"]) == ("system", "system capture before workspace stop")
    assert files.names() == ["left.txt"]


@pytest.mark.scoped_keys
@CONTENT
@written
def test_the_scope_for_files_allows_reading_files_only(files: Files, scoped_key: Callable[..., Api]) -> None:
    reader = Files(scoped_key("workspace-files:read"), files.workspace_id)
    assert reader.read("report.txt").text == "hello\n"
    assert_error(reader.get("versions"), 403, "permission is required")
