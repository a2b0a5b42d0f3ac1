"""Render `openapi.yaml` for tools that do not read YAML or OpenAPI 3.1, and for client generators.

    python scripts/renderings.py        writes openapi.json, openapi-3.0.yaml, openapi-client.yaml and
                                        openapi-client.json to build/

`openapi-client` is OpenAPI 3.0 for client generators, rendered by the rules in scripts/client_rendering.py.

`openapi.json` is the same document. `openapi-3.0.yaml` keeps operations, component names, fields, `required`
and null. Constraints that OpenAPI 3.0 cannot express are omitted, so a schema may allow more, but never less:
`if`/`then`/`else`, `propertyNames`, `contentSchema`, a `not` around one of them, and limits for the strings
in any JSON value (its schema is `{}`).

There are two pitfalls. Fields in `patternProperties` (`project_id`, which an API key must not send) are
omitted, so a closed schema rejects them. And `nullable` applies to its schema regardless of a sibling
`allOf`, as tools for OpenAPI 3.0 interpret it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

import client_rendering
import spec_rules

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"

Json = dict[str, Any]

# Schema keywords with the same meaning in OpenAPI 3.0.
KEPT = {
    *(
        "title",
        "description",
        "format",
        "default",
        "deprecated",
        "readOnly",
        "writeOnly",
        "externalDocs",
        "xml",
    ),
    *(
        "multipleOf",
        "maximum",
        "minimum",
        "maxLength",
        "minLength",
        "pattern",
        "maxItems",
        "minItems",
        "uniqueItems",
    ),
    *("maxProperties", "minProperties", "required", "enum", "discriminator"),
}
# Keywords that are omitted. Without them a schema allows more.
DROPPED_LIMITS = {"if", "then", "else", "propertyNames", "patternProperties", "dependentRequired", "contains"}
# Limits for values of one type. Without `type`, tools infer the type from them.
OF_SOME_TYPES = {
    *("pattern", "minLength", "maxLength", "items", "minItems", "maxItems", "uniqueItems"),
    *("additionalProperties", "propertyNames", "patternProperties", "minProperties", "maxProperties"),
}
COMBINED = ("allOf", "anyOf", "oneOf")
DROPPED_WORDS = {"contentMediaType", "contentSchema", "$comment"}


class NotRenderable(Exception):
    """The document uses a feature that has no rendering."""


def to_json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def to_3_0(document: Mapping[str, Any]) -> Json:
    """Return the document in OpenAPI 3.0.3.

    Raises:
        NotRenderable: it uses a keyword of OpenAPI 3.1 that this program does not know.
    """
    if unknown := sorted({"webhooks", "jsonSchemaDialect"} & document.keys()):
        raise NotRenderable(f"{unknown[0]} has no place in OpenAPI 3.0")
    rendered: Json = _node(document)
    rendered["openapi"] = "3.0.3"
    rendered["info"] = _info(document["info"])
    return rendered


def _info(info: Mapping[str, Any]) -> Json:
    rendered = {name: value for name, value in info.items() if name != "summary"}
    if "summary" in info:
        rendered["description"] = f"{info['summary']}\n\n{info.get('description', '')}".rstrip() + "\n"
    if identifier := info.get("license", {}).get("identifier"):
        rendered["license"] = {
            "name": info["license"]["name"],
            "url": f"https://spdx.org/licenses/{identifier}.html",
        }
    return rendered


def _node(node: Any, holder: str = "") -> Any:
    """Render a node that is not a schema; `holder` is the name of its field."""
    if isinstance(node, list):
        return [_node(item) for item in node]
    if not isinstance(node, dict) or holder in {"example", "value", "mapping"}:
        return node
    if holder == "examples":  # named examples: their values are data
        return {name: {"$ref": one["$ref"]} if "$ref" in one else one for name, one in node.items()}
    if "$ref" in node:  # references have no siblings in 3.0
        return {"$ref": node["$ref"]}
    rendered: Json = {}
    for name, value in node.items():
        if name == "schema":
            rendered[name] = schema_3_0(value)
        elif name == "schemas" and holder == "components":
            rendered[name] = {key: schema_3_0(one) for key, one in value.items()}
        elif name == "pathItems" and holder == "components":
            raise NotRenderable("components/pathItems has no place in OpenAPI 3.0")
        else:
            rendered[name] = _node(value, name)
    return rendered


def schema_3_0(schema: Any) -> Json:
    """Render a schema and its subschemas."""
    if schema is True:
        return {}
    if schema is False:
        return {"not": {}}
    rendered: Json = {}
    if _is_any_json(schema):
        schema = {name: value for name, value in schema.items() if name not in OF_SOME_TYPES}
    for keyword, value in schema.items():
        if keyword in KEPT or keyword.startswith("x-"):
            rendered[keyword] = value
        elif keyword == "properties":
            rendered[keyword] = {name: schema_3_0(one) for name, one in value.items()}
        elif keyword == "items":
            rendered[keyword] = schema_3_0(value)
        elif keyword == "additionalProperties":
            rendered[keyword] = value if isinstance(value, bool) else schema_3_0(value)
        elif keyword == "not":
            if not loses(value):  # omitting part of the inner schema would reject more values
                rendered[keyword] = schema_3_0(value)
        elif keyword == "examples":
            rendered["example"] = value[0]
        elif keyword == "const":
            rendered["enum"] = [value]
        elif keyword == "exclusiveMinimum":
            rendered |= {"minimum": value, "exclusiveMinimum": True}
        elif keyword == "exclusiveMaximum":
            rendered |= {"maximum": value, "exclusiveMaximum": True}
        elif keyword == "contentEncoding" and value == "base64":
            rendered["format"] = "byte"
        elif keyword not in DROPPED_LIMITS | DROPPED_WORDS | {"type", "$ref", *COMBINED}:
            raise NotRenderable(f"the schema keyword {keyword} has no rendering in OpenAPI 3.0")
    if isinstance(schema.get("type"), list) and len({*schema["type"]} - {"null"}) > 1 and "anyOf" in schema:
        raise NotRenderable("several types beside anyOf have no rendering in OpenAPI 3.0")
    _combine(rendered, schema)
    _type(rendered, schema.get("type"))
    first = {name: rendered[name] for name in ("type", "nullable") if name in rendered}
    return first | rendered


def _type(rendered: Json, kinds: Any) -> None:
    kinds = [kinds] if isinstance(kinds, str) else list(kinds or ())
    if "null" in kinds:
        rendered["nullable"] = True
        kinds.remove("null")
        if not kinds:  # only null
            rendered["enum"] = [None]
            kinds = ["string"]
        elif "enum" in rendered and None not in rendered["enum"]:
            rendered["enum"] = [*rendered["enum"], None]
    if len(kinds) == 1:
        rendered["type"] = kinds[0]
    elif kinds:
        rendered["anyOf"] = [{"type": kind} for kind in kinds]


def _combine(rendered: Json, schema: Mapping[str, Any]) -> None:
    """Render `$ref`, `allOf`, `anyOf` and `oneOf`, with keywords beside a reference and null alternatives."""
    for keyword in COMBINED:
        if keyword not in schema:
            continue
        others = [one for one in schema[keyword] if not _is_null(one)]
        if len(others) < len(schema[keyword]):
            rendered["nullable"] = True
        wanted = "allOf" if len(others) == 1 and "allOf" not in schema else keyword
        rendered[wanted] = [schema_3_0(one) for one in others]
    if "$ref" in schema:
        if len(schema) == 1:
            rendered["$ref"] = schema["$ref"]
        else:
            rendered["allOf"] = [{"$ref": schema["$ref"]}, *rendered.get("allOf", [])]


def _is_null(schema: Any) -> bool:
    return isinstance(schema, dict) and schema.get("type") == "null"


def _is_any_json(schema: Mapping[str, Any]) -> bool:
    """True for a schema that allows every type, even if it has type-specific keywords."""
    return not {"type", "properties", "required", "enum", "const", "$ref", *COMBINED} & schema.keys()


def loses(schema: Any) -> bool:
    """True if the rendering of a schema allows more than the schema."""
    return any(
        DROPPED_LIMITS & one.keys() or (_is_any_json(one) and OF_SOME_TYPES & one.keys())
        for _, one in spec_rules.subschemas(schema, ())
    )


# libyaml's dumper, if PyYAML has it, is five times as fast.
_DUMPER: type[yaml.SafeDumper] = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Dumper(_DUMPER):  # type: ignore[misc, valid-type]  # one of two safe dumpers
    """Writes long strings as blocks, keeps the order of fields, and uses no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value and " \n" not in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def to_yaml(document: Mapping[str, Any]) -> str:
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)


