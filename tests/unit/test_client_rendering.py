"""The rendering for client generators: each rule, and that it is stricter in requests and looser in
responses."""

from __future__ import annotations

import copy
import re
from functools import cache
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator

from tests.unit.scripts import ROOT, script

client_rendering = script("client_rendering")
renderings = script("renderings")
spec_rules = script("spec_rules")
extension_rules = script("extension_rules")

DOCUMENT = spec_rules.load(ROOT / "openapi.yaml")
SPEC = spec_rules.Spec(DOCUMENT)


@cache
def client() -> Any:
    """The rendered document, made by the process that tests it: rendering takes seconds."""
    return spec_rules.Spec(client_rendering.for_clients(DOCUMENT))


SMALL: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Small", "version": "1"},
    "security": [{"Thing": []}],
    "paths": {
        "/things": {
            "post": {
                "operationId": "createThing",
                "description": "Creates one.",
                "x-sdk-method": "create",
                "x-repeat": {"safe": "never"},
                "x-event-stream": {
                    "resume": ["Last-Event-ID", "cursor"],
                    "keep-alive-seconds": 5,
                    "max-seconds": 60,
                    "ends-after": {"kind": ["made", "broken"]},
                    "then": "getThing",
                },
                "parameters": [
                    {"$ref": "#/components/parameters/Kind"},
                    {
                        "name": "follow",
                        "in": "query",
                        "x-sdk-stream-value": "1",
                        "schema": {"type": "string"},
                    },
                    {"name": "other", "in": "query", "x-sdk-omit": True, "schema": {"type": "string"}},
                ],
                "requestBody": {"$ref": "#/components/requestBodies/Thing"},
                "responses": {
                    "200": {"$ref": "#/components/responses/Thing"},
                    "202": {"description": "Wait.", "x-codes": ["pending"]},
                },
            },
            "options": {"operationId": "preflight", "responses": {"204": {"description": "Yes."}}},
        },
        "/others": {"options": {"operationId": "other", "responses": {"204": {"description": "Yes."}}}},
    },
    "components": {
        "securitySchemes": {"Thing": {"type": "http", "scheme": "bearer"}},
        "parameters": {
            "Kind": {"name": "kind", "in": "query", "schema": {"type": "string", "enum": ["a", "b"]}}
        },
        "requestBodies": {
            "Thing": {
                "content": {
                    "application/json": {
                        "schema": {
                            "oneOf": [{"$ref": "#/components/schemas/ThingRequest"}, {"type": "null"}]
                        },
                        "examples": {
                            "fits": {"summary": "Fits", "value": {"time": "1h"}},
                            "other": {"summary": "Another branch", "value": {"time": 5}},
                        },
                    }
                }
            }
        },
        "responses": {
            "Thing": {
                "description": "It.",
                "links": {"Self": {"operationId": "createThing"}},
                "content": {
                    "application/json": {"schema": {"$ref": "#/components/schemas/Thing"}},
                    "text/event-stream": {
                        "schema": {
                            "type": "string",
                            "description": "Frames.",
                            "contentMediaType": "text/event-stream",
                            "contentSchema": {"$ref": "#/components/schemas/ThingFrame"},
                        }
                    },
                },
            }
        },
        "schemas": {
            "Json": {"description": "Any JSON."},
            "ThingEvent": {"type": "object", "properties": {"kind": {"enum": ["made", "broken"]}}},
            "ThingFrame": {
                "type": "object",
                "description": "Something happened.",
                "properties": {
                    "event": {"const": "thing_event"},
                    "data": {
                        "type": "string",
                        "contentSchema": {"$ref": "#/components/schemas/ThingEvent"},
                    },
                },
            },
            "Blank": {"type": "string", "pattern": "^ *$"},
            "Length": {"type": "string", "pattern": "^[0-9]+h$"},
            "Time": {"oneOf": [{"$ref": "#/components/schemas/Length"}, {"type": "integer"}]},
            "ById": {
                "type": "object",
                "required": ["type", "id"],
                "properties": {
                    "type": {"const": "id", "description": "By its id."},
                    "id": {"type": "string"},
                },
            },
            "ByName": {
                "type": "object",
                "required": ["type", "name"],
                "properties": {
                    "type": {"const": "name", "description": "By its name."},
                    "name": {"type": "string"},
                },
            },
            "ThingRequest": {
                "type": "object",
                "additionalProperties": False,
                "propertyNames": {"not": {"enum": ["x"]}},
                "if": {"required": ["time"]},
                "then": {"required": ["reason"]},
                "properties": {
                    "time": {"anyOf": [{"$ref": "#/components/schemas/Time"}, {"type": "null"}]},
                    "reason": {"type": ["string", "null"], "maxLength": 5, "description": "Why."},
                    "number": {"type": "integer", "format": "int64", "maximum": 2**63 - 1, "minimum": 1},
                    "mode": {"type": "string", "enum": ["slow", "fast"]},
                    "data": {"$ref": "#/components/schemas/Json"},
                    "address": {
                        "oneOf": [
                            {"$ref": "#/components/schemas/ById"},
                            {"$ref": "#/components/schemas/ByName"},
                        ],
                        "discriminator": {"propertyName": "type"},
                    },
                },
            },
            "Base": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}},
            "Named": {"type": "object", "properties": {"name": {"type": "string", "maxLength": 3}}},
            "Thing": {
                "allOf": [{"$ref": "#/components/schemas/Base"}, {"$ref": "#/components/schemas/Named"}],
                "required": ["status"],
                "properties": {
                    "status": {"type": "string", "enum": ["new", "old"]},
                    "version": {"const": "1"},
                    "next": {"anyOf": [{"type": "string"}, {"$ref": "#/components/schemas/Length"}]},
                    "last": {"$ref": "#/components/schemas/Length", "description": "The last one."},
                    "data": {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Json"}},
                },
            },
        },
    },
}


