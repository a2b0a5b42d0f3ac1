"""`/healthz` and `/readyz`."""

from __future__ import annotations

from ..http.request import Request
from ..http.response import Response, json_response
from ..store import UNAVAILABLE
from .base import Resource, handles


class Health(Resource):
    """The health and readiness checks."""

    @handles("getHealth")
    async def get_health(self, request: Request) -> Response:
        return json_response(200, {"status": "ok"})

    @handles("getReadiness")
    async def get_readiness(self, request: Request) -> Response:
        if await self._writable(seconds=1.0):
            return json_response(200, {"status": "ready"})
        return json_response(503, {"status": "not_ready"})

    async def _writable(self, seconds: float) -> bool:
        """Return whether the database accepts a write within that time."""
        try:
            await self.writes.run(self.db.probe, seconds=seconds)
        except UNAVAILABLE:
            return False
        return True
