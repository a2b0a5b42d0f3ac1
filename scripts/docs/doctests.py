"""A griffe extension: examples in docstrings (`>>> …`) become code blocks, also outside an Examples section.

Markdown would treat the prompt as a block quote. The docstrings in the sources stay plain, for `help()`.
"""

from __future__ import annotations

import re
from typing import Any

import griffe

_PROMPT = re.compile(r"( *)>>> ")
_SECTION = re.compile(r"( *)Examples?:\s*$")


def fenced(text: str) -> str:
    """Return a docstring with each group of prompts, continuations and results in a fenced block."""
    lines: list[str] = []
    indent: str | None = None
    for line in text.splitlines():
        if indent is None:
            prompt = _PROMPT.match(line)
            if prompt is None:
                lines.append(line)
                continue
            indent = prompt[1]
            if lines and lines[-1].strip() and not _SECTION.match(lines[-1]):
                lines.append("")
            lines.append(f"{indent}```pycon")
        elif not line.strip():
            lines += [f"{indent}```", ""]
            indent = None
            continue
        lines.append(line)
    if indent is not None:
        lines.append(f"{indent}```")
    return "\n".join(lines)


class Doctests(griffe.Extension):
    """Changes docstrings while griffe reads them."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        if obj.docstring is not None and ">>> " in obj.docstring.value:
            obj.docstring.value = re.sub(r"(?m)^( *)Example:$", r"\1Examples:", fenced(obj.docstring.value))
