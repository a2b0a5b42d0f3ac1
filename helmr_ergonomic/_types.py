"""Aliases for types that cannot be expressed to a type checker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

JSON: TypeAlias = Any
"""Any JSON value; only the caller knows its type."""

JSONObject: TypeAlias = Mapping[str, Any]
"""A JSON object."""

AnyType: TypeAlias = Any
"""A type in any form that callers may pass: a class, `int | None`, `Annotated[...]`, `Literal[...]`, a
validator."""
