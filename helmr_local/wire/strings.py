"""Go's string functions: trimming, quoting for a message, and making strings printable."""

from __future__ import annotations

_QUOTED = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}


def quote(text: str) -> str:
    """Format like `%q`: the text in double quotes, with unprintable characters escaped."""
    return f'"{text.translate(_QUOTING)}"'


class _Quoting(dict[int, str]):
    """A table of escapes for `str.translate`; characters beyond ASCII are not cached."""

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
    """Return the text with bytes that are not UTF-8 replaced, as Go's JSON encoder does."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
)


def trim(text: str) -> str:
    """Trim like `strings.TrimSpace`, which differs from `str.strip` in four control characters."""
    return text.strip(_SPACE) if text else text
