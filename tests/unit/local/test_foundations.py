"""Database transactions, clocks, and the values that task code passes."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import apsw
import pytest

import helmr
import helmr_local
from helmr.errors import WaitTimeoutError
from helmr_local import InputWaitResult, RunInfo, TaskRecord
from helmr_local.clock import ManualClock, RealClock
from helmr_local.keys import derived_secret, hash_secret, new_secret
from helmr_local.store import Database
from helmr_local.task_types import Seconds, TokenData, instant, seconds

# The database -------------------------------------------------------------------------------------------


def names(database: Database) -> list[str]:
    return [row["name"] for row in database.all("SELECT name FROM server_settings ORDER BY name")]


def add_and_fail(database: Database, calls: list[str]) -> None:
    with database.transaction():
        database.insert("server_settings", {"name": "c", "value": b""})
        database.after_commit(lambda: calls.append("never"))
        database.insert("server_settings", {"name": "a", "value": b""})  # already exists


def test_a_transaction_is_atomic_and_callbacks_run_after_its_commit() -> None:
    database, calls = Database(), list[str]()
    with database.transaction():
        database.insert("server_settings", {"name": "a", "value": b""})
        database.after_commit(lambda: calls.append("after"))
        with database.transaction():
            database.insert("server_settings", {"name": "b", "value": b""})
        assert calls == []
    assert (names(database), calls) == (["a", "b"], ["after"])
    with pytest.raises(apsw.ConstraintError):
        add_and_fail(database, calls)
    assert (names(database), calls) == (["a", "b"], ["after"])
    database.after_commit(lambda: calls.append("now"))
    assert calls == ["after", "now"]


def test_a_failed_commit_leaves_nothing_behind() -> None:
    database, calls = Database(), list[str]()
    database.execute("PRAGMA foreign_keys = ON")
    database.execute("CREATE TABLE owed (name TEXT REFERENCES server_settings DEFERRABLE INITIALLY DEFERRED)")

    def owe() -> None:
        with database.transaction():
            database.insert("server_settings", {"name": "a", "value": b""})
            database.insert("owed", {"name": "nobody"})
            database.after_commit(lambda: calls.append("never"))

    with pytest.raises(apsw.ConstraintError):
        owe()
    assert names(database) == []
    with database.transaction():
        database.insert("server_settings", {"name": "b", "value": b""})
    assert (names(database), calls) == (["b"], [])


def test_a_full_database_still_accepts_smaller_writes() -> None:
    database = Database()
    database.execute("PRAGMA max_page_count = 100")

    def fill() -> None:
        with database.transaction():
            database.insert("server_settings", {"name": "a", "value": bytes(10**6)})

    with pytest.raises(apsw.FullError):
        fill()
    with database.transaction():
        database.insert("server_settings", {"name": "b", "value": b""})
    assert names(database) == ["b"]


def test_a_failed_transaction_in_a_callback_does_not_stop_later_callbacks() -> None:
    database, calls = Database(), list[str]()

    def inner() -> None:
        with pytest.raises(apsw.ConstraintError):
            add_and_fail(database, calls)
        calls.append("first")

    with database.transaction():
        database.insert("server_settings", {"name": "a", "value": b""})
        database.after_commit(inner)
        database.after_commit(lambda: calls.append("second"))
    assert calls == ["first", "second"]


def test_a_failing_callback_does_not_stop_the_others() -> None:
    database, calls = Database(), list[str]()

    def fails() -> None:
        raise RuntimeError

    with database.transaction():
        database.after_commit(fails)
        database.after_commit(lambda: calls.append("second"))
    assert calls == ["second"]


# Clocks -------------------------------------------------------------------------------------------------


def test_a_manual_clock_runs_due_callbacks_in_order() -> None:
    clock, seen = ManualClock(start=0), list[tuple[str, int]]()

    def note(name: str) -> None:
        seen.append((name, clock.now()))

    def schedule_another() -> None:
        clock.call_at(1_500_000, lambda: note("made on the way"))

    clock.call_at(2_000_000, lambda: note("second"))
    clock.call_at(1_000_000, lambda: note("first"))
    clock.call_at(1_000_000, schedule_another)
    clock.call_at(1_700_000, lambda: note("never")).cancel()
    clock.call_at(3_000_001, lambda: note("later"))
    clock.advance(3)
    assert seen == [("first", 1_000_000), ("made on the way", 1_500_000), ("second", 2_000_000)]
    assert clock.now() == 3_000_000


SECOND = 1_000_000_000


class Clocks:
    """The machine's wall clock and monotonic clock, advanced manually."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.wall, self.monotonic = 1_780_000_000 * SECOND, 5 * SECOND
        machine = SimpleNamespace(wall_ns=lambda: self.wall, monotonic_ns=lambda: self.monotonic)
        monkeypatch.setattr("helmr_local.clock.machine", machine)

    def pass_time(self, seconds: float) -> None:
        self.wall += round(seconds * SECOND)
        self.monotonic += round(seconds * SECOND)


