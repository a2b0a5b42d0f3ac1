"""Derive the synchronous sources from the asynchronous ones: I/O code is written once.

    python scripts/derive_sync.py           write the derived files
    python scripts/derive_sync.py --check   compare only; name each file that differs, is missing or is extra

Works on tokens, by the tables below. What the tables cannot turn into correct synchronous code (a task
group, say) is an error that names file and line, never a guess. Two markers help where the sides must differ:

* a statement whose first line ends in `# async only` is left out of the derived file, with its whole block;
* a file with a line `# derive-sync: by hand` (and the reason after it) is not derived: its twin is written
  by hand.
"""

from __future__ import annotations

import argparse
import ast
import io
import re
import sys
import tempfile
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from formatting import format_tree

ROOT = Path(__file__).resolve().parent.parent

# (asynchronous source, derived target): two folders or two files.
PAIRS: tuple[tuple[str, str], ...] = (
    ("helmr_ergonomic/_async", "helmr_ergonomic/_sync"),
    ("helmr_local/_async_context.py", "helmr_local/_sync_context.py"),
)

# Whole names. A name beginning with `Async` (after underscores) loses that prefix by rule, see `_rename`.
NAMES: dict[str, str] = {
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "__aiter__": "__iter__",
    "__anext__": "__next__",
    "StopAsyncIteration": "StopIteration",
    "AbstractAsyncContextManager": "AbstractContextManager",
    "asynccontextmanager": "contextmanager",
    "enter_async_context": "enter_context",
    "push_async_exit": "push",
    "push_async_callback": "callback",
    "aiter": "iter",
    "anext": "next",
    "aclose": "close",
    "aclosing": "closing",
    # httpx and httpx-sse
    "aread": "read",
    "aiter_bytes": "iter_bytes",
    "aiter_lines": "iter_lines",
    "aiter_raw": "iter_raw",
    "aiter_text": "iter_text",
    "aiter_sse": "iter_sse",
    "aconnect_sse": "connect_sse",
    "handle_async_request": "handle_request",
    "AsyncByteStream": "SyncByteStream",
    # the generated client
    "asyncio_detailed": "sync_detailed",
    "get_async_httpx_client": "get_httpx_client",
    "set_async_httpx_client": "set_httpx_client",
    "new_async_http_client": "new_http_client",
}

# Dotted names: the primitive of an event loop and the one of a thread. The imports follow.
DOTTED: dict[str, str] = {
    "asyncio.sleep": "time.sleep",
    "asyncio.Lock": "threading.Lock",
    "asyncio.Event": "threading.Event",
    "asyncio.Condition": "threading.Condition",
    "asyncio.Semaphore": "threading.Semaphore",
    "asyncio.BoundedSemaphore": "threading.BoundedSemaphore",
    "asyncio.Queue": "queue.Queue",
    "anyio.sleep": "time.sleep",
    "anyio.Lock": "threading.Lock",
    "anyio.Event": "threading.Event",
    "anyio.Condition": "threading.Condition",
    "anyio.Semaphore": "threading.Semaphore",
    "helmr_ergonomic.aio": "helmr_ergonomic",
}

LOOP_MODULES = frozenset({"asyncio", "anyio"})
# A suppression of lint rules for asynchronous code goes, with its reason: the rules have nothing to say here.
ASYNC_NOQA = re.compile(r"#\s*(?:ruff: )?noqa: ASYNC\d+(?:, ?ASYNC\d+)*\b(?!,).*", re.DOTALL)
BY_HAND = re.compile(r"^# derive-sync: by hand\b", re.MULTILINE)
ASYNC_ONLY = re.compile(r"#\s*async only\b")
HEADER_START = "# Derived from "


class NoSyncForm(Exception):
    """The source uses something that the tables have no synchronous form for."""


@dataclass(frozen=True)
class Edit:
    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Piece:
    """One token, with its place in the source as offsets."""

    kind: int
    text: str
    start: int
    end: int
    line: int


# --- one source -----------------------------------------------------------------------------------


