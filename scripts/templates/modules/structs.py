"""Reads models with msgspec: it decodes JSON into Structs with the same fields, and copies these into models.

This runs in C, so a page of 500 stream records takes half the time of `decode_json` and `from_dict`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import chain, repeat
from operator import attrgetter
from typing import Annotated, Any, Final, NamedTuple, Union

import attrs
import msgspec

from .formats import json_decoder
from .model import Late, Model, empty_models, filling, set_class, setters, with_classes
from .type_checks import alternatives

__all__ = ["MOST_USES", "Forms", "UnsupportedError"]


MOST_USES: Final = 100
"""Number of models whose fields may be copied on first use, before those of all models are copied."""
FEW: Final = 1 / 32
"""The share of models for which that number is raised again. If all are used, one in 32 is copied alone."""


class UnsupportedError(Exception):
    """A model has a field that only `from_dict` can read."""


class Forms:
    """The types with which msgspec reads a model."""

    def __init__(self, model: type[Model], late: Late | None = None) -> None:
        try:
            made = _forms if late is None else {late.model: _made_form(late.model, {}, late)}
            self._form = _form(model, made)
            self._decoder = json_decoder(self._form.struct)
            json_decoder(self._form.target)  # so that `convert` may use it in several threads
        except (TypeError, ValueError) as error:  # unsupported union, or duplicate name
            raise UnsupportedError from error
        self._setters = setters(model)
        self._values = attrgetter(*[field.name for field in attrs.fields(model)])  # type: ignore[arg-type]
        filling[self._form.struct] = self._fields
        self._uses_left: float = MOST_USES
        self._text = "" if late is None else late.field
        self._list: Any = list[self._form.target]  # type: ignore[name-defined]  # made here

    def read(self, content: bytes) -> Any:
        """Return the model. Raises any exception for JSON that does not match exactly."""
        return self._model(self._decoder.decode(content))

    def read_lines(
        self,
        content: bytes,
        kinds: Callable[[Iterable[Any]], Iterable[type[Model]]],
        first: Sequence[str],
    ) -> list[Any]:
        """Return the models of JSON values, one per line, with the values of the `first` fields.

        Everything is checked. To copy the other fields of all models together takes twice as long as to
        decode them, and to copy those of one model when one is first used takes five times as long as among
        the others. So they are copied on first use as long as few models are used like that.
        """
        structs = self._decoder.decode_lines(content)
        self._uses_left = min(self._uses_left + len(structs) * FEW, MOST_USES)
        if self._uses_left < 0:
            models = self._models(structs)
            with_classes(models, kinds(structs))
            return models
        msgspec.convert(self._check(structs), list[datetime])
        made = empty_models(kinds(structs), structs)
        for name in first:
            set_: Callable[[Any, Any], None] = vars(self._form.model)[name].__set__
            deque(map(set_, made, map(attrgetter(name), structs)), 0)
        return made

    def _fields(self, struct: object) -> Iterable[tuple[Callable[[Any, Any], None], Any]]:
        self._uses_left -= 1
        return zip(self._setters, self._values(self._model(struct)), strict=True)

    def read_late(self, content: bytes) -> LateJson:
        """Return the model, which consists of a list, with the JSON of its items."""
        struct = self._decoder.decode(content)
        (part,) = self._form.parts
        strings = list(map(attrgetter(self._text), part.values([struct])))
        together = b",".join(strings)
        _ = together.isascii() or together.decode()  # msgspec does not check the encoding of what it skips
        made = self._models([struct])
        return LateJson(made[0], part.values(made), map(msgspec.Raw.copy, strings), b"[%b]" % together)

    def _models(self, structs: Sequence[object]) -> list[Any]:
        self._check(structs)
        made: list[Any] = msgspec.convert(structs, self._list, from_attributes=True)
        self._form.finish(made)
        return made

    def _model(self, struct: object) -> Any:
        """Return one model, in half the time of `_models`, which gains only if there are several."""
        found: list[str | None] = []
        self._form.add_own_moments(struct, found)
        _checked(found)
        made = msgspec.convert(struct, self._form.target, from_attributes=True)
        self._form.finish_one(made)
        return made

    def _check(self, structs: Sequence[object]) -> list[str]:
        """Return all date-times. Raises `ValueError` for an unusual one, see `_checked`."""
        found: list[str | None] = []
        self._form.add_moments(structs, found)
        return _checked(found)


def _checked(found: Iterable[str | None]) -> list[str]:
    """Return the date-times that are not `None`. Raises `ValueError` for one whose spelling only a
    `WireDatetime` preserves.

    msgspec accepts RFC 3339. Unusual forms are `t`, `z` and space, offsets other than `Z`, more than 6
    digits, and trailing zeros. Checking one joined string takes half the time of checking each.
    """
    strings: list[str] = list(filter(None, found))
    text = "".join(strings)
    if text.encode().translate(None, b"0123456789-:.") != b"TZ" * len(strings) or (
        "." in text and "0Z" in text and any(one[-2] == "0" and len(one) > 20 for one in strings)
    ):
        raise ValueError("a date-time has an unusual form")
    return strings


class LateJson(NamedTuple):
    """A model that consists of a list, with the JSON of its items."""

    model: Any
    items: list[Any]
    strings: Iterable[msgspec.Raw]
    """The JSON of each item: copies, because an item may be kept longer than the whole content. To copy a
    `Raw` takes half the time of `bytes`."""
    together: bytes
    """The same as a JSON list."""


class _Part(NamedTuple):
    """A field that contains a model, or a list of models."""

    get: Callable[[object], Any]
    is_list: bool
    form: _Form

    def values(self, owners: Iterable[object]) -> list[Any]:
        """Return the models in this field, or their Structs."""
        found = filter(None, map(self.get, owners))
        return list(chain.from_iterable(found) if self.is_list else found)


class _Form(NamedTuple):
    """The classes with which a model is read."""

    struct: Any
    """The class that JSON is decoded into. It accepts only values that `from_dict` would not convert."""
    target: type[Model]
    """The class that the Struct is copied into: a subclass of the model with the same slots."""
    model: type[Model]
    parts: tuple[_Part, ...]
    moments: tuple[Callable[[object], str | None], ...]
    """Getters of the date-times, which are strings in the Struct."""
    dated: tuple[_Part, ...]
    """The parts that contain date-times."""

    def add_moments(self, structs: Sequence[object], strings: list[str | None]) -> None:
        """Append the date-times of Structs, as strings."""
        for get in self.moments:
            strings += map(get, structs)
        for part in self.dated:
            if values := part.values(structs):
                part.form.add_moments(values, strings)

    def add_own_moments(self, struct: object, strings: list[str | None]) -> None:
        """Append the date-times of one Struct, as strings."""
        for get in self.moments:
            strings.append(get(struct))
        for part in self.dated:
            value = part.get(struct)
            if part.is_list:
                part.form.add_moments(value or (), strings)
            elif value is not None:
                part.form.add_own_moments(value, strings)

    def finish(self, made: Sequence[Any]) -> None:
        """Convert instances of the target into instances of the model, without a loop in Python."""
        with_classes(made, repeat(self.model))
        for part in self.parts:
            part.form.finish(part.values(made))

    def finish_one(self, made: Any) -> None:
        """Convert one instance."""
        set_class(made, self.model)
        for part in self.parts:
            value = part.get(made)
            if part.is_list:
                part.form.finish(value or ())
            elif value is not None:
                part.form.finish_one(value)


_NOTHING: Final = Annotated[int, msgspec.Meta(gt=1, lt=0)]
"""A type without values."""
_SOME: Final = bool | int | float | str | list[Any] | dict[str, Any]
"""Any JSON value except null."""
_TYPES: Final[dict[str, Any]] = {
    "None": None,
    "Any": Any,
    "str": str,
    "int": int,
    "bool": bool,
    "float": int | float,  # integers are kept
    # See `Forms._check`. A longer one has more digits than a datetime, or an offset.
    "datetime.datetime": Annotated[str, msgspec.Meta(min_length=1, max_length=27)],
}


_forms: Final[dict[type[Model], _Form]] = {}


def _form(model: type[Model], made: dict[type[Model], _Form]) -> _Form:
    if model not in made:
        made[model] = _made_form(model, made)
    return made[model]


def _made_form(model: type[Model], made: dict[type[Model], _Form], late: Late | None = None) -> _Form:
    wire: dict[str, str] = vars(model).get("_wire_names", {})
    keeps_null: Sequence[str] = vars(model).get("_keeps_null", ())
    empty: Sequence[str] = () if late is None else (late.field, "additional_properties")
    fields: list[tuple[str, Any, Any]] = []
    parts: list[_Part] = []
    moments: list[str] = []
    targets: dict[str, Any] = {"_context": Any}
    for field in attrs.fields(model):  # type: ignore[arg-type]  # each model is an attrs class
        types = alternatives(vars(model)["_field_types"][field.name])
        if field.name in keeps_null:
            types = [name for name in types if name != "None"]
        type_: Any = Union[tuple([_type(name, made) for name in types])]  # noqa: UP007  of as many as there are
        inside = [(name.startswith("list["), kind) for name in types if (kind := _model_in(name))]
        if len(inside) > 1:
            raise UnsupportedError
        targets[field.name] = Any
        if "datetime.datetime" in types:
            targets[field.name] = datetime | None
            moments.append(field.name)
        elif inside:
            is_list, form = inside[0][0], _form(inside[0][1], made)
            targets[field.name] = (list[form.target] if is_list else form.target) | None  # type: ignore[name-defined]
            parts.append(_Part(attrgetter(field.name), is_list, form))
        default: dict[str, Any] = {}
        if isinstance(field.default, attrs.Factory):  # type: ignore[arg-type]
            no_value = dict if field.name == "additional_properties" else list
            default = {"default_factory": no_value}
            # msgspec must not fill `additional_properties`, and a default value on the wire belongs there.
            type_ = _NOTHING if no_value is dict else Annotated[type_, msgspec.Meta(min_length=1)]
        elif field.default is not attrs.NOTHING:
            default = {"default": field.default}
            if field.default is False:
                type_ = _NOTHING
            elif field.name in keeps_null and type_ is Any:
                type_ = _SOME
        if field.name in empty:
            type_, default = (_NOTHING, {"default": None}) if default else (msgspec.Raw, {})
        fields.append((field.name, type_, msgspec.field(name=wire.get(field.name, field.name), **default)))
    name = model.__name__
    struct = msgspec.defstruct(name, fields, kw_only=True, forbid_unknown_fields=True, gc=False)
    kind = model if late is None else late.kind
    namespace: dict[str, Any] = {"__slots__": (), "__annotations__": targets, "__module__": __name__}
    namespace["__attrs_attrs__"] = tuple([one for one in attrs.fields(model) if one.name not in empty])  # type: ignore[arg-type]
    target = type(name, (kind,), namespace)
    dated = tuple([part for part in parts if part.form.moments or part.form.dated])
    return _Form(struct, target, kind, tuple(parts), tuple(map(attrgetter, moments)), dated)


def _type(name: str, made: dict[type[Model], _Form]) -> Any:
    """Return the Struct's type for a type name in the annotation of a field."""
    if name in _TYPES:
        return _TYPES[name]
    if name.startswith("dict["):
        return dict[str, Any]
    if name.startswith("list["):
        return list[_type(name[5:-1], made)]  # type: ignore[misc]
    if name.startswith("Literal["):
        return str
    kind = _model_in(name)
    if kind is not None:
        return _form(kind, made).struct
    if name in {"File", "datetime.date"}:
        raise UnsupportedError
    return str  # an enumeration


def _model_in(name: str) -> type[Model] | None:
    """Return the model that a type name refers to, directly or as the items of a list."""
    from . import models

    found: Any = getattr(models, name[5:-1] if name.startswith("list[") else name, None)
    return found if isinstance(found, type) and issubclass(found, Model) else None
