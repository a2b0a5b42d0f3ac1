"""A headless Chromium, driven over a pipe by its DevTools protocol: no driver program, no port, no package.

    with Chromium() as browser, browser.page() as page:
        page.open("file:///…/index.html")
        assert page.evaluate("document.title")
        assert page.errors == []

What a page wrote to the console, what it threw and every address it asked for are noted from before its first
byte on.
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
"""Seconds that anything may take before the test fails: a machine that is busy with other tests is slow."""

# Chromium itself asks the net for updates, models and so on unless it is told not to; a page does not.
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
    """The browser's program, if the machine has one."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class BrowserError(AssertionError):
    """The browser did not do what it was asked."""


class Navigated(BrowserError):
    """The page went elsewhere while it was asked something."""


class Chromium:
    """One browser process; pages are made with `page()`."""

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
        """A new page in a profile of its own: nothing is kept from one to the next."""
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
        """Send a command and wait for its response; events that come before it are kept."""
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
        """What has happened on a page since the last call; waits for the first of it."""
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
    """A page: what it shows, and everything that it asked for or complained about."""

    def __init__(self, browser: Chromium, session: str) -> None:
        self._browser = browser
        self._session = session
        self._loaded = False
        self.errors: list[str] = []
        self.requested: list[str] = []

    def prepare(self, width: int, height: int, dark: bool) -> None:
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._call(f"{domain}.enable")
        # Frames and workers of a page are targets of their own: listen to them as well.
        self._call("Target.setAutoAttach", autoAttach=True, waitForDebuggerOnStart=False, flatten=True)
        self.resize(width, height)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._call("Emulation.setEmulatedMedia", features=[scheme])

    def resize(self, width: int, height: int) -> None:
        """Give the window another size in pixels; a narrow one is that of a phone."""
        self._call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )

    def open(self, url: str) -> None:
        """Go there, and wait until everything that belongs to it is loaded."""
        self._loaded = False
        response = self._call("Page.navigate", url=url)
        if response.get("errorText"):
            raise BrowserError(f"{url}: {response['errorText']}")
        if "loaderId" not in response:  # another anchor of the same page
            return
        self.wait_for(lambda: self._loaded, f"{url} to load")

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression; a promise is awaited."""
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
        """Wait until a JavaScript expression is true; its value."""
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
        """Press a key: a character, or a name such as `Enter`; `modifiers` is `ctrl`, `shift` or nothing."""
        codes = {"Enter": 13, "Tab": 9, "Escape": 27, "End": 35, "Home": 36, "ArrowUp": 38, "ArrowDown": 40}
        bits = {"": 0, "ctrl": 2, "shift": 8}[modifiers]
        code = codes.get(key, ord(key.upper()) if len(key) == 1 else 0)
        text = {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
        down: dict[str, Any] = {"text": text} if text and modifiers != "ctrl" else {}
        common = {"key": key, "windowsVirtualKeyCode": code, "modifiers": bits}
        self._call("Input.dispatchKeyEvent", type="keyDown", **common, **down)
        self._call("Input.dispatchKeyEvent", type="keyUp", **common)

    def type(self, text: str) -> None:
        """Type into what has the focus."""
        self._call("Input.insertText", text=text)

    def screenshot(self, path: Path, *, whole: bool = False) -> None:
        """Write a PNG of what is to be seen, or of the whole page."""
        response = self._call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(response["data"]))

    def listen(self, wait: float = 0.0) -> None:
        """Note what has happened."""
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
            said = " ".join(str(arg.get("value", arg.get("description"))) for arg in params["args"])
            self.errors.append(f"console.error: {said}")
        elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
            entry = params["entry"]
            self.errors.append(f"{entry['text']} ({entry.get('url', '')})")

    def _call(self, method: str, **params: Any) -> dict[str, Any]:
        return self._browser.call(method, self._session, **params)
