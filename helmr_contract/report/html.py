"""The run as a self-contained HTML page, which can be mailed, stored and opened offline."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from helmr_api.display import printable
from helmr_contract.behaviour.runner import Rule
from helmr_contract.coverage import MissingStatus
from helmr_contract.document import Operation
from helmr_contract.findings import Finding
from helmr_contract.outcome import Outcome

_STYLE = Path(__file__).with_name("report.css")


def escape(text: str) -> str:
    """Escape a string for HTML, and remove control characters."""
    return html.escape(printable(text))


def write_html(outcome: Outcome, path: Path) -> None:
    sections = [_head(outcome), *_broken(outcome), *_operations(outcome), *_rules(outcome)]
    title = escape(f"Contract of {outcome.server}")
    style = _STYLE.read_text(encoding="utf-8")
    path.write_text(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{style}</style></head>'
        f"<body><main>{''.join(sections)}</main></body></html>\n",
        encoding="utf-8",
    )


def _verdict(outcome: Outcome) -> tuple[str, str]:
    """Return the verdict, as the end of a sentence about the server, and its class."""
    if broken := outcome.broken:
        return f"breaks the contract {f'in {broken} ways' if broken > 1 else 'in one way'}", "bad"
    if not outcome.checked:
        return "could not be tested" if outcome.errors else "was not checked", "dim"
    if outcome.interrupted or outcome.errors:
        return "was not tested to the end; nothing broken so far", "dim"
    plural = "" if outcome.accepted == 1 else "s"
    exceptions = f", except {outcome.accepted} accepted deviation{plural}" if outcome.accepted else ""
    return f"keeps the contract{outcome.tested_part}{exceptions}", "good"


_BOX = {"bad": " broken", "dim": " open", "good": ""}


def _head(outcome: Outcome) -> str:
    verdict, colour = _verdict(outcome)
    notes = [
        f"Started {outcome.started:%Y-%m-%d %H:%M:%S} UTC, took {outcome.seconds:.0f} s. Task "
        f"{outcome.task}. Repeat it with --seed {outcome.seed}.",
        *([] if outcome.worker else ["Tests that need a worker were skipped (--no-worker)."]),
        *(f"Incomplete: {reason}." for reason in outcome.stopped),
        *(f"{_capital(line)}." for line in outcome.preflight),
        *outcome.notes,
    ]
    cards = "".join(
        f"<div><b>{escape(value)}{f' <small>{escape(more)}</small>' if more else ''}</b>"
        f"<span>{escape(name)}</span></div>"
        for name, value, more in _facts(outcome)
    )
    return (
        f'<div class="verdict{_BOX[colour]}"><h1>{escape(_capital(outcome.server))} '
        f'<span class="{colour}">{verdict}</span></h1>'
        + "".join(f'<p class="dim small">{escape(note)}</p>' for note in notes)
        + f'</div><div class="cards">{cards}</div>'
    )


def _facts(outcome: Outcome) -> Iterable[tuple[str, str, str]]:
    """Yield each figure of the summary: its label, the count, and the total."""
    coverage = outcome.coverage
    yield "operations reached", str(coverage.operations_reached), f"of {coverage.operations_documented}"
    yield "statuses reached", str(coverage.statuses_reached), f"of {coverage.statuses_documented}"
    excused = sum(entry.reason is not None for entry in outcome.missing_statuses)
    if excused:
        yield "statuses excused", str(excused), ""
    yield "parameters sent", str(coverage.parameters_reached), f"of {coverage.parameters_documented}"
    yield "requests", f"{coverage.exchanges:,}", ""
    if outcome.schema:
        yield "schema checks", f"{outcome.schema.checks:,}", ""
    if outcome.behaviour:
        rules = outcome.rules
        yield "rules kept", str(sum(rule.outcome == "kept" for rule in rules)), f"of {len(rules)}"
        for name in ("broken", "skipped", "not run"):
            if number := sum(rule.outcome == name for rule in rules):
                yield f"rules {name}", str(number), ""
    if outcome.accepted:
        yield "accepted by the baseline", str(outcome.accepted), ""


def _capital(text: str) -> str:
    return text if "://" in text else text[:1].upper() + text[1:]


def _broken(outcome: Outcome) -> Iterable[str]:
    findings = outcome.findings
    for title, known in (("Broken", False), ("Accepted by the baseline", True)):
        entries = [_finding(finding) for finding in findings if finding.known is known]
        if entries:
            if not known:  # readers look for the first one
                entries[0] = entries[0].replace("<details>", "<details open>", 1)
            yield f'<h2>{title}</h2><div class="box">{"".join(entries)}</div>'


def _finding(finding: Finding) -> str:
    number = len(finding.places)
    places = "".join(f"<li><code>{escape(place)}</code></li>" for place in finding.places)
    details = "".join(
        f'<p class="dim small">{name}</p><pre>{_lines(value)}</pre>'
        for name, value in (
            ("Expected", finding.expected),
            ("Got", finding.got),
            ("Response", finding.response),
        )
        if value
    )
    return (
        f"<details><summary>{escape(finding.cause)} "
        f'<span class="chip">{number} place{"" if number == 1 else "s"}</span></summary>'
        f"{details}{_curl(finding.curl)}<ul>{places}</ul></details>"
    )


def _lines(text: str) -> str:
    return "\n".join(escape(line) for line in text.splitlines())


def _curl(lines: Iterable[str]) -> str:
    text = "\n".join(lines)
    return f'<p class="dim small">To reproduce it</p><pre>{escape(text)}</pre>' if text else ""


def _operations(outcome: Outcome) -> Iterable[str]:
    missing = {(entry.operation, entry.status): entry for entry in outcome.missing_statuses}
    by_tag: dict[str, list[str]] = {}
    for operation in outcome.coverage.counted:
        tag = next(iter(operation.definition.get("tags", [])), "Operations")
        by_tag.setdefault(tag, []).append(_operation(outcome, operation, missing))
    yield (
        '<h2>Operations</h2><p class="dim small"><span class="chip good">200</span> documented and reached '
        '<span class="chip">503</span> excused <span class="chip bad">409 not reached</span> '
        '<span class="chip bad">418 undocumented</span></p>'
    )
    for tag, rows in by_tag.items():
        yield (
            f'<div class="box"><table><tr><th><h3>{escape(tag)}</h3></th><th>operationId</th>'
            '<th>statuses</th><th class="number">parameters</th><th class="number">requests</th></tr>'
            f"{''.join(rows)}</table></div>"
        )
    reasons: dict[str, dict[str, int]] = {}
    for entry in missing.values():
        if entry.reason:
            counts = reasons.setdefault(entry.reason, {})
            counts[entry.status] = counts.get(entry.status, 0) + 1
    if reasons:
        rows = [
            "<tr><td>"
            + "".join(f'<span class="chip">{escape(status)}</span>' for status in counts)
            + f"</td><td>{escape(_capital(reason))}.</td>"
            + f'<td class="number dim">{sum(counts.values())} times</td></tr>'
            for reason, counts in reasons.items()
        ]
        yield f'<h2>Excused statuses</h2><div class="box"><table>{"".join(rows)}</table></div>'


def _operation(
    outcome: Outcome, operation: Operation, missing: Mapping[tuple[str, str], MissingStatus]
) -> str:
    coverage = outcome.coverage
    seen = coverage.statuses.get(operation.id, Counter[str]())
    chips: list[str] = []
    for status in operation.statuses:
        entry = missing.get((operation.id, status))
        if entry is None:
            chips.append(f'<span class="chip good" title="{seen[status]:,} times">{escape(status)}</span>')
        elif entry.reason:
            chips.append(f'<span class="chip" title="{escape(entry.reason)}">{escape(status)}</span>')
        else:
            chips.append(f'<span class="chip bad">{escape(status)} not reached</span>')
    chips += [
        f'<span class="chip bad">{escape(status)} undocumented</span>'
        for status in sorted(set(seen) - set(operation.statuses))
    ]
    sent = len(coverage.parameters.get(operation.id, set()))
    return (
        f'<tr><td><span class="chip method">{escape(operation.method)}</span> '
        f"<code>{escape(operation.path)}</code></td>"
        f"<td>{escape(operation.id)}</td><td>{''.join(chips)}</td>"
        f'<td class="number">{sent}/{len(operation.parameter_names)}</td>'
        f'<td class="number">{sum(seen.values()):,}</td></tr>'
    )


def _rules(outcome: Outcome) -> Iterable[str]:
    if outcome.behaviour is None:
        return
    by_module: dict[str, list[Rule]] = {}
    for rule in outcome.rules:
        by_module.setdefault(rule.module, []).append(rule)
    boxes: list[str] = []
    for module, rules in by_module.items():
        kept = sum(rule.outcome == "kept" for rule in rules)
        broken = any(rule.outcome == "broken" for rule in rules)
        rows = "".join(
            f'<tr><td><span class="chip {_COLOUR.get(rule.outcome, "")}">{escape(rule.outcome)}</span></td>'
            f"<td>{escape(_capital(rule.title))}"
            + _why_skipped(rule)
            + f'</td><td class="dim small"><code>{escape(rule.name)}</code></td></tr>'
            for rule in rules
        )
        boxes.append(
            f"<details{' open' if broken else ''}><summary>{escape(_capital(module.replace('_', ' ')))} "
            f'<span class="dim small">{kept} of {len(rules)} kept</span>'
            f'<span class="bar{" broken" if broken else ""}">'
            f'<i style="width:{100 * kept // max(1, len(rules))}%"></i></span></summary>'
            f"<table>{rows}</table></details>"
        )
    yield (
        '<h2>Rules</h2><p class="dim small">The rules of the contract, each with its id for '
        "<code>--rule</code>.</p>"
        f'<div class="box">{"".join(boxes)}</div>'
    )


def _why_skipped(rule: Rule) -> str:
    return f'<br><span class="dim small">{escape(rule.message)}</span>' if rule.outcome == "skipped" else ""


_COLOUR = {"kept": "good", "broken": "bad"}
