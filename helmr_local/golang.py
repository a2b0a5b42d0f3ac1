"""The parts of Go that are visible on the wire: durations, quoting, URL and query decoding."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

NANOSECOND = 1
_UNITS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
_PART = re.compile(r"([0-9]*)(?:(\.)([0-9]*))?(ns|us|µs|μs|ms|s|m|h)")
_DAYS = re.compile(r"\+?[0-9]+d")
_INT64 = 2**63
LONGEST_DURATION = 1000
"""Characters of a duration: one that takes more says nothing that fewer could not."""


def go_duration(text: str) -> int | None:
    """`time.ParseDuration`: nanoseconds, or None for what it refuses."""
    sign, rest = 1, text
    if rest[:1] in ("+", "-"):
        sign, rest = (-1 if rest[0] == "-" else 1), rest[1:]
    if rest == "0":
        return 0
    if not rest:
        return None
    total = position = 0
    while position < len(rest):
        part = _PART.match(rest, position)
        if part is None or not (part[1] or part[3]):
            return None
        unit = _UNITS[part[4]]
        total += int(part[1] or "0") * unit
        if part[3]:
            total += int(part[3]) * unit // 10 ** len(part[3])
        if total >= _INT64:
            return None
        position = part.end()
    return sign * total


def positive_duration(text: str) -> int | None:
    """A duration as the contract's requests take it (`<int>d` or Go's form) in nanoseconds, or None."""
    if len(text) > LONGEST_DURATION:
        return None
    if _DAYS.fullmatch(text):
        length = int(text[:-1]) * 24 * _UNITS["h"]
        return length if 0 < length < _INT64 else None
    nanoseconds = go_duration(text)
    return nanoseconds if nanoseconds is not None and nanoseconds > 0 else None


_QUOTED = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}


def quote(text: str) -> str:
    """`%q`: the text between double quotes, with what cannot be printed escaped."""
    return f'"{text.translate(_QUOTING)}"'


class _Quoting(dict[int, str]):
    """How each character is written; those beyond ASCII are not kept."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        if character in '"\\':
            return "\\" + character
        if character in _QUOTED:
            return _QUOTED[character]
        if 0xDC80 <= code <= 0xDCFF:  # a byte that is not UTF-8, kept by surrogateescape
            return f"\\x{code - 0xDC00:02x}"
        if character.isprintable():
            return character
        if code < 0x80:
            return f"\\x{code:02x}"
        return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


_QUOTING = _Quoting()
_QUOTING.update({code: _QUOTING[code] for code in range(0x80)})


def printable(text: str) -> str:
    """The text with bytes that are not UTF-8 replaced, as Go's JSON encoder does."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


_ESCAPED = re.compile(rb"%([0-9A-Fa-f]{2})")
_PATH_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~$&+,/:;=@")
_USUAL_PATH = re.compile(rb"(?:[A-Za-z0-9\-_.~$&+,/:;=@]|%[0-9A-F]{2})*+")


def unescape(raw: bytes) -> bytes | None:
    """Percent-decoded, or None when an escape is malformed."""
    if b"%" not in raw:
        return raw
    if raw.count(b"%") != len(_ESCAPED.findall(raw)):
        return None
    return unquote_to_bytes(raw)


def routing_path(raw: bytes) -> str | None:
    """The path that the router matches: decoded if every escape is the usual one of its byte, else as sent.

    None for a malformed escape.
    """
    if b"%" not in raw:
        return raw.decode("latin-1") if raw.isascii() else raw.decode("utf-8", "surrogateescape")
    decoded = unescape(raw)
    if decoded is None:
        return None
    escaped = {int(digits, 16) for digits in set(_ESCAPED.findall(raw))}
    usual = _USUAL_PATH.fullmatch(raw) is not None and escaped.isdisjoint(_PATH_SAFE)
    return (decoded if usual else raw).decode("utf-8", "surrogateescape")


def parse_query(raw: bytes) -> dict[str, str]:
    """The query's first value per name; malformed pairs are dropped."""
    values: dict[str, str] = {}
    for pair in raw.split(b"&"):
        if not pair or b";" in pair:
            continue
        name, _, value = pair.partition(b"=")
        decoded_name = unescape(name.replace(b"+", b" "))
        decoded_value = unescape(value.replace(b"+", b" "))
        if decoded_name is not None and decoded_value is not None:
            # What is no UTF-8 cannot be the name of anything stored.
            key = decoded_name.decode("utf-8", "replace")
            values.setdefault(key, decoded_value.decode("utf-8", "replace"))
    return values


_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
)


def trim(text: str) -> str:
    """`strings.TrimSpace`, which differs from `str.strip` in four control characters."""
    return text.strip(_SPACE) if text else text
