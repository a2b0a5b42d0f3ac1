# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..formats import format_datetime, parse_datetime
from ..model import Model, setters


@lazy_attrs.frozen(kw_only=True, repr=False)
class Task(Model):
    """A task of the environment's current deployment.

    Attributes:
        id: Id of the task in the current deployment; it changes with each deployment.
        task_id: The name used to start the task.
        bundle_format_version: Format of the bundle. Always 0 in `listTasks`; `getTask` has the real
            value.
        created_at: When the deployment's task was created.
        file_path: Source file. Omitted when empty.
        export_name: Name of the export in the source file. Omitted when empty.
        handler_entrypoint: Entry point of the task's handler. Omitted when empty.
        bundle_digest: Digest of the task's bundle. Omitted when empty.
        queue_name: The task's default queue. Omitted when empty.
        concurrency_limit: How many runs of the task may execute at once. Omitted when unset.
        ttl: How long a run of the task may stay queued before it expires. Omitted when empty.
    """

    __module__ = "helmr.types"
    _shown = ("id", "task_id", "bundle_format_version", "concurrency_limit")

    id: str
    task_id: str
    bundle_format_version: int
    created_at: datetime.datetime
    file_path: str | None = None
    export_name: str | None = None
    handler_entrypoint: str | None = None
    bundle_digest: str | None = None
    queue_name: str | None = None
    concurrency_limit: int | None = None
    ttl: str | None = None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_id(made, d.pop("id"))
        _set_task_id(made, d.pop("task_id"))
        _set_bundle_format_version(made, d.pop("bundle_format_version"))
        _set_created_at(made, parse_datetime(d.pop("created_at")))
        _set_file_path(made, d.pop("file_path", None))
        _set_export_name(made, d.pop("export_name", None))
        _set_handler_entrypoint(made, d.pop("handler_entrypoint", None))
        _set_bundle_digest(made, d.pop("bundle_digest", None))
        _set_queue_name(made, d.pop("queue_name", None))
        _set_concurrency_limit(made, d.pop("concurrency_limit", None))
        _set_ttl(made, d.pop("ttl", None))
        _set_additional_properties(made, d)  # what is left
        if not (
            type(made.id) is str
            and type(made.task_id) is str
            and type(made.bundle_format_version) is int
            and (made.file_path is None or type(made.file_path) is str)
            and (made.export_name is None or type(made.export_name) is str)
            and (made.handler_entrypoint is None or type(made.handler_entrypoint) is str)
            and (made.bundle_digest is None or type(made.bundle_digest) is str)
            and (made.queue_name is None or type(made.queue_name) is str)
            and (made.concurrency_limit is None or type(made.concurrency_limit) is int)
            and (made.ttl is None or type(made.ttl) is str)
        ):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
            "id": self.id,
            "task_id": self.task_id,
            "bundle_format_version": self.bundle_format_version,
            "created_at": format_datetime(self.created_at),
        }
        if self.file_path is not None:
            result["file_path"] = self.file_path
        if self.export_name is not None:
            result["export_name"] = self.export_name
        if self.handler_entrypoint is not None:
            result["handler_entrypoint"] = self.handler_entrypoint
        if self.bundle_digest is not None:
            result["bundle_digest"] = self.bundle_digest
        if self.queue_name is not None:
            result["queue_name"] = self.queue_name
        if self.concurrency_limit is not None:
            result["concurrency_limit"] = self.concurrency_limit
        if self.ttl is not None:
            result["ttl"] = self.ttl
        return result

    def __hash__(self) -> int:
        return hash(self.id)


(
    _set_id,
    _set_task_id,
    _set_bundle_format_version,
    _set_created_at,
    _set_file_path,
    _set_export_name,
    _set_handler_entrypoint,
    _set_bundle_digest,
    _set_queue_name,
    _set_concurrency_limit,
    _set_ttl,
    _set_additional_properties,
) = setters(Task)
