# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..model import Model, setters


@lazy_attrs.frozen(kw_only=True, repr=False)
class ErrorEnvelope(Model):
    """The body of every error, and of the 202 response to a start whose key is in use.

    Attributes:
        error: A message for people. Do not branch on it.
        code: An error code for programs. Only with the errors whose description names it; each
            operation lists the codes that it returns.
    """

    __module__ = "helmr.types"
    _shown = ("error", "code")

    error: str
    code: str | None = None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_error(made, d.pop("error"))
        _set_code(made, d.pop("code", None))
        _set_additional_properties(made, d)  # what is left
        if not (type(made.error) is str and (made.code is None or type(made.code) is str)):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
            "error": self.error,
        }
        if self.code is not None:
            result["code"] = self.code
        return result

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_error,
    _set_code,
    _set_additional_properties,
) = setters(ErrorEnvelope)
