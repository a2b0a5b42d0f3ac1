"""The document held against a server by Schemathesis, its own engine and checks, fed with ids that exist."""

from __future__ import annotations

import copy
import time
import tomllib
import uuid
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote

import schemathesis
from schemathesis import AuthContext, Case, HookContext
from schemathesis.baseline import Baseline, BaselineEntry, failure_identity
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure, is_reproducible_failure
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.transport import Response
from schemathesis.engine import StopReason, events, from_schema
from schemathesis.engine.recorder import CheckFailureInfo, ScenarioRecorder
from schemathesis.hooks import GLOBAL_HOOK_DISPATCHER
from schemathesis.schemas import BaseSchema

from helmr_contract.coverage import Coverage, Exchange
from helmr_contract.curl import curl_line
from helmr_contract.document import Document, Json, is_array, is_object
from helmr_contract.material import INPUT_SCOPE, OUTPUT_SCOPE, PREFIX, TAG, Material
from helmr_contract.secrets import Scrubber
from helmr_contract.target import Target

CONFIG = Path(__file__).with_name("schemathesis.toml")

PHASES = ("examples", "coverage", "fuzzing", "stateful")


@dataclass(frozen=True, slots=True)
class SchemaOptions:
    seed: int
    max_examples: int = 100
    time_budget: int | None = None  # seconds
    phases: tuple[str, ...] = PHASES
    baseline: Path | None = None


@dataclass(frozen=True, slots=True)
class SchemaFailure:
    """One way in which the server breaks the document: an operation, a check, a kind of failure."""

    operation: str
    check: str
    title: str
    message: str
    curl: tuple[str, ...]  # the requests it takes, in order
    known: bool = False  # the baseline accepts it


@dataclass(slots=True)
class SchemaResult:
    seed: int
    coverage: Coverage
    failures: list[SchemaFailure] = field(default_factory=list[SchemaFailure])
    cases: int = 0
    checks: int = 0
    seconds: float = 0.0
    stopped: str | None = None  # why the run ended before it was through
    warnings: list[str] = field(default_factory=list[str])
    left_behind: list[str] = field(default_factory=list[str])
    # What a baseline written from this run holds; and the operations that it may drop entries of.
    observed: list[BaselineEntry] = field(default_factory=list[BaselineEntry])
    tested_operations: set[str] = field(default_factory=set[str])

    @property
    def new_failures(self) -> list[SchemaFailure]:
        return [failure for failure in self.failures if not failure.known]


@dataclass(frozen=True, slots=True)
class SchemaProgress:
    phase: str
    operation: str | None
    cases: int
    failures: int
    scenarios: int  # of this phase, so far


def run_schema_tests(
    document: Document,
    target: Target,
    material: Material,
    options: SchemaOptions,
    *,
    scrub: Scrubber,
    on_progress: Callable[[SchemaProgress], None] = lambda _: None,
) -> SchemaResult:
    """Run all phases against the server. `material` must have been prepared; the caller cleans it up."""
    schema = _load(document, target, material, options)
    baseline = Baseline(entries=[]) if options.baseline is None else Baseline.load(options.baseline)
    run = _Run(SchemaResult(options.seed, Coverage(document, target.base_path)), baseline, scrub, on_progress)
    started = time.monotonic()
    with _hooks(schema, target, material):
        for event in from_schema(schema).execute():
            run.on_event(event)
    run.result.seconds = time.monotonic() - started
    return run.result


# -- the schema, as Schemathesis takes it --


def _load(document: Document, target: Target, material: Material, options: SchemaOptions) -> BaseSchema:
    config = cast(Any, SchemathesisConfig).from_dict(_config(document, target, material, options))
    raw = copy.deepcopy(document.raw)
    _put_living_ids_into_examples(raw, material)
    schema = schemathesis.openapi.from_dict(raw, config=config)
    cast(Any, schema).auth(refresh_interval=None)(_credentials(material))
    return schema


def _config(document: Document, target: Target, material: Material, options: SchemaOptions) -> Json:
    config: Json = tomllib.loads(CONFIG.read_text(encoding="utf-8"))
    config["base-url"] = target.url
    config["seed"] = options.seed
    config["generation"]["max-examples"] = options.max_examples
    if options.time_budget is not None:
        config["max-time"] = options.time_budget
    phases = config.setdefault("phases", {})
    for phase in PHASES:
        phases.setdefault(phase, {})["enabled"] = phase in options.phases
    dictionaries = {
        "lasting-sessions": [*material.lasting],
        "expendable-sessions": [*material.expendable],
        "lasting-external-ids": [*material.lasting.values()],
        "expendable-external-ids": [*material.expendable.values()],
        "runs": material.runs,
        "tokens": material.tokens,
        "tasks": [target.task],
        "inputs": material.inputs,
        "outputs": material.outputs,
    }
    config["dictionaries"] = {name: {"values": values} for name, values in dictionaries.items()}
    config["operations"] = [
        settings
        for operation in document.operations.values()
        if (settings := _operation_settings(document, operation.id, target)) is not None
    ]
    return config


