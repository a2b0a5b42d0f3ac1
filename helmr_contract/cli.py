"""`helmr-contract`: hold a Helmr control plane against its contract."""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from rich.console import Console

from helmr_api.display import printable
from helmr_api.errors import HelmrError
from helmr_api.urls import check_url
from helmr_contract.behaviour.runner import BehaviourOptions, BehaviourResult, run_behaviour_tests
from helmr_contract.document import Document, DocumentError
from helmr_contract.fixtures import Fixtures
from helmr_contract.local import local_target
from helmr_contract.outcome import BaselineError, Outcome, accepted_rules, load_baseline, update_baseline
from helmr_contract.report.console import Display, print_summary
from helmr_contract.report.html import write_html
from helmr_contract.report.junit import write_junit
from helmr_contract.rules import chosen
from helmr_contract.schema.runner import SchemaOptions, SchemaResult, run_schema_tests
from helmr_contract.secrets import Scrubber
from helmr_contract.target import DEFAULT_TASK, Target, TargetError, check_reachable
from helmr_ergonomic import __version__

KEPT, BROKEN, CANNOT_TEST, INTERRUPTED = 0, 1, 2, 130

_EPILOG = """\
The key is read from HELMR_CONTRACT_KEY or HELMR_API_KEY: never an argument, never printed or stored.
`helmr-contract client -- DRIVER` tests a client library; `helmr-contract client --help` says more.
`helmr-contract rules` lists the rules by their ids.
Exit status: 0 the contract is kept, 1 it is broken, 2 the server could not be tested, 130 interrupted.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    given = sys.argv[1:] if arguments is None else list(arguments)
    if given[:1] == ["client"]:
        from helmr_contract.client.cli import main as client

        return client(given[1:])
    if given[:1] == ["rules"]:
        return _list_rules(given[1:])
    options = _parser().parse_args(given)
    key = os.environ.get("HELMR_CONTRACT_KEY") or os.environ.get("HELMR_API_KEY")
    scrub = Scrubber(key)
    console = Console(highlight=False)
    try:
        return _Command(options, key, scrub, console).run()
    except (TargetError, DocumentError, BaselineError, HelmrError, OSError) as error:
        Console(stderr=True, highlight=False).print(
            printable(f"helmr-contract: {scrub(str(error))}"), markup=False, soft_wrap=True
        )
        return CANNOT_TEST
    except KeyboardInterrupt:
        return INTERRUPTED


def _list_rules(arguments: Sequence[str]) -> int:
    """`helmr-contract rules [PATTERN ...]`."""
    parser = argparse.ArgumentParser(
        prog="helmr-contract rules", description="Lists the rules of the contract, each with its id."
    )
    parser.add_argument("pattern", nargs="*", default=["*"], help="such as 'start-idempotency/*'")
    found = chosen(parser.parse_args(arguments).pattern)
    console = Console(highlight=False)
    for rule in found:
        needs = [
            *(["a worker"] if rule.needs_worker else []),
            *(["scoped keys"] if rule.needs_scoped_keys else []),
        ]
        more = f" (needs {' and '.join(needs)})" if needs else ""
        console.print(f"{rule.id}{more}", markup=False, soft_wrap=True)
    return KEPT if found else CANNOT_TEST


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="helmr-contract",
        description="Tests whether a Helmr control plane keeps the contract; without --url, a local one.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    parser.add_argument("--url", help="base URL of the control plane")
    parser.add_argument(
        "--task", default=DEFAULT_TASK, help="id of the deployed probe task (default: %(default)s)"
    )
    parser.add_argument(
        "--streams",
        metavar="INPUT,APPROVAL,OUTPUT,REPORT",
        help="names of the probe's streams, where they differ from helmr_contract.probe's",
    )
    parser.add_argument("--only", choices=["schema", "behaviour"], help="run one of the two parts")
    parser.add_argument(
        "--rule",
        action="append",
        default=[],
        metavar="PATTERN",
        help="test only behaviour rules with such an id, such as 'start/*'; may be repeated; "
        "`helmr-contract rules` lists them",
    )
    parser.add_argument(
        "--no-worker", action="store_true", help="leave out what needs a worker behind the server"
    )
    parser.add_argument(
        "--seed", type=_natural, help="repeat the schema part of the run that printed this seed"
    )
    parser.add_argument(
        "--max-examples",
        type=_positive,
        default=100,
        help="generated cases an operation (default: %(default)s)",
    )
    parser.add_argument(
        "--time-budget", type=_positive, metavar="SECONDS", help="end the run after that long"
    )
    parser.add_argument("--report", type=Path, metavar="DIR", help="write report.html and junit.xml there")
    parser.add_argument("--baseline", type=Path, metavar="FILE", help="accepted deviations of the server")
    parser.add_argument(
        "--write-baseline", action="store_true", help="add what this run finds to the baseline"
    )
    parser.add_argument(
        "--prune-baseline",
        action="store_true",
        help="drop from the baseline what this run tries and finds kept",
    )
    return parser


def _natural(text: str) -> int:
    value = int(text)
    if value < 0:
        raise ValueError(text)
    return value


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ValueError(text)
    return value


ResultT = TypeVar("ResultT")


@dataclass(slots=True)
class _Command:
    options: argparse.Namespace
    key: str | None
    scrub: Scrubber
    console: Console
    cancelled: threading.Event = field(default_factory=threading.Event)

    def run(self) -> int:
        options = self.options
        if (options.write_baseline or options.prune_baseline) and options.baseline is None:
            raise BaselineError("--write-baseline and --prune-baseline need --baseline FILE")
        nodes: tuple[str, ...] = ()
        if options.rule:
            nodes = tuple(rule.node for rule in chosen(options.rule))
            if not nodes:
                names = " ".join(options.rule)
                raise TargetError(f"no rule has an id like {names}; `helmr-contract rules` lists them")
            options.only = "behaviour"
        document = Document.load()
        baseline = load_baseline(options.baseline) if options.baseline else None
        outcome = Outcome(
            document,
            server="a local control plane",
            task=options.task,
            seed=secrets.randbits(32) if options.seed is None else options.seed,
            worker=not options.no_worker,
            baseline=options.baseline,
        )
        behaviour = BehaviourOptions(
            streams=options.streams,
            time_budget=options.time_budget,
            baseline=accepted_rules(baseline) if baseline else frozenset(),
            nodes=nodes,
        )
        started = time.monotonic()
        with self._target() as target, Display(self.console, self.scrub, len(document.operations)) as display:
            if target.url and not target.local:
                outcome.server = target.url

            def schema_part() -> SchemaResult:
                return self._schema(document, target, outcome.seed, started, display)

            def behaviour_part() -> BehaviourResult:
                return run_behaviour_tests(
                    document,
                    None if target.local else target,
                    behaviour,
                    scrub=self.scrub,
                    on_progress=display.on_behaviour,
                    cancelled=self.cancelled,
                )

            if target.local and options.only is None:
                # Two servers of our own: the parts do not meet, and a second core is not left idle.
                outcome.schema, outcome.behaviour = self._both(schema_part, behaviour_part)
            else:
                if options.only != "schema":
                    outcome.behaviour = behaviour_part()
                if options.only != "behaviour":
                    outcome.schema = schema_part()
        outcome.seconds = time.monotonic() - started
        outcome.interrupted = bool(outcome.schema and outcome.schema.stopped == "interrupted")
        return self._finish(outcome)

    @contextmanager
    def _target(self) -> Generator[Target]:
        options = self.options
        if options.url is None:
            if options.only == "behaviour":
                yield Target("", "", options.task, worker=not options.no_worker, local=True)
                return
            with local_target() as target:
                # The local server's key is nobody's, but it is a key: it is kept out of reports all the same.
                self.scrub = Scrubber(self.key, target.key)
                yield target
            return
        url = check_url(options.url)
        if not self.key:
            raise TargetError(
                "set HELMR_API_KEY (or HELMR_CONTRACT_KEY) to a key of the environment to test in"
            )
        target = Target(url, self.key, options.task, worker=not options.no_worker)
        check_reachable(target)
        yield target

    def _schema(
        self, document: Document, target: Target, seed: int, started: float, display: Display
    ) -> SchemaResult:
        options = self.options
        streams = frozenset(options.streams.split(",")) if options.streams else None
        budget: int | None = None
        if options.time_budget is not None:
            budget = max(1, round(options.time_budget - (time.monotonic() - started)))
        settings = SchemaOptions(seed, options.max_examples, budget, baseline=options.baseline)
        with target.client() as client:
            fixtures = Fixtures(target, client, streams=streams)
            try:
                fixtures.prepare()
                result = run_schema_tests(
                    document, target, fixtures, settings, scrub=self.scrub, on_progress=display.on_schema
                )
            finally:
                left = fixtures.clean_up()
            result.left_behind = left
            return result

    def _both(
        self, schema: Callable[[], SchemaResult], behaviour: Callable[[], BehaviourResult]
    ) -> tuple[SchemaResult, BehaviourResult]:
        """Both parts at once; Schemathesis in this thread, because Ctrl-C arrives there."""
        done: list[BehaviourResult] = []
        errors: list[BaseException] = []

        def in_thread() -> None:
            try:
                done.append(behaviour())
            except BaseException as error:
                errors.append(error)

        thread = threading.Thread(target=in_thread, name="behaviour-tests")
        thread.start()
        try:
            schema_result = schema()
            if schema_result.stopped == "interrupted":
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
        return schema_result, done[0]

    def _finish(self, outcome: Outcome) -> int:
        options = self.options
        files: list[str] = []
        if options.report:
            options.report.mkdir(parents=True, exist_ok=True)
            for name, write in (("report.html", write_html), ("junit.xml", write_junit)):
                write(outcome, options.report / name)
                files.append(str(options.report / name))
        if (
            options.baseline
            and (options.write_baseline or options.prune_baseline)
            and not outcome.interrupted
        ):
            outcome.baseline_note = update_baseline(
                options.baseline, outcome, write=options.write_baseline, prune=options.prune_baseline
            )
        print_summary(self.console, outcome, self.scrub, files=files)
        if outcome.interrupted:
            return INTERRUPTED
        if not outcome.checked:
            return CANNOT_TEST
        return BROKEN if outcome.broken and not options.write_baseline else KEPT


if __name__ == "__main__":
    sys.exit(main())
