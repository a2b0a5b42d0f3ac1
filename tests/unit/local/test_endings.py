"""The recorded end of an execution: storable values, whatever its function raised."""

from __future__ import annotations

import enum
import json
from typing import Any, Never

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmr_local import RunCancelled, TaskExit
from helmr_local.engine import endings
from helmr_local.engine.endings import How


class Silent(Exception):
    def __str__(self) -> str:
        raise RuntimeError("not even this")


class Exiting(Exception):
    def __str__(self) -> str:
        raise SystemExit(3)


class NoneAsMessage(Exception):
    def __str__(self) -> str:
        return None  # type: ignore[return-value]  # what it is about


class OddString(str):
    """A subclass of str that overrides methods."""

    def __str__(self) -> str:
        return self

    def __len__(self) -> Never:
        raise RuntimeError("no length")

    def encode(self, *arguments: Any, **options: Any) -> Never:
        raise RuntimeError("no bytes")


class WithoutClass(Exception):
    @property  # type: ignore[misc]
    def __class__(self) -> Never:  # type: ignore[override]
        raise RuntimeError("no class")


class WithoutReason(RunCancelled):
    @property
    def reason(self) -> Never:
        raise RuntimeError("no reason")

    @reason.setter
    def reason(self, value: str) -> None: ...


class Code(enum.IntEnum):
    THREE = 3


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ValueError("no such file"), "ValueError: no such file"),
        (ValueError(), "ValueError"),
        (ValueError("r\udce9sum\udce9.txt"), "ValueError: r\\udce9sum\\udce9.txt"),
        (ValueError("a\0b"), "ValueError: a\\x00b"),
        (ValueError(OddString("said so")), "ValueError: said so"),
        (Silent(), "Silent"),
        (Exiting(), "Exiting"),
        (NoneAsMessage(), "NoneAsMessage"),
        (WithoutClass(), "WithoutClass"),
        (WithoutReason("x"), "WithoutReason"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
        (GeneratorExit(), "GeneratorExit"),
        (RecursionError("too deep"), "RecursionError: too deep"),
        (SystemExit("no such branch"), "no such branch"),
        (SystemExit("\udce9"), "\\udce9"),
        (SystemExit({"a": 1}), "{'a': 1}"),
        (SystemExit(""), "task exited"),
        (SystemExit(2**31), "task exited with a code beyond 32 bits"),
        (SystemExit(2**70), "task exited with a code beyond 32 bits"),
        (SystemExit(-(10**5000)), "task exited with a code beyond 32 bits"),
        (TaskExit(2**70), "task exited with a code beyond 32 bits"),
        (TaskExit("x"), "x"),  # type: ignore[arg-type]  # what it is about
        (TaskExit(2.0), "2.0"),  # type: ignore[arg-type]  # what it is about
        (
            ExceptionGroup("\udce9", [ValueError("one"), KeyError()]),
            "ExceptionGroup: \\udce9 (2 sub-exceptions); ValueError: one; KeyError",
        ),
        (
            BaseExceptionGroup("all", [KeyboardInterrupt(), Silent()]),
            "BaseExceptionGroup: all (2 sub-exceptions); KeyboardInterrupt; Silent",
        ),
        (
            ExceptionGroup("a", [ExceptionGroup("b", [ValueError("deep")])]),
            "ExceptionGroup: a (1 sub-exception); ValueError: deep",
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)  # fmt: skip
def test_an_exception_is_recorded_as_a_failure_with_a_reason(error: BaseException, message: str) -> None:
    ending = endings.of_error(error)
    assert (ending.how, ending.kind, ending.message) == (How.FAILED, "worker_failed", message)


@pytest.mark.parametrize(
    ("code", "recorded"),
    [(0, 0), (None, 0), (False, 0), (True, 1), (3, 3), (-1, -1), (2**31 - 1, 2**31 - 1), (Code.THREE, 3)],
)
@pytest.mark.parametrize("kind", [SystemExit, TaskExit])
def test_an_exit_code_is_recorded_as_an_int(
    kind: type[BaseException], code: int | None, recorded: int
) -> None:
    ending = endings.of_error(kind(code))
    assert (ending.how, ending.exit_code, type(ending.exit_code)) == (How.EXITED, recorded, int)


@pytest.mark.parametrize(
    ("reason", "message"),
    [("not worth it", "not worth it"), ("\udce9", "\\udce9"), (None, "run cancelled"), (5, "5")],
)
def test_a_task_may_cancel_itself_for_any_reason(reason: Any, message: str) -> None:
    ending = endings.of_error(RunCancelled(reason))
    assert (ending.how, ending.message) == (How.CANCELLED, message)


def test_a_long_message_is_truncated() -> None:
    ending = endings.of_error(ValueError("x" * 10**6))
    assert ending.message == "ValueError: " + "x" * endings.LONGEST + " … (cut)"


def test_a_large_group_shows_its_first_parts() -> None:
    group = ExceptionGroup("many", [ValueError(str(number)) for number in range(1000)])
    assert endings.of_error(group).message.endswith("ValueError: 9")


@given(st.text(st.characters(codec=None)))
def test_every_message_is_valid_json_and_utf8(text: str) -> None:
    message = endings.of_error(ValueError(text)).message
    assert json.loads(json.dumps(message).encode("utf-8")) == message
    assert message.encode("utf-8")
    assert "\0" not in message
    assert message


def raised(error: BaseException) -> BaseException:
    def task_code() -> None:
        raise error

    try:
        task_code()
    except BaseException as caught:
        return caught
    raise AssertionError


def test_an_exception_of_task_code_has_a_traceback() -> None:
    trace = endings.of_error(raised(KeyError("actor"))).trace
    assert trace.startswith("Traceback (most recent call last):")
    assert "in task_code" in trace
    assert trace.endswith("KeyError: 'actor'\n")


def test_the_traceback_of_a_group_shows_its_parts() -> None:
    trace = endings.of_error(raised(ExceptionGroup("both", [KeyError("a"), ValueError("b")]))).trace
    assert "KeyError: 'a'" in trace
    assert "ValueError: b" in trace


@pytest.mark.parametrize("error", [SystemExit(3), TaskExit("x"), RunCancelled("no")], ids=repr)  # type: ignore[arg-type]  # what it is about
def test_a_deliberate_end_has_no_traceback(error: BaseException) -> None:
    assert endings.of_error(raised(error)).trace == ""


@pytest.mark.parametrize(
    "error", [Silent(), NoneAsMessage(), ValueError("r\udce9\0"), ValueError("x" * 10**6)]
)
def test_every_traceback_can_be_stored(error: BaseException) -> None:
    trace = endings.of_error(raised(error)).trace
    assert type(error).__name__ in trace
    assert "\0" not in trace
    assert len(trace.encode()) <= 4 * endings.LONGEST


def test_secrets_are_masked_in_messages_and_tracebacks() -> None:
    ending = endings.of_error(raised(ValueError("cannot log in with hunter2"))).without(["hunter2", ""])
    assert ending.message == "ValueError: cannot log in with ***"
    assert "hunter2" not in ending.trace
    assert endings.failed("of abcdef").without(["abc", "abcdef", "def"]).message == "of ***"
