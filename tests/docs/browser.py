"""A headless Chromium, driven through its DevTools protocol over a pipe: no driver, no port, no package.

    with Chromium() as browser, browser.page() as page:
        page.open("file:///…/index.html")
        assert page.evaluate("document.title")
        assert page.errors == []

Console messages, uncaught exceptions and all requested URLs are recorded, starting before the page loads.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 30.0
"""Timeout of every wait, in seconds. It is generous, because a machine that runs other tests is slow."""

# Without these options Chromium itself requests updates, models and so on from the network.
QUIET = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--no-default-browser-check",
    "--no-first-run",
]


def find() -> str | None:
    """Return the path of the browser, or None."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class BrowserError(AssertionError):
    """A browser command failed."""


class Navigated(BrowserError):
    """The page navigated away while a command ran."""


class Chromium:
    """One browser process. `page()` opens a page."""

    def __init__(self) -> None:
        self._profile = tempfile.TemporaryDirectory(prefix="helmr-docs-browser-", ignore_cleanup_errors=True)
        self._next = 0
        self._buffer = b""
        self._events: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        program = find()
        if program is None:
            raise BrowserError("no Chromium on the PATH")
        to_read, self._out = os.pipe()
        self._in, to_write = os.pipe()
        # Chromium reads its commands from descriptor 3 and writes to 4.
        command = f'exec "$@" 3<&{to_read} 4>&{to_write}'
        options = [
            *["--headless", "--remote-debugging-pipe", f"--user-data-dir={self._profile.name}"],
            *["--disable-gpu", "--hide-scrollbars", "--no-sandbox", "--disable-dev-shm-usage"],
            *QUIET,
        ]
        self._process = subprocess.Popen(
            ["bash", "-c", command, "chromium", program, *options, "about:blank"],
            pass_fds=(to_read, to_write),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_read)
        os.close(to_write)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.call("Browser.close")
            self._process.wait(PATIENCE)
        except (BrowserError, OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        os.close(self._out)
        os.close(self._in)
        self._profile.cleanup()

    @contextmanager
    def page(self, *, width: int = 1280, height: int = 900, dark: bool = False) -> Generator[Page]:
        """Open a page in a fresh profile; nothing is shared between pages."""
        context = self.call("Target.createBrowserContext")["browserContextId"]
        target = self.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        page.prepare(width, height, dark)
        try:
            yield page
        finally:
            self.call("Target.closeTarget", targetId=target)
            self.call("Target.disposeBrowserContext", browserContextId=context)

    def call(self, method: str, session: str | None = None, /, **params: Any) -> dict[str, Any]:
        """Send a command and return its response. Events that arrive first are kept."""
        self._next += 1
        message: dict[str, Any] = {"id": self._next, "method": method, "params": params}
        if session is not None:
            message["sessionId"] = session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + PATIENCE
        while True:
            response = self._receive(until - time.monotonic())
            if response is None:
                raise BrowserError(f"{method}: no response within {PATIENCE:g} s")
            if response.get("id") == self._next:
                if "error" in response:
                    message = response["error"]["message"]
                    gone = "navigated" in message or "context was destroyed" in message
                    raise (Navigated if gone else BrowserError)(f"{method}: {message}")
                return dict(response.get("result", {}))
            self._events.append(response)

    def events(self, session: str, wait: float = 0.0) -> Iterator[dict[str, Any]]:
        """Yield the events of a page since the last call, waiting up to `wait` seconds for the first."""
        mine = [event for event in self._events if event.get("sessionId") == session]
        self._events = [event for event in self._events if event.get("sessionId") != session]
        yield from mine
        while (event := self._receive(0.0 if mine else wait)) is not None:
            if event.get("sessionId") == session:
                mine.append(event)
                yield event
            else:
                self._events.append(event)

    def _receive(self, wait: float) -> dict[str, Any] | None:
        until = time.monotonic() + max(0.0, wait)
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._in], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                return None
            received = os.read(self._in, 1 << 20)
            if not received:
                raise BrowserError("the browser ended")
            self._buffer += received
        message, _, self._buffer = self._buffer.partition(b"\0")
        return dict(json.loads(message))


