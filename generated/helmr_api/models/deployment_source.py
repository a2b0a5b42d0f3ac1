# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from .. import lazy_attrs
from ..model import Model, setters


@lazy_attrs.frozen(kw_only=True, repr=False)
class DeploymentSource(Model):
    """The uploaded archive.

    Attributes:
        digest: `sha256:` and 64 hexadecimal digits.
        media_type: `application/vnd.helmr.deployment-source.v0.tar`.
        size_bytes: Its size. Omitted when 0.
    """

    __module__ = "helmr.types"
    _shown = ("size_bytes",)

    digest: str
    media_type: str
    size_bytes: int | None = None
    additional_properties: dict[str, Any] = lazy_attrs.field(factory=dict[str, Any])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        made = cls.__new__(cls)
        _set_digest(made, d.pop("digest"))
        _set_media_type(made, d.pop("media_type"))
        _set_size_bytes(made, d.pop("size_bytes", None))
        _set_additional_properties(made, d)  # what is left
        if not (
            type(made.digest) is str
            and type(made.media_type) is str
            and (made.size_bytes is None or type(made.size_bytes) is int)
        ):
            made.check_types()
        return made

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.additional_properties,
            "digest": self.digest,
            "media_type": self.media_type,
        }
        if self.size_bytes is not None:
            result["size_bytes"] = self.size_bytes
        return result

    def __hash__(self) -> int:
        return Model.__hash__(self)


(
    _set_digest,
    _set_media_type,
    _set_size_bytes,
    _set_additional_properties,
) = setters(DeploymentSource)
