# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..model import Model

if TYPE_CHECKING:
    pass


@lazy_attrs.define(kw_only=True, repr=False)
class WorkspaceCreateRequest(Model):
    """A workspace to create.

    Attributes:
        sandbox_id: The name of a sandbox that the deployment declares; not blank.
        deployment_id: UUID of a deployment that is `deployed`. The environment's current deployment
            when left out or blank.
        external_id: Your own name for the workspace, unique in the environment, also among archived
            workspaces; at most 512 bytes; a blank one counts as absent.
        metadata: Your own data; `{}` when left out. `null` is refused.
        tags: Labels.
        idempotency_key: Makes this creation safe to repeat; blank is none. Scope: the environment.
        idempotency_key_ttl: How long the key is remembered; 24 hours when left out or blank. Days
            (`1d`) are not accepted here. Ignored without a key.
    """

    __module__ = "helmr.types"
    _shown = ("sandbox_id", "deployment_id", "external_id")

    sandbox_id: str
    deployment_id: str | None = None
    external_id: str | None = None
    metadata: dict[str, Any] | None = None
    tags: list[str] | None = None
    idempotency_key: str | None = None
    idempotency_key_ttl: str | None = None

    # Written out so that a first request does not import attrs.
    def __init__(
        self,
        *,
        sandbox_id: str,
        deployment_id: str | None = None,
        external_id: str | None = None,
        metadata: dict[str, Any] | None = None,
        tags: list[str] | None = None,
        idempotency_key: str | None = None,
        idempotency_key_ttl: str | None = None,
    ) -> None:
        self.sandbox_id = sandbox_id
        self.deployment_id = deployment_id
        self.external_id = external_id
        self.metadata = metadata
        self.tags = tags
        self.idempotency_key = idempotency_key
        self.idempotency_key_ttl = idempotency_key_ttl

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        return cls(
            sandbox_id=d.pop("sandbox_id"),
            deployment_id=d.pop("deployment_id", None),
            external_id=d.pop("external_id", None),
            metadata=d.pop("metadata", None),
            tags=d.pop("tags", None),
            idempotency_key=d.pop("idempotency_key", None),
            idempotency_key_ttl=d.pop("idempotency_key_ttl", None),
        )

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            "sandbox_id": self.sandbox_id,
        }
        if self.deployment_id is not None:
            result["deployment_id"] = self.deployment_id
        if self.external_id is not None:
            result["external_id"] = self.external_id
        if self.metadata is not None:
            result["metadata"] = self.metadata
        if self.tags is not None:
            result["tags"] = self.tags
        if self.idempotency_key is not None:
            result["idempotency_key"] = self.idempotency_key
        if self.idempotency_key_ttl is not None:
            result["idempotency_key_ttl"] = self.idempotency_key_ttl
        return result
