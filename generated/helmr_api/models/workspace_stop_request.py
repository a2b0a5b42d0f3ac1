# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..model import Model


@lazy_attrs.define(kw_only=True, repr=False)
class WorkspaceStopRequest(Model):
    """How to stop it; at least `{}` must be sent.

    Attributes:
        idempotency_key: Makes this stop safe to repeat; blank is none. Scope: the workspace.
        idempotency_key_ttl: How long the key is remembered; 24 hours when left out or blank. Days
            (`1d`) are not accepted here. Ignored without a key.
    """

    __module__ = "helmr.types"
    _shown = ("idempotency_key", "idempotency_key_ttl")

    idempotency_key: str | None = None
    idempotency_key_ttl: str | None = None

    # Written out so that a first request does not import attrs.
    def __init__(
        self,
        *,
        idempotency_key: str | None = None,
        idempotency_key_ttl: str | None = None,
    ) -> None:
        self.idempotency_key = idempotency_key
        self.idempotency_key_ttl = idempotency_key_ttl

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        return cls(
            idempotency_key=d.pop("idempotency_key", None),
            idempotency_key_ttl=d.pop("idempotency_key_ttl", None),
        )

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {}
        if self.idempotency_key is not None:
            result["idempotency_key"] = self.idempotency_key
        if self.idempotency_key_ttl is not None:
            result["idempotency_key_ttl"] = self.idempotency_key_ttl
        return result
