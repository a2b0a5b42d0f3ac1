# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..model import Model, setters


@lazy_attrs.frozen(kw_only=True, repr=False)
class RunFailureDetail(Model):
    """More about a failure.

    Attributes:
        exit_code: The exit code. Only with `task_failed`.
        message: What happened. With every kind except `task_failed`.
        limit_seconds: The limit. Only with `max_duration`.
    """

    __module__ = "helmr.types"
    _shown = ("exit_code", "limit_seconds")

    exit_code: int | None = None
    message: str | None = None
    limit_seconds: int | None = None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_exit_code(made, d.pop("exit_code", None))
        _set_message(made, d.pop("message", None))
        _set_limit_seconds(made, d.pop("limit_seconds", None))
        _set_additional_properties(made, d)  # what is left
        if not (
            (made.exit_code is None or type(made.exit_code) is int)
            and (made.message is None or type(made.message) is str)
            and (made.limit_seconds is None or type(made.limit_seconds) is int)
        ):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
        }
        if self.exit_code is not None:
            result["exit_code"] = self.exit_code
        if self.message is not None:
            result["message"] = self.message
        if self.limit_seconds is not None:
            result["limit_seconds"] = self.limit_seconds
        return result

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_exit_code,
    _set_message,
    _set_limit_seconds,
    _set_additional_properties,
) = setters(RunFailureDetail)
