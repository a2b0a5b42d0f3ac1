# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..model import Model, setters


@lazy_attrs.frozen(kw_only=True, repr=False)
class WorkspaceProcessError(Model):
    """Why an exec or PTY did not end normally; `{}` when it did not. `code` is `workspace_mount_stopped`,
    `workspace_mount_failed` or `workspace_mount_lost`; otherwise the fields are the worker's own.

    Attributes:
        code: What went wrong, for programs.
    """

    __module__ = "helmr.types"
    _shown = ("code",)

    code: str | None = None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_code(made, d.pop("code", None))
        _set_additional_properties(made, d)  # what is left
        if not (made.code is None or type(made.code) is str):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
        }
        if self.code is not None:
            result["code"] = self.code
        return result

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_code,
    _set_additional_properties,
) = setters(WorkspaceProcessError)
