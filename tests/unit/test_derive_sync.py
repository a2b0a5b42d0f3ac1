"""The derivation of sync sources from async ones."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAIRS = (("pkg/_async", "pkg/_sync"), ("pkg/_async_one.py", "pkg/_sync_one.py"))


def _load(name: str) -> ModuleType:
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
    finally:
        sys.path.remove(str(ROOT / "scripts"))


derive_sync = _load("derive_sync")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("async def f() -> None:\n    await g()\n", "def f() -> None:\n    g()\n"),
        ("    async with a() as b, c():\n", "    with a() as b, c():\n"),
        ("    return [x async for x in y]\n", "    return [x for x in y]\n"),
        ("    return (await g(1)).parsed\n", "    return g(1).parsed\n"),
        ("    return (await a.b[0](h(1), (2))).c\n", "    return a.b[0](h(1), (2)).c\n"),
        ("    return h(await g()).c\n", "    return h(g()).c\n"),
        ("    return h[0](await g()).c\n", "    return h[0](g()).c\n"),
        ('    return f"{await g()}!"\n', '    return f"{g()}!"\n'),
        ("def f() -> AsyncIterator[int]: ...\n", "def f() -> Iterator[int]: ...\n"),
        (
            "def f() -> AsyncGenerator[list[int], None]: ...\n",
            "def f() -> Generator[list[int], None, None]: ...\n",
        ),
        ("@asynccontextmanager\n", "@contextmanager\n"),
        ("x: _AsyncThing = AsyncHelmrClient()\n", "x: _Thing = HelmrClient()\n"),
        ("    async def __aenter__(self): ...\n", "    def __enter__(self): ...\n"),
        ("await x.aclose(); await x.aread(); anext(y)\n", "x.close(); x.read(); next(y)\n"),
        ("x = 1  # noqa: ASYNC109  why\n", "x = 1\n"),
        ("    >>> (await run.wait()).status\n", "    >>> run.wait().status\n"),
        ("area = xAsync + asynchronous + awaiting\n", "area = xAsync + asynchronous + awaiting\n"),
    ],
)
def test_async_source_becomes_sync_source(source: str, expected: str) -> None:
    assert derive_sync.derive(source) == expected


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small package, with only the substitutions that it needs."""
    used = (r"\bawait ", r"\basync (def|with|for)\b", r"\b(_*)Async(?=[A-Z])")
    table = [entry for entry in derive_sync.SUBSTITUTIONS if entry[0] in used]
    assert len(table) == len(used)
    monkeypatch.setattr(derive_sync, "SUBSTITUTIONS", tuple(table))
    (tmp_path / "pkg/_async/deep").mkdir(parents=True)
    (tmp_path / "pkg/_async/__init__.py").write_text("")
    (tmp_path / "pkg/_async/deep/a.py").write_text(
        "from collections.abc import AsyncIterator, Iterator\n\n\n"
        "async def f(x: Iterator[int]) -> AsyncIterator[int]:\n    yield await g()\n"
    )
    (tmp_path / "pkg/_async_one.py").write_text("async def one() -> int:\n    return 1\n")
    return tmp_path


def test_a_check_after_writing_finds_no_drift(tree: Path) -> None:
    assert derive_sync.write(tree, PAIRS) == []
    assert (tree / "pkg/_sync/deep/a.py").read_text() == (
        "# Derived from pkg/_async/deep/a.py. Edit that file, then run `make generate`.\n"
        "from collections.abc import Iterator\n\n\n"
        "def f(x: Iterator[int]) -> Iterator[int]:\n    yield g()\n"
    )
    assert (tree / "pkg/_sync_one.py").read_text().endswith("def one() -> int:\n    return 1\n")
    assert derive_sync.drift(tree, PAIRS) == []


def test_each_kind_of_drift_is_reported(tree: Path) -> None:
    derive_sync.write(tree, PAIRS)
    (tree / "pkg/_sync/deep/a.py").write_text("changed\n")
    (tree / "pkg/_sync_one.py").unlink()
    (tree / "pkg/_sync/more.py").write_text("x = 1\n")
    assert sorted(derive_sync.drift(tree, PAIRS)) == [
        "pkg/_sync/deep/a.py: differs from its source",
        "pkg/_sync/more.py: extra, it has no source",
        "pkg/_sync_one.py: missing",
    ]


def test_a_substitution_that_changes_nothing_is_an_error(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        derive_sync, "SUBSTITUTIONS", (*derive_sync.SUBSTITUTIONS, (r"\bnowhere\b", "somewhere"))
    )
    assert derive_sync.write(tree, PAIRS) == [
        r"scripts/derive_sync.py: the substitution \bnowhere\b changes no source"
    ]


def test_derived_files_are_removed_with_their_source_and_hand_written_ones_reported(tree: Path) -> None:
    derive_sync.write(tree, PAIRS)
    (tree / "pkg/_async_one.py").unlink()
    (tree / "pkg/_sync/mine.py").write_text("x = 1\n")
    assert derive_sync.write(tree, PAIRS) == ["pkg/_sync/mine.py: extra, it has no source"]
    assert not (tree / "pkg/_sync_one.py").exists()
    assert (tree / "pkg/_sync/mine.py").exists()


def test_a_hand_written_twin_is_not_changed(tree: Path) -> None:
    (tree / "pkg/_async/locks.py").write_text(
        "# derive-sync: by hand, the two have different primitives\nimport asyncio\n"
    )
    (tree / "pkg/_sync").mkdir()
    (tree / "pkg/_sync/locks.py").write_text("import threading\n")
    assert derive_sync.write(tree, PAIRS) == []
    assert (tree / "pkg/_sync/locks.py").read_text() == "import threading\n"


def test_the_committed_derived_files_are_current() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/derive_sync.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
