# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..model import Model, setters


@lazy_attrs.frozen(kw_only=True, repr=False)
class RunCounts(Model):
    """How many runs the environment has in each status.

    Attributes:
        queued: Runs that wait for a worker.
        running: Runs that a worker has.
        waiting: Parked runs.
        succeeded: Runs that succeeded.
        failed: Runs that failed.
        cancelled: Cancelled runs.
        expired: Runs that were never started in time.
    """

    __module__ = "helmr.types"
    _shown = ("queued", "running", "waiting", "succeeded", "failed", "cancelled", "expired")

    queued: int
    running: int
    waiting: int
    succeeded: int
    failed: int
    cancelled: int
    expired: int
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_queued(made, d.pop("queued"))
        _set_running(made, d.pop("running"))
        _set_waiting(made, d.pop("waiting"))
        _set_succeeded(made, d.pop("succeeded"))
        _set_failed(made, d.pop("failed"))
        _set_cancelled(made, d.pop("cancelled"))
        _set_expired(made, d.pop("expired"))
        _set_additional_properties(made, d)  # what is left
        if not (
            type(made.queued) is int
            and type(made.running) is int
            and type(made.waiting) is int
            and type(made.succeeded) is int
            and type(made.failed) is int
            and type(made.cancelled) is int
            and type(made.expired) is int
        ):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.additional_properties,
            "queued": self.queued,
            "running": self.running,
            "waiting": self.waiting,
            "succeeded": self.succeeded,
            "failed": self.failed,
            "cancelled": self.cancelled,
            "expired": self.expired,
        }

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_queued,
    _set_running,
    _set_waiting,
    _set_succeeded,
    _set_failed,
    _set_cancelled,
    _set_expired,
    _set_additional_properties,
) = setters(RunCounts)
