"""A helmr_local with the probe task: the server under test when no URL is given."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from helmr_contract.target import DEFAULT_TASK, Target


@contextmanager
def local_target() -> Generator[Target]:
    """Serve the contract from this process while the context lasts."""
    from helmr_contract.probe import probe
    from helmr_local import LocalHelmr, LocalSettings

    # Streams and waits end by the usual rules, but within the time of a test.
    settings = LocalSettings(stream_limit=0.3, start_and_wait=0.3)
    with LocalHelmr(tasks=[probe], settings=settings) as helmr:
        yield Target(helmr.url, helmr.api_key, DEFAULT_TASK, worker=True, local=True)
