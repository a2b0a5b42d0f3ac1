# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..model import Model


@lazy_attrs.define(kw_only=True, repr=False)
class DeploymentMetadata(Model):
    """The upload, and the tools it was made with.

    Attributes:
        content_hash: `sha256:` and the SHA-256 digest of `deployment_source` in 64 lower-case
            hexadecimal digits.
        api_version: The contract version that it was made for; the current one when left out or blank.
        sdk_version: The SDK that it was made with, free text; the header `Helmr-SDK-Version` when left
            out.
        cli_version: The client that uploads it, free text; the header `Helmr-CLI-Version`, else
            `Helmr-Client-Version`, when left out.
        bundle_format_version: Format of its bundles. 2, which 0 and leaving it out mean too.
        worker_protocol_version: `helmr.worker.v1`, also when left out or blank.
    """

    __module__ = "helmr.types"
    _shown = ("bundle_format_version",)

    content_hash: str
    api_version: str | None = None
    sdk_version: str | None = None
    cli_version: str | None = None
    bundle_format_version: int | None = None
    worker_protocol_version: str | None = None

    # Written out so that a first request does not import attrs.
    def __init__(
        self,
        *,
        content_hash: str,
        api_version: str | None = None,
        sdk_version: str | None = None,
        cli_version: str | None = None,
        bundle_format_version: int | None = None,
        worker_protocol_version: str | None = None,
    ) -> None:
        self.content_hash = content_hash
        self.api_version = api_version
        self.sdk_version = sdk_version
        self.cli_version = cli_version
        self.bundle_format_version = bundle_format_version
        self.worker_protocol_version = worker_protocol_version

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        return cls(
            content_hash=d.pop("content_hash"),
            api_version=d.pop("api_version", None),
            sdk_version=d.pop("sdk_version", None),
            cli_version=d.pop("cli_version", None),
            bundle_format_version=d.pop("bundle_format_version", None),
            worker_protocol_version=d.pop("worker_protocol_version", None),
        )

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            "content_hash": self.content_hash,
        }
        if self.api_version is not None:
            result["api_version"] = self.api_version
        if self.sdk_version is not None:
            result["sdk_version"] = self.sdk_version
        if self.cli_version is not None:
            result["cli_version"] = self.cli_version
        if self.bundle_format_version is not None:
            result["bundle_format_version"] = self.bundle_format_version
        if self.worker_protocol_version is not None:
            result["worker_protocol_version"] = self.worker_protocol_version
        return result
