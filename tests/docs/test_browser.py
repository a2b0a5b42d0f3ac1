"""The documentation site in a real browser, from the file system and from a server.

Pages load without errors or requests to other hosts, and search and navigation work.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.docs import browser
from tests.docs.browser import Chromium, Page

pytestmark = [
    pytest.mark.tool("chromium"),
    pytest.mark.tool("node"),
    pytest.mark.timeout(300),
]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Do not log requests; the test asserts on them."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    if browser.find() is None:
        pytest.skip("Chromium is not on the PATH (Debian: apt-get install chromium)")
    with Chromium() as running:
        yield running


@pytest.fixture(scope="module", params=["file", "http"])
def address(request: pytest.FixtureRequest, whole_site: Path) -> Iterator[str]:
    """The URL of the site, without a trailing slash."""
    if request.param == "file":
        yield whole_site.as_uri()
        return
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(whole_site))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def page(chromium: Chromium, address: str) -> Iterator[Page]:
    """A new page. The test fails if the page had an error or sent a request to another host."""
    with chromium.page() as opened:
        yield opened
        opened.listen(0.1)
    assert opened.errors == []
    own = (f"{address}/", "data:", "blob:", "about:")
    assert [url for url in opened.requested if not url.startswith(own)] == []


def test_every_page_loads(page: Page, address: str, whole_site: Path) -> None:
    for file in sorted(whole_site.rglob("*.html")):
        if file.name == "404.html":  # served by a server, for a path at any depth
            continue
        page.open(f"{address}/{file.relative_to(whole_site).as_posix()}")
        assert page.evaluate("document.title"), file
        assert page.evaluate("document.querySelectorAll('h1').length"), file


def test_search_finds_and_opens_a_guide(page: Page, address: str) -> None:
    page.open(f"{address}/index.html")
    results = search(page, "fingerprint")
    assert any("guides/idempotency.html" in result for result in results)
    page.evaluate("document.querySelector('.md-search-result__link[href*=\"guides/idempotency\"]').click()")
    page.wait_until(
        "location.pathname.endsWith('/guides/idempotency.html') && document.readyState == 'complete'"
    )
    assert page.evaluate("document.querySelector('h1').textContent").startswith("Idempotency")


def test_search_finds_python_names_and_operations_from_any_page(page: Page, address: str) -> None:
    page.open(f"{address}/reference/python/tokens.html")
    assert any("reference/python/sessions.html" in result for result in search(page, "start_and_wait"))
    page.open(f"{address}/guides/tokens.html")
    assert any("reference/http.html" in result for result in search(page, "startSession"))


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("cancelRun", "reference/operations/runs.html#cancelrun"),
        ("max_duration_seconds", "reference/schemas.html#sessionstartrequest"),
        ("idempotency_pending", "reference/errors.html#idempotency_pending"),
        ("token_completion_conflict", "reference/errors.html#token_completion_conflict"),
    ],
)
def test_search_finds_operations_fields_and_codes(page: Page, address: str, words: str, place: str) -> None:
    page.open(f"{address}/index.html")
    found = [result.partition("?")[0] + "#" + result.partition("#")[2] for result in search(page, words)]
    assert f"{address}/{place}" in found


def test_search_reports_no_matches(page: Page, address: str) -> None:
    page.open(f"{address}/index.html")
    focus_search(page)
    page.type("zyzzogeton")
    page.wait_until("document.querySelector('.md-search-result__meta').textContent.includes('No matching')")


def test_navigation_reaches_all_sections(page: Page, address: str) -> None:
    page.open(f"{address}/index.html")
    tabs = page.evaluate("[...document.querySelectorAll('.md-tabs__link')].map(a => a.textContent.trim())")
    assert tabs == ["Home", "Guides", "Check and build", "HTTP API", "Python reference", "Project"]
    for tab in range(len(tabs)):
        # The variable disappears when the next page loads.
        page.evaluate(f"leaving = true, document.querySelectorAll('.md-tabs__link')[{tab}].click(), true")
        page.wait_until(
            "typeof leaving == 'undefined' && document.readyState == 'complete'"
            f" && document.querySelectorAll('.md-tabs__item')[{tab}]?.matches('.md-tabs__item--active')"
            " && document.querySelector('h1').textContent"
        )


def test_api_reference_opens_an_operation_and_returns(page: Page, address: str) -> None:
    page.open(f"{address}/reference/http.html")
    page.evaluate("void document.querySelector('a[href$=\"/startsession\"]').click()")
    page.wait_until("location.pathname.endsWith('/reference/api.html') && document.readyState == 'complete'")
    # The operation is visible, with its error codes.
    page.wait_until(
        "[...document.querySelectorAll('h1, h2, h3')].some(h => h.textContent.includes('Start or reuse a')"
        " && h.getBoundingClientRect().top > -200 && h.getBoundingClientRect().top < innerHeight)"
    )
    assert page.evaluate("document.body.textContent.includes('idempotency_fingerprint_mismatch')")
    page.evaluate("void document.querySelector('#home').click()")
    page.wait_until("location.pathname.endsWith('/reference/http.html')")


def test_api_reference_is_one_self_contained_file(
    chromium: Chromium, whole_site: Path, tmp_path: Path
) -> None:
    alone = tmp_path / "alone.html"
    alone.write_bytes((whole_site / "reference" / "api.html").read_bytes())
    with chromium.page() as page:
        page.open(alone.as_uri())
        page.wait_until("document.body.textContent.includes('Sessions, runs and streams')")
        page.listen(0.5)
    assert page.errors == []
    assert [url for url in page.requested if not url.startswith((alone.as_uri(), "data:", "blob:"))] == []


def test_dark_mode_and_small_screens(chromium: Chromium, address: str) -> None:
    with chromium.page(width=390, height=800, dark=True) as page:
        page.open(f"{address}/guides/errors.html")
        assert page.evaluate("document.body.dataset.mdColorScheme") == "slate"
        # Only code and tables may be wider than the screen; they have their own scroll bars.
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.errors == []


def test_browser_records_errors(chromium: Chromium, tmp_path: Path) -> None:
    """The other tests rely on this: each kind of page error is recorded."""
    bad = tmp_path / "bad.html"
    bad.write_text(
        "<script>console.error('complaint')</script><script>throw new Error('thrown')</script>"
        "<img src='gone.png'><script src='http://127.0.0.1:9/script.js'></script>",
        encoding="utf-8",
    )
    with chromium.page() as page:
        page.open(bad.as_uri())
        page.listen(0.2)
    errors = "\n".join(page.errors)
    assert "complaint" in errors
    assert "thrown" in errors
    assert "ERR_FILE_NOT_FOUND" in errors
    assert "http://127.0.0.1:9/script.js" in page.requested


def focus_search(page: Page) -> None:
    page.wait_until("!document.querySelector('.md-search').hidden")
    page.evaluate("void document.querySelector('.md-search__input').focus()")


def search(page: Page, text: str) -> list[str]:
    """Search as a reader does and return the URLs of the results."""
    focus_search(page)
    page.type(text)
    page.wait_until("document.querySelectorAll('.md-search-result__link').length > 0")
    found = page.evaluate("[...document.querySelectorAll('.md-search-result__link')].map(a => a.href)")
    return [str(address) for address in found]
