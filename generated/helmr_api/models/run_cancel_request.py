# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define

from ..types import UNSET, Unset


@_attrs_define(kw_only=True)
class RunCancelRequest:
    """How to cancel. At least `{}` must be sent.

    Attributes:
        reason: Any text, without a limit. Blank is none; the run then has the reason `run cancelled`.
        force: True to end an executing run at once instead of letting its worker stop; false when left out.
        idempotency_key: Makes this cancel safe to repeat; at most 512 bytes; blank is none. Scope: this run. The key's own
            surrounding white space is compared too.
    """

    reason: str | None | Unset = UNSET
    force: bool | None | Unset = UNSET
    idempotency_key: str | None | Unset = UNSET

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read the JSON object; members that the document does not know are kept."""
        d = dict(src_dict)
        return cls(
            reason=d.pop("reason", UNSET),
            force=d.pop("force", UNSET),
            idempotency_key=d.pop("idempotency_key", UNSET),
        )

    def to_dict(self) -> dict[str, Any]:
        """Write the JSON object, without the members that are UNSET."""
        result: dict[str, Any] = {}
        if not isinstance(self.reason, Unset):
            result["reason"] = self.reason
        if not isinstance(self.force, Unset):
            result["force"] = self.force
        if not isinstance(self.idempotency_key, Unset):
            result["idempotency_key"] = self.idempotency_key
        return result
