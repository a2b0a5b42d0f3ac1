"""`/healthz` and `/readyz`."""

from __future__ import annotations

from .call import Answer, Call, Endpoints, json_answer

endpoints = Endpoints()


@endpoints.add("getHealth", public=True)
async def get_health(call: Call) -> Answer:
    return json_answer(200, {"status": "ok"})


@endpoints.add("getReadiness", public=True)
async def get_readiness(call: Call) -> Answer:
    if await call.engine.writable(seconds=1.0):
        return json_answer(200, {"status": "ready"})
    return json_answer(503, {"status": "not_ready"})
