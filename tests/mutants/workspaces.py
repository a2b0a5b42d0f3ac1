"""Faults of workspaces: creation, lists, updates, mounts, stops, files and versions."""

from __future__ import annotations

from typing import Any, cast

from helmr_api.formats import is_list, is_object

from .edits import (
    added,
    as_,
    as_admin,
    backwards,
    becomes,
    body_key,
    chain,
    fails_as,
    field_ignored,
    header,
    in_body,
    in_json,
    like_the_first,
    limit_ignored,
    param,
    param_ignored,
    refusal,
    renamed,
    settings,
    silenced,
    status,
    when,
    whole,
    without,
)
from .gateway import Edit, Json, Origin, Request, Response, handled, requests, responses
from .mutant import Mutant
from .planting import Patch, all_of, constant, replaced

CREATE, LIST, GET, UPDATE, ARCHIVE = (
    f"{verb}Workspace{end}"
    for verb, end in (("create", ""), ("list", "s"), ("get", ""), ("update", ""), ("archive", ""))
)
MOUNTS = ("materializeWorkspace", "connectWorkspace")
STOP = "stopWorkspace"
FILES, CONTENT, STAT = "listWorkspaceFiles", "readWorkspaceFile", "getWorkspaceFile"
READS = (FILES, CONTENT, STAT)
VERSIONS, VERSION = "listWorkspaceVersions", "getWorkspaceVersion"
ONE = (CREATE, GET, UPDATE, ARCHIVE)

PERMISSIONS, SCOPES = "workspaces.md 2.3", "workspaces.md 2.2"
OBJECT, MOUNT, ENTRY, VERSION_OBJECT = (f"workspaces.md 3.{number}" for number in (1, 2, 3, 4))
CREATED, LISTED, GOT, UPDATED, ARCHIVED, MOUNTED, STOPPED = (
    f"workspaces.md 4.{number}" for number in range(1, 8)
)
SOURCES, PATHS, FILES_LISTED, CONTENTS, STATS, VERSIONS_LISTED = (
    f"workspaces.md 6.{number}" for number in range(1, 7)
)
STARTED = "sessions.md 6.8"

KEY = body_key("idempotency_key")
MISMATCH = refusal("idempotency_fingerprint_mismatch")
TAKEN = refusal(error="workspaces_external_id_idx")
NOT_FOUND = refusal(error="workspace not found", status=404)
IS_MOUNTED = refusal(error="workspace has an active workspace mount")
WORKSPACE_ID = "0197f000-0000-7000-8000-00000000abcd"


def _of_workspaces(change: Any) -> Patch:
    """Change every workspace in a response."""
    return responses(in_json(chain(as_("workspace", change), as_("workspaces[]", change))), *ONE, LIST)


def _items(name: str, change: Any) -> Edit:
    return in_json(as_(name, change))


def _each(name: str, change: Any) -> Edit:
    return in_json(as_(name, lambda items: [change(item) for item in items]))


# Creating ---------------------------------------------------------------------------------------------------


def _trimmed_not(name: str, operation: str) -> Patch:
    """Return a field with the surrounding white space that the request had."""
    sent: dict[str, str] = {}

    async def handler(request: Request, origin: Origin) -> Response:
        value = request.fields.get(name)
        response = await origin(request)
        if isinstance(value, str) and response.is_json and response.status == 201:
            sent[name] = value
            response.json = as_(f"workspace.{name}", lambda _: value)(response.json)
        return response

    return handled(handler, operation)


def _unsorted(request: Request, response: Response) -> None:
    tags = request.fields.get("tags")
    if is_list(tags) and tags and response.status == 201:
        kept = list(dict.fromkeys(str(tag).strip() for tag in tags))
        response.json = as_("workspace.tags", lambda _: kept)(response.json)


def _seen_with_request(edit: Any, *operations: str) -> Patch:
    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        if response.is_json:
            edit(request, response)
        return response

    return handled(handler, *operations)


def _made_twice() -> Patch:
    """Ignore the idempotency key."""
    return requests(in_body(without("idempotency_key")), CREATE)


