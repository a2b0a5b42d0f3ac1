"""Derive the synchronous sources from the asynchronous ones: I/O code is written once.

    python scripts/derive_sync.py           write the derived files
    python scripts/derive_sync.py --check   compare only; list each file that differs, is missing or is extra

The table of substitutions is applied to each line, comments and docstrings included. A substitution that
changes no line of any source is an error. If the two sides have different primitives (sleep, locks,
concurrency), a module has a line `# derive-sync: by hand` with the reason after it, and its twin is written
by hand.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from pathlib import Path

from formatting import format_tree

ROOT = Path(__file__).resolve().parent.parent

# (asynchronous source, derived target): two folders or two files.
PAIRS: tuple[tuple[str, str], ...] = (
    ("helmr_ergonomic/_async", "helmr_ergonomic/_sync"),
    ("helmr_local/_async_context.py", "helmr_local/_sync_context.py"),
)

_NESTED = r"(?:[^()]|\((?:[^()]|\([^()]*\))*\))*"
_BRACKETED = r"(?:[^\[\]]|\[(?:[^\[\]]|\[[^\[\]]*\])*\])*"
SUBSTITUTIONS: tuple[tuple[str, str], ...] = (
    (rf"(?<![\w\])])\(await ({_NESTED})\)(?=[.\[])", r"\1"),  # (await f()).x
    (r"\bawait ", ""),
    (r"\basync (def|with|for)\b", r"\1"),
    (r"\bAsyncGenerator\[(.+), None\]", r"Generator[\1, None, None]"),
    (r"\basynccontextmanager\b", "contextmanager"),
    (r"\b(_*)Async(?=[A-Z])", r"\1"),
    (r"\baclosing\b", "closing"),
    (rf"\bAwaitable\[({_BRACKETED})\]", r"\1"),
    (r"\b__a(enter|exit|iter|next)__\b", r"__\1__"),
    (r"\bhandle_async_request\b", "handle_request"),
    (r"\ba(close|next|read|iter_bytes|iter_raw)\b", r"\1"),
    (r"\s*# (ruff: )?noqa: ASYNC.*", ""),
)
BY_HAND = re.compile(r"^# derive-sync: by hand\b", re.MULTILINE)
HEADER = "# Derived from {}. Edit that file, then run `make generate`.\n"
HEADER_START = HEADER.partition("{")[0]


def derive(source: str, used: set[str] | None = None) -> str:
    """Return the unformatted synchronous form of a source; add the patterns that changed it to `used`."""
    lines = source.splitlines(keepends=True)
    for number, line in enumerate(lines):
        for pattern, replacement in SUBSTITUTIONS:
            line, count = re.subn(pattern, replacement, line)
            if count and used is not None:
                used.add(pattern)
        lines[number] = line
    return "".join(lines)


def derive_all(
    root: Path = ROOT, pairs: tuple[tuple[str, str], ...] = PAIRS
) -> tuple[dict[str, str], list[str]]:
    """Return the content of every derived file by path, and the substitutions that change nothing."""
    used: set[str] = set()
    wanted = {
        target: HEADER.format(source) + derive((root / source).read_text(encoding="utf-8"), used)
        for source, target in _files(root, pairs)
        if not _is_by_hand(root / source)
    }
    unused = [pattern for pattern, _ in SUBSTITUTIONS if pattern not in used]
    with tempfile.TemporaryDirectory(prefix="derive-sync-") as folder:
        for name, text in wanted.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        format_tree(Path(folder))
        return {name: Path(folder, name).read_text(encoding="utf-8") for name in wanted}, unused


def drift(root: Path = ROOT, pairs: tuple[tuple[str, str], ...] = PAIRS) -> list[str]:
    """Return one line per derived file that differs from its source, and per unused substitution."""
    wanted, unused = derive_all(root, pairs)
    lines = [f"scripts/derive_sync.py: the substitution {pattern} changes no source" for pattern in unused]
    for name, text in wanted.items():
        path = root / name
        if not path.exists():
            lines.append(f"{name}: missing")
        elif path.read_text(encoding="utf-8") != text:
            lines.append(f"{name}: differs from its source")
    return lines + [f"{name}: extra, it has no source" for name in _extras(root, pairs)]


def write(root: Path = ROOT, pairs: tuple[tuple[str, str], ...] = PAIRS) -> list[str]:
    """Write the derived files, remove those whose source is gone, and return the remaining problems."""
    for name, text in derive_all(root, pairs)[0].items():
        path = root / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"wrote {name}")
    for name in _extras(root, pairs):
        if (root / name).read_text(encoding="utf-8").startswith(HEADER_START):
            (root / name).unlink()
            print(f"removed {name}: its source is gone")
    return drift(root, pairs)


def _files(root: Path, pairs: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    """Yield each source with its target."""
    found: list[tuple[str, str]] = []
    for source, target in pairs:
        for path in sorted((root / source).rglob("*.py")) if (root / source).is_dir() else [root / source]:
            name = path.relative_to(root).as_posix()
            found += [(name, target + name.removeprefix(source))] if path.exists() else []
    return found


def _extras(root: Path, pairs: tuple[tuple[str, str], ...]) -> list[str]:
    """Return the derived files that have no source."""
    known = {target for _, target in _files(root, pairs)}
    places = [root / target for _, target in pairs]
    present = [path for place in places for path in ([place] if place.is_file() else place.rglob("*.py"))]
    return sorted({path.relative_to(root).as_posix() for path in present} - known)


def _is_by_hand(path: Path) -> bool:
    return BY_HAND.search(path.read_text(encoding="utf-8")) is not None


def main(arguments: list[str] | None = None) -> int:
    """Write or check the derived files, and report problems."""
    parser = argparse.ArgumentParser(description="Derive the synchronous sources from the asynchronous ones.")
    parser.add_argument("--check", action="store_true", help="compare only; exit with 1 if anything differs")
    check = parser.parse_args(arguments).check
    lines = drift() if check else write()
    print("\n".join(lines) or "derived sync sources: up to date")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
