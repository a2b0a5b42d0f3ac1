"""Pages on the scenarios for clients, generated from their functions: one per family."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence

import http_pages

from helmr_contract.client.scenario import Scenario
from helmr_contract.client.scenarios import all_scenarios

INDEX = "reference/scenarios/index.md"

_INTRODUCTION = """\
# Scenarios

What a client must do beyond the form of its requests, one scenario at a time. `helmr-contract client` plays
each of them by its id: see [Check a client](../../guides/client-conformance.md).

```sh
helmr-contract client --scenario 'start/*' -- ./my-driver
```
"""


def pages() -> dict[str, str]:
    """Return the Markdown of the pages by path in docs/."""
    families: dict[str, list[Scenario]] = {}
    for one in all_scenarios().values():
        families.setdefault(one.family, []).append(one)
    made = {INDEX: "\n".join(_index(families))}
    made |= {_page(family): "\n".join(_family(family, scenarios)) for family, scenarios in families.items()}
    # Search must rank the operations and the guides above the many scenarios about them.
    return {path: http_pages.boosted(page, 0.1) for path, page in made.items()}


def _page(family: str) -> str:
    return f"reference/scenarios/{family}.md"


def _index(families: Mapping[str, Sequence[Scenario]]) -> Iterator[str]:
    yield from (_INTRODUCTION, "| Family | Scenarios |", "|---|---|")
    for family, scenarios in families.items():
        yield f"| [{family}]({family}.md) | {len(scenarios)} |"


def _family(family: str, scenarios: Sequence[Scenario]) -> Iterator[str]:
    yield from (
        f"# {family.capitalize()}",
        "",
        f"`helmr-contract client --scenario '{family}/*' -- DRIVER` plays these scenarios.",
        "",
    )
    for one in scenarios:
        anchor = re.sub(r"[^a-z0-9-]", "-", one.id.partition("/")[2])
        yield from (f"## {one.checks} {{ #{anchor} }}", "", f"`{one.id}`", "")
        yield f"- Level: {one.level}"
        yield f"- Calls: {', '.join(f'`{call}`' for call in sorted(one.calls))}"
        yield from ("", '<details markdown="1"><summary>How it is played</summary>', "", "```python")
        yield from (inspect.getsource(one.play).rstrip(), "```", "", "</details>", "")
