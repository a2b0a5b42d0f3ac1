"""Models work in FastAPI and pydantic: as results, nested, in lists, validated, and in schemas."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pydantic
import pytest
from fastapi import FastAPI
from helmr_api import models

from tests.unit.generated.test_committed_client import document, is_sent, object_models, resolve
from tests.unit.generated.values import same_json


def example(schema: dict[str, Any]) -> Any:
    """Return a value with every field of a schema."""
    schema = resolve(schema)
    if schema.get("allOf"):
        return {name: one for base in schema["allOf"] for name, one in example(base).items()}
    for several in ("oneOf", "anyOf"):
        if several in schema:
            return example(schema[several][0])
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        return {name: example(one) for name, one in schema.get("properties", {}).items()}
    if kind == "array":
        return [example(schema["items"])]
    if schema.get("format") == "date-time":
        return "2026-06-06T01:00:00.123456789+05:30"
    return {"string": "x", "integer": 2, "number": 1.5, "boolean": True, None: {"any": [None]}}[kind]


RESPONSES = [name for name in object_models() if not is_sent(getattr(models, name))]


@pytest.fixture(scope="module")
def served() -> Callable[[str], Any]:
    """Serve every response model from an application; return a function from path to JSON."""
    app = FastAPI()
    for name in RESPONSES:
        model: Any = getattr(models, name)
        value = model.from_dict(example({"$ref": f"#/components/schemas/{name}"}))
        app.get(f"/{name}/plain")(_returning(value))
        app.get(f"/{name}/typed", response_model=model)(_returning(value))
        app.get(f"/{name}/list", response_model=list[model])(_returning([value]))
        app.get(f"/{name}/inside")(_returning({"it": value}))
        app.get(f"/{name}/anything")(_returning_anything({"it": [value]}))
        app.get(f"/{name}/nested", response_model=dict[str, list[model] | None])(_returning({"it": [value]}))

    async def get(path: str) -> Any:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://h") as client:
            response = await client.get(path)
        assert response.status_code == 200
        return response.json()

    return lambda path: asyncio.run(get(path))


def _returning(value: Any) -> Any:
    def endpoint():  # type: ignore[no-untyped-def]
        return value

    return endpoint


def _returning_anything(value: Any) -> Any:
    def endpoint() -> Any:
        return value

    return endpoint


@pytest.mark.parametrize("name", RESPONSES)
def test_every_response_model_can_be_returned_from_fastapi(served: Callable[[str], Any], name: str) -> None:
    value = example({"$ref": f"#/components/schemas/{name}"})

    def got(path: str) -> Any:
        return served(f"/{name}/{path}")

    assert same_json(got("plain"), value)
    assert same_json(got("typed"), value)
    assert same_json(got("list"), [value])
    assert same_json(got("inside"), {"it": value})
    assert same_json(got("anything"), {"it": [value]})
    assert same_json(got("nested"), {"it": [value]})


def test_an_application_that_returns_models_has_an_openapi_document(served: Callable[[str], Any]) -> None:
    described = served("/openapi.json")
    schema = described["paths"]["/Session/typed"]["get"]["responses"]["200"]["content"]["application/json"][
        "schema"
    ]
    assert schema["type"] == "object"
    assert schema["description"].startswith("One invocation of a task")


class Review(pydantic.BaseModel):
    session: models.Session
    runs: list[models.Run] = []


def session() -> dict[str, Any]:
    return {**example({"$ref": "#/components/schemas/Session"}), "later": [1]}


def test_a_model_is_a_field_of_a_pydantic_model() -> None:
    made = models.Session.from_dict(session())
    review = Review(session=made)
    assert review.session is made
    assert same_json(json.loads(review.model_dump_json())["session"], session())
    assert same_json(review.model_dump()["session"], session())
    read = Review.model_validate_json(json.dumps({"session": session()}))
    assert read.session == made
    assert Review.model_json_schema()["properties"]["session"] == {
        "type": "object",
        "title": "Session",
        "description": (models.Session.__doc__ or "").partition("\n")[0],
    }


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({}, "the field 'id' is missing"),
        ({**session(), "created_at": "yesterday"}, "not an RFC 3339 date-time"),
        ({**session(), "created_at": 7}, "not an object of the form Session"),
        (None, "not an object of the form Session"),
        (7, "not an object of the form Session"),
        ("x", "not an object of the form Session"),
        ([], "not an object of the form Session"),
    ],
)
def test_a_value_that_does_not_fit_the_model_is_a_validation_error(value: Any, problem: str) -> None:
    with pytest.raises(pydantic.ValidationError, match=problem):
        Review.model_validate({"session": value})


def test_every_model_can_be_a_pydantic_type() -> None:
    assert len(RESPONSES) > len(document()["components"]["schemas"]) / 3
    for name in object_models():
        adapter: pydantic.TypeAdapter[Any] = pydantic.TypeAdapter(getattr(models, name))
        value = example({"$ref": f"#/components/schemas/{name}"})
        assert adapter.validate_python(value).to_dict() == getattr(models, name).from_dict(value).to_dict()
