"""Findings about a server, grouped by cause: one cause may break hundreds of rules, but is one finding."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from helmr_contract.behaviour.runner import BehaviourResult, RuleBreach, stable
from helmr_contract.coverage import Coverage
from helmr_contract.schema.runner import SchemaFailure, SchemaResult

_ABSENT = {"404", "405", "501"}

_AN_ERROR = 'a status from the document, and a JSON object with the string "error"'

# For an error response in a foreign format, these checks detect only the format; other checks verify that the
# request is rejected.
_CHECKS_OF_FORM = {
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
}


_COMPARED = 300


@dataclass(slots=True)
class Finding:
    """A cause, and every place where it appears."""

    cause: str
    expected: str
    got: str
    answered: str  # the response as received
    curl: tuple[str, ...]  # the requests that reproduce it at the first place
    known: bool  # accepted by the baseline
    places: list[str] = field(default_factory=list[str])  # rule ids, or operation and check

    @property
    def response(self) -> str:
        """The response, if `got` does not already show it."""
        return unless_shown(self.answered, self.got)


def find(
    schema: SchemaResult | None, behaviour: BehaviourResult | None, doubtful: Collection[str] = ()
) -> list[Finding]:
    """Return the findings of a run, sorted by number of places, largest first.

    Args:
        schema: The failures of the schema part.
        behaviour: The rules of the behaviour part.
        doubtful: Operations whose response to an unknown id is the server's response to an unknown path.
    """
    found: dict[tuple[str, bool], Finding] = {}
    for place, finding in (*_of_rules(behaviour, doubtful), *_of_checks(schema)):
        known = found.setdefault((finding.cause, finding.known), finding)
        if place not in known.places:
            known.places.append(place)
    return sorted(found.values(), key=lambda finding: -len(finding.places))


def _of_rules(result: BehaviourResult | None, doubtful: Collection[str]) -> Iterator[tuple[str, Finding]]:
    if result is None:
        return
    absent = set(_absent(result.coverage)) & set(doubtful)
    for rule in result.with_outcome("broken"):
        for breach in rule.breaches.values():
            known = breach.cause in rule.accepted
            finding = Finding("", breach.expected, breach.got, breach.answered, breach.curl, known)
            if breach.foreign and not breach.expected.startswith("status 2"):
                finding.cause, finding.expected = breach.foreign, _AN_ERROR
            else:
                finding.cause = _cause(breach, absent)
            yield rule.name, finding
        if not rule.breaches:  # its setup or teardown failed
            last = rule.message.strip().splitlines()[-1:] or ["no message"]
            yield rule.name, Finding(stable(last[0]), "", "", "", rule.curl, False)


def _cause(breach: RuleBreach, absent: set[str]) -> str:
    if breach.operation in absent and breach.answered[:3] in _ABSENT:
        return f"{breach.operation}: every response says that there is no such operation"
    return breach.shared or breach.cause


def _absent(coverage: Coverage) -> Iterator[str]:
    """Yield operations that always respond as if they did not exist. That alone proves nothing: perhaps none
    of the requested resources exists.
    """
    for operation, statuses in coverage.statuses.items():
        if statuses and set(statuses) - {"401"} <= _ABSENT and statuses.total() - statuses["401"] > 1:
            yield operation


def _of_checks(result: SchemaResult | None) -> Iterator[tuple[str, Finding]]:
    for failure in result.failures if result else ():
        place = f"{failure.operation} ({failure.check})".strip()
        lines = failure.message.strip().splitlines()
        evidence = "\n".join(lines)
        finding = Finding("", _expected(failure), evidence, failure.response, failure.curl, failure.known)
        if failure.foreign and failure.check in _CHECKS_OF_FORM:
            finding.cause, finding.expected = failure.foreign, _AN_ERROR
        else:
            finding.cause = stable(": ".join([failure.title, *lines[:1]]))
        yield place, finding


def _expected(failure: SchemaFailure) -> str:
    return f"a response as documented for {failure.operation or 'every operation'}"


def unless_shown(answered: str, got: str) -> str:
    """Return the response; empty if `got` contains it, of which either may be shortened."""
    return "" if answered[:_COMPARED] in got else answered


def shown_places(finding: Finding, most: int) -> str:
    """List the first `most` places, and the number of the rest."""
    more = len(finding.places) - most
    return ", ".join(finding.places[:most]) + (f" and {more} more" if more > 0 else "")


def new(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings that no baseline accepts."""
    return [finding for finding in findings if not finding.known]
