"""Run openapi-python-client with this project's templates, and add the modules that it does not generate."""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from formatting import format_tree
from openapi_document import load
from spec import Spec

from .constants import constants
from .endpoints import Endpoint, Endpoints
from .errors import GenerationFailed
from .expressions import Expressions, Property
from .models import Model, Models, Schemas
from .resources import Resource, Resources
from .text import definitions, prose

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "scripts" / "templates"
MODULES = TEMPLATES / "modules"
"""Modules of the client that do not depend on the document."""
HEADER = "# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.\n"
COPY_HEADER = "# Copied from scripts/templates/modules/{name}: edit that file, then run `make generate`.\n"


def generate(
    target: Path,
    document: Path,
    public_module: str | None = None,
    public_resources: frozenset[str] = frozenset(),
) -> None:
    """Write the client for `document` into the new folder `target`.

    Args:
        target: The folder. Its name becomes the name of the package.
        document: The OpenAPI document.
        public_module: The public module to import models from, which becomes their `__module__`.
        public_resources: The resources whose classes have the package of that module as their `__module__`.

    Raises:
        GenerationFailed: the generator failed, or did not generate everything in the document.
    """
    # Imported here because it takes a second, which `--help` and argument errors should not cost.
    from openapi_python_client import Project
    from openapi_python_client.config import Config, ConfigFile, MetaType
    from openapi_python_client.parser import GeneratorData
    from openapi_python_client.parser.errors import GeneratorError

    try:
        content = load(document)
    except (OSError, ValueError) as error:
        raise GenerationFailed(str(error)) from error
    config = Config.from_sources(
        ConfigFile.load_from_path(ROOT / "generator-config.yaml"),
        MetaType.NONE,
        document,
        "utf-8",
        overwrite=False,
        output_path=target,
    )
    parsed = GeneratorData.from_dict(_spelled_out(content), config=config)
    if isinstance(parsed, GeneratorError):
        raise GenerationFailed(_described([parsed]))
    _check_models(content, parsed, config)
    sdk = _Sdk(content, parsed, public_module)
    sdk.public_resources = public_resources if public_module else frozenset()
    sdk.rename(config)
    parsed.models = [model for model in parsed.models if not sdk.code.is_free(model)]
    project = Project(openapi=parsed, config=config, custom_template_path=TEMPLATES)
    project.env.globals["sdk"] = sdk
    with contextlib.redirect_stdout(io.StringIO()):  # suppresses the generator's progress messages
        errors = project.build()
    if errors:
        raise GenerationFailed(_described(errors))
    _check_endpoints(target, sdk)
    for name, text in _additions(project, content, sdk):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_text(text, encoding="utf-8")
    (target / "py.typed").touch()
    for path in target.rglob("*.py"):
        path.write_text(HEADER + path.read_text(encoding="utf-8"), encoding="utf-8")
    for path in MODULES.glob("*.py"):  # some replace modules of the stock generator
        text = COPY_HEADER.format(name=path.name) + path.read_text(encoding="utf-8")
        (target / path.name).write_text(text, encoding="utf-8")
    format_tree(target)


class _Sdk:
    """The functions that templates call under the name `sdk`."""

    def __init__(self, document: dict[str, Any], parsed: Any, public_module: str | None) -> None:
        self._parsed = parsed
        self.public_module = public_module
        self.public_resources: frozenset[str] = frozenset()
        self.schemas = Schemas(document)
        self.code = Expressions(parsed.models)
        self._endpoints = Endpoints(Spec(document), self.code)
        sent = self.code.reachable(body.prop for one in self._raw_endpoints() for body in one.bodies)
        received = self.code.reachable(
            response.prop for one in self._raw_endpoints() for response in one.responses
        )
        self._models = Models(self.code, self.schemas, sent - received)
        self._prepare_endpoint = cache(lambda name: self._endpoints.prepared(self._by_name[name]))
        self._by_name = {str(one.name): one for one in self._raw_endpoints()}
        self._modules = {
            str(one.class_info.name): str(one.class_info.module_name)
            for one in (*parsed.models, *parsed.enums)
        }

    def rename(self, config: Any) -> None:
        """Rename fields as `x-sdk-name` states."""
        from openapi_python_client.schema import UntrustedString

        for model in self._parsed.models:
            fields = self.schemas.fields(model)
            for prop in self.code.fields(model):
                name = fields.get(prop.name.get_untrusted_value(), {}).get("x-sdk-name")
                if name is not None:
                    prop.set_python_name(UntrustedString(name), config)

    def model(self, model: Property) -> Model:
        """Return a model as its template needs it."""
        return self._models.prepared(model)

    def endpoint(self, endpoint: Any) -> Endpoint:
        """Return an endpoint as its template needs it."""
        return self._prepare_endpoint(str(endpoint.name))

    def other(self, endpoint: Endpoint) -> Endpoint | None:
        """Return the operation that does the same for an object identified by a query parameter, if any."""
        for one in self.endpoints():
            is_same = all(
                one.operation.definition.get(name) == endpoint.operation.definition.get(name)
                for name in ("x-sdk-resource", "x-sdk-method")
            )
            is_shorter = len(one.path_parameters) < len(endpoint.path_parameters)
            if not is_same or not is_shorter:
                continue
            addresses = list(endpoint.addresses(one))
            if addresses and all(address.required for address in addresses):
                return one
        return None

    prose = staticmethod(prose)
    definitions = staticmethod(definitions)

    def endpoints(self) -> list[Endpoint]:
        """All endpoints, prepared."""
        return [self.endpoint(one) for one in self._raw_endpoints()]

    def classes(self, pieces: Iterable[str]) -> list[tuple[str, str]]:
        """Return the models and enums that `code` names, not as `models.NAME`, each with its module."""
        names = {name for piece in pieces for name in re.findall(r"(?<!\bmodels\.)\b[A-Z]\w*", piece)}
        return [(name, self._modules[name]) for name in sorted(names & self._modules.keys())]

    def type_imports(self, endpoint: Endpoint) -> list[str]:
        """Return the imports that the signatures of an endpoint need."""
        text = " ".join([endpoint.signature(), endpoint.result, *(frame.model for frame in endpoint.frames)])
        is_imported = any("datetime." in one.has_type for one in endpoint.checked)
        dates = ["import datetime"] if "datetime." in text and not is_imported else []
        return dates + [f"from ...models.{module} import {name}" for name, module in self.classes([text])]

    def _raw_endpoints(self) -> list[Any]:
        return [one for group in self._parsed.endpoint_collections_by_tag.values() for one in group.endpoints]


