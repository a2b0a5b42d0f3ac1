"""For every documented response, the layer returns a typed result or raises a typed error."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

import helmr_api.resources
from helmr_api.models import DeploymentMetadata
from helmr_api.types import File
from helmr_contract.document import Operation
from helmr_ergonomic import HelmrClient, PublicClient
from helmr_ergonomic._auth import SendInput
from helmr_ergonomic.errors import (
    AuthenticationError,
    BadRequestError,
    ConflictError,
    GoneError,
    HelmrStatusError,
    IdempotencyPendingError,
    NotFoundError,
    PermissionDeniedError,
    ServerError,
    UnexpectedResponseError,
)
from tests.contract.bodies import CHANGES, FEW, MANY, changed, document, response, responses, samples

pytestmark = pytest.mark.xdist_group("response-samples")  # one worker draws the samples

ID = "0197b3c4-5d6e-7f80-9a1b-2c3d4e5f6071"
URL = "http://127.0.0.1:9"
KEY = "hlmr_sk_" + "k" * 43
PUBLIC_TOKEN = "hlmr_pat_" + "p" * 43
CALLBACK = f"{URL}/api/v1/tokens/{ID}/callback/hlmr_callback_{'c' * 43}"


@dataclass(frozen=True)
class Clients:
    api: HelmrClient
    public: PublicClient


Call = Callable[[Clients], Any]


def by_address(operation: str, call: Callable[..., Any]) -> dict[str, Call]:
    """Return the same call, once by id and once by external id."""
    return {
        operation: lambda c: call(c, session=ID),
        f"{operation}ByExternalId": lambda c: call(c, external_id="github:OWNER/REPO#42"),
    }


def opened(c: Clients, **where: str) -> Any:
    return c.api.sessions.open(**where)


def publicly(c: Clients, **where: str) -> Any:
    return c.public.open(**where)


def first(items: Any) -> Any:
    """Return the first item of a listing, or None."""
    return next(iter(items), None)


def by_the_document(operation: Operation) -> Call:
    """Call the generated method with the document's examples."""
    definition = operation.definition
    resource = "".join(part.capitalize() for part in re.split(r"[._]", definition["x-sdk-resource"]))
    required = [one for one in operation.parameters if one.get("required")]
    ids = [one["example"] for one in required if one["in"] == "path"]
    fields = {one["name"]: one["example"] for one in required if one["in"] == "query"}
    for kind, content in (operation.request_body or {}).get("content", {}).items():
        if not (operation.request_body or {}).get("x-sdk-omit"):
            fields |= next(iter(content["examples"].values()))["value"]
        if kind == "multipart/form-data":  # the method takes a model per part, and files
            fields = {
                "metadata": DeploymentMetadata.from_dict(fields["metadata"]),
                "deployment_source": File(b"content"),
            }
    given = {definition.get("x-sdk-names", {}).get(name, name): value for name, value in fields.items()}

    def call(c: Clients) -> Any:
        made = getattr(helmr_api.resources, resource)(c.api._transport)
        result = getattr(made, definition["x-sdk-method"])(*ids, **given)
        return first(result) if "x-sdk-items" in definition else result

    return call


# The user's call for every operation that has hand-written code in the layer. Only browsers send preflights.
CALLS: dict[str, Call] = {
    "listTasks": lambda c: first(c.api.tasks.list()),
    "getTask": lambda c: c.api.tasks.retrieve("review-pull-request"),
    "startSession": lambda c: c.api.sessions.start("review-pull-request", {"n": 1}),
    "listSessions": lambda c: first(c.api.sessions.list()),
    **by_address("getSession", lambda c, **w: c.api.sessions.retrieve(**w)),
    **by_address("updateSession", lambda c, **w: c.api.sessions.update(**w, tags=["a"])),
    **by_address("closeSession", lambda c, **w: c.api.sessions.close(**w)),
    **by_address("cancelSession", lambda c, **w: c.api.sessions.cancel(**w)),
    **by_address("listSessionRuns", lambda c, **w: first(c.api.sessions.runs(**w))),
    **by_address("listSessionStreams", lambda c, **w: first(c.api.sessions.streams(**w))),
    **by_address("appendInputRecord", lambda c, **w: opened(c, **w).input("approval").send({"a": 1})),
    **by_address("listInputRecords", lambda c, **w: first(opened(c, **w).input("approval").list())),
    **by_address("appendOutputRecord", lambda c, **w: opened(c, **w).output("report").append({"a": 1})),
    **by_address("listOutputRecords", lambda c, **w: first(opened(c, **w).output("report").list())),
    **by_address("readOutputRecord", lambda c, **w: opened(c, **w).output("report").read()),
    "listRuns": lambda c: first(c.api.runs.list()),
    "countRuns": lambda c: c.api.runs.counts(),
    "getRun": lambda c: c.api.runs.retrieve(ID),
    "cancelRun": lambda c: c.api.runs.cancel(ID),
    "listRunEvents": lambda c: first(c.api.runs.events.list(ID)),
    "getRunLogs": lambda c: c.api.runs.logs.retrieve(ID),
    "createToken": lambda c: c.api.tokens.create(timeout="1h"),
    "listTokens": lambda c: first(c.api.tokens.list()),
    "getToken": lambda c: c.api.tokens.retrieve(ID),
    "completeToken": lambda c: c.api.tokens.complete(ID, {"approved": True}),
    "cancelToken": lambda c: c.api.tokens.cancel(ID),
    "createPublicAccessToken": lambda c: c.api.auth.create_public_token(SendInput(ID, "approval")),
    "completeTokenWithPublicAccessToken": lambda c: c.public.complete(ID, {"approved": True}),
    "completeTokenByCallback": lambda c: c.public.complete_by_callback(CALLBACK, {"approved": True}),
    **by_address(
        "appendInputRecordWithPublicAccessToken", lambda c, **w: publicly(c, **w).input("a").send(1)
    ),
    **by_address("readOutputRecordWithPublicAccessToken", lambda c, **w: publicly(c, **w).output("a").read()),
    "getHealth": lambda c: c.api.health.live(),
    "getReadiness": lambda c: c.api.health.ready(),
}
# `start_and_wait` starts and then waits on the client side, because the server's wait ends after 30 s.
NOT_CALLED = ("preflight", "startSessionAndWait")
CALLS.update(
    (operation.id, by_the_document(operation))
    for operation in document().operations.values()
    if operation.id not in CALLS and not operation.id.startswith(NOT_CALLED)
)

