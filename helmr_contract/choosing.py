"""Selects names by command-line patterns, and suggests similar names for a pattern without a match."""

from __future__ import annotations

import difflib
import fnmatch
from collections.abc import Callable, Iterable, Sequence


class UnknownNameError(Exception):
    """No name matches the pattern. The one-line message suggests similar names."""


def matching(
    patterns: Iterable[str], names: Sequence[str], what: str, hint: Callable[[Sequence[str]], str]
) -> list[str]:
    """Return the names that match one of the patterns, in their original order; without patterns, all of
    them.

    Args:
        patterns: Patterns with the wildcards `*` and `?`. Case does not matter.
        names: The names to choose from.
        what: The noun for a name in the message: `operation`, `rule`.
        hint: Where to find all names, for the message when none is similar.

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
            topic = pattern.lower().partition("/")[0] + "/"
            near = near or [name for name in known if name.startswith(topic)][:3]
            more = f"did you mean {', '.join(known[one] for one in near)}?" if near else hint(names)
            raise UnknownNameError(f"there is no {what} {pattern!r}; {more}")
        found.update(known[match] for match in matches)
    return [name for name in names if name in found]
