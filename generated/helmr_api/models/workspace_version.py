# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..formats import format_datetime, parse_datetime
from ..model import Model, setters
from ..models.workspace_version_kind import WorkspaceVersionKind


@lazy_attrs.frozen(kw_only=True, repr=False)
class WorkspaceVersion(Model):
    """The files of a workspace at one point in time.

    Attributes:
        id: The version's id.
        workspace_id: The workspace.
        kind:
            - `user`: published by a run that ended
            - `system`: the first version, or one that was stored when a workspace with changed files was stopped or
              a run was parked while it waits; `message` says which
        state: `ready`.
        content_digest: `sha256:` and 64 hexadecimal digits: the digest of the archive.
        size_bytes: Size of the archive.
        artifact_encoding: `tar`.
        artifact_entry_count: How many entries the archive has.
        created_at: When it was stored.
        parent_version_id: The version before. Omitted for the first.
        message: `initial empty workspace`, `system capture before workspace stop` or `system capture
            before parked wait`. Omitted for versions that runs published.
        promoted_at: When it became the current version. Omitted when it did not.
    """

    __module__ = "helmr.types"
    _shown = ("id", "kind", "size_bytes", "artifact_entry_count")

    id: str
    workspace_id: str
    kind: WorkspaceVersionKind | str
    state: str
    content_digest: str
    size_bytes: int
    artifact_encoding: str
    artifact_entry_count: int
    created_at: datetime.datetime
    parent_version_id: str | None = None
    message: str | None = None
    promoted_at: datetime.datetime | None = None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        _promoted_at = d.pop("promoted_at", None)
        made = cls.__new__(cls)
        _set_id(made, d.pop("id"))
        _set_workspace_id(made, d.pop("workspace_id"))
        _set_kind(made, d.pop("kind"))
        _set_state(made, d.pop("state"))
        _set_content_digest(made, d.pop("content_digest"))
        _set_size_bytes(made, d.pop("size_bytes"))
        _set_artifact_encoding(made, d.pop("artifact_encoding"))
        _set_artifact_entry_count(made, d.pop("artifact_entry_count"))
        _set_created_at(made, parse_datetime(d.pop("created_at")))
        _set_parent_version_id(made, d.pop("parent_version_id", None))
        _set_message(made, d.pop("message", None))
        _set_promoted_at(made, None if _promoted_at is None else parse_datetime(_promoted_at))
        _set_additional_properties(made, d)  # what is left
        if not (
            type(made.id) is str
            and type(made.workspace_id) is str
            and type(made.kind) is str
            and type(made.state) is str
            and type(made.content_digest) is str
            and type(made.size_bytes) is int
            and type(made.artifact_encoding) is str
            and type(made.artifact_entry_count) is int
            and (made.parent_version_id is None or type(made.parent_version_id) is str)
            and (made.message is None or type(made.message) is str)
        ):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
            "id": self.id,
            "workspace_id": self.workspace_id,
            "kind": self.kind,
            "state": self.state,
            "content_digest": self.content_digest,
            "size_bytes": self.size_bytes,
            "artifact_encoding": self.artifact_encoding,
            "artifact_entry_count": self.artifact_entry_count,
            "created_at": format_datetime(self.created_at),
        }
        if self.parent_version_id is not None:
            result["parent_version_id"] = self.parent_version_id
        if self.message is not None:
            result["message"] = self.message
        if self.promoted_at is not None:
            result["promoted_at"] = format_datetime(self.promoted_at)
        return result

    def __hash__(self) -> int:
        return hash(self.id)


(
    _set_id,
    _set_workspace_id,
    _set_kind,
    _set_state,
    _set_content_digest,
    _set_size_bytes,
    _set_artifact_encoding,
    _set_artifact_entry_count,
    _set_created_at,
    _set_parent_version_id,
    _set_message,
    _set_promoted_at,
    _set_additional_properties,
) = setters(WorkspaceVersion)
