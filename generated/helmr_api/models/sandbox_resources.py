# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..model import Model, setters


@lazy_attrs.frozen(kw_only=True, repr=False)
class SandboxResources(Model):
    """The minimum resources that the sandbox needs.

    Attributes:
        disk_mib: Disk space in MiB.
        milli_cpu: Thousandths of a CPU.
        memory_mib: Memory in MiB.
    """

    __module__ = "helmr.types"
    _shown = ("disk_mib", "milli_cpu", "memory_mib")

    disk_mib: int
    milli_cpu: int
    memory_mib: int
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_disk_mib(made, d.pop("disk_mib"))
        _set_milli_cpu(made, d.pop("milli_cpu"))
        _set_memory_mib(made, d.pop("memory_mib"))
        _set_additional_properties(made, d)  # what is left
        if not (type(made.disk_mib) is int and type(made.milli_cpu) is int and type(made.memory_mib) is int):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.additional_properties,
            "disk_mib": self.disk_mib,
            "milli_cpu": self.milli_cpu,
            "memory_mib": self.memory_mib,
        }

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_disk_mib,
    _set_milli_cpu,
    _set_memory_mib,
    _set_additional_properties,
) = setters(SandboxResources)
