"""helmr_local conforms to the document: Schemathesis runs every phase and check on every operation.

It uses few examples, so that `make test` stays fast. `make contract` runs the same tests with a configurable
number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from helmr_contract.coverage import load_unreachable, unknown_entries
from helmr_contract.document import Document
from helmr_contract.fixtures import Fixtures
from helmr_contract.local import local_target
from helmr_contract.schema.runner import SchemaOptions, SchemaResult, run_schema_tests
from helmr_contract.secrets import Scrubber
from helmr_contract.target import check_reachable

if TYPE_CHECKING:
    from tests.conftest import Traffic

pytestmark = pytest.mark.xdist_group("schema-contract")  # one worker runs it

SEED = 20260606


@pytest.fixture(scope="module")
def result(traffic: Traffic) -> SchemaResult:
    document = Document.load()
    with local_target() as target:
        check_reachable(target)
        with target.client() as client:
            fixtures = Fixtures(target, client)
            fixtures.prepare()
            options = SchemaOptions(SEED, max_examples=8)
            found = run_schema_tests(document, target, fixtures, options, scrub=Scrubber(target.key))
            found.left_behind = fixtures.clean_up()
    traffic.coverage.merge(found.coverage)
    return found


@pytest.mark.timeout(900)
def test_helmr_local_conforms_to_the_document(result: SchemaResult) -> None:
    failures = [
        f"{f.operation} {f.check}: {f.title}\n{f.message}\n{f.response}\n" + "\n".join(f.curl)
        for f in result.failures
    ]
    assert not failures, "\n\n".join(failures)
    assert result.stopped is None
    assert result.warnings == []


def test_every_operation_and_parameter_is_reached(result: SchemaResult) -> None:
    assert result.coverage.operations_reached == result.coverage.operations_documented
    assert result.coverage.missing_parameters() == []


def test_every_operation_succeeds_at_least_once(result: SchemaResult) -> None:
    """Random ids alone would only get 404."""
    for operation in result.coverage.document.operations:
        seen = result.coverage.statuses[operation]
        assert any(status.startswith("2") for status in seen), f"{operation}: {dict(seen)}"


def test_every_created_resource_is_ended(result: SchemaResult) -> None:
    assert result.left_behind == []


def test_every_unreachable_status_is_documented_and_explained() -> None:
    entries = load_unreachable()
    assert unknown_entries(Document.load(), entries) == []
    assert all(entry.reason for entry in entries)
