"""The coverage of the document by the tests: operations, parameters and response statuses."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

from helmr_contract.document import Document, Operation

UNREACHABLE = Path(__file__).with_name("unreachable.toml")


@dataclass(frozen=True, slots=True)
class Exchange:
    """The parts of a request and its response that coverage needs."""

    method: str
    url: str
    status: int
    headers: tuple[str, ...] = ()  # names only
    has_body: bool = False


@dataclass(slots=True)
class Coverage:
    """Counts exchanges by operation."""

    document: Document
    base_path: str = ""
    operations: Collection[str] | None = None  # the operations to count; None: the whole document
    statuses: dict[str, Counter[str]] = field(default_factory=dict[str, Counter[str]])
    parameters: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    exchanges: int = 0

    def add(self, exchange: Exchange) -> Operation | None:
        """Count an exchange; return its operation, or None if it matches none (an unknown path or method)."""
        self.exchanges += 1
        parts = urlsplit(exchange.url)
        found = self.document.match(exchange.method, parts.path.removeprefix(self.base_path))
        if found is None:
            return None
        operation, _ = found
        self.statuses.setdefault(operation.id, Counter())[str(exchange.status)] += 1
        sent = {f"query.{name}" for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
        header_names = {name.lower() for name in exchange.headers}
        reached = self.parameters.setdefault(operation.id, set())
        for name in operation.parameter_names:
            location, _, bare = name.partition(".")
            if (
                name in sent
                or location == "path"
                or (location == "header" and bare.lower() in header_names)
                or (location == "body" and exchange.has_body)
            ):
                reached.add(name)
        return operation

    def merge(self, other: Coverage) -> None:
        self.exchanges += other.exchanges
        for operation, counts in other.statuses.items():
            self.statuses.setdefault(operation, Counter()).update(counts)
        for operation, names in other.parameters.items():
            self.parameters.setdefault(operation, set()).update(names)

    @property
    def counted(self) -> list[Operation]:
        """The operations whose coverage is counted."""
        wanted = self.operations
        return [one for one in self.document.operations.values() if wanted is None or one.id in wanted]

    @property
    def operations_reached(self) -> int:
        return sum(1 for operation in self.counted if self.statuses.get(operation.id))

    @property
    def operations_documented(self) -> int:
        return len(self.counted)

    @property
    def statuses_documented(self) -> int:
        return sum(len(operation.statuses) for operation in self.counted)

    @property
    def statuses_reached(self) -> int:
        return self.statuses_documented - len(self.missing_statuses())

    @property
    def parameters_documented(self) -> int:
        return sum(len(operation.parameter_names) for operation in self.counted)

    @property
    def parameters_reached(self) -> int:
        return sum(len(self.parameters.get(operation.id, ())) for operation in self.counted)

    def missing_statuses(self) -> list[tuple[str, str]]:
        """Return documented statuses that no exchange reached, as (operationId, status)."""
        return [
            (operation.id, status)
            for operation in self.counted
            for status in operation.statuses
            if not self._reached(operation.id, status)
        ]

    def _reached(self, operation: str, documented: str) -> bool:
        seen = self.statuses.get(operation, Counter())
        if documented == "default":
            return bool(seen)
        return any(_matches(status, documented) for status in seen)

    def missing_parameters(self) -> list[tuple[str, str]]:
        return [
            (operation.id, name)
            for operation in self.counted
            for name in operation.parameter_names
            if name not in self.parameters.get(operation.id, set())
        ]

    def to_dict(self) -> dict[str, Any]:
        return {
            "exchanges": self.exchanges,
            "statuses": {operation: dict(counts) for operation, counts in self.statuses.items()},
            "parameters": {operation: sorted(names) for operation, names in self.parameters.items()},
        }

    def add_dict(self, stored: Mapping[str, Any]) -> None:
        """Add the coverage that another process stored with `to_dict`."""
        self.exchanges += int(stored["exchanges"])
        for operation, counts in cast(Mapping[str, Mapping[str, int]], stored["statuses"]).items():
            self.statuses.setdefault(operation, Counter()).update(counts)
        for operation, names in cast(Mapping[str, list[str]], stored["parameters"]).items():
            self.parameters.setdefault(operation, set()).update(names)


def _matches(status: str, documented: str) -> bool:
    return all(d.upper() == "X" or s == d for s, d in zip(status, documented, strict=True))


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Documented statuses that no test is expected to reach, with the reason."""

    operations: frozenset[str] | None  # None: every operation that documents the status
    statuses: frozenset[str]
    reason: str

    def covers(self, operation: str, status: str) -> bool:
        return status in self.statuses and (self.operations is None or operation in self.operations)


def load_unreachable(path: Path = UNREACHABLE) -> list[Unreachable]:
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    return [
        Unreachable(
            operations=frozenset(entry["operations"]) if "operations" in entry else None,
            statuses=frozenset(entry["statuses"]),
            reason=entry["reason"],
        )
        for entry in data.get("unreachable", [])
    ]


@dataclass(frozen=True, slots=True)
class MissingStatus:
    operation: str
    status: str
    reason: str | None  # None: no reason given, so some test should reach it


def explain_missing(coverage: Coverage, unreachable: Iterable[Unreachable]) -> list[MissingStatus]:
    entries = list(unreachable)
    return [
        MissingStatus(
            operation, status, next((e.reason for e in entries if e.covers(operation, status)), None)
        )
        for operation, status in coverage.missing_statuses()
    ]


def unknown_entries(document: Document, unreachable: Iterable[Unreachable]) -> list[str]:
    """Return the entries of the data file with an operation or status that the document does not have."""
    wrong: list[str] = []
    for entry in unreachable:
        for name in sorted(entry.operations or ()):
            operation = document.operations.get(name)
            if operation is None:
                wrong.append(f"{name} is not an operation of the document")
            else:
                wrong += [
                    f"{name} documents no {status}"
                    for status in sorted(entry.statuses - set(operation.statuses))
                ]
        if entry.operations is None:
            documented = {s for operation in document.operations.values() for s in operation.statuses}
            wrong += [f"no operation documents {status}" for status in sorted(entry.statuses - documented)]
    return wrong
