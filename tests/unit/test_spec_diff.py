"""How `make spec-diff` classifies changes. The comparison itself is tested in
tests/tools/test_regenerating.py."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.scripts import script

spec_diff = script("spec_diff")
Verdict = spec_diff.Verdict
BREAKING, ADDITION, WORDING = Verdict.BREAKING, Verdict.ADDITION, Verdict.WORDING


@pytest.mark.parametrize(
    ("version", "verdict", "due"),
    [
        ((0, 1, 4), BREAKING, (0, 2, 0)),
        ((0, 1, 4), ADDITION, (0, 1, 5)),
        ((0, 1, 4), WORDING, (0, 1, 5)),
        ((1, 2, 3), BREAKING, (2, 0, 0)),
        ((1, 2, 3), ADDITION, (1, 3, 0)),
        ((1, 2, 3), WORDING, (1, 2, 4)),
    ],
)
def test_the_verdict_decides_which_version_part_is_raised(version: Any, verdict: Any, due: Any) -> None:
    assert spec_diff.raised(version, verdict) == due


# Reports of oasdiff -----------------------------------------------------------------------------------------

BEFORE = """\
openapi: 3.1.0
info: { title: T, version: '1' }
paths:
  /things:
    get:
      operationId: listThings
      responses: {}
components:
  schemas:
    Thing:
      type: object
      additionalProperties: false
      properties:
        name: { type: string }
        kind:
          type: string
  parameters:
    Limit:
      name: limit
      in: query
