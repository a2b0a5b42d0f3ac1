"""What a first start imports. Each module delays its request by about a thousandth."""

from __future__ import annotations

import subprocess
import sys

MOST_MODULES = 88
"""Of this project. Lower it when the number of modules shrinks."""

PROGRAM = """
import sys
import httpx
before = {*sys.modules}
from helmr_ergonomic import HelmrClient, errors, task
def respond(request):
    print(*({*sys.modules} - before))
    return httpx.Response(200, json={"error": "no"}, request=request)
greet = task("greet", payload=dict[str, str])
http = httpx.Client(transport=httpx.MockTransport(respond))
client = HelmrClient("http://127.0.0.1:9", "hlmr_sk_x", http_client=http)
try:
    client.sessions.start(greet, {"name": "you"})
except errors.UnexpectedResponseError:
    pass
"""

NOT_NEEDED = {
    "attr",
    "attrs",
    "dataclasses",
    "dateutil",
    "helmr_api.client",
    "helmr_api.paging",
    "helmr_api.structs",
    "helmr_ergonomic._logs",
    "helmr_ergonomic._sync.concurrency",
    "helmr_ergonomic._sync.pool",
    "helmr_ergonomic._sync.streams",
    "helmr_ergonomic.events",
    "helmr_ergonomic.hooks",
    "helmr_ergonomic.streams",
    "httpcore",
    "msgspec",
    "platform",
}


def test_a_first_start_imports_only_what_it_needs() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & NOT_NEEDED
    ours = {name for name in loaded if name.startswith(("helmr_api", "helmr_ergonomic"))}
    assert {name for name in ours if name.startswith("helmr_api.models.")} <= {
        f"helmr_api.models.{name}"
        for name in (
            *("list_runs_status", "run_status", "session_activity", "session_status"),  # without classes
            *("run", "run_cancel_result", "run_counts", "session", "session_start", "session_start_request"),
        )
    }
    assert not {
        name for name in ours if name.startswith(("helmr_ergonomic._async", "helmr_api.resources._async"))
    }
    assert len(ours) <= MOST_MODULES, sorted(ours)
