"""The discovery, creation and hooks of resources."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypedDict

import pytest

from helmr_ergonomic import task
from helmr_local import LocalSettings, TaskContext, implement, resources
from helmr_local.catalog import Catalog, TaskRow
from helmr_local.clock import ManualClock
from helmr_local.contexts import TaskContexts
from helmr_local.control_plane import ControlPlane
from helmr_local.engine.context import Context
from helmr_local.engine.signals import Signal
from helmr_local.errors import ApiError, bad_request
from helmr_local.resources import registry
from helmr_local.resources.registry import ResourceError, Resources
from helmr_local.resources.runs import Runs
from helmr_local.store import Database, columns

HEAD = """
from helmr_local.engine.context import Context
from helmr_local.http.response import Response, json_response
from helmr_local.resources.base import Resource, handles
from helmr_local.resources.runs import Runs
"""


@pytest.fixture
def added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return a function that adds a module to the resources package."""
    monkeypatch.setattr(resources, "__path__", [*resources.__path__, str(tmp_path)])
    registry.discover.cache_clear()

    def add(name: str, source: str) -> None:
        (tmp_path / f"{name}.py").write_text(HEAD + source, encoding="utf-8")

    yield add
    registry.discover.cache_clear()
    for name in [name for name in sys.modules if name.startswith("helmr_local.resources.added")]:
        del sys.modules[name]


def context(*implementations: Any, **secrets: str) -> Context:
    return Context(
        Database(None, registry.schema()),
        ManualClock(),
        LocalSettings(),
        Catalog(list(implementations)),
        b"s" * 32,
        "http://127.0.0.1:1",
        secrets,
    )


def test_a_new_file_adds_a_resource_with_tables_handlers_and_chores(added: Any) -> None:
    added(
        "added_things",
        """
class Things(Resource):
    SCHEMA = "CREATE TABLE IF NOT EXISTS things (name TEXT PRIMARY KEY);"

    def __init__(self, context: Context, runs: Runs) -> None:
        super().__init__(context)
        self.runs, self.done = runs, []

    def startup(self) -> None:
        self.db.insert("things", {"name": "made at the start"})

    def sweep(self) -> None:
        self.done.append("swept")

    def chores(self):
        return [(1.0, lambda: self.done.append("chore"))]

    async def shutdown(self) -> None:
        self.done.append(len(self.db.all("SELECT * FROM things")))

    @handles("listThings", "listThingsByExternalId")
    async def list_things(self, request) -> Response:
        return json_response(200, {})
""",
    )

    async def scenario() -> list[Any]:
        plane = ControlPlane(context(), TaskContexts)
        module = sys.modules["helmr_local.resources.added_things"]
        things: Any = plane.resource(module.Things)
        assert things.runs is plane.resource(Runs)
        assert {"listThings", "listThingsByExternalId"} < plane.endpoints().keys()
        plane.start()
        plane.sweep()
        assert isinstance(plane.clock, ManualClock)
        plane.clock.advance(1.5)
        await plane.stop()
        done: list[Any] = things.done
        return done

    assert asyncio.run(scenario()) == ["swept", "chore", 1]


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        (
            """
class One(Resource):
    def __init__(self, context: Context, other: "Two") -> None: ...

class Two(Resource):
    def __init__(self, context: Context, other: One) -> None: ...
""",
            "resources depend on each other: One -> Two -> One",
        ),
        (
            """
class One(Resource):
    def __init__(self, context: Context, number: int) -> None: ...
""",
            "the constructor of One needs int, which is not a resource",
        ),
    ],
)
def test_invalid_resources_are_rejected(added: Any, source: str, complaint: str) -> None:
    added("added_faulty", source)
    with pytest.raises(ResourceError, match=complaint):
        ControlPlane(context(), TaskContexts)


def test_an_operation_has_one_handler(added: Any) -> None:
    added(
        "added_twice",
        """
class One(Resource):
    @handles("getRun")
    async def get_run(self, request) -> Response: ...
""",
    )
    made = ControlPlane(context(), TaskContexts)
    with pytest.raises(ResourceError, match="two resources handle getRun"):
        made.endpoints()


