"""Every example in a docstring runs, against a real server, and every call has one."""

from __future__ import annotations

import ast
import asyncio
import doctest
import importlib
import inspect
import pkgutil
import tarfile
from collections.abc import Generator, Iterator
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import msgspec
import pytest

import helmr_ergonomic
from helmr_ergonomic import InputStream, OutputStream, facade, task
from helmr_local import LocalHelmr, LocalSettings, implement

greet = task("greet", payload=dict[str, str], output=str)
approval = InputStream("approval", dict[str, bool])


SOON = LocalSettings(sweep_interval=0.05, builds="succeed", build_time=0.01)


class Report(msgspec.Struct):
    summary: str


report = OutputStream("agent.report", Report)


@implement(greet, inputs=[approval], outputs=[report])
def do_greet(ctx: Any) -> str:
    ctx.output(report).append(Report("greeted"))
    return f"hello {ctx.payload['name']}"


def modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(helmr_ergonomic.__path__, "helmr_ergonomic."):
        yield importlib.import_module(found.name)


class Finder(doctest.DocTestFinder):
    """Finds the examples of classes and functions also when they say that they are in `helmr`."""

    def _from_module(self, module: Any, object: Any) -> bool:
        if getattr(object, "__module__", "").partition(".")[0] != "helmr":
            return bool(super()._from_module(module, object))  # type: ignore[misc]
        code = inspect.unwrap(object) if inspect.isfunction(object) else None
        if code is not None:
            return bool(code.__globals__ is vars(module))
        own = (held for held in vars(object).values() if inspect.isfunction(held))
        return any(held.__module__ == module.__name__ for held in own)


def documented() -> list[Any]:
    """Every docstring with an example, by name."""
    found = []
    for module in modules():
        for test in Finder(exclude_empty=True).find(module, module.__name__):
            if test.examples:
                found.append(pytest.param(test, id=test.name.removeprefix("helmr_ergonomic.")))
    return found


@pytest.fixture(scope="module")
def helmr() -> Generator[LocalHelmr]:
    with LocalHelmr(tasks=[do_greet], settings=SOON) as local:
        yield local
        facade.close()


@pytest.mark.parametrize("test", documented())
def test_the_example(
    test: doctest.DocTest, helmr: LocalHelmr, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Runs it with the names that examples use: `started`, `token`, `client`, the facades, …"""
    for variable, value in helmr.environ().items():
        monkeypatch.setenv(variable, value)
    monkeypatch.chdir(tmp_path)
    with tarfile.open("deployment.tar", "w"):
        pass
    asyncio.run(run(test, helmr))


async def run(test: doctest.DocTest, helmr: LocalHelmr) -> None:
    from helmr_ergonomic import _facades, aio

    awaited = "._async." in test.name or test.name.startswith("helmr_ergonomic._aio_client")
    direct = facade.shared_client()
    payload = {"name": "you"}
    direct.sessions.start(greet, payload, external_id="github:OWNER/REPO#42", idempotency_key="example")
    started = direct.sessions.start_and_wait(greet, payload, idempotency_key=test.name)
    source: Any = aio if awaited else helmr_ergonomic
    token: Any = await aio.tokens.create(timeout="1h") if awaited else direct.tokens.create(timeout="1h")
    if any(word in test.name for word in ("wait", "Wait", "TokenSnapshot.result", "TokenSnapshot.unwrap")):
        direct.tokens.complete(token.id, {"approved": True})
    names: dict[str, Any] = {
        **vars(importlib.import_module(test.globs["__name__"])),
        **{name: getattr(source, name) for name in _facades.RESOURCES},
        **{name: getattr(helmr_ergonomic, name) for name in helmr_ergonomic.__all__ if name[0].isupper()},
        "task": task,
        "greet": greet,
        "review_pull_request": greet,
        "approval": approval,
        "report": report,
        "token": token,
        "Report": Report,
        "started": await aio.sessions.start(greet, payload, idempotency_key=test.name)
        if awaited
        else started,
        "url": helmr.url,
        "api_key": helmr.api_key,
        "session_id": started.session.id,
        "deployment": direct.deployments.current(),
        "schedule": direct.schedules.create("greet", cron="0 3 * * *", deduplication_key=test.name),
        "client": aio.shared_client() if awaited else direct,
        "credential": direct.auth.create_public_token(helmr_ergonomic.SendInput(started.session, approval)),
        "reading": direct.auth.create_public_token(helmr_ergonomic.ReadOutput(started.session, report)),
        "callback_url": token.callback_url,
        "print": lambda *values, **options: None,
    }
    for example in test.examples:
        shown = await execute(example.source, names)
        if example.want:
            assert shown == example.want.strip(), f"{test.name}: {example.source}"
    await aio.aclose()


async def execute(source: str, names: dict[str, Any]) -> str:
    """Runs one example, `await` and all; gives what an interpreter would show."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    if tree.body:
        await evaluate(compile_awaiting(tree, "exec"), names)
    if last is None:
        return ""
    assert isinstance(last, ast.Expr)
    value = await evaluate(compile_awaiting(ast.Expression(last.value), "eval"), names)
    return "" if value is None else repr(value)


def compile_awaiting(tree: Any, mode: str) -> CodeType:
    code: CodeType = compile(tree, "<example>", mode, flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    return code


async def evaluate(code: CodeType, names: dict[str, Any]) -> Any:
    value = eval(code, names)  # noqa: S307  our own examples
    return await value if code.co_flags & inspect.CO_COROUTINE else value


def resources() -> list[Any]:
    from helmr_ergonomic._async import auth, client, health, public, runs, sessions, streams, tokens
    from helmr_ergonomic._async.run_events import AsyncEventResource
    from helmr_ergonomic._async.run_logs import AsyncLogResource

    classes: list[type] = [
        auth.AsyncAuth, client.AsyncHelmrClient, health.AsyncHealth, public.AsyncPublicClient,
        public.AsyncPublicInput, public.AsyncPublicOutput, runs.AsyncRuns, AsyncEventResource,
        AsyncLogResource,
        sessions.AsyncSessions, streams.AsyncInput, streams.AsyncOutput, tokens.AsyncTokens,
    ]  # fmt: skip
    return [
        pytest.param(field, id=f"{owner.__name__}.{name}")
        for owner in classes
        for name, field in inspect.getmembers(owner, inspect.isfunction)
        if not name.startswith("_") and name != "aclose"
    ]


@pytest.mark.parametrize("method", resources())
def test_every_call_says_what_it_raises_and_shows_itself(method: Any) -> None:
    text = inspect.getdoc(method) or ""
    assert ">>>" in text, "no example"
    assert "Raises" in text or "Asks nothing" in text or "Closing it" in text, "does not say what it raises"
