"""Choosing things by patterns of a command line; a pattern without a match is told with near names."""

from __future__ import annotations

import difflib
import fnmatch
from collections.abc import Callable, Iterable, Sequence


class UnknownNameError(Exception):
    """Nothing has a name like that; the message says so in one line, and which names are near."""


def matching(
    patterns: Iterable[str], names: Sequence[str], what: str, hint: Callable[[Sequence[str]], str]
) -> list[str]:
    """The names that match one of the patterns, in their own order; without patterns, all of them.

    Args:
        patterns: Names, in which `*` and `?` stand for any characters. Case does not matter.
        names: What can be chosen.
        what: What a name is the name of, for the message: `operation`, `rule`.
        hint: Where all names are found, for the message when none is near.

    Raises:
        UnknownNameError: A pattern matches nothing.
    """
    wanted = list(patterns)
    if not wanted:
        return list(names)
    known = {name.lower(): name for name in names}
    found: set[str] = set()
    for pattern in wanted:
        matches = fnmatch.filter(known, pattern.lower())
        if not matches:
            near = difflib.get_close_matches(pattern.lower(), known, n=3)
            more = f"did you mean {', '.join(known[one] for one in near)}?" if near else hint(names)
            raise UnknownNameError(f"there is no {what} {pattern!r}; {more}")
        found.update(known[match] for match in matches)
    return [name for name in names if name in found]
