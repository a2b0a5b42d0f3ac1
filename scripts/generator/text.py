"""Descriptions of the document in docstrings."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable
from typing import Protocol

WIDTH = 108
"""The greatest length of a line."""
LAID_OUT = re.compile(r"^(?:[-*|#>]|\d+\. |    )", re.MULTILINE)
"""Where the line breaks of a paragraph mean something: lists, tables, headings, quotations, code."""


class Described(Protocol):
    """A parameter or a field."""

    @property
    def name(self) -> str: ...
    @property
    def description(self) -> str: ...


def prose(text: str, indent: int = 0) -> str:
    """A description with its paragraphs filled, and all but its first line indented."""
    paragraphs = re.split(r"\n{2,}", text.strip())
    filled = [
        part
        if LAID_OUT.search(part)
        else textwrap.fill(
            " ".join(part.split()), WIDTH - indent, break_long_words=False, break_on_hyphens=False
        )
        for part in paragraphs
    ]
    return "\n\n".join(filled).replace("\n", f"\n{' ' * indent}").replace(f"\n{' ' * indent}\n", "\n\n")


def definitions(described: Iterable[Described], indent: int) -> str:
    """Names with their descriptions, as in a section `Args:`. The first line is not indented."""
    return f"\n{' ' * indent}".join(_definition(one.name, one.description, indent + 4) for one in described)


def _definition(name: str, description: str, indent: int) -> str:
    if not description:
        return name
    if LAID_OUT.match(description):
        return f"{name}:\n{' ' * indent}{prose(description, indent)}"
    # The name is filled with the text, as its first word.
    return prose(f"{name}: {description}", indent)
