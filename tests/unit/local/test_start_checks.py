"""A start is not checked against the schema if it has only fields that the start's own rules cover."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helmr import task
from helmr_api.constants import API_VERSION
from helmr_local import LocalHelmr, implement
from helmr_local.resources import starts

greet = task("greet", payload=Any, output=Any)


@implement(greet)
def run(ctx: Any) -> Any:
    return ctx.payload


@pytest.fixture(scope="module")
def send() -> Iterator[Any]:
    with LocalHelmr([run]) as local, httpx.Client(trust_env=False) as http:
        headers = {"authorization": f"Bearer {local.api_key}", "helmr-api-version": API_VERSION}
        yield lambda body: http.post(f"{local.url}/api/sessions", json=body, headers=headers)


NAMES = st.one_of(
    st.sampled_from(["", " ", "a", " a ", "a/b", "\u00e9", "\x00", "\x1f", "x" * 255, "x" * 256, "x" * 513]),
    st.text(max_size=40),
)
ANY = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), NAMES
)
FIELDS: dict[str, Any] = {
    "external_id": NAMES | ANY,
    "idempotency_key": NAMES | ANY,
    "tags": st.lists(NAMES | ANY, max_size=12) | ANY,
    "payload": st.recursive(ANY, lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner), max_leaves=6),
}
BODIES = st.fixed_dictionaries({"task_id": st.just("greet") | NAMES | ANY}, optional=FIELDS)


def test_the_fields_are_all_that_these_bodies_have() -> None:
    assert {"task_id", *FIELDS} == starts._CHECKED


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=BODIES)
def test_the_schema_accepts_what_the_rules_of_a_start_accept(send: Any, body: dict[str, Any]) -> None:
    as_usual = send(body)
    with patch.object(starts, "_CHECKED", frozenset[str]()):
        checked = send(body)
    assert checked.is_success == as_usual.is_success, (as_usual.text, checked.text)
    if not checked.is_success:
        assert (checked.status_code, checked.text) == (as_usual.status_code, as_usual.text)
