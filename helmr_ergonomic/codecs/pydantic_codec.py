"""Pydantic models, and types that contain them. Pydantic converts them itself, in its JSON mode.

This module is imported only for a type that uses pydantic: version 2.7 or later, or its `pydantic.v1` API.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import pydantic

from helmr_api.formats import encode_json

from .._types import JSON, AnyType
from .base import Codec
from .problems import Problem
from .pydantic_models import adapter_of, dump, plain_model, problems

T = TypeVar("T")


class PydanticCodec(Codec[T]):
    """The codec of a type that pydantic supports, using its `TypeAdapter`.

    Model instances were validated when they were created, and are not validated again; all other values are.
    `has_dataclasses` says whether the type contains dataclasses, which are not validated when created.
    """

    def __init__(
        self, adapter: pydantic.TypeAdapter[T], model: type | None = None, *, has_dataclasses: bool = False
    ) -> None:
        self._adapter = adapter
        self._model = model
        self._has_dataclasses = has_dataclasses

    def load(self, raw: object) -> T:
        return self._adapter.validate_json(encode_json(raw))

    def dump(self, value: object) -> tuple[JSON, bool]:
        if self._model is not None and isinstance(value, self._model):
            kind: AnyType = type(value)
            raw, is_valid = dump(adapter_of(kind), value)
            return raw, is_valid and kind is self._model
        raw, is_valid = dump(self._adapter, value)
        if is_valid:
            self._adapter.validate_python(value)
        return raw, is_valid and not self._has_dataclasses

    def problems(self, exc: Exception, raw: object) -> Sequence[Problem] | None:
        return problems(exc)


class OldModelCodec(Codec[T]):
    """The codec of a model of the `pydantic.v1` API."""

    def __init__(self, model: AnyType) -> None:
        self._model = model

    def load(self, raw: object) -> T:
        value: T = self._model.parse_obj(raw)
        return value

    def dump(self, value: object) -> tuple[JSON, bool]:
        if isinstance(value, self._model):
            return plain_model(value), True
        return super().dump(value)

    def problems(self, exc: Exception, raw: object) -> Sequence[Problem] | None:
        return problems(exc)
