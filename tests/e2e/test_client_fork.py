"""After a fork, parent and child can both keep using the clients made before."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from helmr_local import LocalHelmr

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")

CONNECTIONS = """
import asyncio, os, sys
from helmr_api import Client
from helmr_api.api.runs import count_runs
from helmr_ergonomic import AsyncHelmrClient, HelmrClient, runs

def port_of(response):
    return response.extensions["network_stream"].get_extra_info("client_addr")[1]

def port(raw):
    raw.runs.counts()
    return port_of(raw.response)

async def async_port(raw):
    await raw.runs.counts()
    return port_of(raw.response)

def low_level_port(client):
    return client.send(count_runs.request().reading(port_of))

client = HelmrClient()
copy = client.with_options(timeout=20)
before = port(client.with_raw_response)
assert before == port(copy.with_raw_response)
runs.counts()
low_level = Client(os.environ["HELMR_API_URL"], os.environ["HELMR_API_KEY"])
below = low_level_port(low_level)
other = AsyncHelmrClient()

def check():
    runs.counts()
    here = port(client.with_raw_response)
    same = port(copy.with_raw_response)
    there = asyncio.run(async_port(other.with_raw_response))
    lower = low_level_port(low_level)
    return here == same != before and lower != below and len({here, there, lower, before, below}) == 5

async def main():
    first = await async_port(other.with_raw_response)
    child = os.fork()  # within an event loop, whose file descriptors both processes share then
    if child == 0:
        return None
    _, status = os.waitpid(child, 0)
    assert await async_port(other.with_raw_response) == first, "the parent's event loop was disturbed"
    return os.waitstatus_to_exitcode(status)

done = asyncio.Runner()
code = done.run(main())
if code is None:
    asyncio.set_event_loop(None)
    os._exit(0 if check() else 3)
done.close()
assert port(client.with_raw_response) == before, "the parent's connection was closed"
assert low_level_port(low_level) == below, "the parent's connection was closed"
sys.exit(code)
"""

LOCKS = """
import os, sys, threading, time, traceback
from helmr_ergonomic import facade, sessions

hung = 0
for number in range(int(sys.argv[1])):
    facade.close()
    thread = threading.Thread(target=lambda: sessions.list(limit=1).all())
    thread.start()
    time.sleep(float(sys.argv[2]) * number)
    child = os.fork()
    if child == 0:
        try:
            sessions.list(limit=1).all()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)
    deadline = time.monotonic() + 60
    ended, status = 0, 0
    while not ended and time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        time.sleep(0.002)
    if not ended:
        print(f"child {number} hangs", file=sys.stderr)
        os.kill(child, 9)
        os.waitpid(child, 0)
    hung += not ended or status != 0
    thread.join()
sys.exit(hung)
"""

# A module that imports thread pools while a fork waits for its import.
SLOW_MODULE = """
import __main__
__main__.importing.set()
assert __main__.forking.wait(60)
import concurrent.futures.thread
"""

POOLS = """
import importlib, os, sys, threading
import helmr_ergonomic.facade

importing, forking = threading.Event(), threading.Event()
os.register_at_fork(before=forking.set)  # runs before the hook that waits, because it is registered later
thread = threading.Thread(target=importlib.import_module, args=["slow_module"])
assert "concurrent.futures.thread" not in sys.modules
thread.start()
assert importing.wait(60)
child = os.fork()
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor() as pool:
    code = pool.submit(int).result(60)
if child == 0:
    os._exit(code)
thread.join()
sys.exit(os.waitpid(child, 0)[1])
"""


@pytest.fixture(scope="module")
def environment() -> Iterator[dict[str, str]]:
    with LocalHelmr() as helmr:
        yield {**os.environ, **helmr.environ()}


def run(program: str, environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=500)


def test_a_child_has_its_own_connections(environment: dict[str, str]) -> None:
    done = run(CONNECTIONS, environment)
    assert (done.returncode, done.stderr) == (0, "")


# The first thread also imports the modules that a call needs; later threads only create the client.
@pytest.mark.parametrize("pause", ["0.005", "0.03", "0.0003"])
def test_a_child_is_not_delayed_by_the_parents_other_threads(environment: dict[str, str], pause: str) -> None:
    done = run(LOCKS, environment, "6", pause)
    assert (done.returncode, done.stderr) == (0, "")


def test_thread_pools_work_on_both_sides_of_a_fork_that_waited_for_their_import(
    environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "slow_module.py").write_text(SLOW_MODULE, encoding="utf-8")
    done = run(POOLS, {**environment, "PYTHONPATH": str(tmp_path)})
    assert (done.returncode, done.stderr) == (0, "")
