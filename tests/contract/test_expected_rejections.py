"""Rejections of valid data that the schema part does not report."""

from __future__ import annotations

import pytest

from helmr_contract.expected_rejections import is_expected


@pytest.mark.parametrize(
    "message", ["priority must be an integer", "invalid session start request JSON: json: cannot unmarshal"]
)
def test_a_server_may_reject_an_integer_written_with_a_fraction(message: str) -> None:
    assert is_expected("startSession", 400, {"error": message}, {"priority": 1.0})
    assert not is_expected("startSession", 400, {"error": message}, {"priority": 1})
    assert not is_expected("startSession", 400, {"error": "no"}, {"priority": 1.0})
