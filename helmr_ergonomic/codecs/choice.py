"""Choosing the codec of a type, and refusing types that have none."""

from __future__ import annotations

from typing import Any, Final, get_args, get_origin

from .._types import AnyType
from ..errors import DefinitionError
from .base import AnyCodec, Codec
from .msgspec_codec import MsgspecCodec
from .type_tree import TypeTree, is_data, is_key


def codec_for(tp: AnyType, what: str = "the type") -> AnyCodec:
    """Return the codec of a type or validator; `None` and `Any` mean any JSON value.

    Raises `DefinitionError`, whose message begins with `what`, for a type whose values do not survive a round
    trip through JSON.
    """
    try:
        return _codec_for(tp)
    except NameError as exc:
        raise _refused(
            tp,
            what,
            f"{exc}. Import types at run time, not only under TYPE_CHECKING, and define a class that refers "
            "to itself at the top of a module",
        ) from None
    except _UnusableTypeError as exc:
        raise _refused(tp, what, str(exc)) from None


def early_codec_for(tp: AnyType, what: str = "the type") -> AnyCodec | None:
    """Like `codec_for`, for the definition of a task or stream. Returns `None` for a type that contains an
    undefined name, whose codec should be created on first use.
    """
    try:
        return _codec_for(tp)
    except NameError:
        return None
    except _UnusableTypeError as exc:
        raise _refused(tp, what, str(exc)) from None


class _UnusableTypeError(Exception):
    """A type has no codec; the message says why."""


def _refused(tp: AnyType, what: str, reason: str) -> DefinitionError:
    return DefinitionError(f"{what}: {_name(tp)} cannot be used for JSON: {reason}")


def _codec_for(tp: AnyType) -> AnyCodec:
    if tp is None or tp is Any:
        return Codec()
    if _is_from_pydantic(type(tp)) and hasattr(tp, "validate_json"):
        return _pydantic_codec(tp, getattr(tp, "_type", None))
    if _is_validator(tp):
        from .validator_codec import ValidatorCodec

        return ValidatorCodec(tp)
    if _is_old_model(tp):
        from .pydantic_codec import OldModelCodec

        return OldModelCodec(tp)
    try:
        tree = TypeTree(tp)
    except TypeError as exc:
        raise _UnusableTypeError(str(exc)) from None
    if tree.is_built_in:
        return MsgspecCodec(tp, is_built_in=True)
    if not any(map(_is_from_pydantic, [*tree.classes, *map(type, tree.metadata)])):
        return _msgspec_codec(tp, tree)
    try:
        return _pydantic_codec(_adapter(tp, tree), tp)
    except _UnusableTypeError as exc:
        # msgspec supports types that pydantic does not, such as Structs, and calls pydantic for models in
        # them.
        try:
            return _msgspec_codec(tp, tree)
        except _UnusableTypeError as other:
            raise _UnusableTypeError(f"{exc}; {other}") from None


# --- validators --------------------------------------------------------------------------------------------


def _is_validator(tp: AnyType) -> bool:
    if isinstance(tp, type):
        if is_data(tp) or _is_from_pydantic(tp) or _is_old_model(tp):
            return False
        # A class is a validator only if its `validate` can be called on the class itself.
        found = next((vars(base)["validate"] for base in tp.__mro__ if "validate" in vars(base)), None)
        return isinstance(found, (classmethod, staticmethod))
    if get_origin(tp) is not None:
        return False
    if callable(getattr(tp, "validate", None)):
        return True
    # Special forms of typing (Annotated, NewType, ...) may also be callable.
    return callable(tp) and type(tp).__module__ != "typing" and not hasattr(tp, "__supertype__")


# --- pydantic ----------------------------------------------------------------------------------------------

_PYDANTIC: Final = {"pydantic", "pydantic_core", "annotated_types"}


def _is_from_pydantic(kind: AnyType) -> bool:
    """True if only pydantic supports a class, in a type or in the metadata of `Annotated`."""
    if hasattr(kind, "__pydantic_serializer__") or hasattr(kind, "__get_pydantic_core_schema__"):
        return True
    return kind.__module__.split(".")[0] in _PYDANTIC and not kind.__module__.startswith("pydantic.v1")


