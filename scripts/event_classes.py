"""Generate the module with the classes of a run's events from the kinds of `RunEvent` in the document.

Each kind with attributes (by `if` and `then`) or a name (`x-sdk-kinds`) has a class with a property for each
attribute. Hand-written behaviour is in the base classes in `helmr_ergonomic/_events.py`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from generator.text import prose

SUFFIX = "Attributes"


class Kinds(NamedTuple):
    """The event kinds that share a class."""

    name: str
    kinds: tuple[str, ...]
    attributes: Mapping[str, Any]
    """The schemas of its attributes, by name."""


def event_module(document: Mapping[str, Any], by_hand: str) -> str:
    """Return the source of the module, given the source of the base classes."""
    event = document["components"]["schemas"]["RunEvent"]
    bases = {node.name: _names(node) for node in ast.parse(by_hand).body if isinstance(node, ast.ClassDef)}
    taken = {*event["properties"], *bases["RunEvent"]}
    found = sorted(_classes(document, event))
    lines = [
        '"""A run\'s events, by kind. Kinds that a newer server adds are plain `RunEvent` objects."""',
        "from __future__ import annotations",
        "from collections.abc import Mapping",
        "from datetime import datetime",
        "from typing import Final",
        "from . import _events",
        "from ._events import RunEvent as RunEvent",
        "from ._public import public",
        "from ._types import JSON, JSONObject",
    ]
    for one in found:
        base = f"_events.{one.name}" if one.name in bases else "RunEvent"
        lines += [
            f"class {one.name}({base}):",
            f'    """{prose(_when(event["description"], one.kinds[0]), 4)}"""',
            "    __slots__ = ()",
        ]
        for name, schema in one.attributes.items():
            if name not in taken | bases.get(one.name, set()):
                lines += list(_property(document, name, schema))
    lines += [
        "CLASSES: Final[Mapping[str, type[RunEvent]]] = {",
        *(f'    "{kind}": {one.name},' for one in found for kind in one.kinds),
        "}",
        '"""The class of each kind."""',
        f"public({', '.join(one.name for one in found)})",
    ]
    return "\n".join(lines) + "\n"


def _classes(document: Mapping[str, Any], event: Mapping[str, Any]) -> Iterator[Kinds]:
    named: dict[str, str] = event["x-sdk-kinds"]
    for name in set(named.values()):
        yield Kinds(name, tuple(kind for kind, other in named.items() if other == name), {})
    branch = event["else"]
    while branch is not None:
        schema = branch["then"]["properties"]["attributes"]["$ref"].rpartition("/")[2]
        fields = document["components"]["schemas"][schema]["properties"]
        yield Kinds(schema.removesuffix(SUFFIX), (branch["if"]["properties"]["kind"]["const"],), fields)
        branch = branch.get("else")


def _names(node: ast.ClassDef) -> set[str]:
    return {one.name for one in node.body if isinstance(one, ast.FunctionDef)}


def _when(description: str, kind: str) -> str:
    """Return the description of a kind in the table of the kinds."""
    found = re.search(rf"^\|[^|]*`{re.escape(kind)}`[^|]*\|([^|]*)\|", description, re.MULTILINE)
    if found is None:
        raise ValueError(f"the table of RunEvent has no row for {kind}")
    text = found[1].strip()
    return f"{text[0].upper()}{text[1:]}."


def _property(document: Mapping[str, Any], name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    if "$ref" in schema:
        schema = {"type": "object", **document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]}
    types = schema.get("type")
    kind = next((one for one in types if one != "null"), None) if isinstance(types, list) else types
    match kind:
        case "string" if schema.get("format") == "date-time":
            result, value = "datetime | None", f'self._moment("{name}")'
        case "string":
            result, value = "str | None", f'self._text("{name}")'
        case "integer" | "boolean":
            result = {"integer": "int", "boolean": "bool"}[kind]
            result, value = f"{result} | None", f'self._value("{name}", {result})'
        case "object":
            result, value = "JSONObject", f'self._object("{name}")'
        case _:
            result, value = "JSON", f'self.attributes.get("{name}")'
    yield "    @property"
    yield f"    def {name}(self) -> {result}:"
    yield f'        """{prose(schema["description"], 8)}"""'
    yield f"        return {value}"
