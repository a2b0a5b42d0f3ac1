"""One run of `helmr-contract`: checks, tests, and a report of the results, whatever goes wrong."""

from __future__ import annotations

import argparse
import os
import secrets
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from rich.console import Console

from helmr_api.display import printable
from helmr_api.errors import HelmrError
from helmr_api.urls import bearer_value, check_url
from helmr_contract import baselines
from helmr_contract.baselines import Accepted, BaselineError
from helmr_contract.behaviour.runner import (
    BehaviourOptions,
    check_keyword,
    rules_to_test,
    run_behaviour_tests,
)
from helmr_contract.choosing import UnknownNameError
from helmr_contract.document import Document, DocumentError
from helmr_contract.local import local_target
from helmr_contract.outcome import Outcome, unknown_rules, update_baseline
from helmr_contract.parsing import BROKEN, CANNOT_TEST, INTERRUPTED, KEPT
from helmr_contract.preflight import NO_WORKER, Preflight, inspect, names_of_streams
from helmr_contract.report import directory
from helmr_contract.report.console import print_summary
from helmr_contract.report.html import write_html
from helmr_contract.report.junit import write_junit
from helmr_contract.report.progress import Display, Work
from helmr_contract.rules import chosen
from helmr_contract.schema.part import Part
from helmr_contract.schema.processes import run_parts
from helmr_contract.schema.runner import SchemaOptions, SchemaResult
from helmr_contract.scoped_keys import scoped_keys
from helmr_contract.secrets import Scrubber
from helmr_contract.selection import select
from helmr_contract.target import Target, TargetError, check_reachable

_MOST_JOBS = 4  # without --jobs
_OPERATIONS_PER_PROCESS = 10

_EXPECTED_ERRORS = (
    TargetError,
    DocumentError,
    BaselineError,
    UnknownNameError,
    directory.ReportError,
    HelmrError,
    OSError,
)


