# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..model import Model, setters

if TYPE_CHECKING:
    from ..models.workspace_file import WorkspaceFile


@lazy_attrs.frozen(kw_only=True, repr=False)
class WorkspaceFileList(Model):
    """A page of a directory.

    Attributes:
        path: The path as it was sent, without surrounding white space; `.` for the root.
        entries: Sorted by the bytes of `path`, at most `limit`.
        next_cursor: The last returned path. Only when there are more.
    """

    __module__ = "helmr.types"
    _shown = ("entries",)

    path: str
    entries: list[WorkspaceFile]
    next_cursor: str | None = None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.workspace_file import WorkspaceFile

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_path(made, d.pop("path"))
        _set_entries(made, [WorkspaceFile.from_dict(item) for item in d.pop("entries")])
        _set_next_cursor(made, d.pop("next_cursor", None))
        _set_additional_properties(made, d)  # what is left
        if not (type(made.path) is str and (made.next_cursor is None or type(made.next_cursor) is str)):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
            "path": self.path,
            "entries": [item.to_dict() for item in self.entries],
        }
        if self.next_cursor is not None:
            result["next_cursor"] = self.next_cursor
        return result

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_path,
    _set_entries,
    _set_next_cursor,
    _set_additional_properties,
) = setters(WorkspaceFileList)