def test_each_table_belongs_to_one_resource() -> None:
    owners: dict[str, str] = {}
    for kind in registry.discover():
        for line in kind.SCHEMA.splitlines():
            if line.strip().startswith("CREATE TABLE"):
                name = line.split("(")[0].split()[-1]
                assert name not in owners, f"{name} is made by {owners[name]} and {kind.__name__}"
                owners[name] = kind.__name__
    assert owners["run_events"] == "RunEvents"


def test_a_new_table_is_added_to_an_older_database(tmp_path: Path) -> None:
    file = str(tmp_path / "db.sqlite")
    before = Database(file, "CREATE TABLE IF NOT EXISTS one (a);")
    before.insert("one", {"a": 1})
    before.close()
    after = Database(file, "CREATE TABLE IF NOT EXISTS one (a); CREATE TABLE IF NOT EXISTS two (b);")
    assert (after.all("SELECT a FROM one"), after.all("SELECT b FROM two")) == ([{"a": 1}], [])
    after.close()


# --- hooks of resources -----------------------------------------------------------------------------


def values(environment_id: str, names: Iterable[str]) -> Mapping[str, str]:
    return {name: f"kept {name}" for name in names if name != "GONE"}


def test_a_resource_can_provide_the_secrets_of_tasks(bench: Any, in_loop: Any) -> None:
    seen: list[dict[str, str]] = []

    @implement(task("needs", secrets=["KEY"]))
    def needs(ctx: TaskContext[None]) -> None:
        seen.append(dict(ctx.secrets))

    async def scenario() -> None:
        async with bench(needs, secrets={"KEY": "given"}) as b:
            b.start("needs")
            await until(b, lambda: seen)
            b.plane.context.secrets.provide(values)
            b.start("needs")
            await until(b, lambda: len(seen) == 2)

    in_loop(scenario)
    assert seen == [{"KEY": "given"}, {"KEY": "kept KEY"}]


def test_a_start_with_a_missing_secret_is_rejected(bench: Any, in_loop: Any) -> None:
    @implement(task("needs", secrets=["KEY", "GONE"]))
    def needs(ctx: TaskContext[None]) -> None: ...

    async def scenario() -> None:
        async with bench(needs, secrets={"KEY": "given", "GONE": "given"}) as b:
            b.plane.context.secrets.provide(values)
            with pytest.raises(ApiError, match='secret "GONE" is unavailable'):
                b.start("needs")

    in_loop(scenario)


def test_a_resource_can_reject_a_start(bench: Any, in_loop: Any) -> None:
    @implement(task("work"))
    def work(ctx: TaskContext[None]) -> None: ...

    def refuse(environment_id: str, deployed: TaskRow) -> None:
        if deployed["task_id"] == "work":
            raise bad_request("not today")

    async def scenario() -> None:
        async with bench(work) as b:
            b.plane.context.signals.session_starting.connect(refuse)
            with pytest.raises(ApiError, match="not today"):
                b.start("work")
            assert b.db.all("SELECT id FROM sessions") == []

    in_loop(scenario)


def test_a_signal_calls_its_listeners_in_order() -> None:
    calls: list[tuple[str, int]] = []
    signal: Signal[[int]] = Signal()
    signal(0)  # nobody listens
    signal.connect(lambda number: calls.append(("first", number)))
    signal.connect(lambda number: calls.append(("second", number)))
    signal(1)
    assert calls == [("first", 1), ("second", 1)]


def test_resources_are_created_once() -> None:
    made = Resources(context())
    assert made.get(Runs) is made.get(Runs)


async def until(bench: Any, condition: Any) -> None:
    """Wait until a condition holds, letting task threads run."""
    async with asyncio.timeout(30):
        while not condition():
            await bench.settle()
            await asyncio.sleep(0.001)


# --- rows -------------------------------------------------------------------------------------------


class Part(TypedDict):
    name: str
    value: bytes


def test_a_row_has_the_columns_of_its_type() -> None:
    database = Database()
    database.insert("server_settings", {"name": "a", "value": b"1"})
    statement = f"SELECT {columns(Part)} FROM server_settings"  # noqa: S608  # names of this test
    found = database.one(statement, row=Part)
    assert found == {"name": "a", "value": b"1"}
    with pytest.raises(TypeError, match=r"Part has columns that are not selected: \['value'\]"):
        database.all("SELECT name FROM server_settings", row=Part)
    database.close()