# How often a parameter takes an id that exists; else it is generated, and mostly reaches a 404 or a 400.
_LIVING = 0.8


def _operation_settings(document: Document, operation_id: str, target: Target) -> Json | None:
    operation = document.operations[operation_id]
    ends = operation.method not in {"GET", "OPTIONS"} and not (
        "/inputs/" in operation.path or "/outputs/" in operation.path
    )
    sessions = "expendable" if ends else "lasting"
    bindings = {
        "path.session_id": f"{sessions}-sessions",
        "query.external_id": f"{sessions}-external-ids",
        "query.session_id": "lasting-sessions",
        "path.run_id": "runs",
        "path.token_id": "tokens",
        "path.task_id": "tasks",
        "path.stream": "inputs" if "/inputs/" in operation.path else "outputs",
    }
    parameters = {name: bindings[name] for name in operation.parameter_names if name in bindings}
    if operation_id in {"startSession", "startSessionAndWait"}:
        parameters["body.task_id"] = "tasks"
    if operation_id == "createPublicAccessToken":
        parameters["body.scope.session.id"] = "lasting-sessions"
        parameters["body.scope.session.external_id"] = "lasting-external-ids"
        parameters["body.scope.stream"] = "inputs"
    settings: Json = {
        name: {"dictionary": dictionary, "probability": _LIVING} for name, dictionary in parameters.items()
    }
    result: Json = {"include-operation-id": operation_id}
    if settings:
        result["parameters"] = settings
    if _streams(document, operation_id):
        # Of a stream that does not end by itself a few seconds tell as much as its half hour.
        result["request-timeout"] = 4
    elif operation_id == "startSessionAndWait":
        result["request-timeout"] = 45  # the server's own wait is 30 s
    else:
        result["request-timeout"] = 15
    return result


def _streams(document: Document, operation_id: str) -> bool:
    responses = document.operations[operation_id].responses.values()
    return any("text/event-stream" in response.get("content", {}) for response in responses)


def _put_living_ids_into_examples(raw: Json, material: Material) -> None:
    """Point the examples at things that exist on this server, in the copy that Schemathesis reads."""
    session = next(iter(material.lasting), "")
    living = {
        "task_id": material.target.task,
        "session_id": session,
        "external_id": material.lasting.get(session, ""),
        "run_id": next(iter(material.runs), ""),
        "token_id": next(iter(material.tokens), ""),
    }

    def in_value(value: Any, stream: str | None) -> Any:
        if is_object(value):
            members = value
            return {
                name: living["task_id"]
                if name == "task_id"
                else session
                if name == "id" and members.get("type") == "id"
                else living["external_id"]
                if name == "external_id" and members.get("type") == "external_id"
                else (stream or member)
                if name == "stream"
                else in_value(member, stream)
                for name, member in members.items()
            }
        if is_array(value):
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
        "inputs": next(iter(material.inputs), None),
        "outputs": next(iter(material.outputs), None),
    }

    def parameters_of(path: str, item: Json) -> Iterator[tuple[Json, int, list[Any]]]:
        members = [member for member in item.values() if is_object(member)]
        for owner in (item, *members):
            listed = cast(list[Any], owner.get("parameters", []))
            for index, parameter in enumerate(listed):
                yield parameter, index, listed

    for path, item in cast(Mapping[str, Json], raw["paths"]).items():
        direction = "inputs" if "/inputs/" in path else "outputs" if "/outputs/" in path else None
        for parameter, index, listed in parameters_of(path, item):
            # Shared parameters are copied into the path, because a stream's direction is the path's.
            own = copy.deepcopy(_follow(raw, parameter))
            name = own.get("name", "")
            if name == "stream" and direction is not None and stream_names[direction]:
                own.pop("examples", None)
                own["example"] = stream_names[direction]
            elif living.get(name):
                own.pop("examples", None)
                own["example"] = living[name]
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


# -- credentials --


