"""The derivation of synchronous sources from asynchronous ones."""

from __future__ import annotations

import doctest
import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _load(name: str) -> ModuleType:
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module  # dataclasses look their module up
        spec.loader.exec_module(module)
        return module
    finally:
        sys.path.remove(str(ROOT / "scripts"))


derive_sync = _load("derive_sync")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("async def f() -> None:\n    await g()\n", "def f() -> None:\n    g()\n"),
        (
            "async def f():\n    async with a() as b, c():\n        pass\n",
            "def f():\n    with a() as b, c():\n        pass\n",
        ),
        ("async def f():\n    return [x async for x in y]\n", "def f():\n    return [x for x in y]\n"),
        ("async def f():\n    return (await g(1)).parsed\n", "def f():\n    return g(1).parsed\n"),
        ("async def f():\n    return (await a.b[0](1)).c\n", "def f():\n    return a.b[0](1).c\n"),
        ("async def f():\n    return (await a + 1).c\n", "def f():\n    return (a + 1).c\n"),
        ("async def f():\n    return h(await g()).c\n", "def f():\n    return h(g()).c\n"),
        ("def f() -> AsyncIterator[int]: ...\n", "def f() -> Iterator[int]: ...\n"),
        ("def f() -> AsyncGenerator[int, None]: ...\n", "def f() -> Generator[int, None, None]: ...\n"),
        (
            "def f() -> AsyncGenerator[dict[str, int]]: ...\n",
            "def f() -> Generator[dict[str, int], None, None]: ...\n",
        ),
        ("F = Callable[[int], Awaitable[dict[str, AsyncRun]]]\n", "F = Callable[[int], dict[str, Run]]\n"),
        ("F = Coroutine[Any, Any, AsyncRun]\n", "F = Run\n"),
        ("stack = AsyncExitStack()\n", "stack = ExitStack()\n"),
        ("x: _AsyncThing = AsyncHelmrClient()\n", "x: _Thing = HelmrClient()\n"),
        ("raise StopAsyncIteration\n", "raise StopIteration\n"),
        ("def __aenter__(self): ...\n", "def __enter__(self): ...\n"),
        ("x.aclose(); x.aread(); x.aiter_lines()\n", "x.close(); x.read(); x.iter_lines()\n"),
        ("class T(httpx.AsyncByteStream): ...\n", "class T(httpx.SyncByteStream): ...\n"),
        ("from .._async.client import AsyncTransport\n", "from .._sync.client import Transport\n"),
        ("from ._async_context import x\n", "from ._sync_context import x\n"),
        ("async_client = 1\n", "client = 1\n"),
        ('__all__ = ["AsyncHelmrClient"]\n', '__all__ = ["HelmrClient"]\n'),
        ('async def f():\n    return f"{await g()}!"\n', 'def f():\n    return f"{g()}!"\n'),
        ('x = "\u2028\x0c"; y = AsyncRun\n', 'x = "\u2028\x0c"; y = Run\n'),
        ("x = AsyncRun  # noqa: ASYNC109, ASYNC210 - why\n", "x = Run  \n"),
        ("x = AsyncRun  # noqa: ASYNC109, S101 - why\n", "x = Run  # noqa: ASYNC109, S101 - why\n"),
        ('x = b"AsyncHelmrClient"\n', 'x = b"AsyncHelmrClient"\n'),
        ("# an AsyncRun is awaited: await run.wait()\n", "# an Run is awaited: run.wait()\n"),
        ("import asyncio\nx = asyncio.Lock()\n", "import threading\nx = threading.Lock()\n"),
        (
            "import asyncio\nasync def f():\n    await asyncio.sleep(1)\n    asyncio.Event()\n",
            "import threading\nimport time\ndef f():\n    time.sleep(1)\n    threading.Event()\n",
        ),
        ("import anyio  # for sleep\nx = 1\n", "x = 1\n"),
    ],
)
def test_becomes(source: str, expected: str) -> None:
    assert derive_sync.derive(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        "import asyncio\nasync def f():\n    async with asyncio.TaskGroup() as group:\n        pass\n",
        "import asyncio\nasync def f():\n    return await asyncio.gather(a(), b())\n",
        "from asyncio import Lock\n",
        "import anyio.abc\n",
    ],
)
def test_what_has_no_synchronous_form_is_an_error_naming_the_line(source: str) -> None:
    with pytest.raises(derive_sync.NoSyncForm, match=r"^there\.py:[123]: "):
        derive_sync.derive(source, "there.py")


def test_a_statement_marked_async_only_is_left_out_with_its_block() -> None:
    source = (
        "x = 1\n"
        "@decorated\n"
        "async def f(  # async only: the loop's own clean-up\n"
        "    a: int,\n"
        ") -> None:\n"
        "    await asyncio.shield(a)\n"
        "y = asyncio.gather()  # async only\n"
        "z = 2\n"
    )
    assert derive_sync.derive(source) == "x = 1\nz = 2\n"


def test_a_marker_that_belongs_to_nothing_is_an_error() -> None:
    with pytest.raises(derive_sync.NoSyncForm, match="belongs to no statement"):
        derive_sync.derive("if x:\n    pass\nelse:  # async only\n    pass\n")


