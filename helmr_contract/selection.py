"""The operations that a run tests: those of the whole document, or only selected ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from helmr_contract.choosing import UnknownNameError, matching
from helmr_contract.document import Document
from helmr_contract.target import TargetError

NOT_SELECTED = "not selected"
NOT_IMPLEMENTED = "not implemented"
UNKNOWN_PATHS = "tests paths that no operation has, which only happens in a run of all operations"


@dataclass(frozen=True, slots=True)
class Selection:
    """The operations that a run tests. Only cleanup requests others."""

    document: Document = field(repr=False)
    # The reason for each left-out operation, by operationId; empty if the whole document is tested.
    left_out: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def operations(self) -> frozenset[str]:
        return frozenset(self.document.operations) - frozenset(self.left_out)

    @property
    def is_whole(self) -> bool:
        return not self.left_out

    def without(self, operations: Iterable[str], reason: str) -> Selection:
        """Return the selection without those operations."""
        more = {name: reason for name in operations if name not in self.left_out}
        return Selection(self.document, {**self.left_out, **more})

    def has(self, *operations: str) -> bool:
        """Return whether all these operations are tested."""
        return all(name in self.document.operations and name not in self.left_out for name in operations)


def select(document: Document, operations: Iterable[str] = (), tags: Iterable[str] = ()) -> Selection:
    """Return the operations with the given ids or tags; `*` and `?` are wildcards. Without ids and tags, all
    of them.

    Raises:
        TargetError: An id or tag matches nothing in the document, or an option contains none.
    """
    named, tagged = _split("--operations", operations), _split("--tags", tags)
    if not named and not tagged:
        return Selection(document)
    by_tag: dict[str, list[str]] = {}
    for operation in document.operations.values():
        for tag in operation.definition.get("tags", []):
            by_tag.setdefault(str(tag), []).append(operation.id)
    chosen = set(_matching(named, document.operations, "operation"))
    for tag in _matching(tagged, by_tag, "tag"):
        chosen.update(by_tag[tag])
    return Selection(document).without(
        (name for name in document.operations if name not in chosen), NOT_SELECTED
    )


def _split(option: str, lists: Iterable[str]) -> list[str]:
    found: list[str] = []
    for names in lists:
        split = [name.strip() for name in names.split(",") if name.strip()]
        if not split:  # such as an unset variable in a script, which must not select everything
            raise TargetError(f"{option} {names!r} names nothing; omit the option to test every operation")
        found += split
    return found


def _matching(patterns: Sequence[str], names: Iterable[str], what: str) -> list[str]:
    if not patterns:
        return []
    try:
        return matching(patterns, list(names), what, lambda known: _all(known, what))
    except UnknownNameError as error:
        raise TargetError(str(error)) from None


def _all(known: Sequence[str], what: str) -> str:
    if len(known) > 20:
        return "openapi.yaml and the API reference list them"
    return f"the {what}s are {', '.join(known)}"
