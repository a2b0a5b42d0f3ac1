"""Fixtures for all tests: validate our client's requests against the document and count contract coverage.

A test that sends an invalid request on purpose declares it with a reason:
`@pytest.mark.sends_invalid_requests("the server must reject an unknown field")`.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import ssl
import threading
from collections.abc import Generator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, cast

import httpx
import pytest
from hypothesis import HealthCheck, settings

from helmr_contract.coverage import Coverage, Exchange, explain_missing, load_unreachable
from helmr_contract.document import Document
from helmr_contract.recording import Listener, listening
from helmr_contract.request_validator import InvalidRequest, RequestValidator, body_of, request_validator
from tests.scheduling import ordered, parts

# The duration of an example depends on the load of the machine, so Hypothesis must not judge it.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

# httpx reads the certificates of authorities for each client, which takes longer than most tests, and hardly
# any test opens a TLS connection. Clients with equal settings share the context of the first one.
_create_context = httpx.create_ssl_context


@cache
def _shared_context(trust_env: bool, *environment: str | None) -> ssl.SSLContext:
    del environment  # httpx reads these variables itself
    return _create_context(trust_env=trust_env)


def _context(
    verify: ssl.SSLContext | str | bool = True, cert: Any = None, trust_env: bool = True
) -> ssl.SSLContext:
    if verify is not True or cert is not None:
        return _create_context(verify=verify, cert=cert, trust_env=trust_env)
    return _shared_context(trust_env, os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


httpx._transports.default.create_ssl_context = _context  # type: ignore[attr-defined]

# Shells start background jobs with SIGINT ignored, and nohup ignores SIGHUP. Programs that the tests stop
# with these signals would inherit that.
for _name in ("SIGINT", "SIGHUP"):
    _number = getattr(signal, _name, None)  # Windows has no SIGHUP
    if _number is not None and signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, signal.default_int_handler if _name == "SIGINT" else signal.SIG_DFL)

CLIENT_HEADER = "Helmr-SDK-Version"
CLIENT_NAME = "helmr-python/"
BEHAVIOUR = "helmr_contract/behaviour/"
SMALL = 4_096
"""Bytes of a body whose request is remembered as valid."""


class ClientRequests(Listener):
    """Collects violations in requests from our client; requests from other HTTP clients are not checked."""

    _known: ClassVar[set[tuple[object, ...]]] = set()
    """Small valid requests. Tests send some of them a thousand times, and a check takes a millisecond."""

    def __init__(self, validator: RequestValidator | None = None) -> None:
        self._validator = validator
        self._lock = threading.Lock()
        self.violations: list[str] = []
        self.checked = 0

    def on_request(self, request: httpx.Request) -> None:
        if not request.headers.get(CLIENT_HEADER, "").startswith(CLIENT_NAME):
            return
        validator = self._validator or request_validator()
        body = body_of(request)
        sent = (validator, request.method, str(request.url), *request.headers.raw, body)
        if sent not in self._known:
            try:
                validator.check(request)
                if len(body or b"") <= SMALL:
                    self._known.add(sent)
            except InvalidRequest as error:
                with self._lock:
                    self.violations += error.violations
        with self._lock:
            self.checked += 1


@pytest.fixture(autouse=True)
def client_requests(request: pytest.FixtureRequest) -> Generator[ClientRequests]:
    """Fail the test at teardown if our client sent a request that the document does not allow."""
    sent = ClientRequests()
    with listening(sent):
        yield sent
    marker = request.node.get_closest_marker("sends_invalid_requests")
    if marker is not None:
        if not marker.args:
            pytest.fail("sends_invalid_requests needs a reason", pytrace=False)
    elif sent.violations:
        pytest.fail(
            "requests that the document does not allow:\n  " + "\n  ".join(sent.violations), pytrace=False
        )


@pytest.fixture
def closed_url() -> Generator[str]:
    """The URL of a port that refuses connections.

    The port stays bound, so no other process can get it while the test runs.
    """
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # without listen(), the kernel refuses connections
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


# Tests that share a process ---------------------------------------------------------------------------------


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Schedule tests for `--dist loadgroup` by their parts, in the order in which they were collected.

    pytest 9.2 loses the group suffix that pytest-xdist 3.8 adds to node ids, so each process would repeat the
    group's shared setup.
    """
    if config.getoption("dist") != "loadgroup":
        return None
    from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # xdist ships no types

    config.option.loadscopereorder = False  # it would order the parts by their number of tests

    class ByPart(LoadScopeScheduling):  # type: ignore[misc]
        def schedule(self) -> None:
            if self.collection is None:
                self.part_of = parts(next(iter(self.registered_collections.values())), config.rootpath)
            super().schedule()

        def _split_scope(self, nodeid: str) -> str:
            return self.part_of[nodeid]

    return ByPart(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):  # set by pytest-xdist in its workers
        order = ordered([item.nodeid for item in items], config.rootpath)
        items[:] = [items[index] for index in order]


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect without the garbage collector, which would take a quarter of the time of each process.

    What was collected stays until the end, so later collections need not look at it.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


