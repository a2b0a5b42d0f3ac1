"""Runs the behaviour tests (`helmr_contract.behaviour`) in a separate process and reads their results."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from helmr_contract import recording
from helmr_contract.coverage import Coverage, Exchange
from helmr_contract.document import Document
from helmr_contract.interrupts import own_group, stop
from helmr_contract.rule_operations import read
from helmr_contract.rules import FOLDER, chosen, rule_id
from helmr_contract.secrets import Scrubber
from helmr_contract.selection import Selection
from helmr_contract.target import Target, TargetError

PACKAGE = "helmr_contract.behaviour"
_PATIENCE = 30.0  # seconds for a process to clean up after an interrupt
_NOTHING_COLLECTED = 5  # an exit status of pytest
_TO_THE_END = (0, 1, _NOTHING_COLLECTED)

# Environment variables that would change what pytest collects or how it reports.
_NOT_PASSED_ON = (
    "PYTEST_ADDOPTS",
    "PYTEST_PLUGINS",
    "PYTEST_XDIST_WORKER",
    "HELMR_API_URL",
    "HELMR_CONTRACT_URL",
)


@dataclass(frozen=True, slots=True)
class BehaviourOptions:
    streams: str | None = None
    time_budget: float | None = None
    baseline: frozenset[tuple[str, str]] = frozenset()  # rule ids, each with an accepted cause
    jobs: int = 1  # processes that share the tests
    strict_text: bool = False  # also check the exact text of responses
    # The tests to run, as passed to pytest with --pyargs; all if empty.
    nodes: tuple[str, ...] = ()
    keyword: str | None = None  # an expression for pytest's -k
    left_out: Mapping[str, str] = field(default_factory=dict[str, str])  # operations, each with the reason
    no_worker: str | None = None  # why tests that need a worker are skipped
    counted: frozenset[str] | None = None  # the rules that the progress counts; None: all


@dataclass(frozen=True, slots=True)
class RuleBreach:
    """One way in which a rule is broken."""

    cause: str  # without details that differ from run to run
    expected: str
    got: str
    answered: str  # the response as received
    shared: str | None = None  # the cause, if responses of other operations share it
    operation: str | None = None  # the operationId of the request whose response is wrong
    foreign: str | None = None  # how that response differs in form from the contract's errors
    curl: tuple[str, ...] = ()


@dataclass(slots=True)
class Rule:
    """One test function: a rule of the contract, tested with one or more examples."""

    id: str  # module::function
    sections: tuple[str, ...] = ()
    outcomes: dict[str, str] = field(default_factory=dict[str, str])  # by test id
    seconds: float = 0.0
    message: str = ""
    curl: tuple[str, ...] = ()
    breaches: dict[str, RuleBreach] = field(default_factory=dict[str, RuleBreach])  # by cause
    accepted: frozenset[str] = frozenset()  # causes that the baseline accepts

    @property
    def known(self) -> bool:
        """True if the baseline accepts every breach of the rule."""
        return bool(self.breaches) and self.accepted >= self.breaches.keys()

    @property
    def outcome(self) -> str:
        """`broken` if any example fails, else `kept` if any passes, else `skipped` or `not run`."""
        outcomes = set(self.outcomes.values())
        for outcome, verdict in (("failed", "broken"), ("passed", "kept"), ("skipped", "skipped")):
            if outcome in outcomes:
                return verdict
        return "not run"

    @property
    def title(self) -> str:
        """The rule in words, derived from the function's name."""
        return self.id.rpartition("::")[2].removeprefix("test_").replace("_", " ")

    @property
    def name(self) -> str:
        """The rule's id, as accepted by `--rule`."""
        return rule_id(self.id)

    @property
    def module(self) -> str:
        return Path(self.id.partition("::")[0]).stem.removeprefix("test_")


@dataclass(slots=True)
class BehaviourResult:
    coverage: Coverage
    rules: dict[str, Rule] = field(default_factory=dict[str, Rule])
    seconds: float = 0.0
    stopped: str | None = None
    failed: str | None = None  # the error that ended the tests early

    def with_outcome(self, outcome: str) -> list[Rule]:
        return [rule for rule in self.rules.values() if rule.outcome == outcome]

    @property
    def new_broken(self) -> list[Rule]:
        return [rule for rule in self.with_outcome("broken") if not rule.known]


@dataclass(frozen=True, slots=True)
class BehaviourProgress:
    rules: int  # collected rules, except those that need a left-out operation
    done: int  # of them; a rule is done when all its examples are
    broken: int
    current: str


def check_keyword(keyword: str | None) -> None:
    """Refuse an invalid pytest `-k` expression before anything is started.

    Raises:
        TargetError: The expression is invalid; the message says why.
    """
    from _pytest.mark.expression import Expression

    try:
        Expression.compile(_expression(keyword or ""))
    except Exception as error:  # its class differs between pytest versions
        what = getattr(error, "msg", error)
        raise TargetError(
            f"-k {keyword!r} is not an expression: {what}; write names with and, or, not and parentheses"
        ) from None


