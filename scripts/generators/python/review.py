"""Starts the task review-pull-request and handles its requests, with the client of openapi-generator."""

from __future__ import annotations

import os
import time
from typing import Any

import openapi_client as helmr


def first_record(streams: helmr.StreamsApi, session: str, stream: str) -> Any:
    """Return the data of the first record. The server does not wait for a record, so this polls."""
    for _ in range(300):
        read = streams.read_output_record(session, stream)
        if read.record is not None:
            return read.record.data
        time.sleep(0.1)
    raise TimeoutError(f"no record in {stream} after 30 s")


def main() -> None:
    configuration = helmr.Configuration(
        host=os.environ["HELMR_API_URL"], access_token=os.environ["HELMR_API_KEY"]
    )
    with helmr.ApiClient(configuration) as client:
        sessions, streams, tokens = (
            helmr.SessionsApi(client),
            helmr.StreamsApi(client),
            helmr.TokensApi(client),
        )

        payload = {"owner": "OWNER", "repo": "REPO", "prNumber": 42}
        started = sessions.start_session(
            helmr.SessionStartRequest(task_id="review-pull-request", payload=payload)
        )
        session = started.session.id
        print(f"started a session, its run is {started.run.status}")

        approval = helmr.AppendRecordRequest(data={"approved": True})
        sent = streams.append_input_record(session, "approval", approval)
        print(f"sent input record {sent.record.sequence}")

        print(f"read output: {first_record(streams, session, 'agent.report')['summary']}")

        token = first_record(streams, session, "agent.email")["tokenId"]
        decision = {"approved": True, "actor": "email:reviewer@example.com"}
        completed = tokens.complete_token(token, helmr.TokenCompleteRequest(data=decision))
        print(f"token: {completed.status}")

        try:
            tokens.complete_token(token, helmr.TokenCompleteRequest(data={"approved": False}))
        except helmr.ApiException as error:
            if error.status != 409 or '"token_completion_conflict"' not in str(error.body):
                raise
            print("conflict: the token was completed with other data")


if __name__ == "__main__":
    main()