@pytest.fixture(scope="module")
def small() -> Any:
    return client_rendering.for_clients(SMALL)


def request_fields(small: Any) -> Any:
    return small["components"]["schemas"]["ThingRequest"]["properties"]


def response_fields(small: Any) -> Any:
    return small["components"]["schemas"]["Thing"]["properties"]


def post(small: Any) -> Any:
    return small["paths"]["/things"]["post"]


def test_no_preflights(small: Any) -> None:
    assert {path: list(item) for path, item in small["paths"].items()} == {"/things": ["post"]}


def test_json_only(small: Any) -> None:
    assert list(small["components"]["responses"]["ThingResponse"]["content"]) == ["application/json"]
    assert "follow" not in str(post(small)["parameters"])


def test_event_streams(small: Any) -> None:
    how = " ".join(post(small)["description"].split())
    for expected in (
        "Send the request with `follow=1` and the header `Accept: text/event-stream`.",
        "- `thing_event`: Something happened. Its `data` is a `ThingEvent` as JSON.",
        "after a frame whose `kind` is `made` or `broken`, and after 60 s in any case.",
        "a comment comes every 5 s: end a connection that is silent for much longer.",
        "with the `id` of the last frame as `Last-Event-ID` or as `cursor` in the query.",
        "`getThing` does.",
    ):
        assert expected in how
    (frame,) = post(small)["x-event-stream"]["frames"]
    assert frame == {"event": "thing_event", "data": {"$ref": "#/components/schemas/ThingEvent"}}
    event = small["components"]["schemas"]["ThingEvent"]
    assert event["properties"]["kind"] == {"type": "string", "x-extensible-enum": ["made", "broken"]}


def test_every_event_stream_describes_its_frames() -> None:
    streams = [one for one in client().operations if "x-event-stream" in one.definition]
    assert len(streams) > 5
    for operation in streams:
        facts, how = operation.definition["x-event-stream"], operation.definition["description"]
        assert facts["frames"]
        for frame in facts["frames"]:
            name = frame["data"]["$ref"].rpartition("/")[2]
            assert f"`{name}` as JSON" in how, operation.id
            assert name in client().document["components"]["schemas"]
        for _, name, value in extension_rules.extensions(operation.definition):
            assert client().problems(client().document["x-extensions"][name]["schema"], value) == [], (
                operation.id
            )


def test_one_way_to_send(small: Any) -> None:
    assert post(small)["parameters"] == [{"$ref": "#/components/parameters/KindParameter"}]


def test_an_ignored_body_is_omitted() -> None:
    changed = copy.deepcopy(SMALL)
    changed["components"]["requestBodies"]["Thing"]["x-sdk-omit"] = True
    assert "requestBody" not in post(client_rendering.for_clients(changed))


