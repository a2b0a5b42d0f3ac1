"""What helmr_local and the document accept as the timeout of a token."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from helmr_api.document import load
from helmr_local.errors import ApiError
from helmr_local.resources.tokens import timeout_nanoseconds
from helmr_local.wire import jsontext

DOCUMENT = load()
VALIDATOR = jsonschema_rs.validator_for(
    {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "components": DOCUMENT["components"],
        "$ref": "#/components/schemas/TokenTimeout",
    }
)
NOT_POSITIVE = "timeout must be positive"

numbers = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False))
values = st.one_of(
    st.none(), numbers, st.sampled_from(["1h", "90m", "7d", "0s", "-1h", "90", ""]), st.booleans()
)
parts = st.dictionaries(
    st.sampled_from(["milliseconds", "seconds", "minutes", "hours", "duration", "days", "other"]), values
)


def outcome(timeout: Any) -> int | str:
    """Return the nanoseconds that helmr_local reads, or its error."""
    try:
        return timeout_nanoseconds(jsontext.parse(json.dumps(timeout).encode()), 1.0)
    except ApiError as error:
        return error.message


@given(st.one_of(parts, numbers))
@example(
    {"x": [], "seconds": 2333159327.37, "milliseconds": 3600000000000.0, "hours": -3.1575211929666796e-242}
)
@example({"hours": 1, "minutes": -30})
@example({"hours": -1, "duration": "2h"})
@example({"hours": 1e-300})
@example({"hours": 3_000_000, "minutes": -9e7})
@example({"hours": -1, "minutes": -1})
@example(0.000001)
@example(0.0000009)
@example(9223372036854.773)
@example(9223372036854.775)
def test_a_timeout_is_accepted_only_if_the_document_allows_it(timeout: Any) -> None:
    outcome_of_server = outcome(timeout)
    allowed = VALIDATOR.is_valid(timeout)

    if isinstance(outcome_of_server, int):
        assert allowed
        assert 0 < outcome_of_server < 2**63
    elif allowed:  # the one rule that the schema cannot express
        assert outcome_of_server == NOT_POSITIVE
        assert isinstance(timeout, dict)


@pytest.mark.parametrize(
    ("timeout", "seconds"),
    [
        ({"hours": 1, "minutes": -30}, 1800),
        ({"hours": -1, "duration": "2h"}, 3600),
        ({"seconds": 1, "milliseconds": -3e-242}, 1),
        ({"minutes": 1, "days": -5}, 60),
    ],
)
def test_parts_may_be_negative_if_their_sum_is_positive(timeout: Any, seconds: int) -> None:
    assert outcome(timeout) == seconds * 10**9


@pytest.mark.parametrize(
    "timeout", [{"hours": -1}, {"hours": 1, "minutes": -60}, {"seconds": 1, "hours": -1}, {"days": 1}, {}]
)
def test_a_sum_that_is_not_positive_is_refused(timeout: Any) -> None:
    assert outcome(timeout) == NOT_POSITIVE
