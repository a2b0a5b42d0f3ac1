"""Rows by the names of their columns."""

from __future__ import annotations

from typing import Any, TypeAlias

Row: TypeAlias = dict[str, Any]
"""A row of no particular type. The others are a `TypedDict` for each table, or for a part of its columns."""


def columns(row: type) -> str:
    """The columns of a row's type, for a SELECT of just these."""
    return ", ".join(row.__annotations__)
