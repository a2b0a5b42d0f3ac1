"""Rows as dictionaries by column name."""

from __future__ import annotations

from typing import Any, TypeAlias

Row: TypeAlias = dict[str, Any]
"""A row of unspecified type. Other rows have a `TypedDict` for each table, or for some of its columns."""


def columns(row: type) -> str:
    """Return the columns of a row's type, for a SELECT of exactly these."""
    return ", ".join(row.__annotations__)