def test_one_success(small: Any) -> None:
    assert list(post(small)["responses"]) == ["200"]


def test_no_null_in_requests(small: Any) -> None:
    assert small["components"]["requestBodies"]["ThingBody"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/ThingRequest"
    }
    assert request_fields(small)["reason"]["type"] == "string"


def test_one_branch(small: Any) -> None:
    assert request_fields(small)["time"] == {"$ref": "#/components/schemas/Time"}
    assert small["components"]["schemas"]["Time"] == {"type": "string"}


def test_a_union_of_objects_is_one_object(small: Any) -> None:
    address = request_fields(small)["address"]
    assert address["required"] == ["type"]
    assert list(address["properties"]) == ["type", "id", "name"]
    assert address["properties"]["type"]["enum"] == ["id", "name"]
    assert address["properties"]["type"]["description"] == "`id`: By its id. `name`: By its name."


def test_no_conditions(small: Any) -> None:
    assert not {"if", "then", "propertyNames"} & small["components"]["schemas"]["ThingRequest"].keys()


def test_one_object(small: Any) -> None:
    thing = small["components"]["schemas"]["Thing"]
    assert list(thing["properties"])[:3] == ["id", "name", "status"]
    assert thing["required"] == ["id", "status"]
    assert "allOf" not in thing


def test_string_unions(small: Any) -> None:
    assert response_fields(small)["next"] == {"type": "string"}


def test_open_enums(small: Any) -> None:
    assert response_fields(small)["status"] == {"type": "string", "x-extensible-enum": ["new", "old"]}
    assert response_fields(small)["version"] == {"type": "string", "x-extensible-enum": ["1"]}


def test_no_limits(small: Any) -> None:
    assert request_fields(small)["number"] == {"type": "integer", "format": "int64", "minimum": 1}
    assert request_fields(small)["reason"]["maxLength"] == 5
    assert response_fields(small)["name"] == {"type": "string"}
    assert "pattern" not in str(small)


def test_open_objects(small: Any) -> None:
    assert "additionalProperties" not in small["components"]["schemas"]["ThingRequest"]


def test_any_json(small: Any) -> None:
    assert request_fields(small)["data"] == {}
    assert response_fields(small)["data"] == {"type": "object", "additionalProperties": True}
    assert "Json" not in small["components"]["schemas"]


def test_json_parts() -> None:
    changed = copy.deepcopy(SMALL)
    part = {"$ref": "#/components/schemas/ThingRequest", "description": "What it is."}
    form = {"type": "object", "properties": {"about": part, "file": {"type": "string", "format": "binary"}}}
    content = {"schema": form, "encoding": {"about": {"contentType": "application/json"}}}
    changed["components"]["requestBodies"]["Thing"]["content"] = {"multipart/form-data": content}

    rendered = client_rendering.for_clients(changed)

    (body,) = rendered["components"]["requestBodies"].values()
    assert body["content"]["multipart/form-data"]["schema"]["properties"] == {
        "about": {
            "type": "string",
            "description": "What it is. Write it as JSON, with the fields of `ThingRequest`.",
            "x-content-schema": {"$ref": "#/components/schemas/ThingRequest"},
        },
        "file": {"type": "string", "format": "binary"},
    }
    assert "encoding" not in body["content"]["multipart/form-data"]
    assert "mode" in rendered["components"]["schemas"]["ThingRequest"]["properties"]


def test_bare_references(small: Any) -> None:
    assert response_fields(small)["last"] == {"$ref": "#/components/schemas/Length"}


def test_no_links(small: Any) -> None:
    assert "links" not in small["components"]["responses"]["ThingResponse"]


def test_no_unused_components(small: Any) -> None:
    assert not {"Blank", "Base", "Named", "ById"} & small["components"]["schemas"].keys()


def test_named_enums(small: Any) -> None:
    schemas = small["components"]["schemas"]
    assert request_fields(small)["mode"] == {"$ref": "#/components/schemas/ThingRequestMode"}
    assert schemas["ThingRequestMode"] == {"type": "string", "enum": ["slow", "fast"]}
    assert small["components"]["parameters"]["KindParameter"]["schema"] == {
        "$ref": "#/components/schemas/Kind"
    }


