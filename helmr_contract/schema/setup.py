"""Prepares the document for Schemathesis: configuration, existing ids and matching credentials."""

from __future__ import annotations

import copy
import math
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote

import schemathesis
from schemathesis import AuthContext, Case
from schemathesis.config import SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation
from schemathesis.schemas import BaseSchema

from helmr_api.formats import is_list, is_object
from helmr_contract.document import Document, Json
from helmr_contract.fixtures import INPUT_SCOPE, OUTPUT_SCOPE, Fixtures
from helmr_contract.schema.connection import connection_settings
from helmr_contract.target import Target

CONFIG = Path(__file__).with_name("schemathesis.toml")

PHASES = ("examples", "coverage", "fuzzing", "stateful")


@dataclass(frozen=True, slots=True)
class SchemaOptions:
    seed: int
    max_examples: int = 20
    time_budget: int | None = None  # seconds
    phases: tuple[str, ...] = PHASES
    accepted: frozenset[tuple[str, str, str, str]] = frozenset()  # identities that a baseline accepts
    processes: int = 1  # that share the operations and scenarios

    @property
    def scenarios(self) -> int:
        """This process's share of the scenarios of the stateful phase."""
        return math.ceil(self.max_examples / self.processes)


def load_schema(document: Document, target: Target, fixtures: Fixtures, options: SchemaOptions) -> BaseSchema:
    config = cast(Any, SchemathesisConfig).from_dict(_config(document, target, fixtures, options))
    raw = copy.deepcopy(document.raw)
    _put_existing_ids_into_examples(raw, fixtures)
    schema = schemathesis.openapi.from_dict(raw, config=config)
    cast(Any, schema).auth(refresh_interval=None)(_credentials(fixtures))
    return schema


def _config(document: Document, target: Target, fixtures: Fixtures, options: SchemaOptions) -> Json:
    config: Json = tomllib.loads(CONFIG.read_text(encoding="utf-8"))
    config["base-url"] = target.url
    config |= connection_settings(target.url)
    config["seed"] = options.seed
    config["generation"]["max-examples"] = options.max_examples
    # Control characters in a header are invalid HTTP: the server's HTTP library rejects them before the
    # contract applies.
    config["generation"]["exclude-header-characters"] = "".join(map(chr, (*range(0x20), 0x7F)))
    if options.time_budget is not None:
        config["max-time"] = options.time_budget
    phases = config.setdefault("phases", {})
    for phase in PHASES:
        phases.setdefault(phase, {})["enabled"] = phase in options.phases
    phases["stateful"]["generation"] = {"max-examples": options.scenarios}
    dictionaries = {
        "lasting-sessions": [*fixtures.lasting],
        "expendable-sessions": [*fixtures.expendable],
        "lasting-external-ids": [*fixtures.lasting.values()],
        "expendable-external-ids": [*fixtures.expendable.values()],
        "runs": fixtures.runs,
        "tokens": fixtures.tokens,
        "tasks": [target.task],
        "sandboxes": fixtures.sandboxes,
        "workspaces": fixtures.workspaces,
        "versions": fixtures.versions,
        "deployments": fixtures.deployments,
        "inputs": fixtures.inputs,
        "outputs": fixtures.outputs,
        "streams": [*fixtures.inputs, *fixtures.outputs],
    }
    if fixtures.processes is not None:
        dictionaries |= fixtures.processes.dictionaries
    # Empty lists are left out: without sessions, for example, session ids are generated and get a 404.
    living = {name: values for name, values in dictionaries.items() if values}
    config["dictionaries"] = {name: {"values": values} for name, values in living.items()}
    config["operations"] = [
        _operation_settings(document, operation, fixtures, living.keys()) for operation in document.operations
    ]
    return config


# The share of values that are existing ids; generated ones usually get a 404 or a 400.
_LIVING = 0.8


