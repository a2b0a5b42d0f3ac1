"""Every example (`>>> …`) in a public docstring runs against a local control plane, `await` included.

An example can use the objects that its text mentions: the facades, a session that was just started, its task
and streams, a token, a credential. If it shows a result, the result is checked; otherwise it only has to run.
"""

from __future__ import annotations

import ast
import asyncio
import doctest
import importlib
import inspect
import io
import os
import pkgutil
import re
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import pytest

import helmr_ergonomic
import helmr_local
from examples.review import Report, approval, report, review_pull_request
from helmr_ergonomic import (
    AsyncHelmrClient,
    HelmrClient,
    HelmrError,
    ReadOutput,
    SendInput,
    task,
)
from helmr_local import LocalHelmr, LocalSettings, Sandbox, TaskContext, implement
from tests.docs import guide_tasks
from tests.docs.pages import ROOT

greet = task("greet", payload=dict[str, str], output=str)
PAYLOAD = {"owner": "OWNER", "repo": "REPO", "prNumber": 42}
ARCHIVE = bytes(1024)  # an empty tar archive
DECISION = {"approved": True}
INSIDE = {
    f"helmr.{prefix}{name}"
    for prefix in ("", "Async")
    for name in ("PtyHandle.until_open", "ByteOutput.next_page", "ByteInput.push", "ByteInput.end")
}
"""Methods that only other modules of the layer call. The reference omits them."""
WITHOUT_EXAMPLE = {
    "helmr_ergonomic.errors.status_error",  # for the layer only: it creates the errors
    *INSIDE,
}
NEEDS_PENDING_TOKEN = ("Tokens.cancel", "Token.cancel")
NEEDS_IDLE_SESSION = ("Sessions.close", "OneSession.close")
NEEDS_MOUNT = ("LiveWorkspace", "Commands", "CommandResult")
NEEDS_COMMAND = ("ByteOutput", "ProcessHandle", "ExecHandle", "Execs")
NEEDS_READER = ("ByteInput",)
NEEDS_PTY = ("PtyHandle", "Ptys")
NEEDS_ENDING_PTY = ("PtyHandle.follow",)
NEEDS_TERMINAL = ("PtyHandle.attach", "Ptys.open")
"""These attach the program's own terminal, and a test has none."""
IN_A_MOUNT = (*NEEDS_MOUNT, *NEEDS_COMMAND, *NEEDS_READER, *NEEDS_PTY)
CHECKER = doctest.OutputChecker()
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@implement(greet)
def run_greet(ctx: TaskContext[dict[str, str]]) -> str:
    return f"hello {ctx.payload['name']}"


@implement(task("write-report"), sandbox=Sandbox("python"))
def write_report(ctx: TaskContext[None]) -> None:
    """Write the files that the workspace examples read."""
    (ctx.workspace.path / "repo").mkdir()
    (ctx.workspace.path / "repo" / "report.txt").write_text("2 findings")
    (ctx.workspace.path / "repo" / "logo.png").write_bytes(b"PNG")
    (ctx.workspace.path / "repo" / "test_sum.py").write_text("def test_sum(): assert 1 + 1 == 2")


# Finding them -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Docstring:
    name: str
    module: ModuleType
    text: str

    @property
    def examples(self) -> list[doctest.Example]:
        return doctest.DocTestParser().get_examples(self.text, self.name)


def modules(package: ModuleType) -> Iterator[ModuleType]:
    yield package
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def docstrings() -> Iterator[Docstring]:
    for package in (helmr_ergonomic, helmr_local):
        for module in modules(package):
            if module.__doc__:
                yield Docstring(module.__name__, module, module.__doc__)
            for name, value in list(vars(module).items()):
                if defined_in(value) == module.__name__:
                    yield from docstrings_of(f"{module.__name__}.{name}", value, module)


def defined_in(value: Any) -> str | None:
    """Return the module that defines a class or function, whatever its `__module__` is."""
    if inspect.isfunction(value):
        return str(value.__globals__["__name__"])
    named: str | None = getattr(value, "__module__", None)
    if inspect.isclass(value) and named is not None and named.partition(".")[0] == "helmr":
        own = (held for held in vars(value).values() if inspect.isfunction(held))
        return next((held.__module__ for held in own), None)
    return named


def docstrings_of(name: str, value: Any, module: ModuleType) -> Iterator[Docstring]:
    own = vars(value).get("__doc__") if inspect.isclass(value) else getattr(value, "__doc__", None)
    if isinstance(own, str) and (inspect.isclass(value) or inspect.isroutine(value)):
        yield Docstring(name, module, own)
    if inspect.isclass(value):
        for attribute_name, found in vars(value).items():
            function = found.fget if isinstance(found, property) else getattr(found, "__func__", found)
            if inspect.isfunction(function) and function.__doc__:
                yield Docstring(f"{name}.{attribute_name}", module, function.__doc__)


WITH_EXAMPLES = {found.name: found for found in docstrings() if found.examples}


