"""Values that pydantic knows, written and read by itself in its JSON mode; and what it would change unseen.

This module is imported only for a type that uses pydantic: version 2.7 or later, or its `pydantic.v1` API.
"""

from __future__ import annotations

import dataclasses
import json
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from functools import lru_cache
from math import isfinite
from typing import Any, cast

import pydantic
from pydantic_core import PydanticSerializationError

from helmr_api.formats import encode_json

from .problems import Problem, ValueProblem, check_time

__all__ = ["adapter_of", "dump", "load_model", "plain_model", "problems"]


def plain_model(value: Any) -> Any:
    """An instance of a model or of a pydantic dataclass as plain JSON values, whatever its declared type."""
    if hasattr(value, "__pydantic_serializer__"):
        return dump(adapter_of(cast(Any, type(value))), value)[0]
    raw = _parse(value.json(by_alias=True))
    _compare(value, raw)
    return raw


def load_model(model: Any, raw: Any) -> Any:
    """An instance of a model that is part of a type of msgspec's. Raises `ValueError` with one line."""
    try:
        if hasattr(model, "__pydantic_serializer__"):
            return adapter_of(model).validate_json(encode_json(raw))
        return model.parse_obj(raw)
    except ValueError as exc:
        (path, message), *_ = problems(exc) or [((), str(exc))]
        where = ".".join(map(str, path))
        raise ValueError(f"{where}: {message}" if where else message) from None


@lru_cache(maxsize=256)
def adapter_of(model: Any) -> pydantic.TypeAdapter[Any]:
    return pydantic.TypeAdapter(model)


def dump(adapter: pydantic.TypeAdapter[Any], value: Any) -> tuple[Any, bool]:
    """A value as plain JSON values, and whether all its parts are of the declared types."""
    is_valid = True
    try:
        text = adapter.dump_json(value, by_alias=True, warnings="error")
    except PydanticSerializationError:
        # Either it cannot be written at all, or a part is of another type: a dict for a model, say.
        text = adapter.dump_json(value, by_alias=True, warnings=False)
        is_valid = False
    raw = _parse(text)
    _compare(value, raw)
    return raw, is_valid


def _parse(text: str | bytes) -> Any:
    return json.loads(text, object_pairs_hook=_object)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueProblem(f"two keys are {twice!r} in JSON")
    return made


def _compare(value: object, raw: Any) -> None:
    """Refuse what pydantic changes without an error when it writes `value` as `raw`. Sort the sets in `raw`,
    so that they are written alike in every process.
    """
    if isinstance(value, pydantic.RootModel):
        _compare(cast(Any, value).root, raw)
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
    elif isinstance(raw, (dict, list)):
        written = cast("dict[str, Any] | list[Any]", raw)
        for key, part in _parts(value, written):
            try:
                _compare(part, written[cast(Any, key)])
            except ValueProblem as problem:
                raise problem.inside(key) from None
        if isinstance(value, AbstractSet) and isinstance(written, list):
            written.sort(key=encode_json)


def _parts(value: Any, raw: dict[str, Any] | list[Any]) -> Iterator[tuple[str | int, Any]]:
    """The parts of a value that are in its dump, each with its place there."""
    if isinstance(raw, list):
        if isinstance(value, (list, tuple, deque, AbstractSet)) and len(cast("list[Any]", value)) == len(raw):
            yield from enumerate(cast("list[Any]", value))
    elif isinstance(value, Mapping):
        items = cast("Mapping[Any, Any]", cast(Any, value)).items()
        if len(items) == len(raw):
            for (key, part), name in zip(items, raw, strict=True):
                _compare(key, name)
                yield name, part
    else:
        for attribute, name in _names(cast(Any, type(value))).items():
            if name in raw:
                yield name, getattr(value, attribute, None)
        extra: Mapping[str, Any] = getattr(value, "__pydantic_extra__", None) or {}
        yield from ((name, part) for name, part in extra.items() if name in raw)


@lru_cache(maxsize=256)
def _names(kind: Any) -> Mapping[str, str]:
    """The attributes of a class with fields, each with its name in JSON."""
    names: dict[str, str] = {}
    if dataclasses.is_dataclass(kind):
        names |= {field.name: field.name for field in dataclasses.fields(kind)}
    known: Any = kind
    if hasattr(known, "__pydantic_serializer__"):
        fields = known.__pydantic_fields__ if hasattr(known, "__pydantic_fields__") else known.model_fields
        computed = getattr(known, "model_computed_fields", {})
        names |= {name: field.serialization_alias or name for name, field in fields.items()}
        names |= {name: field.alias or name for name, field in computed.items()}
    elif hasattr(known, "__fields__"):
        names |= {name: field.alias for name, field in known.__fields__.items()}
    return names


def problems(exc: Exception) -> list[Problem] | None:
    """What a `ValidationError` of either version lists; `None` for any other exception."""
    errors = getattr(exc, "errors", None)
    if not callable(errors):
        return None
    return [_problem(item) for item in cast("Sequence[Mapping[str, Any]]", errors())]


def _problem(item: Mapping[str, Any]) -> Problem:
    kind, message = str(item.get("type", "")), str(item.get("msg", "not valid"))
    path = [part if isinstance(part, (str, int)) else str(part) for part in item.get("loc", ())]
    if kind in ("missing", "value_error.missing"):
        return path, "required field is missing"
    if kind in ("string_type", "int_type", "float_type", "bool_type", "list_type") and "input" in item:
        return path, f"expected {kind.removesuffix('_type')}, got {type(item['input']).__name__}"
    return path, message
