"""MkDocs hooks for pages that are generated from files outside docs/.

`reference/http.md` lists the operations of openapi.yaml, `reference/operations/` describes them with samples,
`reference/errors.md` has the error codes, `reference/rules/` the rules that the contract tests check,
`reference/api.html` is the API reference that `build_docs.py` has rendered (or a page that states why it
could not). CHANGELOG.md and CONTRIBUTING.md are pages as well.
"""

from __future__ import annotations

import html
import os
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

# MkDocs loads this file by its path; the scripts are separate programs, not a package.
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]
import http_pages  # noqa: E402
import public_names  # noqa: E402
import rule_pages  # noqa: E402
import scenario_pages  # noqa: E402

import openapi_document  # noqa: E402
from helmr_contract.document import Document  # noqa: E402
from helmr_ergonomic._names import HOMES  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
API_REFERENCE = "HELMR_DOCS_API_REFERENCE"
"""The environment variable that names the file with the API reference."""
REPOSITORY = "https://github.com/helmr/helmr-python/blob/main/"
LANGUAGES = {".py": "python", ".go": "go", ".sh": "bash", ".toml": "toml"}
METHODS = ("get", "post", "patch", "put", "delete")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Add the pages of the operations to the navigation. MkDocs calls this first."""
    made = http_pages.pages(openapi_document.load(ROOT / "openapi.yaml"))
    (section,) = (one["HTTP API"] for one in config.nav or [] if "HTTP API" in one)
    rules, scenarios = rule_pages.pages(contract_document()), scenario_pages.pages()
    section[1:1] = [*made, {"Rules": list(rules)}, {"Scenarios": list(scenarios)}]
    return config


@cache
def contract_document() -> Document:
    """Return the document as the contract kit reads it."""
    return Document.load(ROOT / "openapi.yaml")


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the generated pages. MkDocs calls this after collecting docs/."""
    document = openapi_document.load(ROOT / "openapi.yaml")
    made: dict[str, str] = {
        "reference/http.md": http_pages.boosted(operations_page(document), 8),
        "reference/api.html": api_reference(),
        "changelog.md": from_the_root("CHANGELOG.md"),
        "contributing.md": from_the_root("CONTRIBUTING.md"),
        **http_pages.pages(document, rule_pages.links_of_operations(contract_document())),
        **rule_pages.pages(contract_document()),
        **scenario_pages.pages(),
    }
    for path, content in made.items():
        files.append(File.generated(config, path, content=content))
    files.append(File.generated(config, "openapi.yaml", abs_src_path=str(ROOT / "openapi.yaml")))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Replace a line `{{ source: PATH }}` by that file of the repository."""

    def fenced(match: re.Match[str]) -> str:
        path = ROOT / match[1]
        return f'```{LANGUAGES[path.suffix]} title="{path.name}"\n{path.read_text(encoding="utf-8")}```'

    return re.sub(r"^\{\{ source: (\S+) \}\}$", fenced, markdown, flags=re.MULTILINE)


PRIVATE = re.compile(r"\b(?:helmr_api|helmr_ergonomic|helmr_local)\.\w+(?:\.\w+)*")
PUBLIC_PATHS = {public_names.source(name): f"helmr.{name}" for name in HOMES}


def on_post_page(output: str, **_: Any) -> str:
    """Let tooltips of the Python reference show where a name is imported from, or remove them."""

    def titled(match: re.Match[str]) -> str:
        public = PRIVATE.sub(lambda path: public_path(path[0]), match[0])
        return "" if "helmr_api." in public or "._" in public else public

    return re.sub(r' title="[^"]*\bhelmr_\w+\.[^"]*"', titled, output)


def public_path(path: str) -> str:
    """Return `helmr.Run.wait` for `helmr_ergonomic._sync.runs.Run.wait`, and other paths unchanged."""
    owner, _, name = path.rpartition(".")
    if path in PUBLIC_PATHS:
        return PUBLIC_PATHS[path]
    return f"{PUBLIC_PATHS[owner]}.{name}" if owner in PUBLIC_PATHS else path


def from_the_root(name: str) -> str:
    """Convert a page from the repository's root: links to docs/ stay within the site, others go to GitHub."""

    def linked(match: re.Match[str]) -> str:
        link = match[1]
        return f"]({link.removeprefix('docs/') if link.startswith('docs/') else REPOSITORY + link})"

    text = (ROOT / name).read_text(encoding="utf-8")
    return re.sub(r"\]\((?![a-z]+:|#)([^)\s]+)\)", linked, text)


def api_reference() -> str:
    """Return the rendered page, or one that explains how to render it."""
    rendered = os.environ.get(API_REFERENCE)
    if rendered:
        return Path(rendered).read_text(encoding="utf-8")
    return NOT_RENDERED


NOT_RENDERED = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Helmr API reference: not rendered</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body { font: 1rem/1.6 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto }</style>
<h1>The API reference was not rendered</h1>
<p>This part of the documentation needs Node.js, and this copy was built without it.
Put <code>node</code> and <code>npm</code> on the PATH and run <code>make docs</code> again.</p>
<p>The <a href="http.html">list of operations</a> and <a href="../openapi.yaml">openapi.yaml</a> are here.</p>
</html>
"""


def operations_page(document: Mapping[str, Any]) -> str:
    """Return a page of all operations by tag, each linked to the API reference."""
    lines = [
        "# HTTP API",
        "",
        "The contract between a Helmr control plane and its callers is one document, "
        "[openapi.yaml](../openapi.yaml) (OpenAPI 3.1). Everything in this project is derived from it or "
        "checked against it.",
        "",
        "[Open the API reference](api.html){ .md-button .md-button--primary } "
        "[Use it from another language](../guides/other-languages.md){ .md-button }",
        "",
        "The reference is one file that works offline, with parameters, schemas, every status with its error "
        "codes, and examples. Below, each operation has links to its place there and to code samples. "
        "[Error codes](errors.md) explains each error code.",
        "",
        "Its button **Try it** sends a request from the page to a control plane on your machine: start "
        "one with `helmr-local serve --port 8080 --cors-origin ORIGIN`, where ORIGIN is that of the page, or "
        "`null` if you opened it as a file. The page does not store the key or connect to any other host.",
        "",
    ]
    for tag in document["tags"]:
        lines += [
            f"## {tag['name']}",
            "",
            tag["description"].strip(),
            "",
            "| | Path | Description |",
            "|---|---|---|",
        ]
        for method, path, operation in operations(document):
            if operation["tags"] == [tag["name"]]:
                anchor = f"{tag['name'].lower().replace(' ', '-')}/{operation['operationId'].lower()}"
                verb = f'<span class="verb {method}">{method.upper()}</span>'
                summary = html.escape(operation["summary"], quote=False).replace("|", "\\|")
                page = http_pages.tag_page(tag["name"]).removeprefix("reference/")
                samples = f"[samples]({page}#{operation['operationId'].lower()})"
                what = f"[{summary}](api.html#/{anchor}) `{operation['operationId']}`, {samples}"
                lines.append(f"| {verb} | `{path}` | {what} |")
        lines.append("")
    return "\n".join(lines)


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield method, path and operation in document order, without preflights, which only browsers send."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield method, path, item[method]
