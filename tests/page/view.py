"""The page as a user sees it: visible text, clicks and input."""

from __future__ import annotations

import json
from typing import Any

from helmr_local import LocalHelmr
from tests.docs.browser import Page


class View:
    """A browser tab with a server's page."""

    def __init__(self, page: Page, helmr: LocalHelmr) -> None:
        self.page = page
        self.helmr = helmr

    def open(self, address: str = "sessions") -> None:
        """Open the page with the key, then the view at `#/` and this address."""
        self.page.open(f"{self.helmr.url}/#key={self.helmr.api_key}")
        self.page.wait_until("!!document.querySelector('main h1')")
        self.go(address)

    def go(self, address: str) -> None:
        self.page.evaluate(f"void (location.hash = {json.dumps('#/' + address)})")

    def at(self, address: str) -> None:
        """Wait until the part of the URL after `#/` starts with this address."""
        self.page.wait_until(f"location.hash.startsWith({json.dumps('#/' + address)})")

    def shows(self, text: str, inside: str = "main") -> None:
        """Wait until the text is visible."""
        self.page.wait_until(
            f"[...document.querySelectorAll({inside!r})].some(e => e.innerText.includes({json.dumps(text)}))"
        )

    def text(self, inside: str = "main") -> str:
        return str(self.page.evaluate(f"document.querySelector({inside!r}).innerText"))

    def click(self, label: str) -> None:
        """Click the button or link with this label when it appears."""
        labelled = f"e => e.innerText.trim() === {json.dumps(label)}"
        found = f"[...document.querySelectorAll('button, a')].findLast({labelled})"
        self.page.wait_until(f"!!{found}")
        self.page.evaluate(f"{found}.click()")

    def write(self, label: str, text: str) -> None:
        """Put text into the field with this label when it appears."""
        found = (
            "document.getElementById([...document.querySelectorAll('label')]"
            f".find(e => e.innerText.trim() === {json.dumps(label)})?.htmlFor ?? '')"
        )
        self.page.wait_until(f"!!{found}")
        self.page.evaluate(
            f"(e => {{ e.value = {json.dumps(text)}; e.dispatchEvent(new Event('input')) }})({found})"
        )

    def focused(self) -> Any:
        """Return the label, or else the text, of the focused element."""
        return self.page.evaluate(
            "(e => e.labels?.[0]?.innerText ?? e.getAttribute('aria-label') ?? e.innerText)"
            "(document.activeElement)"
        )
