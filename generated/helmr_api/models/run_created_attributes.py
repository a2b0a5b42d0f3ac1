# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..model import Model, setters

if TYPE_CHECKING:
    from ..models.run_cause import RunCause
    from ..models.run_retry_policy import RunRetryPolicy


@lazy_attrs.frozen(kw_only=True, repr=False)
class RunCreatedAttributes(Model):
    """Attributes of `run.created`. Payload and metadata are not redacted.

    Attributes:
        cause: Why the run was created; empty for the run of a start.
        max_duration_seconds: How long the run may execute.
        metadata: Your own data. Numbers pass through 64-bit floats: integers beyond 2^53 lose
            precision, and numbers outside the range of a float are refused (400).
        payload: The input of the task: any JSON.
        reason: `initial`: a start or a schedule. `input`: a continuation.
        retry_policy: The retry policy that applies to the run, with the fields of `RetryPolicy`.
        secret_names: Names of the secrets that the task declares, sorted.
        tags: The run's tags.
        task_id: The task.
    """

    __module__ = "helmr.types"
    _shown = ("cause", "max_duration_seconds", "retry_policy", "task_id")

    cause: RunCause
    max_duration_seconds: int
    metadata: dict[str, Any]
    payload: Any
    reason: str
    retry_policy: RunRetryPolicy
    secret_names: list[str]
    tags: list[str]
    task_id: str
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.run_cause import RunCause
        from ..models.run_retry_policy import RunRetryPolicy

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_cause(made, RunCause.from_dict(d.pop("cause")))
        _set_max_duration_seconds(made, d.pop("max_duration_seconds"))
        _set_metadata(made, d.pop("metadata"))
        _set_payload(made, d.pop("payload"))
        _set_reason(made, d.pop("reason"))
        _set_retry_policy(made, RunRetryPolicy.from_dict(d.pop("retry_policy")))
        _set_secret_names(made, d.pop("secret_names"))
        _set_tags(made, d.pop("tags"))
        _set_task_id(made, d.pop("task_id"))
        _set_additional_properties(made, d)  # what is left
        if not (
            type(made.max_duration_seconds) is int
            and type(made.metadata) is dict
            and type(made.reason) is str
            and type(made.secret_names) is list
            and all(type(item) is str for item in made.secret_names)
            and type(made.tags) is list
            and all(type(item) is str for item in made.tags)
            and type(made.task_id) is str
        ):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.additional_properties,
            "cause": self.cause.to_dict(),
            "max_duration_seconds": self.max_duration_seconds,
            "metadata": self.metadata,
            "payload": self.payload,
            "reason": self.reason,
            "retry_policy": self.retry_policy.to_dict(),
            "secret_names": self.secret_names,
            "tags": self.tags,
            "task_id": self.task_id,
        }

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_cause,
    _set_max_duration_seconds,
    _set_metadata,
    _set_payload,
    _set_reason,
    _set_retry_policy,
    _set_secret_names,
    _set_tags,
    _set_task_id,
    _set_additional_properties,
) = setters(RunCreatedAttributes)
