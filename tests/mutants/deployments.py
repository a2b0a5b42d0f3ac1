"""Faults of deployments: uploading, reading, following and promoting them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

from helmr_api.formats import is_object

from .edits import (
    as_,
    backwards,
    becomes,
    chain,
    fails_as,
    frames,
    in_json,
    limit_ignored,
    param_ignored,
    refusal,
    status,
    when,
    without,
)
from .gateway import Json, Request, requests, responses
from .mutant import Mutant
from .planting import Patch, replaced

CREATE, LIST, CURRENT, GET = "createDeployment", "listDeployments", "getCurrentDeployment", "getDeployment"
EVENTS, PROMOTE = "listDeploymentEvents", "promoteDeployment"
NOT_BUILT = refusal(error="deployment is not deployable")
NOT_THERE = refusal(error="deployment not found")
DOCUMENT = "schedules-secrets-deployments.md"
OBJECT, LIFECYCLE, UPLOAD, LISTED = (f"{DOCUMENT} 5.{number}" for number in (1, 2, 3, 4))
SHOWN_CURRENT, READ, FOLLOWED, PROMOTED = (f"{DOCUMENT} 5.{number}" for number in (5, 6, 7, 8))
ONE = (CREATE, GET, PROMOTE)


def _each(change: Callable[[Json], Json]) -> Patch:
    """Change every deployment in a response."""
    nested = chain(as_("deployments[]", change), as_("deployment", change))

    def whole(value: Json) -> Json:
        if not is_object(value):
            return value
        if "deployments" in value:
            return value | {"deployments": [change(one) for one in value["deployments"]]}
        return nested(value) if "deployment" in value else change(value)

    return responses(in_json(whole), *ONE, LIST, CURRENT)


def _with(name: str, change: Callable[[Json], Json]) -> Callable[[Json], Json]:
    return lambda one: one | {name: change(one[name])} if is_object(one) and name in one else one


def _lacking(name: str) -> Callable[[Json], Json]:
    return lambda one: {key: value for key, value in one.items() if key != name} if is_object(one) else one


# Uploads ----------------------------------------------------------------------------------------------------


def _metadata_edited(change: Callable[[bytes], bytes]) -> Patch:
    """Change the metadata of the uploaded form."""

    def edit(request: Request) -> None:
        request.body = change(request.body)

    return requests(edit, CREATE)


def _without_header(*names: str) -> Patch:
    def edit(request: Request) -> None:
        for name in names:
            request.set_header(name, None)

    return requests(edit, CREATE)


def _anonymous_of(_: Json) -> Json:
    return str(uuid.uuid4())


def _accepts(*_: Any) -> Any:
    def anything(*arguments: Any) -> None:
        """Accept everything."""

    return anything


def _stays_inside(_: Any) -> Callable[[str], bool]:
    return lambda path: True


def _without_parent(original: Any) -> Callable[[str], Any]:
    """Reject only absolute paths."""
    return lambda path: original(path.replace("..", "x"))


# Events -----------------------------------------------------------------------------------------------------


def _events(change: Callable[[dict[str, Json]], dict[str, Json]]) -> Patch:
    """Change every event of a page."""

    def page(value: Json) -> Json:
        return value | {"events": [change(event) for event in value["events"]]}

    return responses(in_json(page, statuses=(200,)), EVENTS)


def _of(kind: str, **fields: Json) -> Patch:
    return _events(lambda event: event | fields if event["kind"] == kind else event)


def _cursor_first(request: Request) -> None:
    if request.param("cursor"):
        request.set_header("last-event-id", None)


def _header_blind(request: Request) -> None:
    request.set_header("last-event-id", None)


def _next_always(page: Json) -> Json:
    last = int(page["events"][-1]["id"]) if page["events"] else page["cursor"]
    return {"next_cursor": last} | page


def _sequence_from_zero(event: dict[str, Json]) -> dict[str, Json]:
    return event | {"id": str(int(event["id"]) - 1)}


def _endless(frame: bytes) -> bytes:
    """Leave the last event out of the stream."""
    pieces = [piece for piece in frame.split(b"\n\n") if piece and b"deployment.failed" not in piece]
    return b"".join(piece + b"\n\n" for piece in pieces) or b": nothing\n\n"


# Promotion --------------------------------------------------------------------------------------------------


def _needs_body(request: Request) -> None:
    if not request.body.strip():
        request.body = b"["


def _by_id_only(request: Request) -> None:
    if "-" not in request.parameter("deployment"):
        request.set_parameter("deployment", str(uuid.UUID(int=0)))


def _lenient(request: Request) -> None:
    value = request.json
    if is_object(value):
        known = {"reason", "project_id", "environment_id"}
        request.body = json.dumps({name: item for name, item in value.items() if name in known}).encode()


MUTANTS = [
    # --- the object --------------------------------------------------------------------------------
    Mutant(
        "deployment-version-is-the-day",
        "the version of a deployment is only the date",
        (OBJECT,),
        _each(_with("version", lambda version: version.partition(".")[0])),
    ),
    Mutant(
        "deployment-unset-times-null",
        "times that are not yet known are omitted",
        (OBJECT, UPLOAD),
        _each(_lacking("failed_at")),
    ),
    Mutant(
        "deployment-hash-bare",
        "content_hash lacks its prefix",
        (OBJECT, UPLOAD),
        _each(_with("content_hash", lambda text: text.removeprefix("sha256:"))),
    ),
    Mutant(
        "deployment-source-size-missing",
        "deployment_source has no size",
        (OBJECT, UPLOAD),
        responses(in_json(without("deployment_source.size_bytes")), CREATE),
    ),
    Mutant(
        "deployment-bundle-version",
        "the bundle format is 0",
        (OBJECT,),
        _each(_with("bundle_format_version", lambda _: 0)),
    ),
    Mutant(
        "deployment-failure-silent",
        "a failed build has no error",
        (LIFECYCLE, OBJECT),
        responses(in_json(without("error")), GET),
    ),
    Mutant(
        "deployment-failed-at-deployed-at",
        "a failed build also has deployed_at",
        (LIFECYCLE, OBJECT),
        responses(
            in_json(
                lambda one: one | {"deployed_at": one["failed_at"]} if one["status"] == "failed" else one
            ),
            GET,
        ),
    ),
    # --- upload ------------------------------------------------------------------------------------
    Mutant("deployment-created-200", "an upload gets 200", (UPLOAD,), responses(status(200, of=201), CREATE)),
    Mutant(
        "deployment-created-with-tasks",
        "the response to an upload has an empty list of tasks",
        (OBJECT, UPLOAD),
        responses(in_json(as_("tasks", lambda _: [])), CREATE),
    ),
    Mutant(
        "deployment-always-new",
        "an archive that is not built yet makes a new deployment each time",
        (UPLOAD,),
        responses(in_json(as_("id", _anonymous_of)), CREATE),
    ),
    Mutant(
        "deployment-sdk-header-unread",
        "the SDK header is ignored",
        (UPLOAD,),
        _without_header("helmr-sdk-version"),
    ),
    Mutant(
        "deployment-client-header-unread",
        "the client header is ignored",
        (UPLOAD,),
        _without_header("helmr-client-version"),
    ),
    Mutant(
        "deployment-metadata-lenient",
        "unknown fields of the metadata are ignored",
        (UPLOAD,),
        _metadata_edited(lambda body: body.replace(b'{"name": 1}', b"{}")),
    ),
    Mutant(
        "deployment-archive-unchecked",
        "an invalid archive is accepted",
        (UPLOAD,),
        replaced("helmr_local.wire.archives:check_archive", _accepts),
    ),
    Mutant(
        "deployment-archive-leaves",
        "an archive with an absolute path is accepted",
        (UPLOAD,),
        replaced("helmr_local.wire.archives:_stays_inside", _stays_inside),
    ),
    Mutant(
        "deployment-archive-parents",
        "an archive with a parent path is accepted",
        (UPLOAD,),
        replaced("helmr_local.wire.archives:_stays_inside", _without_parent),
    ),
    Mutant(
        "deployment-versions-unchecked",
        "other format versions are accepted",
        (UPLOAD,),
        replaced("helmr_local.resources.deployments:_check_version", _accepts),
    ),
    Mutant(
        "deployment-hash-trusted",
        "the hash is not verified",
        (UPLOAD,),
        responses(when(refusal(error="does not match uploaded archive"), becomes(201, {})), CREATE),
    ),
    # --- reading -----------------------------------------------------------------------------------
    Mutant(
        "deployments-oldest-first",
        "the oldest deployment is listed first",
        (LISTED,),
        responses(in_json(as_("deployments", backwards)), LIST),
    ),
    Mutant(
        "deployments-limit",
        "the limit of a list of deployments is ignored",
        (LISTED,),
        limit_ignored(200, LIST),
    ),
    Mutant(
        "deployments-with-null-tasks",
        "tasks are null in the list",
        (OBJECT, LISTED),
        responses(in_json(as_("deployments[].tasks", lambda _: None)), LIST),
    ),
    Mutant(
        "deployment-without-tasks",
        "a deployed deployment has no tasks",
        (OBJECT, READ),
        responses(in_json(as_("tasks", lambda _: [])), GET),
    ),
    Mutant(
        "deployment-current-bare",
        "the current deployment is not wrapped",
        (SHOWN_CURRENT,),
        responses(in_json(lambda value: value["deployment"]), CURRENT),
    ),
    Mutant(
        "deployment-current-none",
        "there is no current deployment",
        (SHOWN_CURRENT,),
        responses(in_json(as_("deployment", lambda _: None)), CURRENT),
    ),
    Mutant(
        "deployment-missing-403",
        "an unknown deployment gets 403",
        (READ, PROMOTED),
        responses(when(NOT_THERE, fails_as(403, "permission is required")), GET, PROMOTE),
    ),
    Mutant(
        "deployment-scope-in-query",
        "a query for deployments can contain a project",
        (f"{DOCUMENT} 2",),
        param_ignored("project_id", LIST, CURRENT, GET, EVENTS),
    ),
    # --- events ------------------------------------------------------------------------------------
    Mutant(
        "deployment-event-kind-as-message",
        "an event's message is its kind",
        (FOLLOWED,),
        _events(lambda event: event | {"message": event["kind"]}),
    ),
    Mutant(
        "deployment-event-severity",
        "a build failure has severity info",
        (FOLLOWED, LIFECYCLE),
        _of("deployment.failed", severity="info"),
    ),
    Mutant(
        "deployment-event-source",
        "a build event has the control plane as its source",
        (FOLLOWED,),
        _of("deployment.building", source="control"),
    ),
    Mutant(
        "deployment-event-status",
        "attributes.status is that of the deployment",
        (FOLLOWED,),
        _of("deployment.queued", attributes={"status": "building"}),
    ),
    Mutant(
        "deployment-event-from-zero", "events are numbered from 0", (FOLLOWED,), _events(_sequence_from_zero)
    ),
    Mutant(
        "deployment-events-cursor-first",
        "the cursor wins over Last-Event-ID",
        (FOLLOWED,),
        requests(_cursor_first, EVENTS),
    ),
    Mutant(
        "deployment-events-header-unread",
        "Last-Event-ID of deployment events is ignored",
        (FOLLOWED,),
        requests(_header_blind, EVENTS),
    ),
    Mutant(
        "deployment-events-next-always",
        "the last page of deployment events has a next_cursor",
        (FOLLOWED,),
        responses(in_json(_next_always, statuses=(200,)), EVENTS),
    ),
    Mutant(
        "deployment-events-limit",
        "the limit of a page of deployment events is ignored",
        (FOLLOWED,),
        limit_ignored(200, EVENTS),
    ),
    Mutant(
        "deployment-stream-name",
        "frames have the event name of run events",
        (FOLLOWED,),
        responses(
            frames(lambda piece: piece.replace(b"event: deployment_event", b"event: run_event")), EVENTS
        ),
    ),
    Mutant(
        "deployment-stream-without-end",
        "the stream omits the last event",
        (FOLLOWED,),
        responses(frames(_endless), EVENTS),
    ),
    # --- promotion ---------------------------------------------------------------------------------
    Mutant(
        "deployment-promoted-with-tasks",
        "the response to a promotion has tasks",
        (PROMOTED, OBJECT),
        responses(in_json(as_("tasks", lambda _: [])), PROMOTE),
    ),
    Mutant(
        "deployment-promotion-409",
        "promoting a deployment that is not built gets 409",
        (PROMOTED,),
        responses(when(NOT_BUILT, fails_as(409, "deployment is not deployable")), PROMOTE),
    ),
    Mutant(
        "deployment-promotion-needs-body",
        "a promotion requires a body",
        (PROMOTED,),
        requests(_needs_body, PROMOTE),
    ),
    Mutant(
        "deployment-promotion-by-id",
        "a version cannot be promoted",
        (PROMOTED,),
        requests(_by_id_only, PROMOTE),
    ),
    Mutant(
        "deployment-promotion-lenient",
        "unknown fields of a promotion are ignored",
        (PROMOTED,),
        requests(_lenient, PROMOTE),
    ),
    Mutant(
        "deployment-promotion-blind",
        "a deployment that is not built is promoted",
        (PROMOTED,),
        responses(when(NOT_BUILT, becomes(200, {})), PROMOTE),
    ),
]
