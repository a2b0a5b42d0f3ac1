"""The committed client agrees with the real document."""

from __future__ import annotations

import copy
import importlib
import inspect
import pickle
import re
import string
from collections.abc import Iterator
from functools import cache
from types import ModuleType
from typing import Any

import httpx
import pytest

from helmr_api import models
from helmr_api.errors import ArgumentError
from helmr_api.types import File
from tests.drawing import Drawing
from tests.unit.generated.conftest import generate
from tests.unit.generated.test_generate import modules_after
from tests.unit.generated.values import same_json
from tests.unit.scripts import ROOT, script


@cache
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = script("openapi_document").load(ROOT / "openapi.yaml")
    return loaded


def resolve(node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        target: Any = document()
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        node = target
    return node


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document()["paths"].items():
        for method, operation in item.items():
            if method in ("get", "put", "post", "delete", "options", "head", "patch", "trace"):
                shared = item.get("parameters", [])
                yield method, path, {**operation, "parameters": [*shared, *operation.get("parameters", [])]}


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[ -]", "_", name).lower()


def endpoint(operation: dict[str, Any]) -> ModuleType:
    return importlib.import_module(
        f"helmr_api.api.{snake(operation['tags'][0])}.{snake(operation['operationId'])}"
    )


def response_examples() -> Iterator[Any]:
    for _, path, operation in operations():
        for status, response in operation["responses"].items():
            content = resolve(response).get("content", {}).get("application/json", {})
            for name, example in content.get("examples", {}).items():
                value = resolve(example)["value"]
                yield pytest.param(
                    path, operation, int(status), value, id=f"{operation['operationId']}-{status}-{name}"
                )


def body_of(operation: dict[str, Any]) -> Any:
    """Return the example of a request body, parsed into the endpoint's model if it has one."""
    (content,) = resolve(operation["requestBody"])["content"].values()
    example = resolve(next(iter(content["examples"].values())))["value"]
    model = getattr(models, endpoint(operation).request.__annotations__["body"], None)
    if model is None:  # bytes, or any JSON value
        return example
    made = model.from_dict(example)
    for name, kind in type(made).__annotations__.items():
        if kind is File:
            setattr(made, name, File(b"content"))
    return made


def made_request(operation: dict[str, Any], path: str) -> Any:
    """Build a request with `<name>` for each path parameter and a value for each other required argument."""
    arguments: dict[str, Any] = {name: f"<{name}>" for name in re.findall(r"{(\w+)}", path)}
    query = [resolve(one) for one in operation["parameters"]]
    arguments |= {snake(one["name"]): "x" for one in query if one.get("required") and one["in"] != "path"}
    if resolve(operation.get("requestBody", {})).get("required"):
        arguments["body"] = body_of(operation)
    return endpoint(operation).request(**arguments)


@pytest.mark.parametrize(("path", "operation", "status", "example"), list(response_examples()))
def test_every_response_example_in_the_document_round_trips(
    path: str, operation: dict[str, Any], status: int, example: Any
) -> None:
    request = made_request(operation, path)
    if status in request.statuses:
        written = request.read(httpx.Response(status, json=example)).to_dict()
    else:
        written = models.ErrorEnvelope.from_dict(example).to_dict()
    assert same_json(written, example)


def test_the_document_has_response_examples() -> None:
    assert len(list(response_examples())) >= len(list(operations()))


@pytest.mark.parametrize(
    ("method", "path", "operation"), [pytest.param(*one, id=one[2]["operationId"]) for one in operations()]
)
def test_every_operation_has_a_request_with_its_method_path_and_results(
    method: str, path: str, operation: dict[str, Any]
) -> None:
    request = made_request(operation, path)
    assert (request.method, request.path) == (method.upper(), re.sub(r"{(\w+)}", r"%3C\1%3E", path))
    errors = "#/components/schemas/ErrorEnvelope"
    results = {
        int(status)
        for status, response in operation["responses"].items()
        if errors not in str(resolve(response).get("content", "")) and int(status) not in {405}
    }
    assert set(request.statuses) == results
    assert request.authenticated is bool(operation.get("security", document()["security"]))


def test_every_operation_is_a_method_of_a_resource() -> None:
    for half, prefix in (("_async", "Async"), ("_sync", "")):
        for _, _, operation in operations():
            name = operation["x-sdk-resource"].replace(".", "_")
            module = importlib.import_module(f"helmr_api.resources.{half}.{name}")
            resource = getattr(module, prefix + name.title().replace("_", ""))
            assert callable(getattr(resource, operation["x-sdk-method"]))


def object_schemas() -> list[str]:
    schemas = document()["components"]["schemas"]
    return [name for name, schema in schemas.items() if schema.get("type") == "object"]


class LaterValues(Drawing):
    """Draws JSON values of a schema, with unknown fields and enum values as a newer server may add.

    Ignores lengths and patterns, because the client does not check them.
    """

    def choices(self, values: list[Any]) -> list[Any]:
        return [*values, "a_later_value"]

    def name(self) -> str:
        return "later_" + "".join(self.random.choices(string.ascii_lowercase, k=self.random.randint(1, 3)))

    def matches(self, pattern: str, text: str) -> bool:
        return True

    def date_time(self) -> str:
        fraction = self.random.choice(["", ".5", ".120", ".123456", ".123456789"])
        offset = self.random.choice(["Z", "z", "+05:30", "-00:00"])
        return f"2026-06-0{self.random.randint(1, 9)}T01:02:03{fraction}{offset}"

    def values(self, schema: dict[str, Any], count: int) -> list[Any]:
        return [self.value(schema, {0: 1.0, 1: 0.0}.get(number, 0.5)) for number in range(count)]


def object_models() -> list[str]:
    """Names of the schemas that have a class. Free-form objects have none."""
    return [name for name in object_schemas() if name in models.__all__]


@pytest.mark.parametrize("name", object_models())
def test_any_value_of_a_schema_round_trips(name: str) -> None:
    model = getattr(models, name)
    schema = {"$ref": f"#/components/schemas/{name}"}

    for value in LaterValues(document()["components"]["schemas"], name).values(schema, 50):
        read = model.from_dict(value)
        assert same_json(read.to_dict(), sent(value, schema) if is_sent(model) else value)
        assert model.from_dict(read.to_dict()) == read
        assert copy.deepcopy(read) == pickle.loads(pickle.dumps(read)) == read  # noqa: S301 - of our own making
        assert dict(read) == read.to_dict()
        assert repr(read).startswith(f"{name}(")


def is_sent(model: Any) -> bool:
    """True for a model used only in requests, which is mutable."""
    return "__hash__" in vars(model) and model.__hash__ is None


# Fields that accept any JSON value, null included.
ANY_JSON = {"payload", "timeout_seconds", "data"}


def fields_of(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the fields declared by a schema and its subschemas."""
    schema = resolve(schema)
    fields = dict(schema.get("properties", {}))
    for one in [*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())]:
        fields |= fields_of(one)
    return fields


def sent(value: Any, schema: dict[str, Any]) -> Any:
    """Drop the null fields of a request: the server treats null like an omitted field.

    Keeps null in free-form and undeclared fields.
    """
    fields = fields_of(schema)
    if not isinstance(value, dict) or not fields:
        return value
    return {
        key: sent(one, fields.get(key, {}))
        for key, one in value.items()
        if one is not None or key in ANY_JSON or key not in fields
    }


def test_only_free_form_object_schemas_have_no_class() -> None:
    schemas = document()["components"]["schemas"]
    without = [name for name in object_schemas() if name not in models.__all__]
    assert without == [
        name
        for name in object_schemas()
        if not schemas[name].get("properties") and schemas[name].get("additionalProperties") is not False
    ]


def test_importing_one_model_does_not_import_the_others() -> None:
    loaded = modules_after("import helmr_api.models; helmr_api.models.Run", ROOT / "generated")
    assert "helmr_api.models.run" in loaded
    assert "helmr_api.models.session" not in loaded
    assert not loaded & {"httpx", "dateutil"}
    loaded = modules_after("import helmr_api.api.runs.get_run", ROOT / "generated")
    assert not {name for name in loaded if name.startswith("helmr_api.models.")}
    assert not loaded & {"httpx", "dateutil"}


def test_the_committed_client_matches_the_document() -> None:
    assert generate.drift() == []


def test_the_drift_check_prints_one_line_per_tree_and_how_to_fix_drift(
    capsys: pytest.CaptureFixture[str],
) -> None:
    check_drift = script("check_drift")
    assert check_drift.main({"one": list, "two": lambda: ["b.py: missing"]}) == 1
    assert capsys.readouterr().out.splitlines() == [
        "b.py: missing",
        "ok     one",
        "DRIFT  two",
        "run `make generate` and commit the changes",
    ]
    assert check_drift.main({"one": list}) == 0


BY_EXTERNAL_ID = {
    operation["operationId"]: operation
    for method, _, operation in operations()
    if operation["operationId"].endswith("ByExternalId") and method != "options"
}


@pytest.mark.parametrize("name", BY_EXTERNAL_ID)
def test_a_request_is_addressed_by_whichever_id_is_passed(name: str) -> None:
    by_external_id = BY_EXTERNAL_ID[name]
    operation = next(one for _, _, one in operations() if f"{one['operationId']}ByExternalId" == name)
    module = endpoint(operation)
    values = {
        one: models.AppendRecordRequest(data=1) if one == "body" else "x"
        for one, parameter in inspect.signature(module.addressed).parameters.items()
        if parameter.default is parameter.empty and one != "external_id"
    }
    given_id = module.addressed(**values, external_id=None)
    given_external_id = module.addressed(**{**values, "session_id": None}, external_id="mine")
    assert given_id.operation == operation["operationId"]
    assert given_external_id.operation == by_external_id["operationId"]
    assert given_external_id.params["external_id"] == "mine"
    for session_id, external_id in ((None, None), ("x", "mine")):
        with pytest.raises(ArgumentError, match="either session_id or external_id"):
            module.addressed(**{**values, "session_id": session_id}, external_id=external_id)
