"""Baselines: files of accepted deviations, in the format of Schemathesis. An entry names either a rule and
the cause of its breach, or an operation, the failing check and the kind of failure. It does not cover other
faults of the same rule or operation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from schemathesis.baseline import Baseline, BaselineEntry

BEHAVIOUR = "behaviour"
BROKEN_RULE = "BrokenRule"

# The baselines that ship with the tool, by their names for `--baseline`.
SHIPPED = {"real-server": Path(__file__).with_name("real-server.baseline.json")}

Identity = tuple[str, str, str, str]


class BaselineError(Exception):
    """The baseline file cannot be read or written."""


@dataclass(slots=True)
class Accepted:
    """The entries of all baselines in a run."""

    entries: list[BaselineEntry] = field(default_factory=list[BaselineEntry])
    file: Path | None = None  # the only one that may be written

    @property
    def identities(self) -> frozenset[Identity]:
        """The identities of unexpired entries: rule or operation, check, kind, cause or signature."""
        today = date.today()
        return frozenset(entry.identity for entry in self.entries if not entry.is_expired(today))

    @property
    def rules(self) -> frozenset[tuple[str, str]]:
        """The rules with accepted breaches, and the causes."""
        return frozenset((rule, cause) for rule, check, _, cause in self.identities if check == BEHAVIOUR)


def load(names: Iterable[str], *, may_be_new: bool = False) -> Accepted:
    """Load the baselines with these names or paths; a file that is to be written may be missing.

    Raises:
        BaselineError: A baseline cannot be used.
    """
    accepted = Accepted()
    for name in names:
        path = Path(name)
        if name in SHIPPED and not path.exists():
            path = SHIPPED[name]
        else:
            accepted.file = path
            if not may_be_new and not path.exists():
                more = f"--write-baseline creates one, and {', '.join(SHIPPED)} ships with the tool"
                raise BaselineError(f"there is no baseline {name}; {more}")
        accepted.entries += load_file(path).entries
    return accepted


def load_file(path: Path) -> Baseline:
    """Load one file; a missing file has no entries."""
    try:
        return Baseline.load(path)
    except (OSError, ValueError) as error:
        raise BaselineError(f"cannot use the baseline {path}: {error}") from error


def save(path: Path, entries: list[BaselineEntry]) -> None:
    """Write a baseline file."""
    try:
        Baseline(entries=entries).save(path)
    except (OSError, ValueError) as error:
        raise BaselineError(f"cannot write the baseline {path}: {error}") from error


def entry_of_rule(rule: str, cause: str) -> BaselineEntry:
    """Return the baseline entry for a breach of a rule."""
    today = date.today().isoformat()
    return BaselineEntry(rule, BEHAVIOUR, BROKEN_RULE, cause, first_seen=today, last_seen=today)
