# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..formats import encode_json
from ..model import Model
from ..types import File, FilePart

if TYPE_CHECKING:
    from ..models.deployment_metadata import DeploymentMetadata


@lazy_attrs.define(kw_only=True, repr=False)
class DeploymentCreateRequest(Model):
    """The parts of the form, in this order.

    Attributes:
        metadata
        deployment_source
    """

    __module__ = "helmr.types"
    _shown = ("metadata",)

    metadata: DeploymentMetadata
    deployment_source: File
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    # Written out so that a first request does not import attrs.
    def __init__(
        self,
        *,
        metadata: DeploymentMetadata,
        deployment_source: File,
        additional_properties: dict[str, Any] | None = None,
    ) -> None:
        self.metadata = metadata
        self.deployment_source = deployment_source
        self.additional_properties = {} if additional_properties is None else additional_properties

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.deployment_metadata import DeploymentMetadata

        d = dict(src_dict)
        return cls(
            metadata=DeploymentMetadata.from_dict(d.pop("metadata")),
            deployment_source=d.pop("deployment_source"),
            additional_properties=d,  # what is left
        )

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.additional_properties,
            "metadata": self.metadata.to_dict(),
            "deployment_source": self.deployment_source,
        }

    def to_multipart(self) -> list[tuple[str, FilePart]]:
        """Return the parts of the multipart body, in the order of the document."""
        parts: list[tuple[str, FilePart]] = []
        parts.append(("metadata", (None, encode_json(self.metadata.to_dict()), "application/json")))
        parts.append(("deployment_source", self.deployment_source.part()))
        return parts