"""


def line_of(text: str) -> int:
    return BEFORE.split(text)[0].count("\n") + 1


def changes(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    reported: list[dict[str, Any]],
    before: str = BEFORE,
    after: str = BEFORE,
) -> list[Any]:
    """Return the changes between two documents if oasdiff reports `reported`."""
    base, current = tmp_path / "base.yaml", tmp_path / "current.yaml"
    base.write_text(before, encoding="utf-8")
    current.write_text(after, encoding="utf-8")
    monkeypatch.setattr(spec_diff, "_oasdiff", lambda base, current: json.loads(json.dumps(reported)))
    found: list[Any] = spec_diff.changes_between(base, current)
    return found


def one(check: str, text: str, level: int, **more: Any) -> dict[str, Any]:
    return {"id": check, "text": text, "level": level, "operationId": "listThings", **more}


def at(text: str) -> dict[str, int]:
    return {"line": line_of(text)}


def test_a_schema_change_is_reported_once_with_every_operation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "the `{}` response's property type changed from `string` to `integer`"
    check, place = "response-property-type-changed", at("kind:")
    reported = [
        one(check, text.format("things/items/kind"), 3, revisionSource=place),
        one(check, text.format("kind"), 3, operationId="getThing", revisionSource=place),
    ]
    (change,) = changes(tmp_path, monkeypatch, reported)
    assert change.subject == "Thing.kind"
    assert change.operations == {"listThings", "getThing"}
    assert change.verdict is BREAKING
    assert (
        change.entry()
        == "- **Breaking:** `Thing.kind`: type changed in responses (`getThing`, `listThings`)."
    )


@pytest.mark.parametrize(
    ("reported", "verdict", "entry"),
    [
        (
            one(
                "response-property-enum-value-added",
                "added the new `x` enum value to the `kind` response property",
                3,
                revisionSource=at("kind:"),
            ),
            ADDITION,
            "- `Thing.kind`: value `x` new in responses (`listThings`).",
        ),
        (
            one("api-operation-id-removed", "api operation id `listThings` removed", 1),
            BREAKING,
            "- **Breaking:** `listThings`: api operation id `listThings` removed.",
        ),
        (
            one(
                "response-optional-property-removed",
                "removed the optional property `things/items/old` from the response with the `200` status",
                1,
                baseSource=at("Thing:"),
            ),
            BREAKING,
            "- **Breaking:** `Thing.old`: removed from responses (`listThings`).",
        ),
        (
            one("request-property-pattern-changed", "pattern of the request property `name` changed", 2),
            BREAKING,
            "- **Breaking:** `name`: pattern changed in requests (`listThings`).",
        ),
        (
            one("request-parameter-max-increased", "max increased", 1, revisionSource=at("name: limit")),
            ADDITION,
            "- `Limit`: max increased in requests (`listThings`).",
        ),
        (
            one(
                "request-property-enum-value-added",
                "added the new `5` enum value to the request property `kind/not`",
                1,
                revisionSource=at("kind:"),
            ),
            BREAKING,
            "- **Breaking:** `Thing.kind`: value `5` new in requests, inside `not` (`listThings`).",
        ),
        (
            one("new-required-request-property", "added the new required request property `name`", 3),
            BREAKING,
            "- **Breaking:** `name`: new in requests, required (`listThings`).",
        ),
        (
            one("endpoint-added", "endpoint added", 1, operation="GET", path="/things"),
            ADDITION,
            "- `listThings`: new operation, GET /things.",
        ),
    ],
    ids=lambda value: value["id"] if isinstance(value, dict) else "",
)
def test_our_verdicts_override_those_of_oasdiff(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reported: dict[str, Any], verdict: Any, entry: str
) -> None:
    (change,) = changes(tmp_path, monkeypatch, [reported])
    assert (change.verdict, change.entry()) == (verdict, entry)


def test_allowing_or_rejecting_unknown_fields_is_detected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = BEFORE.replace("      additionalProperties: false\n", "")
    assert opened != BEFORE
    (change,) = changes(tmp_path, monkeypatch, [], after=opened)
    assert (change.verdict, change.entry()) == (
        ADDITION,
        "- `Thing`: accepts fields that it does not list.",
    )
    (change,) = changes(tmp_path, monkeypatch, [], before=opened)
    assert (change.verdict, change.entry()) == (
        BREAKING,
        "- **Breaking:** `Thing`: refuses fields that it does not list.",
    )


def test_breaking_changes_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reported = [
        one("endpoint-added", "endpoint added", 1, operation="GET", path="/a", operationId="a"),
        one("api-removed-without-deprecation", "api removed", 3, operationId="b"),
    ]
    assert [change.subject for change in changes(tmp_path, monkeypatch, reported)] == ["b", "a"]


# Gaps of oasdiff --------------------------------------------------------------------------------------------


def test_wording_and_examples_are_not_differences() -> None:
    base = {
        "info": {"title": "T", "version": "1"},
        "paths": {"/a": {"get": {"description": "old", "links": {}, "responses": {"200": {"$ref": "#/x"}}}}},
        "components": {
            "examples": {"e": {"value": 1}},
            "schemas": {"A": {"description": "old", "properties": {"description": {"type": "string"}}}},
        },
    }
    other = json.loads(json.dumps(base))
    other["info"]["title"] = "U"
    other["paths"]["/a"]["get"]["description"] = "new"
    other["paths"]["/a"]["get"]["links"] = {"self": {}}
    other["components"]["examples"]["e"]["value"] = 2
    other["components"]["schemas"]["A"]["description"] = "new"
    assert list(spec_diff.differences(base, other)) == []
    other["components"]["schemas"]["A"]["properties"]["description"] = {"type": "integer"}
    other["paths"]["/a"]["get"]["responses"]["200"] = {"$ref": "#/y"}
    assert list(spec_diff.differences(base, other)) == [
        "paths//a/get/responses/200/$ref",
        "components/schemas/A/properties/description/type",
    ]


def test_overrides_have_valid_verdicts() -> None:
    assert set(spec_diff.OVERRIDES.values()) <= {ADDITION, BREAKING}
    assert all("-" in check for check in spec_diff.OVERRIDES)


# One cause, one finding -------------------------------------------------------------------------------------

AFTER = BEFORE.replace("        kind:\n          type: string\n", "        kind:\n          type: integer\n")


def test_a_type_change_is_one_change_with_its_consequences(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported = [
        one(check, f"the `kind` response property {words}", level, revisionSource=at("kind:"))
        for check, words, level in (
            ("response-property-type-changed", "'s type changed", 3),
            ("response-property-min-unset", "'s min was unset", 1),
            ("response-property-max-unset", "'s max was unset", 2),
        )
    ]
    (change,) = changes(tmp_path, monkeypatch, reported, after=AFTER)
    assert change.text == "type changed from `string` to `integer` in responses"
    assert change.verdict is BREAKING
    assert len(changes(tmp_path, monkeypatch, reported)) == 3, "with one type they are three"


def test_a_removed_condition_is_one_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reported = [
        one(f"request-body-{word}-removed", f"removed '{word}' subschema from the request body", 1)
        for word in ("if", "then")
    ]
    (change,) = changes(tmp_path, monkeypatch, reported)
    assert change.short == "conditions changed in requests"


def report(states: tuple[str, str], *, on_the_wire: bool = True) -> Any:
    change = spec_diff.Change(BREAKING, "Removed", "Thing.kind", "removed from responses", "removed")
    change.on_the_wire = on_the_wire
    return spec_diff.Report(
        base="HEAD",
        changes=[change],
        unjudged=[],
        wording=True,
        reference=(0, 1, 0),
        version=(0, 2, 0),
        states=states,
        missing=[],
    )


BREAKING_ENTRY = "**Breaking:** `Thing.kind`: removed."
CORRECTION_ENTRY = "**Correction:** `Thing.kind` was never there."


@pytest.mark.parametrize(
    ("states", "entries", "missing"),
    [
        (("1", "1"), [BREAKING_ENTRY], 1),
        (("1", "2"), [BREAKING_ENTRY], 0),
        (("1 as of 2026-07-01", "1 as of 2026-07-20"), [BREAKING_ENTRY], 1),
        (("1 as of 2026-07-01", "1 as of 2026-07-20"), [f"{BREAKING_ENTRY} By 2026-07-20."], 0),
        (("1 as of 2026-07-01", "1 as of 2026-07-20"), [BREAKING_ENTRY, "Seen on 2026-07-20."], 1),
        (("1 as of 2026-07-01", "1 as of 2026-07-01"), [f"{BREAKING_ENTRY} By 2026-07-01."], 1),
        (("1 as of 2026-07-01", "2 as of 2026-07-20"), [BREAKING_ENTRY], 0),
        (("1", "1"), [CORRECTION_ENTRY], 0),
        (("1", "1"), ["**Correction:** `Other`."], 2),
        (("1", "1"), [], 2),
    ],
)
def test_the_wire_may_not_break_without_a_new_server_state(
    states: Any, entries: list[str], missing: int
) -> None:
    assert len(list(spec_diff._missing(report(states), entries))) == missing


def test_a_removed_name_of_the_document_does_not_break_the_wire() -> None:
    assert list(spec_diff._missing(report(("1", "1"), on_the_wire=False), [BREAKING_ENTRY])) == []
