# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..formats import format_datetime, parse_datetime
from ..model import Model, setters
from ..models.workspace_file_kind import WorkspaceFileKind


@lazy_attrs.frozen(kw_only=True, repr=False)
class WorkspaceFile(Model):
    """An entry in the directory of a workspace.

    Attributes:
        path: Its path from the root, cleaned, with slashes.
        kind:
            - `file`: a regular file
            - `directory`: a directory
            - `symlink`: a symbolic link, which is never followed
        size_bytes: 0 for directories and symbolic links.
        mode: The mode as Go writes it, not as `st_mode`: the low 9 bits are the permissions, bit 31
            (2147483648) marks a directory and bit 27 (134217728) a symbolic link. A file with 0644 has 420,
            a directory with 0755 has 2147484141.
        name: The last part of `path`. Omitted in `getWorkspaceFile`.
        link_target: The target of a symbolic link. Omitted when empty and for everything else.
        mod_time: When it was modified; archives that Helmr writes have `1970-01-01T00:00:00Z` for
            everything. Omitted for the root and for directories without an entry of their own.
    """

    __module__ = "helmr.types"
    _shown = ("kind", "size_bytes", "mode", "name")

    path: str
    kind: WorkspaceFileKind | str
    size_bytes: int
    mode: int
    name: str | None = None
    link_target: str | None = None
    mod_time: datetime.datetime | None = None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        _mod_time = d.pop("mod_time", None)
        made = cls.__new__(cls)
        _set_path(made, d.pop("path"))
        _set_kind(made, d.pop("kind"))
        _set_size_bytes(made, d.pop("size_bytes"))
        _set_mode(made, d.pop("mode"))
        _set_name(made, d.pop("name", None))
        _set_link_target(made, d.pop("link_target", None))
        _set_mod_time(made, None if _mod_time is None else parse_datetime(_mod_time))
        _set_additional_properties(made, d)  # what is left
        if not (
            type(made.path) is str
            and type(made.kind) is str
            and type(made.size_bytes) is int
            and type(made.mode) is int
            and (made.name is None or type(made.name) is str)
            and (made.link_target is None or type(made.link_target) is str)
        ):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
            "path": self.path,
            "kind": self.kind,
            "size_bytes": self.size_bytes,
            "mode": self.mode,
        }
        if self.name is not None:
            result["name"] = self.name
        if self.link_target is not None:
            result["link_target"] = self.link_target
        if self.mod_time is not None:
            result["mod_time"] = format_datetime(self.mod_time)
        return result

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_path,
    _set_kind,
    _set_size_bytes,
    _set_mode,
    _set_name,
    _set_link_target,
    _set_mod_time,
    _set_additional_properties,
) = setters(WorkspaceFile)
