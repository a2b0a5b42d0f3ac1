"""Decodes paths and queries like Go's net/http."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

_ESCAPED = re.compile(rb"%([0-9A-Fa-f]{2})")
_PATH_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~$&+,/:;=@")
_USUAL_PATH = re.compile(rb"(?:[A-Za-z0-9\-_.~$&+,/:;=@]|%[0-9A-F]{2})*+")


def unescape(raw: bytes) -> bytes | None:
    """Percent-decode, or return None if an escape is malformed."""
    if b"%" not in raw:
        return raw
    if raw.count(b"%") != len(_ESCAPED.findall(raw)):
        return None
    return unquote_to_bytes(raw)


def routing_path(raw: bytes) -> str | None:
    """Return the path that the router matches: decoded if every escape is the default one for its byte, else
    as sent. None for a malformed escape.
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
    """Return the first value of each query parameter; malformed pairs are dropped."""
    values: dict[str, str] = {}
    for pair in raw.split(b"&"):
        if not pair or b";" in pair:
            continue
        name, _, value = pair.partition(b"=")
        decoded_name = unescape(name.replace(b"+", b" "))
        decoded_value = unescape(value.replace(b"+", b" "))
        if decoded_name is not None and decoded_value is not None:
            # No stored name is invalid UTF-8.
            key = decoded_name.decode("utf-8", "replace")
            values.setdefault(key, decoded_value.decode("utf-8", "replace"))
    return values
