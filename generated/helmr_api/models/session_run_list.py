# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..model import Model, setters

if TYPE_CHECKING:
    from ..models.session_run import SessionRun


@lazy_attrs.frozen(kw_only=True, repr=False)
class SessionRunList(Model):
    """All runs of a session.

    Attributes:
        runs: Ordered by `turn_index`.
    """

    __module__ = "helmr.types"
    _shown = ("runs",)

    runs: list[SessionRun]
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.session_run import SessionRun

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_runs(made, [SessionRun.from_dict(item) for item in d.pop("runs")])
        _set_additional_properties(made, d)  # what is left
        return made

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.additional_properties,
            "runs": [item.to_dict() for item in self.runs],
        }

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_runs,
    _set_additional_properties,
) = setters(SessionRunList)