def derive(source: str, name: str = "<source>") -> str:
    """The synchronous form of one asynchronous source, not yet formatted."""
    source = _without_async_only(source, name)
    pieces = list(_pieces(source))
    edits: list[Edit] = []
    modules: set[str] = set()
    loop_imports: list[Edit] = []
    skip = 0
    for index, piece in enumerate(pieces):
        if index < skip:
            continue
        if piece.kind in (tokenize.STRING, tokenize.COMMENT):
            if piece.kind == tokenize.COMMENT and ASYNC_NOQA.fullmatch(piece.text):
                text = ""
            else:
                text = piece.text if _is_bytes(piece) else derive_text(piece.text)
            edits.append(Edit(piece.start, piece.end, text))
        elif piece.kind == tokenize.NAME:
            if piece.text == "await":
                edits.extend(_drop_await(pieces, index))
            elif piece.text == "async":
                edits.append(Edit(piece.start, pieces[index + 1].start, ""))
            elif _imports_loop_module(pieces, index):
                loop_imports.append(Edit(piece.start, pieces[index + 1].end, ""))
                skip = index + 2
            elif (dotted := _dotted(pieces, index)) is not None:
                last, new = dotted
                edits.append(Edit(piece.start, pieces[last].end, new))
                modules.update({new.partition(".")[0]} if piece.text in LOOP_MODULES else ())
                skip = last + 1
            elif piece.text in LOOP_MODULES and not _is_member(pieces, index):
                raise NoSyncForm(
                    f"{name}:{piece.line}: `{_expression(pieces, index)}` has no synchronous form; add one "
                    f"to scripts/derive_sync.py, or mark the statement `# async only`"
                )
            elif piece.text in ("Awaitable", "Coroutine", "AsyncGenerator") and _opens(
                pieces, index + 1, "["
            ):
                edits.extend(_generic(pieces, index))
            elif (new := _rename(piece.text)) != piece.text:
                edits.append(Edit(piece.start, piece.end, new))
    for number, edit in enumerate(loop_imports):
        # The first import of an event loop's module becomes the imports of what took its place.
        indent = source[source.rfind("\n", 0, edit.start) + 1 : edit.start]
        lines = f"\n{indent}".join(f"import {module}" for module in sorted(modules)) if number == 0 else ""
        edits.append(Edit(edit.start, edit.end, lines or "pass"))
    if modules and not loop_imports:
        raise NoSyncForm(f"{name}: uses an event loop's module without a plain `import` of it")
    derived = _drop_placeholders(_apply(source, edits))
    try:
        compile(derived, name, "exec", dont_inherit=True)
    except SyntaxError as error:
        raise NoSyncForm(f"{name}: the derived source does not compile: {error}") from error
    return derived


def derive_text(text: str) -> str:
    """The synchronous form of a comment or a string: its examples, names and prose."""
    text = re.sub(r"\basyncio\.run\((\w+\(.*?\))\)", r"\1", text)
    text = re.sub(r"\banyio\.run\((\w+)\)", r"\1()", text)
    for old, new in DOTTED.items():
        text = re.sub(rf"(?<![\w.]){re.escape(old)}(?!\w)", new, text)
    uses_time = "time.sleep(" in text
    text = re.sub(
        r"^([ \t]*(?:>>> |\.\.\. )?)import (?:asyncio|anyio)[ \t]*\n",
        (lambda match: f"{match[1]}import time\n") if uses_time else "",
        text,
        flags=re.MULTILINE,
    )
    text = re.sub(
        r"^([ \t]*(?:>>>|\.\.\.) .*)$",
        lambda line: re.sub(r"\bawait ", "", line[1]),
        text,
        flags=re.MULTILINE,
    )
    text = re.sub(r"\bawait (?=[\w.]+\()", "", text)  # in prose, only where it stands before a call
    text = re.sub(r"\basync (?=(?:def|with|for)\b)", "", text)
    text = re.sub(r"\b(a)n async (?=(\w))", _article, text, flags=re.IGNORECASE)
    text = re.sub(r"\bAsync (\w)", lambda match: match[1].upper(), text)
    text = re.sub(r"(?<!\bsync and )(?<!\bsync or )\basync (?=[a-z])", "", text)
    text = re.sub(r"\b([Aa])n asynchronous", lambda match: f"{match[1]} synchronous", text)
    text = text.replace("asynchronous", "synchronous").replace("Asynchronous", "Synchronous")
    return re.sub(r"[A-Za-z_]\w*", lambda match: _rename(match[0]), text)


