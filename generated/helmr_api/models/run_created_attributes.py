# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.metadata import Metadata
    from ..models.run_cause import RunCause
    from ..models.run_retry_policy import RunRetryPolicy


@_attrs_define(kw_only=True)
class RunCreatedAttributes:
    """Attributes of `run.created`. Payload and metadata are not redacted.

    Attributes:
        cause: Why the run was made; empty for the run of a start.
        max_duration_seconds: How long the run may execute.
        metadata: Free data of yours. Numbers pass through 64-bit floats: integers beyond 2^53 lose precision, and numbers
            outside the range of a float are refused (400).
        payload: Any JSON. What the task is given.
        reason: `initial`: a start or a schedule. `input`: a continuation.
        retry_policy: The retry policy that holds for the run, with the members of `RetryPolicy`.
        secret_names: Names of the secrets that the task declares, sorted.
        tags: The run's tags.
        task_id: The task.
    """

    cause: RunCause
    max_duration_seconds: int
    metadata: Metadata
    payload: Any
    reason: str
    retry_policy: RunRetryPolicy
    secret_names: list[str]
    tags: list[str]
    task_id: str
    additional_properties: dict[str, Any] = _attrs_field(factory=dict)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read the JSON object; members that the document does not know are kept."""
        from ..models.metadata import Metadata
        from ..models.run_cause import RunCause
        from ..models.run_retry_policy import RunRetryPolicy

        d = dict(src_dict)
        _cause = d.pop("cause")
        _metadata = d.pop("metadata")
        _retry_policy = d.pop("retry_policy")
        return cls(
            cause=RunCause.from_dict(_cause),
            max_duration_seconds=d.pop("max_duration_seconds"),
            metadata=Metadata.from_dict(_metadata),
            payload=d.pop("payload"),
            reason=d.pop("reason"),
            retry_policy=RunRetryPolicy.from_dict(_retry_policy),
            secret_names=d.pop("secret_names"),
            tags=d.pop("tags"),
            task_id=d.pop("task_id"),
            additional_properties=d,  # what is left
        )

    def to_dict(self) -> dict[str, Any]:
        """Write the JSON object, without the members that are UNSET."""
        result: dict[str, Any] = {
            **self.additional_properties,
            "cause": self.cause.to_dict(),
            "max_duration_seconds": self.max_duration_seconds,
            "metadata": self.metadata.to_dict(),
            "payload": self.payload,
            "reason": self.reason,
            "retry_policy": self.retry_policy.to_dict(),
            "secret_names": self.secret_names,
            "tags": self.tags,
            "task_id": self.task_id,
        }
        return result

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties)

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties

    def __iter__(self) -> Iterator[str]:
        return iter(self.additional_properties)
