# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..model import Model, setters

if TYPE_CHECKING:
    from ..models.exec_ import Exec


@lazy_attrs.frozen(kw_only=True, repr=False)
class ExecEnvelope(Model):
    """An exec.

    Attributes:
        exec_: The current state of the exec.
        is_cached: True when it is the exec of a known idempotency key. Omitted otherwise.
    """

    __module__ = "helmr.types"
    _shown = ("exec_", "is_cached")
    _wire_names = {"exec_": "exec"}

    exec_: Exec
    is_cached: bool | None = None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.exec_ import Exec

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_exec_(made, Exec.from_dict(d.pop("exec")))
        _set_is_cached(made, d.pop("is_cached", None))
        _set_additional_properties(made, d)  # what is left
        if not (made.is_cached is None or type(made.is_cached) is bool):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
            "exec": self.exec_.to_dict(),
        }
        if self.is_cached is not None:
            result["is_cached"] = self.is_cached
        return result

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_exec_,
    _set_is_cached,
    _set_additional_properties,
) = setters(ExecEnvelope)
