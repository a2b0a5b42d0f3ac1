# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field


@_attrs_define(kw_only=True)
class RunLogs:
    """A snapshot of a run's logs.

    Attributes:
        stdout_base64: The last 1048576 bytes of stdout, in base64 with padding; the cut may split a character.
        stderr_base64: The same of stderr.
        cursor: Id of the newest chunk, `0` when there is none. Following from it leaves no gap.
        stdout_bytes: Bytes of stdout in all.
        stderr_bytes: Bytes of stderr in all.
        truncated: Whether either has more bytes than are returned.
    """

    stdout_base64: str
    stderr_base64: str
    cursor: str
    stdout_bytes: int
    stderr_bytes: int
    truncated: bool
    additional_properties: dict[str, Any] = _attrs_field(factory=dict)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read the JSON object; members that the document does not know are kept."""
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
        """Write the JSON object, without the members that are UNSET."""
        result: dict[str, Any] = {
            **self.additional_properties,
            "stdout_base64": self.stdout_base64,
            "stderr_base64": self.stderr_base64,
            "cursor": self.cursor,
            "stdout_bytes": self.stdout_bytes,
            "stderr_bytes": self.stderr_bytes,
            "truncated": self.truncated,
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
