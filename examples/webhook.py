"""A GitHub webhook that starts a review of each new pull request.

    helmr-local serve --tasks examples.tasks        # a control plane; export the two variables that it prints
    export GITHUB_WEBHOOK_SECRET=...                # the webhook's secret on GitHub
    uvicorn examples.webhook:app

Configure a webhook for `/github` with content type `application/json` and the event "Pull requests". A
repeated delivery does not start another review. `examples/test_webhook.py` shows how to test this without
GitHub.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import FastAPI, Header, HTTPException, Request, Response
from fastapi.responses import JSONResponse

from examples.review import review_pull_request
from helmr import AsyncHelmrClient, HelmrError
from helmr.errors import PayloadValidationError

logger = logging.getLogger(__name__)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    """Share one client, with its connections, during the lifetime of the app."""
    app.state.webhook_secret = webhook_secret()
    async with AsyncHelmrClient() as app.state.helmr:
        yield


app = FastAPI(lifespan=lifespan)


@app.post("/github", status_code=202)
async def github(
    request: Request,
    x_github_event: Annotated[str, Header()],
    x_github_delivery: Annotated[str, Header()],
    x_hub_signature_256: Annotated[str, Header()] = "",
) -> Any:
    body = await request.body()
    if not is_signed(body, x_hub_signature_256, app.state.webhook_secret):
        raise HTTPException(401, "the signature does not match the body")
    event = json.loads(body)
    if x_github_event != "pull_request" or event["action"] != "opened":
        return Response(status_code=204)

    repository = event["repository"]
    payload = review_pull_request.parse_payload(
        {"owner": repository["owner"]["login"], "repo": repository["name"], "prNumber": event["number"]}
    )
    helmr: AsyncHelmrClient = app.state.helmr
    started = await helmr.sessions.start(
        review_pull_request,
        payload,
        external_id=f"github:{payload.owner}/{payload.repo}#{payload.pr_number}",
        idempotency_key=["github", x_github_delivery],
        idempotency_key_ttl="24h",
    )
    return {"session": started.session.id, "is_cached": started.is_cached}


def is_signed(body: bytes, signature: str, secret: bytes) -> bool:
    """True if GitHub signed this body with the secret. The comparison takes constant time."""
    expected = "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode())


def webhook_secret() -> bytes:
    secret = os.environ.get("GITHUB_WEBHOOK_SECRET")
    if not secret:
        raise RuntimeError("set GITHUB_WEBHOOK_SECRET to the webhook's secret on GitHub")
    return secret.encode()


@app.exception_handler(PayloadValidationError)
async def not_a_payload(request: Request, error: PayloadValidationError) -> JSONResponse:
    return JSONResponse({"errors": [str(issue) for issue in error.issues]}, status_code=422)


@app.exception_handler(HelmrError)
async def not_started(request: Request, error: HelmrError) -> JSONResponse:
    """Ask GitHub to redeliver. The delivery's id ensures that it starts at most one session."""
    logger.error("delivery %s started nothing: %s", request.headers["X-GitHub-Delivery"], error)
    return JSONResponse({"errors": ["no review was started: deliver this again"]}, status_code=503)