def _expression(keyword: str) -> str:
    """Convert the hyphens of rule ids to the underscores of function names."""
    return keyword.replace("-", "_")


def run_behaviour_tests(
    document: Document,
    target: Target | None,
    options: BehaviourOptions,
    *,
    scrub: Scrubber,
    on_progress: Callable[[BehaviourProgress], None] = lambda _: None,
    cancelled: threading.Event | None = None,
) -> BehaviourResult:
    """Run the behaviour tests against the target, or against a helmr_local with the probe that they start."""
    result = BehaviourResult(Coverage(document, target.base_path if target else ""))
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="helmr-contract-") as directory:
        work = Path(directory)
        # An empty configuration, so that pytest reads none from a parent directory.
        (work / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        record = work / "record"
        record.mkdir()
        with (work / "output").open("wb") as output:
            processes = [
                subprocess.Popen(  # noqa: S603 - this interpreter, arguments of our own
                    _command(target, options, work) + _share(number, options.jobs),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=_environment(target, record),
                    cwd=work,
                    **own_group(),  # Ctrl-C is handled here, and this process ends the child
                )
                for number in range(options.jobs)
            ]
            reader = _Reader(result, options, record, on_progress)
            try:
                _watch(processes, reader, options, result, started, cancelled)
            finally:
                stop(processes, _PATIENCE)
            reader.read()
        tail = (work / "output").read_text(encoding="utf-8", errors="replace").strip().splitlines()
        nothing = all(process.returncode == _NOTHING_COLLECTED for process in processes)
        if not result.rules and options.keyword is not None and nothing:
            raise TargetError(f"no rule matches -k {options.keyword!r}; `helmr-contract rules` lists them")
        if (reader.finished < len(processes) and result.stopped is None) or not result.rules:
            errors = [line.partition("helmr contract:")[2].strip(" !") for line in tail]
            errors = reader.reasons or list(filter(None, errors)) or tail[-3:]
            reason = scrub(" / ".join(errors) or "no output")
            if not any(rule.outcomes for rule in result.rules.values()):
                raise TargetError(f"the behaviour tests could not run: {reason}")
            # Report the results so far all the same.
            result.failed = f"the behaviour tests did not run to the end: {reason}"
            result.stopped = reason
    result.seconds = time.monotonic() - started
    return result


def rules_to_test(selection: Selection, patterns: Iterable[str] = ()) -> frozenset[str] | None:
    """Return the ids of the rules, chosen by patterns, that need no left-out operation; None if no operation
    is left out. The source of each is read, which takes a second for all of them.

    Call this before the schema tests start: CPython 3.11 cannot parse source code in two threads at once.
    """
    if selection.is_whole:
        return None
    sources = ((rule.id, read(rule, selection.document)) for rule in chosen(patterns))
    return frozenset(
        name for name, source in sources if selection.left_out.keys().isdisjoint(source.about + source.uses)
    )


def _share(number: int, jobs: int) -> list[str]:
    """Return the options that restrict one of several processes to its modules."""
    return [] if jobs == 1 else ["--helmr-share", f"{number}/{jobs}"]


def _command(target: Target | None, options: BehaviourOptions, work: Path) -> list[str]:
    command = [
        *(sys.executable, "-m", "pytest", "-q", "--no-header", "--tb=short", "--import-mode=importlib"),
        *("-p", "no:cacheprovider", "-p", f"{PACKAGE}.plugin", "-p", recording.__name__),
        *("-c", str(work / "pytest.ini"), "--rootdir", str(FOLDER)),  # ids start with the module's name
        *("--pyargs", *(options.nodes or (PACKAGE,))),
    ]
    if target is not None:
        command += ["--helmr-url", target.url, "--helmr-task", target.task]
        if options.no_worker is None:
            command.append("--helmr-worker-ready")
    if options.no_worker is not None:
        command += ["--helmr-no-worker-because", options.no_worker]
    if options.keyword is not None:
        command += ["-k", _expression(options.keyword)]
    if options.strict_text:
        command.append("--helmr-strict-text")
    if options.left_out:
        path = work / "left-out.json"
        path.write_text(json.dumps(dict(options.left_out)), encoding="utf-8")
        command += ["--helmr-left-out", str(path)]
    if options.streams is not None:
        command += ["--helmr-streams", options.streams]
    return command


def _environment(target: Target | None, record: Path) -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if name not in _NOT_PASSED_ON}
    environment.pop("HELMR_API_KEY", None)
    environment.pop("HELMR_CONTRACT_KEY", None)
    if target is not None:
        environment["HELMR_CONTRACT_KEY"] = target.key
    environment[recording.DIRECTORY] = str(record)
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # the user's plugins could change the results
    return environment