def _mismatch_replays() -> Patch:
    """Return the first workspace for a key with other parameters."""
    first: dict[object, Request] = {}

    async def handler(request: Request, origin: Origin) -> Response:
        response, name = await origin(request), KEY(request)
        if name is not None:
            if response.status == 201:
                first.setdefault(name, request.copy())
            elif MISMATCH(response) and name in first:
                return await origin(first[name].copy())
        return response

    return handled(handler, CREATE)


def _as_it_was() -> Patch:
    """Return the workspace in its first state on a replay."""
    first: dict[object, Json] = {}

    async def handler(request: Request, origin: Origin) -> Response:
        response, name = await origin(request), KEY(request)
        if name is not None and response.status == 201 and response.is_json:
            known = first.setdefault(name, response.json["workspace"])
            response.json = as_("workspace", lambda _: known)(response.json)
        return response

    return handled(handler, CREATE)


def _free_when_archived() -> Patch:
    """Release the external id of an archived workspace."""
    archived: set[str] = set()

    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        if request.operation == ARCHIVE and response.status == 200:
            archived.add(str(response.json["workspace"].get("external_id")))
        elif TAKEN(response) and str(request.fields.get("external_id")).strip() in archived:
            other = request.copy()
            other.json = cast("dict[str, Json]", without("external_id")(other.fields))
            return await origin(other)
        return response

    return handled(handler, CREATE, ARCHIVE)


def _without_metadata_precision(value: Json) -> Json:
    return {name: one + 1 if one == 2**53 else one for name, one in value.items()}


# Lists ------------------------------------------------------------------------------------------------------


def _without_archived(items: Json) -> Json:
    return [one for one in items if one["state"] != "archived"]


def _archived_not_found(response: Response) -> None:
    if response.status == 200 and response.json["workspace"]["state"] == "archived":
        response.fail(404, "workspace not found")


def _by_creation(items: Json) -> Json:
    return sorted(items, key=lambda one: one["created_at"], reverse=True)


def _prefix_matches(request: Request, response: Response) -> None:
    """Match tags by prefix. The tests that find nothing by tag all use a prefix."""
    if request.param("tag") and not response.json.get("workspaces"):
        response.json = {"workspaces": [{"id": WORKSPACE_ID}]}


# Mounts and stops -------------------------------------------------------------------------------------------


def _new_each_time() -> Patch:
    """Report an existing mount as new."""
    return responses(status(201, of=200), *MOUNTS)


def _forgets_its_first_answer() -> Patch:
    """Stop again for a known key."""
    return requests(in_body(without("idempotency_key")), STOP)


def _keys_of_all() -> Patch:
    """Share the keys of stops between workspaces."""
    first: dict[object, Json] = {}

    async def handler(request: Request, origin: Origin) -> Response:
        name = KEY(request)
        if name is not None and name in first:
            return (await origin(request)).become(200, first[name])
        response = await origin(request)
        if name is not None and response.status == 200:
            first[name] = response.json
        return response

    return handled(handler, STOP)


def _archived_can(edit_status: int, value: Json, *operations: str) -> Patch:
    """Let operations on an archived workspace succeed."""
    archived: set[str] = set()

    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        name = request.parameters.get("workspace_id", "")
        if request.operation == ARCHIVE and response.status == 200:
            archived.add(name)
        elif request.operation in operations and NOT_FOUND(response) and name in archived:
            return response.become(edit_status, value)
        return response

    return handled(handler, ARCHIVE, *operations)


def _desired_kept() -> Patch:
    """Hide the desired state of a stop."""
    return _of_workspaces(as_("desired_state", lambda state: "active" if state == "stopped" else state))


# Files ------------------------------------------------------------------------------------------------------


def _error_of(test: Any, operations: tuple[str, ...], new: int, text: str, code: str | None) -> Patch:
    return responses(when(test, fails_as(new, text, code)), *operations)


def _current_always() -> Patch:
    """Ignore the requested version."""

    def edit(request: Request) -> None:
        if request.param("source").strip() == "version" and request.param("version_id").strip():
            request.set_param("source", None)
            request.set_param("version_id", None)

    return requests(edit, *READS)


