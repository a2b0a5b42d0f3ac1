"""`/healthz` and `/readyz`."""

from __future__ import annotations

import apsw

from .call import Answer, Call, Endpoints, json_answer

endpoints = Endpoints()


@endpoints.add("getHealth", public=True)
async def get_health(call: Call) -> Answer:
    return json_answer(200, {"status": "ok"})


@endpoints.add("getReadiness", public=True)
async def get_readiness(call: Call) -> Answer:
    try:
        call.engine.db.one("SELECT 1 FROM facts LIMIT 1")
    except apsw.Error:
        return json_answer(503, {"status": "not_ready"})
    return json_answer(200, {"status": "ready"})
