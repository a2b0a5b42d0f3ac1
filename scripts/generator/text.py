"""Formats descriptions from the document as docstrings."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable
from typing import Protocol

WIDTH = 108
"""The maximum length of a line."""
LAID_OUT = re.compile(r"^(?:[-*|#>]|\d+\. |    )", re.MULTILINE)
"""Matches paragraphs whose line breaks are significant: lists, tables, headings, quotations and code."""


class Described(Protocol):
    """A parameter or a field."""

    @property
    def name(self) -> str: ...
    @property
    def description(self) -> str: ...


def prose(text: str, indent: int = 0) -> str:
    """Wrap the paragraphs of a description, and indent all lines but the first."""
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
    """Format names and descriptions as in an `Args:` section. The first line is not indented."""
    return f"\n{' ' * indent}".join(_definition(one.name, one.description, indent + 4) for one in described)


def _definition(name: str, description: str, indent: int) -> str:
    if not description:
        return name
    if LAID_OUT.match(description):
        return f"{name}:\n{' ' * indent}{prose(description, indent)}"
    # The name is wrapped with the text.
    return prose(f"{name}: {description}", indent)
