"""The facades are light to import, create their client on first use, and match the clients' names."""

from __future__ import annotations

import asyncio
import inspect
import subprocess
import sys
from typing import Any

import pytest

import helmr_ergonomic
from helmr_ergonomic import AsyncHelmrClient, HelmrClient, _facades, aio, facade
from helmr_ergonomic.errors import ConfigurationError

FACADES = tuple(_facades.__all__)


def run_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_importing_reads_no_configuration_and_loads_no_heavy_modules() -> None:
    code = """
import sys
from helmr_ergonomic import task, sessions, runs, tokens, tasks, auth, InputStream, OutputStream, errors, aio
from helmr_ergonomic.aio import sessions as later
t = task("t", payload=dict[str, int], secrets=["A"])
InputStream("s", int)
heavy = ("httpx", "dateutil", "attrs", "attr", "msgspec", "httpcore", "anyio")
print([name for name in (*heavy, "helmr_api.models", "helmr_api.types") if name in sys.modules])
"""
    assert run_python(code) == "[]"


def test_importing_needs_no_environment_variables() -> None:
    code = """
import os
os.environ.clear()
from helmr_ergonomic import sessions, runs, tokens, tasks, auth
from helmr_ergonomic.aio import sessions as later
try:
    sessions.list()
except Exception as error:
    print(type(error).__name__, error)
"""
    output = run_python(code)
    assert output.startswith("ConfigurationError")
    assert "HELMR_API_URL" in output


def public(resource: Any) -> set[str]:
    return {name for name in dir(type(resource)) if not name.startswith("_")} | {
        name for name in vars(resource) if not name.startswith("_")
    }


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELMR_API_URL", "https://a.test")
    monkeypatch.setenv("HELMR_API_KEY", "hlmr_sk_x")


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("name", FACADES)
def test_a_facade_has_the_type_of_the_clients_resource(name: str) -> None:
    stands_for, resource = getattr(helmr_ergonomic, name), getattr(facade.shared_client(), name)
    assert isinstance(stands_for, type(resource))
    assert {one for one in dir(stands_for) if one[0] != "_"} == {
        one for one in dir(resource) if one[0] != "_"
    }
    for attribute in public(resource):
        ours, theirs = getattr(stands_for, attribute), getattr(resource, attribute)
        assert inspect.getdoc(ours) == inspect.getdoc(theirs)
        if callable(theirs):
            assert inspect.signature(ours) == inspect.signature(theirs)
    with pytest.raises(AttributeError, match="has no attribute 'nope'"):
        _ = stands_for.nope


LOOKED_AT = """
import inspect, pydoc, sys
from unittest import mock
from helmr import runs, sessions
from helmr.aio import runs as awaited

assert str(inspect.signature(sessions.open)).startswith("(session:")
assert {"start", "open", "list"} <= set(dir(sessions))
assert "Start a session" in pydoc.render_doc(sessions)
assert "Start a session" in sessions.start.__doc__
assert inspect.iscoroutinefunction(awaited.retrieve)
with mock.patch("helmr.sessions.start", autospec=True) as start:
    sessions.start("greet", {"name": "you"}, external_id="a")
    start.assert_called_once_with("greet", {"name": "you"}, external_id="a")
    try:
        sessions.start()
    except TypeError:
        pass
    else:
        raise AssertionError("the signature is not kept")
with mock.patch.object(runs.events, "list", autospec=True) as events:
    runs.events.list("id")
    events.assert_called_once_with("id")
assert "start" not in vars(sessions)
print("httpx" in sys.modules)
from helmr import Runs, Sessions
assert isinstance(sessions, Sessions) and isinstance(runs, Runs)
"""


def test_facades_can_be_inspected_and_mocked_without_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HELMR_API_URL", raising=False)
    monkeypatch.delenv("HELMR_API_KEY", raising=False)
    assert run_python(LOOKED_AT) == "False", "looking at a method loads no HTTP client"