@dataclass(slots=True)
class Command:
    """The command with its arguments."""

    options: argparse.Namespace
    key: str | None
    scrub: Scrubber
    console: Console
    accepted: Accepted = field(default_factory=Accepted)
    cancelled: threading.Event = field(default_factory=threading.Event)

    def run(self) -> int:
        """Run the command; return the exit status."""
        try:
            outcome = self._prepare()
        except _EXPECTED_ERRORS as error:
            return self._cannot(str(error))
        started = time.monotonic()
        try:
            self._test(outcome, started)
        except KeyboardInterrupt:
            outcome.interrupted = True
        except _EXPECTED_ERRORS as error:
            outcome.errors.append(self.scrub(str(error)))
        except Exception as error:
            # A fault in this program: the results so far are still reported.
            outcome.errors.append(
                self.scrub(f"helmr-contract itself failed: {type(error).__name__}: {error}")
            )
        outcome.seconds = time.monotonic() - started
        if outcome.schema and outcome.schema.stopped == "interrupted":
            outcome.interrupted = True
        return self._finish(outcome)

    def _prepare(self) -> Outcome:
        """Check the arguments, and everything else that needs no server."""
        options = self.options
        self.accepted = baselines.load(options.baseline, may_be_new=options.write_baseline)
        if (options.write_baseline or options.prune_baseline) and self.accepted.file is None:
            raise BaselineError("--write-baseline and --prune-baseline need --baseline FILE")
        if options.rule or options.keyword:
            if options.only == "schema":
                raise TargetError("--rule and -k select behaviour rules, but --only schema tests none")
            options.only = "behaviour"
        chosen(options.rule)
        check_keyword(options.keyword)
        names_of_streams(options.streams)
        document = Document.load()
        if options.url is not None:
            options.url = check_url(options.url)
            if not self.key:
                raise TargetError(
                    "set HELMR_API_KEY (or HELMR_CONTRACT_KEY) to a key of the environment to test in"
                )
            self.key = bearer_value(self.key, "the API key")
            self.scrub = Scrubber(self.key, *scoped_keys().values())
        if options.report:
            directory.prepare(options.report)
        return Outcome(
            document,
            select(document, options.operations, options.tags),
            server=options.url or "a local control plane",
            task=options.task,
            seed=secrets.randbits(32) if options.seed is None else options.seed,
            unknown_rules=unknown_rules(self.accepted),
            worker=not options.no_worker,
            some_rules=bool(options.rule or options.keyword),
            only=options.only,
        )

    def _test(self, outcome: Outcome, started: float) -> None:
        options = self.options
        with self._target() as target:
            preflight = self._preflight(outcome, target)
            target = replace(target, worker=preflight.executes)
            jobs = self._jobs(target)
            # Local parts have their own servers. On a remote one, each process uses its own resources.
            at_once = options.only is None and jobs > 1
            # A local run is bound by the processor, which the schema tests use fully.
            rule_jobs = max(1, jobs - 1) if at_once and target.local else jobs
            behaviour = self._behaviour_options(preflight, rule_jobs)
            with Display(self.console, self.scrub, self._work(outcome, behaviour)) as display:

                def schema_part() -> None:
                    outcome.schema = self._schema(outcome, target, started, display, jobs)

                def behaviour_part() -> None:
                    outcome.behaviour = run_behaviour_tests(
                        outcome.document,
                        None if target.local else target,
                        behaviour,
                        scrub=self.scrub,
                        on_progress=display.on_behaviour,
                        cancelled=self.cancelled,
                    )

                parts = {"behaviour": behaviour_part, "schema": schema_part}
                if options.only is not None:
                    parts = {options.only: parts[options.only]}
                if at_once:
                    self._at_once(outcome, schema_part, behaviour_part)
                else:
                    for part in parts.values():
                        self._one(outcome, part)
        if outcome.schema and outcome.schema.failed:
            outcome.errors.append(outcome.schema.failed)
        if outcome.behaviour and outcome.behaviour.failed:
            outcome.errors.append(outcome.behaviour.failed)

    def _jobs(self, target: Target) -> int:
        """Return the number of processes per part."""
        if self.options.jobs is not None:
            return int(self.options.jobs)
        return min(os.cpu_count() or 1, _MOST_JOBS) if target.local else 1

    def _work(self, outcome: Outcome, behaviour: BehaviourOptions) -> Work:
        options = self.options
        counted = behaviour.counted
        rules = [rule for rule in chosen(options.rule) if counted is None or rule.id in counted]
        return Work(
            operations=len(outcome.selection.operations) if options.only != "behaviour" else 0,
            examples=options.max_examples,
            rules=len(rules) if options.only != "schema" else 0,
        )

    def _preflight(self, outcome: Outcome, target: Target) -> Preflight:
        options = self.options
        if target.local:  # the local server implements everything
            no_worker = NO_WORKER if options.no_worker else None
            return Preflight(outcome.selection, no_worker=no_worker, executes=not options.no_worker)
        check_reachable(target)
        preflight = inspect(
            target,
            outcome.selection,
            streams=options.streams if options.only != "schema" else None,
            want_worker=not options.no_worker,
            want_probe=options.only != "schema",
        )
        outcome.selection = preflight.selection
        outcome.not_implemented = preflight.not_implemented
        outcome.doubtful = preflight.doubtful
        outcome.preflight = tuple(map(self.scrub, preflight.lines))
        for line in outcome.preflight:
            self.console.print(printable(line), markup=False, soft_wrap=True)
        return preflight

    def _behaviour_options(self, preflight: Preflight, jobs: int) -> BehaviourOptions:
        options = self.options
        return BehaviourOptions(
            streams=options.streams,
            time_budget=options.time_budget,
            baseline=self.accepted.rules,
            strict_text=options.strict_text,
            jobs=jobs,
            nodes=tuple(rule.node for rule in chosen(options.rule)) if options.rule else (),
            keyword=options.keyword,
            left_out=preflight.selection.left_out,
            no_worker=preflight.no_worker,
            counted=None if options.only == "schema" else rules_to_test(preflight.selection, options.rule),
        )

    @contextmanager
    def _target(self) -> Generator[Target]:
        options = self.options
        if options.url is not None:
            yield Target(options.url, self.key or "", options.task)
            return
        if options.only == "behaviour":  # these tests start their own server
            yield Target("", "", options.task, local=True)
            return
        with local_target() as target:
            # The local server's key protects nothing, but is kept out of reports like any other key.
            self.scrub = Scrubber(self.key, target.key)
            yield target

    def _schema(
        self, outcome: Outcome, target: Target, started: float, display: Display, jobs: int
    ) -> SchemaResult:
        options = self.options
        budget: int | None = None
        if options.time_budget is not None:
            budget = max(1, round(options.time_budget - (time.monotonic() - started)))
        part = Part(
            outcome.document,
            outcome.selection,
            frozenset(options.streams.split(",")) if options.streams else None,
            SchemaOptions(outcome.seed, options.max_examples, budget, accepted=self.accepted.identities),
        )
        return run_parts(
            part,
            target,
            self.scrub,
            key=self.key,
            # A process costs a few seconds to start: as much as the tests of some operations take.
            processes=min(jobs, max(1, len(outcome.selection.operations) // _OPERATIONS_PER_PROCESS)),
            on_progress=display.on_schema,
        )

    def _one(self, outcome: Outcome, part: Callable[[], None]) -> None:
        """Run a part; if it cannot run, record why, so that the other one still runs."""
        try:
            part()
        except _EXPECTED_ERRORS as error:
            outcome.errors.append(self.scrub(str(error)))

    def _at_once(self, outcome: Outcome, schema: Callable[[], None], behaviour: Callable[[], None]) -> None:
        """Run both parts, with Schemathesis in this thread, because Ctrl-C arrives there."""
        errors: list[BaseException] = []

        def in_thread() -> None:
            try:
                behaviour()
            except BaseException as error:
                errors.append(error)

        thread = threading.Thread(target=in_thread, name="behaviour-tests")
        thread.start()
        try:
            schema()
            if outcome.schema and outcome.schema.stopped == "interrupted":
                self.cancelled.set()
        except BaseException:
            self.cancelled.set()
            raise
        finally:
            try:
                thread.join()
            except KeyboardInterrupt:
                self.cancelled.set()
                thread.join()
        if errors:
            raise errors[0]

    def _finish(self, outcome: Outcome) -> int:
        options = self.options
        files: list[str] = []
        if options.write_baseline or options.prune_baseline:
            self._update_baseline(outcome)
        if options.report:
            for name, write in (("report.html", write_html), ("junit.xml", write_junit)):
                try:
                    write(outcome, options.report / name)
                    files.append(str(options.report / name))
                except OSError as error:  # the results are still printed
                    outcome.errors.append(f"cannot write {name}: {error.strerror or error}")
        if outcome.schema or outcome.behaviour:
            print_summary(self.console, outcome, self.scrub, files=files)
        if outcome.interrupted:
            return INTERRUPTED
        for message in outcome.errors:
            self._cannot(message)
        if not outcome.checked:
            return CANNOT_TEST
        if outcome.broken:
            return BROKEN
        return CANNOT_TEST if outcome.errors else KEPT

    def _update_baseline(self, outcome: Outcome) -> None:
        options = self.options
        if outcome.interrupted or outcome.errors:
            outcome.baseline_note = "not written, because the tests did not run to the end"
            return
        try:
            outcome.baseline_note = update_baseline(
                self.accepted, outcome, write=options.write_baseline, prune=options.prune_baseline
            )
            outcome.accept(baselines.load(options.baseline))
        except BaselineError as error:
            outcome.errors.append(self.scrub(str(error)))

    def _cannot(self, message: str) -> int:
        Console(stderr=True, highlight=False).print(
            printable(f"helmr-contract: {self.scrub(message)}"), markup=False, soft_wrap=True
        )
        return CANNOT_TEST