def _operation_settings(
    document: Document, operation_id: str, fixtures: Fixtures, dictionaries: Collection[str]
) -> Json:
    if not fixtures.selection.has(operation_id):
        return {"include-operation-id": operation_id, "enabled": False}
    operation = document.operations[operation_id]
    sessions = "expendable" if ends_session(operation.method, operation.path) else "lasting"
    bindings = {
        "path.session_id": f"{sessions}-sessions",
        "query.external_id": f"{sessions}-external-ids",
        "query.session_id": "lasting-sessions",
        "path.run_id": "runs",
        "path.token_id": "tokens",
        "path.task_id": "tasks",
        "path.workspace_id": "workspaces",
        "path.version_id": "versions",
        "path.deployment_id": "deployments",
        "path.deployment": "deployments",
        "path.stream": "inputs" if "/inputs/" in operation.path else "outputs",
    }
    for name in ("workspace_id", "exec_id", "pty_id"):
        if dictionary := _process_dictionary(name, operation.path):
            bindings[f"path.{name}"] = dictionary
    parameters = {name: bindings[name] for name in operation.parameter_names if name in bindings}
    if operation_id in {"startSession", "startSessionAndWait"}:
        parameters["body.task_id"] = "tasks"
    if operation_id in {"createSchedule", "updateSchedule"}:
        parameters["body.task"] = "tasks"
    if operation_id == "createWorkspace":
        parameters["body.sandbox_id"] = "sandboxes"
    if operation_id == "createPublicAccessToken":
        parameters["body.scope.session.id"] = "lasting-sessions"
        parameters["body.scope.session.external_id"] = "lasting-external-ids"
        parameters["body.scope.stream"] = "streams"
    settings: Json = {
        name: {"dictionary": dictionary, "probability": _LIVING}
        for name, dictionary in parameters.items()
        if dictionary in dictionaries
    }
    result: Json = {"include-operation-id": operation_id}
    if settings:
        result["parameters"] = settings
    if _streams(document, operation_id):
        # A few seconds of a stream that does not end by itself show as much as half an hour.
        result["request-timeout"] = 4
        if not fixtures.worker:
            result["max-stream-events"] = 1  # without a worker, no more will arrive
    elif operation_id == "startSessionAndWait":
        result["request-timeout"] = 45  # the server's own wait is 30 s
        result["enabled"] = fixtures.worker  # without a worker, every request waits that long
    else:
        result["request-timeout"] = 15
    if operation.path.startswith("/api/workspaces/{workspace_id}"):
        # DELETE archives a workspace: it remains readable.
        result["checks"] = {"use_after_free": {"enabled": False}}
    if operation_id == "startSessionAndWait":
        # For GET and PATCH, this path matches `/api/sessions/{session_id}`: they return 400 for the id rather
        # than 405 for the method, and OPTIONS lists them as allowed.
        methods = ["put", "post", "delete", "trace"]
        result["phases"] = {"coverage": {"unexpected-methods": methods}}
    return result


def _process_dictionary(parameter: str, path: str) -> str | None:
    """Return the dictionary of ids with which an operation on execs or PTYs can succeed and may end them."""
    if "/execs" not in path and "/pty" not in path:
        return None
    if parameter == "workspace_id":
        return "idle-workspaces"
    kind = {"exec_id": "execs", "pty_id": "ptys"}.get(parameter)
    if kind is None:
        return None
    if path.endswith(("/stdout", "/stderr", "/output")):
        return f"ended-{kind}"  # the stream of their output ends
    return f"expendable-{kind}" if path.endswith("/close") else kind


def _streams(document: Document, operation_id: str) -> bool:
    responses = document.operations[operation_id].responses.values()
    return any("text/event-stream" in response.get("content", {}) for response in responses)


