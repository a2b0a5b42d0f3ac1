"""Hooks around each request of a schema run: protect resources of others, learn from the response."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, cast
from urllib.parse import unquote

from schemathesis import Case, HookContext
from schemathesis.core.failures import Failure, ServerError
from schemathesis.core.transport import Response
from schemathesis.generation import GenerationMode
from schemathesis.generation.meta import TestPhase
from schemathesis.hooks import GLOBAL_HOOK_DISPATCHER
from schemathesis.openapi.checks import RejectedPositiveData
from schemathesis.schemas import BaseSchema

from helmr_api.formats import is_list, is_object
from helmr_contract.document import Json
from helmr_contract.expected_rejections import is_expected
from helmr_contract.fixtures import PREFIX, TAG, Fixtures, Processes, TokenSecrets
from helmr_contract.schema.setup import ends_session
from helmr_contract.target import Target


@contextmanager
def hooks(schema: BaseSchema, target: Target, fixtures: Fixtures) -> Generator[None]:
    """Before each request, keep it from changing resources of others; after it, learn from the response."""

    def before_call(context: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
        if case.operation.schema is schema:
            _keep_to_own(case, target, fixtures)

    def after_call(context: HookContext, case: Case[Any], response: Response) -> None:
        if response.status_code < 300 and response.content[:1] == b"{":
            try:
                fixtures.learn(_operation_id(case), response.json())
            except (ValueError, RecursionError):
                return  # the checks report the error

    def filter_failure(context: HookContext, failure: Failure, case: Case[Any], response: Response) -> bool:
        if isinstance(failure, ServerError):
            return not _is_not_implemented(case, response)
        return not (isinstance(failure, RejectedPositiveData) and _is_expected_rejection(case, response))

    # `before_call` hooks are global to the process; the check for the schema restricts this one to this run.
    everywhere: Any = GLOBAL_HOOK_DISPATCHER
    here: Any = schema.hooks
    everywhere.register_hook_with_name(before_call, "before_call")
    here.register_hook_with_name(after_call, "after_call")
    here.register_hook_with_name(filter_failure, "filter_failure")
    try:
        yield
    finally:
        everywhere.unregister(before_call)


def _operation_id(case: Case[Any]) -> str:
    return str(case.operation.definition.raw.get("operationId", ""))


def _is_not_implemented(case: Case[Any], response: Response) -> bool:
    """Return True for a documented 501: the server does not implement an optional feature."""
    return response.status_code == 501 and "501" in case.operation.definition.raw.get("responses", {})


def _is_expected_rejection(case: Case[Any], response: Response) -> bool:
    try:
        body: object = response.json()
    except (ValueError, RecursionError):
        return False
    return is_expected(_operation_id(case), response.status_code, body, case.query, case.body)


_MAKES_SOMETHING = {"startSession", "startSessionAndWait", "createToken", "createWorkspace"}

_ENDED_BY_ID = {
    "session_id": "own_sessions",
    "run_id": "own_runs",
    "token_id": "own_tokens",
    "workspace_id": "own_workspaces",
}


def _keep_to_own(case: Case[Any], target: Target, fixtures: Fixtures) -> None:
    """Rewrite requests that would change resources not created by this run, and mark those that it creates.
    Schemathesis reuses ids from responses, including lists of all resources. The checks see the rewritten
    request.
    """
    path = case.operation.path
    in_scenario = case.meta is not None and case.meta.phase.name is TestPhase.STATEFUL
    if case.operation.method.upper() not in {"GET", "OPTIONS"} and not path.startswith("/api/v1/"):
        for name, own in _ENDED_BY_ID.items():
            value = case.path_parameters.get(name)
            if isinstance(value, str) and (known := _as_uuid(value)) and known not in getattr(fixtures, own):
                # A scenario cannot continue from a missing resource.
                instead = fixtures.stand_in(name) if in_scenario else None
                case.path_parameters[name] = instead or str(uuid.uuid5(uuid.NAMESPACE_OID, known))
        external_id = case.query.get("external_id")
        if isinstance(external_id, str) and "by-external-id" in path:
            case.query["external_id"] = _prefixed(external_id, fixtures.prefix)
    if not in_scenario:  # scenarios choose their own resources
        _supply_what_can_be_ended(case, fixtures)
    if _operation_id(case) == "promoteDeployment" and fixtures.deployments:
        # Promote only the current deployment, which changes nothing, or an invalid reference.
        reference = case.path_parameters.get("deployment")
        if isinstance(reference, str) and (_as_uuid(reference) or _VERSION.fullmatch(reference)):
            case.path_parameters["deployment"] = fixtures.deployments[0]
    body: object = case.body
    if is_object(body) and _operation_id(case) == "createDeployment" and _is_valid(case):
        case.body = _uploadable(body, fixtures)
    if case.method.upper() == "POST" and is_object(body) and _operation_id(case) in _MAKES_SOMETHING:
        if in_scenario and _is_valid(case) and "task_id" in body:
            body = _startable(body, target, fixtures)
        case.body = _marked(body, target, fixtures)
    changed: object = case.body
    if is_object(changed) and _is_valid(case):
        case.body = _harmless(_operation_id(case), changed, fixtures)
    for name, kind in (("exec_id", "execs"), ("pty_id", "ptys")):
        if fixtures.processes is not None and name in case.path_parameters:
            _spare_lasting_process(case, name, kind, fixtures.processes)
            if _is_valid(case) and fixtures.next_read() % 5:
                _name_its_workspace(case, name, fixtures.processes)
    if path.startswith("/api/workspaces/{workspace_id}/files"):
        _read_from_a_version(case, fixtures)
    if not target.local and "follow" in case.query:
        headers = cast(Any, case).headers
        # A stream without an event to send withholds even its headers for 25 s.
        for container, name in ((case.query, "cursor"), (headers, "Last-Event-ID")):
            cursor: object = container.get(name)
            if cursor is not None and _is_cursor(str(cursor)):
                # Keep the type, because Schemathesis validates the sent value against the schema.
                container[name] = 0 if isinstance(cursor, int) else "0"


def _supply_what_can_be_ended(case: Case[Any], fixtures: Fixtures) -> None:
    """Sometimes insert an active resource into a request that ends one, but never one that other tests
    need.
    """
    path, method = case.operation.path, case.operation.method.upper()
    if ends_session(method, path):
        by_id = _as_uuid(str(case.path_parameters.get("session_id")))
        by_external_id = fixtures.session_of(str(case.query.get("external_id")))
        if by_id in fixtures.own_sessions and (fresh := fixtures.session_to_end(by_id)) is not None:
            case.path_parameters["session_id"] = fresh
        elif by_external_id is not None and (fresh := fixtures.session_to_end(by_external_id)) is not None:
            case.query["external_id"] = fixtures.expendable[fresh]
    elif method == "DELETE" and path == "/api/workspaces/{workspace_id}":
        archived = _as_uuid(str(case.path_parameters.get("workspace_id")))
        if archived is not None and (fresh := fixtures.workspace_to_end(archived)) is not None:
            case.path_parameters["workspace_id"] = fresh
    elif method == "POST" and "/tokens/{token_id}/" in path:
        known = _as_uuid(str(case.path_parameters.get("token_id")))
        if known in fixtures.token_secrets and (fresh := fixtures.token_to_end(known)) is not None:
            _exchange_token(case, fixtures.token_secrets[known], fresh, fixtures.token_secrets[fresh])


def _exchange_token(case: Case[Any], old: TokenSecrets, fresh: str, new: TokenSecrets) -> None:
    case.path_parameters["token_id"] = fresh
    headers = cast(Any, case).headers
    if headers.get("Authorization") == f"Bearer {old.public_access_token}":
        headers["Authorization"] = f"Bearer {new.public_access_token}"
    secret = case.path_parameters.get("callback_secret")
    if secret is not None and secret == old.callback_secret and new.callback_secret is not None:
        case.path_parameters["callback_secret"] = new.callback_secret


def _read_from_a_version(case: Case[Any], fixtures: Fixtures) -> None:
    """Usually insert an existing version if, and only if, the source needs one; a generated one would be a
    random UUID.
    """
    if not _is_valid(case) or fixtures.next_read() % 5 == 0:
        return
    case.query.pop("workspace_mount_id", None)
    if case.query.get("source") != "version":
        case.query.pop("version_id", None)
    elif fixtures.workspaces and case.path_parameters.get("workspace_id") == fixtures.workspaces[0]:
        case.query["version_id"] = fixtures.versions[0]


_VERSION = re.compile(r"\d{8}\.\d+")
_ARCHIVE = "\0" * 1024
"""An empty tar archive, as a string because Schemathesis validates it against the schema."""
_MOST_UPLOADS = 5


def _uploadable(body: Json, fixtures: Fixtures) -> Json:
    """Rarely, because deployments cannot be deleted, build a form with a valid archive and ordered parts."""
    fields = body.get("metadata")
    if not is_object(fields) or fixtures.uploads >= _MOST_UPLOADS:
        return body
    fixtures.uploads += 1
    content_hash = f"sha256:{hashlib.sha256(_ARCHIVE.encode()).hexdigest()}"
    return {"metadata": {**fields, "content_hash": content_hash}, "deployment_source": _ARCHIVE}


_LINE = "Cg=="  # a line feed: an empty line for a shell


def _harmless(operation: str, body: Json, fixtures: Fixtures) -> Json:
    """Replace a generated command by one that does nothing, and input by bytes that are harmless in a shell.
    The same bytes at the same offset are stored once and accepted each time. Sometimes the generated offset
    is kept.
    """
    if operation in {"createWorkspaceExec", "createWorkspacePty"}:
        fixtures.make_room()
    if operation == "createWorkspaceExec":
        return {**body, "command": ["true"]}
    if operation in {"writeWorkspaceExecStdin", "writeWorkspacePtyInput"}:
        repeated = {} if fixtures.next_read() % 3 == 0 else {"offset": 0}
        return {**body, "data": _LINE, **repeated}
    return body


def _spare_lasting_process(case: Case[Any], name: str, kind: str, processes: Processes) -> None:
    """Insert a process that exists to be ended, never one that other tests write to."""
    if case.operation.path.endswith("/close") and (
        _as_uuid(str(case.path_parameters[name])) in processes.dictionaries[kind]
    ):
        case.path_parameters[name] = processes.dictionaries[f"expendable-{kind}"][0]


def _name_its_workspace(case: Case[Any], name: str, processes: Processes) -> None:
    """Insert the workspace of the exec or PTY; a generated one would be a random UUID."""
    if (workspace := processes.workspaces.get(str(case.path_parameters[name]))) is not None:
        case.path_parameters["workspace_id"] = workspace


def _is_cursor(text: str) -> bool:
    """Return whether a cursor is valid; deliberately invalid ones must stay invalid."""
    return text.isascii() and text.isdigit() and int(text) < 2**63


def _is_valid(case: Case[Any]) -> bool:
    return case.meta is not None and case.meta.generation.mode is GenerationMode.POSITIVE


def _startable(body: Json, target: Target, fixtures: Fixtures) -> Json:
    """Change a start so that it usually creates a session with which the scenario can continue. A generated
    task id or workspace id does not exist, and the examples' external id and idempotency key belong to the
    session of the previous scenario, which had a different payload. Sometimes the body is kept.
    """
    number = fixtures.next_start()
    if number % 5 == 0:
        return body
    started = {name: value for name, value in body.items() if name not in {"workspace_id", "queue"}}
    started["task_id"] = target.task
    started["external_id"] = f"scenario-{number}"  # always, because the links by external id need one
    if isinstance(key := started.get("idempotency_key"), str) and key.strip():
        started["idempotency_key"] = f"scenario-{number}"
    return started


def _marked(body: Json, target: Target, fixtures: Fixtures) -> Json:
    marked = dict(body)
    for name in ("external_id", "idempotency_key"):
        if isinstance(value := marked.get(name), str):
            marked[name] = _prefixed(value, fixtures.prefix)
    tags: object = marked.get("tags", [])
    if is_list(tags) and len(tags) < 10 and TAG not in tags:
        marked["tags"] = [*tags, TAG]
    task = marked.get("task_id")
    if isinstance(task, str) and task.strip() in fixtures.other_tasks:
        marked["task_id"] = target.task
    return marked


def _prefixed(value: str, prefix: str) -> str:
    """Add this run's prefix to a value, except to empty and over-long values, which refer to nothing."""
    if not value.strip() or value.startswith(PREFIX) or len((prefix + value).encode(errors="replace")) > 512:
        return value
    return prefix + value


def _as_uuid(text: str) -> str | None:
    try:
        return str(uuid.UUID(unquote(text).strip()))
    except ValueError:
        return None
