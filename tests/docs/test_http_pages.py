"""The pages generated from the document contain every operation, field and code."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts" / "docs"), str(ROOT / "scripts")]
import http_pages  # noqa: E402
import rule_pages  # noqa: E402
import scenario_pages  # noqa: E402

import openapi_document  # noqa: E402
import spec  # noqa: E402
from helmr_contract.client.scenarios import all_scenarios  # noqa: E402
from helmr_contract.document import Document  # noqa: E402
from helmr_contract.rules import all_rules  # noqa: E402

DOCUMENT = openapi_document.load(ROOT / "openapi.yaml")
SPEC = spec.Spec(DOCUMENT)
PAGES = http_pages.pages(DOCUMENT)


def test_every_operation_has_an_entry_on_the_page_of_its_tag() -> None:
    for operation in SPEC.operations:
        if operation.method != "options":
            page = PAGES[http_pages.tag_page(operation.definition["tags"][0])]
            assert f"{{ #{operation.id.lower()} }}" in page, operation.id
            for parameter in SPEC.parameters(operation):
                assert parameter["in"] == "header" or f"| `{parameter['name']}` |" in page, operation.id


def test_every_error_code_has_its_meaning_and_action() -> None:
    page = PAGES[http_pages.ERRORS]
    for code, words in DOCUMENT["x-error-codes"].items():
        entry = page.partition(f"## `{code}` {{ #{code} }}\n")[2].partition("\n## ")[0]
        assert words["meaning"].strip() in entry
        assert f"**What to do.** {words['action'].strip()}" in entry


def test_every_field_is_listed_with_its_schema() -> None:
    page = PAGES[http_pages.SCHEMAS]
    for name, schema in SPEC.components["schemas"].items():
        entry = page.partition(f"## {name} {{")[2].partition("\n## ")[0]
        assert all(f"`{field}`" in entry for field in schema.get("properties", {})), name


def test_every_rule_has_a_section_and_operations_link_to_their_rules() -> None:
    document = Document(dict(DOCUMENT))
    made = rule_pages.pages(document)
    for rule in all_rules():
        topic, _, name = rule.id.partition("/")
        assert f"{{ #{name} }}" in made[f"reference/rules/{topic}.md"], rule.id
    links = rule_pages.links_of_operations(document)
    page = http_pages.pages(DOCUMENT, links)[http_pages.tag_page("Sessions")]
    for path, anchor in re.findall(r"\(\.\./(rules/[a-z-]+\.md)#([^)]+)\)", page):
        assert f"{{ #{anchor} }}" in made[f"reference/{path}"]
    assert page.count("rules of this operation") > 5


def test_every_scenario_has_a_section_with_its_level_and_calls() -> None:
    made = scenario_pages.pages()
    for one in all_scenarios().values():
        page = made[f"reference/scenarios/{one.family}.md"]
        entry = page.partition(f"## {one.checks} {{")[2].partition("\n## ")[0]
        assert f"`{one.id}`" in entry, one.id
        assert f"- Level: {one.level}" in entry, one.id
        assert all(f"`{call}`" in entry for call in one.calls), one.id
        assert f'"{one.id}",' in entry, one.id
    anchors = [anchor for page in made.values() for anchor in re.findall(r"\{ #(\S+) \}", page)]
    assert len(anchors) == len(all_scenarios())
