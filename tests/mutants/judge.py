"""Tries one mutant: plants the fault in this process, runs the tests until one fails, and reports it.

A judge has its own process, so nothing is undone, and the process exits as soon as the verdict is known. It
reports each step to its runner, which kills it if no step arrives in time.
"""

from __future__ import annotations

import copy
import os
import random
import re
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, cast

import pytest

from helmr_contract.document import Document, Json
from helmr_contract.recording import listening

from . import trouble
from .catalogue import CLIENT, find
from .mutant import Mutant
from .planting import FaultError

BEHAVIOUR = "helmr_contract.behaviour"
ROOT = Path(__file__).resolve().parents[2]
SCHEMA_EXAMPLES = 10


@dataclass
class Step:
    """The current step of a judge; `test` is the running test, or empty between two tests."""

    test: str = ""
    named: bool = False


@dataclass
class Verdict:
    """The outcome for a mutant, or for the code without a fault."""

    mutant: str
    caught_by: str | None = None
    message: str = ""
    tests: int = 0
    seconds: float = 0.0
    named: bool = False  # caught by a test of one of the mutant's sections
    error: str | None = None  # why the fault is invalid: it cannot be planted, or its own code crashes
    failures: list[str] = field(default_factory=list[str])
    ran: list[str] = field(default_factory=list[str])  # names, only if all tests run


Say = Callable[[Step | Verdict], None]


def try_mutant(kind: str, name: str, say: Say, log: str, first: str | None = None) -> None:
    """Try a mutant in this process, which must be new.

    Args:
        say: Called with each step and finally with the verdict.
        log: File for the output of the tests.
        first: The test that caught it last time.
    """
    _print_into(log)
    judge = _Judge(name, say, kind)
    try:
        mutant = find(kind, name)
        with mutant.patch():
            (_try_client if kind == CLIENT else _try_server)(judge, mutant, first)
    except FaultError as error:
        judge.verdict.error = str(error)
    judge.finish()


def _try_server(judge: _Judge, mutant: Mutant, first: str | None) -> None:
    sections = frozenset(mutant.breaks)
    near = sorted(module for module, cited in _sections_by_module().items() if cited & sections)
    if first is not None:
        near = sorted({*near, first.partition("::")[0]})
    if near:
        judge.run(_behaviour_arguments(near), _Order(sections, first))
    if mutant.operations:
        judge.schema(mutant.operations)
    judge.run(_behaviour_arguments(), _Order(sections, None))


def _try_client(judge: _Judge, mutant: Mutant, first: str | None) -> None:
    from .client import ALL_TESTS

    options, order = _client_options(), _Order(frozenset(), first)
    near = [first.partition("::")[0]] if first else []
    near += [path for path in mutant.tests if path not in near]
    if near:
        judge.run([*options, *near], order)
    judge.run([*options, *ALL_TESTS], order)


def control(seed: int, part: str, say: Say, log: str) -> None:
    """Run the tests without a fault; the seed determines their order and the examples."""
    _print_into(log)
    judge = _Judge(f"seed {seed}, {part}", say, stop=False)
    if part == "behaviour":
        judge.run(_behaviour_arguments(), _Shuffle(seed))
    else:
        judge.schema((), seed)
    judge.finish()


def confirm(kind: str, tests: list[str], say: Say, log: str) -> None:
    """Run these tests without a fault: a test that fails here did not catch its fault."""
    _print_into(log)
    judge = _Judge("the tests that caught a fault", say, kind, stop=False)
    if kind == CLIENT:
        judge.run([*_client_options(), *sorted({test.partition("::")[0] for test in tests})], _Only(tests))
    else:
        modules = sorted({test.partition("::")[0] for test in tests})
        judge.run(_behaviour_arguments(modules), _Only(tests))
    judge.finish()


# pytest -----------------------------------------------------------------------------------------------------

_OPTIONS = (
    *("-q", "--no-header", "--tb=short", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:randomly"),
    "--import-mode=importlib",
)


def _client_options() -> list[str]:
    os.chdir(ROOT)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    # Some tests set their own timeout; the runner kills the others if they make no progress.
    plugins = ("pytest_timeout", "anyio.pytest_plugin", "helmr_local.pytest_plugin")
    return [*_OPTIONS, "--timeout=0", *(option for plugin in plugins for option in ("-p", plugin))]


def _behaviour_arguments(modules: Iterable[str] | None = None) -> list[str]:
    names = [BEHAVIOUR] if modules is None else [f"{BEHAVIOUR}.{module}" for module in modules]
    # Loading the plugins of other packages would take longer than catching most mutants.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    return [*_OPTIONS, "-p", f"{BEHAVIOUR}.plugin", "-c", os.devnull, "--rootdir", os.sep, "--pyargs", *names]


@lru_cache(maxsize=1)
def _sections_by_module() -> dict[str, frozenset[str]]:
    """Return the sections that each behaviour module cites. They are read from source: collecting is slow."""
    found: dict[str, frozenset[str]] = {}
    for file in resources.files(BEHAVIOUR).iterdir():
        if file.name.startswith("test_") and file.name.endswith(".py"):
            text = file.read_text("utf-8")
            names = dict(re.findall(r'^(\w+) = "([a-z-]+\.md)"$', text, re.MULTILINE))
            cited = re.findall(r'"([a-z-]+\.md [0-9.]+)"', text)
            by_name = re.findall(r'f"\{(\w+)\} ([0-9.]+)"', text)
            cited += [f"{names[name]} {section}" for name, section in by_name if name in names]
            found[file.name.removesuffix(".py")] = frozenset(cited)
    return found


def _is_of(sections: frozenset[str], item: pytest.Item) -> bool:
    return any(str(cited) in sections for mark in item.iter_markers("rule") for cited in mark.args)


class _Order:
    """Runs the test that caught the mutant last time first, then the tests of its sections."""

    def __init__(self, sections: frozenset[str], first: str | None) -> None:
        self.sections = sections
        self._first = first

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda item: (_short(item.nodeid) != self._first, not _is_of(self.sections, item)))


