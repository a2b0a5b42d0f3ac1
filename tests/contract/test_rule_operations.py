"""The operations of a rule, read from the source of its test."""

from __future__ import annotations

import pytest

from helmr_contract.document import Document
from helmr_contract.rule_operations import read
from helmr_contract.rules import all_rules, chosen

DOCUMENT = Document.load()


@pytest.mark.parametrize(
    ("rule", "about", "uses"),
    [
        ("health/healthz-returns-ok-without-credentials", {"getHealth"}, set()),
        ("start-idempotency/a-blank-key-counts-as-absent", {"startSession"}, set()),
        (
            "session-list-get/sessions-are-listed-by-latest-update-then-by-id",
            {"listSessions"},
            {"startSession"},
        ),
    ],
)
def test_the_operations_of_a_rule_are_those_its_test_checks(
    rule: str, about: set[str], uses: set[str]
) -> None:
    (found,) = chosen([rule])
    source = read(found, DOCUMENT)
    assert set(source.about) == about
    assert uses <= set(source.uses)
    assert source.code.startswith(f"def {found.function}(")


def test_nearly_every_rule_has_an_operation() -> None:
    without = [rule.id for rule in all_rules() if not read(rule, DOCUMENT).about]
    # Unknown paths and methods belong to no operation.
    assert len(without) < len(all_rules()) / 20, without


def test_nearly_every_operation_has_a_rule() -> None:
    about = {operation for rule in all_rules() for operation in read(rule, DOCUMENT).about}
    # The variants by external id and with public tokens are covered by the rules of the other operations.
    own = [
        name
        for name, operation in DOCUMENT.operations.items()
        if not operation.path.startswith("/api/v1/") and "by-external-id" not in operation.path
    ]
    missing = [name for name in own if name not in about]
    assert len(missing) < len(own) / 10, missing
