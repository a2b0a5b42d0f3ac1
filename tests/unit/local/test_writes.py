"""The write queue: changes share transactions and are retried until the database accepts them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import apsw
import pytest

from helmr_local.clock import ManualClock, RealClock
from helmr_local.store import Database, DatabaseClosedError, Writes
from helmr_local.store.writes import LONGEST_DELAY

Work = Callable[[], Any]


class Facts:
    """A database with a write queue, which records its statements."""

    def __init__(self) -> None:
        self.db = Database()
        self.writes = Writes(self.db, RealClock(), patience=0)
        self.statements: list[str] = []
        self.db._connection.exec_trace = self._note

    def _note(self, cursor: object, statement: str, parameters: object) -> bool:
        self.statements.append(statement)
        return True

    def add(self, name: str) -> str:
        self.db.insert("server_settings", {"name": name, "value": b""})
        return name

    def all(self) -> list[str]:
        return [row["name"] for row in self.db.all("SELECT name FROM server_settings ORDER BY name")]

    def at_once(self, *works: Work) -> list[Any]:
        """Submit all changes in one turn of the event loop and return their results and exceptions."""

        async def ask() -> list[Any]:
            return await asyncio.gather(*(self.writes.run(work) for work in works), return_exceptions=True)

        return asyncio.run(ask())

    @property
    def commits(self) -> int:
        return self.statements.count("COMMIT")


@pytest.fixture
def facts() -> Facts:
    return Facts()


def refuse() -> None:
    raise ValueError("refused")


def test_concurrent_changes_share_a_transaction(facts: Facts) -> None:
    assert facts.at_once(*(lambda name=name: facts.add(name) for name in "abc")) == ["a", "b", "c"]
    assert (facts.all(), facts.commits) == (["a", "b", "c"], 1)
    assert facts.at_once(lambda: facts.add("d")) == ["d"]
    assert facts.commits == 2


def test_an_error_reaches_only_its_own_caller(facts: Facts) -> None:
    first, refused, last = facts.at_once(lambda: facts.add("a"), refuse, lambda: facts.add("b"))
    assert (first, str(refused), last) == ("a", "refused", "b")
    assert (facts.all(), facts.commits) == (["a", "b"], 1)


def test_only_the_failed_change_is_rolled_back(facts: Facts) -> None:
    never: list[str] = []

    def fails_halfway() -> None:
        facts.add("half")
        facts.db.after_commit(lambda: never.append(facts.add("never")))
        refuse()

    first, failed, last = facts.at_once(lambda: facts.add("a"), fails_halfway, lambda: facts.add("b"))
    assert (first, str(failed), last) == ("a", "refused", "b")
    assert facts.all() == ["a", "b"]


def test_a_failed_commit_fails_only_the_change_that_caused_it(facts: Facts) -> None:
    facts.db.execute("PRAGMA foreign_keys = ON")
    facts.db.execute("CREATE TABLE owed (name TEXT REFERENCES server_settings DEFERRABLE INITIALLY DEFERRED)")
    added, owing = facts.at_once(lambda: facts.add("a"), lambda: facts.db.insert("owed", {"name": "nobody"}))
    assert added == "a"
    assert isinstance(owing, apsw.ConstraintError)
    assert facts.all() == ["a"]


def test_the_caller_resumes_before_the_effects_of_its_change(facts: Facts) -> None:
    seen: list[str] = []

    def work() -> None:
        loop = asyncio.get_running_loop()

        def set_going() -> None:
            loop.call_soon(seen.append, "set going")

        facts.db.after_commit(set_going)

    async def ask() -> None:
        await facts.writes.run(work)
        seen.append("answered")
        await asyncio.sleep(0)

    asyncio.run(ask())
    assert seen == ["answered", "set going"]


def test_the_change_of_a_cancelled_caller_is_skipped(facts: Facts) -> None:
    async def ask() -> None:
        leaving = asyncio.ensure_future(facts.writes.run(lambda: facts.add("left")))
        staying = asyncio.ensure_future(facts.writes.run(lambda: facts.add("stayed")))
        await asyncio.sleep(0)
        leaving.cancel()
        await staying

    asyncio.run(ask())
    assert facts.all() == ["stayed"]


# An unavailable database --------------------------------------------------------------------------------


class Waiting(Facts):
    """`Facts` on a manual clock."""

    def __init__(self, patience: float = 2.0) -> None:
        super().__init__()
        self.clock = ManualClock()
        self.writes = Writes(self.db, self.clock, patience)

    async def pass_time(self, seconds: float) -> None:
        for _ in range(3):
            await asyncio.sleep(0)
        self.clock.advance(seconds)
        for _ in range(3):
            await asyncio.sleep(0)

    def asked(self, name: str, **options: Any) -> asyncio.Future[str]:
        return asyncio.ensure_future(self.writes.run(lambda: self.add(name), **options))


@pytest.fixture
def in_vain(in_loop: Any) -> Callable[[Callable[[Waiting], Any]], None]:
    """Return a function that runs an async test function with `Waiting` facts."""

    def run(test: Callable[[Waiting], Any]) -> None:
        in_loop(lambda: test(Waiting()))

    return run


BUSY = apsw.BusyError("database is locked")


def test_a_kept_change_is_recorded_once_the_database_accepts_writes(in_vain: Any, failing: Any) -> None:
    async def scenario(facts: Waiting) -> None:
        with failing(facts.db, "BEGIN", BUSY) as failed:
            facts.writes.keep(lambda: facts.add("kept"))
            await facts.pass_time(3600)
            assert (facts.all(), facts.writes.backlog) == ([], 1)
            # Frequent at first, then rare enough to be cheap.
            assert 3600 / LONGEST_DELAY <= len(failed) < 3600 / LONGEST_DELAY + 10
        await facts.pass_time(LONGEST_DELAY)
        assert (facts.all(), facts.writes.backlog) == (["kept"], 0)

    in_vain(scenario)


def test_a_request_waits_for_the_database_for_a_limited_time(in_vain: Any, failing: Any) -> None:
    async def scenario(facts: Waiting) -> None:
        with failing(facts.db, "BEGIN", BUSY):
            short, given_up = facts.asked("short", seconds=5), facts.asked("given up")
            await facts.pass_time(1.99)
            assert not given_up.done()
            await facts.pass_time(0.01)
            assert isinstance(given_up.exception(), apsw.BusyError)
        await facts.pass_time(LONGEST_DELAY)
        assert (await short, facts.all()) == ("short", ["short"])

    in_vain(scenario)


def test_a_new_request_is_tried_immediately_while_others_wait(in_vain: Any, failing: Any) -> None:
    async def scenario(facts: Waiting) -> None:
        with failing(facts.db, "BEGIN", BUSY):
            facts.writes.keep(lambda: facts.add("first"))
            await facts.pass_time(60)
        assert await facts.asked("second") == "second"
        assert facts.all() == ["second"]
        await facts.pass_time(LONGEST_DELAY)
        assert facts.all() == ["first", "second"]

    in_vain(scenario)


def test_the_changes_of_one_run_stay_in_order(in_vain: Any, failing: Any) -> None:
    order: list[int] = []

    async def scenario(facts: Waiting) -> None:
        with failing(facts.db, "BEGIN", BUSY):
            facts.writes.keep(lambda: order.append(1), of="run")
            await facts.pass_time(1)
        facts.writes.keep(lambda: order.append(2), of="run")
        facts.writes.now(lambda: order.append(3), of="run")
        facts.writes.now(lambda: order.append(0), of="other")
        assert order == [0]
        await facts.pass_time(LONGEST_DELAY)
        assert order == [0, 1, 2, 3]

    in_vain(scenario)


@pytest.mark.parametrize("error", [apsw.FullError("disk is full"), apsw.IOError("disk I/O error"), BUSY])
def test_a_single_failed_commit_loses_nothing(in_vain: Any, failing: Any, error: Exception) -> None:
    async def scenario(facts: Waiting) -> None:
        with failing(facts.db, "COMMIT", error, times=1):
            fact = facts.asked("asked")
            facts.writes.keep(lambda: facts.add("kept"))
            await facts.pass_time(LONGEST_DELAY)
        assert await fact == "asked"
        assert facts.all() == ["asked", "kept"]

    in_vain(scenario)


def test_a_change_that_does_not_fit_does_not_block_others(in_vain: Any) -> None:
    async def scenario(facts: Waiting) -> None:
        facts.db.execute("PRAGMA max_page_count = 100")
        facts.writes.keep(
            lambda: facts.db.insert("server_settings", {"name": "large", "value": bytes(10**6)}), of="a"
        )
        facts.writes.keep(lambda: facts.add("after the large one"), of="a")
        fact = facts.asked("small")
        await facts.pass_time(0)
        assert await fact == "small"
        assert (facts.all(), facts.writes.backlog) == (["small"], 2)
        facts.db.execute("PRAGMA max_page_count = 10000")
        await facts.pass_time(1)
        assert facts.all() == ["after the large one", "large", "small"]

    in_vain(scenario)


def test_a_change_that_fails_is_replaced_by_its_fallback(
    in_vain: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(facts: Waiting) -> None:
        def fails_halfway() -> None:
            facts.add("half")
            refuse()

        def instead(error: Exception) -> Work:
            return fails_halfway

        def last(error: Exception) -> Work:
            return lambda: facts.add(f"last: {error}")

        facts.writes.keep(refuse, otherwise=(instead, last))
        facts.writes.keep(fails_halfway)
        facts.writes.keep(lambda: facts.add("other"))
        await facts.pass_time(0)
        assert facts.all() == ["last: refused", "other"]
        assert "a change could not be recorded" in caplog.text

    in_vain(scenario)


def test_now_executes_a_change_immediately(in_vain: Any, failing: Any) -> None:
    async def scenario(facts: Waiting) -> None:
        waiting = facts.asked("before")
        await asyncio.sleep(0)
        facts.writes.now(lambda: facts.add("now"), of="run")
        assert facts.all() == ["before", "now"]
        assert await waiting == "before"
        with failing(facts.db, "BEGIN", BUSY):
            facts.writes.now(lambda: facts.add("kept"), of="run")
        await facts.pass_time(1)
        assert facts.all() == ["before", "kept", "now"]

    in_vain(scenario)


def test_changes_in_memory_are_undone_with_the_transaction(in_vain: Any, failing: Any) -> None:
    seen: list[str] = []

    async def scenario(facts: Waiting) -> None:
        def change() -> None:
            facts.add("changed")
            seen.append("changed")
            facts.db.undo(lambda: seen.append("undone"))

        with failing(facts.db, "COMMIT", BUSY, times=2):
            facts.writes.keep(change)
            await facts.pass_time(1)
        assert seen == ["changed", "undone", "changed", "undone", "changed"]

    in_vain(scenario)


def test_a_stop_fails_all_waiting_callers(
    in_vain: Any, failing: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(facts: Waiting) -> None:
        with failing(facts.db, "BEGIN", BUSY):
            fact, lost = facts.asked("asked", seconds=float("inf")), lambda: facts.add("lost")
            facts.writes.keep(lost)
            await facts.pass_time(10)
            assert not facts.writes.flush()
            facts.writes.close(DatabaseClosedError("over"))
            facts.writes.keep(lost)
            late = facts.asked("late")
            await facts.pass_time(10)
        assert [type(one.exception()) for one in (fact, late)] == [DatabaseClosedError] * 2
        assert "lost changes: 1" in caplog.text
        assert facts.all() == []

    in_vain(scenario)


def test_flush_records_waiting_changes(in_vain: Any, failing: Any) -> None:
    async def scenario(facts: Waiting) -> None:
        with failing(facts.db, "BEGIN", BUSY, times=1):
            facts.writes.keep(lambda: facts.add("kept"))
            await facts.pass_time(0)
        facts.writes.keep(lambda: facts.add("fresh"))
        assert facts.writes.flush()
        assert facts.all() == ["fresh", "kept"]

    in_vain(scenario)


def test_an_outage_is_logged_once(in_vain: Any, failing: Any, caplog: pytest.LogCaptureFixture) -> None:
    async def scenario(facts: Waiting) -> None:
        with failing(facts.db, "BEGIN", BUSY):
            facts.writes.keep(lambda: facts.add("kept"))
            await facts.pass_time(100)
        assert facts.db.trouble is BUSY
        await facts.pass_time(1)
        assert facts.db.trouble is None

    in_vain(scenario)
    assert [record.getMessage() for record in caplog.records] == [
        "the database accepts no writes at the moment: database is locked; changes to be recorded are kept"
    ]
