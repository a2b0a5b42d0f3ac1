"""The OpenAPI document for the contract tests, with operations found by id or by a request's URL."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import yaml

from helmr_api.document import METHODS, load, resolved
from helmr_api.formats import is_object

Json = dict[str, Any]

# libyaml's loader, if PyYAML has it, is six times as fast: our own document takes 0.3 s instead of 1.8.
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class DocumentError(Exception):
    """The document cannot be read, or is unsuitable for the contract tests."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the document, references resolved."""

    id: str
    method: str  # upper case, as on the wire
    path: str  # the template, as in the document
    definition: Json = field(repr=False)
    parameters: tuple[Json, ...] = field(repr=False)
    responses: Mapping[str, Json] = field(repr=False)
    request_body: Json | None = field(repr=False)
    security_schemes: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def statuses(self) -> tuple[str, ...]:
        return tuple(self.responses)

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """`in.name` for every parameter, and `body` if the operation has a request body."""
        names = [f"{parameter['in']}.{parameter['name']}" for parameter in self.parameters]
        if self.request_body is not None:
            names.append("body")
        return tuple(names)


class Document:
    """`openapi.yaml`, parsed."""

    def __init__(self, raw: Json) -> None:
        self.raw = raw

    @classmethod
    def load(cls, path: Path | None = None) -> Document:
        """Read a document, in YAML; by default the one installed with this package."""
        if path is None:
            return cls(load())
        try:
            raw = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - a safe loader
        except (OSError, yaml.YAMLError) as error:
            raise DocumentError(f"cannot read the OpenAPI document {path}: {error}") from error
        if not is_object(raw) or not is_object(raw.get("paths")):
            raise DocumentError(f"{path} is not an OpenAPI document: it has no paths")
        return cls(raw)

    def resolve(self, node: Json) -> Json:
        """Return the target of a node's `$ref`, or the node itself if it has none."""
        try:
            return resolved(self.raw, node)
        except LookupError as error:
            raise DocumentError(str(error)) from None

    @cached_property
    def operations(self) -> Mapping[str, Operation]:
        """Return every operation by its operationId."""
        return {operation.id: operation for operation in self._read_operations()}

    def _read_operations(self) -> Iterator[Operation]:
        default_security = self.raw.get("security", [])
        for path, item in cast(Json, self.raw["paths"]).items():
            path_item = self.resolve(item)
            shared = [self.resolve(parameter) for parameter in path_item.get("parameters", [])]
            for method in METHODS:
                definition = path_item.get(method)
                if definition is None:
                    continue
                if "operationId" not in definition:
                    raise DocumentError(f"{method.upper()} {path} has no operationId")
                own = [self.resolve(parameter) for parameter in definition.get("parameters", [])]
                named = {(parameter["in"], parameter["name"]) for parameter in own}
                inherited = [p for p in shared if (p["in"], p["name"]) not in named]
                body = definition.get("requestBody")
                security = definition.get("security", default_security)
                yield Operation(
                    id=definition["operationId"],
                    method=method.upper(),
                    path=path,
                    definition=definition,
                    parameters=(*inherited, *own),
                    responses={
                        str(status): self.resolve(response)
                        for status, response in definition["responses"].items()
                    },
                    request_body=None if body is None else self.resolve(body),
                    security_schemes=tuple(
                        dict.fromkeys(name for alternative in security for name in alternative)
                    ),
                )

    @cached_property
    def _routes(self) -> list[tuple[re.Pattern[str], dict[str, Operation]]]:
        paths: dict[str, dict[str, Operation]] = {}
        for operation in self.operations.values():
            paths.setdefault(operation.path, {})[operation.method] = operation

        # Literal segments take precedence over parameters, left to right, as in the server's router.
        def specificity(path: str) -> list[bool]:
            return [segment.startswith("{") for segment in path.split("/")]

        return [
            (_path_pattern(path), methods)
            for path, methods in sorted(paths.items(), key=lambda i: specificity(i[0]))
        ]

    def match(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """Return the operation that a request's method and raw (still encoded) path reach, with its
        parameters.
        """
        for pattern, methods in self._routes:
            if found := pattern.fullmatch(path):
                operation = methods.get(method.upper())
                if operation is not None:
                    names = re.findall(r"\{([^}]+)\}", operation.path)
                    return operation, dict(zip(names, found.groups(), strict=True))
                return None  # known path, unknown method: no other path matches better
        return None

    def operations_at(self, path: str) -> list[Operation]:
        """Return every operation on a request's path, whatever its method; none if the path is unknown."""
        for pattern, methods in self._routes:
            if pattern.fullmatch(path):
                return list(methods.values())
        return []


def _path_pattern(template: str) -> re.Pattern[str]:
    # A parameter in the middle of a path may be empty, the last segment may not (contract, section 1.7).
    *parts, last = re.split(r"\{[^}]+\}", template)
    pattern = "".join(f"{re.escape(part)}([^/]*)" for part in parts) + re.escape(last)
    return re.compile(pattern.removesuffix("*)") + "+)" if not last and parts else pattern)
