# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

import attrs

from ..formats import format_datetime, parse_datetime
from ..model import Model

if TYPE_CHECKING:
    from ..models.sandbox_network_policy import SandboxNetworkPolicy
    from ..models.sandbox_resources import SandboxResources


@attrs.frozen(kw_only=True, repr=False)
class Sandbox(Model):
    """A sandbox of the current deployment: the image, the minimum resources and the network rules that a
    workspace is mounted with.

    Attributes:
        id: Id of the sandbox in this deployment; it changes with each deployment. Workspaces name it
            `deployment_sandbox_id`.
        deployment_id: The deployment that declares it.
        sandbox_id: The name in its declaration.
        fingerprint: Equal for equal declarations.
        image_artifact_id: The stored image.
        image_artifact_format: `oci-tar`.
        rootfs_digest: Digest of the root file system.
        image_digest: Digest of the image.
        image_format: `oci-tar`.
        workspace_mount_path: Where the workspace is mounted.
        resource_floor: The minimum resources that the sandbox needs.
        disk_floor_mib: The minimum disk space in MiB.
        network_policy: The network access of the sandbox.
        runtime_abi: Interface of the runtime.
        guestd_abi: `helmr.guestd.v0`.
        adapter_abi: `helmr.adapter.v0`.
        filesystem_format: `tar`.
        default_workdir: The working directory of commands; an empty string when not declared.
        contract_version: Version of this description; 1.
        created_at: When it was deployed.
        default_uid: The user that commands run as. Omitted when not declared; no server sets it yet.
        default_gid: The group that commands run as. Omitted when not declared; no server sets it yet.
    """

    __module__ = "helmr.types"
    _shown = (
        "id",
        "sandbox_id",
        "resource_floor",
        "disk_floor_mib",
        "network_policy",
        "contract_version",
        "default_uid",
        "default_gid",
    )

    id: str
    deployment_id: str
    sandbox_id: str
    fingerprint: str
    image_artifact_id: str
    image_artifact_format: str
    rootfs_digest: str
    image_digest: str
    image_format: str
    workspace_mount_path: str
    resource_floor: SandboxResources
    disk_floor_mib: int
    network_policy: SandboxNetworkPolicy
    runtime_abi: str
    guestd_abi: str
    adapter_abi: str
    filesystem_format: str
    default_workdir: str
    contract_version: int
    created_at: datetime.datetime
    default_uid: int | None = None
    default_gid: int | None = None
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.sandbox_network_policy import SandboxNetworkPolicy
        from ..models.sandbox_resources import SandboxResources

        d = dict(src_dict)
        made = cls(
            id=d.pop("id"),
            deployment_id=d.pop("deployment_id"),
            sandbox_id=d.pop("sandbox_id"),
            fingerprint=d.pop("fingerprint"),
            image_artifact_id=d.pop("image_artifact_id"),
            image_artifact_format=d.pop("image_artifact_format"),
            rootfs_digest=d.pop("rootfs_digest"),
            image_digest=d.pop("image_digest"),
            image_format=d.pop("image_format"),
            workspace_mount_path=d.pop("workspace_mount_path"),
            resource_floor=SandboxResources.from_dict(d.pop("resource_floor")),
            disk_floor_mib=d.pop("disk_floor_mib"),
            network_policy=SandboxNetworkPolicy.from_dict(d.pop("network_policy")),
            runtime_abi=d.pop("runtime_abi"),
            guestd_abi=d.pop("guestd_abi"),
            adapter_abi=d.pop("adapter_abi"),
            filesystem_format=d.pop("filesystem_format"),
            default_workdir=d.pop("default_workdir"),
            contract_version=d.pop("contract_version"),
            created_at=parse_datetime(d.pop("created_at")),
            default_uid=d.pop("default_uid", None),
            default_gid=d.pop("default_gid", None),
            additional_properties=d,  # what is left
        )
        if not (
            type(made.id) is str
            and type(made.deployment_id) is str
            and type(made.sandbox_id) is str
            and type(made.fingerprint) is str
            and type(made.image_artifact_id) is str
            and type(made.image_artifact_format) is str
            and type(made.rootfs_digest) is str
            and type(made.image_digest) is str
            and type(made.image_format) is str
            and type(made.workspace_mount_path) is str
            and type(made.disk_floor_mib) is int
            and type(made.runtime_abi) is str
            and type(made.guestd_abi) is str
            and type(made.adapter_abi) is str
            and type(made.filesystem_format) is str
            and type(made.default_workdir) is str
            and type(made.contract_version) is int
            and (made.default_uid is None or type(made.default_uid) is int)
            and (made.default_gid is None or type(made.default_gid) is int)
        ):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
            "id": self.id,
            "deployment_id": self.deployment_id,
            "sandbox_id": self.sandbox_id,
            "fingerprint": self.fingerprint,
            "image_artifact_id": self.image_artifact_id,
            "image_artifact_format": self.image_artifact_format,
            "rootfs_digest": self.rootfs_digest,
            "image_digest": self.image_digest,
            "image_format": self.image_format,
            "workspace_mount_path": self.workspace_mount_path,
            "resource_floor": self.resource_floor.to_dict(),
            "disk_floor_mib": self.disk_floor_mib,
            "network_policy": self.network_policy.to_dict(),
            "runtime_abi": self.runtime_abi,
            "guestd_abi": self.guestd_abi,
            "adapter_abi": self.adapter_abi,
            "filesystem_format": self.filesystem_format,
            "default_workdir": self.default_workdir,
            "contract_version": self.contract_version,
            "created_at": format_datetime(self.created_at),
        }
        if self.default_uid is not None:
            result["default_uid"] = self.default_uid
        if self.default_gid is not None:
            result["default_gid"] = self.default_gid
        return result

    def __hash__(self) -> int:
        return hash(self.id)
