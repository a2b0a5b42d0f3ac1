"""Aliases for types that cannot be expressed to a type checker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

JSON: TypeAlias = Any
"""A value that JSON can express. Of which type it is only its user knows."""

JSONObject: TypeAlias = Mapping[str, Any]
"""A JSON object."""

AnyType: TypeAlias = Any
"""A type as its user writes it: a class, `int | None`, `Annotated[...]`, `Literal[...]`, a validator."""
