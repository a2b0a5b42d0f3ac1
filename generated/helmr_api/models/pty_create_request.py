# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..model import Model


@lazy_attrs.define(kw_only=True, repr=False)
class PtyCreateRequest(Model):
    """A terminal to open. At least `{}` must be sent.

    Attributes:
        cwd: The working directory of the shell: an absolute path without `..`. The sandbox's own when
            left out or blank.
        cols: Columns, at most 500. 80 when left out, 0 or negative.
        rows: Rows, at most 500. 24 when left out, 0 or negative.
        idempotency_key: Makes this creation safe to repeat for 24 hours; blank is none. Scope: the
            workspace.
    """

    __module__ = "helmr.types"
    _shown = ("cols", "rows")

    cwd: str | None = None
    cols: int | None = None
    rows: int | None = None
    idempotency_key: str | None = None

    # Written out so that a first request does not import attrs.
    def __init__(
        self,
        *,
        cwd: str | None = None,
        cols: int | None = None,
        rows: int | None = None,
        idempotency_key: str | None = None,
    ) -> None:
        self.cwd = cwd
        self.cols = cols
        self.rows = rows
        self.idempotency_key = idempotency_key

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        return cls(
            cwd=d.pop("cwd", None),
            cols=d.pop("cols", None),
            rows=d.pop("rows", None),
            idempotency_key=d.pop("idempotency_key", None),
        )

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {}
        if self.cwd is not None:
            result["cwd"] = self.cwd
        if self.cols is not None:
            result["cols"] = self.cols
        if self.rows is not None:
            result["rows"] = self.rows
        if self.idempotency_key is not None:
            result["idempotency_key"] = self.idempotency_key
        return result