def test_a_facade_can_be_patched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helmr_ergonomic.runs, "counts", lambda: 5)
    counts: Any = helmr_ergonomic.runs.counts()
    assert counts == 5
    monkeypatch.undo()
    monkeypatch.delenv("HELMR_API_URL", raising=False)
    with pytest.raises(ConfigurationError, match="HELMR_API_URL"):
        helmr_ergonomic.runs.counts()


@pytest.mark.usefixtures("environment")
def test_one_client_is_shared_until_the_environment_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    first = facade.shared_client()
    assert facade.shared_client() is first
    monkeypatch.setenv("HELMR_API_URL", "https://b.test")
    assert facade.shared_client().url == "https://b.test"
    assert not first._transport._http.is_closed
    facade.close()
    facade.close()
    assert facade.shared_client().url == "https://b.test"
    monkeypatch.delenv("HELMR_API_KEY")
    with pytest.raises(ConfigurationError, match="HELMR_API_KEY"):
        facade.shared_client()


@pytest.mark.parametrize("name", FACADES)
def test_sync_and_async_facades_have_the_same_names(name: str) -> None:
    one, other = getattr(helmr_ergonomic, name), getattr(aio, name)
    assert {attribute for attribute in dir(one) if attribute[0] != "_"} == {
        attribute for attribute in dir(other) if attribute[0] != "_"
    }


@pytest.mark.usefixtures("environment")
def test_each_event_loop_has_its_own_client() -> None:
    async def client() -> AsyncHelmrClient:
        made = aio.shared_client()
        assert aio.shared_client() is made
        return made

    assert asyncio.run(client()) is not asyncio.run(client())


def test_sync_and_async_classes_have_the_same_methods_and_parameters() -> None:
    for name in ("HelmrClient", "PublicClient", "Run", "SessionHandle", "SessionStart", "Token"):
        one, other = getattr(helmr_ergonomic, name), getattr(helmr_ergonomic, f"Async{name}")
        names = {attribute for attribute in vars(one) if not attribute.startswith("_")}
        assert names == {
            "close" if attribute == "aclose" else attribute
            for attribute in vars(other)
            if not attribute.startswith("_")
        }
        for attribute in names - {"close"}:
            if callable(vars(one)[attribute]):
                assert list(inspect.signature(vars(one)[attribute]).parameters) == list(
                    inspect.signature(vars(other)[attribute]).parameters
                )


def test_every_public_name_exists_and_has_a_docstring() -> None:
    for name in helmr_ergonomic.__all__:
        value = getattr(helmr_ergonomic, name)
        if inspect.isclass(value) or inspect.isfunction(value):
            assert value.__doc__, name
            for attribute, held in vars(value).items():
                if attribute.startswith("_") or not (inspect.isfunction(held) or isinstance(held, property)):
                    continue
                assert inspect.getdoc(getattr(value, attribute)), f"{name}.{attribute} has no docstring"
    assert sorted(helmr_ergonomic.__all__, key=str.lower) == sorted(dir(helmr_ergonomic), key=str.lower)
    with pytest.raises(AttributeError):
        _ = helmr_ergonomic.nope  # type: ignore[attr-defined]  # that is the point


@pytest.mark.parametrize("client", [HelmrClient, AsyncHelmrClient])
def test_every_resource_has_docstrings(client: type) -> None:
    made = client("https://a.test", "key")
    for resource in ("sessions", "runs", "tokens", "tasks", "auth", "health"):
        value = getattr(made, resource)
        for owner in {value, *([value.events, value.logs] if resource == "runs" else [])}:
            assert type(owner).__doc__
            for attribute in dir(type(owner)):
                if not attribute.startswith("_"):
                    assert getattr(type(owner), attribute).__doc__, f"{resource}.{attribute} has no docstring"
    if client is HelmrClient:
        made.close()
    else:
        asyncio.run(made.aclose())


def test_the_document_is_part_of_the_package() -> None:
    assert helmr_ergonomic.openapi().startswith("openapi: 3.1")
    assert f"version: {helmr_ergonomic.API_VERSION}" in helmr_ergonomic.openapi().replace("'", "").replace(
        '"', ""
    )