def _unix_mode(entry: Json) -> Json:
    kinds = {"directory": 0o040000, "symlink": 0o120000, "file": 0o100000}
    if is_object(entry) and entry.get("mode"):
        entry["mode"] = (entry["mode"] & 0o777) | kinds[str(entry["kind"])]
    return entry


def _entries(change: Any) -> Patch:
    """Change each entry of a list and the entry of a stat."""
    return all_of(responses(_each("entries", change), FILES), responses(in_json(as_("entry", change)), STAT))


def _follows_links() -> Patch:
    """Return the target of a symbolic link."""

    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        if refusal("workspace_file_not_regular")(response):
            other = request.copy()
            other.set_param("path", "report.txt")
            return await origin(other)
        return response

    return handled(handler, CONTENT)


def _whole_path_as_name(entry: Json) -> Json:
    if is_object(entry) and "name" in entry:
        entry["name"] = entry["path"]
    return entry


def _cleaned(path: Json) -> Json:
    return "/".join(part for part in str(path).split("/") if part not in ("", ".")) or "."


def _cursor_included() -> Patch:
    """Start a page with the entry that the cursor names."""

    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        cursor = request.param("cursor")
        if cursor and response.status == 200 and not request.param("limit"):
            response.json = as_("entries", lambda items: [{"path": cursor}, *items])(response.json)
        return response

    return handled(handler, FILES)


def _decoded_path(response: Response) -> None:
    if response.status == 200:
        path = response.header("x-helmr-workspace-file-path") or ""
        response.set_header("x-helmr-workspace-file-path", "/" + path)


def _ranged() -> Patch:
    """Support the Range header."""

    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        if request.header("range") and response.status == 200:
            response.status, response.body = 206, response.body[:2]
            response.set_header("content-length", "2")
        return response

    return handled(handler, CONTENT)


def _as_json(response: Response) -> None:
    if response.status == 200 and response.header("content-type") == "application/octet-stream":
        response.set_header("content-type", "text/plain")


def _digest_of_nothing(version: Json) -> Json:
    if is_object(version) and version.get("kind") == "system":
        version["content_digest"] = "sha256:" + "0" * 64
    return version


def _each_version(change: Any) -> Patch:
    return all_of(
        responses(_each("versions", change), VERSIONS), responses(in_json(as_("version", change)), VERSION)
    )


def _publishes_nothing() -> Patch:
    """Do not store the files of a run."""
    return silenced("helmr_local.resources.workspaces:Workspaces.publish")


def _publishes_as_system() -> Patch:
    def make(old: Any) -> Any:
        def publish(self: Any, workspace: Any, packed: Any, *, kind: str, message: str | None) -> Any:
            del kind
            return old(self, workspace, packed, kind="system", message=message)

        return publish

    return replaced("helmr_local.resources.workspaces:Workspaces._publish", make)


def _without_parent(version: Json) -> Json:
    return without("parent_version_id")(version)


def _stops_without_storing() -> Patch:
    def make(old: Any) -> Any:
        def unmounted(self: Any, mount: Any, packed: Any) -> Any:
            del packed
            return old(self, mount, None)

        return unmounted

    return replaced("helmr_local.resources.workspaces:Workspaces._unmounted", make)


def _starts_from_nothing() -> Patch:
    """Start the next run without the files of the version."""

    def make(old: Any) -> Any:
        def directory(self: Any, workspace_id: str, digest: str) -> Any:
            del digest
            return self.make_empty(workspace_id)

        del old
        return directory

    return replaced("helmr_local.engine.workspaces:WorkspaceDirectories.make", make)


def _modes_lost() -> Patch:
    def change(entry: Json) -> Json:
        return {**entry, "mode": 0o644} if is_object(entry) and entry.get("kind") == "file" else entry

    return _entries(change)


