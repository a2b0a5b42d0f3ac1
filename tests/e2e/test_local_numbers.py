"""Every number and duration that a client can send is accepted or gets a 4xx response."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from helmr_api.document import load
from helmr_ergonomic import InputStream, OutputStream, task
from helmr_local import AsyncTaskContext, LocalHelmr, implement
from helmr_local.http.bodies import RequestBodies
from helmr_local.wire.decoding import ANY, STRINGS, Body

NUMBERS = [
    "1e999",
    "-1e999",
    "1e-999",
    "1e131071",
    "1e131072",
    "1e-16383",
    "1e-16384",
    "0e999",
    "1e99999999999999999999",
    "1e-99999999999999999999",
    "1" + "0" * 400,
    "-1" + "0" * 400,
    "9" * 4300,
    "9" * 4301,
    "9" * 5000,
    "1." + "0" * 5000,
    "0." + "0" * 20_000 + "1",
    "-0",
    "-0.0",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775809",
    "2147483648",
    "1e308",
    "4.9e-324",
]
DURATIONS = [
    "9" * 5000 + "h",
    "9" * 5000 + "d",
    "0." + "9" * 5000 + "h",
    "1e999h",
    "9" * 400 + "d",
    "106752d",
    "2562048h",
    "0ns" * 2000 + "1h",
    "1h" * 2000,
    "\u0661h",
    "²d",
]
MARK = '"@"'

work = task("work", payload=object)
notes = InputStream("notes", Any)
findings = OutputStream("findings", Any)


@implement(work, inputs=[notes], outputs=[findings])
async def _work(ctx: AsyncTaskContext[object]) -> None: ...


@dataclass
class Served:
    http: httpx.Client
    session: str
    run: str
    token: str
    callback: str
    public: str


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with (
        LocalHelmr(tasks=[_work]) as helmr,
        httpx.Client(base_url=helmr.url, timeout=30, trust_env=False) as http,
    ):
        http.headers["authorization"] = f"Bearer {helmr.api_key}"
        started = http.post("/api/sessions/start-and-wait", json={"task_id": "work", "payload": {}}).json()
        token = http.post("/api/tokens", json={}).json()
        scope = {
            "type": "session.input.send",
            "session": {"type": "id", "id": started["session"]["id"]},
            "stream": "notes",
        }
        public = http.post("/api/public-access-tokens", json={"scope": scope}).json()
        http.get(f"/api/sessions/{started['session']['id']}/streams").raise_for_status()
        yield Served(
            http,
            started["session"]["id"],
            started["run"]["id"],
            token["id"],
            token["callback_url"],
            public["public_access_token"],
        )


BODIES = RequestBodies(load())
# Operation -> method, path, operationId, fields of every request, credential.
OPERATIONS: dict[str, tuple[str, str, str, dict[str, Any], str]] = {
    "start": ("POST", "/api/sessions", "startSession", {"task_id": "work", "payload": {}}, "key"),
    "patch": ("PATCH", "/api/sessions/{session}", "updateSession", {}, "key"),
    "append input": ("POST", "/api/sessions/{session}/inputs/notes", "appendInputRecord", {}, "key"),
    "append output": ("POST", "/api/sessions/{session}/outputs/findings", "appendOutputRecord", {}, "key"),
    "append with a token": (
        "POST",
        "/api/v1/sessions/{session}/inputs/notes",
        "appendInputRecordWithPublicAccessToken",
        {},
        "public",
    ),
    "cancel run": ("POST", "/api/runs/{run}/cancel", "cancelRun", {}, "key"),
    "create token": ("POST", "/api/tokens", "createToken", {}, "key"),
    "complete token": ("POST", "/api/tokens/{token}/complete", "completeToken", {}, "key"),
    "complete by callback": ("POST", "{callback}", "completeTokenByCallback", {}, "none"),
    "create public access token": (
        "POST",
        "/api/public-access-tokens",
        "createPublicAccessToken",
        {"scope": {"type": "session.input.send", "stream": "notes"}},
        "key",
    ),
    "close": ("POST", "/api/sessions/{session}/close", "closeSession", {}, "key"),
    "cancel": ("POST", "/api/sessions/{session}/cancel", "cancelSession", {}, "key"),
}
NESTED: dict[str, list[Any]] = {
    "retry": [
        {"maxAttempts": "@"},
        *({"maxAttempts": 2, "backoff": {name: "@"}} for name in ("minMs", "maxMs", "factor")),
    ],
    "timeout": [
        {"hours": "@", "minutes": "@"},
        *({name: "@"} for name in ("milliseconds", "seconds", "minutes", "hours", "duration")),
    ],
}


def places(body: Body, base: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield request bodies with a placeholder in every possible position of a value."""
    for name, kind in body.fields.items():
        if isinstance(kind, Body):
            for inner in places(kind, base.get(name, {})):
                yield base | {name: inner}
        values = ["@", *NESTED.get(name, [])]
        if kind in (ANY, STRINGS):
            values += [["@"], {"a": [{"b": "@"}]}]
        yield from (base | {name: value} for value in values)


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.sends_invalid_requests("the server must handle any number")
def test_no_number_or_duration_causes_a_server_error(
    operation: str, served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    method, path, operation_id, base, credential = OPERATIONS[operation]
    url = path.format(session=served.session, run=served.run, token=served.token, callback=served.callback)
    headers = {"authorization": f"Bearer {served.public}"} if credential == "public" else {}
    seen: set[int] = set()
    longest = max(map(len, [*NUMBERS, *DURATIONS]))
    with caplog.at_level(logging.WARNING):
        for place in places(BODIES.of(operation_id), base):
            template = json.dumps(place)
            for value in [*NUMBERS, *map(json.dumps, DURATIONS)]:
                text = template.replace(MARK, value)
                response = served.http.request(method, url, content=text, headers=headers)
                assert response.status_code < 500, (text[:200], response.text[:200])
                # A response may also include data that an earlier request stored.
                assert len(response.content) < 10 * max(len(text), longest) + 5000
                seen.add(response.status_code)
    assert 400 in seen
    assert not [record.message for record in caplog.records if record.name.startswith("helmr_local")]


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/api/sessions", ["limit"]),
        ("/api/runs", ["limit"]),
        ("/api/tokens", ["limit", "after", "cursor"]),
        ("/api/runs/{run}/events", ["limit", "cursor"]),
        ("/api/sessions/{session}/inputs/notes", ["limit", "cursor", "after_sequence"]),
        ("/api/sessions/{session}/outputs/findings/read", ["cursor", "after_sequence"]),
    ],
)
@pytest.mark.sends_invalid_requests("the server must handle any number")
def test_no_number_in_a_query_causes_a_server_error(path: str, names: list[str], served: Served) -> None:
    url = path.format(session=served.session, run=served.run)
    for name in names:
        for value in [*NUMBERS, "+1", "１", "²", "1_0", "0x1", " 1 "]:
            assert served.http.get(url, params={name: value}).status_code in (200, 400)
            headers = {b"last-event-id": value.strip().encode()}
            assert served.http.get(url, headers=headers).status_code in (200, 400)


@pytest.mark.sends_invalid_requests("the server must handle any number")
def test_numbers_are_returned_in_their_short_notation(served: Served) -> None:
    numbers = ",".join(["1e131071"] * 1000)
    url = f"/api/sessions/{served.session}/outputs/findings"
    appended = served.http.post(url, content=f'{{"data":[{numbers}]}}')
    assert appended.status_code == 201
    page = served.http.get(url, params={"after_sequence": appended.json()["record"]["sequence"] - 1})
    for response in (appended, page):
        assert len(response.content) < 2 * len(numbers)
    assert b"1e131071" in page.content
