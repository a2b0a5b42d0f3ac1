# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .. import lazy_attrs
from ..model import Model

if TYPE_CHECKING:
    pass


@lazy_attrs.define(kw_only=True, repr=False)
class ExecCreateRequest(Model):
    """A command to run.

    Attributes:
        command: The program and its arguments, not interpreted by a shell.
        cwd: The working directory: an absolute path without `..`. The sandbox's own when left out or
            blank.
        env: Environment variables; none when left out.
        detached: Whether it runs detached; false by default. The server only records this.
        idempotency_key: Makes this creation safe to repeat for 24 hours; blank is none. Scope: the
            workspace.
    """

    __module__ = "helmr.types"
    _shown = ("detached",)

    command: list[str]
    cwd: str | None = None
    env: dict[str, Any] | None = None
    detached: bool | None = None
    idempotency_key: str | None = None

    # Written out so that a first request does not import attrs.
    def __init__(
        self,
        *,
        command: list[str],
        cwd: str | None = None,
        env: dict[str, Any] | None = None,
        detached: bool | None = None,
        idempotency_key: str | None = None,
    ) -> None:
        self.command = command
        self.cwd = cwd
        self.env = env
        self.detached = detached
        self.idempotency_key = idempotency_key

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:

        d = dict(src_dict)
        return cls(
            command=d.pop("command"),
            cwd=d.pop("cwd", None),
            env=d.pop("env", None),
            detached=d.pop("detached", None),
            idempotency_key=d.pop("idempotency_key", None),
        )

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            "command": self.command,
        }
        if self.cwd is not None:
            result["cwd"] = self.cwd
        if self.env is not None:
            result["env"] = self.env
        if self.detached is not None:
            result["detached"] = self.detached
        if self.idempotency_key is not None:
            result["idempotency_key"] = self.idempotency_key
        return result
