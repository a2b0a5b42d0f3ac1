# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..model import Model, setters

if TYPE_CHECKING:
    from ..models.run_retry_backoff import RunRetryBackoff


@lazy_attrs.frozen(kw_only=True, repr=False)
class RunRetryPolicy(Model):
    """The retry policy that applies to the run, with the fields of `RetryPolicy`.

    Attributes:
        enabled: False for no retry.
        max_attempts: The total number of attempts.
        backoff: The backoff that applies to the run, with the fields of `RetryBackoff`.
    """

    __module__ = "helmr.types"
    _shown = ("enabled", "max_attempts", "backoff")
    _wire_names = {"max_attempts": "maxAttempts"}

    enabled: bool | None = None
    max_attempts: int | None = None
    backoff: RunRetryBackoff | None = None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.run_retry_backoff import RunRetryBackoff

        d = dict(src_dict)
        _backoff = d.pop("backoff", None)
        made = cls.__new__(cls)
        _set_enabled(made, d.pop("enabled", None))
        _set_max_attempts(made, d.pop("maxAttempts", None))
        _set_backoff(made, None if _backoff is None else RunRetryBackoff.from_dict(_backoff))
        _set_additional_properties(made, d)  # what is left
        if not (
            (made.enabled is None or type(made.enabled) is bool)
            and (made.max_attempts is None or type(made.max_attempts) is int)
        ):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
        }
        if self.enabled is not None:
            result["enabled"] = self.enabled
        if self.max_attempts is not None:
            result["maxAttempts"] = self.max_attempts
        if self.backoff is not None:
            result["backoff"] = self.backoff.to_dict()
        return result

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_enabled,
    _set_max_attempts,
    _set_backoff,
    _set_additional_properties,
) = setters(RunRetryPolicy)
