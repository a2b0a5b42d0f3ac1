"""Tries one mutant: plants the fault in this process, runs the tests until one fails, says which.

A judge is the only thing that its process does: nothing has to be undone, and the process is left at once
when the verdict is there.
"""

from __future__ import annotations

import copy
import logging
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
from helmr_contract.mutants.catalogue import SERVER, find
from helmr_contract.mutants.mutant import Mutant
from helmr_contract.mutants.patching import FaultError

__all__ = ["Verdict", "control", "try_mutant"]

BEHAVIOUR = "helmr_contract.behaviour"
# How long a test may take: one that takes longer has met what does not end.
PATIENCE = 20
CLIENT_PATIENCE = 60  # some of the client's tests play through many faults
SCHEMA_EXAMPLES = 10


@dataclass
class Verdict:
    """What became of a mutant, or of the code without one."""

    mutant: str
    caught_by: str | None = None
    message: str = ""
    tests: int = 0
    seconds: float = 0.0
    named: bool = False  # caught by a test of a section that the mutant names
    error: str | None = None  # why this is no verdict: the fault could not be planted, or broke the server
    failures: list[str] = field(default_factory=list[str])
    ran: list[str] = field(default_factory=list[str])  # by name, where all are wanted
    slow: list[str] = field(default_factory=list[str])  # tests of which a time-out would tell nothing


Say = Callable[[Verdict], None]


def try_mutant(kind: str, name: str, say: Say, log: str, first: str | None = None) -> None:
    """Try a mutant in this process, which must be a fresh one.

    Args:
        say: Called once with the verdict.
        log: A file for what the tests print.
        first: The test that caught it the last time.
    """
    _print_into(log)
    judge = _Judge(name, say)
    try:
        mutant = find(kind, name)
        with mutant.patch():
            (_try_server if kind == SERVER else _try_client)(judge, mutant, first)
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
    from helmr_contract.mutants.client import ALL_TESTS

    options, order = _client_options(), _Order(frozenset(), first)
    if missing := [path for path in ALL_TESTS if not Path(path).exists()]:
        raise FaultError(f"the client's tests are those of a checkout, which has no {missing[0]} here")
    near = [first.partition("::")[0]] if first else []
    near += [path for path in mutant.tests if path not in near]
    if near:
        judge.run([*options, *near], order)
    judge.run([*options, *ALL_TESTS], order)


def control(seed: int, part: str, say: Say, log: str) -> None:
    """Run the tests over the code as it is, in an order and with examples that the seed decides."""
    _print_into(log)
    judge = _Judge(f"seed {seed}, {part}", say, stop=False)
    if part == "behaviour":
        judge.run(_behaviour_arguments(), _Shuffle(seed))
    else:
        judge.schema((), seed)
    judge.finish()


def confirm(kind: str, tests: list[str], say: Say, log: str) -> None:
    """Run these tests over the code as it is: one that fails here has caught nothing."""
    _print_into(log)
    judge = _Judge("the tests that caught a fault", say, stop=False)
    if kind == SERVER:
        modules = sorted({test.partition("::")[0] for test in tests})
        judge.run(_behaviour_arguments(modules), _Only(tests))
    else:
        judge.patience = CLIENT_PATIENCE
        judge.run([*_client_options(), *sorted({test.partition("::")[0] for test in tests})], _Only(tests))
    judge.finish()


# pytest -----------------------------------------------------------------------------------------------------

_OPTIONS = (
    *("-q", "--no-header", "--tb=short", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:randomly"),
    *("--import-mode=importlib", "--timeout-method=signal"),
)


def _client_options() -> list[str]:
    """For the client's own tests, which are not packaged: they are those of this checkout."""
    os.chdir(Path(__file__).resolve().parents[2])
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    plugins = ("-p", "pytest_timeout", "-p", "helmr_local.pytest_plugin")
    return [*_OPTIONS, f"--timeout={CLIENT_PATIENCE}", *plugins]


def _behaviour_arguments(modules: Iterable[str] | None = None) -> list[str]:
    names = [BEHAVIOUR] if modules is None else [f"{BEHAVIOUR}.{module}" for module in modules]
    # The plugins of other packages take longer to load than most mutants to be caught.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    plugins = ("-p", "pytest_timeout", "-p", f"{BEHAVIOUR}.plugin")
    options = (*_OPTIONS, f"--timeout={PATIENCE}", *plugins)
    return [*options, "-c", os.devnull, "--rootdir", os.sep, "--pyargs", *names]


@lru_cache(maxsize=1)
def _sections_by_module() -> dict[str, frozenset[str]]:
    """The sections that each behaviour test module cites, read from its text: to collect all takes long."""
    found: dict[str, frozenset[str]] = {}
    for file in resources.files(BEHAVIOUR).iterdir():
        if file.name.startswith("test_") and file.name.endswith(".py"):
            cited = re.findall(
                r'"((?:sessions|runs|tokens-auth-errors)\.md [0-9.]+)"', file.read_text("utf-8")
            )
            found[file.name.removesuffix(".py")] = frozenset(cited)
    return found


def _is_of(sections: frozenset[str], item: pytest.Item) -> bool:
    return any(str(cited) in sections for mark in item.iter_markers("rule") for cited in mark.args)


class _Order:
    """Puts the test that caught the mutant last time first, then those of its sections."""

    def __init__(self, sections: frozenset[str], first: str | None) -> None:
        self.sections = sections
        self._first = first

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda item: (_short(item.nodeid) != self._first, not _is_of(self.sections, item)))


