# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..model import Model, setters
from ..models.stream_end_state import StreamEndState

if TYPE_CHECKING:
    from ..models.workspace_process_error import WorkspaceProcessError


@lazy_attrs.frozen(kw_only=True, repr=False)
class StreamEnd(Model):
    """How the exec or PTY of a stream ended. Nothing follows.

    Attributes:
        resource_kind: `workspace_exec` or `workspace_pty`.
        resource_id: The exec or PTY.
        stream: `stdout`, `stderr` or `output`.
        state:
            - `exited`: the exec has ended
            - `terminated`: the workspace of the exec was stopped
            - `closed`: the PTY was closed or its workspace stopped
            - `failed`: it could not be started or run
            - `lost`: the mount was lost or failed
        cursor: The bytes of the stream; the request's cursor when that is greater.
        error: Why an exec or PTY did not end normally; `{}` when it did not. `code` is
            `workspace_mount_stopped`, `workspace_mount_failed` or `workspace_mount_lost`; otherwise the
            fields are the worker's own.
    """

    __module__ = "helmr.types"
    _shown = ("resource_kind", "state", "cursor", "error")

    resource_kind: str
    resource_id: str
    stream: str
    state: StreamEndState | str
    cursor: int
    error: WorkspaceProcessError
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.workspace_process_error import WorkspaceProcessError

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_resource_kind(made, d.pop("resource_kind"))
        _set_resource_id(made, d.pop("resource_id"))
        _set_stream(made, d.pop("stream"))
        _set_state(made, d.pop("state"))
        _set_cursor(made, d.pop("cursor"))
        _set_error(made, WorkspaceProcessError.from_dict(d.pop("error")))
        _set_additional_properties(made, d)  # what is left
        if not (
            type(made.resource_kind) is str
            and type(made.resource_id) is str
            and type(made.stream) is str
            and type(made.state) is str
            and type(made.cursor) is int
        ):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.additional_properties,
            "resource_kind": self.resource_kind,
            "resource_id": self.resource_id,
            "stream": self.stream,
            "state": self.state,
            "cursor": self.cursor,
            "error": self.error.to_dict(),
        }

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_resource_kind,
    _set_resource_id,
    _set_stream,
    _set_state,
    _set_cursor,
    _set_error,
    _set_additional_properties,
) = setters(StreamEnd)