def test_the_real_clock_continues_when_the_wall_clock_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    machine, clock = Clocks(monkeypatch), RealClock()
    began = clock.now()
    assert began == machine.wall // 1_000
    machine.pass_time(10)
    machine.wall -= 3600 * SECOND
    assert clock.now() - began == 10_000_000
    machine.pass_time(5)
    assert clock.now() - began == 15_000_000
    machine.wall += 3600 * SECOND
    assert clock.now() == machine.wall // 1_000


def test_the_real_clock_follows_the_wall_clock_forward(monkeypatch: pytest.MonkeyPatch) -> None:
    machine, clock = Clocks(monkeypatch), RealClock()
    began = clock.now()
    machine.wall += 3600 * SECOND  # a suspend, which the monotonic clock does not count
    assert clock.now() - began == 3_600_000_000
    machine.pass_time(1)
    assert clock.now() - began == 3_601_000_000


def test_the_real_clock_runs_callbacks_on_the_event_loop() -> None:
    async def scenario() -> None:
        clock, called = RealClock(), asyncio.Event()
        clock.call_at(clock.now() - 5, called.set)
        clock.call_at(2**62, called.clear)  # beyond the longest timeout of a selector
        async with asyncio.timeout(5):
            await called.wait()

    asyncio.run(scenario())


# Values of task code ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None), (2, 2.0), (0.25, 0.25), ("500ms", 0.5), ("1.5h", 5400.0), (" 10m ", 600.0), ("3s", 3.0),
        ("1h30m", 5400.0), ("1d", 86400.0),
        (timedelta(minutes=1), 60.0),
    ],
)  # fmt: skip
def test_durations_are_converted_to_seconds(value: Seconds | None, expected: float | None) -> None:
    assert seconds(value) == expected


@pytest.mark.parametrize(
    "value", [0, -1, "0s", "1d2h", "1 h", "-1s", "", "5", float("nan"), float("inf"), timedelta(0)]
)
def test_invalid_durations_are_rejected(value: Seconds) -> None:
    with pytest.raises(ValueError, match="timeout"):
        seconds(value)


def test_a_time_needs_a_time_zone() -> None:
    moment = datetime(2026, 6, 6, tzinfo=UTC)
    assert instant(moment) == instant("2026-06-06T00:00:00Z") == instant("2026-06-06T02:00:00+02:00")
    with pytest.raises(ValueError, match="time zone"):
        instant("2026-06-06T00:00:00")


def test_a_result_of_an_input_wait_has_the_record_and_returns_its_data_or_raises_its_error() -> None:
    record = TaskRecord("r1", 1, 5, None, "application/json")
    arrived = InputWaitResult(True, 5, None, record)
    assert isinstance(arrived, helmr.WaitResult)
    assert (arrived.unwrap(), arrived.record) == (5, record)
    assert InputWaitResult[None](True, None, None).unwrap() is None
    with pytest.raises(WaitTimeoutError, match="over"):
        InputWaitResult[int](False, None, WaitTimeoutError("over", timeout=1)).unwrap()


def test_a_wait_for_a_token_has_the_same_result_in_a_task_and_outside() -> None:
    assert helmr_local.WaitResult is helmr.WaitResult


def test_reprs_show_no_secrets() -> None:
    token = TokenData("id", 0, "http://x/callback/secret-1", "secret-2")
    assert "secret" not in repr(token)
    assert RunInfo("r", "s", "t", 1, 0, {}, (), None).attempt_number == 1


def test_derived_secrets_depend_only_on_server_purpose_and_record() -> None:
    made = {
        derived_secret("p_", server, purpose, record)
        for server in (b"a" * 32, b"b" * 32)
        for purpose in ("callback", "public-access")
        for record in ("1", "2")
        for _ in range(2)
    }
    assert len(made) == 8
    assert {len(secret) for secret in made} == {2 + 43}
    assert hash_secret(new_secret("p_")) != hash_secret(new_secret("p_"))
