"""The Python types of properties, and the expressions that read them from JSON and write them back.

openapi-python-client's own property templates emit statements and nested functions for this. They reject
unknown enum values and union alternatives, and lose the original text of a date-time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

Property: TypeAlias = Any
"""A property of openapi-python-client. Its property classes share no interface for the attributes that are
used here."""


def wire_name(prop: Property) -> str:
    """The name in JSON, escaped for a Python string with double quotes."""
    from openapi_python_client.strings import in_double_quote_literal

    return str(in_double_quote_literal(prop.name))


def docstring(text: Any) -> str:
    """Escape a string of the document for a docstring."""
    from openapi_python_client.strings import safe_for_docstring

    return str(safe_for_docstring(text)).strip()


def component_name(model: Property) -> str:
    """Return the name in components/schemas of the schema that a model is generated from."""
    return str(model.name.get_untrusted_value().rpartition("/")[2])


def kind(prop: Property) -> str:
    """Return the kind of a property, derived from its template: `model`, `list`, `union`, `datetime`, …

    Strings, null and any JSON share a template; their types differ.
    """
    return str(prop.template.removesuffix("_property.py.jinja"))


class Expressions:
    """Builds types and expressions, given the models by class name."""

    def __init__(self, models: Iterable[Property]) -> None:
        listed = list(models)
        self._models: Mapping[str, Property] = {str(model.class_info.name): model for model in listed}
        self._components: Mapping[str, Property] = {component_name(model): model for model in listed}

    def by_class(self, name: str) -> Property | None:
        """Return the model with this class name."""
        return self._models.get(name)

    def component(self, name: str) -> Property | None:
        """Return the model of a schema in components/schemas."""
        return self._components.get(name)

    def model(self, prop: Property) -> Property:
        """Return the complete model that a property refers to. The property may hold an incomplete copy."""
        return self._models.get(str(prop.class_info.name), prop)

    def fields(self, prop: Property) -> list[Property]:
        """Return the properties of the model that a property refers to."""
        model = self.model(prop)
        return [*(model.required_properties or []), *(model.optional_properties or [])]

    def is_free(self, prop: Property) -> bool:
        """True for a free-form object, which becomes a plain `dict` instead of a class."""
        if kind(prop) != "model":
            return False
        model = self.model(prop)
        if self.fields(model) or model.is_multipart_body:
            return False
        return model.additional_properties is not None and self.is_plain(model.additional_properties)

    # --- types ------------------------------------------------------------------------------------------

    def types(self, prop: Property) -> list[str]:
        """Return the alternatives of a property's type.

        Enums are open (`RunStatus | str`). An id is a `str`, so that it is sent back unchanged.
        """
        match kind(prop):
            case "literal_enum":
                return [str(prop.class_info.name), str(prop.value_type.__name__)]
            case "uuid":
                return ["str"]
            case "list":
                return [f"list[{self.type(prop.inner_property)}]"]
            case "model":
                return ["dict[str, Any]"] if self.is_free(prop) else [str(prop.class_info.name)]
            case "file":
                return ["File"]
            case "union":
                parts = dict.fromkeys(part for inner in prop.inner_properties for part in self.types(inner))
                return sorted(parts, key=lambda part: (part == "None", "[" in part, part.lower()))
            case _:
                return [prop.get_type_string(no_optional=True).as_unembedded_code()]

    def type(self, prop: Property) -> str:
        """Return a property's type, without the `None` of an optional property."""
        return " | ".join(self.types(prop))

    def is_nullable(self, prop: Property) -> bool:
        """True if the document allows null."""
        types = self.types(prop)
        return "None" in types or "Any" in types

    def is_plain(self, prop: Property) -> bool:
        """True if the JSON value and the Python value are identical, so that no conversion is needed."""
        match kind(prop):
            case "list":
                return self.is_plain(prop.inner_property)
            case "union":
                return all(self.is_plain(inner) for inner in prop.inner_properties)
            case "model":
                return self.is_free(prop)
            case other:
                return other not in {"datetime", "date"}

    def has_type(self, prop: Property, value: str, *, may_be_none: bool) -> str:
        """Return the expression that checks the type of a Python value; empty if any value is valid.

        The check may fail for an instance of a subclass; a slower check then decides.
        """
        types = [*self.types(prop), *(["None"] if may_be_none else [])]
        if sum(self.by_class(name) is not None for name in types) > 1:
            return ""  # alternatives that a newer server adds are kept unparsed
        if self.is_plain(prop):
            types = [name for name in types if not name.isidentifier() or name in _BUILT_IN]  # no enums
        return _type_test(value, types)

    def models_in(self, prop: Property) -> Iterator[Property]:
        """Yield the models that a property refers to directly."""
        match kind(prop):
            case "model":
                yield self.model(prop)
            case "list":
                yield from self.models_in(prop.inner_property)
            case "union":
                for inner in prop.inner_properties:
                    yield from self.models_in(inner)

    def reachable(self, props: Iterable[Property]) -> set[str]:
        """Return the class names of all models that these properties refer to, directly or indirectly."""
        found: set[str] = set()
        pending = [model for prop in props for model in self.models_in(prop)]
        while pending:
            model = pending.pop()
            if str(model.class_info.name) in found:
                continue
            found.add(str(model.class_info.name))
            inside = self.fields(model)
            if model.additional_properties is not None:
                inside.append(model.additional_properties)
            pending += [inner for prop in inside for inner in self.models_in(prop)]
        return found

    # --- reading ----------------------------------------------------------------------------------------

    def read(self, prop: Property, value: str, depth: int = 0) -> str:
        """Return the expression that converts the JSON value in `value` to the Python value."""
        if self.is_plain(prop):
            return value
        match kind(prop):
            case "datetime":
                return f"parse_datetime({value})"
            case "date":
                return f"datetime.date.fromisoformat({value})"
            case "model":
                return f"{prop.class_info.name}.from_dict({value})"
            case "list":
                item = "item" if depth == 0 else f"item{depth}"
                return f"[{self.read(prop.inner_property, item, depth + 1)} for {item} in {value}]"
            case "union":
                some = self.read_some(prop, value, depth)
                return f"None if {value} is None else {some}" if "None" in self.types(prop) else some
            case other:
                raise ValueError(f"a {other} cannot be read from JSON")

    def read_some(self, prop: Property, value: str, depth: int = 0) -> str:
        """Like `read`, for a value that is not null."""
        if kind(prop) != "union" or self.is_plain(prop):
            return self.read(prop, value, depth)
        inner = [one for one in prop.inner_properties if self.types(one) != ["None"]]
        work = [one for one in inner if not self.is_plain(one)]
        if len(inner) == 1:
            return self.read(inner[0], value, depth)
        tests = [f"{self.read(one, value, depth)} if {self._is(one, value)}" for one in work]
        # Other values are kept unparsed. Type checkers cannot narrow by a check of fields, hence the cast to
        # Any.
        rest = f"cast(Any, {value})" if any(" and " in test for test in tests) else value
        return f"{' else '.join(tests)} else {rest}"

    def _is(self, prop: Property, value: str) -> str:
        """Return the expression that checks whether a JSON value is this alternative of a union."""
        match kind(prop):
            case "model":
                tests = [f"is_object({value})"]
                for field in self.model(prop).required_properties or []:
                    name = wire_name(field)
                    if kind(field) == "const":
                        tests.append(
                            f'{value}.get("{name}") == {field.value.python_code.as_unembedded_code()}'
                        )
                    elif kind(field) == "literal_enum" and len(field.values) == 1:
                        tests.append(f'{value}.get("{name}") == {next(iter(field.values))!r}')
                    else:
                        tests.append(f'"{name}" in {value}')
                return " and ".join(tests)
            case "list":
                return f"is_list({value})"
            case _:
                return f"isinstance({value}, str)"

    # --- writing ----------------------------------------------------------------------------------------

    def write(self, prop: Property, value: str, depth: int = 0) -> str:
        """Return the expression that converts the Python value in `value` to the JSON value."""
        if self.is_plain(prop):
            return value
        match kind(prop):
            case "datetime":
                return f"format_datetime({value})"
            case "date":
                return f"{value}.isoformat()"
            case "model":
                return f"{value}.to_dict()"
            case "list":
                item = "item" if depth == 0 else f"item{depth}"
                return f"[{self.write(prop.inner_property, item, depth + 1)} for {item} in {value}]"
            case "union":
                some = self.write_some(prop, value, depth)
                return f"None if {value} is None else {some}" if "None" in self.types(prop) else some
            case other:
                raise ValueError(f"a {other} cannot be written as JSON")

    def write_some(self, prop: Property, value: str, depth: int = 0) -> str:
        """Like `write`, for a value that is not `None`."""
        if kind(prop) != "union" or self.is_plain(prop):
            return self.write(prop, value, depth)
        inner = [one for one in prop.inner_properties if self.types(one) != ["None"]]
        if len(inner) == 1:
            return self.write(inner[0], value, depth)
        # A value of an unknown form was kept unparsed, so it is written unchanged.
        return f"as_json({value})"