def _put_existing_ids_into_examples(raw: Json, fixtures: Fixtures) -> None:
    """Insert ids that exist on this server into the examples, in the copy that Schemathesis reads."""
    session = next(iter(fixtures.lasting), "")
    living = {
        "task_id": fixtures.target.task,
        "session_id": session,
        "external_id": fixtures.lasting.get(session, ""),
        "run_id": next(iter(fixtures.runs), ""),
        "token_id": next(iter(fixtures.tokens), ""),
        "workspace_id": next(iter(fixtures.workspaces), ""),
        "version_id": next(iter(fixtures.versions), ""),
        "deployment_id": next(iter(fixtures.deployments), ""),
        "deployment": next(iter(fixtures.deployments), ""),
    }

    processes = fixtures.processes.dictionaries if fixtures.processes else {}

    def existing_id(name: str, path: str) -> str:
        dictionary = _process_dictionary(name, path)
        return processes[dictionary][0] if dictionary in processes else living.get(name, "")

    def in_value(value: Any, stream: str | None) -> Any:
        if is_object(value):
            fields = value
            return {
                name: living["task_id"]
                if name in {"task", "task_id"}
                else next(iter(fixtures.sandboxes), field)
                if name == "sandbox_id"
                else (session or field)
                if name == "id" and fields.get("type") == "id"
                else (living["external_id"] or field)
                if name == "external_id" and fields.get("type") == "external_id"
                else (stream or field)
                if name == "stream"
                else in_value(field, stream)
                for name, field in fields.items()
            }
        if is_list(value):
            return [in_value(item, stream) for item in value]
        return value

    def in_examples(node: Json, replace: Callable[[Any], Any]) -> None:
        if "example" in node:
            node["example"] = replace(node["example"])
        for name, example in cast(Mapping[str, Any], node.get("examples") or {}).items():
            if is_object(example) and "value" in example:
                node["examples"][name] = {**example, "value": replace(example["value"])}

    components = raw.get("components", {})
    stream_names = {
        "inputs": next(iter(fixtures.inputs), None),
        "outputs": next(iter(fixtures.outputs), None),
    }

    def parameters_of(path: str, item: Json) -> Iterator[tuple[Json, int, list[Any]]]:
        operations = [part for part in item.values() if is_object(part)]
        for owner in (item, *operations):
            listed = cast(list[Any], owner.get("parameters", []))
            for index, parameter in enumerate(listed):
                yield parameter, index, listed

    for path, item in cast(Mapping[str, Json], raw["paths"]).items():
        direction = "inputs" if "/inputs/" in path else "outputs" if "/outputs/" in path else None
        for parameter, index, listed in parameters_of(path, item):
            # Shared parameters are copied into each path, because a stream's direction depends on the path.
            own = copy.deepcopy(_follow(raw, parameter))
            name = own.get("name", "")
            if name == "stream" and direction is not None and stream_names[direction]:
                own.pop("examples", None)
                own["example"] = stream_names[direction]
            elif identifier := existing_id(name, path):
                own.pop("examples", None)
                own["example"] = identifier
            listed[index] = own
        for operation in item.values():
            if is_object(operation) and "requestBody" in operation:
                body = copy.deepcopy(_follow(raw, operation["requestBody"]))
                for content in body.get("content", {}).values():
                    in_examples(content, lambda value: in_value(value, stream_names["inputs"]))
                operation["requestBody"] = body
    raw["components"] = components


def _follow(raw: Json, node: Json) -> Json:
    return Document(raw).resolve(node)


def ends_session(method: str, path: str) -> bool:
    """Return whether an operation changes or ends the session that its path names."""
    of_item = "/sessions/{session_id}" in path or "/sessions/by-external-id" in path
    of_stream = "/inputs/" in path or "/outputs/" in path
    return of_item and not of_stream and method.upper() not in {"GET", "OPTIONS"}


def _credentials(fixtures: Fixtures) -> type[Any]:
    """Return the class that sets each operation's credential: for a public operation, that of its
    resource.
    """

    class Credentials:
        def get(self, case: Case[Any], ctx: AuthContext) -> str | None:
            path = case.operation.path
            parameters = case.path_parameters
            if "{callback_secret}" in path:
                _set_callback_secret(case, fixtures)
                return None
            if not path.startswith("/api/v1/"):
                return fixtures.target.key if path.startswith("/api/") else None
            if path.startswith("/api/v1/tokens/"):
                secrets = fixtures.token_secrets.get(_text(parameters.get("token_id")))
                if secrets is None:
                    secrets = next(iter(fixtures.token_secrets.values()), None)
                return None if secrets is None else secrets.public_access_token
            scope = INPUT_SCOPE if "/inputs/" in path else OUTPUT_SCOPE
            session = (
                _text(parameters.get("session_id"))
                if "{session_id}" in path
                else fixtures.session_of(_text(case.query.get("external_id")))
            )
            return fixtures.public_token(scope, session, _text(parameters.get("stream")))

        def set(self, case: Case[Any], data: str, ctx: AuthContext) -> None:
            cast(Any, case).headers["Authorization"] = f"Bearer {data}"

    return Credentials


def _set_callback_secret(case: Case[Any], fixtures: Fixtures) -> None:
    # This operation's credential is the secret in the path.
    secrets = fixtures.token_secrets.get(_text(case.path_parameters.get("token_id")))
    negative = case.meta is not None and case.meta.is_negative_at(ParameterLocation.PATH)
    if secrets is not None and secrets.callback_secret is not None and not negative:
        case.path_parameters["callback_secret"] = secrets.callback_secret


def _text(value: object) -> str:
    return unquote(value) if isinstance(value, str) else ""
