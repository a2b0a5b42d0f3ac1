"""Prepare the resource classes from the operations and their `x-sdk-…` extensions.

The template `resource.py.jinja` renders the result twice: asynchronous and synchronous.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .endpoints import Endpoint, Parameter
from .errors import GenerationFailed
from .expressions import Expressions, Property, kind
from .models import Schemas


@dataclass(frozen=True)
class Argument:
    """An argument of a method."""

    name: str
    type: str
    default: str | None
    """The default value as code; `None` if the argument is required."""
    description: str
    sends: str
    """The expression for the value that is sent."""

    @property
    def declared(self) -> str:
        """Its declaration in a signature."""
        return (
            f"{self.name}: {self.type}"
            if self.default is None
            else f"{self.name}: {self.type} = {self.default}"
        )

    def optional(self) -> Argument:
        """Return this argument as an optional one."""
        type_ = self.type if self.type.endswith(" | None") else f"{self.type} | None"
        return Argument(self.name, type_, "None", self.description, self.sends)

    @property
    def needed(self) -> str:
        """Its declaration in the signature of an overload that requires it."""
        return f"{self.name}: {self.type.removesuffix(' | None')}"


@dataclass(frozen=True)
class Pages:
    """How a method that returns a pager reads the pages."""

    items: str
    """The field with the items of a page."""
    next: str | None
    """The expression for the position after `page`; `None` if there is only one page."""
    first: str
    """The expression for the position of the first page."""
    most: str | None = None
    """The expression for the maximum number of items, if the list is truncated instead of paged."""


@dataclass(frozen=True)
class Method:
    """A method of a resource."""

    name: str
    endpoint: Endpoint
    other: Endpoint | None
    """The operation that does the same for an object identified by its external id."""
    ids: tuple[Argument, ...]
    """The path parameters. The one that `other` does not have is the last."""
    other_id: Argument | None
    """The argument that identifies the object in `other`."""
    other_id_needed: bool
    positional: tuple[Argument, ...]
    named: tuple[Argument, ...]
    request: str
    """The expression for the request. The variable `at` is the position of the page."""
    other_request: str
    pages: Pages | None
    result_field: str | None
    """The field to return instead of the whole response."""
    result: str
    """The type of the result, or of each item of a list."""
    returns: str
    """The description of the result."""
    body_class: str
    """The class of the body that the method creates; empty if it creates none."""
    body: str
    """The expression that creates the body."""

    @property
    def arguments(self) -> tuple[Argument, ...]:
        """All arguments, in the order of the signature."""
        others = () if self.other_id is None else (self.other_id,)
        return (*self.ids, *self.positional, *others, *self.named)

    @property
    def signature(self) -> str:
        """The arguments after `self`, as code."""
        others = [] if self.other_id is None else [self.other_id.declared]
        return _signature(
            [one.declared for one in self.ids],
            [one.declared for one in self.positional],
            [*others, *(one.declared for one in self.named)],
        )

    @property
    def overloads(self) -> tuple[str, ...]:
        """The signatures for the two ways to identify the object."""
        if self.other_id is None:
            return ()
        *shared, addressed = self.ids
        ids = [one.declared for one in shared]
        positional, named = [one.declared for one in self.positional], [one.declared for one in self.named]
        other = self.other_id.needed if self.other_id_needed else self.other_id.declared
        return (
            _signature([*ids, addressed.needed], positional, named),
            _signature(ids, [], [other, *positional, *named])
            if ids
            else f"/, {_signature([], [], [other, *positional, *named])}",
        )


@dataclass(frozen=True)
class Resource:
    """A class with the methods of one resource and its nested resources."""

    name: str
    """Its path in the client: `runs.events`."""
    description: str
    methods: tuple[Method, ...]
    inside: tuple[Resource, ...] = ()

    @property
    def attribute(self) -> str:
        """The name of its attribute in the parent resource."""
        return self.name.rpartition(".")[2]

    @property
    def module(self) -> str:
        """The name of its module."""
        return self.name.replace(".", "_")

    @property
    def class_name(self) -> str:
        """The name of the synchronous class."""
        return "".join(part.capitalize() for part in re.split(r"[._]", self.name))

    @property
    def models(self) -> tuple[str, ...]:
        """The names used in its signatures, including models."""
        text = " ".join(
            [
                signature
                for method in self.methods
                for signature in (method.signature, *method.overloads, method.result)
            ]
        )
        return tuple(sorted(set(re.findall(r"(?<!models\.)\b[A-Z]\w+", text))))


@dataclass
class _Group:
    """The operations that one method combines."""

    resource: str
    method: str
    endpoints: list[Endpoint] = field(default_factory=list)


class Resources:
    """Prepares the resources of a document."""

    def __init__(self, document: Mapping[str, Any], expressions: Expressions, schemas: Schemas) -> None:
        self._code = expressions
        self._schemas = schemas
        self._descriptions: dict[str, str] = {
            re.sub(r"\W+", "_", tag["name"].lower()): tag.get("description", "")
            for tag in document.get("tags", [])
        } | document.get("x-sdk-resources", {})

    def prepared(self, endpoints: Iterable[Endpoint]) -> list[Resource]:
        """Return all resources, including nested ones and parents without methods.

        Raises:
            GenerationFailed: an operation has no resource or method, or operations that are not a pair share
                one.
        """
        methods: dict[str, list[Method]] = {}
        for group in self._groups(endpoints):
            methods.setdefault(group.resource, []).append(self._method(group))
        names = {
            ".".join(name.split(".")[: length + 1])
            for name in methods
            for length in range(name.count(".") + 1)
        }
        made: dict[str, Resource] = {}
        for name in sorted(names, key=lambda name: (-name.count("."), name)):
            inside = tuple(one for one in made.values() if one.name.rpartition(".")[0] == name)
            resource = Resource(name, self._description(name), tuple(methods.get(name, ())), inside)
            made[name] = self._without_clash(resource)
        return sorted(made.values(), key=lambda resource: resource.name)

    def _without_clash(self, resource: Resource) -> Resource:
        """Qualify the model whose name is also the name of the resource class."""
        name = resource.class_name
        if self._code.by_class(name) is None:
            return resource
        methods = (
            replace(method, result=re.sub(rf"\b{name}\b", f"models.{name}", method.result))
            for method in resource.methods
        )
        return replace(resource, methods=tuple(methods))

    def _groups(self, endpoints: Iterable[Endpoint]) -> Iterator[_Group]:
        groups: dict[tuple[str, str], _Group] = {}
        for endpoint in endpoints:
            definition = endpoint.operation.definition
            try:
                place = definition["x-sdk-resource"], definition["x-sdk-method"]
            except KeyError as error:
                raise GenerationFailed(f"{endpoint.operation.id} has no {error.args[0]}") from None
            groups.setdefault(place, _Group(*place)).endpoints.append(endpoint)
        for group in groups.values():
            group.endpoints.sort(
                key=lambda one: -len(one.path_parameters)
            )  # the operation with the id in the path first
            if len(group.endpoints) > 2 or (len(group.endpoints) == 2 and not _is_pair(*group.endpoints)):
                ids = ", ".join(one.operation.id for one in group.endpoints)
                raise GenerationFailed(f"{group.resource}.{group.method} is the method of {ids}")
            yield group

    def _description(self, name: str) -> str:
        text = self._descriptions.get(name, "")
        if not text:
            raise GenerationFailed(f"x-sdk-resources does not describe {name}")
        return text

    def _method(self, group: _Group) -> Method:
        endpoint, other = (*group.endpoints, None)[:2]
        assert endpoint is not None
        definition = endpoint.operation.definition
        names: Mapping[str, str] = definition.get("x-sdk-names", {})
        order = _address_order(endpoint, other)
        parameters = {one.wire: one for one in endpoint.path_parameters}
        ids = {wire: self._parameter(parameters[wire], names) for wire in order}
        query = {one.wire: self._parameter(one, names) for one in endpoint.query}
        fields = self._fields(endpoint, names)
        arguments = {**fields, **query}
        first = [_named(arguments, name, endpoint) for name in definition.get("x-sdk-positional", ())]
        rest = [one for one in arguments.values() if one not in first]
        other_id, needed = None, False
        sends = {wire: one.sends for wire, one in {**ids, **query}.items()}
        if other is not None:
            if any(one.default is None for one in first):
                raise GenerationFailed(
                    f"{endpoint.operation.id}: x-sdk-positional names a required field, "
                    "but it would follow an optional id"
                )
            ids[order[-1]] = ids[order[-1]].optional()
            address = _other_address(endpoint, other)
            other_id, needed = self._parameter(address, names).optional(), address.required
            sends[address.wire] = other_id.name
        pages = self._pages(endpoint, arguments)
        if pages is not None and pages.next is not None:
            sends[definition["x-pagination"]["cursor"]] = "at"
        every = [*ids.values(), *([other_id] if other_id else []), *arguments.values()]
        for name, times in Counter(one.name for one in every).items():
            if times > 1:
                raise GenerationFailed(f"{endpoint.operation.id} has two arguments {name}")
        body = self._body(endpoint, fields)
        items, result_field = definition.get("x-sdk-items"), definition.get("x-sdk-result")
        shown_field = items or result_field
        shown = self._field(endpoint, shown_field) if shown_field else None
        return Method(
            name=group.method,
            endpoint=endpoint,
            other=other,
            ids=tuple(ids.values()),
            other_id=other_id,
            other_id_needed=needed,
            positional=tuple(first),
            named=tuple(sorted(rest, key=lambda one: one.default is not None)),
            request=_request(endpoint, sends),
            other_request="" if other is None else _request(other, sends),
            pages=pages,
            result_field=None if result_field is None or shown is None else str(shown.python_name),
            # A method named `list` hides the type `list`.
            result=re.sub(
                r"\blist\[", "Sequence[", self._result_type(endpoint, shown, is_list=items is not None)
            ),
            returns="" if shown is None else self._returns(endpoint, shown),
            body_class=endpoint.body.type if body and endpoint.body else "",
            body=body,
        )

    # --- arguments ------------------------------------------------------------------------------------

    def _parameter(self, parameter: Parameter, names: Mapping[str, str]) -> Argument:
        name = names.get(
            parameter.wire, parameter.name.removesuffix("_id") if parameter.is_id else parameter.name
        )
        default = None if parameter.required else "None"
        return self._argument(
            parameter.prop, name, parameter.description, is_id=parameter.is_id, default=default
        )

    def _fields(self, endpoint: Endpoint, names: Mapping[str, str]) -> dict[str, Argument]:
        """Return arguments for the fields of the body's model, by JSON name, or for the body itself."""
        body = endpoint.body
        if body is None:
            return {}
        if body.model is None:
            type_, _, default = body.declared.removeprefix("body: ").partition(" = ")
            return {"body": Argument("body", type_, default or None, "", "body")}
        model = self._code.model(body.model)
        described, keywords = self._schemas.descriptions(model), self._schemas.fields(model)
        made: dict[str, Argument] = {}
        for prop in self._code.fields(body.model):
            wire = prop.name.get_untrusted_value()
            made[wire] = self._argument(
                prop,
                names.get(wire, str(prop.python_name)),
                described[wire],
                is_id=kind(prop) == "uuid" or bool(keywords.get(wire, {}).get("x-sdk-id")),
                default=None if prop.required else ("UNSET" if self._code.type(prop) == "Any" else "None"),
            )
        return made

    def _body(self, endpoint: Endpoint, fields: Mapping[str, Argument]) -> str:
        """Return the expression that creates the body; empty if there is none, or if callers pass it."""
        body = endpoint.body
        if body is None or body.model is None:
            return ""
        props = {prop.name.get_untrusted_value(): prop.python_name for prop in self._code.fields(body.model)}
        return f"{body.type}({', '.join(f'{props[wire]}={one.sends}' for wire, one in fields.items())})"

    def _argument(
        self, prop: Property, name: str, text: str, *, is_id: bool, default: str | None
    ) -> Argument:
        types = self._code.types(prop)
        sends = name
        if is_id:
            types = ["HasId" if part == "str" else part for part in types]
            types = [*(["str"] if "HasId" in types else []), *types]
            sends = f'id_of({name}, "{name}")'
        elif kind(prop) == "list" or any(part.startswith("list[") for part in types):
            types = [re.sub(r"^list\[", "Sequence[", part) for part in types]
            sends = f"list({name})"
        elif "dict[str, Any]" in types and len([part for part in types if part != "None"]) == 1:
            types = ["Mapping[str, Any]" if part == "dict[str, Any]" else part for part in types]
            sends = f"dict({name})"
        type_ = " | ".join(types)
        if default == "None" and "None" not in types and type_ != "Any":
            type_ = f"{type_} | None"
        if sends != name and "None" in type_.split(" | "):
            sends = f"None if {name} is None else {sends}"
        return Argument(name, type_, default, text, sends)

    # --- results --------------------------------------------------------------------------------------

    def _field(self, endpoint: Endpoint, wire: str) -> Property:
        """Return a field of the result."""
        model = self._code.by_class(endpoint.result)
        for prop in () if model is None else self._code.fields(model):
            if prop.name == wire:
                return prop
        raise GenerationFailed(f"{endpoint.operation.id}: its result has no field {wire}")

    def _pages(self, endpoint: Endpoint, arguments: Mapping[str, Argument]) -> Pages | None:
        definition = endpoint.operation.definition
        if "x-sdk-items" not in definition:
            return None
        items = self._field(endpoint, definition["x-sdk-items"]).python_name
        pages = definition.get("x-pagination", {})
        if "cursor" not in pages:
            return Pages(str(items), None, "None", _most(endpoint, arguments))
        if "next" in pages:
            next_ = f"page.{self._field(endpoint, pages['next']).python_name}"
        else:
            next_ = f"page.{items}[-1].{pages['item']} if page.{items} else None"
        return Pages(str(items), next_, _named(arguments, pages["cursor"], endpoint).sends)

    def _returns(self, endpoint: Endpoint, prop: Property) -> str:
        """Return the description of a field of the result."""
        model = self._code.by_class(endpoint.result)
        return self._schemas.descriptions(model)[prop.name.get_untrusted_value()]

    def _result_type(self, endpoint: Endpoint, shown: Property | None, *, is_list: bool) -> str:
        """Return the type of the result, of the field returned instead, or of that field's items."""
        if shown is None:
            return endpoint.result
        if is_list:
            if kind(shown) != "list":
                raise GenerationFailed(f"{endpoint.operation.id}: {shown.python_name} is not a list")
            return self._code.type(shown.inner_property)
        types = self._code.types(shown)
        return " | ".join(types if shown.required or "None" in types or "Any" in types else [*types, "None"])


