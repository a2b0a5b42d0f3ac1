"""Values that are sent without msgspec, and what that must not change."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helmr_api.formats import UncertainError, encode_json, exact_copy
from helmr_ergonomic import task
from helmr_ergonomic.codecs.msgspec_codec import MsgspecCodec
from helmr_ergonomic.codecs.plain import plain
from helmr_ergonomic.codecs.problems import ValueProblem
from helmr_ergonomic.errors import PayloadValidationError

TYPES: list[Any] = [
    *(Any, str, int, bool, float, dict, list, None),
    *(dict[str, str], dict[str, Any], dict[int, str], dict[str, float], dict[str, list[int]]),
    *(list[str], list[Any], list[list[bool]], list[dict[str, int]], tuple[int, str]),
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.just("\ud800"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
        | st.dictionaries(st.integers() | st.just("\ud800"), inner, max_size=2)
        | st.tuples(inner)
    ),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(VALUES, st.sampled_from(TYPES))
def test_a_copy_that_is_certain_is_what_msgspec_would_have_made_of_the_value(value: Any, kind: Any) -> None:
    try:
        copy = exact_copy(value, kind)
    except UncertainError:
        return
    assert copy == plain(value) == value
    assert MsgspecCodec[Any](kind).load(copy) == value


@settings(max_examples=50, deadline=None)
@given(VALUES)
def test_ascii_json_is_certain(value: Any) -> None:
    try:
        written = plain(value)
    except ValueProblem:
        with pytest.raises(UncertainError):
            exact_copy(value, Any)
    else:
        assert not encode_json(written).isascii() or exact_copy(written, Any) == written


def test_a_copy_shares_nothing_with_the_value() -> None:
    value = {"rows": [{"name": "ada"}]}
    copy = task("copy", payload=dict[str, list[dict[str, str]]]).encode_payload(value)
    value["rows"][0]["name"] = "changed"
    value["rows"].append({})
    assert copy == {"rows": [{"name": "ada"}]}


class Name(str):
    """A string of another class."""


@pytest.mark.parametrize(
    "value", [Name("ada"), ("a",), {1: "a"}, float("nan"), "\ud800", "line\u2028break", b"", {"a"}]
)
def test_any_other_value_is_left_to_msgspec(value: object) -> None:
    with pytest.raises(UncertainError):
        exact_copy(value, Any)


def test_errors_are_the_same_with_and_without_an_exact_copy() -> None:
    greet = task("greet", payload=dict[str, list[int]])
    with pytest.raises(PayloadValidationError, match=r"payload\.times\[1\]: expected int, got str"):
        greet.encode_payload({"times": [1, "2"]})
    nested: list[Any] = []
    nested.append(nested)
    with pytest.raises(PayloadValidationError, match="nested too deeply, or contains itself"):
        task("any", payload=list[Any]).encode_payload(nested)


START = """
import sys
import httpx
from helmr_ergonomic import HelmrClient, errors, task
greet = task("greet", payload=dict[str, str])
transport = httpx.MockTransport(lambda request: httpx.Response(500, json={"error": "no"}))
client = HelmrClient("http://127.0.0.1:9", "k", http_client=httpx.Client(transport=transport), max_retries=0)
for one, payload in ((greet, {"name": "you"}), ("greet", [1, 2.5, None])):
    try:
        client.sessions.start(one, payload)
    except errors.HelmrStatusError:
        pass
print(*sorted({"msgspec", "pydantic"} & set(sys.modules)))
"""


def test_a_first_start_with_built_in_types_imports_no_library_for_other_types() -> None:
    ran = subprocess.run([sys.executable, "-c", START], check=True, capture_output=True, text=True)
    assert ran.stdout.split() == []
