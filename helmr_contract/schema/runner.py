"""Tests a server against the document with Schemathesis' engine and checks, and with existing ids."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import Any, cast

from schemathesis.baseline import BaselineEntry, Identity
from schemathesis.core.failures import Failure, is_reproducible_failure
from schemathesis.engine import StopReason, events, from_schema
from schemathesis.engine.recorder import CheckFailureInfo, ScenarioRecorder
from schemathesis.schemas import BaseSchema

from helmr_api.formats import is_object
from helmr_contract.breach import foreign_error
from helmr_contract.coverage import Coverage, Exchange
from helmr_contract.curl import curl_line
from helmr_contract.document import Document
from helmr_contract.fixtures import Fixtures
from helmr_contract.schema.connection import Responses, connection_rule
from helmr_contract.schema.hooks import hooks
from helmr_contract.schema.lookups import remembered_lookups
from helmr_contract.schema.setup import PHASES, SchemaOptions, load_schema
from helmr_contract.schema.sharing import Claim, shared
from helmr_contract.secrets import Scrubber
from helmr_contract.target import Target

__all__ = [
    "PHASES",
    "SchemaFailure",
    "SchemaOptions",
    "SchemaProgress",
    "SchemaResult",
    "run_schema_tests",
]

_RESPONSE_LIMIT = 2000
_MOST_ROUNDS = 20


@dataclass(frozen=True, slots=True)
class SchemaFailure:
    """One way in which the server violates the document: an operation, a check, and a kind of failure."""

    operation: str
    check: str
    title: str
    message: str
    curl: tuple[str, ...]  # the requests that reproduce it, in order
    response: str = ""  # to the last of them
    known: bool = False  # the baseline accepts it
    identity: Identity | None = None  # its identity in a baseline; None if no baseline can contain it
    foreign: str | None = None  # how the response differs in form from the contract's errors


@dataclass(slots=True)
class SchemaResult:
    seed: int
    coverage: Coverage
    failures: list[SchemaFailure] = field(default_factory=list[SchemaFailure])
    cases: int = 0
    checks: int = 0
    seconds: float = 0.0
    stopped: str | None = None  # why the run ended early
    warnings: list[str] = field(default_factory=list[str])
    left_behind: list[str] = field(default_factory=list[str])
    failed: str | None = None  # the error that kept a process from finishing
    # Entries for a baseline written from this run, and the operations whose entries pruning may remove.
    observed: list[BaselineEntry] = field(default_factory=list[BaselineEntry])
    tested_operations: set[str] = field(default_factory=set[str])

    @property
    def new_failures(self) -> list[SchemaFailure]:
        return [failure for failure in self.failures if not failure.known]

    def merge(self, other: SchemaResult) -> None:
        """Add the result of another process that tested other operations of the same server."""
        self.coverage.merge(other.coverage)
        known = {_place(failure) for failure in self.failures}
        self.failures += [failure for failure in other.failures if _place(failure) not in known]
        identities = {entry.identity for entry in self.observed}
        self.observed += [entry for entry in other.observed if entry.identity not in identities]
        self.warnings += [warning for warning in other.warnings if warning not in self.warnings]
        self.left_behind += other.left_behind
        self.tested_operations |= other.tested_operations
        self.cases += other.cases
        self.checks += other.checks
        self.stopped = self.stopped or other.stopped
        self.failed = self.failed or other.failed


def _place(failure: SchemaFailure) -> tuple[str, ...]:
    return failure.identity or (failure.operation, failure.check, failure.title)


@dataclass(frozen=True, slots=True)
class SchemaProgress:
    """The progress of one process."""

    operation: str | None
    cases: int
    failures: int
    finished: Counter[str]  # operations, or scenarios of the stateful phase, by phase


def run_schema_tests(
    document: Document,
    target: Target,
    fixtures: Fixtures,
    options: SchemaOptions,
    *,
    scrub: Scrubber,
    on_progress: Callable[[SchemaProgress], None] = lambda _: None,
    claim: Claim | None = None,
    number: int = 0,
) -> SchemaResult:
    """Run all phases against the server. `fixtures` must be prepared; the caller cleans it up.

    Args:
        document: The document to test against.
        target: The server.
        fixtures: The resources to test with.
        options: What to test.
        scrub: Removes credentials from strings.
        on_progress: Called after each operation.
        claim: Decides which operations this process tests; None: all.
        number: The number of this process, if several share the run.
    """
    schema = load_schema(document, target, fixtures, options)
    result = SchemaResult(options.seed, Coverage(document, target.base_path))
    run = _Run(result, options.accepted, scrub, on_progress)
    started = time.monotonic()
    with shared(claim, number) if claim else nullcontext():
        _run(run, schema, document, target, fixtures, options)
    if not fixtures.worker and fixtures.selection.has("startSessionAndWait"):
        run.result.warnings.append("startSessionAndWait was skipped: nothing executes runs on this server")
    run.result.seconds = time.monotonic() - started
    return run.result


def _run(
    run: _Run,
    schema: BaseSchema,
    document: Document,
    target: Target,
    fixtures: Fixtures,
    options: SchemaOptions,
) -> None:
    run.execute(schema, target, fixtures)
    # Scenarios change the server, so a replay may differ, which makes Hypothesis stop early. Additional
    # rounds, each with its own seed, provide the requested number of scenarios. (With a time budget, the
    # engine repeats the phase itself.)
    for extra in range(1, _MOST_ROUNDS):
        enough = "stateful" not in options.phases or run.finished["stateful"] >= options.scenarios
        if enough or run.result.stopped or options.time_budget is not None:
            break
        again = replace(options, seed=options.seed + extra, phases=("stateful",))
        run.execute(load_schema(document, target, fixtures, again), target, fixtures)


@dataclass(frozen=True, slots=True)
class _Requests:
    """The requests that reproduce a failure, as curl commands, and the response to the last one."""

    curl: tuple[str, ...] = ()
    received: str = ""
    foreign: str | None = None


class _Run:
    """Converts the engine's events to a SchemaResult."""

    def __init__(
        self,
        result: SchemaResult,
        accepted: frozenset[Identity],
        scrub: Scrubber,
        on_progress: Callable[[SchemaProgress], None],
    ) -> None:
        self.result = result
        self._accepted = accepted
        self._scrub = scrub
        self._on_progress = on_progress
        self._seen: set[tuple[str, str, str, str]] = set()
        self._phase = ""
        self.finished: Counter[str] = Counter()

    def execute(self, schema: BaseSchema, target: Target, fixtures: Fixtures) -> None:
        responses = Responses(target.responds)
        with connection_rule(responses), remembered_lookups(), hooks(schema, target, fixtures):
            stream = from_schema(schema).execute()
            for event in stream:
                self.on_event(event)
                if isinstance(event, events.ScenarioStarted):
                    responses.forget()
                if responses.ended is not None:
                    stream.stop()
        self.result.stopped = responses.ended or self.result.stopped

    def on_event(self, event: events.EngineEvent) -> None:
        operation: str | None = None
        if isinstance(event, events.PhaseStarted):
            self._phase = event.phase.name.value
            return  # the phase may still be skipped
        if isinstance(event, events.ScenarioStarted):
            operation = event.label
        elif isinstance(event, events.ScenarioFinished):
            operation = event.label
            self.finished[self._phase] += 1
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
                self._failure(failure, "run")
        else:
            return
        self._on_progress(
            SchemaProgress(operation, self.result.cases, len(self.result.new_failures), self.finished.copy())
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
                    self._failure(
                        check.failure_info.failure,
                        check.name,
                        self._requests(recorder, case_id, check.failure_info),
                    )

    def _requests(self, recorder: ScenarioRecorder, case_id: str, info: CheckFailureInfo) -> _Requests:
        """Return the requests that reproduce a failure, and the response to the last one."""
        wanted = [step.case_id for step in info.steps] or [info.failure.case_id or case_id]
        lines: list[str] = []
        received, foreign = "", None
        for identifier in wanted:
            interaction = recorder.interactions.get(identifier)
            if interaction is not None:
                request, response = interaction.request, interaction.response
                headers = {name: values[0] for name, values in request.headers.items()}
                lines.append(
                    curl_line(request.method, request.uri, headers.items(), request.body, self._scrub)
                )
                if response is not None:
                    text = response.content[:_RESPONSE_LIMIT].decode("utf-8", errors="replace")
                    received = self._scrub(f"{response.status_code} {text}".strip())
                    foreign = foreign_error(response.status_code, response.content)
        return _Requests(tuple(lines), received, foreign)

    def _failure(self, failure: Failure, check: str, requests: _Requests | None = None) -> None:
        requests = requests or _Requests()
        received = requests.received
        entry = BaselineEntry.from_failure(failure, check=check)
        if received[:1] == "5":
            # Different server errors of the same operation are separate failures.
            entry.signature = f"{entry.signature} {_error_in(received)}".strip()
        if entry.identity in self._seen:
            return
        self._seen.add(entry.identity)
        if is_reproducible_failure(failure):  # response times vary, so no baseline contains them
            self.result.observed.append(entry)
        self.result.failures.append(
            SchemaFailure(
                operation=failure.operation or "",
                check=check,
                title=failure.title,
                message=self._scrub(failure.message),
                curl=requests.curl,
                response=received,
                foreign=requests.foreign,
                known=entry.identity in self._accepted,
                identity=entry.identity,
            )
        )

    def _error(self, event: events.NonFatalError) -> None:
        """Report an error that kept Schemathesis from testing: a dropped connection, a timeout, an
        unsupported schema.
        """
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


def _error_in(received: str) -> str:
    """Return the code or message of the error in a response, or else the start of the response."""
    _, _, text = received.partition(" ")
    try:
        body: object = json.loads(text)
    except (ValueError, RecursionError):
        return text[:80]
    return str(body.get("code") or body.get("error") or "")[:200] if is_object(body) else text[:80]