def _most(endpoint: Endpoint, arguments: Mapping[str, Argument]) -> str | None:
    limit = endpoint.operation.definition.get("x-pagination", {}).get("limit")
    if limit is None:
        return None
    default = next(one.default for one in endpoint.query if one.wire == limit)
    return f"{_named(arguments, limit, endpoint).sends} or {default}"


def _named(arguments: Mapping[str, Argument], wire: str, endpoint: Endpoint) -> Argument:
    if wire not in arguments:
        raise GenerationFailed(f"{endpoint.operation.id} has no argument {wire}")
    return arguments[wire]


def _signature(ids: Sequence[str], positional: Sequence[str], named: Sequence[str]) -> str:
    return ", ".join([*ids, *(["/"] if ids else []), *positional, *(["*"] if named else []), *named])


def _request(endpoint: Endpoint, sends: Mapping[str, str]) -> str:
    """Return the expression for a request, given an expression for each parameter by its wire name."""
    given = [sends[one.wire] for one in endpoint.path_parameters]
    given += [] if endpoint.body is None else ["body=body"]
    given += [f"{one.name}={sends[one.wire]}" for one in endpoint.query]
    return f"{endpoint.name}.request({', '.join(given)})"


def _address_order(endpoint: Endpoint, other: Endpoint | None) -> list[str]:
    """Return the path parameters. The one that the other operation does not have is the last."""
    names = [one.wire for one in endpoint.path_parameters]
    if other is None:
        return names
    shared = {one.wire for one in other.path_parameters}
    return sorted(names, key=lambda name: name not in shared)


def _other_address(endpoint: Endpoint, other: Endpoint) -> Parameter:
    """Return the query parameter by which the other operation identifies the object."""
    known = {one.wire for one in endpoint.query}
    (found,) = [one for one in other.query if one.wire not in known]
    return found


def _is_pair(endpoint: Endpoint, other: Endpoint) -> bool:
    """True if both do the same, and the second identifies the object by an additional query parameter."""
    missing = {one.wire for one in endpoint.path_parameters} - {one.wire for one in other.path_parameters}
    more = {one.wire for one in other.query} - {one.wire for one in endpoint.query}
    same_body = (endpoint.body and endpoint.body.type) == (other.body and other.body.type)
    return (
        endpoint.method == other.method
        and len(missing) == 1
        and len(more) == 1
        and same_body
        and endpoint.result == other.result
    )
