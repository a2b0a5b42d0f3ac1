# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..formats import format_datetime, parse_datetime
from ..model import Model, setters

if TYPE_CHECKING:
    from ..models.sandbox_network_policy import SandboxNetworkPolicy
    from ..models.sandbox_resources import SandboxResources


@lazy_attrs.frozen(kw_only=True, repr=False)
class Sandbox(Model):
    """A sandbox of the current deployment: the image, the minimum resources and the network rules that a
    workspace is mounted with.

    Attributes:
        id: Id of the sandbox in this deployment; it changes with each deployment. Workspaces name it
            `deployment_sandbox_id`.
        deployment_id: The deployment that declares it.
        sandbox_id: The name in its declaration.
        fingerprint: Identical for identical declarations.
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
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.sandbox_network_policy import SandboxNetworkPolicy
        from ..models.sandbox_resources import SandboxResources

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_id(made, d.pop("id"))
        _set_deployment_id(made, d.pop("deployment_id"))
        _set_sandbox_id(made, d.pop("sandbox_id"))
        _set_fingerprint(made, d.pop("fingerprint"))
        _set_image_artifact_id(made, d.pop("image_artifact_id"))
        _set_image_artifact_format(made, d.pop("image_artifact_format"))
        _set_rootfs_digest(made, d.pop("rootfs_digest"))
        _set_image_digest(made, d.pop("image_digest"))
        _set_image_format(made, d.pop("image_format"))
        _set_workspace_mount_path(made, d.pop("workspace_mount_path"))
        _set_resource_floor(made, SandboxResources.from_dict(d.pop("resource_floor")))
        _set_disk_floor_mib(made, d.pop("disk_floor_mib"))
        _set_network_policy(made, SandboxNetworkPolicy.from_dict(d.pop("network_policy")))
        _set_runtime_abi(made, d.pop("runtime_abi"))
        _set_guestd_abi(made, d.pop("guestd_abi"))
        _set_adapter_abi(made, d.pop("adapter_abi"))
        _set_filesystem_format(made, d.pop("filesystem_format"))
        _set_default_workdir(made, d.pop("default_workdir"))
        _set_contract_version(made, d.pop("contract_version"))
        _set_created_at(made, parse_datetime(d.pop("created_at")))
        _set_default_uid(made, d.pop("default_uid", None))
        _set_default_gid(made, d.pop("default_gid", None))
        _set_additional_properties(made, d)  # what is left
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


(
    _set_id,
    _set_deployment_id,
    _set_sandbox_id,
    _set_fingerprint,
    _set_image_artifact_id,
    _set_image_artifact_format,
    _set_rootfs_digest,
    _set_image_digest,
    _set_image_format,
    _set_workspace_mount_path,
    _set_resource_floor,
    _set_disk_floor_mib,
    _set_network_policy,
    _set_runtime_abi,
    _set_guestd_abi,
    _set_adapter_abi,
    _set_filesystem_format,
    _set_default_workdir,
    _set_contract_version,
    _set_created_at,
    _set_default_uid,
    _set_default_gid,
    _set_additional_properties,
) = setters(Sandbox)
