"""JSON with the contract's semantics: the text of numbers is preserved, and values that the database cannot
store are refused.

A parsed value consists of dict, list, str, int, bool, None, and `msgspec.Raw` for each number that is not a
plain integer, whose text is part of the value (`1` and `1.0` are different start payloads and token
completions).
"""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from itertools import accumulate
from typing import Any, NoReturn, cast

import msgspec

from ..errors import NUL_MESSAGE

Raw = msgspec.Raw

# PostgreSQL's numeric: digits before and after the decimal point.
_NUMERIC_WHOLE = 131_072
_NUMERIC_FRACTION = 16_383
# Converting more digits takes more than linear time, and Python refuses them.
_LONGEST_INTEGER = 4300
# The maximum nesting of values: far below the depth that overflows Python's stack.
MAX_DEPTH = 200
# Brackets become steps down and up; everything else is dropped.
_STEPS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
# The maximum length of a number without its exponent: 1e131071 would take 131,072 digits.
_SPELLED_OUT = 40
_NEGATIVE_ZERO = re.compile(rb"-0(?![.eE0-9])")
_SURROGATE = re.compile("[\ud800-\udfff]")
# A number that the database may spell differently, or refuse; also found inside strings.
_PERHAPS_SPELLED = re.compile(rb"[0-9][.eE]|-0|[0-9]{16}")
_ESCAPES = (
    (b"<", b"\\u003c"),
    (b">", b"\\u003e"),
    (b"&", b"\\u0026"),
)
_ALL_ESCAPES = (*_ESCAPES, (b"\xe2\x80\xa8", b"\\u2028"), (b"\xe2\x80\xa9", b"\\u2029"))


class JsonError(ValueError):
    """The text is not a JSON value that the server accepts."""


NOT_SINGLE = "request body must contain a single JSON value"


def _keep(text: str) -> Raw:
    return Raw(text.encode())


def _numeric(text: str) -> Raw:
    """Format a number as the database does: trailing zeros are kept, and there is no exponent if the result
    is short without one.
    """
    if len(text) < _NUMERIC_FRACTION and "e" not in text and "E" not in text:
        is_zero = not text.strip("-0.")
        return Raw((text.removeprefix("-") if is_zero else text).encode())
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise JsonError(f"number {text[:40]} is out of range") from None
    if not number:
        number = number.copy_abs()
    exponent = number.as_tuple().exponent
    if number.adjusted() >= _NUMERIC_WHOLE or (isinstance(exponent, int) and -exponent > _NUMERIC_FRACTION):
        raise JsonError(f"number {text[:40]} is out of range")
    return Raw(_spelled(number, text.removeprefix("-") if not number else text).encode())


def _spelled(number: Decimal, text: str) -> str:
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)  # the number is in range
    digits = max(number.adjusted() + 1, 1) + max(-exponent, 0)
    return format(number, "f") if digits <= max(_SPELLED_OUT, len(text)) else text


_exact = msgspec.json.Decoder(float_hook=_keep)
_database = msgspec.json.Decoder(float_hook=_numeric)
_plain = msgspec.json.Decoder()
_floating = msgspec.json.Decoder(float_hook=float)
_encoder = msgspec.json.Encoder()
_sorting = msgspec.json.Encoder(order="sorted")


def _refuse_constant(name: str) -> NoReturn:
    raise JsonError(f"invalid character {name[0]!r} looking for beginning of value")


def _with_negative_zero(raw: bytes) -> Any:
    """Preserve `-0`, which the fast parser turns into `0`."""
    value = json.loads(
        raw.decode("utf-8"),
        parse_float=_keep,
        parse_int=_whole,
        parse_constant=_refuse_constant,
    )
    _encoder.encode(value)  # refuses lone surrogates, which the standard parser accepts
    return value


def parse(raw: bytes) -> Any:
    """Return the exact value of one JSON text.

    Raises:
        JsonError: The message states the reason, close to the wording of the real server.
    """
    if not raw.strip(b" \t\r\n"):
        raise JsonError("EOF")
    if _too_deep(raw):
        raise JsonError("exceeded max depth")
    try:
        value = _exact.decode(raw)
        if b"-0" in raw and _NEGATIVE_ZERO.search(raw):
            value = _with_negative_zero(raw)
    except UnicodeError:
        raise JsonError("invalid UTF-8 in a string") from None
    except msgspec.DecodeError as error:
        text = str(error)
        if "trailing characters" in text:
            raise JsonError(NOT_SINGLE) from None
        if "Integer value out of range" in text:
            raise JsonError("an integer has too many digits") from None
        raise JsonError("unexpected EOF" if "truncated" in text else text) from None
    except ValueError as error:
        raise JsonError(str(error)) from None
    return value


def pairs(raw: bytes) -> Any:
    """Like `parse`, but with each object as a list of its fields in order. Bytes that are not UTF-8 and lone
    surrogates are accepted and become surrogates in the strings.

    Raises:
        JsonError: It is not JSON in any other way.
    """
    if _too_deep(raw):
        raise JsonError("exceeded max depth")
    try:
        return json.loads(
            raw.decode("utf-8", "surrogateescape"),
            parse_float=_keep,
            parse_int=_whole,
            parse_constant=_refuse_constant,
            object_pairs_hook=Fields,
        )
    except ValueError as error:
        raise JsonError(str(error)) from None


