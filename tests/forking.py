"""Run the tests in processes that are forked after the collection: `pytest -p tests.forking --forks 4`.

With pytest-xdist, each process imports and collects all tests, and sends six messages for each one to the
process that reports them. These processes inherit what one has imported and collected, and send one message.
Otherwise they look like those of pytest-xdist to fixtures and plugins.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
import uuid
from collections import deque
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from typing import Any, NoReturn

import pytest

from tests.scheduling import parts

PATIENCE = 10.0
"""Seconds that a process has for its fixtures when the run is interrupted."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--forks", type=int, default=0, help="run the tests in that many forked processes")


class Hooks:
    def pytest_fork_finished(self, config: pytest.Config, output: dict[str, Any]) -> None:
        """Called when a process has run its tests, with its `config.workeroutput`."""


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    pluginmanager.add_hookspecs(Hooks)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    option = session.config.option
    if option.forks < 2 or option.collectonly or option.usepdb or session.testsfailed:
        return None  # pytest's own loop
    Controller(session).run(option.forks)
    if session.shouldfail:
        raise session.Failed(session.shouldfail)
    if session.shouldstop:
        raise session.Interrupted(session.shouldstop)
    return True


# The process that reports -----------------------------------------------------------------------------------


@dataclass(eq=False)
class Process:
    pid: int
    connection: Connection
    given: deque[int] = field(default_factory=deque)
    """The tests that it was given and has not reported."""


class Controller:
    """Forks processes, gives each a part of the tests whenever it asks, and reports what they send."""

    def __init__(self, session: pytest.Session) -> None:
        self._session, self._config = session, session.config
        part_of = parts((item.nodeid for item in session.items), session.config.rootpath)
        by_part: dict[str, list[int]] = {}
        for index, item in enumerate(session.items):
            by_part.setdefault(part_of[item.nodeid], []).append(index)
        self._parts = deque(by_part.values())
        self._processes: list[Process] = []
        self._started = 0
        self._run = uuid.uuid4().hex

    def run(self, forks: int) -> None:
        self._config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]  # all share the directory
        try:
            for _ in range(min(forks, len(self._parts))):
                self._fork()
            while self._processes:
                ready = wait([process.connection for process in self._processes])
                for process in [one for one in self._processes if one.connection in ready]:
                    self._receive(process)
        finally:
            self._stop()

    def _fork(self) -> None:
        ours, theirs = Pipe()
        number, self._started = self._started, self._started + 1
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            ours.close()
            for process in self._processes:
                process.connection.close()
            _become(self._session, theirs, f"gw{number}", self._run)
        theirs.close()
        self._processes.append(Process(pid, ours))

    def _receive(self, process: Process) -> None:
        try:
            kind, value = process.connection.recv()
        except (EOFError, ConnectionResetError):
            self._ended(process)
            return
        if kind == "more":
            stopped = self._session.shouldfail or self._session.shouldstop
            part = [] if stopped or not self._parts else self._parts.popleft()
            process.given.extend(part)
            process.connection.send(part)
        elif kind == "test":
            self._report(process.given.popleft(), value)
        elif kind == "warning":
            self._config.hook.pytest_warning_recorded.call_historic(kwargs=value)
        elif kind == "broken":
            process.given.clear()
            self._session.shouldstop = value
        else:
            process.given.clear()  # not empty after a failure that stops the run
            self._config.hook.pytest_fork_finished(config=self._config, output=value)

    def _report(self, index: int, reports: list[dict[str, Any]]) -> None:
        hook, item = self._config.hook, self._session.items[index]
        hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        for data in reports:
            report = hook.pytest_report_from_serializable(config=self._config, data=data)
            hook.pytest_runtest_logreport(report=report)
        hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)

    def _ended(self, process: Process) -> None:
        """Let another process run what this one was given if it died."""
        self._processes.remove(process)
        process.connection.close()
        status = os.waitstatus_to_exitcode(os.waitpid(process.pid, 0)[1])
        if status and not process.given and not self._session.shouldstop:
            self._session.shouldstop = f"a process ended with status {status} outside of a test"
        if process.given:
            item = self._session.items[index := process.given.popleft()]
            report = pytest.TestReport(
                item.nodeid, item.location, {}, "failed", f"its process ended with status {status}", "call"
            )
            self._report(
                index,
                [self._config.hook.pytest_report_to_serializable(config=self._config, report=report)],
            )
            self._parts.appendleft(list(process.given))
            self._fork()

    def _stop(self) -> None:
        """End the processes of a run that is interrupted."""
        for process in self._processes:
            os.kill(process.pid, signal.SIGINT)
        for process in self._processes:
            while wait([process.connection], PATIENCE):
                try:
                    process.connection.recv()
                except (EOFError, ConnectionResetError):
                    break
            else:
                os.kill(process.pid, signal.SIGKILL)
            os.waitpid(process.pid, 0)


