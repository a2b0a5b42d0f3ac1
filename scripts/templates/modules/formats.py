"""The wire formats of values: JSON, date-times, and parts of a path."""

from __future__ import annotations

import datetime
import re
import threading
from functools import cache
from math import isfinite
from typing import TYPE_CHECKING, Any, SupportsIndex, TypeGuard

from .arguments import refuse_secret
from .errors import ArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def encode_path_part(value: object, *, is_secret: bool = False) -> str:
    """Percent-encode one segment of a path.

    Raises:
        ArgumentError: it is empty, is not valid Unicode, or is a URL or a credential, which logs and errors
            would show.
    """
    from urllib.parse import quote

    text = str(value)
    if not text:
        raise ArgumentError("a part of the path must not be empty")
    if not is_secret:
        refuse_secret(text, "a part of the path")
    if text in (".", ".."):
        return text.replace(".", "%2E")  # otherwise these would be resolved as path segments
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        raise ArgumentError("a part of the path is not valid Unicode") from None


def plain_query(params: Mapping[str, object]) -> str | None:
    """Return the query for parameters of which nothing needs to be encoded; `None` for any others."""
    if not params:
        return ""
    try:
        parts = [f"{name}={value}" for name, value in params.items() if type(value) in (int, str)]
    except ValueError:  # an integer has more digits than Python converts
        return None
    query = "&".join(parts)
    is_plain = len(parts) == len(params) and query.count("=") == len(parts) == query.count("&") + bool(parts)
    return query if is_plain and re.fullmatch(r"[A-Za-z0-9._~=&-]{0,8192}", query) else None


# JSON


# Rarely used patterns are compiled on first use, which saves 4 ms of the first call.

# Python and ECMAScript differ in how they write whole floats, such as `1.0`, and floats with an exponent.
_LIKELY_FLOAT = r"[\[:,]-?[0-9]+(?:\.0[,\]}]|(?:\.[0-9]+)?e[+-])"
# Matches such a float, or a string, so that strings are skipped.
_STRING_OR_FLOAT = r'"[^"\\]*(?:\\.[^"\\]*)*"|(?<![0-9.])-?[0-9]+(?:\.0(?![0-9e])|(?:\.[0-9]+)?e[+-]?[0-9]+)'


def encode_json(value: object) -> bytes:
    """Encode a value as JSON, with the same bytes as `JSON.stringify`.

    The server compares requests byte by byte, so a request from another SDK counts as a repetition only if
    both encode values alike. Integers are written in full, even those that JavaScript cannot represent.

    Raises:
        ValueError: NaN, an infinity or a lone surrogate, which JSON cannot represent.
        TypeError: it is not a JSON value.
    """
    text = _json_encoder()(value)
    likely = ".0" in text or "e-" in text or "e+" in text  # quick check: most bodies have no such floats
    if likely and (isinstance(value, float) or re.search(_LIKELY_FLOAT, text)):
        text = re.sub(_STRING_OR_FLOAT, _ecmascript, text)
    return text.encode()


@cache
def _json_encoder() -> Callable[[object], str]:
    """Return the `encode` of a `JSONEncoder`.

    Python makes the encoder in C that this uses for each value, which takes a third of the time to encode the
    body of a start (7 µs). It is made once per thread here.
    """
    from json import JSONEncoder, encoder

    usual = JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    make: Any = getattr(encoder, "c_make_encoder", None)
    if make is None:  # not in every Python
        return usual.encode
    string: Any = getattr(encoder, "encode_basestring")  # noqa: B009  type checkers do not know it

    class Own(threading.local):
        """What one thread uses."""

        def __init__(self) -> None:
            self.around: dict[int, object] = {}
            """The objects around the current one, by which the encoder finds a value inside itself."""
            self.chunks = make(self.around, usual.default, string, None, ":", ",", False, False, False)

    own = Own()

    def encode(value: object) -> str:
        around = own.around
        if around or isinstance(value, (str, float)):  # or called by a value that is being encoded
            return usual.encode(value)
        try:
            return "".join(own.chunks(value, 0))
        except BaseException:
            around.clear()  # the encoder leaves the objects there
            raise

    return encode


def _ecmascript(token: re.Match[str]) -> str:
    return token[0] if token[0][0] == '"' else ecmascript_number(token[0])


def ecmascript_number(text: str) -> str:
    """Convert the `repr` of a float to the form of ECMAScript (RFC 8785): the same digits in another
    notation.

    >>> [ecmascript_number(text) for text in ("1.0", "-0.0", "1e-05", "1e-07", "1e+16", "1.5e+300")]
    ['1', '0', '0.00001', '1e-7', '10000000000000000', '1.5e+300']
    """
    if text.endswith(".0"):
        return "0" if text == "-0.0" else text[:-2]
    mantissa, _, exponent = text.partition("e")
    sign = "-" if mantissa[0] == "-" else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    significant = (whole + fraction).lstrip("0")
    # The value is 0.DIGITS times ten to the power of `point`.
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(significant))
    digits = significant.rstrip("0")
    if not digits:
        return "0"
    if 0 < point <= 21:
        return sign + digits[:point].ljust(point, "0") + ("." + digits[point:] if len(digits) > point else "")
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    rest = "." + digits[1:] if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{rest}e{point - 1:+d}"


def decode_json(content: bytes | str) -> Any:
    """Parse JSON with the same result as `json.loads`, in half the time.

    Raises:
        ValueError: it is not JSON.
    """
    global _left
    if _left > 0:
        import json

        _left -= len(content)
        return json.loads(content)
    import msgspec

    try:
        return msgspec.json.decode(content)
    except msgspec.DecodeError:
        import json

        # accepts JSON that msgspec refuses: lone surrogates, numbers outside the range of a float
        return json.loads(content)


