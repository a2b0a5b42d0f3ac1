"""The request line and the header fields of a request (RFC 9112, sections 2 to 6)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from ..asgi import Header

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_NAME = re.compile(_TOKEN)
_TOKEN_BYTES = frozenset(byte for byte in range(256) if _NAME.fullmatch(bytes([byte])))
_REQUEST_LINE = re.compile(rb"(" + _TOKEN + rb") ([\x21\x22\x24-\x7e\x80-\xff]+) (HTTP/[0-9]\.[0-9])")
_ABSOLUTE_TARGET = re.compile(rb"https?://([^/?]*)(.*)", re.IGNORECASE | re.DOTALL)
_PRINTABLE = bytes(byte for byte in range(256) if byte == 0x09 or (byte >= 0x20 and byte != 0x7F))
_HOST = re.compile(
    rb"(?:\[[0-9A-Fa-f:.]+(?:%[0-9A-Za-z\-._~%]+)?\]|[0-9A-Za-z\-._~!$&'()*+,;=%]*)(?::[0-9]*)?"
)
_LENGTH = re.compile(rb"[0-9]{1,19}")
_LENGTH_LINE = re.compile(rb"\r\n[Cc]ontent-[Ll]ength: ([0-9]{1,18})(?=\r\n|\Z)")
_MOST_KNOWN = 8
_LONGEST_KNOWN = 2_048
_INT64 = 2**63


class Refused(Exception):
    """The bytes are not a request that can be served; the connection ends after this response."""

    def __init__(self, status: HTTPStatus, reason: str = "") -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def bad_request(reason: str) -> Refused:
    return Refused(HTTPStatus.BAD_REQUEST, reason)


@dataclass(slots=True)
class Head:
    """A request without its body.

    Args:
        path: The path as sent, not decoded; empty if the target has none.
        headers: The headers, with lower-case names, in the order sent. A host in the target replaces the one
            of the Host header.
        length: The body's length in bytes; None for a chunked one.
        closing: True if the connection is closed after the response.
    """

    method: bytes
    path: bytes
    query: bytes
    version: str
    headers: list[Header]
    length: int | None
    expects_continue: bool
    closing: bool
    memo: dict[str, Any] = field(default_factory=dict[str, Any])
    """What the application remembers about heads that are equal but for the length of the body."""

    def with_length(self, digits: bytes) -> Head:
        """Return the same head with another length of the body."""
        name = b"content-length"
        return Head(
            self.method,
            self.path,
            self.query,
            self.version,
            [(name, digits) if field[0] == name else field for field in self.headers],
            int(digits),
            self.expects_continue,
            self.closing,
            self.memo,
        )


_known_names: dict[bytes, bytes] = {}
"""Header names already found valid, in lower case: nearly all requests use the same few."""


def _lower(name: bytes) -> bytes:
    if _NAME.fullmatch(name) is None:
        raise bad_request("an invalid header name")
    lower = name.lower()
    if len(_known_names) < 1000 and len(name) <= 64:
        _known_names[name] = lower
    return lower


def header_fields(raw: bytes) -> list[Header]:
    """Parse header lines, given without the last line end, to (lower-case name, value) pairs.

    Raises:
        Refused: A line is not a valid header.
    """
    lines = raw.split(b"\r\n")
    if len(raw.translate(None, _PRINTABLE)) != 2 * (len(lines) - 1):
        raise bad_request("a control character in a header")  # including line ends of another kind
    fields: list[Header] = []
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon:
            raise bad_request("a header line without a colon")
        # A line that begins with a space, to continue the previous one, has no valid name.
        fields.append((_known_names.get(name) or _lower(name), value.strip(b" \t")))
    return fields


def starts_request(data: bytearray) -> bool:
    """Return whether a request can begin with these bytes; checks only the first byte."""
    return data[0] in _TOKEN_BYTES or (len(data) == 1 and data[0] == 0x0D)  # half of an empty line


def read_head(raw: bytes) -> Head:
    """Parse request line and headers, given without the empty line that ends them.

    Raises:
        Refused: They are not a valid request head, or are ambiguous about where the body ends.
    """
    line, _, rest = raw.partition(b"\r\n")
    found = _REQUEST_LINE.fullmatch(line)
    if found is None:
        raise bad_request("malformed request line")
    method, target, version = found.groups()
    if version not in (b"HTTP/1.1", b"HTTP/1.0"):
        raise Refused(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "use HTTP/1.1")
    modern = version == b"HTTP/1.1"
    headers = header_fields(rest) if rest else []
    framing = _Framing()
    for name, value in headers:
        read = _READERS.get(name)
        if read is not None:
            read(framing, value)
    length = framing.body_length(modern)
    path, query, authority = _split(method, target)
    if authority is not None:
        _check_host(authority)
        headers = [*(field for field in headers if field[0] != b"host"), (b"host", authority)]
    if framing.hosts == 0 and modern:
        raise bad_request("missing required Host header")
    return Head(
        method,
        path,
        query,
        "1.1" if modern else "1.0",
        headers,
        length,
        framing.expects_continue and modern,
        framing.closing or not modern,
    )


class KnownHeads:
    """Parses the heads of one connection.

    Clients send the same few heads again and again, but for the length of the body, so known ones are not
    parsed again. They are not kept longer than the connection, because they contain the credential.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[bytes, bool], Head] = {}

    def read(self, raw: bytes) -> Head:
        """Return the head; see `read_head`."""
        length = _LENGTH_LINE.search(raw)
        # Without the digits; the flag tells it from a head that was sent without them, which is invalid.
        same = (raw, False) if length is None else (raw[: length.start(1)] + raw[length.end(1) :], True)
        known = self._known.get(same)
        if known is None:
            known = read_head(raw)
            if len(raw) <= _LONGEST_KNOWN:
                if len(self._known) >= _MOST_KNOWN:
                    self._known.clear()
                self._known[same] = known
            return known
        return known if length is None else known.with_length(length[1])


