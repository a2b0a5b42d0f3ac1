"""A helmr_local with the probe task, as the server under test when no URL is given."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from helmr_contract.target import DEFAULT_TASK, Target


@contextmanager
def local_target() -> Generator[Target]:
    """Serve the contract from this process for as long as the context lasts."""
    from helmr_contract.probe import probe
    from helmr_local import LocalHelmr, LocalSettings

    # Streams and waits end by the same rules as ever, but in the time that a test has.
    settings = LocalSettings(stream_limit=0.3, start_and_wait=0.3)
    with LocalHelmr(tasks=[probe], settings=settings) as helmr:
        yield Target(helmr.url, helmr.api_key, DEFAULT_TASK, worker=True, local=True)