def _article(match: re.Match[str]) -> str:
    return f"{match[1]}n " if match[2].lower() in "aeiou" else f"{match[1]} "


def _rename(name: str) -> str:
    if name in NAMES:
        return NAMES[name]
    name = re.sub(r"^(_*)Async(?=[A-Z])", r"\1", name)
    name = re.sub(r"^(_*)async_(?=\w)", _lower_prefix, name)
    return re.sub(r"_async$", "_sync", name)


def _lower_prefix(match: re.Match[str]) -> str:
    # A module `_async_context` has the twin `_sync_context`; a variable `async_client` is just a `client`.
    return "_sync_" if match[1] == "_" else match[1]


# --- tokens ---------------------------------------------------------------------------------------


def _pieces(source: str) -> Iterator[Piece]:
    """The tokens that matter. An f-string is one piece on every Python, though 3.12 and later split it."""
    starts = [0]
    for line in io.StringIO(source):
        starts.append(starts[-1] + len(line))
    layout = {
        tokenize.NEWLINE,
        tokenize.NL,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
        tokenize.ENCODING,
    }
    f_start, f_end = getattr(tokenize, "FSTRING_START", -1), getattr(tokenize, "FSTRING_END", -1)
    depth, begun, begun_line = 0, 0, 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        start = starts[token.start[0] - 1] + token.start[1]
        end = starts[token.end[0] - 1] + token.end[1]
        if token.type == f_start:
            if depth == 0:
                begun, begun_line = start, token.start[0]
            depth += 1
        elif token.type == f_end:
            depth -= 1
            if depth == 0:
                yield Piece(tokenize.STRING, source[begun:end], begun, end, begun_line)
        elif depth == 0 and token.type not in layout:
            yield Piece(token.type, token.string, start, end, token.start[0])


def _is_bytes(piece: Piece) -> bool:
    return piece.kind == tokenize.STRING and "b" in re.split("['\"]", piece.text, maxsplit=1)[0].lower()


def _opens(pieces: list[Piece], index: int, bracket: str) -> bool:
    return index < len(pieces) and pieces[index].text == bracket


def _is_member(pieces: list[Piece], index: int) -> bool:
    return index > 0 and pieces[index - 1].text == "."


def _expression(pieces: list[Piece], index: int) -> str:
    return pieces[index].text + (f".{pieces[index + 2].text}" if _opens(pieces, index + 1, ".") else "")


def _imports_loop_module(pieces: list[Piece], index: int) -> bool:
    """`import asyncio` alone on its line."""
    if (
        pieces[index].text != "import"
        or index + 1 >= len(pieces)
        or pieces[index + 1].text not in LOOP_MODULES
    ):
        return False
    before = pieces[index - 1] if index else None
    after = pieces[index + 2] if index + 2 < len(pieces) else None
    line = pieces[index].line
    return (before is None or before.line != line) and (
        after is None or after.line != line or after.kind == tokenize.COMMENT
    )


def _dotted(pieces: list[Piece], index: int) -> tuple[int, str] | None:
    """The index of the last token of a dotted name in the table that begins here, and what it becomes."""
    if _is_member(pieces, index) or not _opens(pieces, index + 1, ".") or index + 2 >= len(pieces):
        return None
    new = DOTTED.get(f"{pieces[index].text}.{pieces[index + 2].text}")
    return None if new is None else (index + 2, new)


def _closing(pieces: list[Piece], opening: int) -> int:
    depth = 0
    for index in range(opening, len(pieces)):
        if pieces[index].text in ("(", "[", "{"):
            depth += 1
        elif pieces[index].text in (")", "]", "}"):
            depth -= 1
            if depth == 0:
                return index
    raise NoSyncForm(f"line {pieces[opening].line}: unbalanced brackets")


