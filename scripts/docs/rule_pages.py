"""Pages on the rules of the contract, generated from the behaviour tests: one per topic."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import http_pages

from helmr_contract.document import Document
from helmr_contract.rule_operations import RuleSource, read
from helmr_contract.rules import RuleInfo, all_rules

INDEX = "reference/rules/index.md"

_INTRODUCTION = """\
# Rules

What a control plane promises beyond the form of its requests and responses, one rule at a time.
`helmr-contract` tests each of them by its id: see [Check a control plane](../../guides/check-a-server.md).

```sh
helmr-contract --url https://helmr.example.com --rule 'start-idempotency/*'
```
"""


def pages(document: Document) -> dict[str, str]:
    """Return the Markdown of the pages by path in docs/."""
    topics: dict[str, list[tuple[RuleInfo, RuleSource]]] = {}
    for rule in all_rules():
        topics.setdefault(rule.module, []).append((rule, read(rule, document)))
    made = {_page(topic): "\n".join(_topic(document, topic, rules)) for topic, rules in topics.items()}
    made[INDEX] = "\n".join(_index(topics))
    # Search must rank an operation above the many rules about it.
    return {path: http_pages.boosted(page, 0.1) for path, page in made.items()}


def links_of_operations(document: Document) -> dict[str, list[str]]:
    """Return links from each operation's page to the rules about it."""
    found: dict[str, list[str]] = {}
    for rule in all_rules():
        for operation in read(rule, document).about:
            link = f"[{_sentence(rule)}](../rules/{_slug(rule.module)}.md#{_anchor(rule)})"
            found.setdefault(operation, []).append(link)
    return found


def _page(topic: str) -> str:
    return f"reference/rules/{_slug(topic)}.md"


def _slug(topic: str) -> str:
    return topic.replace("_", "-")


def _anchor(rule: RuleInfo) -> str:
    return rule.id.partition("/")[2]


def _sentence(rule: RuleInfo) -> str:
    return rule.title[:1].upper() + rule.title[1:]


def _index(topics: Mapping[str, Sequence[tuple[RuleInfo, RuleSource]]]) -> Iterator[str]:
    yield from (_INTRODUCTION, "| Topic | Rules |", "|---|---|")
    for topic, rules in topics.items():
        yield f"| [{_title(topic)}]({_slug(topic)}.md) | {len(rules)} |"


def _title(topic: str) -> str:
    words = topic.replace("_", " ")
    return words[:1].upper() + words[1:]


def _topic(document: Document, topic: str, rules: Sequence[tuple[RuleInfo, RuleSource]]) -> Iterator[str]:
    yield from (
        f"# {_title(topic)}",
        "",
        f"`helmr-contract --rule '{_slug(topic)}/*'` tests these rules.",
        "",
    )
    for rule, source in rules:
        yield from (f"## {_sentence(rule)} {{ #{_anchor(rule)} }}", "", f"`{rule.id}`", "")
        if source.says:
            yield from (source.says, "")
        yield from (f"- {fact}" for fact in _facts(document, rule, source))
        code = re.sub(r"^```", "'''", source.code, flags=re.MULTILINE)
        yield from ("", '<details markdown="1"><summary>How it is tested</summary>', "", "```python")
        yield from (code, "```", "", "</details>", "")


def _facts(document: Document, rule: RuleInfo, source: RuleSource) -> Iterator[str]:
    if source.about:
        yield f"About: {', '.join(_operation(document, name) for name in source.about)}"
    if source.uses:
        yield f"Uses besides: {', '.join(_operation(document, name) for name in source.uses)}"
    yield "Needs a worker that runs the probe" if rule.needs_worker else "Needs no worker"
    if rule.needs_scoped_keys:
        yield "Needs API keys with chosen scopes"


def _operation(document: Document, name: str) -> str:
    operation = document.operations[name]
    if operation.method == "OPTIONS":
        return f"`{name}`"
    tag = str(operation.definition["tags"][0])
    page = http_pages.tag_page(tag).removeprefix("reference/")
    return f"[`{name}`](../{page}#{name.lower()})"
