"""The files of the documentation site are complete and have no dead links.

The tests in a browser are in test_browser.py.
"""

from __future__ import annotations

import importlib.util
import json
import re
import zlib
from pathlib import Path
from types import ModuleType

import pytest

import helmr
import helmr_ergonomic
import helmr_local
from helmr.errors import __all__ as names_of_errors
from helmr_ergonomic import _names
from tests.docs.conftest import Built
from tests.docs.pages import ROOT
from tests.unit.scripts import script

pytestmark = pytest.mark.xdist_group("site")  # the other workers do not wait for the build

PUBLIC_MODULES = ("aio", "errors", "events", "idempotency", "document")
"""Public modules of the layer. Their pages show names under these module paths."""


def chore(name: str) -> ModuleType:
    """Load a program of scripts/docs as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / "docs" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


links = chore("links")
doctests = chore("doctests")


def test_no_link_is_dead_and_nothing_is_loaded_from_another_host(site: Path) -> None:
    assert links.problems(site) == []


def test_every_public_name_of_the_client_is_documented(site: Path) -> None:
    documented = inventory(site)
    named = {f"helmr.{name}" for name in _names.__all__} | {
        f"helmr_ergonomic.{module}.{name}" for module in PUBLIC_MODULES for name in _names.__all__
    }
    shown = {path.rpartition(".")[2] for path in named & documented}
    assert set(_names.__all__) - shown == {"aio", "errors"}  # have their own pages
    assert {f"helmr.errors.{name}" for name in names_of_errors} - documented == {
        "helmr.errors.status_error"  # for the layer only: it creates the errors
    }
    assert {f"helmr_ergonomic.aio.{name}" for name in helmr_ergonomic.aio.__all__} <= documented


def test_reference_shows_public_import_paths_only(site: Path) -> None:
    private = re.compile(r"[\w.]*\b(?:_sync|_async|helmr_api)\b[\w.]*")
    found: set[str] = set()
    for page in (site / "reference" / "python").glob("*.html"):
        article = page.read_text(encoding="utf-8").partition("<article")[2].partition("</article>")[0]
        entries = [re.sub(r"<[^>]*>", "", article), *re.findall(r' title="([^"]*)"', article)]
        found |= {f"{page.name}: {path}" for text in entries for path in private.findall(text)}
    assert found == set()


def test_every_method_of_the_facades_is_documented(site: Path) -> None:
    from helmr_ergonomic import _aio_facades, _facades

    documented = {".".join(path.rsplit(".", 2)[1:]) for path in inventory(site)}
    for facades in (_facades, _aio_facades):
        for load in facades.RESOURCES.values():
            cls = load()
            methods = {f"{cls.__qualname__}.{name}" for name in vars(cls) if not name.startswith("_")}
            assert methods - documented == set()


def test_every_public_name_of_helmr_local_is_documented(site: Path) -> None:
    documented = inventory(site)
    # `WaitResult` is the client's own, whose page documents it.
    homes = {
        name: "helmr" if getattr(helmr_local, name) is getattr(helmr, name, None) else "helmr_local"
        for name in helmr_local.__all__
    }
    missing = {
        name
        for name, home in homes.items()
        if not any(path.endswith(f".{name}") and path.startswith(f"{home}.") for path in documented)
    }
    assert missing == set()


def test_every_operation_is_listed(site: Path) -> None:
    page = (site / "reference" / "http.html").read_text(encoding="utf-8")
    document = script("openapi_document").load(ROOT / "openapi.yaml")
    operations = {
        operation["operationId"]
        for item in document["paths"].values()
        for method, operation in item.items()
        if method in ("get", "post", "patch", "put", "delete")
    }
    assert {name for name in operations if f"<code>{name}</code>" not in page} == set()
    assert len(operations) > 40


def test_search_index_contains_guides_reference_and_operations(site: Path) -> None:
    index = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    entries = {entry["location"]: entry["text"] for entry in index["docs"]}
    assert any(
        "continuation_status" in text for page, text in entries.items() if page.startswith("guides/streams")
    )
    assert any(
        "start_and_wait" in text for page, text in entries.items() if page.startswith("reference/python")
    )
    assert any("startSession" in text for page, text in entries.items() if page.startswith("reference/http"))


def test_docstring_examples_are_rendered_as_code(site: Path) -> None:
    pages = list((site / "reference" / "python").glob("*.html"))
    assert not [page.name for page in pages if "<blockquote>" in page.read_text(encoding="utf-8")]
    assert "language-pycon" in (site / "reference" / "python" / "sessions.html").read_text(encoding="utf-8")


def test_page_of_the_missing_api_reference_explains_how_to_build_it(site: Path) -> None:
    page = (site / "reference" / "api.html").read_text(encoding="utf-8")
    assert "needs Node.js" in page
    assert "make docs" in page


def test_without_node_the_rest_is_built_and_the_missing_part_is_reported(built_without_node: Built) -> None:
    assert built_without_node.returncode == 1
    assert "the site is complete except for the API reference" in built_without_node.output
    assert "Node.js 20.19 or newer is not on the PATH" in built_without_node.output
    assert (built_without_node.site / "guides" / "sessions.html").is_file()


# The checker itself ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('<a href="gone.html">', "links to gone.html, which does not exist"),
        ('<a href="other.html#nowhere">', "links to other.html#nowhere, but that anchor does not exist"),
        ('<a href="#nowhere">', "links to #nowhere, but that anchor does not exist"),
        ('<a href="../outside.html">', "links to ../outside.html, which does not exist"),
        ('<script src="https://example.com/a.js"></script>', "loads https://example.com/a.js"),
        ('<img src="//example.com/a.png">', "loads //example.com/a.png"),
        ('<link rel="stylesheet" href="gone.css">', "links to gone.css, which does not exist"),
    ],
)
def test_link_checker_finds_problems(tmp_path: Path, content: str, problem: str) -> None:
    (tmp_path / "other.html").write_text('<h1 id="top">', encoding="utf-8")
    (tmp_path / "page.html").write_text(content, encoding="utf-8")
    assert links.problems(tmp_path) == [f"page.html: {problem}"]


def test_link_checker_accepts_valid_links(tmp_path: Path) -> None:
    (tmp_path / "a folder").mkdir()
    (tmp_path / "a folder" / "index.html").write_text('<a href="../page.html#t%C3%B6p">', encoding="utf-8")
    (tmp_path / "page.html").write_text(
        '<h1 id="töp"><a href="a%20folder/">to</a> <a href="https://example.com">out</a> <img src="data:,">',
        encoding="utf-8",
    )
    assert links.problems(tmp_path) == []


def test_docstring_examples_get_fences() -> None:
    assert doctests.fenced("Does it.\n>>> do(\n...     it)\n1\n\nMore.") == (
        "Does it.\n\n```pycon\n>>> do(\n...     it)\n1\n```\n\nMore."
    )
    assert doctests.fenced("No example: a >>> b.") == "No example: a >>> b."


def inventory(site: Path) -> set[str]:
    """Return the paths of all documented Python objects, from the site's Sphinx inventory."""
    raw = (site / "objects.inv").read_bytes()
    lines = zlib.decompress(raw.split(b"\n", 4)[4]).decode().splitlines()
    return {re.split(r" py:", line, maxsplit=1)[0] for line in lines if " py:" in line}
