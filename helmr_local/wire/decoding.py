"""Request bodies, decoded by the rules of the server's decoder (Go's encoding/json).

Field names match case-insensitively when none matches exactly, the last of repeated fields wins, `null` means
absent for every kind except free JSON, and a strict body refuses unknown fields.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from ..errors import bad_request
from . import jsontext
from .strings import quote, trim
from .times import format_time, parse_rfc3339

STRING = "string"
DURATION = (
    "duration"  # a string whose form the handler checks, where a schema's pattern is not expressive enough
)
INT32 = "int32"
INT64 = "int64"
BOOL = "bool"
STRINGS = "[]string"
TIME = "time.Time"
ANY = "any"
FLOAT = "float64"
_LIMITS = {INT32: 2**31, INT64: 2**63}


@dataclass(frozen=True)
class Body:
    """The fields of one request object.

    Args:
        name: Its name in error messages.
        fields: The kind of each field by its name; a nested object is a Body.
        strict: Refuse unknown fields; a nested object has its own setting.
        forbidden: Fields refused by their exact name, in this order.
    """

    name: str
    fields: dict[str, str | Body]
    strict: bool = True
    forbidden: tuple[str, ...] = ()
    folded: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "folded", {_fold(name): name for name in self.fields})

    def decode(
        self, raw: bytes, prefix: str, forbidden: Callable[[str], str] = "{} is not accepted".format
    ) -> dict[str, Any]:
        """Return the fields that are present, with times as nanoseconds.

        Args:
            prefix: The start of error messages, before the colon and the reason.
            forbidden: The error message for a forbidden field.

        Raises:
            ApiError: 400, prefix and reason.
        """
        try:
            return _decode(self, self._value(raw), forbidden)
        except jsontext.JsonError as error:
            raise bad_request(f"{prefix}: {error}") from None

    def _value(self, raw: bytes) -> Any:
        """Return the body's value. Its objects are ordered lists of fields if the fast path would lose
        information.
        """
        try:
            value: Any = jsontext.parse(raw)
        except jsontext.JsonError as refusal:
            if not jsontext.broken_text(raw):
                raise
            try:
                return jsontext.pairs(raw)
            except jsontext.JsonError:
                raise refusal from None
        if isinstance(value, dict) and not self._exact(cast("dict[str, Any]", value)):
            return jsontext.pairs(raw)
        return cast("object", value)

    def document_form(self, decoded: dict[str, Any]) -> dict[str, Any]:
        """Return the fields as the document describes them: strings trimmed, empty ones absent, times as
        strings.
        """
        form: dict[str, Any] = {}
        for name, value in decoded.items():
            kind = self.fields[name]
            if kind == DURATION:
                continue
            if isinstance(kind, Body):
                form[name] = kind.document_form(value)
            elif kind == STRING:
                if text := trim(value):
                    form[name] = text
            elif kind == STRINGS:
                form[name] = [trim(item) for item in value]
            elif kind == TIME:
                form[name] = format_time(value // 1_000)
            else:
                form[name] = value
        return form

    def _exact(self, value: dict[str, Any]) -> bool:
        """Return whether the fast path is safe: no name differs only in case from a known one."""
        for name, item in value.items():
            kind = self.fields.get(name)
            if kind is None:
                if _fold(name) in self.folded:
                    return False
            elif (
                isinstance(kind, Body)
                and isinstance(item, dict)
                and not kind._exact(cast("dict[str, Any]", item))
            ):
                return False
        return True


def _fold(name: str) -> str:
    """Apply Go's case folding to a name, as far as it affects ASCII names (it maps ſ and the Kelvin sign)."""
    return name.replace("ſ", "s").replace("\u212a", "k").lower()