def _is_old_model(tp: AnyType) -> bool:
    """True for a pydantic 1 model."""
    return isinstance(tp, type) and hasattr(tp, "parse_obj") and not hasattr(tp, "model_validate")


def _is_plain_dataclass(kind: AnyType) -> bool:
    return hasattr(kind, "__dataclass_fields__") and not hasattr(kind, "__pydantic_serializer__")


def _adapter(tp: AnyType, tree: TypeTree) -> AnyType:
    try:
        from pydantic import PydanticUserError, TypeAdapter
    except ImportError:
        raise _UnusableTypeError("it needs pydantic 2, which is not installed") from None
    for one in tree.metadata:
        if type(one).__module__.split(".")[0] == "msgspec":
            raise _UnusableTypeError(f"pydantic does not check {one!r}: use pydantic.Field")
    try:
        return TypeAdapter(tp)
    except PydanticUserError as exc:
        reason = str(exc.message).partition("\n")[0]
        raise _UnusableTypeError(reason.partition(". Set `arbitrary_types_allowed")[0]) from None


def _pydantic_codec(adapter: AnyType, tp: AnyType) -> AnyCodec:
    from .pydantic_codec import PydanticCodec

    if not getattr(adapter, "pydantic_complete", True):
        adapter.rebuild()  # raises NameError while a name is not defined
    _check_dataclasses(tp)
    model = tp if hasattr(tp, "__pydantic_serializer__") else None
    return PydanticCodec(adapter, model, has_dataclasses=bool(_plain_dataclasses(tp)))


def _check_dataclasses(tp: AnyType) -> None:
    for kind in _plain_dataclasses(tp, in_models=True):
        fields: dict[str, AnyType] = getattr(kind, "__dataclass_fields__", {})
        if not all(field.init for field in fields.values()):
            raise _UnusableTypeError(f"pydantic does not read fields of {_name(kind)} with init=False")


def _plain_dataclasses(tp: AnyType, *, in_models: bool = False) -> list[type]:
    try:
        return [*filter(_is_plain_dataclass, TypeTree(tp, in_models=in_models).classes)]
    except (TypeError, NameError):
        return []  # an adapter may resolve forms and names that are unknown here


# --- msgspec -----------------------------------------------------------------------------------------------


def _msgspec_codec(tp: AnyType, tree: TypeTree) -> AnyCodec:
    import msgspec

    from helmr_api.formats import json_decoder

    for kind in tree.classes:
        is_model = hasattr(kind, "__pydantic_serializer__")
        if is_model and hasattr(kind, "__dataclass_fields__"):
            raise _UnusableTypeError(f"{_name(kind)} is a pydantic dataclass, which msgspec does not check")
        if is_model:
            _check_dataclasses(kind)
        if not (is_data(kind) or is_model or _is_old_model(kind)):
            raise _UnusableTypeError(
                f"{_name(kind)} is not a data class. Use a msgspec Struct, dataclass, attrs class, "
                "TypedDict, pydantic model or built-in type, or a function that validates"
            )
    for one in tree.metadata:
        if _is_from_pydantic(type(one)):
            raise _UnusableTypeError(f"{one!r} has no effect without pydantic: use msgspec.Meta")
        if isinstance(one, msgspec.Meta) and one.tz is False:
            raise _UnusableTypeError("a time without a time zone is never sent")
    for key in tree.keys:
        if not is_key(key):
            raise _UnusableTypeError(f"{_name(key)} cannot be the type of keys, which are strings in JSON")
    try:
        json_decoder(tp)
    except KeyError as exc:
        raise _UnusableTypeError(f"the field {exc} of an attrs class has no annotation") from None
    except (TypeError, ValueError) as exc:
        hint = ". Structs with tags, and pydantic models, can be distinguished" if "union" in str(exc) else ""
        raise _UnusableTypeError(str(exc).replace("`", "") + hint) from None
    return MsgspecCodec(tp)


def _name(form: AnyType) -> str:
    """Return the name of a type as users write it."""
    return form.__qualname__ if isinstance(form, type) and not get_args(form) else repr(form)
