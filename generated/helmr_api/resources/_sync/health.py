# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Liveness and readiness of the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...types import Sender

if TYPE_CHECKING:
    from ... import models
    from ...models.readiness import Readiness


class Health:
    """Liveness and readiness of the server.

    Its methods raise `HelmrError` when a request fails, and `ArgumentError` before one is sent when an argument is
    invalid.
    """

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def live(
        self,
    ) -> models.Health:
        """Check liveness.

        Always 200 while the server is up. No version header, no credential.
        """
        from ...api.health import get_health

        return self._sender.send(get_health.request())

    def ready(
        self,
    ) -> Readiness:
        """Check readiness.

        200 when the database responds and its schema is at least the server's own version; 503 otherwise.
        No version header, no credential.
        """
        from ...api.health import get_readiness

        return self._sender.send(get_readiness.request())
