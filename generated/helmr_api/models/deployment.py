# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
# A server may send types that contradict the annotations, so `from_dict` checks them.
# pyright: reportUnnecessaryIsInstance=false
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..formats import format_datetime, parse_datetime
from ..model import Model, setters
from ..models.deployment_status import DeploymentStatus

if TYPE_CHECKING:
    from ..models.deployment_error import DeploymentError
    from ..models.deployment_source import DeploymentSource
    from ..models.task import Task


@lazy_attrs.frozen(kw_only=True, repr=False)
class Deployment(Model):
    """One version of the code. Building does not promote it; the current deployment changes only with
    `promoteDeployment`. Deployments cannot be cancelled or deleted.

    Attributes:
        id: The deployment's id.
        version: The date of its creation in UTC and a number, counted from 1 in each environment and
            day: `20260610.1`.
        api_version: The contract version that it was made for.
        bundle_format_version: Format of its bundles; 2.
        worker_protocol_version: `helmr.worker.v1`.
        project_id: The project.
        environment_id: The environment.
        content_hash: `sha256:` and 64 hexadecimal digits: the digest of the archive.
        deployment_source: The uploaded archive.
        status:
            - `queued`: waits for a worker that builds it
            - `building`: a worker builds it
            - `deployed`: built; it can be promoted
            - `failed`: the build failed
        tasks: Its tasks, ordered by `task_id`: in `getCurrentDeployment`, and in `getDeployment` when
            it is `deployed`. Null in the responses of `createDeployment` and `promoteDeployment`, otherwise
            empty.
        created_at: When it was uploaded.
        building_at: When its build started; `0001-01-01T00:00:00Z` before.
        built_at: When it was built; `0001-01-01T00:00:00Z` until then.
        deployed_at: When it became `deployed`; `0001-01-01T00:00:00Z` before.
        failed_at: When it became `failed`; `0001-01-01T00:00:00Z` before.
        sdk_version: The SDK that it was made with. Omitted when empty.
        cli_version: The command-line client that uploaded it. Omitted when empty.
        build_manifest_digest: Digest of the build. Omitted until it is built.
        deployment_manifest_digest: Digest of the result. Omitted until it is built.
        error: Why the build failed. Omitted unless it failed with a message.
    """

    __module__ = "helmr.types"
    _shown = ("id", "bundle_format_version", "deployment_source", "status", "tasks", "error")

    id: str
    version: str
    api_version: str
    bundle_format_version: int
    worker_protocol_version: str
    project_id: str
    environment_id: str
    content_hash: str
    deployment_source: DeploymentSource
    status: DeploymentStatus | str
    tasks: list[Task] | None
    created_at: datetime.datetime
    building_at: datetime.datetime
    built_at: datetime.datetime
    deployed_at: datetime.datetime
    failed_at: datetime.datetime
    sdk_version: str | None = None
    cli_version: str | None = None
    build_manifest_digest: str | None = None
    deployment_manifest_digest: str | None = None
    error: DeploymentError | None = None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.deployment_error import DeploymentError
        from ..models.deployment_source import DeploymentSource
        from ..models.task import Task

        d = dict(src_dict)
        _tasks = d.pop("tasks")
        _error = d.pop("error", None)
        made = cls.__new__(cls)
        _set_id(made, d.pop("id"))
        _set_version(made, d.pop("version"))
        _set_api_version(made, d.pop("api_version"))
        _set_bundle_format_version(made, d.pop("bundle_format_version"))
        _set_worker_protocol_version(made, d.pop("worker_protocol_version"))
        _set_project_id(made, d.pop("project_id"))
        _set_environment_id(made, d.pop("environment_id"))
        _set_content_hash(made, d.pop("content_hash"))
        _set_deployment_source(made, DeploymentSource.from_dict(d.pop("deployment_source")))
        _set_status(made, d.pop("status"))
        _set_tasks(made, None if _tasks is None else [Task.from_dict(item) for item in _tasks])
        _set_created_at(made, parse_datetime(d.pop("created_at")))
        _set_building_at(made, parse_datetime(d.pop("building_at")))
        _set_built_at(made, parse_datetime(d.pop("built_at")))
        _set_deployed_at(made, parse_datetime(d.pop("deployed_at")))
        _set_failed_at(made, parse_datetime(d.pop("failed_at")))
        _set_sdk_version(made, d.pop("sdk_version", None))
        _set_cli_version(made, d.pop("cli_version", None))
        _set_build_manifest_digest(made, d.pop("build_manifest_digest", None))
        _set_deployment_manifest_digest(made, d.pop("deployment_manifest_digest", None))
        _set_error(made, None if _error is None else DeploymentError.from_dict(_error))
        _set_additional_properties(made, d)  # what is left
        if not (
            type(made.id) is str
            and type(made.version) is str
            and type(made.api_version) is str
            and type(made.bundle_format_version) is int
            and type(made.worker_protocol_version) is str
            and type(made.project_id) is str
            and type(made.environment_id) is str
            and type(made.content_hash) is str
            and type(made.status) is str
            and (
                made.tasks is None
                or type(made.tasks) is list
                and all(isinstance(item, Model) for item in made.tasks)
            )
            and (made.sdk_version is None or type(made.sdk_version) is str)
            and (made.cli_version is None or type(made.cli_version) is str)
            and (made.build_manifest_digest is None or type(made.build_manifest_digest) is str)
            and (made.deployment_manifest_digest is None or type(made.deployment_manifest_digest) is str)
        ):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
            "id": self.id,
            "version": self.version,
            "api_version": self.api_version,
            "bundle_format_version": self.bundle_format_version,
            "worker_protocol_version": self.worker_protocol_version,
            "project_id": self.project_id,
            "environment_id": self.environment_id,
            "content_hash": self.content_hash,
            "deployment_source": self.deployment_source.to_dict(),
            "status": self.status,
            "tasks": None if self.tasks is None else [item.to_dict() for item in self.tasks],
            "created_at": format_datetime(self.created_at),
            "building_at": format_datetime(self.building_at),
            "built_at": format_datetime(self.built_at),
            "deployed_at": format_datetime(self.deployed_at),
            "failed_at": format_datetime(self.failed_at),
        }
        if self.sdk_version is not None:
            result["sdk_version"] = self.sdk_version
        if self.cli_version is not None:
            result["cli_version"] = self.cli_version
        if self.build_manifest_digest is not None:
            result["build_manifest_digest"] = self.build_manifest_digest
        if self.deployment_manifest_digest is not None:
            result["deployment_manifest_digest"] = self.deployment_manifest_digest
        if self.error is not None:
            result["error"] = self.error.to_dict()
        return result

    def __hash__(self) -> int:
        return hash(self.id)


(
    _set_id,
    _set_version,
    _set_api_version,
    _set_bundle_format_version,
    _set_worker_protocol_version,
    _set_project_id,
    _set_environment_id,
    _set_content_hash,
    _set_deployment_source,
    _set_status,
    _set_tasks,
    _set_created_at,
    _set_building_at,
    _set_built_at,
    _set_deployed_at,
    _set_failed_at,
    _set_sdk_version,
    _set_cli_version,
    _set_build_manifest_digest,
    _set_deployment_manifest_digest,
    _set_error,
    _set_additional_properties,
) = setters(Deployment)
