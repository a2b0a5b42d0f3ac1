"""Detects invalid faults: a test that fails because the fault's own code crashes proves nothing."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Generator
from pathlib import Path
from typing import ParamSpec, TypeVar

import httpx
import pytest

from helmr_contract.recording import Listener

P = ParamSpec("P")
T = TypeVar("T")

HERE = str(Path(__file__).resolve().parent)
# Exceptions that no fault intends.
MISTAKES = (
    ArithmeticError,
    AttributeError,
    ImportError,
    LookupError,
    NameError,
    RecursionError,
    SyntaxError,
    TypeError,
)

_seen: list[str] = []


def note(what: str) -> None:
    """Record why the current fault is invalid."""
    _seen.append(" ".join(what.split()))


def first() -> str | None:
    """Return why the fault is invalid, or None."""
    return _seen[0] if _seen else None


def guarded(planted: Callable[P, T]) -> Callable[P, T]:
    """Wrap a planted function: an exception that it raises makes the fault invalid."""

    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return planted(*args, **kwargs)
        except Exception as error:
            note(f"the planted code failed: {error!r}")
            raise

    return call


class Log(logging.Handler):
    """Records logged server errors and uncaught exceptions in its event loop."""

    LOGGERS = ("helmr_local", "asyncio")

    def __init__(self) -> None:
        super().__init__(logging.ERROR)

    def install(self) -> None:
        for name in self.LOGGERS:
            logging.getLogger(name).addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        note(f"the server met an error of its own: {record.getMessage()}: {error!r}")


class Responses(Listener):
    """Records every 500: the local control plane returns none, and no fault plants one."""

    def on_exchange(self, request: httpx.Request, response: httpx.Response) -> None:
        if response.status_code == 500:
            note(f"the server met an error of its own: 500 to {request.method} {request.url.path}")


class Failures:
    """A pytest plugin that records failures caused by the planted code itself."""

    def __init__(self, package: str) -> None:
        self._package = package  # its exceptions must not reach a test; "" for no package

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        del item
        report = yield
        if call.excinfo is not None:
            self._judge(call.excinfo.value)
        return report

    def _judge(self, error: BaseException) -> None:
        files = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
        if self._package and any(f"/{self._package}/" in file for file in files):
            # Tests call the server's code directly only to start it and to use its public API.
            note(f"the server does not start: {error!r}")
        elif isinstance(error, MISTAKES) and files and files[-1].startswith(HERE):
            note(f"the planted code failed: {error!r}")

    def pytest_warning_recorded(self, warning_message: object) -> None:
        category = getattr(warning_message, "category", None)
        if category is pytest.PytestUnhandledThreadExceptionWarning:
            note(f"a thread ended with an exception: {getattr(warning_message, 'message', '')}")
