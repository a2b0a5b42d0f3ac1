# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..model import Model

if TYPE_CHECKING:
    from ..models.schedule_options import ScheduleOptions


@lazy_attrs.define(kw_only=True, repr=False)
class ScheduleCreateRequest(Model):
    """A schedule to create, or to replace the one with the same `deduplication_key`.

    Attributes:
        task: A task of the environment's current deployment; 1 to 128 characters.
        deduplication_key: Identifies the schedule in the project; 1 to 128 characters.
        cron: When the schedule fires, in `timezone`.
        external_id: Your own name for the schedule. Blank is none.
        timezone: An IANA time zone that the server knows, such as `Europe/Berlin`, or `Local`, the
            server's own. `UTC` when left out or blank, and for `utc` in any case.
        active: Whether it fires; true by default.
        options: How the sessions are started; the task's own settings when left out.
    """

    __module__ = "helmr.types"
    _shown = ("external_id", "active", "options")

    task: str
    deduplication_key: str
    cron: str
    external_id: str | None = None
    timezone: str | None = None
    active: bool | None = None
    options: ScheduleOptions | None = None

    # Written out so that a first request does not import attrs.
    def __init__(
        self,
        *,
        task: str,
        deduplication_key: str,
        cron: str,
        external_id: str | None = None,
        timezone: str | None = None,
        active: bool | None = None,
        options: ScheduleOptions | None = None,
    ) -> None:
        self.task = task
        self.deduplication_key = deduplication_key
        self.cron = cron
        self.external_id = external_id
        self.timezone = timezone
        self.active = active
        self.options = options

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.schedule_options import ScheduleOptions

        d = dict(src_dict)
        _options = d.pop("options", None)
        return cls(
            task=d.pop("task"),
            deduplication_key=d.pop("deduplication_key"),
            cron=d.pop("cron"),
            external_id=d.pop("external_id", None),
            timezone=d.pop("timezone", None),
            active=d.pop("active", None),
            options=None if _options is None else ScheduleOptions.from_dict(_options),
        )

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            "task": self.task,
            "deduplication_key": self.deduplication_key,
            "cron": self.cron,
        }
        if self.external_id is not None:
            result["external_id"] = self.external_id
        if self.timezone is not None:
            result["timezone"] = self.timezone
        if self.active is not None:
            result["active"] = self.active
        if self.options is not None:
            result["options"] = self.options.to_dict()
        return result
