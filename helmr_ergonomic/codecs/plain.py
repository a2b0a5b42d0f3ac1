"""Conversion of any Python value to plain JSON values: `dict`, `list`, `str`, `int`, `float`, `bool` and
`None`.

The result depends on the value, not on a declared type. It is that of `msgspec.to_builtins`, which cannot be
used directly, because nothing may be dropped and equal values must be written alike in every process:

- all fields of attrs classes and dataclasses are included, even private ones and those with `init=False`;
- `omit_defaults` omits values that equal the default, even if they are other objects;
- sets are sorted;
- a `datetime` has milliseconds, as in JavaScript, and needs a time zone;
- two keys with the same string form are an error.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from itertools import pairwise
from math import isfinite
from typing import Final, TypeAlias
from uuid import UUID

import msgspec

from helmr_api.formats import ecmascript_number, encode_json

from .._types import JSON, AnyType
from .problems import ValueProblem, check_time

Encoder: TypeAlias = Callable[[JSON], JSON]

_MISSING: Final = object()


def plain(value: object) -> JSON:
    """Convert a value to plain JSON values.

    Raises `ValueProblem`, with a path, for a value that JSON cannot represent; `RecursionError` for a value
    that is nested too deeply or contains itself.
    """
    return value if _is_plain(value) else _encoder(type(value))(value)


def _is_plain(value: object) -> bool:
    """True if a value certainly needs no conversion, like most values."""
    if type(value) is str:
        return value.isascii()
    kind = type(value)
    return kind is int or kind is bool or value is None


def _find_encoder(kind: AnyType) -> Encoder:
    """Return the function that converts values of a class. The order matters: an enum may be a `str`, for
    instance."""
    for classes, encoder in _ENCODERS:
        if issubclass(kind, classes):
            return encoder
    if hasattr(kind, "__pydantic_serializer__") or (
        hasattr(kind, "parse_obj") and hasattr(kind, "__fields__")  # pydantic 1
    ):
        from .pydantic_models import plain_model

        return plain_model
    if issubclass(kind, msgspec.Struct):
        return _struct_encoder(kind)
    if hasattr(kind, "__dataclass_fields__"):
        import dataclasses  # takes a thirtieth of the time of a first start

        return _fields_encoder([field.name for field in dataclasses.fields(kind)])
    if hasattr(kind, "__attrs_attrs__"):
        return _fields_encoder([attribute.name for attribute in kind.__attrs_attrs__])
    for classes, encoder in _CONTAINERS:
        if issubclass(kind, classes):
            return encoder
    raise ValueProblem(f"a value of type {kind.__qualname__} cannot be sent as JSON")


_encoder: Callable[[type], Encoder] = lru_cache(maxsize=1024)(_find_encoder)


# --- values without parts ----------------------------------------------------------------------------------


def _string(value: str) -> str:
    text = str.__str__(value)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise ValueProblem("a lone surrogate is not a Unicode character and cannot be sent") from None
    return text


def _float(value: float) -> float:
    if not isfinite(value):
        raise ValueProblem(f"{value!r} cannot be sent: JSON has no such number")
    return float(value)


def _datetime(value: datetime) -> str:
    if check_time(value) % timedelta(minutes=1):
        value = value.astimezone(UTC)  # local mean time, which ISO 8601 cannot represent
    precision = "microseconds" if value.microsecond % 1000 else "milliseconds"
    text = datetime.isoformat(value, timespec=precision)
    return text[:-6] + "Z" if text.endswith("+00:00") else text


# --- values with parts -------------------------------------------------------------------------------------


def _list(value: Iterable[object]) -> list[JSON]:
    made: list[JSON] = []
    for item in value:
        try:
            made.append(item if _is_plain(item) else _encoder(type(item))(item))
        except ValueProblem as problem:
            raise problem.inside(len(made)) from None
    return made


def _dict(value: Mapping[object, object]) -> dict[str, JSON]:
    made: dict[str, JSON] = {}
    for key, item in value.items():
        name = key if isinstance(key, str) and _is_plain(key) else _key(key)
        try:
            made[name] = item if _is_plain(item) else _encoder(type(item))(item)
        except ValueProblem as problem:
            raise problem.inside(name) from None
    if len(made) < len(value):
        names = sorted(map(_key, value))
        twice = next(name for name, other in pairwise(names) if name == other)
        raise ValueProblem(f"two keys are {twice!r} in JSON")
    return made


def _key(key: object) -> str:
    try:
        raw = plain(key)
    except ValueProblem as problem:
        raise ValueProblem(f"in a key: {problem.message}") from None
    if isinstance(raw, str):
        return raw
    if isinstance(raw, float):
        return ecmascript_number(repr(raw))
    if isinstance(raw, int) and not isinstance(raw, bool):
        return str(raw)
    raise ValueProblem(
        f"a key of type {type(key).__qualname__} cannot be sent as JSON: keys are strings or numbers"
    )


def _fields_encoder(names: list[str]) -> Encoder:
    """Return the encoder of a class whose fields may have other names in JSON."""

    def encode(value: object) -> dict[str, JSON]:
        made: dict[str, JSON] = {}
        for name in names:
            _put(made, name, getattr(value, name, _MISSING))
        return made

    return encode


def _put(made: dict[str, JSON], name: str, item: object) -> None:
    if item is _MISSING or item is msgspec.UNSET:
        return
    try:
        # The same as in `plain`, whose calls take a third of the time to convert a small payload.
        made[name] = item if _is_plain(item) else _encoder(type(item))(item)
    except ValueProblem as problem:
        raise problem.inside(name) from None


def _struct_encoder(kind: type[msgspec.Struct]) -> Encoder:
    config = kind.__struct_config__
    fields = msgspec.structs.fields(kind)
    if config.array_like:
        tag = [] if config.tag is None else [config.tag]
        return lambda value: tag + _list(getattr(value, field.name) for field in fields)
    defaults = [_default_text(field) if config.omit_defaults else None for field in fields]

    def encode(value: object) -> dict[str, JSON]:
        made: dict[str, JSON] = {}
        if config.tag_field is not None:
            made[config.tag_field] = config.tag
        for field, default in zip(fields, defaults, strict=True):
            name = field.encode_name
            _put(made, name, getattr(value, field.name, _MISSING))
            if default is not None and name in made and encode_json(made[name]) == default:
                del made[name]
        return made

    return encode


def _default_text(field: msgspec.structs.FieldInfo) -> bytes | None:
    """Return the JSON text of a default that msgspec's `omit_defaults` omits."""
    if field.default_factory in (list, dict, set, bytearray):
        empty: JSON = field.default_factory
        return encode_json(plain(empty()))
    if field.default is msgspec.NODEFAULT:
        return None
    try:
        return encode_json(plain(field.default))
    except ValueProblem:
        return None


_ENCODERS: list[tuple[type | tuple[type, ...], Encoder]] = [
    (Enum, lambda value: plain(value.value)),
    (str, _string),
    (float, _float),
    (int, int.__int__),
    (datetime, _datetime),
    ((date, time, timedelta, UUID, Decimal, bytes, bytearray, memoryview), msgspec.to_builtins),
]
_CONTAINERS: list[tuple[type | tuple[type, ...], Encoder]] = [
    (Mapping, _dict),
    ((list, tuple, deque), _list),
    (AbstractSet, lambda values: sorted(_list(values), key=encode_json)),
]
