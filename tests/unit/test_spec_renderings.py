"""The renderings for other tools agree with openapi.yaml."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from openapi_spec_validator import OpenAPIV30SpecValidator

from tests.unit.scripts import ROOT, script

renderings = script("renderings")
spec_rules = script("spec_rules")

DOCUMENT = spec_rules.load(ROOT / "openapi.yaml")
RENDERED = renderings.to_3_0(DOCUMENT)
SPEC, OTHER = spec_rules.Spec(DOCUMENT), spec_rules.Spec(RENDERED)


def read_yaml(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=spec_rules.LOADER)  # noqa: S506 - a safe loader


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The files, written once."""
    return list(renderings.write(folder=tmp_path_factory.mktemp("renderings") / "build"))


def test_written_files_parse_to_the_renderings(written: list[Path]) -> None:
    as_json, as_yaml, client_yaml, client_json = written
    assert json.loads(as_json.read_text(encoding="utf-8")) == DOCUMENT
    assert read_yaml(as_yaml) == RENDERED
    assert [as_json.name, as_yaml.name] == ["openapi.json", "openapi-3.0.yaml"]
    assert [client_yaml.name, client_json.name] == ["openapi-client.yaml", "openapi-client.json"]
    client = json.loads(client_json.read_text(encoding="utf-8"))
    assert client == read_yaml(client_yaml) == renderings.to_client(DOCUMENT)


def test_rendering_is_deterministic(written: list[Path], tmp_path: Path) -> None:
    first = [path.read_bytes() for path in written]
    assert first == [path.read_bytes() for path in renderings.write(folder=tmp_path / "again")]


def test_the_rendering_is_valid_openapi_3_0() -> None:
    assert RENDERED["openapi"] == "3.0.3"
    assert [error.message for error in OpenAPIV30SpecValidator(RENDERED).iter_errors()] == []


def test_the_rendering_has_the_same_operations() -> None:
    def told(spec: Any) -> list[Any]:
        return [
            (
                operation.id,
                operation.method,
                operation.path,
                [(one["in"], one["name"], one.get("required")) for one in spec.parameters(operation)],
                {status: list(one.get("content", {})) for status, one in spec.responses(operation).items()},
                list((spec.resolve(operation.definition.get("requestBody")) or {}).get("content", {})),
                sorted(spec.security(operation)),
            )
            for operation in spec.operations
        ]

    assert told(OTHER) == told(SPEC)
    assert len(OTHER.operations) > 40


def test_the_rendering_has_the_same_components() -> None:
    def names(spec: Any) -> dict[str, list[str]]:
        return {kind: list(fields) for kind, fields in spec.components.items()}

    assert names(OTHER) == names(SPEC)


def test_the_rendering_has_the_same_fields_and_descriptions() -> None:
    for name, schema in DOCUMENT["components"]["schemas"].items():
        rendered = RENDERED["components"]["schemas"][name]
        assert rendered.get("required") == schema.get("required"), name
        assert rendered.get("description") == schema.get("description"), name
        assert list(rendered.get("properties", {})) == list(schema.get("properties", {})), name
        for field, each in schema.get("properties", {}).items():
            assert rendered["properties"][field].get("description") == each.get("description"), (
                name,
                field,
            )


# Values -----------------------------------------------------------------------------------------------------