def to_client(document: Mapping[str, Any]) -> Json:
    """Return the document for client generators, in OpenAPI 3.0.3.

    Raises:
        NotRenderable: it uses a keyword of OpenAPI 3.1 that this program does not know.
        client_rendering.NameTaken: two components would have the same name.
    """
    return to_3_0(client_rendering.for_clients(document))


def write(document: Path = ROOT / "openapi.yaml", folder: Path = BUILD) -> list[Path]:
    """Write all renderings, and return their paths."""
    content = spec_rules.load(document)
    folder.mkdir(parents=True, exist_ok=True)
    header = "# Rendered from openapi.yaml (OpenAPI 3.1, which says more) by scripts/renderings.py.\n"
    client = to_client(content)
    made = {
        folder / "openapi.json": to_json(content),
        folder / "openapi-3.0.yaml": header + to_yaml(to_3_0(content)),
        folder / "openapi-client.yaml": f"{header}# For client generators.\n{to_yaml(client)}",
        folder / "openapi-client.json": to_json(client),
    }
    for path, text in made.items():
        path.write_text(text, encoding="utf-8")
    return list(made)


if __name__ == "__main__":
    try:
        for written in write():
            print(f"{written.relative_to(ROOT)}: {written.stat().st_size} bytes")
    except (NotRenderable, client_rendering.NameTaken) as error:
        sys.exit(f"openapi.yaml cannot be rendered: {error}")