def _credentials(material: Material) -> type[Any]:
    """For each operation the credential it takes; for a public one, the one that fits what is addressed."""

    class Credentials:
        def get(self, case: Case[Any], ctx: AuthContext) -> str | None:
            path = case.operation.path
            parameters = case.path_parameters
            if "{callback_secret}" in path:
                _set_callback_secret(case, material)
                return None
            if not path.startswith("/api/v1/"):
                return material.target.key if path.startswith("/api/") else None
            if path.startswith("/api/v1/tokens/"):
                secrets = material.token_secrets.get(_text(parameters.get("token_id")))
                if secrets is None:
                    secrets = next(iter(material.token_secrets.values()), None)
                return None if secrets is None else secrets.public_access_token
            scope = INPUT_SCOPE if "/inputs/" in path else OUTPUT_SCOPE
            session = (
                _text(parameters.get("session_id"))
                if "{session_id}" in path
                else material.session_of(_text(case.query.get("external_id")))
            )
            return material.public_token(scope, session, _text(parameters.get("stream")))

        def set(self, case: Case[Any], data: str, ctx: AuthContext) -> None:
            cast(Any, case).headers["Authorization"] = f"Bearer {data}"

    return Credentials


def _set_callback_secret(case: Case[Any], material: Material) -> None:
    # The secret is this operation's credential, though it stands in the path.
    secrets = material.token_secrets.get(_text(case.path_parameters.get("token_id")))
    negative = case.meta is not None and case.meta.is_negative_at(ParameterLocation.PATH)
    if secrets is not None and secrets.callback_secret is not None and not negative:
        case.path_parameters["callback_secret"] = secrets.callback_secret


def _text(value: object) -> str:
    return unquote(value) if isinstance(value, str) else ""


# -- hooks --


