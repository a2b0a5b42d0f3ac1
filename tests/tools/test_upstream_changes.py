"""Two real changes of the API without a new version, applied to a copy by the steps of CONTRIBUTING.

The output of each tool leads to the next step. Only the document and the code that used removed names must be
edited by hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.tools import upstream
from tests.tools.repository import Repository
from tests.unit.scripts import script

ROOT = Path(__file__).resolve().parents[2]


renderings: Any = script("renderings")
spec_rules: Any = script("spec_rules")
spec_diff: Any = script("spec_diff")

Edit = Callable[[dict[str, Any]], None]


def edit(repository: Any, change: Edit) -> list[str]:
    """Change the document and return the findings of lint as `rule: finding`."""
    path = repository.root / "openapi.yaml"
    document = spec_rules.load(path)
    change(document)
    path.write_text(renderings.to_yaml(document), encoding="utf-8")
    return [f"{found.rule}: {found.text}" for found in spec_rules.check(document)]


def generated(repository: Any) -> list[str]:
    """Regenerate, as `make generate` does, and return the added and removed public names."""
    status, output = repository.script("generate")
    assert status == 0, output
    assert repository.script("derive_sync")[0] == 0
    _, _, names = output.partition("public names added (+) and removed (-):\n")
    return list(names.splitlines())


def by_hand(repository: Any) -> set[str]:
    """Return the hand-written files that no longer type-check. `_sync/` is derived from `_async/`."""
    done = repository.python("-m", "mypy")
    assert re.search(r"\b\d{3,} source files", done.stdout), done.stdout + done.stderr
    found = set(
        re.findall(r"^(\S+\.py):\d+: error: (?!Cannot find implementation)", done.stdout, re.MULTILINE)
    )
    return {path for path in found if "/_sync/" not in path}


def diff(repository: Any, capsys: pytest.CaptureFixture[str]) -> str:
    status = spec_diff.main(["HEAD"], root=repository.root)
    output = capsys.readouterr().out
    assert status == 1, output
    return output


@pytest.fixture
def repository(tmp_path: Path) -> Any:
    return Repository(tmp_path / "copy")


@pytest.mark.slow
@pytest.mark.tool("go")
def test_the_cursor_of_run_events_becomes_a_string(
    repository: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    found = edit(repository, upstream.cursor_is_a_string)
    assert found == [
        'examples-validate: cursor: 6 is not of type "string"',
        'examples-validate: cursor: 0 is not of type "string"',
        'examples-validate: next_cursor: 2 is not of type "string"',
        'examples-validate: cursor: 5 is not of type "string"',
    ], "lint names the examples to change"
    assert edit(repository, upstream.cursor_examples_are_strings) == []

    output = diff(repository, capsys)
    changed = "type changed from `integer` to `string` in "
    assert f"breaking (2)\n  RunEventPage.cursor: {changed}" in output
    assert f"  RunEventPage.next_cursor: {changed}" in output
    assert f"additions (1)\n  EventCursor: {changed}requests\n" in output
    assert "openapi.yaml still describes 2026-06-06" in output

    assert generated(repository) == [], "a changed type changes no public name"
    assert by_hand(repository) == set(), "clients accept both types for opaque values"


@pytest.mark.slow
@pytest.mark.tool("go")
def test_starts_lose_their_idempotency_key(repository: Any, capsys: pytest.CaptureFixture[str]) -> None:
    found = edit(repository, upstream.starts_take_no_key)
    assert {line.partition(":")[0] for line in found} == {
        "error-code-list",
        "examples-declared",
        "no-unused-components",
        "prose-names",
        "repeats",
        "response-codes",
    }, "lint names every remaining mention in the document"
    assert any("the schema does not declare idempotency_key: " in line for line in found)
    assert any("startSession has no idempotency_fingerprint_mismatch: " in line for line in found)
    assert edit(repository, upstream.nothing_speaks_of_the_key) == []

    output = diff(repository, capsys)
    assert "breaking (8)\n" in output
    for subject in (
        "Run.idempotency_hit",
        "RunEvent.attempt_id",
        "RunEvent.run_lease_id",
        "RunLogChunk.run_lease_id",
        "SessionStartRequest.idempotency_key",
        "SessionStartRequest.idempotency_key_ttl",
        "startSession",
        "startSessionAndWait",
    ):
        assert output.count(f"\n  {subject}: ") == 1, f"{subject}: one cause, one finding"

    names = generated(repository)
    assert all(name.startswith("- ") for name in names)
    assert "- argument Sessions.start(idempotency_key)" in names
    assert "- field Run.idempotency_hit" in names
    assert by_hand(repository) == {
        "helmr_ergonomic/_logs.py",
        "helmr_ergonomic/_sessions.py",
        "helmr_local/resources/starts.py",
    }, "one resource of the local control plane, and the layer code that used the fields"
