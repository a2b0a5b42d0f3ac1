"""An approval by e-mail. The link contains a credential that is valid for this decision only.

This file has two programs. The server of the linked page needs the control plane's URL, but no API key:

    uvicorn --no-access-log examples.approval_by_email:app      # no access log: the links contain credentials
                                                                # needs HELMR_API_URL

The program that needs a decision creates a token, sends the link and waits:

    python -m examples.approval_by_email reviewer@example.com "May release 1.2 go out?"
                                                                # needs HELMR_API_URL and HELMR_API_KEY

`APPROVAL_PAGE_URL` is the public URL of the page (default: http://127.0.0.1:8000). `SMTP_HOST` is the mail
server; without it, the mail is printed.
"""

from __future__ import annotations

import os
import smtplib
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from html import escape
from urllib.parse import urlencode

import httpx
import msgspec
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse

from helmr import AsyncPublicClient, HelmrError, Token, tokens
from helmr.errors import (
    ArgumentError,
    ConflictError,
    GoneError,
    HelmrConnectionError,
    HelmrStatusError,
    ServerError,
)


class Decision(msgspec.Struct):
    """The data with which the page completes the token."""

    approved: bool


# --- the program that needs a decision ---------------------------------------------------------------------


def ask(recipient: str, question: str) -> Token:
    """Create a token, send a link for completing it, and wait for the decision."""
    token = tokens.create(timeout="1h", tags=["approval"], metadata={"recipient": recipient})
    mail = EmailMessage()
    mail["From"] = os.environ.get("MAIL_FROM", "approvals@example.com")
    mail["To"] = recipient
    mail["Subject"] = question
    mail.set_content(f"{question}\n\nAnswer within the hour:\n{link(token)}\n", cte="8bit")
    if host := os.environ.get("SMTP_HOST"):
        name, _, port = host.partition(":")
        with smtplib.SMTP(name, int(port or 25)) as smtp:
            smtp.send_message(mail)
    else:
        print(mail, flush=True)
    return token


def link(token: Token) -> str:
    page = os.environ.get("APPROVAL_PAGE_URL", "http://127.0.0.1:8000")
    return f"{page}/approvals/{token.id}?{urlencode({'credential': token.public_access_token})}"


def main(recipient: str, question: str) -> int:
    decision = ask(recipient, question).wait(Decision)
    if not decision.ok:
        print(f"no decision: {decision.error}", file=sys.stderr)
        return 2
    approved = decision.unwrap().approved
    print(f"{recipient}: {'yes' if approved else 'no'}")
    return 0 if approved else 1


# --- the linked page ---------------------------------------------------------------------------------------


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    """Share connections between all visitors; credentials are per visitor."""
    async with httpx.AsyncClient(trust_env=False) as app.state.http:
        yield


app = FastAPI(lifespan=lifespan, openapi_url=None)


@app.get("/approvals/{token_id}")
async def question(request: Request) -> HTMLResponse:
    """Show two buttons. Opening the link must not decide, because mail programs prefetch links."""
    query = f"{escape(request.url.query)}&amp;approved="
    buttons = [
        f'<button formaction="?{query}{decision}">{text}</button>'
        for decision, text in [("true", "Yes"), ("false", "No")]
    ]
    return page(f'<form method="post">{" ".join(buttons)}</form>')


@app.post("/approvals/{token_id}")
async def decide(token_id: str, credential: str, approved: bool) -> HTMLResponse:
    try:
        public = AsyncPublicClient(credential, http_client=app.state.http)
        await public.complete(token_id, {"approved": approved})
    except ConflictError:
        return page("This has been decided already, or the decision is no longer needed.", 409)
    except GoneError:
        return page("The time to decide is over.", 410)
    except (HelmrConnectionError, ServerError):
        return page("Your decision could not be saved. Please try again in a moment.", 503)
    except (ArgumentError, HelmrStatusError):
        return page("This link does not work: please open it as it is in the mail.", 404)
    return page("Thank you. Your decision has been sent.")


def page(body: str, status: int = 200) -> HTMLResponse:
    # The URL contains a credential, so it must not reach caches or the `Referer` header.
    headers = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
    return HTMLResponse(f"<!doctype html><title>Approval</title><p>{body}</p>", status, headers)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python -m examples.approval_by_email RECIPIENT QUESTION")
    try:
        sys.exit(main(sys.argv[1], sys.argv[2]))
    except HelmrError as error:
        sys.exit(f"approval_by_email: {error}")