ERRORS = {
    202: IdempotencyPendingError,
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    410: GoneError,
    413: BadRequestError,
    422: BadRequestError,
    500: ServerError,
    501: ServerError,
    503: ServerError,
}

# An empty listing, or a missing record, returns None; readiness is a bool.
MAY_BE_NONE = {"list", "read"}


class Server:
    """Serves one operation of each call, and responds with 404 to every later request of it."""

    def __init__(self) -> None:
        self._first = httpx.Response(404)
        self._requests: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        found = document().match(request.method, request.url.raw_path.decode().partition("?")[0])
        assert found is not None
        self._requests.append(found[0].id)
        again = len(self._requests) > 1
        return httpx.Response(404, json={"error": "run not found"}) if again else self._first

    def call(self, clients: Clients, operation: Operation, first: httpx.Response) -> Any:
        self._first, self._requests = first, []
        try:
            return CALLS[operation.id](clients)
        except NotFoundError as error:
            if len(self._requests) > 1:  # an empty page with a cursor, whose next page is missing
                return error
            raise
        finally:
            assert self._requests[:1] == [operation.id]


@pytest.fixture(scope="module")
def call_with() -> Generator[Callable[[Operation, httpx.Response], Any]]:
    """Return a function that makes the call of an operation. The 9,774 calls share their clients."""
    server = Server()
    with httpx.Client(transport=httpx.MockTransport(server)) as http:
        api = HelmrClient(URL, KEY, http_client=http, max_retries=0)
        public = PublicClient(PUBLIC_TOKEN, url=URL, http_client=http, max_retries=0)
        yield functools.partial(server.call, Clients(api, public))


RESPONSES = [(o, status, schema) for o, status, schema in responses() if o.id in CALLS and schema is not None]


@pytest.mark.parametrize(
    ("operation", "status", "schema"),
    RESPONSES,
    ids=[f"{operation.id}-{status}" for operation, status, _ in RESPONSES],
)
def test_a_response_returns_a_typed_result_or_a_typed_error(
    operation: Operation, status: str, schema: Any, call_with: Callable[[Operation, httpx.Response], Any]
) -> None:
    success = status in {"200", "201"}

    def check(body: Any, change: str) -> None:
        body = changed(change, schema, body)
        if success:
            result = call_with(operation, response(status, body))
            allowed = result is None and any(operation.id.startswith(name) for name in MAY_BE_NONE)
            # A generated method may return None where the document allows null, and a string where it has
            # bytes.
            allowed = allowed or "x-sdk-result" in operation.definition
            module = type(result).__module__
            assert allowed or module.partition(".")[0] in ("helmr", "helmr_api") or isinstance(result, bool)
        elif operation.id == "getReadiness":
            assert call_with(operation, response(status, body)) is False
        else:
            if status == "202" and body.get("code") != "idempotency_pending":
                with pytest.raises(UnexpectedResponseError):
                    call_with(operation, response(status, body))
                return
            with pytest.raises(HelmrStatusError) as caught:
                call_with(operation, response(status, body))
            assert type(caught.value) is ERRORS.get(int(status), HelmrStatusError)
            assert caught.value.status == int(status)
            assert caught.value.code == body.get("code")

    for sample in samples(schema, MANY if success else FEW, f"{operation.id} {status}"):
        for change in CHANGES:
            check(sample, change)