def _too_deep(raw: bytes) -> bool:
    """Return whether arrays and objects are nested deeper than later code can handle.

    It takes linear time for any text, because it runs before parsing and authentication.
    """
    if raw.count(b"[") + raw.count(b"{") <= MAX_DEPTH:
        return False
    unescaped = raw.replace(b"\\\\", b"").replace(b'\\"', b"")
    outside_strings = b"".join(unescaped.split(b'"')[::2])
    steps = memoryview(outside_strings.translate(_STEPS, _NO_BRACKETS)).cast("b")
    return max(accumulate(steps), default=0) > MAX_DEPTH


def broken_text(raw: bytes) -> bool:
    """Return whether the text may contain bytes that are not UTF-8, or lone surrogates."""
    if b"\\ud" in raw.lower():
        return True
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def mended(text: str) -> str:
    """Return the text with U+FFFD for each surrogate, as Go decodes strings."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def _whole(text: str) -> Any:
    if len(text) > _LONGEST_INTEGER:
        raise JsonError("an integer has too many digits")
    return Raw(b"-0") if text == "-0" else int(text)


class Fields(list[tuple[str, Any]]):
    """The fields of one object in order, including repeated names."""

    def as_value(self) -> dict[str, Any]:
        return {name: unpair(value) for name, value in self}


def unpair(value: Any) -> Any:
    """Turn the result of `pairs` back into an exact value."""
    if isinstance(value, Fields):
        return value.as_value()
    if isinstance(value, list):
        return [unpair(item) for item in value]  # pyright: ignore[reportUnknownVariableType]  # JSON is untyped
    return value


def encode(value: Any) -> bytes:
    """Encode as compact JSON, for storage and comparison (not escaped for the wire)."""
    return _encoder.encode(value)


def canonical(value: Any) -> bytes:
    """Return one text per value: sorted keys, no white space, normalised escapes, verbatim numbers."""
    return _sorting.encode(value)


def contains_nul(value: Any) -> bool:
    """Return whether a string or a field name anywhere in the value contains U+0000."""
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any("\0" in name or contains_nul(item) for name, item in cast("dict[str, Any]", value).items())
    if isinstance(value, list):
        return any(contains_nul(item) for item in value)  # pyright: ignore[reportUnknownVariableType]
    return False


def stored(value: Any) -> str:
    """Return the text in which the database stores an exact value.

    Raises:
        JsonError: The database cannot store it (NUL, or a number out of range).
    """
    text = _encoder.encode(value)
    _check_storable(text)
    # Decoding and encoding it again takes as long as all the rest, and changes only such numbers.
    return text.decode("utf-8") if _PERHAPS_SPELLED.search(text) is None else _spelled_out(text)


def _check_storable(text: bytes) -> None:
    if _too_deep(text):
        raise JsonError("exceeded max depth")
    if b"\\u0000" in text and contains_nul(_exact.decode(text)):
        raise JsonError(NUL_MESSAGE)


def stored_text(text: bytes) -> str:
    """Like `stored`, for a value that is already JSON text."""
    _check_storable(text)
    return _spelled_out(text)


def _spelled_out(text: bytes) -> str:
    try:
        return _encoder.encode(_database.decode(text)).decode("utf-8")
    except msgspec.DecodeError as error:
        raise JsonError(str(error)) from None


def _float64(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _float64(item) for name, item in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_float64(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, Raw):
        return _through_float(bytes(value).decode())
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53:
        return _through_float(str(value))
    return value


def _through_float(text: str) -> Any:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise JsonError(f"number {text[:40]} is out of range")
    if number == 0:
        return 0
    spelled = repr(number)
    if "e" in spelled:
        spelled = _spelled(Decimal(spelled), spelled)
    return Raw((spelled.rstrip("0").rstrip(".") if "." in spelled else spelled).encode())


def stored_metadata(value: Any) -> str:
    """Like `stored`, but first convert each number to a 64-bit float, as the server does with metadata."""
    return stored(_float64(value))


def python(text: str | bytes) -> Any:
    """Return a stored value as Python values for task code; a number too large for a float is infinite."""
    try:
        return _plain.decode(text)
    except msgspec.ValidationError:
        return _floating.decode(text)


def floating(value: Any) -> Any:
    """Return an exact value with the text of each number converted to a float, infinite if too large."""
    return _floating.decode(_encoder.encode(value))


def wire(value: Any) -> bytes:
    """Encode a response body: compact, HTML-safe, with a newline at the end."""
    text = _encoder.encode(value)
    # All of these occur only inside strings, and most responses contain none.
    for unsafe, escaped in _ESCAPES if text.isascii() else _ALL_ESCAPES:
        if unsafe in text:
            text = text.replace(unsafe, escaped)
    return text + b"\n"


def wire_line(value: Any) -> bytes:
    """Like `wire`, without the newline: the data of an event-stream frame."""
    return wire(value)[:-1]


def raw(text: str) -> Raw:
    """Wrap stored JSON for inclusion in a response unchanged."""
    return Raw(text.encode("utf-8"))
