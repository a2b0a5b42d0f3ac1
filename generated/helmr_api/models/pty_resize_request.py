# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..model import Model


@lazy_attrs.define(kw_only=True, repr=False)
class PtyResizeRequest(Model):
    """The new size of a terminal. At least `{}` must be sent.

    Attributes:
        cols: Columns, at most 500. 80 when left out, 0 or negative.
        rows: Rows, at most 500. 24 when left out, 0 or negative.
    """

    __module__ = "helmr.types"
    _shown = ("cols", "rows")

    cols: int | None = None
    rows: int | None = None

    # Written out so that a first request does not import attrs.
    def __init__(
        self,
        *,
        cols: int | None = None,
        rows: int | None = None,
    ) -> None:
        self.cols = cols
        self.rows = rows

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        return cls(
            cols=d.pop("cols", None),
            rows=d.pop("rows", None),
        )

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {}
        if self.cols is not None:
            result["cols"] = self.cols
        if self.rows is not None:
            result["rows"] = self.rows
        return result