@contextmanager
def _hooks(schema: BaseSchema, target: Target, material: Material) -> Generator[None]:
    """Before each request keep it off what is not ours; after it learn from the answer."""

    def before_call(context: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
        if case.operation.schema is schema:
            _keep_to_own(case, target, material)

    def after_call(context: HookContext, case: Case[Any], response: Response) -> None:
        operation_id = case.operation.definition.raw.get("operationId", "")
        if response.status_code < 300 and response.content[:1] == b"{":
            try:
                material.learn(operation_id, response.json())
            except ValueError:
                return  # the checks report it

    # `before_call` exists only for the whole process; the identity of the schema confines it to this run.
    everywhere: Any = GLOBAL_HOOK_DISPATCHER
    here: Any = schema.hooks
    everywhere.register_hook_with_name(before_call, "before_call")
    here.register_hook_with_name(after_call, "after_call")
    try:
        yield
    finally:
        everywhere.unregister(before_call)


_ENDED_BY_ID = {"session_id": "own_sessions", "run_id": "own_runs", "token_id": "own_tokens"}


def _keep_to_own(case: Case[Any], target: Target, material: Material) -> None:
    """Rewrite what would change a thing that this run did not make, and mark what this run makes.

    Schemathesis re-uses ids that it meets in answers, also in lists of everything. A rewritten request is
    judged by what it holds then.
    """
    path = case.operation.path
    if case.operation.method.upper() not in {"GET", "OPTIONS"} and not path.startswith("/api/v1/"):
        for name, own in _ENDED_BY_ID.items():
            value = case.path_parameters.get(name)
            if isinstance(value, str) and (known := _as_uuid(value)) and known not in getattr(material, own):
                case.path_parameters[name] = str(uuid.uuid5(uuid.NAMESPACE_OID, known))
        external_id = case.query.get("external_id")
        if isinstance(external_id, str) and "by-external-id" in path:
            case.query["external_id"] = _prefixed(external_id, material.prefix)
    body: object = case.body
    if case.method.upper() == "POST" and is_object(body):
        operation_id = case.operation.definition.raw.get("operationId")
        if operation_id in {"startSession", "startSessionAndWait", "createToken"}:
            case.body = _marked(body, target, material)
    if not target.local and "follow" in case.query:
        headers = cast(Any, case).headers
        # A stream without an event to send keeps even its headers back for 25 s.
        for container, name in ((case.query, "cursor"), (headers, "Last-Event-ID")):
            if name in container and str(container[name]).isdigit():
                container[name] = "0"


def _marked(body: Json, target: Target, material: Material) -> Json:
    marked = dict(body)
    for name in ("external_id", "idempotency_key"):
        if isinstance(value := marked.get(name), str):
            marked[name] = _prefixed(value, material.prefix)
    tags: object = marked.get("tags", [])
    if is_array(tags) and len(tags) < 10 and TAG not in tags:
        marked["tags"] = [*tags, TAG]
    task = marked.get("task_id")
    if isinstance(task, str) and task.strip() in material.other_tasks:
        marked["task_id"] = target.task
    return marked


def _prefixed(value: str, prefix: str) -> str:
    """The value as one of ours; blank and over-long ones stay what they are, they address nothing."""
    if not value.strip() or value.startswith(PREFIX) or len((prefix + value).encode(errors="replace")) > 512:
        return value
    return prefix + value


def _as_uuid(text: str) -> str | None:
    try:
        return str(uuid.UUID(unquote(text).strip()))
    except ValueError:
        return None


# -- events into a result --


class _Run:
    """Turns the engine's events into a SchemaResult."""

    def __init__(
        self,
        result: SchemaResult,
        baseline: Baseline,
        scrub: Scrubber,
        on_progress: Callable[[SchemaProgress], None],
    ) -> None:
        self.result = result
        self._baseline = baseline
        self._scrub = scrub
        self._on_progress = on_progress
        self._seen: set[tuple[str, str, str, str]] = set()
        self._phase = ""
        self._scenarios = 0

    def on_event(self, event: events.EngineEvent) -> None:
        operation: str | None = None
        if isinstance(event, events.PhaseStarted):
            self._phase, self._scenarios = event.phase.name.value, 0
        elif isinstance(event, events.ScenarioStarted):
            operation = event.label
        elif isinstance(event, events.ScenarioFinished):
            operation = event.label
            self._scenarios += 1
            self._scenario(event.recorder)
        elif isinstance(event, events.NonFatalError):
            self._error(event)
        elif isinstance(event, events.FatalError):
            raise event.exception
        elif isinstance(event, events.SchemaAnalysisWarnings):
            self.result.warnings += [self._scrub(str(warning)) for warning in event.warnings]
        elif isinstance(event, events.Interrupted):
            self.result.stopped = "interrupted"
        elif isinstance(event, events.EngineFinished):
            if event.stop_reason is not StopReason.COMPLETED:
                self.result.stopped = event.stop_reason.value.replace("_", " ")
            for failure in event.failures:
                self._failure(failure, "run", ())
        else:
            return
        self._on_progress(
            SchemaProgress(
                self._phase, operation, self.result.cases, len(self.result.new_failures), self._scenarios
            )
        )

    def _scenario(self, recorder: ScenarioRecorder) -> None:
        self.result.cases += len(recorder.interactions)
        for interaction in recorder.interactions.values():
            if interaction.response is not None:
                request = interaction.request
                self.result.coverage.add(
                    Exchange(
                        request.method,
                        request.uri,
                        interaction.response.status_code,
                        tuple(request.headers),
                        bool(request.body),
                    )
                )
        for case_id, checks in recorder.checks.items():
            self.result.checks += len(checks)
            node = cast(Any, recorder.cases[case_id])
            self.result.tested_operations.add(node.value.operation.label)
            for check in checks:
                if check.failure_info is not None:
                    lines = self._curl_lines(recorder, case_id, check.failure_info)
                    self._failure(check.failure_info.failure, check.name, lines)

    def _curl_lines(
        self, recorder: ScenarioRecorder, case_id: str, info: CheckFailureInfo
    ) -> tuple[str, ...]:
        wanted = [step.case_id for step in info.steps] or [info.failure.case_id or case_id]
        lines: list[str] = []
        for identifier in wanted:
            interaction = recorder.interactions.get(identifier)
            if interaction is not None:
                request = interaction.request
                headers = {name: values[0] for name, values in request.headers.items()}
                lines.append(curl_line(request.method, request.uri, headers, request.body, self._scrub))
        return tuple(lines)

    def _failure(self, failure: Failure, check: str, lines: tuple[str, ...]) -> None:
        identity = failure_identity(failure, check)
        if identity in self._seen:
            return
        self._seen.add(identity)
        if is_reproducible_failure(failure):  # a response time never settles, so no baseline holds one
            self.result.observed.append(BaselineEntry.from_failure(failure, check=check))
        self.result.failures.append(
            SchemaFailure(
                operation=failure.operation or "",
                check=check,
                title=failure.title,
                message=self._scrub(failure.message),
                curl=lines,
                known=self._baseline.match(failure, check) is not None,
            )
        )

    def _error(self, event: events.NonFatalError) -> None:
        """What kept Schemathesis from testing: a dropped connection, a timeout, a schema it cannot use."""
        identity = (event.label, "engine", event.info.title, "")
        if identity in self._seen:
            return
        self._seen.add(identity)
        sample = getattr(event.info, "code_sample", None)
        self.result.failures.append(
            SchemaFailure(
                operation=event.label,
                check="engine",
                title=event.info.title,
                message=self._scrub(event.info.message),
                curl=(self._scrub(sample),) if isinstance(sample, str) else (),
            )
        )
