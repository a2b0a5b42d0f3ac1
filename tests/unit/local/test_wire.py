"""Behaviour of Go that clients can observe."""

from __future__ import annotations

import pytest

from helmr_local.wire.durations import go_duration, positive_duration
from helmr_local.wire.strings import quote, trim
from helmr_local.wire.urls import parse_query, routing_path

HOUR = 3_600_000_000_000


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("90s", 90_000_000_000),
        ("1h30m", HOUR * 3 // 2),
        ("1.5h", HOUR * 3 // 2),
        (".5s", 500_000_000),
        ("1.s", 1_000_000_000),
        ("1.h", HOUR),
        ("007h", 7 * HOUR),
        ("2562047h", 2_562_047 * HOUR),
        ("+1h", HOUR),
        ("-1h", -HOUR),
        ("500ms", 500_000_000),
        ("1us", 1_000),
        ("1µs", 1_000),
        ("1μs", 1_000),
        ("1ns", 1),
        ("0", 0),
        ("2562047h47m16.854775807s", 2**63 - 1),
    ],
)
def test_a_go_duration_is_parsed_to_the_nanosecond(text: str, nanoseconds: int) -> None:
    assert go_duration(text) == nanoseconds


@pytest.mark.parametrize(
    "text",
    ["", "1", "1d", "1h 30m", "h", ".s", "1.5.5h", "1H", "+-1h", "1e3s", "2562047h47m16.854775808s", "١s"],
)
def test_an_invalid_go_duration_is_rejected(text: str) -> None:
    assert go_duration(text) is None


@pytest.mark.parametrize(("text", "days"), [("1d", 1), ("+7d", 7), ("07d", 7), ("106751d", 106_751)])
def test_whole_days_are_accepted_as_a_duration(text: str, days: int) -> None:
    assert positive_duration(text) == days * 24 * HOUR


@pytest.mark.parametrize("text", ["0d", "-1d", "1.5d", "1d12h", "1D", "106752d", "0", "0s", "-1h", "90"])
def test_a_request_duration_must_be_positive(text: str) -> None:
    assert positive_duration(text) is None


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("plain", '"plain"'),
        ('say "hi"\\', '"say \\"hi\\"\\\\"'),
        ("a\tb\x01", '"a\\tb\\x01"'),
        ("é\u2028", '"é\\u2028"'),
        ("\udcff", '"\\xff"'),
        ("\U000e0001", '"\\U000e0001"'),
    ],
)
def test_strings_are_quoted_like_go_does(text: str, quoted: str) -> None:
    assert quote(text) == quoted


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (b"/api/tasks/a%20b", "/api/tasks/a b"),
        (b"/api/tasks/a%2Fb", "/api/tasks/a%2Fb"),
        (b"/api/tasks/%41", "/api/tasks/%41"),
        (b"/api/tasks/%41%20", "/api/tasks/%41%20"),
        (b"/api/tasks/%c3%a9", "/api/tasks/%c3%a9"),
        (b"/api/tasks/%C3%A9", "/api/tasks/é"),
        (b"/api/tasks/a:b@c", "/api/tasks/a:b@c"),
        (b"/api/tasks/%zz", None),
        (b"/api/tasks/%", None),
    ],
)
def test_a_path_is_decoded_only_if_canonically_encoded(raw: bytes, path: str | None) -> None:
    assert routing_path(raw) == path


def test_the_first_value_of_a_query_parameter_wins_and_malformed_pairs_are_dropped() -> None:
    assert parse_query(b"a=1&a=2&b=x+y&c=%zz&d;e=1&f&=g&%68=%20") == {
        "a": "1",
        "b": "x y",
        "f": "",
        "": "g",
        "h": " ",
    }


def test_trim_removes_the_same_white_space_as_go() -> None:
    assert trim(" \t\n\v\f\r\x85\xa0\u2028\u3000x\x1f ") == "x\x1f"
