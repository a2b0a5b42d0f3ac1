"""The run as one HTML page: nothing to load, so it can be mailed, stored and opened offline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from html import escape
from pathlib import Path

from helmr_contract.behaviour_tests import Rule
from helmr_contract.outcome import Outcome
from helmr_contract.schema_tests import SchemaFailure

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --good: #2a7d3f; --bad: #b3261e; --dim: #777; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
table { border-collapse: collapse; width: 100%; } th { font-weight: 600; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid var(--line); }
pre, code { font: 13px/1.45 ui-monospace, monospace; } pre { white-space: pre-wrap; overflow-wrap: anywhere;
padding: .6rem; border: 1px solid var(--line); border-radius: .3rem; }
details { border-bottom: 1px solid var(--line); padding: .4rem 0; } summary { cursor: pointer; }
.good { color: var(--good); } .bad { color: var(--bad); } .dim { color: var(--dim); }
.facts { display: flex; flex-wrap: wrap; gap: .5rem 2.5rem; } .facts b { display: block; font-size: 1.3rem; }
"""


def write_html(outcome: Outcome, path: Path) -> None:
    sections = [_head(outcome), *_broken(outcome), *_operations(outcome), *_rules(outcome)]
    title = escape(f"Contract of {outcome.server}")
    path.write_text(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>'
        f"<body>{''.join(sections)}</body></html>\n",
        encoding="utf-8",
    )


def _head(outcome: Outcome) -> str:
    verdict = "keeps the contract" if outcome.broken == 0 else f"breaks the contract in {outcome.broken} ways"
    colour = "good" if outcome.broken == 0 else "bad"
    coverage = outcome.coverage
    facts = [
        ("operations reached", f"{coverage.operations_reached} of {coverage.operations_documented}"),
        ("statuses reached", f"{coverage.statuses_reached} of {coverage.statuses_documented}"),
        ("parameters reached", f"{coverage.parameters_reached} of {coverage.parameters_documented}"),
        ("requests", f"{coverage.exchanges:,}"),
    ]
    if outcome.schema:
        facts.append(("schema checks", f"{outcome.schema.checks:,}"))
    if outcome.behaviour:
        for name in ("kept", "broken", "skipped"):
            facts.append((f"rules {name}", str(len(outcome.behaviour.with_outcome(name)))))
    facts.append(("accepted by the baseline", str(outcome.accepted)))
    facts.append(("seconds", f"{outcome.seconds:.0f}"))
    notes = [
        f"started {outcome.started:%Y-%m-%d %H:%M:%S} UTC, seed {outcome.seed}, task {outcome.task}",
        *([] if outcome.worker else ["what needs a worker was left out (--no-worker)"]),
        *outcome.stopped,
        *outcome.notes,
    ]
    return (
        f'<h1>{escape(outcome.server)} <span class="{colour}">{verdict}</span></h1>'
        f'<p class="dim">{"<br>".join(escape(note) for note in notes)}</p>'
        '<div class="facts">'
        + "".join(f"<div><b>{escape(value)}</b>{escape(name)}</div>" for name, value in facts)
        + "</div>"
    )


def _broken(outcome: Outcome) -> Iterable[str]:
    failures = outcome.schema.failures if outcome.schema else []
    rules = outcome.behaviour.with_outcome("broken") if outcome.behaviour else []
    for title, known in (("Broken", False), ("Accepted by the baseline", True)):
        entries = [_failure(failure) for failure in failures if failure.known is known]
        entries += [_broken_rule(rule) for rule in rules if rule.known is known]
        if entries:
            yield f"<h2>{title}</h2>{''.join(entries)}"


def _failure(failure: SchemaFailure) -> str:
    return (
        f"<details><summary><code>{escape(failure.operation)}</code> {escape(failure.title)} "
        f'<span class="dim">{escape(failure.check)}</span></summary>'
        f"<pre>{escape(failure.message)}</pre>{_curl(failure.curl)}</details>"
    )


def _broken_rule(rule: Rule) -> str:
    sections = ", ".join(rule.sections)
    return (
        f"<details><summary>{escape(rule.title)} "
        f'<span class="dim">{escape(rule.module)} · {escape(sections)}</span></summary>'
        f"<pre>{escape(rule.message)}</pre>{_curl(rule.curl)}</details>"
    )


def _curl(lines: Iterable[str]) -> str:
    text = "\n".join(lines)
    return f"<pre>{escape(text)}</pre>" if text else ""


def _operations(outcome: Outcome) -> Iterable[str]:
    coverage = outcome.coverage
    missing = {(entry.operation, entry.status): entry for entry in outcome.missing_statuses}
    rows: list[str] = []
    for operation in outcome.document.operations.values():
        seen = coverage.statuses.get(operation.id, Counter[str]())
        cells: list[str] = []
        for status in operation.statuses:
            entry = missing.get((operation.id, status))
            if entry is None:
                cells.append(f'<span class="good">{escape(status)}</span>')
            else:
                reason = entry.reason or "not reached"
                colour = "dim" if entry.reason else "bad"
                cells.append(f'<span class="{colour}" title="{escape(reason)}">{escape(status)} –</span>')
        extra = sorted(set(seen) - set(operation.statuses))
        cells += [f'<span class="bad" title="not documented">{escape(status)}!</span>' for status in extra]
        rows.append(
            f"<tr><td><code>{escape(operation.label)}</code></td><td>{escape(operation.id)}</td>"
            f"<td>{' '.join(cells)}</td><td>{sum(seen.values()):,}</td></tr>"
        )
    yield (
        "<h2>Operations</h2><p class=dim>Documented statuses; one with a dash was not reached, its reason "
        "shows when it is pointed at.</p><table><tr><th>Operation<th>operationId<th>Statuses<th>Requests</tr>"
        f"{''.join(rows)}</table>"
    )


def _rules(outcome: Outcome) -> Iterable[str]:
    if outcome.behaviour is None:
        return
    by_module: dict[str, list[Rule]] = {}
    for rule in outcome.behaviour.rules.values():
        by_module.setdefault(rule.module, []).append(rule)
    yield "<h2>Rules</h2>"
    for module, rules in by_module.items():
        kept = sum(rule.outcome == "kept" for rule in rules)
        rows = "".join(
            f"<tr><td>{escape(rule.title)}"
            + (f'<br><span class="dim">{escape(rule.message)}</span>' if rule.outcome == "skipped" else "")
            + f'</td><td class="{_COLOUR.get(rule.outcome, "dim")}">{escape(rule.outcome)}</td>'
            f'<td class="dim">{escape(", ".join(rule.sections))}</td></tr>'
            for rule in rules
        )
        yield (
            f"<details><summary>{escape(module.replace('_', ' '))} "
            f'<span class="dim">{kept} of {len(rules)} kept</span></summary><table>{rows}</table></details>'
        )


_COLOUR = {"kept": "good", "broken": "bad"}
