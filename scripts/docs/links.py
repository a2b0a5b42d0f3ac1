"""Check a built site: `python scripts/docs/links.py FOLDER`.

Every link within the site refers to an existing file and anchor, and pages load nothing from other hosts.
"""

from __future__ import annotations

import re
import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADS = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}
"""The attributes from which a page loads resources."""
_PLAIN = re.compile(r'</?(?!script\b|style\b)[a-z][a-z0-9-]*(?: class="[^"]*")?>')
"""Tags without links or anchors, such as those of coloured code: nine out of ten of a site's tags. The parser
is slow, so it does not see them."""
STAND_ALONE = "api.html"
"""A program rather than a page: its anchors are created at run time. The browser test covers it."""


class Page(HTMLParser):
    """Collects the links, loaded resources and anchors of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.loads: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value for name, value in attrs if value is not None}
        if "id" in given:
            self.anchors.add(given["id"])
        if tag == "a" and "name" in given:
            self.anchors.add(given["name"])
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        attribute = LOADS.get(tag)
        loaded = attribute and given.get(attribute)
        if loaded and given.get("rel") not in ("canonical", "next", "prev"):
            self.loads.append(loaded)


@cache
def read(path: Path) -> Page:
    page = Page()
    page.feed(_PLAIN.sub("", path.read_text(encoding="utf-8")))
    return page


@cache
def existing(base: Path, place: str) -> Path | None:
    """Return the file to which a path leads from a folder. Every page of a folder repeats the navigation."""
    target = (base / place).resolve()
    if target.is_dir():
        target /= "index.html"
    return target if target.is_file() else None


def problems(site: Path) -> list[str]:
    """Return all problems, one line each."""
    site = site.resolve()
    found: list[str] = []
    for path in sorted(site.rglob("*.html")):
        if path.name == STAND_ALONE:
            continue
        page, name = read(path), path.relative_to(site)
        for loaded in page.loads:
            if not _is_internal(loaded) and not loaded.startswith("data:"):
                found.append(f"{name}: loads {loaded}")
        internal = [link for link in [*page.links, *page.loads] if _is_internal(link)]
        # The 404 page is served at any depth, so its links start at the root.
        base = site if path.name == "404.html" else path.parent
        for link in dict.fromkeys(internal):
            if problem := _problem(link, path, base, site):
                found.append(f"{name}: {problem}")
    return found


def _is_internal(link: str) -> bool:
    parts = urlsplit(link)
    return not parts.scheme and not parts.netloc


def _problem(link: str, path: Path, base: Path, site: Path) -> str | None:
    parts = urlsplit(link)
    place = unquote(parts.path)
    if place.startswith("/"):
        base, place = site, place.lstrip("/")
    target = existing(base, place) if place else path
    if target is None or not target.is_relative_to(site):
        return f"links to {link}, which does not exist"
    anchor = unquote(parts.fragment)
    if (
        anchor
        and target.suffix == ".html"
        and target.name != STAND_ALONE
        and anchor not in read(target).anchors
    ):
        return f"links to {link}, but that anchor does not exist"
    return None


def main(site: Path) -> int:
    found = problems(site)
    for problem in found:
        print(problem, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