_SIMPLE = frozenset({"str", "int", "float", "bool"})
_BUILT_IN = _SIMPLE | {"None", "Any"}


def _type_test(value: str, types: Iterable[str]) -> str:
    """Return the expression that checks that a value has one of these types."""
    tests: dict[str, None] = {}
    for name in types:
        if name == "Any":
            return ""
        if name == "None":
            tests[f"{value} is None"] = None
        elif name.startswith("list["):
            items = name[5:-1].split(" | ")
            of_item = _type_test("item", [item for item in items if "str" not in items or item in _BUILT_IN])
            all_items = f" and all({of_item} for item in {value})" if of_item else ""
            tests[f"type({value}) is list{all_items}"] = None
        elif name.startswith("dict["):
            tests[f"type({value}) is dict"] = None
        elif name == "float":
            tests[f"type({value}) in (float, int)"] = None
        elif name in _SIMPLE:
            tests[f"type({value}) is {name}"] = None
        elif name.startswith("Literal["):
            tests[f"type({value}) is str"] = None
        elif name.startswith("datetime."):
            tests[f"isinstance({value}, {name})"] = None
        elif name not in {"File"}:
            tests[f"isinstance({value}, Model)"] = None
    joined = " or ".join(sorted(tests, key=lambda test: (" and " in test, "is None" not in test)))
    return f"({joined})" if " or " in joined and len(tests) > 1 else joined