def test_leaving_out_a_whole_body_is_an_error_not_broken_code() -> None:
    with pytest.raises(derive_sync.NoSyncForm, match="does not compile"):
        derive_sync.derive("def f():\n    g()  # async only\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("An async iterator over an async stream", "An iterator over a stream"),
        ("Async client.", "Client."),
        ("An asynchronous client; asynchronously.", "A synchronous client; synchronously."),
        ("Awaiting `await run.wait()` gives", "Awaiting `run.wait()` gives"),
        ("servers await the answer, sync and async alike", "servers await the answer, sync and async alike"),
        (">>> x = [await y, await z()]", ">>> x = [y, z()]"),
        ("from helmr_ergonomic.aio import sessions", "from helmr_ergonomic import sessions"),
    ],
)
def test_prose(text: str, expected: str) -> None:
    assert derive_sync.derive_text(text) == expected


def test_an_example_in_a_docstring_comes_out_as_one_that_runs() -> None:
    source = '''\
"""Example.

>>> import asyncio
>>> async def main() -> None:
...     async with AsyncThing() as thing:
...         async for item in thing.items():
...             print(await thing.twice(item))
>>> asyncio.run(main())
2
4
"""

class AsyncThing:
    async def __aenter__(self):
        return self
    async def __aexit__(self, *details):
        await self.aclose()
    async def aclose(self): ...
    async def items(self):
        yield 1
        yield 2
    async def twice(self, item):
        return item * 2
'''
    module = ModuleType("derived_example")
    exec(compile(derive_sync.derive(source), "derived", "exec"), module.__dict__)  # noqa: S102 - the derived code is what is tested
    assert module.__doc__ is not None
    assert "async" not in module.__doc__
    assert "await" not in module.__doc__
    results = doctest.testmod(module)
    assert results.attempted == 2
    assert results.failed == 0


# --- folders --------------------------------------------------------------------------------------

PAIRS = (("pkg/_async", "pkg/_sync"), ("pkg/_async_one.py", "pkg/_sync_one.py"))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "pkg/_async/deep").mkdir(parents=True)
    (tmp_path / "pkg/_async/__init__.py").write_text("")
    (tmp_path / "pkg/_async/deep/a.py").write_text(
        "from collections.abc import AsyncIterator, Awaitable, Iterator\n\n\n"
        "async def f(x: Iterator[int]) -> AsyncIterator[int]:\n    yield await g()\n"
    )
    (tmp_path / "pkg/_async_one.py").write_text("async def one() -> int:\n    return 1\n")
    return tmp_path


def test_writing_then_checking_is_clean_and_writing_again_changes_nothing(tree: Path) -> None:
    done, problems = derive_sync.write(tree, PAIRS)
    assert not problems
    assert len(done) == 3
    text = (tree / "pkg/_sync/deep/a.py").read_text()
    assert text == (
        "# Derived from pkg/_async/deep/a.py. Do not edit: change that file, then run `make generate`.\n"
        "from collections.abc import Iterator\n\n\n"
        "def f(x: Iterator[int]) -> Iterator[int]:\n    yield g()\n"
    )
    assert derive_sync.drift(tree, PAIRS) == []
    assert derive_sync.write(tree, PAIRS) == ([], [])


def test_each_kind_of_drift_is_named(tree: Path) -> None:
    derive_sync.write(tree, PAIRS)
    (tree / "pkg/_sync/deep/a.py").write_text("changed\n")
    (tree / "pkg/_sync_one.py").unlink()
    (tree / "pkg/_sync/more.py").write_text("x = 1\n")
    assert derive_sync.drift(tree, PAIRS) == [
        "pkg/_sync/deep/a.py: differs from what its source gives",
        "pkg/_sync_one.py: missing",
        "pkg/_sync/more.py: extra, no source stands behind it",
    ]


def test_a_derived_file_goes_with_its_source_but_a_hand_written_one_is_kept_and_reported(tree: Path) -> None:
    derive_sync.write(tree, PAIRS)
    (tree / "pkg/_async/deep/a.py").unlink()
    (tree / "pkg/_sync/mine.py").write_text("x = 1\n")
    done, problems = derive_sync.write(tree, PAIRS)
    assert done == ["removed pkg/_sync/deep/a.py: its source is gone"]
    assert problems == ["pkg/_sync/mine.py: stands among derived files, but no source stands behind it"]
    assert (tree / "pkg/_sync/mine.py").exists()


def test_a_twin_written_by_hand_is_left_alone(tree: Path) -> None:
    (tree / "pkg/_async/locks.py").write_text(
        "# derive-sync: by hand, the two have different primitives\nimport asyncio\n"
    )
    (tree / "pkg/_sync").mkdir()
    (tree / "pkg/_sync/locks.py").write_text("import threading\n")
    derive_sync.write(tree, PAIRS)
    assert (tree / "pkg/_sync/locks.py").read_text() == "import threading\n"
    assert derive_sync.drift(tree, PAIRS) == []


def test_a_pair_with_neither_side_is_skipped_and_one_without_source_is_drift(tmp_path: Path) -> None:
    assert derive_sync.drift(tmp_path, PAIRS) == []
    assert derive_sync.write(tmp_path, PAIRS) == ([], [])
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg/_sync_one.py").write_text("x = 1\n")
    assert derive_sync.drift(tmp_path, PAIRS) == ["pkg/_sync_one.py: extra, no source stands behind it"]


def test_a_source_that_cannot_be_derived_writes_nothing(tree: Path) -> None:
    (tree / "pkg/_async/bad.py").write_text("import asyncio\nasyncio.gather()\n")
    done, problems = derive_sync.write(tree, PAIRS)
    assert done == []
    assert [problem.partition(" ")[0] for problem in problems] == ["pkg/_async/bad.py:2:"]
    assert not (tree / "pkg/_sync").exists()


def test_the_committed_derived_files_are_current() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/derive_sync.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