MUTANTS = [
    # --- creating ---------------------------------------------------------------------------------
    Mutant(
        "workspace-created-with-200",
        "a new workspace gets 200",
        (CREATED,),
        responses(status(200, of=201), CREATE),
    ),
    Mutant(
        "workspace-without-envelope",
        "a workspace is returned without its envelope",
        (GOT, CREATED),
        responses(in_json(lambda value: value["workspace"]), GET),
    ),
    Mutant(
        "workspace-empty-tags-shown",
        "a workspace without tags has an empty list of tags",
        (OBJECT,),
        _of_workspaces(added("tags", [])),
    ),
    Mutant(
        "workspace-null-external-id",
        "a workspace without an external id has external_id null",
        (OBJECT,),
        _of_workspaces(added("external_id", None)),
    ),
    Mutant(
        "workspace-external-id-untrimmed",
        "an external id keeps the white space around it",
        (CREATED,),
        _trimmed_not("external_id", CREATE),
    ),
    Mutant(
        "workspace-tags-unsorted",
        "tags keep the order of the request",
        (OBJECT, CREATED),
        _seen_with_request(_unsorted, CREATE),
    ),
    Mutant(
        "workspace-metadata-ignored",
        "the metadata of a new workspace is not stored",
        (CREATED,),
        field_ignored("metadata", operations=[CREATE]),
    ),
    Mutant(
        "workspace-metadata-exact",
        "integers above 2^53 are changed",
        (CREATED,),
        responses(in_json(as_("workspace.metadata", _without_metadata_precision)), CREATE),
    ),
    Mutant(
        "workspace-null-metadata-accepted",
        "metadata null is treated as absent",
        (CREATED,),
        requests(
            in_body(lambda body: body if body.get("metadata", 0) is not None else without("metadata")(body)),
            CREATE,
        ),
    ),
    Mutant(
        "workspace-sandbox-optional",
        "a request without a sandbox uses the default sandbox",
        (CREATED,),
        requests(
            in_body(lambda body: body if body.get("sandbox_id") else {**body, "sandbox_id": "default"}),
            CREATE,
        ),
    ),
    Mutant(
        "workspace-of-unknown-deployment",
        "an unknown deployment is treated as the current one",
        (CREATED,),
        requests(
            in_body(
                lambda body: (
                    {**body, "deployment_id": ""}
                    if str(body.get("deployment_id")).startswith("0197f")
                    else body
                )
            ),
            CREATE,
        ),
    ),
    Mutant(
        "workspace-sandbox-unknown-is-404",
        "a sandbox that is not deployed gets 404",
        (CREATED,),
        _error_of(
            refusal("sandbox_not_deployed"),
            (CREATE,),
            404,
            "task sandbox is not deployed",
            "sandbox_not_deployed",
        ),
    ),
    Mutant(
        "workspace-external-id-free-when-archived",
        "the external id of an archived workspace can be used again",
        (CREATED,),
        _free_when_archived(),
    ),
    Mutant(
        "workspace-external-id-conflict-with-code",
        "the conflict for a used external id has a code",
        (CREATED,),
        _error_of(TAKEN, (CREATE,), 409, "external id is taken", "external_id_taken"),
    ),
    Mutant("workspace-key-ignored", "a known key creates another workspace", (CREATED,), _made_twice()),
    Mutant(
        "workspace-key-mismatch-replays",
        "a key with other parameters returns the first workspace",
        (CREATED,),
        _mismatch_replays(),
    ),
    Mutant(
        "workspace-key-compares-no-tags",
        "a key ignores changed tags",
        (CREATED,),
        like_the_first("tags", KEY, CREATE),
    ),
    Mutant(
        "workspace-key-compares-no-metadata",
        "a key ignores changed metadata",
        (CREATED,),
        like_the_first("metadata", KEY, CREATE),
    ),
    Mutant(
        "workspace-key-forgets-nothing",
        "a key is valid after its lifetime",
        (CREATED,),
        requests(
            in_body(
                lambda body: (
                    body if body.get("idempotency_key_ttl") != "1ms" else without("idempotency_key_ttl")(body)
                )
            ),
            CREATE,
        ),
    ),
    Mutant(
        "workspace-replay-as-it-was",
        "a replay returns the workspace in its first state",
        (CREATED,),
        _as_it_was(),
    ),
    Mutant(
        "workspace-replay-not-cached",
        "a replay of a workspace is not marked as replayed",
        (CREATED, OBJECT),
        responses(in_json(without("is_cached")), CREATE),
    ),
    Mutant(
        "workspace-new-says-not-cached",
        "a new workspace has is_cached false",
        (OBJECT, CREATED),
        responses(in_json(added("is_cached", False)), CREATE),
        operations=(CREATE,),
    ),
    Mutant(
        "workspace-scope-in-body-accepted",
        "a body can contain a project",
        (SCOPES, CREATED),
        field_ignored("project_id", "environment_id", operations=[CREATE]),
    ),
    Mutant(
        "workspace-scope-in-query-accepted",
        "a query for workspaces can contain a project",
        (SCOPES, GOT),
        all_of(
            param_ignored("project_id", LIST, GET, UPDATE, ARCHIVE, *READS, VERSIONS),
            param_ignored("environment_id", LIST, GET, UPDATE, ARCHIVE, *READS, VERSIONS),
        ),
    ),
    # --- lists ------------------------------------------------------------------------------------
    Mutant(
        "workspaces-oldest-first",
        "workspaces are listed in reverse order",
        (LISTED,),
        responses(_items("workspaces", backwards), LIST),
    ),
    Mutant(
        "workspaces-by-creation",
        "workspaces are listed by their creation",
        (LISTED,),
        responses(_items("workspaces", _by_creation), LIST),
    ),
    Mutant(
        "workspaces-without-archived",
        "archived workspaces are not listed",
        (LISTED,),
        responses(_items("workspaces", _without_archived), LIST),
    ),
    Mutant(
        "workspaces-tag-ignored",
        "the tag filter of workspaces is ignored",
        (LISTED,),
        param_ignored("tag", LIST),
    ),
    Mutant(
        "workspaces-tag-matches-anything",
        "an unused tag matches a workspace",
        (LISTED,),
        _seen_with_request(_prefix_matches, LIST),
    ),
    Mutant(
        "workspaces-external-id-ignored",
        "the external id filter of workspaces is ignored",
        (LISTED,),
        param_ignored("external_id", LIST),
    ),
    Mutant(
        "workspaces-state-ignored",
        "the state filter of workspaces is ignored",
        (LISTED,),
        param_ignored("state", LIST),
    ),
    Mutant(
        "workspaces-limit-ignored",
        "the limit of a list of workspaces is ignored",
        (LISTED,),
        limit_ignored(200, LIST),
    ),
    Mutant(
        "workspaces-limit-clamped",
        "a limit above 200 is reduced to 200",
        (LISTED,),
        requests(param("limit", whole(201, 500, lambda _: 200)), LIST),
    ),
    # --- changing and archiving ----------------------------------------------------------------------
    Mutant(
        "workspace-update-merges",
        "an update adds to the tags",
        (UPDATED,),
        responses(in_json(as_("workspace.tags", lambda tags: sorted({*tags, "a"}))), UPDATE),
    ),
    Mutant(
        "workspace-update-null-clears",
        "tags of null remove the tags",
        (UPDATED,),
        requests(
            in_body(lambda body: body if body.get("tags", 0) is not None else {**body, "tags": []}), UPDATE
        ),
    ),
    Mutant(
        "workspace-update-keeps-time",
        "an update does not change updated_at",
        (UPDATED,),
        responses(
            in_json(
                lambda value: as_("workspace.updated_at", lambda _: value["workspace"]["created_at"])(value)
            ),
            UPDATE,
        ),
    ),
    Mutant(
        "workspace-update-unknown-field",
        "an unknown field of an update is ignored",
        (UPDATED,),
        field_ignored("name", "external_id", "state", operations=[UPDATE]),
    ),
    Mutant(
        "workspace-update-of-archived-refused",
        "an archived workspace cannot be changed",
        (UPDATED,),
        responses(_archived_not_found, UPDATE),
    ),
    Mutant(
        "workspace-archived-with-204",
        "archiving returns nothing",
        (ARCHIVED,),
        responses(lambda response: setattr(response, "status", 202), ARCHIVE),
    ),
    Mutant(
        "workspace-archived-while-mounted",
        "a mounted workspace can be archived",
        (ARCHIVED,),
        responses(when(IS_MOUNTED, becomes(200, {"workspace": {}})), ARCHIVE),
    ),
    Mutant(
        "workspace-archived-again-anew",
        "archiving again changes archived_at",
        (ARCHIVED,),
        responses(
            in_json(
                lambda value: as_("workspace.archived_at", lambda _: value["workspace"]["updated_at"])(value)
            ),
            ARCHIVE,
        ),
    ),
    # --- mounts -----------------------------------------------------------------------------------
    Mutant(
        "workspace-mount-always-new", "an existing mount is reported as new", (MOUNTED,), _new_each_time()
    ),
    Mutant(
        "workspace-mount-in-envelope",
        "a mount is returned in an envelope",
        (MOUNT, MOUNTED),
        responses(in_json(lambda value: {"mount": value}), *MOUNTS),
    ),
    Mutant(
        "workspace-mount-claimed",
        "the claim_attempt of a mount is 1",
        (MOUNT, MOUNTED),
        responses(in_json(as_("claim_attempt", lambda _: 1)), *MOUNTS),
    ),
    Mutant(
        "workspace-mount-without-base",
        "a mount has no base version",
        (MOUNT, MOUNTED),
        responses(in_json(without("base_version_id")), *MOUNTS),
    ),
    Mutant(
        "workspace-mount-of-archived",
        "an archived workspace can be mounted",
        (MOUNTED, ARCHIVED),
        _archived_can(201, {}, *MOUNTS),
    ),
    Mutant(
        "workspace-mount-id-text",
        "an invalid workspace id gets the error of other operations",
        (MOUNTED, STOPPED),
        responses(
            when(refusal(error="workspace_id must be a UUID"), fails_as(400, "workspaceID must be a UUID")),
            *MOUNTS,
            STOP,
        ),
    ),
    Mutant(
        "workspace-mount-needs-no-body",
        "a mount can be requested without a body",
        (MOUNTED,),
        requests(lambda request: setattr(request, "body", request.body or b"{}"), *MOUNTS),
    ),
    Mutant("workspace-never-mounted", "a mount is never ready", (MOUNTED,), settings(mount_delay=None)),
    # --- stops ------------------------------------------------------------------------------------
    Mutant(
        "workspace-stop-of-archived",
        "an archived workspace can be stopped",
        (STOPPED, ARCHIVED),
        _archived_can(200, {"workspace_id": WORKSPACE_ID, "state": "no_active_mount"}, STOP),
    ),
    Mutant(
        "workspace-stop-without-mount",
        "a stop does not show the mount",
        (STOPPED,),
        responses(in_json(without("mount")), STOP),
    ),
    Mutant(
        "workspace-stop-says-stopped",
        "a stop without a mount returns stopped",
        (STOPPED,),
        responses(
            in_json(as_("state", lambda state: "unmounted" if state == "no_active_mount" else state)), STOP
        ),
    ),
    Mutant(
        "workspace-stop-not-desired", "a stop does not change the desired state", (STOPPED,), _desired_kept()
    ),
    Mutant(
        "workspace-stop-key-ignored",
        "a known key of a stop stops again",
        (STOPPED,),
        _forgets_its_first_answer(),
    ),
    Mutant(
        "workspace-stop-keys-of-all",
        "the key of a stop is shared by all workspaces",
        (STOPPED,),
        _keys_of_all(),
    ),
    Mutant(
        "workspace-stop-ttl-in-days",
        "the lifetime of a stop key is not validated",
        (STOPPED,),
        field_ignored("idempotency_key_ttl", operations=[STOP]),
    ),
    # --- sessions -----------------------------------------------------------------------------------
    Mutant(
        "session-workspace-not-mounted",
        "a start requests no mount",
        (STARTED,),
        silenced("helmr_local.resources.workspaces:Workspaces.mount_for_run"),
    ),
    # --- permissions --------------------------------------------------------------------------------
    Mutant(
        "workspace-permission-not-asked-to-read-files",
        "files can be read without the permission",
        (PERMISSIONS,),
        as_admin(refusal(error="permission is required", status=403), *READS),
    ),
    Mutant(
        "workspace-permission-not-asked-to-archive",
        "a workspace can be archived without the permission",
        (PERMISSIONS,),
        as_admin(refusal(error="permission is required", status=403), ARCHIVE, UPDATE),
    ),
    Mutant(
        "workspace-permission-not-asked-to-stop",
        "a workspace can be stopped with any permission",
        (PERMISSIONS,),
        as_admin(refusal(error="permission is required", status=403), STOP),
    ),
    # --- files --------------------------------------------------------------------------------------
    Mutant(
        "files-source-unchecked",
        "a version_id is accepted without source=version",
        (SOURCES,),
        requests(
            lambda request: (
                request.set_param("version_id", None)
                if request.param("source").strip() in ("", "current")
                else None
            ),
            *READS,
        ),
    ),
    Mutant(
        "files-mount-ignored",
        "the parameter workspace_mount_id is ignored",
        (SOURCES,),
        param_ignored("workspace_mount_id", *READS),
    ),
    Mutant(
        "files-live-is-400",
        "the live source is invalid",
        (SOURCES,),
        _error_of(
            refusal("workspace_source_live_unsupported"),
            READS,
            400,
            "source=live is not implemented",
            "workspace_source_live_unsupported",
        ),
    ),
    Mutant(
        "files-version-ignored",
        "the files of an older version are those of the newest",
        (SOURCES,),
        _current_always(),
    ),
    Mutant(
        "files-of-any-workspace",
        "a version of another workspace is unknown",
        (SOURCES,),
        _error_of(refusal("workspace_version_not_readable"), READS, 400, "version_id is unknown", None),
    ),
    Mutant(
        "files-path-cleaned-in-list",
        "a list shows the cleaned path",
        (PATHS, FILES_LISTED),
        responses(in_json(as_("path", _cleaned)), FILES),
    ),
    Mutant(
        "files-path-untrimmed",
        "white space around a path is kept",
        (PATHS, CONTENTS),
        responses(
            when(
                lambda response: dict(response.request.query).get("path", "").startswith(" "),
                fails_as(404, "workspace file not found", "workspace_file_not_found"),
            ),
            *READS,
        ),
    ),
    Mutant(
        "files-leave-the-workspace",
        "a path can leave the workspace",
        (PATHS,),
        responses(
            when(
                refusal(error="path must be relative"),
                fails_as(404, "workspace file not found", "workspace_file_not_found"),
            ),
            *READS,
        ),
    ),
    Mutant("files-links-followed", "a symbolic link is followed", (CONTENTS, PATHS), _follows_links()),
    Mutant(
        "files-backwards",
        "a directory is listed in reverse order",
        (FILES_LISTED,),
        responses(_items("entries", backwards), FILES),
    ),
    Mutant(
        "files-name-is-path",
        "the name of a file is its path",
        (ENTRY, FILES_LISTED),
        responses(_each("entries", _whole_path_as_name), FILES),
    ),
    Mutant(
        "files-name-in-stat",
        "a stat has a name",
        (ENTRY, STATS),
        responses(in_json(added("entry.name", "x")), STAT),
    ),
    Mutant("files-unix-modes", "modes include the file type", (ENTRY,), _entries(_unix_mode)),
    Mutant("files-modes-lost", "every file has the same mode", (ENTRY, STATS), _modes_lost()),
    Mutant(
        "files-times-shown-differently",
        "the time of a file has another field name",
        (ENTRY,),
        _entries(renamed("mod_time", "modified_at")),
    ),
    Mutant(
        "files-cursor-included",
        "a page of files begins with the entry of the cursor",
        (FILES_LISTED,),
        _cursor_included(),
    ),
    Mutant(
        "files-cursor-ignored",
        "the cursor of files is ignored",
        (FILES_LISTED,),
        param_ignored("cursor", FILES),
    ),
    Mutant(
        "files-limit-ignored", "the limit of files is ignored", (FILES_LISTED,), limit_ignored(500, FILES)
    ),
    Mutant(
        "files-always-more",
        "a page of files always has a next_cursor",
        (FILES_LISTED,),
        responses(in_json(added("next_cursor", "zzz")), FILES),
    ),
    Mutant(
        "files-file-listed",
        "a file is listed as an empty directory",
        (FILES_LISTED,),
        responses(
            when(refusal("workspace_file_not_directory"), becomes(200, {"path": "x", "entries": []})), FILES
        ),
    ),
    Mutant(
        "files-content-as-text",
        "content is sent as a string",
        (CONTENTS,),
        responses(_as_json, CONTENT),
    ),
    Mutant(
        "files-content-without-version",
        "content has no version header",
        (CONTENTS,),
        responses(header("x-helmr-workspace-version-id", None), CONTENT),
    ),
    Mutant(
        "files-content-absolute-path",
        "content has an absolute path",
        (CONTENTS,),
        responses(_decoded_path, CONTENT),
    ),
    Mutant("files-content-in-ranges", "the Range header is honoured", (CONTENTS,), _ranged()),
    Mutant(
        "files-content-cached",
        "content can be cached",
        (CONTENTS,),
        responses(header("etag", '"1"'), CONTENT),
    ),
    Mutant(
        "files-content-limit",
        "a file at the limit is too large",
        (CONTENTS,),
        constant("helmr_local.resources.workspace_files:MAX_READ_BYTES", 33_554_431),
    ),
    Mutant(
        "files-content-without-limit",
        "a file above the limit is returned",
        (CONTENTS,),
        constant("helmr_local.resources.workspace_files:MAX_READ_BYTES", 2**40),
    ),
    Mutant(
        "files-directory-is-404",
        "reading a directory gets 404",
        (CONTENTS,),
        _error_of(
            refusal("workspace_file_not_regular"),
            (CONTENT,),
            404,
            "workspace file not found",
            "workspace_file_not_found",
        ),
    ),
    # --- versions -----------------------------------------------------------------------------------
    Mutant(
        "versions-oldest-first",
        "versions are listed in reverse order",
        (VERSIONS_LISTED,),
        responses(_items("versions", backwards), VERSIONS),
    ),
    Mutant(
        "versions-kind-ignored",
        "the kind filter of versions is ignored",
        (VERSIONS_LISTED,),
        param_ignored("kind", VERSIONS, valid=r"\s*(user|system)\s*"),
    ),
    Mutant(
        "versions-limit-ignored",
        "the limit of versions is ignored",
        (VERSIONS_LISTED,),
        limit_ignored(200, VERSIONS),
    ),
    Mutant(
        "versions-without-parent",
        "a version has no parent",
        (VERSION_OBJECT,),
        _each_version(_without_parent),
    ),
    Mutant(
        "versions-digest-of-nothing",
        "the digest of the first version is wrong",
        (VERSION_OBJECT,),
        _each_version(_digest_of_nothing),
    ),
    Mutant(
        "version-unknown-without-code",
        "an unknown version has no code",
        (VERSIONS_LISTED,),
        _error_of(
            refusal("workspace_version_not_readable"),
            (VERSION,),
            404,
            "workspace version is not readable",
            None,
        ),
    ),
    Mutant(
        "run-publishes-nothing",
        "the files of a run are not stored",
        (VERSION_OBJECT, VERSIONS_LISTED),
        _publishes_nothing(),
    ),
    Mutant(
        "run-publishes-as-system",
        "the files of a run are a system version",
        (VERSION_OBJECT,),
        _publishes_as_system(),
    ),
    Mutant(
        "stop-stores-nothing",
        "a stop discards changes",
        (VERSION_OBJECT,),
        _stops_without_storing(),
    ),
    Mutant(
        "run-starts-from-nothing",
        "a run does not find the files of the version",
        (VERSION_OBJECT, VERSIONS_LISTED),
        _starts_from_nothing(),
    ),
]