# Contract coverage of the whole test run --------------------------------------------------------------------
#
# Every documented status must be reached by a contract test or listed in unreachable.toml.
# Only a run of all contract tests can check this. With pytest-xdist each worker counts its share and the
# controller checks the sum.


class Traffic(Listener):
    """Counts which parts of the document the contract tests of this process reached.

    Counts only the behaviour tests' own traffic and what the schema test adds. Responses of mocks and fake
    servers in other tests do not count.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.coverage = Coverage(Document.load())
        self.all_contract_tests = False  # this run includes all contract tests
        self.unexplained: list[str] = []

    def on_exchange(self, request: httpx.Request, response: httpx.Response) -> None:
        if BEHAVIOUR not in os.environ.get("PYTEST_CURRENT_TEST", ""):
            return
        headers, body = tuple(request.headers), bool(body_of(request))
        url = str(request.url)
        with self._lock:
            self.coverage.add(Exchange(request.method, url, response.status_code, headers, body))


TRAFFIC = pytest.StashKey[Traffic]()
LISTENING = pytest.StashKey[Any]()
DESELECTED = pytest.StashKey[bool]()
_FROM_WORKER = "helmr_contract_coverage"
_ROOT = Path(__file__).resolve().parent.parent
_SCHEMA_TEST = _ROOT / "tests" / "contract" / "test_schema_contract.py"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "sends_invalid_requests(reason): the client's requests in this test break the document on purpose",
    )
    config.stash[TRAFFIC] = Traffic()
    config.stash[LISTENING] = listening(config.stash[TRAFFIC])
    config.stash[LISTENING].__enter__()


def pytest_unconfigure(config: pytest.Config) -> None:
    if LISTENING in config.stash:
        config.stash[LISTENING].__exit__(None, None, None)


@pytest.fixture(scope="session")
def traffic(pytestconfig: pytest.Config) -> Traffic:
    """The coverage of the whole run. Tests that do not use httpx add their exchanges here."""
    return pytestconfig.stash[TRAFFIC]


def _is_contract_test(item: pytest.Item) -> bool:
    return item.path == _SCHEMA_TEST or item.path.is_relative_to(_ROOT / BEHAVIOUR)


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    for item in filter(_is_contract_test, items):
        item.config.stash[DESELECTED] = True


def pytest_collection_finish(session: pytest.Session) -> None:
    files = {_SCHEMA_TEST, *(_ROOT / BEHAVIOUR).glob("test_*.py")}
    tested = {item.path for item in session.items}
    whole_files = all("::" not in argument for argument in session.config.args)
    config = session.config
    config.stash[TRAFFIC].all_contract_tests = (
        files <= tested and whole_files and not config.stash.get(DESELECTED, False)
    )


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Add the coverage of a pytest-xdist worker that has finished."""
    stored = getattr(node, "workeroutput", {}).get(_FROM_WORKER)
    if stored is not None:
        traffic = cast(pytest.Config, node.config).stash[TRAFFIC]
        traffic.coverage.add_dict(stored)
        traffic.all_contract_tests = stored["all_contract_tests"]


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    config = session.config
    traffic = config.stash[TRAFFIC]
    worker_output: dict[str, Any] | None = getattr(
        config, "workeroutput", None
    )  # set by pytest-xdist in its workers
    if worker_output is not None:
        stored = {**traffic.coverage.to_dict(), "all_contract_tests": traffic.all_contract_tests}
        worker_output[_FROM_WORKER] = stored
        return
    if config.option.collectonly or config.getoption("helmr_url", None):
        traffic.all_contract_tests = False  # no tests ran, or they ran against another server
    # A failed test lowers the coverage, so report missing statuses only if all tests passed.
    if traffic.all_contract_tests and exitstatus == pytest.ExitCode.OK:
        missing = explain_missing(traffic.coverage, load_unreachable())
        traffic.unexplained = [
            f"{entry.operation} {entry.status}" for entry in missing if entry.reason is None
        ]
        if traffic.unexplained:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    traffic = config.stash[TRAFFIC]
    if not traffic.all_contract_tests:
        return
    coverage = traffic.coverage
    terminalreporter.section("what the contract tests reached of the document")
    terminalreporter.line(
        f"operations {coverage.operations_reached} of {coverage.operations_documented}, "
        f"statuses {coverage.statuses_reached} of {coverage.statuses_documented}, "
        f"parameters {coverage.parameters_reached} of {coverage.parameters_documented}, "
        f"{coverage.exchanges:,} requests"
    )
    if traffic.unexplained:
        terminalreporter.line(
            f"FAILED: no test reaches {len(traffic.unexplained)} documented statuses. Test each, or say in "
            "helmr_contract/unreachable.toml why that is impossible:",
            red=True,
        )
        for status in traffic.unexplained:
            terminalreporter.line(f"  {status}", red=True)