def as_json_schema(schema: Any) -> Any:
    """Convert an OpenAPI 3.0 schema to the equivalent JSON Schema."""
    if isinstance(schema, list):
        return [as_json_schema(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made: dict[str, Any] = {}
    for keyword, value in schema.items():
        if keyword == "properties":
            made[keyword] = {name: as_json_schema(one) for name, one in value.items()}
        elif keyword in {"items", "allOf", "anyOf", "oneOf", "not", "additionalProperties"}:
            made[keyword] = as_json_schema(value)
        elif keyword in {"exclusiveMinimum", "exclusiveMaximum"}:
            made[keyword] = made.pop(keyword.replace("exclusiveM", "m"))
        elif keyword not in {"nullable", "example", "discriminator"}:
            made[keyword] = value
    return {"anyOf": [{"type": "null"}, made]} if schema.get("nullable") else made


def validators(name: str) -> tuple[Any, Any]:
    """Return the validators of a schema in the document and in the rendering."""
    definitions = {key: as_json_schema(schema) for key, schema in RENDERED["components"]["schemas"].items()}
    root = {"$ref": f"#/components/schemas/{name}"}
    return tuple(
        jsonschema_rs.Draft202012Validator(
            {**root, "components": {"schemas": schemas}}, validate_formats=True
        )
        for schemas in (DOCUMENT["components"]["schemas"], definitions)
    )  # type: ignore[return-value]  # a tuple of two


def values() -> Iterator[tuple[str, Any]]:
    """Yield (schema name, example value) for all examples of the document."""
    for _, _, body in SPEC.media_types():
        schema = body["schema"]
        schema = schema["oneOf"][0] if "oneOf" in schema else schema
        for example in body.get("examples", {}).values():
            value = SPEC.resolve(example)["value"]
            if not isinstance(value, str):
                yield schema["$ref"].rpartition("/")[2], value
    for name, schema in DOCUMENT["components"]["schemas"].items():
        for value in schema.get("examples", []):
            yield name, value


OTHERS: tuple[Any, ...] = (None, "", -1, 0.5, True, [], {}, "x" * 2000, "nul: \0")


def variations(value: Any) -> Iterator[Any]:
    """Yield the value and variants with one part removed or replaced, at any depth."""
    yield value
    yield from OTHERS
    if isinstance(value, dict):
        for name, field in value.items():
            yield {key: one for key, one in value.items() if key != name}
            yield from ({**value, name: other} for other in OTHERS)
            for changed in variations(field):
                yield {**value, name: changed}
        yield {**value, "unheard_of": 1}
    elif isinstance(value, list) and value:
        for changed in variations(value[0]):
            yield [changed, *value[1:]]


def is_loosened(name: str, seen: frozenset[str] = frozenset()) -> bool:
    """True if the schema, or one that it refers to, uses something that OpenAPI 3.0 cannot express."""
    if name in seen:
        return False
    schema = DOCUMENT["components"]["schemas"][name]
    references = {
        one["$ref"].rpartition("/")[2] for _, one in spec_rules.subschemas(schema, ()) if "$ref" in one
    }
    return renderings.loses(schema) or any(is_loosened(one, seen | {name}) for one in references)


SHOWN: dict[str, list[Any]] = {}
for shown_name, shown_value in values():
    SHOWN.setdefault(shown_name, []).append(shown_value)


@pytest.mark.parametrize("name", sorted(SHOWN))
def test_the_rendering_accepts_the_same_values_as_the_document(name: str) -> None:
    """The rendering may accept more than the document only where OpenAPI 3.0 cannot express the rule."""
    document, rendering = validators(name)
    loosened, judged = is_loosened(name), 0
    for value in (changed for shown in SHOWN[name] for changed in variations(shown)):
        allowed, rendered = document.is_valid(value), rendering.is_valid(value)
        assert rendered or not allowed, f"refused: {value}"
        if not loosened:
            assert allowed or not rendered, f"allowed: {value}"
        judged += 1
    assert judged >= len(SHOWN[name])


def test_most_schemas_are_rendered_without_loss() -> None:
    loosened = {name for name in DOCUMENT["components"]["schemas"] if is_loosened(name)}
    assert len(loosened) < len(DOCUMENT["components"]["schemas"]) / 2
    assert "ErrorEnvelope" not in loosened


# One keyword at a time --------------------------------------------------------------------------------------


NULLABLE = {"type": "string", "nullable": True}


@pytest.mark.parametrize(
    ("schema", "rendered"),
    [
        ({"type": ["string", "null"]}, NULLABLE),
        ({"type": ["string", "integer"]}, {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
        ({"type": "null"}, {**NULLABLE, "enum": [None]}),
        ({"type": ["string", "null"], "enum": ["a", "b"]}, {**NULLABLE, "enum": ["a", "b", None]}),
        ({"type": "string", "const": "id"}, {"type": "string", "enum": ["id"]}),
        ({"examples": ["a", "b"]}, {"example": "a"}),
        ({"type": "x", "exclusiveMinimum": 0}, {"type": "x", "minimum": 0, "exclusiveMinimum": True}),
        ({"type": "x", "exclusiveMaximum": 0}, {"type": "x", "maximum": 0, "exclusiveMaximum": True}),
        ({"type": "string", "contentEncoding": "base64"}, {"type": "string", "format": "byte"}),
        ({"$ref": "#/x"}, {"$ref": "#/x"}),
        ({"$ref": "#/x", "description": "d"}, {"description": "d", "allOf": [{"$ref": "#/x"}]}),
        ({"oneOf": [{"$ref": "#/x"}, {"type": "null"}]}, {"nullable": True, "allOf": [{"$ref": "#/x"}]}),
        (
            {"anyOf": [{"$ref": "#/x"}, {"$ref": "#/y"}, {"type": "null"}]},
            {"nullable": True, "anyOf": [{"$ref": "#/x"}, {"$ref": "#/y"}]},
        ),
        ({"type": "object", "if": {}, "then": {}, "else": {}}, {"type": "object"}),
        ({"type": "object", "propertyNames": {"pattern": "^a"}}, {"type": "object"}),
        ({"type": "string", "not": {"enum": ["a"]}}, {"type": "string", "not": {"enum": ["a"]}}),
        ({"type": "string", "not": {"if": {}, "then": {}}}, {"type": "string"}),
        ({"type": "array", "items": True}, {"type": "array", "items": {}}),
        ({"type": "array", "items": {"type": ["string", "null"]}}, {"type": "array", "items": NULLABLE}),
        ({"properties": {"type": {"type": ["string", "null"]}}}, {"properties": {"type": NULLABLE}}),
        ({"type": "x", "additionalProperties": False}, {"type": "x", "additionalProperties": False}),
        ({"pattern": "a", "items": {"$ref": "#/x"}, "additionalProperties": {"$ref": "#/x"}}, {}),
    ],
)
def test_keyword_is_rendered(schema: Any, rendered: Any) -> None:
    given = copy.deepcopy(schema)
    assert renderings.schema_3_0(given) == rendered
    assert given == schema, "the document itself is not changed"


@pytest.mark.parametrize(
    "schema",
    [
        {"unevaluatedProperties": False},
        {"$defs": {}},
        {"type": ["a", "b"], "anyOf": [{}]},
        {"contentEncoding": "x"},
    ],
)
def test_an_unsupported_keyword_is_an_error(schema: Any) -> None:
    with pytest.raises(renderings.NotRenderable):
        renderings.schema_3_0(schema)


@pytest.mark.parametrize(
    "part", [{"webhooks": {}}, {"jsonSchemaDialect": "x"}, {"components": {"pathItems": {}}}]
)
def test_an_unsupported_section_is_an_error(part: Any) -> None:
    with pytest.raises(renderings.NotRenderable):
        renderings.to_3_0({**DOCUMENT, **part})


def test_the_license_is_given_by_url() -> None:
    assert RENDERED["info"]["license"] == {
        "name": "Apache 2.0",
        "url": "https://spdx.org/licenses/Apache-2.0.html",
    }
    assert RENDERED["info"]["description"].startswith(DOCUMENT["info"]["summary"])
