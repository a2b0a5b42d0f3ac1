"""The console of the API reference: its data, taken from the document, and its parts of the page.

The page sends requests only to a control plane on this machine: its Content-Security-Policy allows
connections to loopback addresses only.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import samples

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the scripts are separate programs

from spec import Operation, Spec

PARTS = Path(__file__).with_name("try_it")
PLACE = "<!-- console -->"
"""The placeholder in the template of the page."""


def operations(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the console's data for each operation."""
    spec = Spec(document)
    return [_operation(spec, one) for one in spec.operations if one.method != "options"]


def _operation(spec: Spec, operation: Operation) -> dict[str, Any]:
    request = samples.sent(spec, operation)
    parameters = spec.parameters(operation)
    switches = {one["name"]: one["x-sdk-stream-value"] for one in parameters if "x-sdk-stream-value" in one}
    schemes = spec.security(operation)
    return {
        "id": operation.id,
        "tag": operation.definition["tags"][0],
        "summary": operation.definition["summary"],
        "method": request.method,
        "path": operation.path,
        "credential": next(iter(schemes), None),
        "parameters": [
            {
                "name": one["name"],
                "in": one["in"],
                "required": one.get("required", False),
                "example": _example(one),
            }
            for one in parameters
            if one["name"] not in switches
        ],
        "body": None if request.body is None else json.dumps(request.body, ensure_ascii=False, indent=2),
        "parts": [
            {
                "name": name,
                "example": None if value == samples.FILE else json.dumps(value, ensure_ascii=False, indent=2),
            }
            for name, value in (request.form or {}).items()
        ],
        "stream": switches or None,
    }


def _example(parameter: Mapping[str, Any]) -> str:
    value = parameter.get("example", "")
    return value if isinstance(value, str) else json.dumps(value)


def added(page: str, document: Mapping[str, Any]) -> str:
    """Return the reference page with the console inserted.

    Raises:
        ValueError: The page does not have exactly one placeholder.
    """
    if page.count(PLACE) != 1:
        raise ValueError(f"the page contains {PLACE} {page.count(PLACE)} times, not once")
    text = json.dumps(operations(document), ensure_ascii=False).replace("<", "\\u003c")
    html, css, js = ((PARTS / f"try_it.{kind}").read_text(encoding="utf-8") for kind in ("html", "css", "js"))
    data = f'<script id="try-it-operations" type="application/json">{text}</script>'
    return page.replace(PLACE, f"<style>\n{css}</style>\n{html}{data}\n<script>\n{js}</script>")
