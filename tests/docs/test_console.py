"""The console of the API reference, which sends requests from the page to a local control plane."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from examples import tasks
from helmr_local import LocalHelmr
from tests.docs import browser
from tests.docs.browser import Chromium, Page
from tests.docs.pages import ROOT

sys.path[:0] = [str(ROOT / "scripts" / "docs"), str(ROOT / "scripts")]
import console  # noqa: E402

import openapi_document  # noqa: E402

DOCUMENT = openapi_document.load(ROOT / "openapi.yaml")

pytestmark = [
    pytest.mark.tool("chromium"),
    pytest.mark.tool("node"),
    pytest.mark.timeout(300),
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    if browser.find() is None:
        pytest.skip("Chromium is not on the PATH (Debian: apt-get install chromium)")
    with Chromium() as running:
        yield running


@pytest.fixture(scope="module")
def plane() -> Iterator[LocalHelmr]:
    """A control plane that accepts requests from `file:` pages."""
    with LocalHelmr(tasks=[tasks], cors_origins=["null"]) as helmr:
        yield helmr


@pytest.fixture
def page(chromium: Chromium, whole_site: Path) -> Iterator[Page]:
    with chromium.page() as opened:
        opened.open(f"{(whole_site / 'reference' / 'api.html').as_uri()}#try/getTask")
        opened.wait_until("document.getElementById('try-it')?.open")
        yield opened


def fill(page: Page, **values: Any) -> None:
    page.evaluate(
        f"""for (const [name, value] of Object.entries({json.dumps(values)})) {{
            const field = document.querySelector('#try-it form').elements[name];
            if (value === true) field.checked = true; else field.value = value;
            field.dispatchEvent(new Event('change'));
        }}"""
    )


def send(page: Page) -> str:
    """Submit the form and return the status line of the response."""
    page.evaluate("void document.querySelector('#try-it [type=submit]').click()")
    status = page.wait_until(
        "(text => text && !text.endsWith('…') && text)(document.getElementById('try-it-status').textContent)"
    )
    return str(status)


def response(page: Page, until: str = "") -> str:
    body = "document.getElementById('try-it-response').textContent"
    return str(page.wait_until(f"{body}.includes({json.dumps(until)}) && {body}"))


def test_an_operation_is_tried_and_the_key_is_not_stored(page: Page, plane: LocalHelmr) -> None:
    fill(page, operation="startSession")
    fill(page, server=plane.url, credential=plane.api_key)
    payload = {"owner": "OWNER", "repo": "REPO", "prNumber": 42}
    fill(page, body=json.dumps({"task_id": "review-pull-request", "payload": payload}))
    assert send(page).startswith("201 Created")
    started = json.loads(response(page, "session"))
    assert started["run"]["task_id"] == "review-pull-request"
    stored = "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href])"
    assert plane.api_key not in page.evaluate(stored)
    assert plane.api_key not in page.evaluate("document.documentElement.outerHTML")
    requested = [url for url in page.requested if url.startswith("http")]
    assert requested
    assert [url for url in requested if not url.startswith(plane.url)] == []
    assert page.errors == []


def test_an_event_stream_is_followed_and_stopped(page: Page, plane: LocalHelmr) -> None:
    with plane.client() as client:
        run = client.sessions.start("review-pull-request", {"owner": "O", "repo": "R", "prNumber": 1}).run
    fill(page, operation="listRunEvents")
    fill(page, server=plane.url, credential=plane.api_key, **{"path.run_id": run.id}, follow=True)
    assert send(page).startswith("200 OK")
    response(page, "event: run_event")
    page.evaluate("void document.getElementById('try-it-stop').click()")
    page.wait_until("document.getElementById('try-it-status').textContent.endsWith('stopped')")


def test_errors_are_shown(page: Page, plane: LocalHelmr) -> None:
    fill(page, server=plane.url, credential="wrong")
    assert send(page).startswith("401 ")
    assert "error" in json.loads(response(page, "error"))
    assert page.evaluate("document.getElementById('try-it-status').className") == "failed"
    fill(page, operation="startSession")
    fill(page, body="{")
    assert "not JSON" in send(page)


def test_the_page_shows_how_to_start_a_server_that_allows_it(page: Page) -> None:
    with LocalHelmr(tasks=[tasks]) as closed:
        fill(page, server=closed.url, credential=closed.api_key)
        assert "helmr-local serve --port 8080 --cors-origin null" in send(page)


def test_no_request_is_sent_to_another_host(page: Page) -> None:
    fill(page, server="https://helmr.example.com", credential="key")
    assert "must be on this machine" in send(page)
    refused = "fetch('http://192.0.2.1/').then(() => 'sent', (error) => error.name)"
    assert page.evaluate(refused) == "TypeError"
    assert [url for url in page.requested if url.startswith("http")] == []


def test_links_in_the_reference_open_the_console(page: Page) -> None:
    page.evaluate("void document.getElementById('try-it-close').click()")
    page.wait_until("!document.getElementById('try-it').open")
    page.evaluate("location.hash = '#/runs/cancelrun'")
    link = "document.querySelector('a[href=\"#try/cancelRun\"]')"
    page.wait_until(f"{link} !== null")
    page.evaluate(f"void {link}.click()")
    assert page.evaluate("document.querySelector('#try-it form').elements.operation.value") == "cancelRun"
    assert page.evaluate("document.getElementById('try-it').open")


def test_every_operation_can_be_selected_and_has_its_fields(page: Page) -> None:
    names = page.evaluate(
        """Object.fromEntries([...document.querySelectorAll('#try-it option')].map(({ value }) => {
            const form = document.querySelector('#try-it form');
            form.elements.operation.value = value;
            form.elements.operation.dispatchEvent(new Event('change'));
            return [value, [...document.querySelectorAll('#try-it-fields [name]')].map(one => one.name)];
        }))"""
    )
    shown_operations = console.operations(DOCUMENT)
    assert names.keys() == {shown["id"] for shown in shown_operations}
    for shown in shown_operations:
        wanted = {f"{one['in']}.{one['name']}" for one in shown["parameters"]}
        assert wanted <= set(names[shown["id"]]), shown["id"]


# Readability, in both colour schemes ------------------------------------------------------------------------

CONTRAST = (ROOT / "tests" / "docs" / "contrast.js").read_text(encoding="utf-8")
READ = [
    "index.html",
    "guides/quickstart.html",
    "guides/errors.html",
    "guides/concepts.html",
    "reference/http.html",
    "reference/errors.html",
    "reference/operations/sessions.html",
    "reference/python/sessions.html",
]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_pages_have_sufficient_contrast(chromium: Chromium, whole_site: Path, dark: bool) -> None:
    with chromium.page(dark=dark) as page:
        found = {}
        for name in READ:
            page.open((whole_site / name).as_uri())
            if bad := page.evaluate(CONTRAST):
                found[name] = bad
    assert found == {}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_api_reference_and_its_console_have_sufficient_contrast(
    chromium: Chromium, whole_site: Path, dark: bool
) -> None:
    address = (whole_site / "reference" / "api.html").as_uri()
    with chromium.page(dark=dark) as page:
        page.open(f"{address}#/sessions/startsession")
        page.wait_until("document.querySelector('[data-testid=menu-item-label]') !== null")
        page.wait_until("document.body.textContent.includes('Starts a session and its first run')")
        assert page.evaluate(CONTRAST) == []
        page.evaluate("void document.getElementById('try-it-open').click()")
        assert page.evaluate(CONTRAST) == []


def test_insufficient_contrast_is_found(chromium: Chromium, tmp_path: Path) -> None:
    bad = tmp_path / "bad.html"
    bad.write_text(
        "<p style='color: #999'>grey</p><p style='opacity: .3'>faint</p>"
        "<p style='color: #fff; background: #0f766e80'>thin</p><p>fine</p>"
        "<h1 style='color: #888'>large</h1>",
        encoding="utf-8",
    )
    with chromium.page() as page:
        page.open(bad.as_uri())
        found = page.evaluate(CONTRAST)
    assert [line.rpartition("'")[0].rpartition("'")[2] for line in found] == ["grey", "faint", "thin"]


def test_buttons_of_the_reference_do_not_overlap_on_a_phone(chromium: Chromium, whole_site: Path) -> None:
    fixed = """[...document.querySelectorAll('body *')].filter(one => {
        const style = getComputedStyle(one), box = one.getBoundingClientRect();
        return ['fixed', 'sticky'].includes(style.position) && box.width > 0 && box.width < 300
            && box.bottom > innerHeight - 120 && box.top < innerHeight && one.checkVisibility();
    }).map(one => one.getBoundingClientRect()).map(box => [box.left, box.top, box.right, box.bottom])"""
    for width in (320, 390):
        with chromium.page(width=width, height=800) as page:
            page.open((whole_site / "reference" / "api.html").as_uri())
            page.wait_until(f"{fixed}.length > 1")
            boxes = page.evaluate(fixed)
            assert all(left >= 0 and right <= width for left, _, right, _ in boxes)
            for index, one in enumerate(boxes):
                for other in boxes[index + 1 :]:
                    apart = (
                        one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
                    )
                    assert apart, f"{one} covers {other} at {width}"
