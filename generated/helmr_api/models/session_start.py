# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.run import Run
    from ..models.session import Session


@_attrs_define(kw_only=True)
class SessionStart:
    """A session and a run of it.

    Attributes:
        session: One invocation of a task, with everything that is exchanged with it.
        run: One execution of a task, in one or more attempts. Why it failed is not here: read its events.
        is_cached: True when the session existed already. Omitted when false.
        timed_out: Only in `startSessionAndWait`; true when the wait ended before the run. Omitted when false.
    """

    session: Session
    run: Run
    is_cached: bool | Unset = UNSET
    timed_out: bool | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(factory=dict)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read the JSON object; members that the document does not know are kept."""
        from ..models.run import Run
        from ..models.session import Session

        d = dict(src_dict)
        _session = d.pop("session")
        _run = d.pop("run")
        return cls(
            session=Session.from_dict(_session),
            run=Run.from_dict(_run),
            is_cached=d.pop("is_cached", UNSET),
            timed_out=d.pop("timed_out", UNSET),
            additional_properties=d,  # what is left
        )

    def to_dict(self) -> dict[str, Any]:
        """Write the JSON object, without the members that are UNSET."""
        result: dict[str, Any] = {
            **self.additional_properties,
            "session": self.session.to_dict(),
            "run": self.run.to_dict(),
        }
        if not isinstance(self.is_cached, Unset):
            result["is_cached"] = self.is_cached
        if not isinstance(self.timed_out, Unset):
            result["timed_out"] = self.timed_out
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
