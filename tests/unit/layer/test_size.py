"""Limits on the size of the hand-written layer. Whatever the document describes should be generated.

If a limit is in your way, first consider generating the code. Lower the limit when the layer shrinks.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
LAYER = ROOT / "helmr_ergonomic"
MOST_LINES = 7_482
MOST_ANY = 60
MOST_CASTS = 7

_IGNORED = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}


def by_hand() -> list[str]:
    """Return the source of each module that is neither generated nor derived."""
    sources = [path.read_text(encoding="utf-8") for path in sorted(LAYER.rglob("*.py"))]
    return [source for source in sources if not source.startswith(("# Derived from", "# Generated from"))]


def docstrings(tree: ast.Module) -> Iterator[int]:
    """Yield the line numbers of docstrings."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            yield from range(node.lineno, (node.end_lineno or node.lineno) + 1)


def code_lines(source: str) -> int:
    """Count lines, without docstrings, comments and blank lines."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in _IGNORED:
            lines.update(range(token.start[0], token.end[0] + 1))
    return len(lines - set(docstrings(ast.parse(source))) - {source.count("\n") + 1})


def annotations_of(tree: ast.Module) -> Iterator[ast.expr]:
    """Yield the annotations of arguments, results and variables."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.arg, ast.AnnAssign)) and node.annotation is not None:
            yield node.annotation
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.returns is not None:
            yield node.returns


def anys(source: str) -> int:
    """Count the uses of `Any` in annotations."""
    tree = ast.parse(source)
    return sum(
        isinstance(part, ast.Name) and part.id == "Any"
        for annotation in annotations_of(tree)
        for part in ast.walk(annotation)
    )


def casts(source: str) -> int:
    """Count the calls of `cast`."""
    return sum(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "cast"
        for node in ast.walk(ast.parse(source))
    )


def test_the_layer_does_not_grow_back() -> None:
    sources = by_hand()
    assert sum(map(code_lines, sources)) <= MOST_LINES
    assert sum(map(anys, sources)) <= MOST_ANY
    assert sum(map(casts, sources)) <= MOST_CASTS


def test_lines_anys_and_casts_are_counted_correctly() -> None:
    source = (
        '"""Text\nof two lines."""\n\n# why\ndef f(\n    x: list[Any],\n) -> Any:\n    return cast(int, x)\n'
    )
    assert (code_lines(source), anys(source), casts(source)) == (4, 2, 1)
