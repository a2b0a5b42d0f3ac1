# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""What models and endpoints share."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import Any, Final, Generic, Literal, SupportsIndex, TypeVar


class Unset:
    """The type of UNSET: a member that is left out, as opposed to one that is null."""

    __slots__ = ()

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"

    def __reduce__(self) -> str:
        return "UNSET"  # copies and pickles are the same object


UNSET: Final[Unset] = Unset()


class WireDatetime(datetime.datetime):
    """A date-time that remembers how it was written, where a datetime holds less than that or would write another text.

    Nanoseconds, a leap second, `-00:00`, trailing zeros: they come out of `format_datetime` as they went in.
    """

    wire: str = ""

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[Any, ...]:
        return (parse_datetime, (self.wire,)) if self.wire else super().__reduce_ex__(protocol)


_RFC_3339 = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:)(\d\d)(\.\d+)?(?:([Zz])|([+-]\d\d:\d\d))", re.ASCII)


def parse_datetime(text: str) -> datetime.datetime:
    """Read an RFC 3339 date-time: any offset, any number of fraction digits, nothing lost (see `WireDatetime`).

    Raises:
        ValueError: it is not one.
    """
    # The usual form on this wire: UTC, written `Z`, with a fraction of at most 6 digits that does not end in 0. A
    # datetime holds that exactly, and `format_datetime` writes it the same way.
    length = len(text)
    if (
        (length == 20 or (22 <= length <= 27 and text[19] == "." and text[-2] != "0"))
        and text[-1] == "Z"
        and text[10] == "T"
        and text[17] != "6"
    ):
        return datetime.datetime.fromisoformat(text)
    match = _RFC_3339.fullmatch(text)
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
    """Write a date-time as RFC 3339: as it was read, or with a fraction without trailing zeros and `Z` for UTC.

    A datetime without a time zone is taken as local time, as `datetime.astimezone` does.
    """
    if isinstance(value, WireDatetime) and value.wire:
        return value.wire
    if value.tzinfo is None:
        value = value.astimezone()
    text = value.isoformat()
    body, offset = text[:19], text[19:]
    if value.microsecond:
        body, offset = text[:26].rstrip("0"), text[26:]
    return body + ("Z" if offset == "+00:00" else offset[:6])


def encode_path_part(value: object) -> str:
    """Percent-encode one part of a path, so that it stays one part whatever is in it.

    Raises:
        ValueError: it is empty; the path would be another one.
    """
    from urllib.parse import quote

    text = str(value)
    if not text:
        raise ValueError("a part of the path must not be empty")
    if text in (".", ".."):
        return text.replace(".", "%2E")  # else these would be taken as steps in the path
    return quote(text, safe="")


def encode_json(value: object) -> bytes:
    """The JSON text of a value, as httpx writes it."""
    import json

    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def decode_json(content: bytes) -> Any:
    """The value of a JSON text, as `json.loads` gives it, in half the time.

    Raises:
        ValueError: it is no JSON.
    """
    import msgspec

    try:
        return msgspec.json.decode(content)
    except msgspec.DecodeError:
        import json

        return json.loads(content)  # takes what msgspec refuses: lone surrogates, numbers beyond a float


T = TypeVar("T")


class Response(Generic[T]):
    """An answer of an endpoint."""

    status_code: int
    content: bytes
    headers: Mapping[str, str]
    parsed: T

    def __init__(self, *, status_code: int, content: bytes, headers: Mapping[str, str], parsed: T) -> None:
        self.status_code = status_code
        self.content = content
        self.headers = headers
        self.parsed = parsed

    def __repr__(self) -> str:
        return f"Response(status_code={self.status_code}, parsed={self.parsed!r})"


__all__ = [
    "UNSET",
    "Response",
    "Unset",
    "WireDatetime",
    "decode_json",
    "encode_json",
    "encode_path_part",
    "format_datetime",
    "parse_datetime",
]
