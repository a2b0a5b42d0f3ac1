"""Starts the task review-pull-request and handles its requests, with the client of openapi-python-client."""

from __future__ import annotations

import os
import time
from typing import Any

from stock_client import AuthenticatedClient, models
from stock_client.api.sessions import start_session
from stock_client.api.streams import append_input_record, read_output_record
from stock_client.api.tokens import complete_token


def first_record(client: AuthenticatedClient, session: Any, stream: str) -> Any:
    """Return the data of the first record. The server does not wait for a record, so this polls."""
    for _ in range(300):
        read = read_output_record.sync(session, stream, client=client)
        assert isinstance(read, models.StreamRecordRead), read
        if read.record is not None:
            return read.record.data
        time.sleep(0.1)
    raise TimeoutError(f"no record in {stream} after 30 s")


def main() -> None:
    with AuthenticatedClient(os.environ["HELMR_API_URL"], os.environ["HELMR_API_KEY"]) as client:
        payload = {"owner": "OWNER", "repo": "REPO", "prNumber": 42}
        request = models.SessionStartRequest("review-pull-request", payload=payload)
        started = start_session.sync(client=client, body=request)
        assert isinstance(started, models.SessionStart), started
        session = started.session.id
        print(f"started a session, its run is {started.run.status}")

        approval = models.AppendRecordRequest(data={"approved": True})
        sent = append_input_record.sync(session, "approval", client=client, body=approval)
        assert isinstance(sent, models.AppendInputResult), sent
        print(f"sent input record {sent.record.sequence}")

        print(f"read output: {first_record(client, session, 'agent.report')['summary']}")

        token = first_record(client, session, "agent.email")["tokenId"]
        decision = {"approved": True, "actor": "email:reviewer@example.com"}
        completed = complete_token.sync(token, client=client, body=models.TokenCompleteRequest(data=decision))
        assert isinstance(completed, models.TokenCompletion), completed
        print(f"token: {completed.status}")

        late = complete_token.sync(
            token, client=client, body=models.TokenCompleteRequest(data={"approved": False})
        )
        assert isinstance(late, models.ErrorEnvelope), late
        if late.code != "token_completion_conflict":
            raise RuntimeError(f"expected a conflict, got {late}")
        print("conflict: the token was completed with other data")


if __name__ == "__main__":
    main()
