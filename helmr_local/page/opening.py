"""Opens the page's link in the user's browser."""

from __future__ import annotations

import tempfile
import webbrowser
from collections.abc import Generator
from contextlib import contextmanager
from html import escape
from pathlib import Path


@contextmanager
def browser(link: str) -> Generator[bool]:
    """Open the link; return False if there is no browser.

    The browser opens a file that redirects to the link. Only this user can read the file, and it is deleted
    afterwards. The link contains a key and is therefore not passed as an argument, which all users of the
    machine could read.
    """
    with tempfile.TemporaryDirectory(prefix="helmr-page-") as folder:
        file = Path(folder, "open.html")
        target = escape(link)
        file.write_text(
            '<!doctype html><meta charset="utf-8"><title>Helmr</title>'
            '<meta name="referrer" content="no-referrer">'
            f'<meta http-equiv="refresh" content="0; url={target}">'
            f'<a href="{target}">Open the page</a>\n',
            encoding="utf-8",
        )
        yield webbrowser.open(file.as_uri())
