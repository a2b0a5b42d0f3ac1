# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..model import Model


@lazy_attrs.define(kw_only=True, repr=False)
class SessionCancelRequest(Model):
    """Why the session is cancelled. At least `{}` must be sent.

    Attributes:
        reason: Any string, without a limit; `cancelled` when left out or blank.
    """

    __module__ = "helmr.types"
    _shown = ("reason",)

    reason: str | None = None

    # Written out so that a first request does not import attrs.
    def __init__(
        self,
        *,
        reason: str | None = None,
    ) -> None:
        self.reason = reason

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        return cls(
            reason=d.pop("reason", None),
        )

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {}
        if self.reason is not None:
            result["reason"] = self.reason
        return result
