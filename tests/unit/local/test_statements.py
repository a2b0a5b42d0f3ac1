"""The number of SQL statements per start and run, each compiled only once."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Any

import apsw
import pytest

from helmr_ergonomic import task
from helmr_local import AsyncTaskContext, Implementation, implement
from helmr_local.errors import ApiError
from helmr_local.resources.workspaces import Workspaces
from helmr_local.store import Database

MOST_OF_A_START = 4
"""Inserts of the key, the workspace, the run and the session."""
MOST_OF_A_RUN = 3
"""One lookup of the workspace, and writes of the lease and the end."""
TRANSACTIONS = ("BEGIN IMMEDIATE", "COMMIT")


async def _work(ctx: AsyncTaskContext[Any]) -> Any:
    return ctx.payload


def work() -> Implementation[Any, Any]:
    return implement(task("work", payload=object, output=object))(_work)


@contextmanager
def watched(database: Database) -> Generator[tuple[list[str], list[int]]]:
    """Yield the statements executed within the block, and one entry per compilation step."""
    run, compiled = list[str](), list[int]()

    def compiles(action: int, *names: str | None) -> int:
        compiled.append(action)
        return apsw.SQLITE_OK

    def runs(cursor: apsw.Cursor, statement: str, bindings: apsw.Bindings | None) -> bool:
        run.append(statement)
        return True

    database._connection.authorizer = compiles
    database._connection.exec_trace = runs
    try:
        yield run, compiled
    finally:
        database._connection.authorizer = database._connection.exec_trace = None


def test_a_start_and_its_run_take_few_statements_and_compile_none(bench: Any, in_loop: Any) -> None:
    async def scenario() -> None:
        async with bench(work()) as b:
            creating, executing = list[str](), list[str]()
            with watched(b.db) as (run, compiled):
                for number in range(3):
                    run.clear()
                    compiled.clear()
                    started = b.start(
                        "work", payload=number, idempotency_key=f"delivery-{number}", tags=["a"]
                    )
                    creating = [one for one in run if one not in TRANSACTIONS]
                    run.clear()
                    await b.settle()
                    executing = [one for one in run if one not in TRANSACTIONS]
                    assert b.run(started)["status"] == "succeeded"
                assert len(creating) <= MOST_OF_A_START, creating
                assert len(executing) <= MOST_OF_A_RUN, executing
                assert compiled == []

    in_loop(scenario)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1 FROM deployments WHERE id = COALESCE(NULLIF(?, ''), 'current')",
        "SELECT 1 FROM workspace_mounts WHERE workspace_id = ? AND state <> 'unmounted'",
        "SELECT 1 FROM sessions WHERE environment_id = ? AND status <> ? ORDER BY updated_at",
        "SELECT 1 FROM api_keys WHERE id LIKE ?",
    ],
)
def test_a_statement_is_compiled_once_for_all_values(bench: Any, in_loop: Any, statement: str) -> None:
    async def scenario() -> None:
        async with bench(work()) as b:
            with watched(b.db) as (_, compiled):
                values = ["?"] * statement.count("?")
                b.db.one(statement, values)
                assert compiled
                compiled.clear()
                for value in ("open", "", "a%"):
                    b.db.one(statement, [value] * len(values))
                assert compiled == []

    in_loop(scenario)


def test_the_sandbox_of_a_rolled_back_deployment_is_not_cached(bench: Any, in_loop: Any) -> None:
    async def scenario() -> None:
        async with bench(work()) as b:
            workspaces = b.plane.resource(Workspaces)
            known = list[tuple[str, str, str]]()
            with suppress(ZeroDivisionError), b.db.transaction():
                environment = b.plane.environment("staging")
                row = b.plane.context.catalog.current(b.db, environment.id, "work")
                known.append((environment.id, row["deployment_id"], "default"))
                assert workspaces.sandbox(*known[0])
                raise ZeroDivisionError
            with pytest.raises(ApiError, match="not deployed"):
                workspaces.sandbox(*known[0])

    in_loop(scenario)