class _Only:
    """Deselects all other tests."""

    def __init__(self, tests: Iterable[str]) -> None:
        self._tests = frozenset(tests)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if _short(item.nodeid) in self._tests]


class _Shuffle:
    """Shuffles the modules and the tests within each."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        chance = random.Random(self._seed)  # noqa: S311  # an order, no secret
        modules = sorted({item.path for item in items})
        places = {path: chance.random() for path in modules}
        keys = {id(item): chance.random() for item in items}
        items.sort(key=lambda item: (places[item.path], keys[id(item)]))


def _short(nodeid: str) -> str:
    """Return `test_module::test_name[example]` for a behaviour test, otherwise `path::test`."""
    path, separator, test = nodeid.partition("::")
    if "helmr_contract/behaviour/" in path:
        path = Path(path).stem
    return path + separator + test


class _Judge:
    """Observes the tests and determines the verdict."""

    def __init__(self, name: str, say: Say, kind: str = "", stop: bool = True) -> None:
        self.verdict = Verdict(name)
        self._say = say
        self._kind = kind
        self._stop = stop
        self._began = time.monotonic()
        self._order: Any = None
        self._items: dict[str, pytest.Item] = {}
        trouble.Log().install()

    def run(self, arguments: Sequence[str], order: object) -> None:
        self._order = order
        failures = trouble.Failures("" if self._kind == CLIENT else "helmr_local")
        plugins = [self, order, failures]
        options = [*arguments, *(["-x"] if self._stop else [])]
        if self._kind == CLIENT:  # client tests fake responses of every status
            code = pytest.main(options, plugins=plugins)
        else:
            with listening(trouble.Responses()):
                code = pytest.main(options, plugins=plugins)
        if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            self.verdict.error = f"the tests could not run (exit status {int(code)})"
            self.finish()

    def schema(self, operations: tuple[str, ...], seed: int = 1) -> None:
        """Run the schema tests for these operations (by default, for all)."""
        from helmr_contract.fixtures import Fixtures
        from helmr_contract.local import local_target
        from helmr_contract.schema.runner import SchemaOptions, run_schema_tests
        from helmr_contract.secrets import Scrubber

        document = Document.load()
        if operations:
            document = _limited(document, operations)
        with local_target() as target, target.client() as client:
            fixtures = Fixtures(target, client)
            try:
                fixtures.prepare()
                result = run_schema_tests(
                    document,
                    target,
                    fixtures,
                    SchemaOptions(seed, SCHEMA_EXAMPLES),
                    scrub=Scrubber(target.key),
                    on_progress=lambda _: self._say(Step()),
                )
            finally:
                fixtures.clean_up()
        self.verdict.tests += result.cases
        for failure in result.new_failures:
            self._failed(f"schema: {failure.operation}, {failure.check}", failure.title)

    def finish(self) -> None:
        """Report the verdict and exit the process immediately."""
        self.verdict.seconds = time.monotonic() - self._began
        if self.verdict.error is None:
            self.verdict.error = trouble.first()
        self._say(self.verdict)
        sys.stdout.flush()
        os._exit(0)

    def _failed(self, test: str, message: str) -> None:
        self.verdict.failures.append(f"{test}: {message}")
        if self.verdict.caught_by is None:
            self.verdict.caught_by, self.verdict.message = test, message
            self.verdict.named = self._is_named(test)
        if self._stop:
            self.finish()

    def _is_named(self, test: str) -> bool:
        item = self._items.get(test)
        return item is not None and _is_of(getattr(self._order, "sections", frozenset[str]()), item)

    # --- pytest hooks ------------------------------------------------------------------------------

    def pytest_configure(self, config: pytest.Config) -> None:
        config.addinivalue_line("markers", "xdist_group(name): of pytest-xdist, which is left out")

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._items = {_short(item.nodeid): item for item in session.items}

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._say(Step())
        if report.failed:  # which does not prove the fault
            self.verdict.error = f"{_short(report.nodeid)} cannot be collected: {_reason(report)}"
            self.finish()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        test = _short(nodeid)
        self._say(Step(test, self._is_named(test)))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        test = _short(report.nodeid)
        self._say(Step("" if report.when == "teardown" else test, self._is_named(test)))
        self.verdict.tests += report.when == "call"
        if report.when == "call" and not self._stop:
            self.verdict.ran.append(test)
        if report.failed:
            self._failed(test, _reason(report))


def _limited(document: Document, operations: tuple[str, ...]) -> Document:
    """Return the document with only the paths of these operations, and without links to others."""
    chosen = {document.operations[name].path for name in operations}
    raw = copy.deepcopy(document.raw)
    raw["paths"] = {path: item for path, item in raw["paths"].items() if path in chosen}
    # Schemathesis reports a link to a missing operation, which would make every fault seem detected.
    responses = list(raw["components"].get("responses", {}).values())
    for item in raw["paths"].values():
        for operation in item.values():
            if isinstance(operation, dict):
                responses += cast("Json", operation).get("responses", {}).values()
    for response in responses:
        response.pop("links", None)
    return type(document)(raw)


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    reason = str(crash.message if crash is not None else report.longrepr or "")
    return " ".join(reason.split())[:300]


def _print_into(log: str) -> None:
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(handle, stream.fileno())
    os.close(handle)