def _watch(
    processes: Sequence[subprocess.Popen[bytes]],
    reader: _Reader,
    options: BehaviourOptions,
    result: BehaviourResult,
    started: float,
    cancelled: threading.Event | None,
) -> None:
    while True:
        running = [process for process in processes if process.poll() is None]
        if not running:
            return
        with suppress(subprocess.TimeoutExpired):
            running[0].wait(timeout=0.2)
        reader.read()
        if options.time_budget is not None and time.monotonic() - started > options.time_budget:
            result.stopped = "time budget spent"
            return
        if cancelled is not None and cancelled.is_set():
            result.stopped = "interrupted"
            return


_CHANGING = (
    (re.compile(r"helmr-contract-[\w-]*[0-9a-f]{32}"), "<name>"),
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE), "<id>"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)"), "<time>"),
    (re.compile(r"\b(127\.0\.0\.1|localhost):\d+"), "<host>"),
)


def stable(text: str) -> str:
    """Return the text without ids, names, times and ports, which differ from run to run."""
    for pattern, replacement in _CHANGING:
        text = pattern.sub(replacement, text)
    return text


class _Reader:
    """Reads the recorded lines as they are written."""

    def __init__(
        self,
        result: BehaviourResult,
        options: BehaviourOptions,
        directory: Path,
        on_progress: Callable[[BehaviourProgress], None],
    ) -> None:
        self._counted = options.counted
        self.finished = 0  # processes that ran to the end
        self.reasons: list[str] = []  # why processes did not
        self._result = result
        self._options = options
        self._directory = directory
        self._on_progress = on_progress
        self._positions: dict[Path, int] = {}
        self._examples: Counter[str] = Counter()  # of each counted rule, those still to be tested
        self._done: set[str] = set()  # examples
        self._current = ""

    def read(self) -> None:
        for event in self._new_events():
            getattr(self, f"_on_{event.pop('event')}")(**event)
        broken = len(self._result.with_outcome("broken"))
        done = sum(left <= 0 for left in self._examples.values())
        self._on_progress(BehaviourProgress(len(self._examples), done, broken, self._current))

    def _new_events(self) -> Iterator[dict[str, Any]]:
        for path in sorted(self._directory.glob("*.jsonl")):
            with path.open("rb") as file:
                file.seek(self._positions.get(path, 0))
                for line in file:
                    if not line.endswith(b"\n"):
                        break  # still being written
                    self._positions[path] = self._positions.get(path, 0) + len(line)
                    yield json.loads(line)

    def _rule(self, function: str) -> Rule:
        if function not in self._result.rules:
            name = rule_id(function)
            accepted = frozenset(cause for rule, cause in self._options.baseline if rule == name)
            self._result.rules[function] = Rule(function, accepted=accepted)
        return self._result.rules[function]

    def _counts(self, rule: Rule) -> bool:
        return self._counted is None or rule.name in self._counted

    def _on_collected(self, tests: list[str]) -> None:
        for function in tests:
            if self._counts(self._rule(function)):
                self._examples[function] += 1

    def _on_start(self, test: str) -> None:
        self._current = test

    def _on_outcome(
        self,
        test: str,
        function: str,
        when: str,
        outcome: str,
        seconds: float,
        rules: list[str],
        message: str,
        curl: list[str],
        breach: dict[str, Any] | None,
    ) -> None:
        rule = self._rule(function)
        if self._counts(rule) and test not in self._done:
            self._done.add(test)
            self._examples[function] -= 1
        elif outcome == "failed":
            self._examples.setdefault(function, 0)  # it was tested, although nobody expected that
        rule.sections = tuple(rules)
        rule.seconds += seconds
        # A test that passes but whose cleanup fails counts as failed.
        if rule.outcomes.get(test) != "failed":
            rule.outcomes[test] = outcome
        if message and (not rule.message or outcome == "failed"):
            rule.message = message
        if curl and not rule.curl:
            rule.curl = tuple(curl)
        if breach is not None:
            found = self._breach(breach, tuple(curl))
            rule.breaches.setdefault(found.cause, found)

    def _breach(self, reported: dict[str, Any], curl: tuple[str, ...]) -> RuleBreach:
        path = urlsplit(str(reported["url"])).path.removeprefix(self._result.coverage.base_path)
        matched = self._result.coverage.document.match(reported["method"], path) if reported["url"] else None
        operation = matched[0].id if matched else None
        where = operation or f"{reported['method']} {path}".strip()
        named = where and not reported["alone"]
        cause = stable(f"{where}: {reported['cause']}" if named else reported["cause"])
        shared = stable(reported["cause"]) if reported["shared"] else None
        return RuleBreach(
            cause,
            reported["expected"],
            reported["got"],
            reported["answered"],
            shared=shared,
            operation=operation,
            foreign=reported["foreign"],
            curl=curl,
        )

    def _on_exchanges(self, exchanges: list[dict[str, Any]]) -> None:
        for exchange in exchanges:
            self._result.coverage.add(
                Exchange(
                    exchange["method"],
                    exchange["url"],
                    exchange["status"],
                    tuple(exchange["headers"]),
                    exchange["has_body"],
                )
            )

    def _on_gave_up(self, reason: str) -> None:
        self.reasons.append(reason)

    def _on_finished(self, status: int) -> None:
        self.finished += status in _TO_THE_END
