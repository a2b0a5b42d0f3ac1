"""Fixtures: a server with its web page, and a browser that opens it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from helmr_ergonomic import HelmrClient
from helmr_local import LocalHelmr
from tests.docs import browser
from tests.docs.browser import Chromium
from tests.page import tasks
from tests.page.view import View


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    if browser.find() is None:
        pytest.skip("Chromium is not on the PATH (Debian: apt-get install chromium)")
    with Chromium() as running:
        yield running


@pytest.fixture(scope="session")
def helmr() -> Iterator[LocalHelmr]:
    with LocalHelmr(tasks=tasks) as serving:
        yield serving


@pytest.fixture(scope="session")
def client(helmr: LocalHelmr) -> Iterator[HelmrClient]:
    with helmr.client() as made:
        yield made


@pytest.fixture
def view(chromium: Chromium, helmr: LocalHelmr) -> Iterator[View]:
    """The page in a new tab. The test fails if it has errors or sends requests to another host."""
    with chromium.page() as page:
        yield View(page, helmr)
        page.listen(0.05)
    assert page.errors == []
    assert [url for url in page.requested if not url.startswith(f"{helmr.url}/")] == []
    assert [url for url in page.requested[1:] if helmr.api_key in url] == []