def _decode(body: Body, value: Any, forbidden: Callable[[str], str]) -> dict[str, Any]:
    if value is None:
        return {}
    in_order = isinstance(value, jsontext.Fields)
    if in_order:
        sent_fields: list[tuple[str, Any]] = list(value)
    elif isinstance(value, dict):
        sent_fields = list(cast("dict[str, Any]", value).items())
    else:
        raise jsontext.JsonError(f"json: cannot unmarshal {_kind(value)} into Go value of type {body.name}")
    if body.forbidden:
        sent_names = {name for name, _ in sent_fields}
        for name in body.forbidden:
            if name in sent_names:
                raise jsontext.JsonError(forbidden(name))
    decoded: dict[str, Any] = {}
    for sent, item in sent_fields:
        name = sent if sent in body.fields else body.folded.get(_fold(sent), "")
        if not name:
            if body.strict:
                raise jsontext.JsonError(f"json: unknown field {quote(sent)}")
            continue
        kind = body.fields[name]
        if kind == ANY:
            decoded[name] = _free(item) if in_order else item
        elif item is None:
            decoded.pop(name, None)
        elif isinstance(kind, Body):
            # A repeated object is decoded into the same object.
            decoded[name] = decoded.get(name, {}) | _decode(kind, item, forbidden)
        else:
            decoded[name] = _value_of(kind, item, body, name)
    return decoded


def _free(item: Any) -> Any:
    """Check free JSON, which is kept unchanged. The database can only store strings that are UTF-8."""
    value = jsontext.unpair(item)
    try:
        jsontext.encode(value)
    except UnicodeEncodeError:
        raise jsontext.JsonError("invalid UTF-8 in a string") from None
    return value


def _value_of(kind: str, value: Any, body: Body, name: str) -> Any:
    if kind in (STRING, DURATION) and isinstance(value, str):
        return jsontext.mended(value)
    if kind == BOOL and isinstance(value, bool):
        return value
    if kind in _LIMITS:
        number = 0 if isinstance(value, jsontext.Raw) and bytes(value) == b"-0" else value
        limit = _LIMITS[kind]
        if isinstance(number, int) and not isinstance(number, bool) and -limit <= number < limit:
            return number
    if kind == FLOAT:
        number = float(bytes(value)) if isinstance(value, jsontext.Raw) else value
        if isinstance(number, (int, float)) and not isinstance(number, bool):
            return _finite(number, value, body, name)
    if kind == STRINGS and isinstance(value, list):
        strings: list[str] = []
        for item in cast("list[object]", value):
            if item is not None and not isinstance(item, str):
                raise _mismatch(item, body, name, "string")
            strings.append(jsontext.mended(item or ""))
        return strings
    if kind == TIME:
        if not isinstance(value, str):
            raise jsontext.JsonError("Time.UnmarshalJSON: input is not a JSON string")
        instant = parse_rfc3339(value)
        if instant is None:
            raise jsontext.JsonError(f'parsing time {quote(value)} as "2006-01-02T15:04:05Z07:00"')
        return instant
    raise _mismatch(value, body, name, kind)


def _finite(number: float, value: Any, body: Body, name: str) -> float:
    try:
        finite = float(number)
    except OverflowError:
        raise _mismatch(value, body, name, FLOAT) from None
    if not math.isfinite(finite):
        raise _mismatch(value, body, name, FLOAT)
    return finite


def _mismatch(value: Any, body: Body, name: str, kind: str) -> jsontext.JsonError:
    shown, kind = _kind(value), STRING if kind == DURATION else kind
    if kind in (*_LIMITS, FLOAT) and shown == "number":
        shown += " " + (bytes(value).decode() if isinstance(value, jsontext.Raw) else str(value)[:40])
    where = f"{body.name}.{name}"
    return jsontext.JsonError(f"json: cannot unmarshal {shown} into Go struct field {where} of type {kind}")


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, str):
        return "string"
    if isinstance(value, (int, jsontext.Raw)):
        return "number"
    return "array" if isinstance(value, list) and not isinstance(value, jsontext.Fields) else "object"
