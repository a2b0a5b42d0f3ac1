# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import attrs

from ..model import Model


@attrs.frozen(kw_only=True, repr=False)
class RunLogs(Model):
    """A snapshot of a run's logs.

    Attributes:
        stdout_base64: The last 1048576 bytes of stdout, in base64 with padding; the cut may split a
            character.
        stderr_base64: The same of stderr.
        cursor: Id of the newest chunk, `0` when there is none. Following from it leaves no gap.
        stdout_bytes: Bytes of stdout in all.
        stderr_bytes: Bytes of stderr in all.
        truncated: Whether either has more bytes than are returned.
    """

    _shown = ("stdout_bytes", "stderr_bytes", "truncated")

    stdout_base64: str
    stderr_base64: str
    cursor: str
    stdout_bytes: int
    stderr_bytes: int
    truncated: bool
    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        return cls(
            stdout_base64=d.pop("stdout_base64"),
            stderr_base64=d.pop("stderr_base64"),
            cursor=d.pop("cursor"),
            stdout_bytes=d.pop("stdout_bytes"),
            stderr_bytes=d.pop("stderr_bytes"),
            truncated=d.pop("truncated"),
            additional_properties=d,  # what is left
        )

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.additional_properties,
            "stdout_base64": self.stdout_base64,
            "stderr_base64": self.stderr_base64,
            "cursor": self.cursor,
            "stdout_bytes": self.stdout_bytes,
            "stderr_bytes": self.stderr_bytes,
            "truncated": self.truncated,
        }

    def __hash__(self) -> int:
        return Model.__hash__(self)
