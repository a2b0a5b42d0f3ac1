"""For every test: our client's requests are held against the document, contract tests' traffic is counted.

A test that sends an invalid request on purpose says so, and why:
`@pytest.mark.sends_invalid_requests("an unknown field must be refused by the server")`.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Generator
from typing import Any, cast

import httpx
import pytest

from helmr_contract.coverage import Coverage, Exchange, explain_missing, load_unreachable
from helmr_contract.document import Document
from helmr_contract.recording import Listener, body_of, listening
from helmr_contract.requests import InvalidRequest, RequestValidator, request_validator

CLIENT_HEADER = "Helmr-SDK-Version"
CLIENT_NAME = "helmr-python/"
BEHAVIOUR = "helmr_contract/behaviour/"


class ClientRequests(Listener):
    """Notes what is wrong with the requests of our client (not with those of other HTTP clients)."""

    def __init__(self, validator: RequestValidator | None = None) -> None:
        self._validator = validator
        self._lock = threading.Lock()
        self.violations: list[str] = []
        self.checked = 0

    def on_request(self, request: httpx.Request) -> None:
        if not request.headers.get(CLIENT_HEADER, "").startswith(CLIENT_NAME):
            return
        validator = self._validator or request_validator()
        try:
            validator.check(request)
        except InvalidRequest as error:
            with self._lock:
                self.violations += error.violations
        with self._lock:
            self.checked += 1


@pytest.fixture(autouse=True)
def client_requests(request: pytest.FixtureRequest) -> Generator[ClientRequests]:
    """Fails the test at its end when our client sent a request that the document does not allow."""
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


# What the whole test run reached of the document ------------------------------------------------------------


class Traffic(Listener):
    """Counts what the contract tests of this process reached of the document.

    Only the behaviour tests' own traffic, and what the schema test adds: an answer that a mock or a fake
    server gave in some other test says nothing about a control plane.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.coverage = Coverage(Document.load())

    def on_exchange(self, request: httpx.Request, response: httpx.Response) -> None:
        if BEHAVIOUR not in os.environ.get("PYTEST_CURRENT_TEST", ""):
            return
        headers, body = tuple(request.headers), bool(body_of(request))
        url = str(request.url)
        with self._lock:
            self.coverage.add(Exchange(request.method, url, response.status_code, headers, body))


TRAFFIC = pytest.StashKey[Traffic]()
LISTENING = pytest.StashKey[Any]()
_FROM_WORKER = "helmr_contract_coverage"


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
    """Of the whole run, to add what was not sent with httpx."""
    return pytestconfig.stash[TRAFFIC]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """A worker of pytest-xdist has ended: add what its tests reached."""
    stored = getattr(node, "workeroutput", {}).get(_FROM_WORKER)
    if stored is not None:
        cast(pytest.Config, node.config).stash[TRAFFIC].coverage.add_dict(stored)


def _is_whole_run(config: pytest.Config) -> bool:
    chosen = config.getoption("keyword", "") or config.getoption("markexpr", "")
    return config.args_source is pytest.Config.ArgsSource.TESTPATHS and not chosen


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    config = session.config
    coverage = config.stash[TRAFFIC].coverage
    if hasattr(config, "workeroutput"):
        config.workeroutput[_FROM_WORKER] = coverage.to_dict()
    elif exitstatus == pytest.ExitCode.OK and _is_whole_run(config) and _unexplained(coverage):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _unexplained(coverage: Coverage) -> list[str]:
    missing = explain_missing(coverage, load_unreachable())
    return [f"{entry.operation} {entry.status}" for entry in missing if entry.reason is None]


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    coverage = config.stash[TRAFFIC].coverage
    if not _is_whole_run(config):
        return
    terminalreporter.section("what the tests reached of the document")
    terminalreporter.line(
        f"operations {coverage.operations_reached} of {coverage.operations_documented}, "
        f"statuses {coverage.statuses_reached} of {coverage.statuses_documented}, "
        f"parameters {coverage.parameters_reached} of {coverage.parameters_documented}, "
        f"{coverage.exchanges:,} requests"
    )
    for entry in explain_missing(coverage, load_unreachable()):
        if entry.reason is None:
            terminalreporter.line(
                f"NOT REACHED: {entry.operation} {entry.status} (see unreachable.toml)", red=True
            )
