# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..model import Model


@lazy_attrs.define(kw_only=True, repr=False)
class RunCancelRequest(Model):
    """How to cancel. At least `{}` must be sent.

    Attributes:
        reason: Any string, without a limit. Blank is none; the run then has the reason `run cancelled`.
        force: True to end an executing run at once instead of letting its worker stop; false by
            default.
        idempotency_key: Makes this cancel safe to repeat; at most 512 bytes; a blank one counts as
            absent. Scope: this run. The key's own surrounding white space is compared too.
    """

    __module__ = "helmr.types"
    _shown = ("force",)

    reason: str | None = None
    force: bool | None = None
    idempotency_key: str | None = None

    # Written out so that a first request does not import attrs.
    def __init__(
        self,
        *,
        reason: str | None = None,
        force: bool | None = None,
        idempotency_key: str | None = None,
    ) -> None:
        self.reason = reason
        self.force = force
        self.idempotency_key = idempotency_key

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        return cls(
            reason=d.pop("reason", None),
            force=d.pop("force", None),
            idempotency_key=d.pop("idempotency_key", None),
        )

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {}
        if self.reason is not None:
            result["reason"] = self.reason
        if self.force is not None:
            result["force"] = self.force
        if self.idempotency_key is not None:
            result["idempotency_key"] = self.idempotency_key
        return result
