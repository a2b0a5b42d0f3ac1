"""Prepare the parameters, request and response parsing of an endpoint for its template."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from spec import Operation, Spec

from .errors import GenerationFailed
from .expressions import Expressions, Property, docstring, kind

ERROR = "ErrorEnvelope"
"""The schema of every error body. A response with this schema has no result."""


@dataclass(frozen=True)
class Parameter:
    """A parameter of `request`."""

    name: str
    wire: str
    type: str
    """Its type, without the `None` of an optional parameter."""
    required: bool
    description: str
    value: str
    """The expression for the value that is sent."""
    prop: Property
    is_secret: bool
    """True for a credential."""
    has_type: str
    """The expression that checks its type; empty if any value is valid."""
    is_id: bool
    """True if callers may pass an object that has this id instead."""
    default: Any
    """The default that the server uses, if the document states one."""

    @property
    def declared(self) -> str:
        """Its declaration in a signature."""
        if self.required or " = " in self.type:
            return f"{self.name}: {self.type}"
        return f"{self.name}: {self.type} | None = None"


@dataclass(frozen=True)
class Body:
    """The body of a request."""

    declared: str
    type: str
    argument: str
    """The argument that passes it to `Request`."""
    prop: Property
    model: Property | None
    """The model of a JSON object or of a multipart body."""


@dataclass(frozen=True)
class Reading:
    """The code that parses responses with certain statuses."""

    statuses: tuple[int, ...]
    type: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Frame:
    """The frames of an event stream that have the same model."""

    events: tuple[str, ...]
    """Their event names; empty if all frames of the stream have the same model."""
    model: str
    module: str


@dataclass(frozen=True)
class Endpoint:
    """An operation as the template of its module needs it."""

    name: str
    tag: str
    method: str
    path: str
    """The path as the source of a string literal."""
    summary: str
    description: str
    operation: Operation
    path_parameters: tuple[Parameter, ...]
    query: tuple[Parameter, ...]
    headers: tuple[Parameter, ...]
    body: Body | None
    readings: tuple[Reading, ...]
    authenticated: bool
    safe_to_repeat: bool
    identified_by: tuple[str, ...]
    frames: tuple[Frame, ...]
    stream_query: tuple[Parameter, ...]
    """The query parameters of the event stream."""
    stream_switch: tuple[tuple[str, str], ...]
    """The query parameters, with their values, that request the event stream."""

    @property
    def keywords(self) -> tuple[Parameter, ...]:
        """The keyword-only parameters."""
        return (*self.query, *self.headers)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """All parameters."""
        return (*self.path_parameters, *self.keywords)

    @property
    def checked(self) -> tuple[Parameter, ...]:
        """The parameters whose types are checked. Path parameters are checked when they are encoded."""
        return tuple(one for one in self.keywords if one.has_type)

    def signature(self, client: str = "") -> str:
        """Return the parameters as code. With `client`, add the client that sends the request."""
        keywords = [f"client: {client}"] if client else []
        keywords += [self.body.declared] if self.body else []
        keywords += [one.declared for one in self.keywords]
        return ", ".join(
            [*(one.declared for one in self.path_parameters), *(["*"] if keywords else []), *keywords]
        )

    @property
    def passed(self) -> str:
        """Return the code that passes the parameters to `request`."""
        keywords = [
            *(["body=body"] if self.body else []),
            *(f"{one.name}={one.name}" for one in self.keywords),
        ]
        return ", ".join([*(one.name for one in self.path_parameters), *keywords])

    def addressed_signature(self, other: Endpoint) -> str:
        """Return the parameters, as code, of a request that accepts one of two ids."""
        shared = {one.wire for one in other.path_parameters}
        path = [
            one.declared if one.wire in shared else f"{one.declared} | None" for one in self.path_parameters
        ]
        keywords = [f"{one.declared} | None" for one in self.addresses(other)]
        keywords += [self.body.declared] if self.body else []
        return ", ".join([*path, "*", *keywords, *(one.declared for one in self.keywords)])

    def addresses(self, other: Endpoint) -> list[Parameter]:
        """Return the query parameters by which only the other operation identifies the object."""
        own = {one.wire for one in self.query}
        return [one for one in other.query if one.wire not in own]

    @property
    def stream_signature(self) -> str:
        """Return the parameters of the event stream, as code."""
        keywords = [one.declared for one in (*self.stream_query, *self.headers)]
        return ", ".join(
            [*(one.declared for one in self.path_parameters), *(["*"] if keywords else []), *keywords]
        )

    @property
    def result(self) -> str:
        """The type of the response."""
        types = dict.fromkeys(part for one in self.readings for part in _alternatives(one.type))
        return " | ".join(sorted(types, key=lambda part: (part == "None", part.lower())))

    @property
    def statuses(self) -> tuple[int, ...]:
        """The statuses that have a result."""
        return tuple(sorted(status for one in self.readings for status in one.statuses))

    @property
    def has_secret_path(self) -> bool:
        """True if the path contains a credential."""
        return any(parameter.is_secret for parameter in self.path_parameters)


class Endpoints:
    """Prepares the operations of a document."""

    def __init__(self, spec: Spec, expressions: Expressions) -> None:
        self._spec = spec
        self._code = expressions
        self._operations = {(one.method, one.path): one for one in spec.operations}

    def prepared(self, endpoint: Any) -> Endpoint:
        """Return the template's input for an endpoint of openapi-python-client.

        Raises:
            GenerationFailed: the endpoint uses a feature that the template does not support.
        """
        if endpoint.cookie_parameters:
            raise GenerationFailed(f"{endpoint.name}: no template supports cookies")
        path = endpoint.path.get_untrusted_value()
        operation = self._operation(endpoint)
        described = {(one.get("in"), one.get("name")): one for one in self._spec.parameters(operation)}

        def parameters(place: str, props: list[Property]) -> tuple[Parameter, ...]:
            return tuple(
                self._parameter(prop, described.get((place, prop.name.get_untrusted_value()), {}))
                for prop in props
            )

        query = parameters("query", endpoint.query_parameters)
        switches: dict[str, str] = {
            name: str(one["x-sdk-stream-value"])
            for (_, name), one in described.items()
            if name is not None and "x-sdk-stream-value" in one
        }
        stream_only = {name for (_, name), one in described.items() if one.get("x-sdk-stream-only")}
        omitted = {name for (_, name), one in described.items() if one.get("x-sdk-omit")}
        path_parameters = parameters("path", endpoint.path_parameters)
        marks = {one.name: ", is_secret=True" for one in path_parameters if one.is_secret}
        code = re.sub(
            r"{(\w+)}", lambda found: f"{{encode_path_part({found[1]}{marks.get(found[1], '')})}}", path
        )
        repeat = operation.definition.get("x-repeat", {})
        by_itself = "always" if operation.method == "get" else "never"
        return Endpoint(
            name=str(endpoint.name),
            tag=str(endpoint.tags[0]),
            method=endpoint.method.upper(),
            path=f'f"{code}"' if path_parameters else f'"{path}"',
            summary=docstring(endpoint.summary),
            description=docstring(endpoint.description),
            operation=operation,
            path_parameters=path_parameters,
            query=tuple(one for one in query if one.wire not in {*switches, *stream_only, *omitted}),
            headers=parameters("header", endpoint.header_parameters),
            body=self._body(endpoint, operation),
            readings=tuple(self._readings(endpoint)),
            authenticated=bool(self._spec.security(operation)),
            safe_to_repeat=repeat.get("safe", by_itself) == "always",
            identified_by=_identifying(repeat),
            frames=_merged(self._frames(operation)),
            stream_query=tuple(one for one in query if one.wire not in {*switches, *omitted}),
            stream_switch=tuple(switches.items()),
        )

    def _operation(self, endpoint: Any) -> Operation:
        # openapi-python-client puts the Python names of the parameters into the path.
        for (method, path), operation in self._operations.items():
            if method == endpoint.method and _shape(path) == _shape(endpoint.path.get_untrusted_value()):
                return operation
        raise GenerationFailed(f"{endpoint.name}: the document has no operation with its path")

    def _parameter(self, prop: Property, definition: Mapping[str, Any]) -> Parameter:
        name, type_ = str(prop.python_name), self._code.type(prop)
        value = self._code.write_some(prop, name)
        if not prop.required and value != name:
            value = f"None if {name} is None else {value}"
        if not prop.required and "None" in type_.split(" | "):
            type_ = f"{type_} = None"
        elif not prop.required and type_ == "Any":
            type_ = "Any = None"
        return Parameter(
            name=name,
            default=definition.get("schema", {}).get("default"),
            wire=prop.name.get_untrusted_value(),
            type=type_,
            required=prop.required,
            description=docstring(definition.get("description", "")),
            value=value,
            prop=prop,
            is_secret=bool(definition.get("x-sdk-secret")),
            has_type=self._code.has_type(prop, name, may_be_none=not prop.required),
            is_id=kind(prop) == "uuid" or bool(definition.get("x-sdk-id")),
        )

    def _body(self, endpoint: Any, operation: Operation) -> Body | None:
        if not endpoint.bodies:
            return None
        if len(endpoint.bodies) > 1:
            raise GenerationFailed(f"{endpoint.name}: the body must have exactly one media type")
        (body,) = endpoint.bodies
        definition = self._spec.resolve(operation.definition["requestBody"]) or {}
        if definition.get("x-sdk-omit"):
            return None
        prop, required = body.prop, body.prop.required
        if str(body.body_type) == "content":
            argument = f'content=body, content_type="{body.content_type.get_untrusted_value()}"'
            return Body(
                "body: bytes" if required else "body: bytes | None = None", "bytes", argument, prop, None
            )
        models = [model for model in self._code.models_in(prop) if not self._code.is_free(model)]
        is_model = len(models) == 1 and set(self._code.types(prop)) <= {
            str(models[0].class_info.name),
            "None",
        }
        if str(body.body_type) == "files" and is_model:
            # Only the copy in `body` is marked as a multipart body; the model itself may not be.
            argument = "files=body.to_multipart()" if required else "files=body and body.to_multipart()"
        elif str(body.body_type) != "json":
            raise GenerationFailed(
                f"{endpoint.name}: no template supports a body of type {body.content_type}"
            )
        else:
            argument = ""
        if is_model:
            # The union's other alternative is null, which the server treats like an empty object.
            type_ = str(models[0].class_info.name)
            declared = f"body: {type_}" if required else f"body: {type_} | None = None"
            written = "body.to_dict()" if required else "UNSET if body is None else body.to_dict()"
            return Body(declared, type_, argument or f"json={written}", prop, models[0])
        type_ = self._code.type(prop)
        written = self._code.write(prop, "body")
        if not required and written != "body":
            written = f"UNSET if body is UNSET else {written}"
        declared = (
            f"body: {type_}"
            if required
            else f"body: {'Any' if type_ == 'Any' else f'{type_} | Unset'} = UNSET"
        )
        return Body(declared, type_, f"json={written}", prop, None)

    def _readings(self, endpoint: Any) -> Iterator[Reading]:
        by_lines: dict[tuple[str, tuple[str, ...]], list[int]] = {}
        for response in endpoint.responses:
            range_ = response.status_code.range
            if range_ is None or range_[0] != range_[1]:
                raise GenerationFailed(
                    f"{endpoint.name}: name each status, not {response.status_code.pattern}"
                )
            reading = self._reading(response)
            if reading is not None:
                by_lines.setdefault(reading, []).append(range_[0])
        if not by_lines:
            raise GenerationFailed(f"{endpoint.name}: no response has a result")
        for (type_, lines), statuses in by_lines.items():
            yield Reading(tuple(statuses), type_, lines)

    def _reading(self, response: Any) -> tuple[str, tuple[str, ...]] | None:
        """Return (type, statements), or `None` for an error."""
        prop, source = response.prop, response.source["attribute"]
        if source == "None":
            return None if response.status_code.range[0] >= 400 else ("None", ("return None",))
        type_ = self._code.type(prop)
        if type_ == ERROR:
            return None
        if source == "response.content":
            return "bytes", ("return response.content",)
        if source == "response.text":
            return "str", ("return response.content.decode()",)
        decoded = "decode_json(response.content)"
        if type_ == "Any":
            return type_, (f"return {decoded}",)
        if self._code.is_plain(prop):
            return type_, (f"return cast({type_!r}, {decoded})",)
        if kind(prop) == "model":
            return type_, (f"return read_json(models.{type_}, response.content)",)
        if kind(prop) == "list":
            return type_, (f"return {self._code.read(prop, decoded)}",)
        return type_, (f"data = {decoded}", f"return {self._code.read(prop, 'data')}")

    def _frames(self, operation: Operation) -> Iterator[Frame]:
        for frame in self._spec.frames(operation):
            yield Frame(frame.events, *self._class(frame.data, operation))

    def _class(self, schema: Mapping[str, Any], operation: Operation) -> tuple[str, str]:
        """Return (class, module) of the model of a frame's data."""
        name = schema.get("$ref", "").rpartition("/")[2]
        model = self._code.component(name)
        if model is None:
            raise GenerationFailed(f"{operation.id}: the data of each frame needs a named schema")
        return str(model.class_info.name), str(model.class_info.module_name)


def _merged(frames: Iterable[Frame]) -> tuple[Frame, ...]:
    """Group the frames by model."""
    events: dict[tuple[str, str], list[str]] = {}
    for frame in frames:
        events.setdefault((frame.model, frame.module), []).extend(frame.events)
    return tuple(Frame(tuple(names), *key) for key, names in events.items())


def _alternatives(type_: str) -> list[str]:
    return [type_] if "[" in type_ else type_.split(" | ")


def _identifying(repeat: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the fields that make a request safe to repeat, idempotency key first."""
    if repeat.get("safe") != "identified" or "key" not in repeat:
        return ()
    return (repeat["key"], *repeat.get("identity", ()))


def _shape(path: str) -> str:
    return re.sub(r"{\w+}", "{}", path)