_left = 65_536
"""Number of bytes left to `json` before msgspec is imported, which takes a sixth of the time of a first
start.
"""

_examining = threading.Lock()


def json_decoder(kind: Any, dec_hook: Callable[[type, Any], Any] | None = None) -> Any:
    """Create a `msgspec.json.Decoder` for a type that several threads may use first at the same time.

    msgspec examines a class when it is first used, and crashes the process if two threads do so at once.

    Raises:
        TypeError, ValueError: msgspec does not support the type.
    """
    import msgspec

    from .forking import unforked

    with unforked(), _examining:
        return msgspec.json.Decoder(kind, dec_hook=dec_hook)


def list_decoder(kind: Any, dec_hook: Callable[[type, Any], Any]) -> Callable[[bytes], list[Any]] | None:
    """Return a function that converts the text of a JSON list to values of a type, with the results that
    `msgspec.convert` has for the parsed list; `None` if there is none.
    """
    from msgspec import inspect

    try:
        form = repr(inspect.type_info(list[kind]))
    except TypeError:  # `Literal[None, 1]`, with old versions
        return None
    # A Decimal gets all digits of the text, but a parsed number has only 17.
    if "DecimalType(" in form or "RawType(" in form:
        return None
    decode: Callable[[bytes], list[Any]] = json_decoder(list[kind], dec_hook).decode
    return decode


class UncertainError(Exception):
    """It takes msgspec to decide whether a value matches a type."""


def exact_copy(value: object, kind: Any) -> Any:
    """Return a copy of a JSON value that matches a type of built-in classes exactly, as most values do.

    Other values need msgspec, whose import would take a sixth of what a first start takes beyond that of
    httpx (processor time, Python 3.11).

    Raises:
        UncertainError: any other value or type.
        RecursionError: it is nested too deeply, or contains itself.

    >>> exact_copy({"name": "you"}, dict[str, str])
    {'name': 'you'}
    """
    own = type(value)
    if kind is Any or own is getattr(kind, "__origin__", kind):
        if own is int or own is bool or value is None:
            return value
        if isinstance(value, str) and own is str and (value.isascii() or value.isprintable()):
            return value  # without a lone surrogate
        if isinstance(value, float) and own is float and isfinite(value):
            return value
        arguments = getattr(kind, "__args__", (Any, Any))
        if is_list(value) and own is list:
            return [exact_copy(part, arguments[-1]) for part in value]
        if is_object(value) and own is dict and all(type(key) is str for key in value):
            name, item = arguments
            return {exact_copy(key, name): exact_copy(part, item) for key, part in value.items()}
    raise UncertainError


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """True if a JSON value is an object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """True if a JSON value is a list."""
    return isinstance(value, list)


# Date-times


class WireDatetime(datetime.datetime):
    """A date-time that keeps its original spelling if a datetime cannot reproduce it.

    `format_datetime` restores nanoseconds, a leap second, `-00:00` and trailing zeros.
    """

    wire: str = ""

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[Any, ...]:
        return (parse_datetime, (self.wire,)) if self.wire else super().__reduce_ex__(protocol)


_RFC_3339 = r"(?a)(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:)(\d\d)(\.\d+)?(?:([Zz])|([+-]\d\d:\d\d))"


def parse_datetime(text: str) -> datetime.datetime:
    """Parse an RFC 3339 date-time without loss: any offset, any number of fraction digits.

    Raises:
        ValueError: it is not one.
    """
    # The usual form on this wire: UTC, written `Z`, with a fraction of at most 6 digits that does not end
    # in 0. A datetime holds that exactly, and `format_datetime` writes it the same way.
    length = len(text)
    if (
        (length == 20 or (22 <= length <= 27 and text[19] == "." and text[-2] != "0"))
        and text[-1] == "Z"
        and text[10] == "T"
        and text[17] != "6"
    ):
        return datetime.datetime.fromisoformat(text)
    match = re.fullmatch(_RFC_3339, text)
    if match is None:
        raise ValueError(f"not an RFC 3339 date-time: {text!r}")
    date, minutes, seconds, fraction, zulu, offset = match.groups()
    leap = seconds == "60"
    microseconds = (fraction or "")[:7]
    value = WireDatetime.fromisoformat(
        f"{date}T{minutes}{'59' if leap else seconds}{microseconds}{'+00:00' if zulu else offset}"
    )
    if leap:
        value += datetime.timedelta(seconds=1)
    value.wire = text
    return value


def format_datetime(value: datetime.datetime) -> str:
    """Write a date-time as RFC 3339.

    A parsed date-time keeps its spelling. Any other uses `Z` for UTC and has no trailing zeros in its
    fraction.

    Raises:
        ArgumentError: it has no time zone.
    """
    if isinstance(value, WireDatetime) and value.wire:
        return value.wire
    if value.tzinfo is datetime.UTC:  # the usual case, which is always written `Z`
        text = value.isoformat()[:-6]
        return (text.rstrip("0") if value.microsecond else text) + "Z"
    offset_from_utc = value.utcoffset()
    if offset_from_utc is None:
        raise ArgumentError(f"a date-time needs a time zone, such as datetime.UTC: {value!r}")
    if offset_from_utc % datetime.timedelta(minutes=1):  # local mean time, which RFC 3339 cannot represent
        value = value.astimezone(datetime.UTC)
    text = value.isoformat()
    body, offset = text[:19], text[19:]
    if value.microsecond:
        body, offset = text[:26].rstrip("0"), text[26:]
    return body + ("Z" if offset == "+00:00" else offset[:6])
