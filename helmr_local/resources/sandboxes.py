"""`/api/sandboxes`: the environments for tasks and workspaces that the current deployment declares."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any, TypedDict

from ..engine.context import Context
from ..errors import ApiError
from ..http.request import Request
from ..http.response import Response, json_response
from ..ids import new_id
from ..implementation import Sandbox
from ..wire import jsontext
from ..wire.times import format_time
from .base import Resource, handles

_CURRENT = (
    "SELECT s.* FROM environments e JOIN deployment_sandboxes s ON s.deployment_id = e.current_deployment_id"
    " WHERE e.id = ?"
)


class SandboxRow(TypedDict):
    id: str
    deployment_id: str
    sandbox_id: str
    fingerprint: str
    image_artifact_id: str
    image_digest: str
    mount_path: str
    resources: str
    network: str
    created_at: int


class Sandboxes(Resource):
    """The sandboxes of an environment's current deployment."""

    SCHEMA = """
    CREATE TABLE IF NOT EXISTS deployment_sandboxes (
      id TEXT PRIMARY KEY,
      deployment_id TEXT NOT NULL,
      sandbox_id TEXT NOT NULL,
      fingerprint TEXT NOT NULL,
      image_artifact_id TEXT NOT NULL,
      image_digest TEXT NOT NULL,
      mount_path TEXT NOT NULL,
      resources TEXT NOT NULL,
      network TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      UNIQUE (deployment_id, sandbox_id)
    ) WITHOUT ROWID;
    """

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        context.signals.deployed.connect(self._add_declared)

    def _add_declared(self, environment_id: str, deployment_id: str) -> None:
        for sandbox in self.context.catalog.sandboxes():
            self.db.insert("deployment_sandboxes", self._row(sandbox, deployment_id))

    def _row(self, sandbox: Sandbox, deployment_id: str) -> dict[str, Any]:
        network: dict[str, Any] = {"internet": sandbox.internet}
        network |= {"allow": list(sandbox.allow)} if sandbox.allow else {}
        network |= {"deny": list(sandbox.deny)} if sandbox.deny else {}
        resources = {
            "disk_mib": sandbox.disk_mib,
            "milli_cpu": sandbox.milli_cpu,
            "memory_mib": sandbox.memory_mib,
        }
        return {
            "id": new_id(),
            "deployment_id": deployment_id,
            "sandbox_id": sandbox.id,
            "fingerprint": _digest(json.dumps(asdict(sandbox), sort_keys=True)),
            "image_artifact_id": new_id(),
            "image_digest": _digest(sandbox.image),
            "mount_path": sandbox.mount_path,
            "resources": jsontext.encode(resources).decode(),
            "network": jsontext.encode(network).decode(),
            "created_at": self.clock.now(),
        }

    # --- requests ----------------------------------------------------------------------------------

    @handles("listSandboxes")
    async def list_sandboxes(self, request: Request) -> Response:
        request.refuse_scope_query()
        request.authorize()
        rows = self.db.all(f"{_CURRENT} ORDER BY s.sandbox_id", (request.environment_id,), row=SandboxRow)
        return json_response(200, {"sandboxes": [sandbox_view(row) for row in rows]})

    @handles("getSandbox")
    async def get_sandbox(self, request: Request) -> Response:
        request.refuse_scope_query()
        request.authorize()
        name = request.parameters["sandbox_id"]
        row = self.db.one(f"{_CURRENT} AND s.sandbox_id = ?", (request.environment_id, name), row=SandboxRow)
        if row is None:
            raise ApiError(404, "sandbox not found")
        return json_response(200, sandbox_view(row))


def _digest(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def sandbox_view(sandbox: SandboxRow) -> dict[str, Any]:
    resources = jsontext.python(sandbox["resources"])
    return {
        "id": sandbox["id"],
        "deployment_id": sandbox["deployment_id"],
        "sandbox_id": sandbox["sandbox_id"],
        "fingerprint": sandbox["fingerprint"],
        "image_artifact_id": sandbox["image_artifact_id"],
        "image_artifact_format": "oci-tar",
        # There are no images here, so the digests are those of the declarations.
        "rootfs_digest": sandbox["image_digest"],
        "image_digest": sandbox["image_digest"],
        "image_format": "oci-tar",
        "workspace_mount_path": sandbox["mount_path"],
        "resource_floor": resources,
        "disk_floor_mib": resources["disk_mib"],
        "network_policy": jsontext.raw(sandbox["network"]),
        "runtime_abi": "helmr.local.v0",
        "guestd_abi": "helmr.guestd.v0",
        "adapter_abi": "helmr.adapter.v0",
        "filesystem_format": "tar",
        "default_workdir": "",
        "contract_version": 1,
        "created_at": format_time(sandbox["created_at"]),
    }
