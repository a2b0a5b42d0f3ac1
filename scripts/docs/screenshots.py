"""Take the screenshots for the guide on the page from a running server: `python scripts/docs/screenshots.py`.

Needs Chromium. The screenshots are committed; update them when the page changes.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from examples import tasks  # noqa: E402
from examples.review import ReviewRequest, approval, review_pull_request  # noqa: E402
from helmr_ergonomic import HelmrClient  # noqa: E402
from helmr_local import LocalHelmr  # noqa: E402
from tests.docs.browser import Chromium, Page  # noqa: E402

IMAGES = ROOT / "docs" / "guides" / "images"


def fill(client: HelmrClient) -> str:
    """Create data for the page to show; return the id of a session that waits for a token."""
    shown = ""
    for number in range(8):
        request = ReviewRequest("octo", "engine", 40 + number)
        tags = ["review", "nightly"][: 1 + number % 2]
        started = client.sessions.start(
            review_pull_request, request, external_id=f"github:octo/engine#{40 + number}", tags=tags
        )
        session = client.sessions.open(started.session)
        if number % 3 == 1:
            session.input(approval).send({"approved": number == 7})
        if number == 6:
            session.cancel(reason="superseded")
        shown = started.session.id
    return shown


TERMINAL = "document.activeElement.getAttribute('aria-label') === 'Input of the terminal'"
PRESS = "[...document.querySelectorAll('button')].find(e => e.innerText === 'Open a terminal').click()"


def terminal(page: Page, helmr: LocalHelmr, workspace: str, name: str) -> None:
    """Open a terminal in a workspace."""
    page.open(f"{helmr.url}/#key={helmr.api_key}")
    page.evaluate(f"void (location.hash = '#/workspaces/{workspace}')")
    page.wait_until("document.querySelectorAll('main .toolbar button').length > 3")
    page.evaluate(PRESS)
    page.wait_until(TERMINAL)
    for line in ("echo 'two findings' > report.txt", "ls", "cat report.txt", "python3 -c 'print(6 * 7)'"):
        page.type(line)
        page.press("Enter")
        time.sleep(1)
    page.screenshot(IMAGES / name)
    page.evaluate("[...document.querySelectorAll('button')].find(e => e.innerText === 'Close').click()")
    page.wait_until("!document.querySelector('.terminal-input')")


def shot(page: Page, helmr: LocalHelmr, session: str, names: dict[str, str]) -> None:
    page.open(f"{helmr.url}/#key={helmr.api_key}")
    for address, name in names.items():
        page.evaluate(f"void (location.hash = '#/{address.format(session=session)}')")
        page.wait_until("document.querySelectorAll('main .row, main .records li').length > 0")
        time.sleep(4)  # so that the timeline has a visible duration
        page.screenshot(IMAGES / name)


def main() -> int:
    os.environ.setdefault("GITHUB_TOKEN", "")
    IMAGES.mkdir(exist_ok=True)
    with LocalHelmr(tasks=tasks) as helmr, helmr.client() as client, Chromium() as browser:
        session = fill(client)
        workspace = client.workspaces.create("default", external_id="pr-42", tags=["review"]).id
        views = {"sessions": "page-sessions.png", "sessions/{session}": "page-session.png"}
        with browser.page(width=1100, height=760) as page:
            shot(page, helmr, session, views)
            terminal(page, helmr, workspace, "page-terminal.png")
        with browser.page(width=1100, height=760, dark=True) as page:
            shot(page, helmr, session, {"sessions/{session}": "page-dark.png"})
            terminal(page, helmr, workspace, "page-terminal-dark.png")
        with browser.page(width=390, height=760) as page:
            shot(page, helmr, session, {"sessions": "page-phone.png"})
            terminal(page, helmr, workspace, "page-terminal-phone.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
