"""Models as msgspec reads them: into Structs with the same fields, whose values it checks and copies.

All of that is done in C: a page of 500 stream records takes half the time of `decode_json` and `from_dict`.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import chain, repeat
from operator import attrgetter
from typing import Annotated, Any, Final, NamedTuple, Union

import attrs
import msgspec

from .formats import json_decoder
from .model import Model

__all__ = ["Forms", "UnsupportedError"]


class UnsupportedError(Exception):
    """A model has a field that only `from_dict` can read."""


class Forms:
    """The types that msgspec reads a model with."""

    def __init__(self, model: type[Model]) -> None:
        try:
            self._form = _form(model)
            self._decoder = json_decoder(self._form.struct)
            json_decoder(self._form.target)  # so that `convert` may use it in several threads
        except (TypeError, ValueError) as error:  # msgspec knows no such union; two fields have one name
            raise UnsupportedError from error
        self._list: Any = list[self._form.target]  # type: ignore[name-defined]  # made here

    def read(self, content: bytes) -> Any:
        """The model of JSON. Raises anything for JSON that does not fit exactly."""
        struct = self._decoder.decode(content)
        self._check([struct])
        made = msgspec.convert(struct, self._form.target, from_attributes=True)
        self._form.finish(made)
        return made

    def read_lines(self, content: bytes) -> list[Any]:
        """The models of JSON values, one in each line."""
        structs = self._decoder.decode_lines(content)
        self._check(structs)
        made: list[Any] = msgspec.convert(structs, self._list, from_attributes=True)
        self._form.finish_all(made)
        return made

    def _check(self, structs: Sequence[object]) -> None:
        """Raise `ValueError` for a date-time of which only a `WireDatetime` keeps how it is written.

        msgspec takes RFC 3339. Unusual in that are `t`, `z` and space, other offsets than `Z`, more than 6
        digits, and zeros at the end. One string of all is looked at in half the time of each by itself.
        """
        found: list[str | None] = []
        self._form.add_moments(structs, found)
        strings = [text for text in found if text is not None]
        text = "".join(strings)
        if strings and (
            text.count("T") != len(strings)
            or text.count("Z") != len(strings)
            or ("0Z" in text and any(one[-2] == "0" and len(one) > 20 for one in strings))
            or max(map(len, strings)) > 27
        ):
            raise ValueError("a date-time has an unusual form")


class _Part(NamedTuple):
    """A field that contains a model, or a list of models."""

    get: Callable[[object], Any]
    is_list: bool
    form: _Form

    def values(self, owners: Iterable[object]) -> list[Any]:
        """The models in it, or their Structs."""
        found = filter(None, map(self.get, owners))
        return list(chain.from_iterable(found) if self.is_list else found)


class _Form(NamedTuple):
    """What a model is read with."""

    struct: Any
    """What JSON is decoded into. It takes only what `from_dict` puts into the fields as it is."""
    target: type[Model]
    """A subclass of the model with the same slots: what the Struct is copied into."""
    model: type[Model]
    parts: tuple[_Part, ...]
    moments: tuple[Callable[[object], str | None], ...]
    """Get the date-times, which are strings in the Struct."""

    def add_moments(self, structs: Sequence[object], strings: list[str | None]) -> None:
        """Add the date-times of Structs, as strings."""
        for get in self.moments:
            strings += map(get, structs)
        for part in self.parts:
            if values := part.values(structs):
                part.form.add_moments(values, strings)

    def finish(self, made: Any) -> None:
        """Turn an instance of the target into one of the model."""
        _set_class(made, self.model)
        for part in self.parts:
            value = part.get(made)
            if value is not None:
                if part.is_list:
                    part.form.finish_all(value)
                else:
                    part.form.finish(value)

    def finish_all(self, made: Sequence[Any]) -> None:
        """Turn instances of the target into instances of the model, without a loop in Python."""
        deque(map(_set_class, made, repeat(self.model)), 0)
        for part in self.parts:
            part.form.finish_all(part.values(made))


_set_class: Final[Callable[[object, type], None]] = vars(object)["__class__"].__set__

_NOTHING: Final = Annotated[int, msgspec.Meta(gt=1, lt=0)]
"""The type of no value."""
_SOME: Final = bool | int | float | str | list[Any] | dict[str, Any]
"""Any JSON value but null."""
_TYPES: Final[dict[str, Any]] = {
    "None": None,
    "Any": Any,
    "str": str,
    "int": int,
    "bool": bool,
    "float": int | float,  # an integer is kept as it came
    "datetime.datetime": str,  # see `_Form.check`
}


_forms: Final[dict[type[Model], _Form]] = {}


def _form(model: type[Model]) -> _Form:
    if model not in _forms:
        _forms[model] = _made_form(model)
    return _forms[model]


def _made_form(model: type[Model]) -> _Form:
    wire: dict[str, str] = vars(model).get("_wire_names", {})
    keeps_null: Sequence[str] = vars(model).get("_keeps_null", ())
    fields: list[tuple[str, Any, Any]] = []
    parts: list[_Part] = []
    moments: list[str] = []
    targets: dict[str, Any] = {}
    for field in attrs.fields(model):  # type: ignore[arg-type]  # each model is an attrs class
        types = re.split(r" \| (?![^\[]*\])", str(field.type))
        if field.name in keeps_null:
            types = [name for name in types if name != "None"]
        type_: Any = Union[tuple([_type(name) for name in types])]  # noqa: UP007  of as many as there are
        inside = [(name.startswith("list["), kind) for name in types if (kind := _model_in(name))]
        if len(inside) > 1:
            raise UnsupportedError
        targets[field.name] = Any
        if "datetime.datetime" in types:
            targets[field.name] = datetime | None
            moments.append(field.name)
        elif inside:
            is_list, form = inside[0][0], _form(inside[0][1])
            targets[field.name] = (list[form.target] if is_list else form.target) | None  # type: ignore[name-defined]
            parts.append(_Part(attrgetter(field.name), is_list, form))
        default: dict[str, Any] = {}
        if isinstance(field.default, attrs.Factory):  # type: ignore[arg-type]
            empty = dict if field.name == "additional_properties" else list
            default = {"default_factory": empty}
            # msgspec is to put nothing into `additional_properties`. A default that was sent belongs there.
            type_ = _NOTHING if empty is dict else Annotated[type_, msgspec.Meta(min_length=1)]
        elif field.default is not attrs.NOTHING:
            default = {"default": field.default}
            if field.default is False:
                type_ = _NOTHING
            elif field.name in keeps_null and type_ is Any:
                type_ = _SOME
        fields.append((field.name, type_, msgspec.field(name=wire.get(field.name, field.name), **default)))
    name = model.__name__
    struct = msgspec.defstruct(name, fields, kw_only=True, forbid_unknown_fields=True, gc=False)
    target = type(name, (model,), {"__slots__": (), "__annotations__": targets, "__module__": __name__})
    return _Form(struct, target, model, tuple(parts), tuple(map(attrgetter, moments)))


def _type(name: str) -> Any:
    """The type with this name in the annotation of a field, for a Struct."""
    if name in _TYPES:
        return _TYPES[name]
    if name.startswith("dict["):
        return dict[str, Any]
    if name.startswith("list["):
        return list[_type(name[5:-1])]  # type: ignore[misc]
    if name.startswith("Literal["):
        return str
    kind = _model_in(name)
    if kind is not None:
        return _form(kind).struct
    if name in {"File", "datetime.date"}:
        raise UnsupportedError
    return str  # an enumeration


def _model_in(name: str) -> type[Model] | None:
    """The model with this name, or of which it is a list."""
    from . import models

    found: Any = getattr(models, name[5:-1] if name.startswith("list[") else name, None)
    return found if isinstance(found, type) and issubclass(found, Model) else None
