"""A process that forks: parent and child may both go on using the clients made before."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from helmr_local import LocalHelmr

PROGRAM = """
import asyncio, json, os, sys
from helmr_ergonomic import AsyncHelmrClient, HelmrClient, runs

def port(raw):
    raw.runs.counts()
    return raw.response.extensions["network_stream"].get_extra_info("client_addr")[1]

async def async_port(raw):
    await raw.runs.counts()
    return raw.response.extensions["network_stream"].get_extra_info("client_addr")[1]

client = HelmrClient()
copy = client.with_options(timeout=20)
before = port(client.with_raw_response)
assert before == port(copy.with_raw_response)
runs.counts()
other = AsyncHelmrClient()
first = asyncio.run(async_port(other.with_raw_response))
child = os.fork()
if child == 0:
    runs.counts()
    here = port(client.with_raw_response)
    same = port(copy.with_raw_response)
    there = asyncio.run(async_port(other.with_raw_response))
    os._exit(0 if here == same != before and there not in (first, here, before) else 3)
_, status = os.waitpid(child, 0)
assert port(client.with_raw_response) == before, "the parent's connection was closed"
sys.exit(os.waitstatus_to_exitcode(status))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_child_has_connections_of_its_own() -> None:
    with LocalHelmr() as helmr:
        environment = {**os.environ, **helmr.environ()}
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, timeout=60
        )
    assert (done.returncode, done.stderr) == (0, "")
