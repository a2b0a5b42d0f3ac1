# Derived from helmr_ergonomic/_async/health.py. Do not edit: change that file, then run `make generate`.
"""Whether the control plane is there."""

from __future__ import annotations

from ..errors import ServerError
from ..operations import operation
from ..transport import Call
from .transport import Transport


class Health:
    """The server's own state: `client.health`. These calls carry no key."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def live(self) -> bool:
        """Whether the server answers. Raises `HelmrConnectionError` when it cannot be reached.

        >>> client.health.live()
        """
        op = operation("health", "get_health")
        answer = self._transport.send(
            Call(op.get_kwargs(), repeatable=False, anonymous=True), op.parse_response
        )
        return bool(answer.status == "ok")

    def ready(self) -> bool:
        """Whether the server can do its work. Raises `HelmrConnectionError` when it cannot be reached.

        >>> client.health.ready()
        """
        op = operation("health", "get_readiness")
        try:
            answer = self._transport.send(
                Call(op.get_kwargs(), repeatable=False, anonymous=True), op.parse_response
            )
        except ServerError as error:
            if error.status == 503:
                return False
            raise
        return bool(answer.status == "ready")
