# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..formats import is_object
from ..model import Model, as_json

if TYPE_CHECKING:
    from ..models.token_timeout_parts import TokenTimeoutParts


@lazy_attrs.define(kw_only=True, repr=False)
class TokenCreateRequest(Model):
    """A token to create. At least `{}` must be sent.

    Attributes:
        timeout: How long the token can be completed; 7 days when left out or `null`.
        tags: Labels.
        metadata: Your own data; `{}` when left out. `null` is refused.
        idempotency_key: Makes this creation safe to repeat; at most 512 bytes; a blank one counts as
            absent. Scope: the environment. Compared are `timeout`, `metadata` and `tags`.
    """

    __module__ = "helmr.types"
    _shown = ("timeout",)

    timeout: float | str | TokenTimeoutParts | None = None
    tags: list[str] | None = None
    metadata: dict[str, Any] | None = None
    idempotency_key: str | None = None

    # Written out so that a first request does not import attrs.
    def __init__(
        self,
        *,
        timeout: float | str | TokenTimeoutParts | None = None,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> None:
        self.timeout = timeout
        self.tags = tags
        self.metadata = metadata
        self.idempotency_key = idempotency_key

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.token_timeout_parts import TokenTimeoutParts

        d = dict(src_dict)
        _timeout = d.pop("timeout", None)
        return cls(
            timeout=None
            if _timeout is None
            else TokenTimeoutParts.from_dict(_timeout)
            if is_object(_timeout)
            else _timeout,
            tags=d.pop("tags", None),
            metadata=d.pop("metadata", None),
            idempotency_key=d.pop("idempotency_key", None),
        )

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {}
        if self.timeout is not None:
            result["timeout"] = as_json(self.timeout)
        if self.tags is not None:
            result["tags"] = self.tags
        if self.metadata is not None:
            result["metadata"] = self.metadata
        if self.idempotency_key is not None:
            result["idempotency_key"] = self.idempotency_key
        return result
