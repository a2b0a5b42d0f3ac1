"""`/api/workspaces/{id}/files` and `/versions`: the contents of workspace versions."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from ..archives import ArchiveError, Entry, Index, read_file
from ..asgi import Header
from ..document import enumeration
from ..engine.context import Context
from ..errors import ApiError, bad_request
from ..http.request import Request
from ..http.response import Response, json_response
from ..wire.strings import trim
from ..wire.times import format_time
from .base import Resource, handles
from .validation import check_uuid, newest_limit
from .workspaces import VERSIONS, VersionRow, WorkspaceRow, Workspaces

logger = logging.getLogger("helmr_local")

MAX_READ_BYTES = 33_554_432
# A line break ends a header line, and some parsers also stop at other control characters.
_IN_HEADER = dict.fromkeys((*range(0x20), 0x7F), " ")


class WorkspaceFiles(Resource):
    """The versions of workspaces and their files, read from archives, never from a directory."""

    def __init__(self, context: Context, workspaces: Workspaces) -> None:
        super().__init__(context)
        self._workspaces = workspaces

    # --- files -------------------------------------------------------------------------------------

    @handles("listWorkspaceFiles")
    async def list_files(self, request: Request) -> Response:
        workspace = self._workspaces.addressed(request)
        source = self._source(request, workspace)
        limit = request.integer("limit")
        version = self._version(workspace, source)
        index = await self._index(version, "list workspace files")
        written = trim(request.query.get("path", ""))
        path = _cleaned(written)
        entry = _found(index, path)
        if entry.kind != "directory":
            raise ApiError(422, "workspace file is not a directory", "workspace_file_not_directory")
        entries, more = index.children(path, trim(request.query.get("cursor", "")), limit)
        view: dict[str, Any] = {
            "path": written or ".",
            "entries": [entry_view(one, name=one.path.rpartition("/")[2]) for one in entries],
        }
        if more:
            view["next_cursor"] = entries[-1].path
        return json_response(200, view)

    @handles("readWorkspaceFile")
    async def read_file(self, request: Request) -> Response:
        version, index, path = await self._one(request, "read workspace file")
        entry = _found(index, path)
        if entry.implied:
            raise _file_not_found()
        if entry.kind != "file":
            raise ApiError(422, "workspace file is not a regular file", "workspace_file_not_regular")
        if entry.size > MAX_READ_BYTES:
            raise ApiError(413, "workspace file is too large", "workspace_file_too_large")
        archive = self._workspaces.directories.archive(version["content_digest"])
        try:
            content = await asyncio.to_thread(read_file, archive, entry)
        except ArchiveError as error:
            raise _unreadable(version, "read workspace file", error) from error
        return Response(200, content, _file_headers(version, entry))

    @handles("getWorkspaceFile")
    async def get_file(self, request: Request) -> Response:
        _, index, path = await self._one(request, "stat workspace file")
        return json_response(200, {"entry": entry_view(_found(index, path))})

    async def _one(self, request: Request, operation: str) -> tuple[VersionRow, Index, str]:
        """Return the version that a request reads from, its index, and the requested path."""
        workspace = self._workspaces.addressed(request)
        written = trim(request.query.get("path", ""))
        if not written:
            raise bad_request("path is required")
        version = self._version(workspace, self._source(request, workspace))
        index = await self._index(version, operation)
        return version, index, _cleaned(written)

    def _source(self, request: Request, workspace: WorkspaceRow) -> str:
        """Return the id of the version to read from.

        Raises:
            ApiError: 400 or 501.
        """
        query = request.query
        source = trim(query.get("source", "")) or "current"
        version_id, mount_id = (trim(query.get(name, "")) for name in ("version_id", "workspace_mount_id"))
        if source not in enumeration("WorkspaceFileSource"):
            raise bad_request("source must be current, version, or live")
        if source == "live":
            raise ApiError(501, "source=live is not implemented", "workspace_source_live_unsupported")
        if source == "current" and version_id:
            raise bad_request(
                "version_id is only valid when source=version", "workspace_version_id_unexpected"
            )
        if source == "version" and not version_id:
            raise bad_request("version_id is required when source=version", "workspace_version_id_required")
        if mount_id:
            raise bad_request(
                "workspace_mount_id is only valid when source=live", "workspace_mount_id_unexpected"
            )
        return check_uuid(version_id, "version_id") if version_id else workspace["current_version_id"]

    def _version(self, workspace: WorkspaceRow, version_id: str) -> VersionRow:
        """Return the version.

        Raises:
            ApiError: 404 if the workspace has no such version.
        """
        version = self._workspaces.version(workspace["id"], version_id)
        if version is None:
            raise ApiError(404, "workspace version is not readable", "workspace_version_not_readable")
        return version

    async def _index(self, version: VersionRow, operation: str) -> Index:
        try:
            return await asyncio.to_thread(self._workspaces.directories.index, version["content_digest"])
        except ArchiveError as error:
            raise _unreadable(version, operation, error) from error

    # --- versions ----------------------------------------------------------------------------------

    @handles("listWorkspaceVersions")
    async def list_versions(self, request: Request) -> Response:
        workspace = self._workspaces.addressed(request)
        kind = trim(request.query.get("kind", ""))
        if kind and kind not in enumeration("WorkspaceVersionKind"):
            raise bad_request("kind must be user or system")
        rows = self.db.all(
            f"SELECT * FROM {VERSIONS} WHERE workspace_id = ?"  # noqa: S608  # constants
            " AND kind = COALESCE(NULLIF(?, ''), kind)"
            " ORDER BY created_at DESC, id DESC LIMIT ?",
            (workspace["id"], kind, newest_limit(request)),
            row=VersionRow,
        )
        return json_response(200, {"versions": [version_view(row) for row in rows]})

    @handles("getWorkspaceVersion")
    async def get_version(self, request: Request) -> Response:
        workspace = self._workspaces.addressed(request)
        version_id = check_uuid(request.parameters["version_id"], "versionID")
        return json_response(200, {"version": version_view(self._version(workspace, version_id))})


def _cleaned(path: str) -> str:
    """Return the normalized path of an archive entry; empty for the root.

    Raises:
        ApiError: 400.
    """
    parts = path.split("/")
    if path.startswith("/") or ".." in parts or "\0" in path:
        raise bad_request("path must be relative, without '..' and NUL")
    return "/".join(part for part in parts if part not in ("", "."))


_ROOT = Entry(".", "directory")


def _found(index: Index, path: str) -> Entry:
    entry = index.entries.get(path) if path else _ROOT
    if entry is None:
        raise _file_not_found()
    return entry


def _file_not_found() -> ApiError:
    return ApiError(404, "workspace file not found", "workspace_file_not_found")


def _unreadable(version: VersionRow, operation: str, error: ArchiveError) -> ApiError:
    logger.error("version %s of workspace %s: %s", version["id"], version["workspace_id"], error)
    return ApiError(500, operation)


def _file_headers(version: VersionRow, entry: Entry) -> list[Header]:
    path = entry.path.translate(_IN_HEADER).strip().encode("utf-8")
    return [
        (b"content-type", b"application/octet-stream"),
        (b"x-helmr-workspace-version-id", version["id"].encode()),
        (b"x-helmr-workspace-file-path", path),
        (b"x-helmr-workspace-file-size", str(entry.size).encode()),
        (b"x-helmr-workspace-file-mode", str(entry.mode).encode()),
    ]


def entry_view(entry: Entry, name: str | None = None) -> dict[str, Any]:
    view: dict[str, Any] = {"path": entry.path}
    if name is not None:
        view["name"] = name
    view |= {"kind": entry.kind, "size_bytes": entry.size, "mode": entry.mode}
    if entry.link_target:
        view["link_target"] = entry.link_target
    if entry is not _ROOT and not entry.implied:
        view["mod_time"] = format_time(0)
    return view


def version_view(version: VersionRow) -> dict[str, Any]:
    view: dict[str, Any] = {"id": version["id"], "workspace_id": version["workspace_id"]}
    if version["parent_version_id"] is not None:
        view["parent_version_id"] = version["parent_version_id"]
    view |= {
        "kind": version["kind"],
        "state": "ready",
        "content_digest": version["content_digest"],
        "size_bytes": version["size_bytes"],
        "artifact_encoding": "tar",
        "artifact_entry_count": version["entry_count"],
    }
    if version["message"] is not None:
        view["message"] = version["message"]
    at = format_time(version["created_at"])
    return view | {"promoted_at": at, "created_at": at}