def _drop_await(pieces: list[Piece], index: int) -> Iterator[Edit]:
    """Without the word; and `(await f()).x` without the brackets that only the word needed."""
    yield Edit(pieces[index].start, pieces[index + 1].start, "")
    if index == 0 or pieces[index - 1].text != "(":
        return
    before = pieces[index - 2] if index > 1 else None
    if before is not None and (
        before.text in (")", "]") or (before.kind == tokenize.NAME and _ends_operand(before))
    ):
        return  # the brackets of a call
    closing = _closing(pieces, index - 1)
    if closing + 1 >= len(pieces) or pieces[closing + 1].text not in (".", "["):
        return
    inner = index + 1
    while inner < closing:
        if pieces[inner].text in ("(", "["):
            inner = _closing(pieces, inner)
        elif pieces[inner].kind != tokenize.NAME and pieces[inner].text != ".":
            return
        inner += 1
    yield Edit(pieces[index - 1].start, pieces[index - 1].end, "")
    yield Edit(pieces[closing].start, pieces[closing].end, "")


def _ends_operand(piece: Piece) -> bool:
    words = {
        "return",
        "yield",
        "in",
        "not",
        "and",
        "or",
        "if",
        "else",
        "assert",
        "await",
        "is",
        "from",
        "lambda",
    }
    return piece.text not in words


def _generic(pieces: list[Piece], index: int) -> Iterator[Edit]:
    """`Awaitable[X]`, `Coroutine[A, B, X]` become `X`; `AsyncGenerator[X, S]`, `Generator[X, S, None]`."""
    opening, closing = index + 1, _closing(pieces, index + 1)
    commas = [
        at
        for at in range(opening + 1, closing)
        if pieces[at].text == "," and _depth(pieces, opening, at) == 1
    ]
    if pieces[index].text == "AsyncGenerator":
        yield Edit(pieces[index].start, pieces[index].end, "Generator")
        yield Edit(pieces[closing].start, pieces[closing].start, ", None" if commas else ", None, None")
        return
    before = commas[-1] if pieces[index].text == "Coroutine" and commas else opening
    yield Edit(pieces[index].start, pieces[before + 1].start, "")
    yield Edit(pieces[closing].start, pieces[closing].end, "")
    # What stands inside is visited by the caller's loop as well, except what the first edit covers.


def _depth(pieces: list[Piece], opening: int, at: int) -> int:
    texts = [piece.text for piece in pieces[opening:at]]
    return sum(text in ("(", "[", "{") for text in texts) - sum(text in (")", "]", "}") for text in texts)


def _apply(source: str, edits: list[Edit]) -> str:
    parts: list[str] = []
    at = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, -edit.end)):
        if edit.start < at:
            continue  # inside a longer edit that began before
        parts += (source[at : edit.start], edit.text)
        at = edit.end
    return "".join([*parts, source[at:]])


def _drop_placeholders(source: str) -> str:
    return re.sub(r"^pass[ \t]*(#.*)?\n", "", source, flags=re.MULTILINE)


def _without_async_only(source: str, name: str) -> str:
    if not ASYNC_ONLY.search(source):
        return source
    lines = list(io.StringIO(source))
    gone: set[int] = set()
    for node in ast.walk(ast.parse(source, name)):
        if isinstance(node, ast.stmt):
            first = min([node.lineno, *(item.lineno for item in getattr(node, "decorator_list", ()))])
            block: list[ast.stmt] = getattr(node, "body", [])
            head = block[0].lineno - 1 if block else node.lineno
            if any(ASYNC_ONLY.search(line) for line in lines[first - 1 : max(head, first)]):
                gone.update(range(first, (node.end_lineno or first) + 1))
    kept = "".join(line for number, line in enumerate(lines, start=1) if number not in gone)
    left = ASYNC_ONLY.search(kept)
    if left is not None:
        line = kept[: left.start()].count("\n") + 1
        raise NoSyncForm(f"{name}: an `# async only` marker belongs to no statement (near line {line})")
    return kept


# --- files ----------------------------------------------------------------------------------------