# Running them -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def control_plane() -> Iterator[LocalHelmr]:
    settings = LocalSettings(
        continuation_interval=0.02, sweep_interval=0.05, log_tick=0.05, builds="succeed", build_time=0
    )
    secrets = {"GITHUB_TOKEN": "not a real one"}
    with LocalHelmr([guide_tasks, run_greet, write_report], secrets=secrets, settings=settings) as helmr:
        with helmr.client() as client:  # the session that the examples open by external id
            client.sessions.start("review-pull-request", PAYLOAD, external_id="github:OWNER/REPO#42")
        yield helmr


def mentions(found: Docstring, name: str) -> bool:
    """True if the examples use a name."""
    return any(re.search(rf"\b{name}\b", example.source) for example in found.examples)


def names(found: Docstring, helmr: LocalHelmr, client: Any, started: Any) -> dict[str, Any]:
    """Return the names that every example can use without defining them."""
    space: dict[str, Any] = {public: getattr(helmr_ergonomic, public) for public in helmr_ergonomic.__all__}
    space |= {name: value for name, value in vars(found.module).items() if not name.startswith("__")}
    resources = ("sessions", "runs", "tokens", "tasks", "auth", "deployments", "schedules", "workspaces")
    space |= {resource: getattr(client, resource) for resource in resources}
    with helmr.client() as other:  # only for the examples that use them, to save time
        if mentions(found, "deployment"):
            space["deployment"] = other.deployments.create(ARCHIVE)
        if mentions(found, "schedule"):
            space["schedule"] = other.schedules.create(
                review_pull_request, cron="0 0 1 1 *", deduplication_key="yearly"
            )
    return space | {
        "url": helmr.url,
        "api_key": helmr.api_key,
        "client": client,
        "started": started,
        "session_id": started.session.id,
        "timedelta": timedelta,
        "greet": greet,
        "review_pull_request": review_pull_request,
        "approval": approval,
        "report": report,
        "Report": Report,
        "__name__": "example",
    }


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_example_runs(
    name: str, control_plane: LocalHelmr, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("deployment.tar").write_bytes(ARCHIVE)
    # Command examples run `python` and `pytest`.
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    for variable, value in control_plane.environ().items():
        monkeypatch.setenv(variable, value)
    found = WITH_EXAMPLES[name]
    if "._async" in name or name.startswith("helmr_ergonomic._aio_client"):
        asyncio.run(run_async(found, control_plane))
    else:
        run_sync(found, control_plane)


def needs(found: Docstring, owners: tuple[str, ...]) -> bool:
    """True if the docstring belongs to one of these classes or methods."""
    return any(f"{owner}." in f"{found.name}." for owner in owners)


def workspace_for(found: Docstring, helmr: LocalHelmr) -> str | None:
    """Create a stopped workspace with files, if the example uses one, and return its id."""
    if not (needs(found, IN_A_MOUNT) or "workspaces" in found.name or "workspace_files" in found.name):
        return None
    with helmr.client() as client:
        workspace_id = str(client.sessions.start_and_wait("write-report").session.workspace_id)
        client.workspaces.stop(workspace_id, wait=True)
    return workspace_id


def run_sync(found: Docstring, helmr: LocalHelmr) -> None:
    with HelmrClient() as client, ExitStack() as stack:
        started = client.sessions.start("review-pull-request", PAYLOAD)
        space = names(found, helmr, client, started)
        if mentions(found, "credential"):
            space["credential"] = client.auth.create_public_token(SendInput(started.session, approval))
        if mentions(found, "reading"):
            space["reading"] = client.auth.create_public_token(ReadOutput(started.session, report))
        if mentions(found, "token") or mentions(found, "callback_url"):
            space["token"] = token = client.tokens.create(timeout="1h")
            space["callback_url"] = token.callback_url
            # Complete the token first, so that waiting for it ends.
            if not found.name.endswith(NEEDS_PENDING_TOKEN):
                client.tokens.complete(token.id, DECISION)
        if found.name.endswith(NEEDS_IDLE_SESSION):
            client.runs.wait(started.run, timeout=10)
        next(iter(client.sessions.open(started.session).output(report).follow()))
        if workspace_id := workspace_for(found, helmr):
            space |= {"ws": client.workspaces.retrieve(workspace_id), "workspace_id": workspace_id}
            if needs(found, IN_A_MOUNT):
                space["live"] = live = stack.enter_context(client.workspaces.open(workspace_id).connect())
                if needs(found, (*NEEDS_COMMAND, *NEEDS_READER)):
                    reads = needs(found, NEEDS_READER)
                    space["proc"] = proc = live.exec(["cat"] if reads else ["echo", "2"], stdin=reads)
                    space["exec_id"] = proc.id
                elif needs(found, NEEDS_PTY):
                    space["pty"] = pty = stack.enter_context(live.pty())
                    space["pty_id"] = pty.id
                    if needs(found, NEEDS_ENDING_PTY):
                        pty.write("exit\r")
        for example in found.examples:
            with showing() as shown, without_terminal(found):
                eval(compiled(example, found), space)  # noqa: S307  our own documentation
            check(example, found, shown.getvalue())


async def run_async(found: Docstring, helmr: LocalHelmr) -> None:
    async with AsyncHelmrClient() as client, AsyncExitStack() as stack:
        started = await client.sessions.start("review-pull-request", PAYLOAD)
        space = names(found, helmr, client, started)
        if mentions(found, "credential"):
            space["credential"] = await client.auth.create_public_token(SendInput(started.session, approval))
        if mentions(found, "reading"):
            space["reading"] = await client.auth.create_public_token(ReadOutput(started.session, report))
        if mentions(found, "token") or mentions(found, "callback_url"):
            space["token"] = token = await client.tokens.create(timeout="1h")
            space["callback_url"] = token.callback_url
            if not found.name.endswith(NEEDS_PENDING_TOKEN):
                await client.tokens.complete(token.id, DECISION)
        if found.name.endswith(NEEDS_IDLE_SESSION):
            await client.runs.wait(started.run, timeout=10)
        if workspace_id := workspace_for(found, helmr):
            space |= {"ws": await client.workspaces.retrieve(workspace_id), "workspace_id": workspace_id}
            if needs(found, IN_A_MOUNT):
                connection = client.workspaces.open(workspace_id).connect()
                space["live"] = live = await stack.enter_async_context(connection)
                if needs(found, (*NEEDS_COMMAND, *NEEDS_READER)):
                    reads = needs(found, NEEDS_READER)
                    space["proc"] = proc = await live.exec(["cat"] if reads else ["echo", "2"], stdin=reads)
                    space["exec_id"] = proc.id
                elif needs(found, NEEDS_PTY):
                    space["pty"] = pty = await stack.enter_async_context(live.pty())
                    space["pty_id"] = pty.id
                    if needs(found, NEEDS_ENDING_PTY):
                        await pty.write("exit\r")
        async for _ in client.sessions.open(started.session).output(report).follow():
            break
        for example in found.examples:
            with showing() as shown, without_terminal(found):
                value = eval(compiled(example, found), space)  # noqa: S307  our own documentation
                if inspect.isawaitable(value):
                    await value
            check(example, found, shown.getvalue())


def compiled(example: doctest.Example, found: Docstring) -> CodeType:
    """Compile the example. `await` is allowed at top level, and expression values are displayed."""
    where = f"<docstring of {found.name}>"
    code: CodeType = compile(example.source, where, "single", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    return code


@contextmanager
def showing() -> Iterator[io.StringIO]:
    """Capture printed output and the values that the interactive interpreter would show."""

    def show(value: object) -> None:
        if value is not None:
            print(repr(value))

    before, sys.displayhook = sys.displayhook, show
    try:
        with redirect_stdout(io.StringIO()) as shown:
            yield shown
    finally:
        sys.displayhook = before


@contextmanager
def without_terminal(found: Docstring) -> Iterator[None]:
    """Expect an example that attaches the local terminal to fail, because there is no terminal."""
    if needs(found, NEEDS_TERMINAL):
        before = sys.stdin
        with Path(os.devnull).open() as sys.stdin:
            try:
                with pytest.raises(HelmrError, match="terminal"):
                    yield
            finally:
                sys.stdin = before
    else:
        yield


def check(example: doctest.Example, found: Docstring, got: str) -> None:
    if example.want and not CHECKER.check_output(example.want, got, FLAGS):
        pytest.fail(f"{found.name}:\n{CHECKER.output_difference(example, got, FLAGS)}", pytrace=False)


GENERATED = ("helmr_api.models", "helmr_api.resources")
"""Docstrings of these come from the document. The API reference shows an example of each request."""


def test_every_documented_function_and_method_has_an_example() -> None:
    missing: list[str] = []
    for page in (ROOT / "docs" / "reference" / "python").glob("*.md"):
        if page.stem == "local":  # its methods are used in task functions, which the guides run
            continue
        for directive in re.findall(r"^::: (\S+)$", page.read_text(encoding="utf-8"), re.MULTILINE):
            documented = pkgutil.resolve_name(directive)
            if (defined_in(documented) or "").startswith(GENERATED):
                continue
            for name, function in functions(directive, documented):
                if name not in WITHOUT_EXAMPLE and ">>> " not in (function.__doc__ or ""):
                    missing.append(name)
    assert missing == []


def functions(path: str, documented: Any) -> Iterator[tuple[str, Any]]:
    """Yield the public functions at or below a documented path."""
    if inspect.isfunction(documented) or inspect.ismethod(documented):
        yield path, documented
    elif inspect.isclass(documented):
        for name, attribute in vars(documented).items():
            function = getattr(attribute, "__func__", attribute)
            if not name.startswith("_") and inspect.isfunction(function):
                yield f"{path}.{name}", function
    elif inspect.ismodule(documented):
        for name, found in vars(documented).items():
            if name.startswith("_"):
                continue
            if getattr(found, "__module__", None) == documented.__name__:
                yield from functions(f"{path}.{name}", found)


def test_sync_and_async_have_the_same_examples() -> None:
    sync = {name for name in WITH_EXAMPLES if "._sync." in name}
    awaited = {name for name in WITH_EXAMPLES if "._async." in name and "._async.aiohttp_client." not in name}
    assert len(sync) == len(awaited) >= 20