def test_one_name_one_component(small: Any) -> None:
    assert list(small["components"]["securitySchemes"]) == ["ThingAuth"]
    assert small["security"] == [{"ThingAuth": []}]
    assert post(small)["requestBody"] == {"$ref": "#/components/requestBodies/ThingBody"}
    assert post(small)["responses"]["200"] == {"$ref": "#/components/responses/ThingResponse"}


@pytest.mark.parametrize("name", ["ThingResponse", "thingbody", "ThingRequestMode"])
def test_a_name_collision_is_an_error(name: str) -> None:
    changed = copy.deepcopy(SMALL)
    schemas = changed["components"]["schemas"]
    schemas[name] = {"type": "string"}
    schemas["Thing"]["properties"]["more"] = {"$ref": f"#/components/schemas/{name}"}
    with pytest.raises(client_rendering.NameTaken, match=f"(?i){name}"):
        client_rendering.for_clients(changed)


def test_no_examples(small: Any) -> None:
    body = small["components"]["requestBodies"]["ThingBody"]["content"]["application/json"]
    assert list(body["examples"]) == ["fits"]


def test_no_sdk_extensions(small: Any) -> None:
    assert "x-sdk" not in str(small)
    assert post(small)["x-repeat"] == {"safe": "never"}


def test_every_rule_has_a_test_and_a_row() -> None:
    tests = {name.removeprefix("test_").replace("_", "-") for name in globals() if name.startswith("test_")}
    assert client_rendering.RULES.keys() <= tests
    assert all(rule.__doc__ for rule in client_rendering.RULES.values())


def test_the_rendering_is_valid_openapi_3_0() -> None:
    assert [
        error.message for error in OpenAPIV30SpecValidator(renderings.to_client(DOCUMENT)).iter_errors()
    ] == []


def test_request_examples_of_the_rendering_are_valid_in_the_document() -> None:
    shown = 0
    for operation in client().operations:
        original = SPEC.operation(operation.id)
        assert original is not None
        body = SPEC.resolve(original.definition.get("requestBody")) or {}
        rendered = client().resolve(operation.definition.get("requestBody")) or {}
        for media_type, content in rendered.get("content", {}).items():
            for name, example in content.get("examples", {}).items():
                value = (client().resolve(example) or {}).get("value")
                assert SPEC.problems(body["content"][media_type]["schema"], value) == [], (
                    f"{operation.id}: {name}"
                )
                shown += 1
    assert shown > 10


def test_the_rendering_accepts_the_documents_responses_and_future_values() -> None:
    for operation in client().operations:
        original = SPEC.operation(operation.id)
        assert original is not None
        rendered = client().responses(operation)
        for status, response in SPEC.responses(original).items():
            content = response.get("content", {}).get("application/json")
            if content is None or status not in rendered:
                continue
            schema = rendered[status]["content"]["application/json"]["schema"]
            for name, example in content["examples"].items():
                value = (SPEC.resolve(example) or {}).get("value")
                later = grown(value)
                assert client().problems(schema, value) == [], f"{operation.id} {status}: {name}"
                assert client().problems(schema, later) == [], f"{operation.id} {status}: {name}"


def grown(value: Any) -> Any:
    """Imitate a response of a newer server: add fields and replace lowercase words."""
    if isinstance(value, list):
        return [grown(one) for one in value]
    if isinstance(value, dict) and value and all(name.isupper() for name in value):
        return value  # a mapping with environment variable names as keys
    if isinstance(value, dict):
        return {**{name: grown(one) for name, one in value.items()}, "a_new_field": {"deep": [1]}}
    if isinstance(value, str) and re.fullmatch("[a-z_]+", value):
        return f"{value}_of_a_later_server"
    return value


def test_no_two_components_share_a_name() -> None:
    names = [name.lower() for kind in client().document["components"].values() for name in kind]
    assert len(names) == len(set(names))


def test_responses_have_no_closed_enums_and_requests_no_unions() -> None:
    responses = list(client_rendering._listed(client(), "responses"))
    requests = list(client_rendering._listed(client(), "requests"))
    assert not [one for one in responses if "enum" in one or "const" in one]
    assert not [one for one in requests if {"anyOf", "oneOf", "allOf", "not"} & one.keys()]