class _Framing:
    """The headers that determine where the request ends and what follows it."""

    def __init__(self) -> None:
        self.hosts = 0
        self.length: int | None = None
        self.coding: bytes | None = None
        self.expects_continue = False
        self.closing = False

    def read_host(self, value: bytes) -> None:
        self.hosts += 1
        if self.hosts > 1:
            raise bad_request("too many Host headers")
        _check_host(value)

    def read_length(self, value: bytes) -> None:
        if self.length is not None:
            raise bad_request("too many Content-Length headers")
        if _LENGTH.fullmatch(value) is None:
            raise bad_request("invalid Content-Length")
        self.length = int(value)
        if self.length >= _INT64:
            raise bad_request("invalid Content-Length")

    def read_coding(self, value: bytes) -> None:
        if self.coding is not None or value.lower() != b"chunked":
            raise Refused(HTTPStatus.NOT_IMPLEMENTED, "unsupported Transfer-Encoding")
        self.coding = value

    def read_connection(self, value: bytes) -> None:
        if any(option.strip(b" \t").lower() == b"close" for option in value.split(b",")):
            self.closing = True

    def read_expect(self, value: bytes) -> None:
        if value.lower() != b"100-continue":
            raise Refused(HTTPStatus.EXPECTATION_FAILED)
        self.expects_continue = True

    def body_length(self, modern: bool) -> int | None:
        if self.coding is None:
            return self.length or 0
        if self.length is not None:
            raise bad_request("Content-Length beside Transfer-Encoding")
        if not modern:
            raise bad_request("Transfer-Encoding in HTTP/1.0")
        return None


_READERS = {
    b"host": _Framing.read_host,
    b"content-length": _Framing.read_length,
    b"transfer-encoding": _Framing.read_coding,
    b"connection": _Framing.read_connection,
    b"expect": _Framing.read_expect,
}


def _check_host(value: bytes) -> None:
    if _HOST.fullmatch(value) is None:
        raise bad_request("malformed Host header")


def _split(method: bytes, target: bytes) -> tuple[bytes, bytes, bytes | None]:
    """Split the target into path, query and host."""
    if target[:1] == b"/":
        path, _, query = target.partition(b"?")
        return path, query, None
    if method == b"CONNECT":
        return b"", b"", target
    if target == b"*":
        return target, b"", None
    absolute = _ABSOLUTE_TARGET.fullmatch(target)
    if absolute is None:
        raise bad_request("malformed request target")
    path, _, query = absolute[2].partition(b"?")
    return path or b"/", query, absolute[1]
