"""Request bodies, as Go decodes them."""

from __future__ import annotations

import pytest

from helmr_local.bodies import ANY, BOOL, INT32, STRING, STRINGS, TIME, Body
from helmr_local.errors import ApiError
from helmr_local.http.sessions import START

BODY = Body(
    "Request",
    {
        "data": ANY,
        "text": STRING,
        "count": INT32,
        "flag": BOOL,
        "tags": STRINGS,
        "at": TIME,
        "inner": Body("Inner", {"name": STRING, "task": STRING}),
    },
    "invalid request JSON",
)


def decoded(raw: str) -> dict[str, object]:
    return BODY.decode(raw.encode())


@pytest.mark.parametrize("raw", ["null", "{}", " {} \n"])
def test_null_and_an_empty_object_are_the_same(raw: str) -> None:
    assert decoded(raw) == {}


def test_null_means_absent_except_for_free_json() -> None:
    raw = '{"data":null,"text":null,"count":null,"flag":null,"tags":null,"at":null,"inner":null}'
    assert decoded(raw) == {"data": None}


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ('{"TEXT":"a"}', {"text": "a"}),
        ('{"tExt":"a","text":"b"}', {"text": "b"}),
        ('{"text":"b","tExt":"a"}', {"text": "a"}),
        ('{"text":"a","Text":"b","text":"c"}', {"text": "c"}),
        ('{"text":"a","Text":null}', {}),
        ('{"tags":["a"],"tags":null}', {}),
        ('{"INNER":{"NAME":"n"}}', {"inner": {"name": "n"}}),
        ('{"inner":{"name":"n"},"Inner":{"task":"t"}}', {"inner": {"name": "n", "task": "t"}}),
        ('{"inner":{"ta\u017fK":"t"}}'.replace("K", "\u212a"), {"inner": {"task": "t"}}),
        ('{"DATA":{"A":1,"a":2}}', {"data": {"A": 1, "a": 2}}),
    ],
)
def test_names_match_in_any_case_and_the_last_one_counts(raw: str, value: dict[str, object]) -> None:
    assert decoded(raw) == value


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("", "EOF"),
        ("{", "unexpected EOF"),
        ("[]", "cannot unmarshal array into Go value of type Request"),
        ('"x"', "cannot unmarshal string"),
        ("{} 1", "request body must contain a single JSON value"),
        ('{"other":1}', 'json: unknown field "other"'),
        ('{"inner":{"other":1}}', 'json: unknown field "other"'),
        ('{"text":1}', "cannot unmarshal number into Go struct field Request.text of type string"),
        ('{"count":1.0}', "cannot unmarshal number 1.0 into Go struct field Request.count of type int32"),
        ('{"count":1e2}', "number 1e2"),
        ('{"count":3000000000}', "number 3000000000"),
        ('{"count":"5"}', "cannot unmarshal string"),
        ('{"count":true}', "cannot unmarshal bool"),
        ('{"flag":1}', "cannot unmarshal number"),
        ('{"tags":["a",1]}', "cannot unmarshal number"),
        ('{"tags":"a"}', "cannot unmarshal string"),
        ('{"inner":[]}', "cannot unmarshal array"),
        ('{"at":5}', "Time.UnmarshalJSON: input is not a JSON string"),
        ('{"at":"2026-01-01"}', 'parsing time "2026-01-01"'),
    ],
)
def test_a_bad_body_is_refused_with_prefix_and_reason(raw: str, reason: str) -> None:
    with pytest.raises(ApiError) as refused:
        decoded(raw)
    assert refused.value.status == 400
    assert refused.value.message.startswith("invalid request JSON: ")
    assert reason in refused.value.message


def test_null_in_a_list_of_texts_is_an_empty_text() -> None:
    assert decoded('{"tags":["a",null]}') == {"tags": ["a", ""]}


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b'{"text":"a\xffb"}', {"text": "a\ufffdb"}),
        (b'{"text":"\xc3(x"}', {"text": "\ufffd(x"}),
        (b'{"text":"\xed\xa0\x80"}', {"text": "\ufffd\ufffd\ufffd"}),
        (b'{"text":"\\ud800x"}', {"text": "\ufffdx"}),
        (b'{"text":"\\uD83D\\uDE00"}', {"text": "\U0001f600"}),
        (b'{"tags":["\xff"],"data":1.0}', {"tags": ["\ufffd"], "data": 1.0}),
        (b'{"inner":{"name":"\xff"}}', {"inner": {"name": "\ufffd"}}),
    ],
)
def test_text_members_are_mended(raw: bytes, value: dict[str, object]) -> None:
    found = BODY.decode(raw)
    if "data" in found:
        found["data"] = float(bytes(found["data"]))
    assert found == value


@pytest.mark.parametrize(
    "raw",
    [
        b'{"data":"\xff"}',
        b'{"data":["\\ud800"]}',
        b'{"data":{"\xff":1}}',
        b'{"text":"a","data":"\\uDE00\\ud83d"}',
    ],
)
def test_free_json_must_be_text_that_can_be_stored(raw: bytes) -> None:
    with pytest.raises(ApiError, match="invalid request JSON: invalid UTF-8 in a string"):
        BODY.decode(raw)


@pytest.mark.parametrize(
    "raw", [b'{"text":"\xff"', b'{"text":"\\ud800"} 1', b'{"text":"\\ud800","count":NaN}', b"\xff{}"]
)
def test_broken_text_excuses_nothing_else(raw: bytes) -> None:
    with pytest.raises(ApiError) as refused:
        BODY.decode(raw)
    assert refused.value.status == 400


def test_minus_zero_is_an_integer() -> None:
    assert decoded('{"count":-0}') == {"count": 0}


def test_a_lenient_body_ignores_what_it_does_not_know() -> None:
    raw = b'{"task_id":"t","timeout_seconds":[1],"queue":{"name":"q","limit":5},"TAGS":["a"]}'
    assert START.decode(raw) == {"task_id": "t", "queue": {"name": "q"}, "tags": ["a"]}


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ('{"version":1,"options":null}', "options wrapper is not accepted for session start"),
        ('{"version":1,"deployment_id":2}', "deployment_id is not accepted for session start"),
        ('{"source":1,"bundle":2}', "bundle is not accepted for session start"),
    ],
)
def test_forbidden_members_are_refused_in_their_order(raw: str, reason: str) -> None:
    with pytest.raises(ApiError) as refused:
        START.decode(raw.encode())
    assert refused.value.message == f"invalid session start request JSON: {reason}"


def test_forbidden_members_count_in_their_exact_case_only() -> None:
    assert START.decode(b'{"task_id":"t","Options":{}}') == {"task_id": "t"}
