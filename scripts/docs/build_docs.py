"""Build the documentation site: `python scripts/docs/build_docs.py [--site DIR]`.

Guides and Python reference need only Python. The API reference needs Node.js: without it, the site has a
notice instead, and this program exits with a message and status 1. Any warning of MkDocs is an error, such as
a broken link, an unknown name in the reference, or a page missing from the navigation.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import api_reference
import console
import links
import samples

import openapi_document
import progress
import toolchains

ROOT = Path(__file__).resolve().parents[2]
CONFIGURATION = Path(__file__).with_name("mkdocs.yml")
RENDERED = ROOT / "build" / "api-reference.html"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Build the documentation site.")
    parser.add_argument(
        "--site", type=Path, default=ROOT / "build" / "docs", help="where (default: build/docs)"
    )
    options = parser.parse_args(arguments)
    site: Path = options.site.resolve()

    missing: toolchains.Missing | None = None
    environment = dict(os.environ)
    environment.pop("HELMR_DOCS_API_REFERENCE", None)
    try:
        with progress.Step("rendering the API reference"):
            with_samples = ROOT / "build" / "openapi-samples.json"
            with_samples.parent.mkdir(exist_ok=True)
            document = openapi_document.load(ROOT / "openapi.yaml")
            with_samples.write_text(json.dumps(samples.with_samples(document)), encoding="utf-8")
            api_reference.render(with_samples, RENDERED)
            page = console.added(RENDERED.read_text(encoding="utf-8"), document)
            RENDERED.write_text(page, encoding="utf-8")
        environment["HELMR_DOCS_API_REFERENCE"] = str(RENDERED)
    except toolchains.Missing as error:
        missing = error
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--clean"]
    with progress.Step("building the pages"):
        done = subprocess.run(
            [*build, "--config-file", str(CONFIGURATION), "--site-dir", str(site)],
            env=environment | {"NO_MKDOCS_2_WARNING": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        print(done.stdout + done.stderr, file=sys.stderr, end="")
        return done.returncode
    with progress.Step("following the links"):
        problems = links.main(site)
    if problems:
        return 1
    print(f"docs: {site / 'index.html'}")
    if missing is not None:
        toolchains.stop("docs: the site is complete except for the API reference, which", missing)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
