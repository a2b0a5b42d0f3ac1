# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..model import Model, setters


@lazy_attrs.frozen(kw_only=True, repr=False)
class RunLogs(Model):
    """A snapshot of a run's logs.

    Attributes:
        stdout_base64: The last 1048576 bytes of stdout, in base64 with padding; the cut may split a
            character.
        stderr_base64: The same for stderr.
        cursor: Id of the newest chunk, `0` when there is none. Following from it leaves no gap.
        stdout_size: Total bytes of stdout.
        stderr_size: Total bytes of stderr.
        truncated: Whether either has more bytes than are returned.
    """

    __module__ = "helmr.types"
    _shown = ("stdout_size", "stderr_size", "truncated")
    _wire_names = {"stdout_size": "stdout_bytes", "stderr_size": "stderr_bytes"}

    stdout_base64: str
    stderr_base64: str
    cursor: str
    stdout_size: int
    stderr_size: int
    truncated: bool
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_stdout_base64(made, d.pop("stdout_base64"))
        _set_stderr_base64(made, d.pop("stderr_base64"))
        _set_cursor(made, d.pop("cursor"))
        _set_stdout_size(made, d.pop("stdout_bytes"))
        _set_stderr_size(made, d.pop("stderr_bytes"))
        _set_truncated(made, d.pop("truncated"))
        _set_additional_properties(made, d)  # what is left
        if not (
            type(made.stdout_base64) is str
            and type(made.stderr_base64) is str
            and type(made.cursor) is str
            and type(made.stdout_size) is int
            and type(made.stderr_size) is int
            and type(made.truncated) is bool
        ):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.additional_properties,
            "stdout_base64": self.stdout_base64,
            "stderr_base64": self.stderr_base64,
            "cursor": self.cursor,
            "stdout_bytes": self.stdout_size,
            "stderr_bytes": self.stderr_size,
            "truncated": self.truncated,
        }

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_stdout_base64,
    _set_stderr_base64,
    _set_cursor,
    _set_stdout_size,
    _set_stderr_size,
    _set_truncated,
    _set_additional_properties,
) = setters(RunLogs)
