"""Request bodies are decoded like Go does."""

from __future__ import annotations

import pytest

from helmr_api.document import load
from helmr_local.errors import ApiError
from helmr_local.http.bodies import RequestBodies
from helmr_local.wire.decoding import ANY, BOOL, FLOAT, INT32, INT64, STRING, STRINGS, TIME, Body

PREFIX = "invalid request JSON"
START = RequestBodies(load()).of("startSession")

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
        "offset": INT64,
        "factor": FLOAT,
    },
)


def decoded(raw: str) -> dict[str, object]:
    return BODY.decode(raw.encode(), PREFIX)


@pytest.mark.parametrize("raw", ["null", "{}", " {} \n"])
def test_a_null_body_equals_an_empty_object(raw: str) -> None:
    assert decoded(raw) == {}


def test_null_means_omitted_except_in_free_form_fields() -> None:
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
def test_names_match_case_insensitively_and_the_last_one_wins(raw: str, value: dict[str, object]) -> None:
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
        ('{"offset":9223372036854775808}', "number 9223372036854775808 into Go struct field Request.offset"),
        ('{"factor":1e999}', "number 1e999 into Go struct field Request.factor of type float64"),
        ('{"factor":"1"}', "cannot unmarshal string"),
        ('{"tags":["a",1]}', "cannot unmarshal number"),
        ('{"tags":"a"}', "cannot unmarshal string"),
        ('{"inner":[]}', "cannot unmarshal array"),
        ('{"at":5}', "Time.UnmarshalJSON: input is not a JSON string"),
        ('{"at":"2026-01-01"}', 'parsing time "2026-01-01"'),
    ],
)
def test_an_invalid_body_is_rejected_with_prefix_and_reason(raw: str, reason: str) -> None:
    with pytest.raises(ApiError) as refused:
        decoded(raw)
    assert refused.value.status == 400
    assert refused.value.message.startswith("invalid request JSON: ")
    assert reason in refused.value.message


def test_null_in_a_list_of_strings_is_an_empty_string() -> None:
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
def test_invalid_utf8_in_string_fields_is_replaced(raw: bytes, value: dict[str, object]) -> None:
    found = BODY.decode(raw, PREFIX)
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
def test_invalid_utf8_in_free_form_fields_is_rejected(raw: bytes) -> None:
    with pytest.raises(ApiError, match="invalid request JSON: invalid UTF-8 in a string"):
        BODY.decode(raw, PREFIX)


@pytest.mark.parametrize(
    "raw", [b'{"text":"\xff"', b'{"text":"\\ud800"} 1', b'{"text":"\\ud800","count":NaN}', b"\xff{}"]
)
def test_a_body_with_invalid_utf8_is_still_validated(raw: bytes) -> None:
    with pytest.raises(ApiError) as refused:
        BODY.decode(raw, PREFIX)
    assert refused.value.status == 400


def test_minus_zero_is_an_integer() -> None:
    assert decoded('{"count":-0}') == {"count": 0}


def test_a_lenient_body_ignores_unknown_fields() -> None:
    raw = b'{"task_id":"t","timeout_seconds":[1],"queue":{"name":"q","limit":5},"TAGS":["a"]}'
    assert START.decode(raw, PREFIX) == {"task_id": "t", "queue": {"name": "q"}, "tags": ["a"]}


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ('{"version":1,"options":null}', "options is not accepted"),
        ('{"version":1,"deployment_id":2}', "deployment_id is not accepted"),
        ('{"source":1,"bundle":2}', "bundle is not accepted"),
    ],
)
def test_forbidden_fields_are_rejected_in_their_order(raw: str, reason: str) -> None:
    with pytest.raises(ApiError) as refused:
        START.decode(raw.encode(), PREFIX)
    assert refused.value.message == f"{PREFIX}: {reason}"


def test_forbidden_fields_match_case_sensitively() -> None:
    assert START.decode(b'{"task_id":"t","Options":{}}', PREFIX) == {"task_id": "t"}


