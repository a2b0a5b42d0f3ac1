# Derived from helmr_ergonomic/_async/health.py. Edit that file, then run `make generate`.
"""Liveness and readiness of the control plane."""

from __future__ import annotations

from helmr_api import resources
from helmr_api.api.health import get_health, get_readiness

from .._public import public
from ..errors import UnexpectedResponseError
from .resource import Resource


class Health(resources.Health, Resource):
    """The server's own state: `client.health`. These requests carry no key."""

    def live(self) -> bool:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        """Return True if the server responds. Raises `HelmrConnectionError` when it cannot be reached.

        >>> client.health.live()
        """
        return self._transport.send(get_health.request(), once=True).status == "ok"

    def ready(self) -> bool:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        """Return True if the server is ready for requests. Raises `HelmrConnectionError` when it cannot be
        reached.

        >>> client.health.ready()
        """
        try:
            request = get_readiness.request()
            ready = request.reading(
                lambda found: found.status_code == 200 and request.read(found).status == "ready"
            )
            return self._transport.send(ready, once=True)
        except UnexpectedResponseError as error:
            if error.response is not None and error.response.status_code == 503:
                return False  # from a proxy or load balancer in front of the server
            raise


public(Health)
