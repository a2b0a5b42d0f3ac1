"""Several callers' changes in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import apsw
import pytest

from helmr_local.clock import RealClock
from helmr_local.engine.writes import Writes
from helmr_local.store import Database

Work = Callable[[], Any]


class Facts:
    """A database whose facts the works change, and the transactions that it took."""

    def __init__(self) -> None:
        self.db = Database()
        self.writes = Writes(self.db, RealClock(), patience=0)
        self.statements: list[str] = []
        self.db._connection.exec_trace = self._note

    def _note(self, cursor: object, statement: str, parameters: object) -> bool:
        self.statements.append(statement)
        return True

    def add(self, name: str) -> str:
        self.db.insert("facts", {"name": name, "value": b""})
        return name

    def all(self) -> list[str]:
        return [row["name"] for row in self.db.all("SELECT name FROM facts ORDER BY name")]

    def at_once(self, *works: Work) -> list[Any]:
        """Ask for all of them in one turn of the loop; their results and exceptions."""

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


def test_what_is_asked_for_at_once_is_one_transaction(facts: Facts) -> None:
    assert facts.at_once(*(lambda name=name: facts.add(name) for name in "abc")) == ["a", "b", "c"]
    assert (facts.all(), facts.commits) == (["a", "b", "c"], 1)
    assert facts.at_once(lambda: facts.add("d")) == ["d"]
    assert facts.commits == 2


def test_a_refusal_is_its_own_callers_alone(facts: Facts) -> None:
    first, refused, last = facts.at_once(lambda: facts.add("a"), refuse, lambda: facts.add("b"))
    assert (first, str(refused), last) == ("a", "refused", "b")
    assert (facts.all(), facts.commits) == (["a", "b"], 1)


def test_a_failure_halfway_is_undone_and_nobody_elses(facts: Facts) -> None:
    def fails_halfway() -> None:
        facts.add("half")
        facts.db.after_commit(lambda: facts.add("never"))
        refuse()

    first, failed, last = facts.at_once(lambda: facts.add("a"), fails_halfway, lambda: facts.add("b"))
    assert (first, str(failed), last) == ("a", "refused", "b")
    assert facts.all() == ["a", "b"]


def test_a_commit_that_fails_fails_only_who_made_it_fail(facts: Facts) -> None:
    facts.db.execute("PRAGMA foreign_keys = ON")
    facts.db.execute("CREATE TABLE owed (name TEXT REFERENCES facts DEFERRABLE INITIALLY DEFERRED)")
    added, owing = facts.at_once(lambda: facts.add("a"), lambda: facts.db.insert("owed", {"name": "nobody"}))
    assert added == "a"
    assert isinstance(owing, apsw.ConstraintError)
    assert facts.all() == ["a"]


def test_who_asked_goes_on_before_what_the_change_sets_going(facts: Facts) -> None:
    seen: list[str] = []

    def work() -> None:
        loop = asyncio.get_running_loop()
        facts.db.after_commit(lambda: loop.call_soon(seen.append, "set going") and None)

    async def ask() -> None:
        await facts.writes.run(work)
        seen.append("answered")
        await asyncio.sleep(0)

    asyncio.run(ask())
    assert seen == ["answered", "set going"]


def test_who_has_left_before_is_passed_over(facts: Facts) -> None:
    async def ask() -> None:
        leaving = asyncio.ensure_future(facts.writes.run(lambda: facts.add("left")))
        staying = asyncio.ensure_future(facts.writes.run(lambda: facts.add("stayed")))
        await asyncio.sleep(0)
        leaving.cancel()
        await staying

    asyncio.run(ask())
    assert facts.all() == ["stayed"]
