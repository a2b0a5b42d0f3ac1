# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..model import Model, setters

if TYPE_CHECKING:
    from ..models.pty import Pty


@lazy_attrs.frozen(kw_only=True, repr=False)
class PtyEnvelope(Model):
    """A PTY.

    Attributes:
        pty: The current state of the PTY.
        is_cached: True when it is the PTY of a known idempotency key. Omitted otherwise.
    """

    __module__ = "helmr.types"
    _shown = ("pty", "is_cached")

    pty: Pty
    is_cached: bool | None = None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.pty import Pty

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_pty(made, Pty.from_dict(d.pop("pty")))
        _set_is_cached(made, d.pop("is_cached", None))
        _set_additional_properties(made, d)  # what is left
        if not (made.is_cached is None or type(made.is_cached) is bool):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
            "pty": self.pty.to_dict(),
        }
        if self.is_cached is not None:
            result["is_cached"] = self.is_cached
        return result

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_pty,
    _set_is_cached,
    _set_additional_properties,
) = setters(PtyEnvelope)
