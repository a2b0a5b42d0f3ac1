"""Reports the results of a client run: on the console, as an HTML page, and as JUnit XML."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from rich.console import Console

from helmr_api.display import printable
from helmr_contract.client.runner import ClientRun, Played, Verdict
from helmr_contract.client.scenario import Scenario
from helmr_contract.client.scenarios import all_scenarios
from helmr_contract.shortening import shortened

_SIGNS = {
    Verdict.PASSED: "pass",
    Verdict.FAILED: "FAIL",
    Verdict.KNOWN_FAILURE: "known",
    Verdict.UNEXPECTED_PASS: "PASS?",
    Verdict.SKIPPED: "skip",
}
_PLURALS = {
    Verdict.KNOWN_FAILURE: "known failures",
    Verdict.UNEXPECTED_PASS: "pass although they are known failures",
}
_SHOWN_EVIDENCE = 8
_SHOWN_LINE = 300
"""The maximum number of characters of a request or call."""
_SHOWN_NAMES = 500
"""The maximum number of characters of a list of names."""


def print_played(console: Console, played: Played) -> None:
    """Print one line per scenario, and the evidence of a failure."""
    if played.verdict in (Verdict.PASSED, Verdict.SKIPPED) and not console.is_terminal:
        return
    _print(console, f"{_SIGNS[played.verdict]:5} {played.scenario.level:6} {played.scenario.id}")
    if played.verdict in (Verdict.PASSED, Verdict.SKIPPED):
        return
    _print(console, f"      checks:   {played.scenario.checks}")
    label = "expected:" if played.is_expectation else "problem: "
    _print(console, f"      {label} {played.reason}")
    for line in played.evidence[:_SHOWN_EVIDENCE]:
        _print(console, f"        {shortened(line, _SHOWN_LINE)}")
    if len(played.evidence) > _SHOWN_EVIDENCE:
        _print(console, f"        … {len(played.evidence) - _SHOWN_EVIDENCE} more lines in the report")


def print_summary(console: Console, run: ClientRun, files: Iterable[Path]) -> None:
    """Print the figures and a one-line verdict."""
    _print(console, f"client     {run.client}")
    for name, text in _facts(run):
        _print(console, f"{name:<10} {text}")
    seed = f", in the order of --seed {run.seed}" if run.seed else ""
    _print(console, f"time       {run.seconds:.0f} s{seed}")
    for path in files:
        _print(console, f"written    {path}")
    _print(console, verdict_of(run))


def _facts(run: ClientRun) -> Iterator[tuple[str, str]]:
    counts = {verdict: len(run.with_verdict(verdict)) for verdict in Verdict}
    summary = ", ".join(_counted(count, verdict) for verdict, count in counts.items() if count)
    yield "scenarios", f"{len(run.played)}: {summary or 'none was played'}"
    for reason, number in _skip_reasons(run):
        yield "skipped", f"{number}: {reason}"
    for played in run.with_verdict(Verdict.UNEXPECTED_PASS):
        yield "note", f"{played.scenario.id} passes: remove it from the driver's known failures"
    if run.unknown:
        names = printable(shortened(", ".join(run.unknown), _SHOWN_NAMES))
        yield "note", f"the driver names calls or scenarios that do not exist: {names}"
    if run.stopped:
        yield "stopped", run.stopped


def verdict_of(run: ClientRun) -> str:
    """Summarize the run in one sentence."""
    if run.broken:
        return f"the client breaks the contract: {len(run.broken)} of {len(run.played)} scenarios failed"
    if run.interrupted:
        return "interrupted; nothing broken so far"
    if not run.checked:
        return "nothing was checked"
    if run.stopped:
        return "the scenarios were not played to the end; nothing broken so far"
    known = len(run.with_verdict(Verdict.KNOWN_FAILURE))
    some, all_ = len(run.checked), len(all_scenarios())
    of = "" if some == all_ else f" in {some} of {all_} scenarios"
    exceptions = [
        *([_counted(known, Verdict.KNOWN_FAILURE)] if known else []),
        *([_shortcomings(len(run.shortcomings))] if run.shortcomings else []),
    ]
    return f"the client keeps the contract{of}" + (
        f", except {' and '.join(exceptions)}" if exceptions else ""
    )


def _counted(number: int, verdict: Verdict) -> str:
    plural = _PLURALS.get(verdict)
    return f"{number} {verdict if number == 1 or plural is None else plural}"


def _shortcomings(number: int) -> str:
    return "one thing that it should do" if number == 1 else f"{number} things that it should do"


def print_list(console: Console, scenarios: Iterable[Scenario]) -> None:
    """Print every scenario: its id, its level, what it checks, and the calls it needs."""
    for one in scenarios:
        needs = ", ".join(sorted(one.calls))
        _print(console, f"{one.id:52} {one.level:6} {one.checks} [{needs}]")


def write_junit(run: ClientRun, path: Path) -> None:
    """Write the run as JUnit XML, with a test case for each scenario."""
    suite = Element("testsuite", name=f"clients: {_xml(run.client)}", tests=str(len(run.played)))
    suite.set("failures", str(len(run.broken)))
    suite.set("skipped", str(len(run.played) - len(run.broken) - len(run.with_verdict(Verdict.PASSED))))
    suite.set("time", f"{run.seconds:.3f}")
    for played in run.played:
        case = SubElement(
            suite,
            "testcase",
            classname=f"client.{played.scenario.family}",
            name=played.scenario.id,
            time=f"{played.seconds:.3f}",
        )
        details = "\n".join([played.scenario.checks, played.explanation, *played.evidence, *played.stderr])
        if played in run.broken:
            SubElement(case, "failure", message=_xml(played.explanation)).text = _xml(details)
        elif played.verdict is not Verdict.PASSED:
            kind = "" if played.verdict is Verdict.SKIPPED else f"{played.verdict}: "
            SubElement(case, "skipped", message=_xml(f"{kind}{played.explanation}"))
    indent(suite)
    ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)


def write_html(run: ClientRun, path: Path) -> None:
    """Write the run as an HTML page that loads no other resource."""
    title = _html(f"{run.client} against the contract")
    style = (Path(__file__).parent.parent / "report" / "report.css").read_text(encoding="utf-8")
    complete = bool(run.checked) and run.stopped is None
    box, colour = (" broken", "bad") if run.broken else ("", "good") if complete else (" open", "dim")
    facts = "".join(
        f'<p class="dim small">{_html(f"{name.capitalize()} {text}")}</p>' for name, text in _facts(run)
    )
    head = (
        f'<div class="verdict{box}"><h1>{_html(run.client)}</h1>'
        f'<p class="{colour}">{_html(verdict_of(run))}</p>{facts}'
        f'<p class="dim small">Started {run.started:%Y-%m-%d %H:%M:%S} UTC, took {run.seconds:.0f} s.</p>'
        "</div>"
    )
    body = head + "".join(_families(run))
    path.write_text(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{style}</style></head>'
        f"<body><main>{body}</main></body></html>\n",
        encoding="utf-8",
    )


def _families(run: ClientRun) -> Iterator[str]:
    families: dict[str, list[Played]] = {}
    for played in run.played:
        families.setdefault(played.scenario.family, []).append(played)
    for family, entries in families.items():
        box = "".join(_entry(played) for played in entries)
        yield f'<h2>{_html(family)}</h2><div class="box">{box}</div>'


def _entry(played: Played) -> str:
    good = played.verdict is Verdict.PASSED
    kind = "good" if good else "bad" if played.verdict is Verdict.FAILED else ""
    opened = " open" if played.verdict is Verdict.FAILED else ""
    seen = "\n".join(played.evidence)
    stderr = "\n".join(played.stderr)
    return (
        f"<details{opened}><summary><code>{_html(played.scenario.id)}</code> {_html(played.scenario.checks)} "
        f'<span class="chip {kind}">{_html(played.verdict)}</span> '
        f'<span class="chip">{_html(played.scenario.level)}</span></summary>'
        + (f"<p>{_html(played.explanation)}</p>" if played.reason else "")
        + (f'<p class="dim small">What was seen</p><pre>{_html(seen)}</pre>' if seen else "")
        + (
            f'<p class="dim small">Standard error of the driver</p><pre>{_html(stderr)}</pre>'
            if stderr
            else ""
        )
        + "</details>"
    )


def _skip_reasons(run: ClientRun) -> list[tuple[str, int]]:
    """Return the reasons for skipped scenarios, with the number for each; missing calls count as one
    reason.
    """
    skipped = run.with_verdict(Verdict.SKIPPED)
    reasons = Counter(played.reason for played in skipped if not played.missing)
    lacking = [played.missing for played in skipped if played.missing]
    if lacking:
        calls = Counter(call for missing in lacking for call in missing).most_common()
        shown = ", ".join(f"{call} {number}" for call, number in calls[:5])
        more = f" and {len(calls) - 5} more" if len(calls) > 5 else ""
        reasons[f"need a call that the driver cannot make ({shown}{more})"] = len(lacking)
    return reasons.most_common()


def _print(console: Console, text: str) -> None:
    console.print(printable(text), markup=False, highlight=False, soft_wrap=True)


def _html(text: str) -> str:
    return html.escape("\n".join(printable(line) for line in str(text).splitlines()))


def _xml(text: str) -> str:
    return "\n".join(printable(line) for line in text.splitlines())
