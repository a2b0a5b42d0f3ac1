"""Validates requests against the document: it must allow every request that the client sends in a test."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from email import message_from_bytes
from email.policy import HTTP
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx
import jsonschema_rs

from helmr_contract.document import Document, Json, Operation

API_KEY_FORM = "hlmr_sk_"

# Operations under these paths take public access tokens, not API keys.
_PUBLIC_PATHS = "/api/v1/"


class InvalidRequest(AssertionError):
    """A request that the document does not allow; `violations` lists every reason."""

    def __init__(self, request: httpx.Request, violations: list[str]) -> None:
        self.violations = violations
        # The URL may contain a callback secret, and a header the API key, so only path templates and names
        # are shown.
        super().__init__("; ".join(violations))


class RequestValidator:
    """Validates requests against one document."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._components = document.raw.get("components", {})
        self._validators: dict[str, jsonschema_rs.Draft202012Validator] = {}

    def check(self, request: httpx.Request) -> Operation:
        """Return the operation of a request; raise InvalidRequest with every violation."""
        path = request.url.raw_path.decode("ascii").partition("?")[0]
        found = self._match(request.method, path)
        if found is None:
            raise InvalidRequest(request, [f"{request.method} {path}: the document has no such operation"])
        operation, path_values = found
        violations = [
            f"{operation.id} ({operation.label}): {violation}"
            for violation in (
                *self._path(operation, path_values),
                *self._query(operation, request),
                *self._headers(operation, request),
                *self._credential(operation, request),
                *self._body(operation, request),
            )
        ]
        if violations:
            raise InvalidRequest(request, violations)
        return operation

    def _match(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        # The base URL may have its own path; the contract's paths start at /api, or are the health routes.
        starts = [0, *(found.start() for found in re.finditer(r"/(?=api/|healthz$|readyz$)", path))]
        return next(
            (found for start in starts if (found := self._document.match(method, path[start:]))), None
        )

    def _path(self, operation: Operation, values: Mapping[str, str]) -> Iterator[str]:
        for parameter in operation.parameters:
            if parameter["in"] == "path":
                raw = values[parameter["name"]]
                if re.search(r"%(?![0-9A-Fa-f]{2})", raw):
                    yield f"the path parameter {parameter['name']} is not percent-encoded: {raw!r}"
                yield from self._text(parameter, unquote(raw))

    def _query(self, operation: Operation, request: httpx.Request) -> Iterator[str]:
        query = urlsplit(str(request.url)).query
        sent: dict[str, list[str]] = {}
        for name, value in parse_qsl(query, keep_blank_values=True):
            sent.setdefault(name, []).append(value)
        declared = {p["name"]: p for p in operation.parameters if p["in"] == "query"}
        for name, values in sent.items():
            parameter = declared.get(name)
            if parameter is None:
                yield f"there is no query parameter {name!r}"
            elif len(values) > 1:
                yield f"the query parameter {name} is sent {len(values)} times"
            else:
                yield from self._text(parameter, values[0])
        for name, parameter in declared.items():
            if parameter.get("required") and name not in sent:
                yield f"the query parameter {name} is required"

    def _headers(self, operation: Operation, request: httpx.Request) -> Iterator[str]:
        for parameter in operation.parameters:
            if parameter["in"] == "header":
                value = request.headers.get(parameter["name"])
                if value is not None:
                    yield from self._text(parameter, value)
                elif parameter.get("required"):
                    yield f"the header {parameter['name']} is required"

    def _text(self, parameter: Json, text: str) -> Iterator[str]:
        """Check a parameter: a string on the wire, which is valid if any interpretation of it is."""
        schema = parameter.get("schema", True)
        pointer = json.dumps(schema, sort_keys=True)
        readings = list(_readings(text))
        if not any(self._validator(pointer, schema).is_valid(reading) for reading in readings):
            problems = "; ".join(self._problems(pointer, schema, readings[-1]))
            yield f"the {parameter['in']} parameter {parameter['name']} is {text!r}: {problems}"

    def _credential(self, operation: Operation, request: httpx.Request) -> Iterator[str]:
        scheme, _, credential = request.headers.get("authorization", "").partition(" ")
        if not operation.security_schemes:
            if scheme:
                yield "it takes no credential, but one is sent"
        elif scheme.lower() != "bearer" or not credential.strip():
            yield "it takes a bearer credential, and none is sent"
        elif operation.path.startswith(_PUBLIC_PATHS) and credential.startswith(API_KEY_FORM):
            yield "it takes a public access token, but an API key is sent"

    def _body(self, operation: Operation, request: httpx.Request) -> Iterator[str]:
        content = body_of(request)
        if content is None:
            yield "its body is a stream, which cannot be checked"
            return
        declared = operation.request_body
        if declared is None:
            if content:
                yield "it takes no body, but one is sent"
            return
        if not content:
            if declared.get("required"):
                yield "its body is required"
            return
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        described = declared["content"].get(media_type)
        if described is None:
            yield f"its body is {media_type or 'of no media type'}; it takes {', '.join(declared['content'])}"
            return
        schema = described.get("schema", True)
        try:
            if media_type == "multipart/form-data":
                value = self._form(schema, described, request.headers["content-type"], content)
            else:
                value = _json(content)
        except ValueError as error:
            yield f"its body is not {'a form' if media_type.startswith('multipart') else 'JSON'}: {error}"
            return
        for problem in self._problems(f"body of {operation.id}", schema, value):
            yield f"its body: {problem}"

    def _form(self, schema: Json, described: Json, content_type: str, content: bytes) -> Json:
        """Return the parts of a form, with JSON parts decoded. The parts must be in the document's order."""
        message = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + content, policy=HTTP)
        names = list(self._document.resolve(schema)["properties"])
        form: Json = {}
        for part in message.iter_parts():
            name = part.get_param("name", header="Content-Disposition")
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            kind = described.get("encoding", {}).get(name, {}).get("contentType")
            if kind is not None and part.get_content_type() != kind:
                raise ValueError(f"the part {name} is {part.get_content_type()}, not {kind}")
            form[str(name)] = _json(payload) if kind == "application/json" else payload.decode("latin-1")
        if list(form) != [name for name in names if name in form]:
            raise ValueError(f"its parts are {', '.join(form)}; the order is {', '.join(names)}")
        return form

    def _problems(self, key: str, schema: Any, value: Any) -> Iterator[str]:
        for error in self._validator(key, schema).iter_errors(value):
            path = "/".join(str(part) for part in error.instance_path)
            yield f"{error.message} (at /{path})" if path else error.message

    def _validator(self, key: str, schema: Any) -> jsonschema_rs.Draft202012Validator:
        validator = self._validators.get(key)
        if validator is None:
            rooted: Json = {"allOf": [schema]}
            # References in the document's schemas start at its root. Few parameters have one, and with the
            # components a schema takes 20 ms to compile.
            if '"$ref"' in json.dumps(schema):
                rooted["components"] = self._components
            validator = jsonschema_rs.Draft202012Validator(rooted, validate_formats=True)
            self._validators[key] = validator
        return validator


def _readings(text: str) -> Iterator[str | int | float | bool]:
    yield text
    if re.fullmatch(r"-?(0|[1-9][0-9]*)", text):
        yield int(text)
    elif re.fullmatch(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", text):
        yield float(text)
    elif text in {"true", "false"}:
        yield text == "true"


def body_of(request: httpx.Request) -> bytes | None:
    """Return a request's body; None if it is a stream that can be read only once."""
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        return request.read()  # an httpx form can be read again
    try:
        return request.content
    except httpx.RequestNotRead:
        return None


def _json(content: bytes) -> Any:
    return json.loads(content, parse_constant=_no_constant, object_pairs_hook=_no_duplicates)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"the fields {', '.join(sorted(twice))} occur more than once")
    return dict(pairs)


@cache
def request_validator() -> RequestValidator:
    """Return the validator for the document that this package was installed with."""
    return RequestValidator(Document.load())
