"""`/api/deployments`: versions of the code that declares tasks and sandboxes."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Sequence
from typing import Any, TypedDict

from helmr_api.constants import (
    API_VERSION,
    BUNDLE_FORMAT_VERSION,
    CLI_VERSION_HEADER,
    CLIENT_VERSION_HEADER,
    DEPLOYMENT_END_EVENT_KINDS,
    MAX_DEPLOYMENT_METADATA_BYTES,
    MAX_EVENTS_LIMIT,
    SDK_VERSION_HEADER,
)

from ..catalog import SDK_VERSION, TaskRow, insert_deployment
from ..clock import MICROSECOND
from ..engine.context import Context
from ..engine.notifier import deployment_topic
from ..errors import ApiError, bad_request
from ..http.event_stream import EventStream
from ..http.forms import Form, FormError, read_form
from ..http.request import BodyTooLarge, Request, refuse_scope
from ..http.response import Reply, Response, json_response
from ..ids import parse_uuid
from ..wire import jsontext
from ..wire.archives import SourceArchiveError, check_archive
from ..wire.strings import printable, quote, trim
from ..wire.times import format_time
from .base import Resource, handles
from .following import News, event_cursor, follow
from .tasks import task_view
from .validation import check_uuid, no_nul

logger = logging.getLogger("helmr_local")

WORKER_PROTOCOL_VERSION = "helmr.worker.v1"
_MEDIA_TYPE = "application/vnd.helmr.deployment-source.v0.tar"
_NEVER = "0001-01-01T00:00:00Z"
_PAGE = MAX_EVENTS_LIMIT
_SIMULATED_FAILURE = "the build was simulated to fail"
_SELECT = (
    "SELECT d.*, b.status, b.sdk_version, b.cli_version, b.size_bytes, b.error, b.building_at, b.built_at,"
    " b.failed_at, b.event_seq FROM deployments d JOIN deployment_builds b ON b.deployment_id = d.id"
)
_MESSAGES = {
    "queued": "Deployment queued",
    "building": "Deployment build started",
    "deployed": "Deployment build completed",
}


class DeploymentRow(TypedDict):
    """A deployment and the progress of its build."""

    id: str
    environment_id: str
    version: str
    digest: str
    created_at: int
    status: str
    sdk_version: str
    cli_version: str
    size_bytes: int
    error: str | None
    building_at: int | None
    built_at: int | None
    failed_at: int | None
    event_seq: int


class DeploymentEventRow(TypedDict):
    """An event of a deployment."""

    deployment_id: str
    seq: int
    status: str
    message: str
    at: int


class Deployments(Resource):
    """The deployments of an environment: those of the server's own tasks, and uploaded ones.

    There is no builder: an uploaded deployment stays `queued` unless `LocalSettings.builds` simulates a
    build.
    """

    SCHEMA = """
    CREATE TABLE IF NOT EXISTS deployment_builds (
      deployment_id TEXT PRIMARY KEY,
      status TEXT NOT NULL,
      sdk_version TEXT NOT NULL,
      cli_version TEXT NOT NULL,
      size_bytes INTEGER NOT NULL,
      error TEXT,
      building_at INTEGER,
      built_at INTEGER,
      failed_at INTEGER,
      event_seq INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS deployment_builds_unfinished
      ON deployment_builds (status) WHERE status IN ('queued', 'building');
    CREATE TABLE IF NOT EXISTS deployment_events (
      deployment_id TEXT NOT NULL,
      seq INTEGER NOT NULL,
      status TEXT NOT NULL,
      message TEXT NOT NULL,
      at INTEGER NOT NULL,
      PRIMARY KEY (deployment_id, seq)
    ) WITHOUT ROWID;
    """

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        context.signals.deployed.connect(self._add_own)

    def startup(self) -> None:
        """Add the build records that a database of an earlier version lacks, and resume simulated builds."""
        known = "SELECT deployment_id FROM deployment_builds"
        for row in self.db.all(f"SELECT id, environment_id FROM deployments WHERE id NOT IN ({known})"):  # noqa: S608
            self._add_own(row["environment_id"], row["id"])
        if self.settings.builds != "none":
            for row in self.db.all(f"{known} WHERE status IN ('queued', 'building')"):
                self._build(row["deployment_id"])

    # --- state -------------------------------------------------------------------------------------

    def _add_own(self, environment_id: str, deployment_id: str) -> None:
        """Add the build record of a deployment of the server's own tasks. The build is complete
        immediately.
        """
        if self._row(environment_id, deployment_id) is None:
            self._add_build(deployment_id, sdk_version=SDK_VERSION, cli_version="", size_bytes=0)
            self._advance(deployment_id, "building")
            self._advance(deployment_id, "deployed")

    def _add_build(self, deployment_id: str, *, sdk_version: str, cli_version: str, size_bytes: int) -> None:
        build = {
            "deployment_id": deployment_id,
            "status": "queued",
            "sdk_version": sdk_version,
            "cli_version": cli_version,
            "size_bytes": size_bytes,
            "event_seq": 0,
        }
        self.db.insert("deployment_builds", build)
        self._advance(deployment_id, "queued")

    def _advance(self, deployment_id: str, status: str, error: str | None = None) -> None:
        """Set the status of a build and add the corresponding event."""
        now = self.clock.now()
        time = {"building": "building_at", "deployed": "built_at", "failed": "failed_at"}.get(status)
        counted = self.db.one(
            "UPDATE deployment_builds SET event_seq = event_seq + 1, status = ?, error = ?"  # noqa: S608
            f"{f', {time} = {now}' if time else ''} WHERE deployment_id = ? RETURNING event_seq",
            (status, error, deployment_id),
        )
        assert counted is not None
        message = error or _MESSAGES.get(status, f"deployment.{status}")
        event = {"seq": counted["event_seq"], "status": status, "message": message, "at": now}
        self.db.insert("deployment_events", event | {"deployment_id": deployment_id})
        self.db.after_commit(lambda: self.notifier.notify(deployment_topic(deployment_id)))

    def _build(self, deployment_id: str) -> None:
        """Simulate the build of an uploaded deployment."""

        def end() -> None:
            with self.db.transaction():
                if self.settings.builds == "fail":
                    self._advance(deployment_id, "failed", _SIMULATED_FAILURE)
                else:
                    row = self.db.one("SELECT environment_id FROM deployments WHERE id = ?", (deployment_id,))
                    assert row is not None
                    self.context.catalog.add_tasks(self.db, deployment_id, self.clock.now())
                    self.context.signals.deployed(row["environment_id"], deployment_id)
                    self._advance(deployment_id, "deployed")

        with self.db.transaction():
            self._advance(deployment_id, "building")
        self.clock.call_at(self.clock.now() + round(self.settings.build_time * MICROSECOND), end)

    def _upload(self, request: Request, fields: dict[str, Any], source: bytes, digest: str) -> DeploymentRow:
        """Return the deployment of an archive: an existing one whose build is unfinished, or a new one."""
        environment_id = request.environment_id
        unfinished = self.db.one(
            f"{_SELECT} WHERE d.environment_id = ? AND d.digest = ? AND b.status IN ('queued', 'building')",
            (environment_id, digest),
            row=DeploymentRow,
        )
        if unfinished is not None:
            return unfinished
        with self.db.transaction():
            deployment_id = insert_deployment(self.db, environment_id, digest, self.clock.now())
            self._add_build(
                deployment_id,
                sdk_version=trim(fields.get("sdk_version", "")) or _header(request, SDK_VERSION_HEADER),
                cli_version=trim(fields.get("cli_version", ""))
                or _header(request, CLI_VERSION_HEADER)
                or _header(request, CLIENT_VERSION_HEADER),
                size_bytes=len(source),
            )
        row = self._found(environment_id, deployment_id)
        if self.settings.builds == "none":
            logger.warning(
                "deployment %s was uploaded and stays queued: there is no builder here, because "
                "the tasks of this server are Python functions (LocalSettings.builds simulates "
                "a build)",
                row["version"],
            )
        else:
            self.db.after_commit(lambda: self._build(deployment_id))
        return row

    def _row(self, environment_id: str, reference: str) -> DeploymentRow | None:
        """Return a deployment of an environment, given its id or its version."""
        deployment_id = parse_uuid(reference)
        where, value = ("d.id", deployment_id) if deployment_id else ("d.version", reference)
        return self.db.one(
            f"{_SELECT} WHERE d.environment_id = ? AND {where} = ?",
            (environment_id, value),
            row=DeploymentRow,
        )

    def _found(self, environment_id: str, reference: str) -> DeploymentRow:
        row = self._row(environment_id, reference)
        if row is None:
            raise ApiError(404, "deployment not found")
        return row

    def _tasks(self, deployment: DeploymentRow) -> list[dict[str, Any]]:
        if deployment["status"] != "deployed":
            return []
        rows = self.db.all(
            "SELECT t.*, d.version FROM deployment_tasks t JOIN deployments d ON d.id = t.deployment_id"
            " WHERE t.deployment_id = ? ORDER BY t.task_id",
            (deployment["id"],),
            row=TaskRow,
        )
        return [task_view(row, 0) for row in rows]

    def _page(self, deployment_id: str, after: int, limit: int) -> list[DeploymentEventRow]:
        return self.db.all(
            "SELECT * FROM deployment_events WHERE deployment_id = ? AND seq > ? ORDER BY seq LIMIT ?",
            (deployment_id, after, limit),
            row=DeploymentEventRow,
        )

    def _news(self, deployment_id: str, cursor: int) -> Callable[[], News]:
        """Return a function that reads the events after the cursor, then new ones up to the end of the
        build.
        """

        def read() -> News:
            nonlocal cursor
            batch = self._page(deployment_id, cursor, _PAGE)
            if not batch:
                return News(b"")
            cursor = batch[-1]["seq"]
            frames = b"".join(
                b"id: %d\nevent: deployment_event\ndata: %b\n\n"
                % (row["seq"], jsontext.wire_line(deployment_event_view(row)))
                for row in batch
            )
            is_last = any(_kind(row) in DEPLOYMENT_END_EVENT_KINDS for row in batch)
            return News(frames, is_last, len(batch) < _PAGE)

        return read

    # --- requests ----------------------------------------------------------------------------------

    @handles("createDeployment")
    async def create_deployment(self, request: Request) -> Response:
        form = await _form(request)
        fields = _metadata(request, form)
        refuse_scope(fields)
        request.authorize()
        for name in ("sdk_version", "cli_version"):
            no_nul(fields.get(name, ""), name)
        source = _source(form)
        try:
            digest = await asyncio.to_thread(_checked_digest, source)
        except SourceArchiveError as error:
            raise bad_request(f"invalid deployment source artifact: {error}") from None
        sent = trim(fields.get("content_hash", ""))
        if not sent:
            raise bad_request("deployment content_hash is required")
        if sent != f"sha256:{digest}":
            raise bad_request(
                f"deployment source content_hash {printable(sent)} does not match uploaded archive digest "
                f"sha256:{digest}"
            )
        row = await self.writes.run(lambda: self._upload(request, fields, source, digest))
        return json_response(201, deployment_view(request, row, None))

    @handles("listDeployments")
    async def list_deployments(self, request: Request) -> Response:
        limit = request.integer("limit")
        request.refuse_scope_query()
        request.authorize()
        rows = self.db.all(
            f"{_SELECT} WHERE d.environment_id = ? ORDER BY d.created_at DESC, d.id DESC LIMIT ?",
            (request.environment_id, limit),
            row=DeploymentRow,
        )
        return json_response(200, {"deployments": [deployment_view(request, row, []) for row in rows]})

    @handles("getCurrentDeployment")
    async def get_current_deployment(self, request: Request) -> Response:
        request.refuse_scope_query()
        request.authorize()
        row = self.db.one(
            f"{_SELECT} JOIN environments e ON e.current_deployment_id = d.id WHERE e.id = ?",
            (request.environment_id,),
            row=DeploymentRow,
        )
        view = None if row is None else deployment_view(request, row, self._tasks(row))
        return json_response(200, {"deployment": view})

    @handles("getDeployment")
    async def get_deployment(self, request: Request) -> Response:
        deployment_id = _deployment_id(request)
        request.refuse_scope_query()
        request.authorize()
        row = self._found(request.environment_id, deployment_id)
        return json_response(200, deployment_view(request, row, self._tasks(row)))

    @handles("listDeploymentEvents")
    async def list_deployment_events(self, request: Request) -> Reply:
        deployment_id = _deployment_id(request)
        cursor, limit = event_cursor(request), request.integer("limit")
        request.refuse_scope_query()
        request.authorize()
        self._found(request.environment_id, deployment_id)
        if request.wants_stream():
            news = self._news(deployment_id, cursor)
            return EventStream(follow(self.context, deployment_topic(deployment_id), news))
        rows = self._page(deployment_id, cursor, limit + 1)
        page: dict[str, Any] = {
            "events": [deployment_event_view(row) for row in rows[:limit]],
            "cursor": cursor,
        }
        if len(rows) > limit:
            page["next_cursor"] = rows[limit - 1]["seq"]
        return json_response(200, page)

    @handles("promoteDeployment")
    async def promote_deployment(self, request: Request) -> Response:
        fields = await request.body("invalid promotion request JSON")
        refuse_scope(fields)
        reference = request.parameters["deployment"]
        self._found(request.environment_id, reference)
        request.authorize()
        request.check_schema(fields)

        def promote() -> DeploymentRow:
            row = self._found(request.environment_id, reference)
            if row["status"] != "deployed":
                raise bad_request("deployment is not deployable")
            self.context.promote(request.environment_id, row["id"])
            return row

        return json_response(200, deployment_view(request, await self.writes.run(promote), None))


def _deployment_id(request: Request) -> str:
    return check_uuid(request.parameters["deployment_id"], "deploymentID")


def _header(request: Request, name: str) -> str:
    return trim(request.headers.get(name.lower(), ""))


async def _form(request: Request) -> Form:
    """Parse the form of an upload.

    Raises:
        ApiError: 400 if it is missing.
    """
    try:
        body = await request.raw_body()
        return await asyncio.to_thread(read_form, request.headers.get("content-type", ""), body)
    except BodyTooLarge:
        raise bad_request("read deployment multipart form: http: request body too large") from None
    except FormError as error:
        raise bad_request(f"invalid deployment multipart form: {error}") from None


def _metadata(request: Request, form: Form) -> dict[str, Any]:
    """Parse the fields of the first part, which the real server reads before the others.

    Raises:
        ApiError: 400.
    """
    if not form.parts:
        if form.trouble is not None:
            raise bad_request(f"invalid deployment multipart form: {form.trouble}")
        raise bad_request("deployment metadata is required")
    first = form.parts[0]
    if first.name == "deployment_source":
        raise bad_request("deployment metadata must precede deployment_source")
    if first.name != "metadata":
        raise bad_request(f"unexpected deployment multipart field {quote(printable(first.name))}")
    if len(first.content) > MAX_DEPLOYMENT_METADATA_BYTES:
        raise bad_request("read deployment metadata: field is too large")
    fields = _decoded(request, first.content)
    _check_version("deployment api_version", quote, fields.get("api_version", ""), API_VERSION)
    _check_version(
        "bundle_format_version", str, fields.get("bundle_format_version", 0), BUNDLE_FORMAT_VERSION
    )
    _check_version(
        "worker_protocol_version", quote, fields.get("worker_protocol_version", ""), WORKER_PROTOCOL_VERSION
    )
    return fields


def _decoded(request: Request, metadata: bytes) -> dict[str, Any]:
    prefix = "invalid deployment metadata JSON"
    try:
        return request.bodies.of(request.operation_id).decode(metadata, prefix)
    except ApiError as error:
        if error.message == f"{prefix}: {jsontext.NOT_SINGLE}":
            raise bad_request("deployment metadata must contain a single JSON value") from None
        raise


def _check_version(name: str, shown: Callable[[Any], str], sent: Any, current: object) -> None:
    value = trim(sent) if isinstance(sent, str) else sent
    if value and value != current:
        text = shown(printable(value) if isinstance(value, str) else value)
        raise bad_request(f"unsupported {name} {text}; current version is {current}")


def _source(form: Form) -> bytes:
    """Return the archive, the first part with its name.

    Raises:
        ApiError: 400 if it is missing.
    """
    for part in form.parts[1:]:
        if part.name == "deployment_source":
            return part.content
    if form.trouble is not None:
        raise bad_request(f"read deployment multipart form: {form.trouble}")
    raise bad_request("deployment_source file is required")


def _checked_digest(source: bytes) -> str:
    check_archive(source)
    return hashlib.sha256(source).hexdigest()


def deployment_view(
    request: Request, deployment: DeploymentRow, tasks: Sequence[dict[str, Any]] | None
) -> dict[str, Any]:
    digest = f"sha256:{deployment['digest']}"
    source: dict[str, Any] = {"digest": digest, "media_type": _MEDIA_TYPE}
    if deployment["size_bytes"]:
        source["size_bytes"] = deployment["size_bytes"]
    view: dict[str, Any] = {
        "id": deployment["id"],
        "version": deployment["version"],
        "api_version": API_VERSION,
        "bundle_format_version": BUNDLE_FORMAT_VERSION,
        "worker_protocol_version": WORKER_PROTOCOL_VERSION,
        "project_id": request.actor.project_id,
        "environment_id": deployment["environment_id"],
        "content_hash": digest,
        "deployment_source": source,
        "status": deployment["status"],
        "tasks": tasks,
        "created_at": format_time(deployment["created_at"]),
        "building_at": _time(deployment["building_at"]),
        "built_at": _time(deployment["built_at"]),
        "deployed_at": _time(deployment["built_at"]),
        "failed_at": _time(deployment["failed_at"]),
    }
    for name in ("sdk_version", "cli_version"):
        if deployment[name]:
            view[name] = deployment[name]
    if deployment["status"] == "deployed":
        # Nothing is built here, so the digests are those of the source.
        view |= {"build_manifest_digest": digest, "deployment_manifest_digest": digest}
    if deployment["error"] is not None:
        view["error"] = {"message": deployment["error"]}
    return view


def _time(instant: int | None) -> str:
    return _NEVER if instant is None else format_time(instant)


def _kind(event: DeploymentEventRow) -> str:
    return f"deployment.{event['status']}"


def deployment_event_view(event: DeploymentEventRow) -> dict[str, Any]:
    at = format_time(event["at"])
    return {
        "id": str(event["seq"]),
        "deployment_id": event["deployment_id"],
        "trace": {"trace_id": ""},
        "category": "lifecycle",
        "severity": "error" if event["status"] == "failed" else "info",
        "source": "control" if event["status"] == "queued" else "worker",
        "kind": _kind(event),
        "message": event["message"],
        "at": at,
        "occurred_at": at,
        "redaction_class": "internal",
        "attributes": {"status": event["status"]},
    }