def _additions(project: Any, document: dict[str, Any], sdk: _Sdk) -> Iterator[tuple[str, str]]:
    """Yield (path, text) of the files that openapi-python-client does not generate."""

    def rendered(template: str, **values: Any) -> str:
        return str(project.env.get_template(template).render(**values))

    # Programs read this form of the document: parsing the YAML takes a hundred times as long, 0.5 s.
    yield "openapi.json", json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    yield "paging.py", rendered("paging.py.jinja")
    yield "constants.py", rendered("constants.py.jinja", constants=constants(document))
    resources: list[Resource] = Resources(document, sdk.code, sdk.schemas).prepared(sdk.endpoints())
    yield "resources/__init__.py", rendered("resources_init.py.jinja", resources=resources)
    for asynchronous, half in ((True, "_async"), (False, "_sync")):
        how = "with asyncio" if asynchronous else "without asyncio"
        yield f"resources/{half}/__init__.py", f'"""The classes of the resources, for use {how}."""\n'
        for resource in resources:
            yield (
                f"resources/{half}/{resource.module}.py",
                rendered("resource.py.jinja", resource=resource, asynchronous=asynchronous),
            )


def _check_models(document: dict[str, Any], parsed: Any, config: Any) -> None:
    from openapi_python_client.strings import ClassName

    made = {model.class_info.name for model in parsed.models}
    schemas = document.get("components", {}).get("schemas", {})
    objects = [name for name, schema in schemas.items() if schema.get("type") == "object"]
    missing = [name for name in objects if ClassName(name, config.field_prefix) not in made]
    if missing:
        raise GenerationFailed(f"no model was made for {', '.join(missing)}")


def _check_endpoints(target: Path, sdk: _Sdk) -> None:
    endpoints = len(sdk.endpoints())
    modules = len([path for path in target.glob("api/*/*.py") if path.name != "__init__.py"])
    if endpoints != modules:
        raise GenerationFailed(
            f"{endpoints} operations produced {modules} modules: two operationIds map to the same name"
        )


def _spelled_out(node: Any) -> Any:
    """Rewrite the document in forms that openapi-python-client supports.

    The generator ignores the fields beside an `allOf` with a single reference, so they are moved into the
    `allOf`. It documents a parameter with the description of its schema, so the parameter's description is
    copied there. An opaque value (`x-sdk-opaque`) becomes a number or a string.
    """
    if isinstance(node, list):
        return [_spelled_out(item) for item in node]
    if not isinstance(node, dict):
        return node
    made = {name: _spelled_out(item) for name, item in node.items()}
    if isinstance(made.get("allOf"), list) and "properties" in made:
        own = {name: made.pop(name) for name in ("properties", "required") if name in made}
        made["allOf"] = [*made["allOf"], {"type": "object", **own}]
    if "in" in made and "description" in made and "$ref" not in made.get("schema", {"$ref": ""}):
        made["schema"] = {**made["schema"], "description": made["description"]}
    if made.get("x-sdk-opaque") is True:
        return {"type": ["integer", "string"], "description": made.get("description", "")}
    return made


def _described(errors: Sequence[object]) -> str:
    lines: list[str] = []
    for error in errors:
        header, detail = getattr(error, "header", ""), getattr(error, "detail", "")
        lines.append(f"{str(header).strip()} {str(detail or '').strip()}".strip())
        if data := getattr(error, "data", None):
            lines.append(f"    in {str(data)[:400]}")
    return "\n".join(lines)
