# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset, format_datetime, parse_datetime


@_attrs_define(kw_only=True)
class Task:
    """A task of the environment's current deployment.

    Attributes:
        id: Id of the task in the current deployment; it changes with each deployment.
        task_id: The name by which the task is started.
        bundle_format_version: Format of the bundle. Always 0 in `listTasks`; `getTask` has the real value.
        created_at: When the deployment's task was made.
        file_path: Source file. Omitted when empty.
        export_name: Name of the export in the source file. Omitted when empty.
        handler_entrypoint: Entry point of the task's handler. Omitted when empty.
        bundle_digest: Digest of the task's bundle. Omitted when empty.
        queue_name: The task's default queue. Omitted when empty.
        concurrency_limit: How many runs of the task may execute at once. Omitted when unset.
        ttl: How long a run of the task may stay queued before it expires. Omitted when empty.
    """

    id: str
    task_id: str
    bundle_format_version: int
    created_at: datetime.datetime
    file_path: str | Unset = UNSET
    export_name: str | Unset = UNSET
    handler_entrypoint: str | Unset = UNSET
    bundle_digest: str | Unset = UNSET
    queue_name: str | Unset = UNSET
    concurrency_limit: int | Unset = UNSET
    ttl: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(factory=dict)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read the JSON object; members that the document does not know are kept."""
        d = dict(src_dict)
        _created_at = d.pop("created_at")
        return cls(
            id=d.pop("id"),
            task_id=d.pop("task_id"),
            bundle_format_version=d.pop("bundle_format_version"),
            created_at=parse_datetime(_created_at),
            file_path=d.pop("file_path", UNSET),
            export_name=d.pop("export_name", UNSET),
            handler_entrypoint=d.pop("handler_entrypoint", UNSET),
            bundle_digest=d.pop("bundle_digest", UNSET),
            queue_name=d.pop("queue_name", UNSET),
            concurrency_limit=d.pop("concurrency_limit", UNSET),
            ttl=d.pop("ttl", UNSET),
            additional_properties=d,  # what is left
        )

    def to_dict(self) -> dict[str, Any]:
        """Write the JSON object, without the members that are UNSET."""
        result: dict[str, Any] = {
            **self.additional_properties,
            "id": self.id,
            "task_id": self.task_id,
            "bundle_format_version": self.bundle_format_version,
            "created_at": format_datetime(self.created_at),
        }
        if not isinstance(self.file_path, Unset):
            result["file_path"] = self.file_path
        if not isinstance(self.export_name, Unset):
            result["export_name"] = self.export_name
        if not isinstance(self.handler_entrypoint, Unset):
            result["handler_entrypoint"] = self.handler_entrypoint
        if not isinstance(self.bundle_digest, Unset):
            result["bundle_digest"] = self.bundle_digest
        if not isinstance(self.queue_name, Unset):
            result["queue_name"] = self.queue_name
        if not isinstance(self.concurrency_limit, Unset):
            result["concurrency_limit"] = self.concurrency_limit
        if not isinstance(self.ttl, Unset):
            result["ttl"] = self.ttl
        return result

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties)

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties

    def __iter__(self) -> Iterator[str]:
        return iter(self.additional_properties)
