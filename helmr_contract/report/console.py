"""The one-screen summary at the end of a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.markup import escape

from helmr_api.display import printable
from helmr_contract.findings import new, shown_places
from helmr_contract.outcome import Outcome
from helmr_contract.secrets import Scrubber
from helmr_contract.shortening import shortened

_SHOWN_FINDINGS = 10
_SHOWN_CHARACTERS = 300


def print_summary(console: Console, outcome: Outcome, scrub: Scrubber, *, files: Iterable[str]) -> None:
    """Print a summary that fits on one screen; the report has the details."""
    written = list(files)
    facts = (f"{name:<10}  {value}" for name, value in _facts(outcome, written))
    for line in (*_findings(outcome, has_report=bool(written)), *facts):
        console.print(printable(scrub(line)), markup=False, highlight=False, soft_wrap=True)
    color = "red" if outcome.broken else "green" if outcome.checked and not outcome.interrupted else "yellow"
    console.print(f"[bold {color}]{escape(outcome.verdict)}[/]")


def _facts(outcome: Outcome, files: list[str]) -> Iterator[tuple[str, str]]:
    worker = "" if outcome.worker else ", without a worker: tests that need one were skipped"
    yield "server", f"{outcome.server} (task {outcome.task}{worker})"
    if outcome.schema:
        result = outcome.schema
        yield (
            "schema",
            f"{result.cases:,} requests, {result.checks:,} checks, {len(result.new_failures)} broken",
        )
    if outcome.behaviour:
        counts = {
            name: sum(rule.outcome == name for rule in outcome.rules)
            for name in ("kept", "broken", "skipped", "not run")
        }
        yield (
            "rules",
            ", ".join(f"{count} {name}" for name, count in counts.items() if count or name == "kept"),
        )
    if not outcome.some_rules:  # coverage means little if only some rules are tested
        yield from _reached(outcome)
    if outcome.not_implemented:
        shown, more = outcome.not_implemented[:12], len(outcome.not_implemented) - 12
        yield "not there", ", ".join(shown) + (f" and {more} more operations" if more > 0 else "")
    if outcome.baseline_note:
        yield "baseline", outcome.baseline_note
    for reason, count in outcome.skip_reasons:
        yield "skipped", f"{count}: {reason}"
    if unselected := len(outcome.unselected_rules):
        yield "left out", f"{unselected} rules that need an operation that was not selected"
    for note in (*outcome.stopped, *outcome.notes[:4]):
        yield "note", note
    seed = f", repeated by --seed {outcome.seed}" if outcome.schema else ""
    yield "time", f"{outcome.seconds:.0f} s{seed}"
    for file in files:
        yield "written", file


def _reached(outcome: Outcome) -> Iterator[tuple[str, str]]:
    """Yield lines about the coverage of the document, and the statuses that were not reached."""
    coverage = outcome.coverage
    yield "operations", f"{coverage.operations_reached} of {coverage.operations_documented} reached"
    missing = outcome.missing_statuses
    unexplained = [entry for entry in missing if entry.reason is None]
    explained = len(missing) - len(unexplained)
    text = f"{coverage.statuses_reached} of {coverage.statuses_documented} documented ones reached"
    if explained:
        text += f", {explained} excused"
    if unexplained:
        names = ", ".join(f"{entry.operation} {entry.status}" for entry in unexplained[:6])
        text += f", {len(unexplained)} not reached: {names}{' …' if len(unexplained) > 6 else ''}"
    yield "statuses", text
    yield "parameters", f"{coverage.parameters_reached} of {coverage.parameters_documented} sent"


def _findings(outcome: Outcome, *, has_report: bool) -> Iterator[str]:
    """Yield the lines of each finding: its cause, what was expected and received, its places, and how to
    reproduce it.
    """
    found = new(outcome.findings)
    for number, finding in enumerate(found[:_SHOWN_FINDINGS], start=1):
        places = len(finding.places)
        yield f"{number}. {finding.cause}" + (f"  ({places} places)" if places > 1 else "")
        for name, value in (
            ("in", shown_places(finding, 3)),
            ("expected", finding.expected),
            ("got", finding.got),
            ("response", finding.response),
            ("repeat", finding.curl[-1] if finding.curl else ""),
        ):
            if value:
                text = value if name == "repeat" else shortened(" ".join(value.split()), _SHOWN_CHARACTERS)
                yield f"   {name:<9} {text}"
    if len(found) > _SHOWN_FINDINGS:
        where = "the report" if has_report else "a report (--report DIR)"
        yield f"… and {len(found) - _SHOWN_FINDINGS} more findings, all in {where}"
