"""The results of a complete run of the tool, and the baseline of accepted deviations."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from schemathesis.baseline import BaselineEntry

from helmr_contract import baselines
from helmr_contract.behaviour.runner import BehaviourResult, Rule
from helmr_contract.coverage import Coverage, MissingStatus, explain_missing, load_unreachable
from helmr_contract.document import Document
from helmr_contract.findings import Finding, find, new
from helmr_contract.rules import all_rules
from helmr_contract.schema.runner import SchemaResult
from helmr_contract.scoped_keys import SCOPED_KEYS
from helmr_contract.selection import NOT_IMPLEMENTED, NOT_SELECTED, UNKNOWN_PATHS, Selection

_NEEDS_OPERATION = re.compile(rf"needs (\w+), which is ({NOT_SELECTED}|{NOT_IMPLEMENTED})")


@dataclass(slots=True)
class Outcome:
    """A finished run."""

    document: Document
    selection: Selection
    server: str  # for display: the URL, or "a local control plane"
    task: str
    seed: int
    worker: bool
    some_rules: bool = False  # only rules named on the command line are tested
    only: str | None = None  # the only part to run
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    seconds: float = 0.0
    schema: SchemaResult | None = None
    behaviour: BehaviourResult | None = None
    interrupted: bool = False
    baseline_note: str | None = None
    unknown_rules: tuple[str, ...] = ()  # rules that a baseline names, and that do not exist
    not_implemented: tuple[str, ...] = ()
    doubtful: frozenset[str] = frozenset()  # operations that may be missing
    preflight: tuple[str, ...] = ()  # results of the preflight, as lines
    errors: list[str] = field(default_factory=list[str])  # errors that kept the tests from finishing

    @property
    def coverage(self) -> Coverage:
        """The combined coverage of both parts."""
        both = Coverage(self.document, operations=self.selection.operations)
        for part in (self.schema, self.behaviour):
            if part is not None:
                both.merge(part.coverage)
        return both

    @property
    def missing_statuses(self) -> list[MissingStatus]:
        return explain_missing(self.coverage, load_unreachable())

    @property
    def findings(self) -> list[Finding]:
        """The findings by cause; missing operations come first, as one finding."""
        found = find(self.schema, self.behaviour, self.doubtful)
        if self.not_implemented and self.checked:
            operations = "operations of the document are not implemented"
            number = f"{len(self.not_implemented)} operations"
            places = list(self.not_implemented)
            found.insert(0, Finding(operations, "every operation", f"no {number}", "", (), False, places))
        return found

    @property
    def broken(self) -> int:
        """The number of findings that no baseline accepts."""
        return len(new(self.findings))

    @property
    def checked(self) -> bool:
        """True if anything was tested."""
        rules = self.behaviour.rules.values() if self.behaviour else ()
        tested = any(rule.outcome not in ("skipped", "not run") for rule in rules)
        return tested or bool(self.schema and self.schema.checks)

    @property
    def rules(self) -> list[Rule]:
        """The rules of the selected operations."""
        return [rule for rule in self._all_rules if not self._is_unselected(rule)]

    @property
    def unselected_rules(self) -> list[Rule]:
        """The rules that need an operation that was not selected."""
        return [rule for rule in self._all_rules if self._is_unselected(rule)]

    @property
    def _all_rules(self) -> list[Rule]:
        return list(self.behaviour.rules.values()) if self.behaviour else []

    def _is_unselected(self, rule: Rule) -> bool:
        if rule.outcome != "skipped" or NOT_SELECTED not in self.selection.left_out.values():
            return False
        found = _NEEDS_OPERATION.fullmatch(_reason(rule))
        return found[2] == NOT_SELECTED if found else _reason(rule) == UNKNOWN_PATHS

    @property
    def skip_reasons(self) -> list[tuple[str, int]]:
        """The reasons for skipped rules of the selected operations, with the number of rules for each."""
        reasons = Counter(_reason(rule) for rule in self.rules if rule.outcome == "skipped")
        counts: Counter[str] = Counter()
        operations: Counter[str] = Counter()
        for reason, number in reasons.items():
            if (found := _NEEDS_OPERATION.fullmatch(reason)) is not None:
                operations[found[1]] += number
            elif reason.startswith(SCOPED_KEYS):
                counts[f"need API keys that {SCOPED_KEYS} does not name (see --help)"] += number
            else:
                counts[reason] = number
        if operations:
            most = ", ".join(f"{name} {number}" for name, number in operations.most_common(5))
            more = f" and {len(operations) - 5} more" if len(operations) > 5 else ""
            counts[f"need an operation that is not implemented ({most}{more})"] = operations.total()
        return counts.most_common()

    @property
    def verdict(self) -> str:
        """The run in one sentence."""
        if broken := self.broken:
            return f"the contract is broken: {broken} finding{'' if broken == 1 else 's'}"
        if self.interrupted:
            return "interrupted; nothing broken so far"
        if not self.checked:
            return "nothing was checked"
        if self.errors:
            return "the tests did not run to the end; nothing broken so far"
        of = self.tested_part
        if self.accepted:
            plural = "" if self.accepted == 1 else "s"
            return f"the contract is kept{of}, except {self.accepted} accepted deviation{plural}"
        return f"the contract is kept{of}"

    @property
    def tested_part(self) -> str:
        """The tested part of the contract, as a phrase for the verdict; empty if all of it was tested."""
        of = ""
        if not self.selection.is_whole:
            some, all_ = len(self.selection.operations), len(self.document.operations)
            of = f" by {some} of {all_} operations"
        if self.some_rules:
            tested = sum(rule.outcome not in ("skipped", "not run") for rule in self.rules)
            return f"{of} in {tested} of {len(all_rules())} rules"
        return f"{of} in the {self.only} part alone" if self.only else of

    def accept(self, accepted: baselines.Accepted) -> None:
        """Mark findings that these baselines accept as known."""
        identities, causes = accepted.identities, accepted.rules
        self.unknown_rules = unknown_rules(accepted)
        if self.schema:
            self.schema.failures = [
                replace(failure, known=failure.known or failure.identity in identities)
                for failure in self.schema.failures
            ]
        for rule in self._all_rules:
            rule.accepted |= {cause for name, cause in causes if name == rule.name}

    @property
    def accepted(self) -> int:
        """How many findings the baseline accepts; each is an entry of it."""
        schema = sum(failure.known for failure in self.schema.failures) if self.schema else 0
        rules = self.behaviour.with_outcome("broken") if self.behaviour else []
        return schema + sum(len(rule.breaches) for rule in rules if rule.known)

    @property
    def notes(self) -> list[str]:
        """Notes on what was left out, and on resources that could not be ended."""
        schema = [*self.schema.warnings, *self.schema.left_behind] if self.schema else []
        return [*self.errors, *_on_unknown(self.unknown_rules), *schema]

    @property
    def stopped(self) -> list[str]:
        """The parts that ended early, and why."""
        parts = (("schema", self.schema), ("behaviour", self.behaviour))
        return [f"{name}: {part.stopped}" for name, part in parts if part is not None and part.stopped]


def unknown_rules(accepted: baselines.Accepted) -> tuple[str, ...]:
    """Return the rules that these baselines name and that do not exist."""
    named = {name for name, _ in accepted.rules}
    return tuple(sorted(named - {rule.id for rule in all_rules()})) if named else ()


def _on_unknown(rules: tuple[str, ...]) -> list[str]:
    """Return a note about entries of a baseline that have no effect, as after a rule got another id."""
    several = f"{len(rules)} rules that do not exist, such as"
    what = several if len(rules) > 1 else "a rule that does not exist:"
    return [f"a baseline names {what} {name}; --prune-baseline drops such entries" for name in rules[:1]]


def _reason(rule: Rule) -> str:
    """Return why a rule was skipped."""
    return rule.message.removeprefix("Skipped: ")


def update_baseline(accepted: baselines.Accepted, outcome: Outcome, *, write: bool, prune: bool) -> str:
    """Add the findings of the run (`write`), remove fixed entries (`prune`), and describe the changes."""
    path = accepted.file
    if path is None:
        raise baselines.BaselineError("a baseline that ships with the tool cannot be written; name a file")
    today = date.today().isoformat()
    observed = {entry.identity: entry for entry in _observed(outcome)}
    loaded = baselines.load_file(path)
    others = accepted.identities - {entry.identity for entry in loaded.entries}
    kept: list[BaselineEntry] = []
    pruned = 0
    for entry in loaded.entries:
        if entry.identity in observed:
            entry.last_seen = today
        elif prune and _was_tried(entry, outcome):
            pruned += 1
            continue
        kept.append(entry)
    known = {entry.identity for entry in kept} | others
    added = [entry for identity, entry in observed.items() if write and identity not in known]
    baselines.save(path, [*kept, *added])
    total = len(kept) + len(added)
    plural = "" if total == 1 else "s"
    return f"{total} accepted deviation{plural} written to {path} ({len(added)} new, {pruned} dropped)"


def _observed(outcome: Outcome) -> list[BaselineEntry]:
    entries = list(outcome.schema.observed) if outcome.schema else []
    for rule in outcome.behaviour.with_outcome("broken") if outcome.behaviour else []:
        entries += [baselines.entry_of_rule(rule.name, cause) for cause in rule.breaches]
    return entries


def _was_tried(entry: BaselineEntry, outcome: Outcome) -> bool:
    if entry.check == baselines.BEHAVIOUR:
        if outcome.behaviour is None or outcome.behaviour.stopped:
            return False
        tried = {rule.name: rule.outcome in ("kept", "broken") for rule in outcome.behaviour.rules.values()}
        # A rule that no longer exists counts as kept.
        return tried.get(entry.operation, entry.operation not in {rule.id for rule in all_rules()})
    # An interrupted run may not have reached the case that shows the failure.
    complete = outcome.schema is not None and not outcome.schema.stopped
    return complete and outcome.schema is not None and entry.operation in outcome.schema.tested_operations
