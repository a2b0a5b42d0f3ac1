"""The programs that measure each client: import, construction, one typed call, and one page of 100.

They run in the environment of the peers, which has their packages. `GIVEN` is what their server
returns: the documented example of the object, once for the call and a hundred times in the page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import samples

KEY = samples.KEY
PAGE = 100

HTTPX = "httpx.HTTPTransport"
"""The class whose `handle_request` the mock replaces."""


@dataclass(frozen=True)
class Peer:
    """A client library. One without a call does not use HTTP."""

    name: str
    statement: str
    """The statement that imports the library."""
    made: str
    """The statement that creates `client`."""
    call: str = ""
    given: Any = None
    page: str = ""
    given_page: Any = None
    transport: str = HTTPX
    mocked: str = ""
    """The statement that replaces the client's own connections by the mock, if it has any."""
    note: str = ""


RUN: dict[str, Any] = samples.finished_run()
RECORDS: dict[str, Any] = samples.record_page(PAGE)
SESSION = "01970000-0000-7000-8000-000000000001"

OPENAI_FILE = {
    "id": "file-abc123",
    "object": "file",
    "bytes": 120_000,
    "created_at": 1_677_610_602,
    "expires_at": 1_680_202_602,
    "filename": "salesOverview.pdf",
    "purpose": "assistants",
    "status": "processed",
}
STRIPE_CUSTOMER: dict[str, Any] = {
    "id": "cus_NffrFeUfNV2Hib",
    "object": "customer",
    "address": None,
    "balance": 0,
    "created": 1_680_893_993,
    "currency": None,
    "default_source": None,
    "delinquent": False,
    "description": None,
    "email": "jennyrosen@example.com",
    "invoice_prefix": "0759376C",
    "invoice_settings": {"custom_fields": None, "default_payment_method": None, "footer": None},
    "livemode": False,
    "metadata": {},
    "name": "Jenny Rosen",
    "next_invoice_sequence": 1,
    "phone": None,
    "preferred_locales": [],
    "shipping": None,
    "tax_exempt": "none",
}
SVIX_MESSAGE = {
    "id": "msg_1srOrx2ZWZBpBUvZwXKQmoEYga2",
    "eventId": "evt_Wqb1k73rXprtTm7Qdlr38G",
    "eventType": "user.signup",
    "payload": {"email": "test@example.com", "type": "user.created", "username": "test_user"},
    "channels": ["project_123", "group_2"],
    "tags": ["project_1337"],
    "timestamp": "2026-06-06T10:00:00Z",
}
E2B_SANDBOX = {
    "templateID": "base",
    "sandboxID": "i4w9e1kq0l",
    "clientID": "a1b2c3d4",
    "startedAt": "2026-06-06T10:00:00Z",
    "endAt": "2026-06-06T10:05:00Z",
    "envdVersion": "0.2.4",
    "cpuCount": 2,
    "memoryMB": 512,
    "diskSizeMB": 1024,
    "state": "running",
    "alias": "base",
    "metadata": {"user": "42"},
}

OURS = Peer(
    name="helmr",
    statement="from itertools import islice; from helmr import HelmrClient",
    made=f"client = HelmrClient('http://127.0.0.1:9', {KEY!r})",
    call=f"client.runs.retrieve({RUN['id']!r}).status",
    given=RUN,
    page=f"list(islice(client.sessions.open({SESSION!r}).output('report').list(page_size=100), 100))",
    given_page=RECORDS,
    mocked="import httpx; client._transport._http.connections = httpx.HTTPTransport()",
    note="a run; stream records",
)

PEERS = (
    Peer(
        name="httpx",
        statement="import httpx",
        made=(
            "client = httpx.Client(base_url='http://127.0.0.1:9', "
            f"headers={{'Authorization': 'Bearer {KEY}'}})"
        ),
        call=f"client.get('/api/runs/{RUN['id']}').raise_for_status().json()['status']",
        given=RUN,
        page=f"client.get('/api/sessions/{SESSION}/outputs/report').raise_for_status().json()['records']",
        given_page=RECORDS,
        note="by hand, the same responses as dictionaries",
    ),
    Peer(
        name="openapi-python-client",
        statement=(
            "from uuid import UUID; from stock import AuthenticatedClient; "
            "from stock.api.runs import get_run; from stock.api.streams import list_output_records"
        ),
        made=f"client = AuthenticatedClient('http://127.0.0.1:9', {KEY!r})",
        call=f"get_run.sync(UUID({RUN['id']!r}), client=client).status",
        given=RUN,
        page=f"list_output_records.sync(UUID({SESSION!r}), 'report', client=client).records",
        given_page=RECORDS,
        note="generated from the same document, the same responses",
    ),
    Peer(
        name="openai",
        statement="from openai import OpenAI",
        made="client = OpenAI(api_key='sk-benchmark', base_url='http://127.0.0.1:9/v1')",
        call="client.files.retrieve('file-abc123').status",
        given=OPENAI_FILE,
        page="client.files.list(limit=100).data",
        given_page={"object": "list", "data": [OPENAI_FILE] * PAGE, "has_more": False},
        transport="httpx2.HTTPTransport",
        note="a file",
    ),
    Peer(
        name="stripe",
        statement="from stripe import HTTPXClient, StripeClient",
        made="client = StripeClient('sk_test_benchmark', http_client=HTTPXClient(allow_sync_methods=True))",
        call="client.v1.customers.retrieve('cus_NffrFeUfNV2Hib').email",
        given=STRIPE_CUSTOMER,
        page="client.v1.customers.list({'limit': 100}).data",
        given_page={
            "object": "list",
            "url": "/v1/customers",
            "has_more": False,
            "data": [STRIPE_CUSTOMER] * PAGE,
        },
        note="a customer, on httpx",
    ),
    Peer(
        name="svix",
        statement="from svix.api import Svix, SvixOptions",
        made="client = Svix('testsk_benchmark.eu', SvixOptions(server_url='http://127.0.0.1:9'))",
        call="client.message.get('app_1', 'msg_1srOrx2ZWZBpBUvZwXKQmoEYga2').event_type",
        given=SVIX_MESSAGE,
        page="client.message.list('app_1').data",
        given_page={"data": [SVIX_MESSAGE] * PAGE, "iterator": None, "done": True},
        note="a message",
    ),
    Peer(
        name="e2b",
        statement="from e2b import Sandbox",
        made=(
            "from e2b.api.client_sync import get_api_client; "
            "from e2b.connection_config import ConnectionConfig; "
            "client = get_api_client(ConnectionConfig(api_key='e2b_' + 'a' * 40, api_url='http://127.0.0.1:9'))"
        ),
        call="Sandbox.get_info('i4w9e1kq0l', api_key='e2b_' + 'a' * 40, api_url='http://127.0.0.1:9').template_id",
        given=E2B_SANDBOX,
        page="Sandbox.list(api_key='e2b_' + 'a' * 40, api_url='http://127.0.0.1:9').next_items()",
        given_page=[E2B_SANDBOX] * PAGE,
        transport="pyqwest.httpx.PyqwestTransport",
        note="a sandbox; its calls make a client each",
    ),
    Peer(
        name="temporalio",
        statement="from temporalio.client import Client",
        made=(
            "import asyncio\n"
            "async def make(): return await Client.connect('127.0.0.1:9', lazy=True)\n"
            "client = asyncio.run(make())"
        ),
        note="speaks gRPC, so its calls are not comparable",
    ),
)
