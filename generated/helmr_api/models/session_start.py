# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..model import Model, setters

if TYPE_CHECKING:
    from ..models.run import Run
    from ..models.session import Session


@lazy_attrs.frozen(kw_only=True, repr=False)
class SessionStart(Model):
    """A session and a run of it.

    Attributes:
        session: One invocation of a task, with everything that is exchanged with it.
        run: The first run of a new session; the run bound to a known idempotency key; the current run
            of a session found by external id.
        is_cached: True if the session already existed. Omitted when false.
        timed_out: Only in `startSessionAndWait`; true when the wait ended before the run. Omitted when
            false.
    """

    __module__ = "helmr.types"
    _shown = ("session", "run", "is_cached", "timed_out")

    session: Session
    run: Run
    is_cached: bool = False
    timed_out: bool = False
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.run import Run
        from ..models.session import Session

        d = dict(src_dict)
        _is_cached = d.get("is_cached")
        _timed_out = d.get("timed_out")
        made = cls.__new__(cls)
        _set_session(made, Session.from_dict(d.pop("session")))
        _set_run(made, Run.from_dict(d.pop("run")))
        _set_is_cached(made, False if _is_cached is None or _is_cached is False else d.pop("is_cached"))
        _set_timed_out(made, False if _timed_out is None or _timed_out is False else d.pop("timed_out"))
        _set_additional_properties(made, d)  # what is left
        if not (type(made.is_cached) is bool and type(made.timed_out) is bool):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
            "session": self.session.to_dict(),
            "run": self.run.to_dict(),
        }
        if self.is_cached:
            result["is_cached"] = self.is_cached
        if self.timed_out:
            result["timed_out"] = self.timed_out
        return result

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_session,
    _set_run,
    _set_is_cached,
    _set_timed_out,
    _set_additional_properties,
) = setters(SessionStart)
