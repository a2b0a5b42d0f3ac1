"""The session-starts page, call by call, in Python.

It needs a control plane that runs the tasks of `examples.tasks`, named by HELMR_API_URL and HELMR_API_KEY:

    helmr-local run --tasks examples.tasks -- python -m examples.session_start
"""

from __future__ import annotations

import os
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import httpx

from examples.review import ReviewRequest, approval, email, report, review_pull_request
from helmr import HelmrClient, SessionHandle, runs, sessions, tokens

REPOSITORY = ReviewRequest(owner="OWNER", repo="REPO", pr_number=42)
DECISION = {"approved": True, "actor": "email:reviewer@example.com"}


def main() -> None:
    say("Start a session, typed: the payload is checked here before anything is sent")
    started = sessions.start(
        review_pull_request,
        REPOSITORY,
        external_id="github:OWNER/REPO#42",
        idempotency_key="github:delivery-id",
        idempotency_key_ttl="24h",
    )
    show("session", started.session.id)
    show("run", f"{started.run.id} ({started.run.status})")

    say("The same request again: the idempotency key makes it the same session")
    again = sessions.start(
        review_pull_request,
        REPOSITORY,
        external_id="github:OWNER/REPO#42",
        idempotency_key="github:delivery-id",
        idempotency_key_ttl="24h",
    )
    show("same session", again.session.id == started.session.id)
    show("is_cached", again.is_cached)

    say("Start one by a string id: not validated here")
    dynamic = sessions.start("review-pull-request", {"owner": "OWNER", "repo": "REPO", "prNumber": 43})
    show("session", dynamic.session.id)
    sessions.open(dynamic.session).cancel(reason="the example needs only its start")

    say("Start one and wait for its first run, while a reviewer responds")
    with a_reviewer_at_work():
        completed = sessions.start_and_wait(review_pull_request, REPOSITORY, timeout_seconds=10 * 60)
    show("status", completed.run.status)
    show("output", completed.run.output)

    say("Look at the first session's run")
    current = runs.retrieve(started.run)
    logs = runs.logs.retrieve(started.run)
    events = runs.events.list(started.run)
    show("run", f"{current.status}, attempt {current.attempt_number}")
    show("stdout", logs.stdout.strip() or "(nothing yet)")
    show("events", [event.kind for event in events])

    say("Send input to the session")
    sent = (
        sessions.open(started.session)
        .input(approval)
        .send({"approved": True}, correlation_id="github:OWNER/REPO#42")
    )
    show("sequence", sent.sequence)

    say("Read what the task reported")
    for record in sessions.open(external_id="github:OWNER/REPO#42").output(report).list():
        show(f"#{record.sequence}", record.data.summary)

    say("Complete the token that the task waits for, as the service that got the reviewer's decision")
    token_id = next(iter(sessions.open(started.session).output(email).follow())).data.token_id
    client = HelmrClient(url=os.environ["HELMR_API_URL"], api_key=os.environ["HELMR_API_KEY"])
    with client:
        completion = client.tokens.complete(token_id, DECISION)
    show("completion", completion.status)
    finished = runs.wait(started.run, timeout=60)
    show("run", finished.status)
    show("output", finished.output)

    say("Create a token and complete it without an API key, by its public access token")
    token = tokens.create(timeout="1h")
    response = httpx.post(
        f"{os.environ['HELMR_API_URL']}/api/v1/tokens/{token.id}/complete",
        headers={"authorization": f"Bearer {token.public_access_token}", "content-type": "application/json"},
        json={"data": {"approved": True}},
    )
    show("response", f"{response.status_code} {response.json()['status']}")
    decision = token.wait(dict[str, bool]).unwrap()
    show("decision", decision)
    print("\nEvery call of the page worked.")


@contextmanager
def a_reviewer_at_work() -> Generator[None]:
    """Simulate an external reviewer, who decides the next review during the block."""
    known = {session.id for session in sessions.list(task=review_pull_request)}
    done = threading.Event()
    reviewer = threading.Thread(target=answer_next_review, args=(known, done), name="reviewer")
    reviewer.start()
    try:
        yield
    finally:
        done.set()
        reviewer.join()


def answer_next_review(known: set[str], done: threading.Event) -> None:
    while not done.wait(0.1):
        for session in sessions.list(task=review_pull_request, status="open"):
            if session.id not in known:
                answer_review(sessions.open(session))
                return


def answer_review(session: SessionHandle) -> None:
    session.input(approval).send({"approved": True})
    for message in session.output(email).follow():
        tokens.complete(message.data.token_id, DECISION)
        return


step = 0


def say(what: str) -> None:
    global step
    step += 1
    print(f"\n{step}. {what}", flush=True)


def show(name: str, value: Any) -> None:
    print(f"   {name}: {value}", flush=True)


if __name__ == "__main__":
    main()