def header(source: str) -> str:
    return f"{HEADER_START}{source}. Do not edit: change that file, then run `make generate`.\n"


def derive_all(
    root: Path = ROOT, pairs: tuple[tuple[str, str], ...] = PAIRS
) -> tuple[dict[str, str], list[str]]:
    """What every target file should hold, by path, and the problems that keep files from being derived."""
    wanted: dict[str, str] = {}
    problems: list[str] = []
    for source, target in pairs:
        for source_file, target_file in _files(root, source, target):
            text = (root / source_file).read_text(encoding="utf-8")
            if BY_HAND.search(text):
                continue
            try:
                wanted[target_file] = header(source_file) + derive(text, source_file)
            except (NoSyncForm, SyntaxError, tokenize.TokenError) as error:
                problems.append(str(error))
    return _formatted(wanted), problems


def extras(root: Path, wanted: dict[str, str], pairs: tuple[tuple[str, str], ...] = PAIRS) -> list[str]:
    """Files in the derived places that no source stands behind."""
    found: list[str] = []
    for source, target in pairs:
        by_hand = {
            made
            for origin, made in _files(root, source, target)
            if BY_HAND.search((root / origin).read_text())
        }
        place = root / target
        present = [place] if place.is_file() else sorted(place.rglob("*.py"))
        names = [path.relative_to(root).as_posix() for path in present]
        found += [name for name in names if name not in wanted and name not in by_hand]
    return found


def _files(root: Path, source: str, target: str) -> list[tuple[str, str]]:
    place = root / source
    if place.is_file():
        return [(source, target)]
    inner = [path.relative_to(place).as_posix() for path in sorted(place.rglob("*.py"))]
    return [(f"{source}/{name}", f"{target}/{name}") for name in inner]


def _formatted(wanted: dict[str, str]) -> dict[str, str]:
    if not wanted:
        return {}
    with tempfile.TemporaryDirectory(prefix="derive-sync-") as folder:
        for name, text in wanted.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        format_tree(Path(folder))
        return {name: Path(folder, name).read_text(encoding="utf-8") for name in wanted}


def drift(root: Path = ROOT, pairs: tuple[tuple[str, str], ...] = PAIRS) -> list[str]:
    """One line for each derived file that is not as its source says."""
    wanted, problems = derive_all(root, pairs)
    lines = list(problems)
    for name, text in wanted.items():
        path = root / name
        if not path.exists():
            lines.append(f"{name}: missing")
        elif path.read_text(encoding="utf-8") != text:
            lines.append(f"{name}: differs from what its source gives")
    failed = {problem.partition(":")[0] for problem in problems}
    spared = {
        made for source, target in pairs for origin, made in _files(root, source, target) if origin in failed
    }
    lines += [
        f"{name}: extra, no source stands behind it"
        for name in extras(root, wanted, pairs)
        if name not in spared
    ]
    return lines


def write(root: Path = ROOT, pairs: tuple[tuple[str, str], ...] = PAIRS) -> tuple[list[str], list[str]]:
    """Write what changed; remove derived files whose source is gone. Returns (lines about it, problems)."""
    wanted, problems = derive_all(root, pairs)
    if problems:
        return [], problems
    done: list[str] = []
    for name, text in wanted.items():
        path = root / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            done.append(f"wrote {name}")
    for name in extras(root, wanted, pairs):
        if (root / name).read_text(encoding="utf-8").startswith(HEADER_START):
            (root / name).unlink()
            done.append(f"removed {name}: its source is gone")
        else:
            problems.append(f"{name}: stands among derived files, but no source stands behind it")
    return done, problems


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Derive the synchronous sources from the asynchronous ones.")
    parser.add_argument(
        "--check", action="store_true", help="compare only; exit 1 when a file is not as derived"
    )
    if parser.parse_args(arguments).check:
        lines = drift()
        print("\n".join([*lines, "run `make generate`"]) if lines else "derived sync sources: up to date")
        return 1 if lines else 0
    done, problems = write()
    print("\n".join([*done, *problems]) or "derived sync sources: nothing to change")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
