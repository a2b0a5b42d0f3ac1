"""Builds the API reference: openapi.yaml as one HTML file that works offline, made by Redocly CLI
(Node.js)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = Path(__file__).with_name("api_reference.hbs")

sys.path.insert(0, str(ROOT / "scripts"))  # the scripts are separate programs, not a package
import toolchains  # noqa: E402

# Replaces the vendor's logo, which the page would load from the vendor's server, by its name.
_LOGO = re.compile(r"https://cdn\.[a-z.]+/redoc/logo-mini[a-z-]*\.svg")
_NAME = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="52" height="14">'
    '<text y="11" font-family="sans-serif" font-size="12" fill="#64748b">Redocly</text></svg>'
)
_LOADED = re.compile(
    r"""(?:<script[^>]*\ssrc|<link[^>]*\srel=["']?stylesheet[^>]*\shref)=["']?(https?:[^"'> ]+)"""
)


def render(document: Path, target: Path) -> None:
    """Write the reference of a document.

    Raises:
        toolchains.Missing: Node.js is missing, or Redocly could not render a self-contained page.
    """
    command = [*toolchains.node_tool("redocly"), "build-docs", str(document), "--output", str(target)]
    options = ["--inlineBundle", "--openapi.disableTelemetry=true", "--template", str(TEMPLATE)]
    target.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [*command, *options],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"},
    )
    if done.returncode != 0:
        raise toolchains.Missing(f"Redocly did not render the document:\n{done.stdout}{done.stderr}".rstrip())
    page = _LOGO.sub("data:image/svg+xml," + quote(_NAME), target.read_text(encoding="utf-8"))
    if loaded := _LOADED.findall(page):
        raise toolchains.Missing(f"Redocly's page is not self-contained: it loads {', '.join(loaded)}")
    target.write_text(page, encoding="utf-8")
