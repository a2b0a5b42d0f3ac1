"""The pages of the documentation and their code blocks."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "docs" / "index.md", *sorted((ROOT / "docs" / "guides").glob("*.md"))]

_FENCE = re.compile(r"^(?P<indent> *)```(?P<info>.*)$")


@dataclass(frozen=True)
class Block:
    """A fenced code block; `line` is the line where its text begins."""

    language: str
    title: str | None
    text: str
    line: int


def blocks(page: str) -> Iterator[Block]:
    """Yield the fenced blocks of a page, including those inside tabs and lists."""
    lines = page.splitlines()
    at = 0
    while at < len(lines):
        fence = _FENCE.match(lines[at])
        at += 1
        if fence is None:
            continue
        begin = at
        while at < len(lines) and lines[at] != f"{fence['indent']}```":
            at += 1
        if at == len(lines):
            raise ValueError(f"line {begin}: this block does not end")
        title = re.search(r'title="([^"]+)"', fence["info"])
        language = fence["info"].split(" ", 1)[0].strip()
        yield Block(
            language,
            title[1] if title else None,
            textwrap.dedent("\n".join(lines[begin:at])) + "\n",
            begin + 1,
        )
        at += 1


def python_blocks(page: Path) -> list[Block]:
    return [block for block in blocks(page.read_text(encoding="utf-8")) if block.language in ("python", "py")]