class _Only:
    """Leaves out all tests but some."""

    def __init__(self, tests: Iterable[str]) -> None:
        self._tests = frozenset(tests)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if _short(item.nodeid) in self._tests]


class _Shuffle:
    """Puts modules, and the tests within each, in an order of its own."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        chance = random.Random(self._seed)  # noqa: S311  # an order, no secret
        modules = sorted({item.path for item in items})
        places = {path: chance.random() for path in modules}
        keys = {id(item): chance.random() for item in items}
        items.sort(key=lambda item: (places[item.path], keys[id(item)]))


def _short(nodeid: str) -> str:
    """`test_module::test_name[example]` for a behaviour test, `path::test` for another."""
    path, separator, test = nodeid.partition("::")
    if "helmr_contract/behaviour/" in path:
        path = Path(path).stem
    return path + separator + test


class _Judge:
    """Watches the tests, and gives the verdict."""

    def __init__(self, name: str, say: Say, stop: bool = True) -> None:
        self.verdict = Verdict(name)
        self._say = say
        self._stop = stop
        self._began = time.monotonic()
        self._order: Any = None
        self._items: dict[str, pytest.Item] = {}
        self.patience = PATIENCE
        self._crashes = _Crashes()
        logging.getLogger("helmr_local").addHandler(self._crashes)

    def run(self, arguments: Sequence[str], order: object) -> None:
        self._order = order
        code = pytest.main([*arguments, *(["-x"] if self._stop else [])], plugins=[self, order])
        if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            self.verdict.error = f"the tests could not run (exit status {int(code)})"
            self.finish()

    def schema(self, operations: tuple[str, ...], seed: int = 1) -> None:
        """Hold the document against the server, as far as these operations go (all, if none is named)."""
        from helmr_contract.local import local_target
        from helmr_contract.material import Material
        from helmr_contract.schema_tests import SchemaOptions, run_schema_tests
        from helmr_contract.secrets import Scrubber

        document = Document.load()
        if operations:
            document = _limited(document, operations)
        with local_target() as target, target.client() as client:
            material = Material(target, client)
            try:
                material.prepare()
                options = SchemaOptions(seed, SCHEMA_EXAMPLES)
                result = run_schema_tests(document, target, material, options, scrub=Scrubber(target.key))
            finally:
                material.clean_up()
        self.verdict.tests += result.cases
        for failure in result.new_failures:
            self._failed(f"schema: {failure.operation}, {failure.check}", failure.title)

    def finish(self) -> None:
        """Give the verdict, and leave the process without waiting for anything."""
        self.verdict.seconds = time.monotonic() - self._began
        if self._crashes.seen and self.verdict.error is None:
            self.verdict.error = f"the server met an error of its own: {self._crashes.seen[0]}"
        self._say(self.verdict)
        sys.stdout.flush()
        os._exit(0)

    def _failed(self, test: str, message: str) -> None:
        self.verdict.failures.append(f"{test}: {message}")
        if self.verdict.caught_by is None:
            self.verdict.caught_by, self.verdict.message = test, message
            item = self._items.get(test)
            sections = getattr(self._order, "sections", frozenset[str]())
            self.verdict.named = item is not None and _is_of(sections, item)
        if self._stop:
            self.finish()

    # --- hooks of pytest ---------------------------------------------------------------------------

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._items = {_short(item.nodeid): item for item in session.items}

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._failed(_short(report.nodeid), "cannot be collected")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.verdict.tests += report.when == "call"
        if report.when == "call" and not self._stop:
            self.verdict.ran.append(_short(report.nodeid))
        if report.duration > self.patience / 4:
            self.verdict.slow.append(_short(report.nodeid))
        if report.failed:
            self._failed(_short(report.nodeid), _reason(report))


def _limited(document: Document, operations: tuple[str, ...]) -> Document:
    """The document with the paths of these operations only, and without links, which may lead to others."""
    chosen = {document.operations[name].path for name in operations}
    raw = copy.deepcopy(document.raw)
    raw["paths"] = {path: item for path, item in raw["paths"].items() if path in chosen}
    for item in raw["paths"].values():
        for operation in item.values():
            if isinstance(operation, dict):
                for response in cast("Json", operation).get("responses", {}).values():
                    response.pop("links", None)
    return type(document)(raw)


def _reason(report: pytest.TestReport) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    text = str(crash.message if crash is not None else report.longrepr or "")
    return " ".join(text.split())[:300]


class _Crashes(logging.Handler):
    """Errors that the server logs: a fault is one of behaviour, a server that breaks down proves nothing."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        self.seen.append(f"{record.getMessage()}: {error!r}")


def _print_into(log: str) -> None:
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(handle, stream.fileno())
    os.close(handle)
