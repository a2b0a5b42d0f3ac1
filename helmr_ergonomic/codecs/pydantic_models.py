"""Converting values with pydantic in its JSON mode, and refusing values that it would change silently.

This module is imported only for a type that uses pydantic: version 2.7 or later, or its `pydantic.v1` API.
"""

from __future__ import annotations

import dataclasses
import json
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from functools import lru_cache
from itertools import count
from math import isfinite
from typing import Any, TypeGuard

import pydantic
from pydantic_core import PydanticSerializationError

from helmr_api.formats import encode_json, is_list, is_object

from .._types import JSON, AnyType, JSONObject
from .problems import Problem, ValueProblem, check_time


def plain_model(value: Any) -> JSON:
    """Convert a model or pydantic dataclass instance to plain JSON values, whatever its declared type."""
    if hasattr(value, "__pydantic_serializer__"):
        return dump(adapter_of(value.__class__), value)[0]
    raw = _parse(value.json(by_alias=True))
    _compare(value, raw)
    return raw


def load_model(model: AnyType, raw: object) -> JSON:
    """Load a model inside a type that msgspec reads. Raises `ValueError` with a one-line message."""
    try:
        if hasattr(model, "__pydantic_serializer__"):
            return adapter_of(model).validate_json(encode_json(raw))
        return model.parse_obj(raw)
    except ValueError as exc:
        (path, message), *_ = problems(exc) or [((), str(exc))]
        where = ".".join(map(str, path))
        raise ValueError(f"{where}: {message}" if where else message) from None


@lru_cache(maxsize=256)
def adapter_of(model: AnyType) -> pydantic.TypeAdapter[JSON]:
    return pydantic.TypeAdapter(model)


def dump(adapter: pydantic.TypeAdapter[JSON], value: object) -> tuple[JSON, bool]:
    """Convert a value to plain JSON values, and return whether all its parts have the declared types."""
    is_valid = True
    try:
        text = adapter.dump_json(value, by_alias=True, warnings="error")
    except PydanticSerializationError:
        # Either it cannot be converted at all, or a part has another type, such as a dict instead of a model.
        text = adapter.dump_json(value, by_alias=True, warnings=False)
        is_valid = False
    raw = _parse(text)
    _compare(value, raw)
    return raw, is_valid


def _parse(text: str | bytes) -> JSON:
    return json.loads(text, object_pairs_hook=_object)


def _object(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueProblem(f"two keys are {twice!r} in JSON")
    return made


def _compare(value: object, raw: object) -> None:
    """Refuse values that pydantic changed silently when it wrote `value` as `raw`. Sort the sets in `raw`, so
    that they are the same in every process.
    """
    if isinstance(value, pydantic.RootModel):
        _compare(vars(value)["root"], raw)
    elif isinstance(raw, str):
        if hasattr(value, "get_secret_value") and not raw.strip("*"):
            raise ValueProblem(
                "a secret is not sent, because the control plane keeps payloads as audit data: name it in "
                "secrets=[...] of the task, or, if it may be kept, add a field_serializer that returns "
                "its get_secret_value()"
            )
        if isinstance(value, datetime):
            check_time(value)
    elif isinstance(value, float) and not isfinite(value):
        raise ValueProblem(
            f'{value!r} is not a JSON number; ser_json_inf_nan="strings" would send it as a string'
        )
    elif is_list(raw) or is_object(raw):
        for key, part, written in _parts(value, raw):
            try:
                _compare(part, written)
            except ValueProblem as problem:
                raise problem.inside(key) from None
        if isinstance(value, AbstractSet) and is_list(raw):
            raw.sort(key=encode_json)


def _parts(value: object, raw: JSON) -> Iterator[tuple[str | int, object, JSON]]:
    """Yield the parts of a value with their keys and values in its dump."""
    if is_list(raw):
        if _is_collection(value) and len(value) == len(raw):
            yield from zip(count(), value, raw, strict=False)
    elif _is_mapping(value):
        if len(value) == len(raw):
            for (key, part), name in zip(value.items(), raw, strict=True):
                _compare(key, name)
                yield name, part, raw[name]
    elif is_object(raw):
        kind: AnyType = type(value)
        for attribute, name in _names(kind).items():
            if name in raw:
                yield name, getattr(value, attribute, None), raw[name]
        extra: JSONObject = getattr(value, "__pydantic_extra__", None) or {}
        yield from ((name, part, raw[name]) for name, part in extra.items() if name in raw)


def _is_collection(value: object) -> TypeGuard[Collection[object]]:
    return isinstance(value, (list, tuple, deque, AbstractSet))


def _is_mapping(value: object) -> TypeGuard[Mapping[object, object]]:
    return isinstance(value, Mapping)


@lru_cache(maxsize=256)
def _names(kind: AnyType) -> Mapping[str, str]:
    """Yield the attributes of a class with their names in JSON."""
    names: dict[str, str] = {}
    if dataclasses.is_dataclass(kind):
        names |= {field.name: field.name for field in dataclasses.fields(kind)}
    known: AnyType = kind
    if hasattr(known, "__pydantic_serializer__"):
        fields = known.__pydantic_fields__ if hasattr(known, "__pydantic_fields__") else known.model_fields
        computed = getattr(known, "model_computed_fields", {})
        names |= {name: field.serialization_alias or name for name, field in fields.items()}
        names |= {name: field.alias or name for name, field in computed.items()}
    elif hasattr(known, "__fields__"):
        names |= {name: field.alias for name, field in known.__fields__.items()}
    return names


def problems(exc: Exception) -> list[Problem] | None:
    """Return the problems of a `ValidationError` of pydantic 1 or 2; `None` for any other exception."""
    errors: Callable[[], Sequence[JSONObject]] | None = getattr(exc, "errors", None)
    if not callable(errors):
        return None
    return [_problem(item) for item in errors()]


def _problem(item: JSONObject) -> Problem:
    kind, message = str(item.get("type", "")), str(item.get("msg", "not valid"))
    path = [part if isinstance(part, (str, int)) else str(part) for part in item.get("loc", ())]
    if kind in ("missing", "value_error.missing"):
        return path, "required field is missing"
    if kind in ("string_type", "int_type", "float_type", "bool_type", "list_type") and "input" in item:
        return path, f"expected {kind.removesuffix('_type')}, got {type(item['input']).__name__}"
    return path, message