class Page:
    """A page, with its errors and the URLs that it requested."""

    def __init__(self, browser: Chromium, session: str) -> None:
        self._browser = browser
        self._session = session
        self._loaded = False
        self.errors: list[str] = []
        self.requested: list[str] = []

    def prepare(self, width: int, height: int, dark: bool) -> None:
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._call(f"{domain}.enable")
        # Frames and workers of a page are separate targets; listen to them too.
        self._call("Target.setAutoAttach", autoAttach=True, waitForDebuggerOnStart=False, flatten=True)
        self.resize(width, height)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._call("Emulation.setEmulatedMedia", features=[scheme])

    def resize(self, width: int, height: int) -> None:
        """Resize the window, in pixels. Below 600 pixels a phone is emulated."""
        self._call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )

    def open(self, url: str) -> None:
        """Navigate to a URL and wait for its load event."""
        self._loaded = False
        response = self._call("Page.navigate", url=url)
        if response.get("errorText"):
            raise BrowserError(f"{url}: {response['errorText']}")
        if "loaderId" not in response:  # another fragment of the same page
            return
        self.wait_for(lambda: self._loaded, f"{url} to load")

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression; a promise is awaited."""
        response = self._call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in response:
            details = response["exceptionDetails"]
            raise BrowserError(
                f"{expression}: {details.get('exception', details).get('description', details)}"
            )
        return response["result"].get("value")

    def wait_until(self, expression: str) -> Any:
        """Wait until a JavaScript expression is truthy and return its value."""
        found: list[Any] = []

        def holds() -> bool:
            try:
                found.append(self.evaluate(expression))
            except Navigated:
                return False
            return bool(found[-1])

        self.wait_for(holds, expression)
        return found[-1]

    def wait_for(self, condition: Any, what: str) -> None:
        until = time.monotonic() + PATIENCE
        while True:
            self.listen(0.05)
            if condition():
                self.listen()
                return
            if time.monotonic() > until:
                raise BrowserError(f"waited {PATIENCE:g} s for {what}; errors: {self.errors}")

    def press(self, key: str, modifiers: str = "") -> None:
        """Press a key: a character, or a name such as `Enter`; `modifiers` is `ctrl`, `shift` or empty."""
        codes = {"Enter": 13, "Tab": 9, "Escape": 27, "End": 35, "Home": 36, "ArrowUp": 38, "ArrowDown": 40}
        bits = {"": 0, "ctrl": 2, "shift": 8}[modifiers]
        code = codes.get(key, ord(key.upper()) if len(key) == 1 else 0)
        text = {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
        down: dict[str, Any] = {"text": text} if text and modifiers != "ctrl" else {}
        common = {"key": key, "windowsVirtualKeyCode": code, "modifiers": bits}
        self._call("Input.dispatchKeyEvent", type="keyDown", **common, **down)
        self._call("Input.dispatchKeyEvent", type="keyUp", **common)

    def type(self, text: str) -> None:
        """Type into the focused element."""
        self._call("Input.insertText", text=text)

    def screenshot(self, path: Path, *, whole: bool = False) -> None:
        """Write a PNG of the viewport, or of the whole page."""
        response = self._call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(response["data"]))

    def listen(self, wait: float = 0.0) -> None:
        """Record the events since the last call."""
        for event in self._browser.events(self._session, wait):
            self._note(event["method"], event["params"])

    def _note(self, method: str, params: dict[str, Any]) -> None:
        if method == "Page.loadEventFired":
            self._loaded = True
        elif method == "Network.requestWillBeSent":
            self.requested.append(params["request"]["url"])
        elif method == "Network.webSocketCreated":
            self.requested.append(params["url"])
        elif method == "Network.loadingFailed" and not params.get("canceled"):
            self.errors.append(f"loading failed: {params['errorText']} ({params.get('type')})")
        elif method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.errors.append(details.get("exception", {}).get("description", details["text"]))
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "assert"):
            message = " ".join(str(arg.get("value", arg.get("description"))) for arg in params["args"])
            self.errors.append(f"console.error: {message}")
        elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
            entry = params["entry"]
            self.errors.append(f"{entry['text']} ({entry.get('url', '')})")

    def _call(self, method: str, **params: Any) -> dict[str, Any]:
        return self._browser.call(method, self._session, **params)