# The processes that run the tests ---------------------------------------------------------------------------


class Sender:
    """Collects the reports of the test that runs, and sends warnings."""

    def __init__(self, config: pytest.Config, connection: Connection) -> None:
        self._config, self._connection = config, connection
        self.reports: list[dict[str, Any]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.reports.append(
            self._config.hook.pytest_report_to_serializable(config=self._config, report=report)
        )

    def pytest_warning_recorded(self, warning_message: Any, when: str, nodeid: str, location: Any) -> None:
        warning_message.source = None  # may be any object
        values = {"warning_message": warning_message, "when": when, "nodeid": nodeid, "location": location}
        self._connection.send(("warning", values))


def _become(session: pytest.Session, connection: Connection, name: str, run: str) -> NoReturn:
    """Run tests until there are no more, in a new process, then end it."""
    status = 1
    try:
        sender = _prepare(session.config, connection, name, run)
        try:
            _work(session, connection, sender)
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            _finish(session, connection)
        status = 0
    except BaseException as error:
        reason = f"{type(error).__name__}: {error}"
        if not isinstance(error, (KeyboardInterrupt, pytest.exit.Exception)):
            reason = traceback.format_exc()
        connection.send(("broken", reason))
    finally:
        os._exit(status)  # the interpreter need not take apart what it inherited


def _prepare(config: pytest.Config, connection: Connection, name: str, run: str) -> Sender:
    os.environ["PYTEST_XDIST_WORKER"], os.environ["PYTEST_XDIST_TESTRUNUID"] = name, run
    inherited: Any = config
    inherited.workerinput = {"workerid": name, "testrunuid": run}
    inherited.workeroutput = {}
    factory = inherited._tmp_path_factory
    factory._basetemp = factory.getbasetemp() / f"popen-{name}"
    factory._basetemp.mkdir(mode=0o700)
    plugins = config.pluginmanager
    plugins.unregister(name="terminalreporter")
    capture: Any = plugins.getplugin("capturemanager")
    capture.stop_global_capturing()  # its file has one position for all processes
    capture.start_global_capturing()
    sender = Sender(config, connection)
    plugins.register(sender)
    return sender


def _work(session: pytest.Session, connection: Connection, sender: Sender) -> None:
    given: deque[int] = deque()

    def ask() -> None:
        connection.send(("more", None))
        given.extend(connection.recv())

    ask()
    while given and not session.shouldfail and not session.shouldstop:
        item = session.items[given.popleft()]
        if not given:
            ask()  # pytest ends the fixtures that the next test does not use
        following = session.items[given[0]] if given else None
        sender.reports.clear()
        session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        connection.send(("test", sender.reports))


def _finish(session: pytest.Session, connection: Connection) -> None:
    config: Any = session.config
    session.exitstatus = pytest.ExitCode.OK
    config.hook.pytest_sessionfinish(session=session, exitstatus=session.exitstatus)
    config._ensure_unconfigure()
    connection.send(("finished", config.workeroutput))
