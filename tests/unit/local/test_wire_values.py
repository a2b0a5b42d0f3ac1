"""Times, ids and JSON values."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime

import pytest

from helmr_local import ids
from helmr_local.wire import jsontext, times


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-06-06T01:02:03Z", "2026-06-06T01:02:03Z"),
        ("2026-06-06T01:02:03.100Z", "2026-06-06T01:02:03.1Z"),
        ("2026-06-06T01:02:03.123456789Z", "2026-06-06T01:02:03.123456Z"),
        ("2026-06-06T01:02:03+02:30", "2026-06-05T22:32:03Z"),
        ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"),
        ("0001-02-28T23:59:59Z", "0001-02-28T23:59:59Z"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
        ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"),
        ("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.5Z"),
        ("2026-06-06T01:02:03,5Z", "2026-06-06T01:02:03.5Z"),
        ("2026-06-06T01:02:03,123456789+01:00", "2026-06-06T00:02:03.123456Z"),
        ("2026-06-06T1:02:03Z", "2026-06-06T01:02:03Z"),
        ("2026-06-06T01:02:03+24:00", "2026-06-05T01:02:03Z"),
        ("2026-06-06T01:02:03-23:60", "2026-06-07T01:02:03Z"),
    ],
)
def test_a_time_round_trips_with_microseconds(text: str, shown: str) -> None:
    nanoseconds = times.parse_rfc3339(text)
    assert nanoseconds is not None
    assert times.format_time(nanoseconds // 1_000) == shown


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-01",
        "2026-01-01t00:00:00Z",
        "2026-01-01T00:00:00z",
        "2026-01-01 00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:00:60Z",
        "2026-01-01T00:00:00",
        "",
        "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00,Z",
        "2026-01-01T00:00:00;5Z",
        "2026-01-01T00:00:00+25:00",
        "2026-01-01T00:00:00+00:61",
        "2026-01-01T000:00:00Z",
        "2026-01-01T:00:00Z",
        "2026-01-01T0:0:00Z",
        "0000-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "٢٠٢٦-01-01T00:00:00Z",
    ],
)
def test_a_time_that_go_rejects_is_invalid(text: str) -> None:
    assert times.parse_rfc3339(text) is None


def test_times_agree_with_the_standard_library() -> None:
    chance = random.Random(7)  # noqa: S311  # a repeatable sample, no secret
    for _ in range(2_000):
        instant = chance.randrange(-62_135_596_800, 253_402_300_799)
        expected = datetime.fromtimestamp(instant, UTC).isoformat().replace("+00:00", "Z")
        assert times.format_time(instant * 1_000_000) == expected
        assert times.parse_rfc3339(expected) == instant * 1_000_000_000


def test_ids_sort_by_creation_order() -> None:
    made = [ids.new_id() for _ in range(5_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert {(text[14], text[19] in "89ab") for text in made} == {("7", True)}


@pytest.mark.parametrize(
    "text",
    [
        "0197AAAA-0000-7000-8000-00000000000F",
        "0197aaaa00007000800000000000000f",
        "urn:uuid:0197aaaa-0000-7000-8000-00000000000f",
        "URN:UUID:0197aaaa-0000-7000-8000-00000000000f",
        "{0197aaaa-0000-7000-8000-00000000000f}",
        "x0197aaaa-0000-7000-8000-00000000000fy",
    ],
)
def test_every_format_of_a_uuid_is_accepted(text: str) -> None:
    assert ids.parse_uuid(text) == "0197aaaa-0000-7000-8000-00000000000f"


@pytest.mark.parametrize(
    "text", ["", "0197aaaa", "0197aaaa-0000-7000-8000-00000000000g", "0197aaaa" * 5, "é" * 36]
)
def test_an_invalid_uuid_is_rejected(text: str) -> None:
    assert ids.parse_uuid(text) is None


# JSON ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ('{"a":1,"b":2}', '{ "b":2, "a":1 }', True),
        ('{"a":1,"a":2}', '{"a":2}', True),
        ('"\\u00e9"', '"é"', True),
        ("1", "1.0", False),
        ("1.0", "1e0", False),
        ("0", "-0", False),
        ("-0", "-0", True),
        ("12345678901234567890", "12345678901234567891", False),
        ("[1,2]", "[2,1]", False),
    ],
)
def test_numbers_are_compared_as_written(left: str, right: str, same: bool) -> None:
    values = [jsontext.canonical(jsontext.parse(text.encode())) for text in (left, right)]
    assert (values[0] == values[1]) is same


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("1e2", "100"),
        ("1.0", "1.0"),
        ("1.50", "1.50"),
        ("-0", "0"),
        ("-0.0", "0.0"),
        ("1E-3", "0.001"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ('{"a":1,"a":2}', '{"a":2}'),
        ("[ 1 , null ]", "[1,null]"),
    ],
)
def test_numbers_are_stored_in_the_databases_format(sent: str, kept: str) -> None:
    assert jsontext.stored(jsontext.parse(sent.encode())) == kept


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ('{"a":12345678901234567890}', '{"a":12345678901234567000}'),
        ('{"a":1.0}', '{"a":1}'),
        ('{"a":[0.1,-0.0]}', '{"a":[0.1,0]}'),
        ('{"a":1e21}', '{"a":1000000000000000000000}'),
        ('{"a":9007199254740993}', '{"a":9007199254740992}'),
        ('{"a":1e-7}', '{"a":0.0000001}'),
    ],
)
def test_numbers_in_metadata_are_rounded_to_floats(sent: str, kept: str) -> None:
    assert jsontext.stored_metadata(jsontext.parse(sent.encode())) == kept


@pytest.mark.parametrize("text", ['{"a":1e400}', '{"a":-1e400}'])
def test_metadata_rejects_numbers_beyond_a_float(text: str) -> None:
    with pytest.raises(jsontext.JsonError):
        jsontext.stored_metadata(jsontext.parse(text.encode()))


@pytest.mark.parametrize(
    "text", ["1e131072", "1e200000", "1e-16384", '"\\u0000"', '{"\\u0000":1}', '["a\\u0000"]']
)
def test_a_value_that_the_database_cannot_store_is_rejected(text: str) -> None:
    with pytest.raises(jsontext.JsonError):
        jsontext.stored(jsontext.parse(text.encode()))


def test_an_escaped_backslash_is_not_an_escaped_nul() -> None:
    assert json.loads(jsontext.stored(jsontext.parse(b'"\\\\u0000"'))) == "\\u0000"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "EOF"),
        (b" \n", "EOF"),
        (b'{"a":', "unexpected EOF"),
        (b"{} {}", "single JSON value"),
        (b"{}x", "single JSON value"),
        (b"NaN", ""),
        (b"[1,]", ""),
        (b"01", ""),
        (b"'a'", ""),
        (b'"\x01"', ""),
        (b'"\xff"', "UTF-8"),
        (b'"\xed\xa0\x80"', ""),
        (b'"\\ud800"', ""),
        (b"\xef\xbb\xbf{}", ""),
        (b'[-0,"\\ud800"]', ""),
        (b"[-0,NaN]", ""),
        (b"[" * 20_000 + b"]" * 20_000, "depth"),
    ],
)
def test_invalid_json_is_rejected_with_the_reason(raw: bytes, reason: str) -> None:
    with pytest.raises(jsontext.JsonError, match=reason or ".+"):
        jsontext.parse(raw)


def test_responses_escape_characters_that_are_special_in_html() -> None:
    assert jsontext.wire({"a<": "&>\u2028\u2029", "b": jsontext.raw('{"c":"</script>"}')}) == (
        b'{"a\\u003c":"\\u0026\\u003e\\u2028\\u2029","b":{"c":"\\u003c/script\\u003e"}}\n'
    )