def test_numbers_have_the_range_of_their_kind() -> None:
    raw = '{"offset":9223372036854775807,"factor":1.5,"count":2147483647}'
    assert decoded(raw) == {"offset": 2**63 - 1, "factor": 1.5, "count": 2**31 - 1}


# --- rules from the document ------------------------------------------------------------------------


def described(schema: dict[str, object], **others: object) -> Body:
    document = {
        "paths": {
            "/x": {
                "post": {
                    "operationId": "x",
                    "requestBody": {"content": {"application/json": {"schema": schema}}},
                }
            }
        },
        "components": {"schemas": others},
    }
    return RequestBodies(document).of("x")


def nullable(kind: str, **more: object) -> dict[str, object]:
    return {"type": [kind, "null"], **more}


def test_the_schema_determines_the_kind_of_a_field() -> None:
    fields = {
        "text": nullable("string"),
        "at": nullable("string", format="date-time"),
        "count": nullable("integer", format="int32"),
        "offset": nullable("integer", format="int64"),
        "factor": nullable("number"),
        "flag": nullable("boolean"),
        "tags": {"oneOf": [{"type": "array", "items": {"type": "string"}}, {"type": "null"}]},
        "numbers": nullable("array", items={"type": "integer"}),
        "several": {"type": ["string", "integer", "null"]},
        "anything": {},
    }
    assert described({"type": "object", "properties": fields}).fields == {
        "text": STRING,
        "at": TIME,
        "count": INT32,
        "offset": INT64,
        "factor": FLOAT,
        "flag": BOOL,
        "tags": STRINGS,
        "numbers": ANY,
        "several": ANY,
        "anything": ANY,
    }


def test_a_field_whose_null_is_significant_is_kept_unchanged() -> None:
    """Null means omitted only if the document allows null or requires the field."""
    fields = {"kept": {"type": "string"}, "demanded": {"type": "string"}}
    body = described({"type": "object", "required": ["demanded"], "properties": fields})
    assert body.fields == {"kept": ANY, "demanded": STRING}


def test_a_body_is_as_strict_as_its_schema() -> None:
    lenient = described({"type": "object", "properties": {"a": nullable("string")}})
    strict = described(
        {"$ref": "#/components/schemas/A"}, A={"type": "object", "additionalProperties": False}
    )
    assert not lenient.strict
    assert strict.strict
    assert strict.name == "A"


def test_subschemas_are_merged() -> None:
    first = {"type": "object", "required": ["type"], "properties": {"type": {"const": "a"}}}
    second = {"type": "object", "properties": {"b": nullable("boolean")}}
    both = {"one": first, "two": second}
    for word in ("allOf", "oneOf", "anyOf"):
        parts = [{"$ref": "#/components/schemas/one"}, {"$ref": "#/components/schemas/two"}]
        assert described({word: parts}, **both).fields == {"type": STRING, "b": BOOL}


def test_pattern_properties_and_forbidden_names_are_supported() -> None:
    body = described(
        {
            "type": "object",
            "patternProperties": {"^(?:project_id|environment_id)$": nullable("string")},
            "propertyNames": {"not": {"enum": ["options", "version"]}},
        }
    )
    assert body.fields == {"project_id": STRING, "environment_id": STRING}
    assert body.forbidden == ("options", "version")


def test_a_nested_object_has_its_own_rules() -> None:
    lenient = {
        "type": "object",
        "properties": {"name": nullable("string")},
        "propertyNames": {"not": {"enum": ["version"]}},
    }
    body = described(
        {
            "type": "object",
            "additionalProperties": False,
            "properties": {"options": {"oneOf": [{"$ref": "#/components/schemas/A"}, {"type": "null"}]}},
        },
        A=lenient,
    )
    assert body.decode(b'{"options":{"name":"a","more":1}}', "bad") == {"options": {"name": "a"}}
    assert body.decode(b'{"options":null}', "bad") == {}
    with pytest.raises(ApiError, match=r'^bad: json: unknown field "more"$'):
        body.decode(b'{"options":{},"more":1}', "bad")
    with pytest.raises(ApiError, match=r"^bad: no version here$"):
        body.decode(b'{"options":{"version":1}}', "bad", "no {} here".format)
