# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..model import Model, setters


@lazy_attrs.frozen(kw_only=True, repr=False)
class SessionWaitOptions(Model):
    """How long to wait for the run.

    Attributes:
        timeout_seconds: Any JSON; intended as the maximum wait in seconds. The server ignores it and
            waits 30 seconds.
    """

    __module__ = "helmr.types"
    _keeps_null = ("timeout_seconds",)

    timeout_seconds: Any = None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_timeout_seconds(made, None if d.get("timeout_seconds") is None else d.pop("timeout_seconds"))
        _set_additional_properties(made, d)  # what is left
        return made

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
        }
        if self.timeout_seconds is not None:
            result["timeout_seconds"] = self.timeout_seconds
        return result

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_timeout_seconds,
    _set_additional_properties,
) = setters(SessionWaitOptions)
