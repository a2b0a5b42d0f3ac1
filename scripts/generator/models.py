"""Prepare the fields, parsing, serialization and repr of a model for its template."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .expressions import Expressions, Property, component_name, docstring, kind, wire_name


@dataclass(frozen=True)
class Field:
    """A field of a model."""

    name: str
    wire: str
    annotation: str
    """Its type, and its default if the field is optional."""
    description: str
    required: bool
    setup: str
    """A statement to run before the constructor; usually empty."""
    read: str
    """The expression that pops its value from the JSON object `d`."""
    is_given: str
    """The expression that checks whether an optional field is set, and so is written."""
    write: str


@dataclass(frozen=True)
class Part:
    """A part of a multipart body."""

    wire: str
    content: str
    """The expression for the part as (file name, content, content type)."""
    is_given: str


@dataclass(frozen=True)
class Model:
    """A model as the template needs it."""

    name: str
    description: str
    fields: tuple[Field, ...]
    is_sent: bool
    """True if it occurs in requests only. Such a model is mutable and omits fields that are `None`."""
    shown: tuple[str, ...]
    """The fields that its repr shows."""
    hash_by: str | None
    """The field that identifies it."""
    keeps_null: tuple[str, ...]
    """The fields whose explicit null is kept among the unknown fields."""
    has_types: str
    """The expression that checks the types of the fields of `made`; empty if no field needs a check."""
    extra_type: str | None
    """The type of unknown fields; `None` if the document does not allow any."""
    extra_read: str
    extra_write: str
    parts: tuple[Part, ...] | None
    """Its parts, if it is a multipart body."""

    @property
    def wire_names(self) -> Mapping[str, str]:
        """The JSON names of the fields whose Python name differs."""
        differ = {} if self.is_sent else {field.name: field.wire for field in self.fields}
        return {name: wire for name, wire in differ.items() if name != wire}

    @property
    def optional(self) -> tuple[Field, ...]:
        """The optional fields."""
        return tuple(field for field in self.fields if not field.required)


class Schemas:
    """Looks up the schemas of the document by their generated models."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._schemas: Mapping[str, Any] = document.get("components", {}).get("schemas", {})

    def fields(self, model: Property) -> dict[str, Mapping[str, Any]]:
        """Return the keywords of each field of a model, including inherited fields."""
        return dict(self._fields(self._schemas.get(component_name(model), {})))

    def descriptions(self, model: Property) -> Mapping[str, str]:
        """Return the description of each field.

        A description beside a reference overrides the target's description.
        """
        found = {
            name: docstring(keywords.get("description", "")) for name, keywords in self.fields(model).items()
        }
        return defaultdict(str, found)

    def is_secret(self, prop: Property, model: Property) -> bool:
        """True if the value of a field is a credential, which no repr may show."""
        field = self.fields(model).get(prop.name.get_untrusted_value(), {})
        return bool(field.get("x-sdk-secret") or field.get("writeOnly") or field.get("format") == "password")

    def _fields(self, schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for base in schema.get("allOf", ()):
            yield from self._fields(self._resolved(base))
        for name, field in schema.get("properties", {}).items():
            yield name, self._resolved(field)

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a schema with its reference resolved. Keywords beside it override the target's."""
        if "$ref" not in schema:
            return schema
        target = self._schemas.get(schema["$ref"].rpartition("/")[2], {})
        return {**self._resolved(target), **schema}


class Models:
    """Prepares the models of a document."""

    def __init__(self, expressions: Expressions, schemas: Schemas, sent_only: set[str]) -> None:
        self._code = expressions
        self._schemas = schemas
        self._sent_only = sent_only

    def is_sent(self, model: Property) -> bool:
        """True if a model occurs in requests only."""
        return str(model.class_info.name) in self._sent_only

    def prepared(self, model: Property) -> Model:
        """Return the template's input for a model."""
        sent = self.is_sent(model)
        props = [*model.required_properties, *model.optional_properties]
        extra = model.additional_properties
        keywords = self._schemas.fields(model)
        identified = any(prop.required and str(prop.python_name) == "id" for prop in props)
        return Model(
            name=str(model.class_info.name),
            description=docstring(model.description or "") or str(model.class_info.name),
            fields=tuple(
                self._field(prop, sent, docstring(one.get("description", "")), one.get("default"))
                for prop in props
                for one in [keywords.get(prop.name.get_untrusted_value(), {})]
            ),
            is_sent=sent,
            shown=self._shown(model, props),
            hash_by="id" if identified and not sent else None,
            keeps_null=tuple(str(prop.python_name) for prop in props if self._keeps_null(prop, sent)),
            has_types=" and ".join(test for prop in props if (test := self._has_type(prop, keywords))),
            extra_type=None if extra is None else self._code.type(extra),
            extra_read="d"
            if extra is None or self._code.is_plain(extra)
            else f"{{name: {self._code.read(extra, 'value')} for name, value in d.items()}}",
            extra_write="**self.additional_properties"
            if extra is None or self._code.is_plain(extra)
            else f"**{{name: {self._code.write(extra, 'value')} "
            "for name, value in self.additional_properties.items()}",
            parts=self._parts(model) if model.is_multipart_body else None,
        )

    def _field(self, prop: Property, sent: bool, text: str, default: object) -> Field:
        name, wire = str(prop.python_name), wire_name(prop)
        if not sent and _is_empty(default):
            return self._field_with_default(prop, text, default is False)
        setup, read = self._reading(prop, sent, f"_{name}", wire)
        any_json = self._code.type(prop) == "Any"
        value = f"self.{name}"
        return Field(
            name=name,
            wire=wire,
            annotation=f"{name}: {self._annotation(prop, sent)}",
            description=text,
            required=prop.required,
            setup=setup,
            read=read,
            is_given=f"{value} is not {'UNSET' if sent and any_json else 'None'}",
            write=self._code.write(prop, value) if prop.required else self._code.write_some(prop, value),
        )

    def _field_with_default(self, prop: Property, text: str, is_flag: bool) -> Field:
        """Return a response field whose documented default is false or an empty list.

        Like an explicit null, a default that the server sent stays in `d`, so that `to_dict` returns the
        original JSON.
        """
        name, wire = str(prop.python_name), wire_name(prop)
        type_ = self._code.type(prop)
        empty, is_default = ("False", f"_{name} is False") if is_flag else ("[]", f"_{name} == []")
        default = empty if is_flag else f"lazy_attrs.field(factory={type_})"
        return Field(
            name=name,
            wire=wire,
            annotation=f"{name}: {type_} = {default}",
            description=text,
            required=False,
            setup=f'_{name} = d.get("{wire}")',
            read=f'{empty} if _{name} is None or {is_default} else d.pop("{wire}")',
            is_given=f"self.{name}",
            write=f"self.{name}",
        )

    def _has_type(self, prop: Property, keywords: Mapping[str, Mapping[str, Any]]) -> str:
        """Return the type check of one field of `made`; empty if the field needs none.

        The check may fail for an instance of a subclass; a slower check then decides.
        """
        if not self._code.is_plain(prop) and kind(prop) != "union":
            return ""  # parsing returns this type or fails
        default = keywords.get(prop.name.get_untrusted_value(), {}).get("default")
        return self._code.has_type(
            prop, f"made.{prop.python_name}", may_be_none=not prop.required and not _is_empty(default)
        )

    def _annotation(self, prop: Property, sent: bool) -> str:
        type_ = self._code.type(prop)
        if kind(prop) == "const" and not prop.required:
            return f"{type_} | None = None"
        if prop.required:
            return type_
        if type_ == "Any":
            return "Any = UNSET" if sent else "Any = None"
        return f"{type_} = None" if "None" in self._code.types(prop) else f"{type_} | None = None"

    def _reading(self, prop: Property, sent: bool, variable: str, wire: str) -> tuple[str, str]:
        """Return (setup statement, expression)."""
        plain = self._code.is_plain(prop)
        if prop.required:
            taken = f'd.pop("{wire}")'
            if plain:
                return "", taken
            if not self._code.is_nullable(prop) and kind(prop) != "union":
                return "", self._code.read(prop, taken)
            return f"{variable} = {taken}", self._code.read(prop, variable)
        if sent and self._code.type(prop) == "Any":
            return "", f'd.pop("{wire}", UNSET)'
        # An explicit null in a response stays in `d`, which becomes the unknown fields, so that it remains
        # distinguishable from an omitted field.
        taken = (
            f'None if d.get("{wire}") is None else d.pop("{wire}")'
            if self._keeps_null(prop, sent)
            else f'd.pop("{wire}", None)'
        )
        if plain:
            return "", taken
        return (
            f"{variable} = {taken}",
            f"None if {variable} is None else {self._code.read_some(prop, variable)}",
        )

    def _keeps_null(self, prop: Property, sent: bool) -> bool:
        return not sent and not prop.required and self._code.is_nullable(prop)

    def _shown(self, model: Property, props: list[Property]) -> tuple[str, ...]:
        """Return the fields that identify the object and its state: ids, names, states, counts and nested
        models. Text and data can be long or private. Text is shown only if there is nothing else, data and
        secrets never.
        """
        open_ = [prop for prop in props if not self._schemas.is_secret(prop, model)]
        telling = [str(prop.python_name) for prop in open_ if self._is_informative(prop)]
        strings = [str(prop.python_name) for prop in open_ if "str" in self._code.types(prop)]
        return tuple(telling or strings)

    def _is_informative(self, prop: Property) -> bool:
        name = str(prop.python_name)
        if list(self._code.models_in(prop)):
            return not self._code.is_plain(prop)
        if kind(prop) in {"literal_enum", "const"} or {"int", "float", "bool"} & set(self._code.types(prop)):
            return True
        is_uuid = any(kind(one) == "uuid" for one in getattr(prop, "inner_properties", [prop]))
        is_name = name in {"id", "name", "kind"} or (
            name.endswith(("_id", "_kind")) and (name == "id" or not is_uuid)
        )
        return is_name and "str" in self._code.types(prop)

    def _parts(self, model: Property) -> tuple[Part, ...]:
        """Return the parts in document order, which a server may require."""
        by_name = {wire_name(prop): prop for prop in [*model.required_properties, *model.optional_properties]}
        order = [name.get_untrusted_value() for name in model.data.properties or {}]
        found = [by_name[name] for name in order if name in by_name]
        return tuple(self._part(prop) for prop in found)

    def _part(self, prop: Property) -> Part:
        value = f"self.{prop.python_name}"
        if kind(prop) == "file":
            content = f"{value}.part()"
        elif set(self._code.types(prop)) <= {"str", "None"} or kind(prop) in {"literal_enum", "const"}:
            content = f"(None, {value}.encode(), None)"
        elif kind(prop) == "datetime":
            content = f"(None, format_datetime({value}).encode(), None)"
        else:
            content = f'(None, encode_json({self._code.write_some(prop, value)}), "application/json")'
        return Part(wire_name(prop), content, "" if prop.required else f"{value} is not None")


def _is_empty(default: object) -> bool:
    """True if the attribute of a response gets the document's default: false or an empty list."""
    return default is False or default == []
