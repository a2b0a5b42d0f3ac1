"""A helmr_local with the probe task: the server under test when no URL is given."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from helmr_contract.target import DEFAULT_TASK, Target


@contextmanager
def local_target() -> Generator[Target]:
    """Run a local control plane in this process within the block."""
    from helmr_contract.probe import probe
    from helmr_local import LocalHelmr, LocalSettings

    # Streams and waits end by the usual rules, but soon enough for a test.
    settings = LocalSettings(stream_limit=0.3, start_and_wait=0.3)
    with LocalHelmr(tasks=[probe], settings=settings) as helmr:
        yield Target(helmr.url, helmr.api_key, DEFAULT_TASK, worker=True, local=True)
