"""How values of a task's or stream's type become JSON and come back.

One codec per kind of type: msgspec (Struct, dataclass, attrs, TypedDict, builtins and their combinations),
pydantic models (found by their methods; pydantic is never imported here), and validators (a callable, or an
object with a `validate` method in the manner of Standard Schema). msgspec is imported when the first codec is
used, not before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Generic, Protocol, TypeAlias, TypeGuard, TypeVar, cast, get_origin

from .errors import DataValidationError, DefinitionError, Issue, OutputValidationError, PayloadValidationError

__all__ = ["Codec", "SchemaResult", "StandardSchema", "Validator", "codec_for", "json_bytes", "json_value"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class SchemaResult(Protocol[T_co]):
    """What a `StandardSchema` answers: `issues` (none or empty on success) and, on success, `value`."""

    @property
    def issues(self) -> Sequence[Any] | None: ...

    @property
    def value(self) -> T_co: ...


class StandardSchema(Protocol[T_co]):
    """An object that validates, in the manner of the Standard Schema interface.

    Its issues have a `message` and a `path` (members or mapping keys).
    """

    def validate(self, value: Any, /) -> SchemaResult[T_co]: ...


Validator: TypeAlias = Callable[[Any], T] | StandardSchema[T]
"""A function that returns the parsed value or raises `ValueError` or `TypeError`, or a `StandardSchema`."""


class Codec(Generic[T]):
    """Turns JSON values into `T` and back. This base is the codec of `Any`: it checks nothing."""

    def decode(
        self,
        raw: Any,
        *,
        label: str,
        root: str = "payload",
        error: type[DataValidationError] = OutputValidationError,
    ) -> T:
        """A parsed JSON value as `T`. Raises `error`, with paths from `root` on, when it does not fit."""
        return cast(T, raw)

    def encode(
        self,
        value: Any,
        *,
        label: str,
        root: str = "payload",
        error: type[DataValidationError] = PayloadValidationError,
    ) -> Any:
        """A value as plain JSON values, checked. Raises `error` when it does not fit."""
        return json_value(value, label=label, root=root, error=error)


class _MsgspecCodec(Codec[T]):
    def __init__(self, tp: Any) -> None:
        import msgspec

        self._type = tp
        self._convert = partial(msgspec.convert, str_keys=True, dec_hook=_load_model)
        self._invalid = msgspec.ValidationError

    def decode(
        self,
        raw: Any,
        *,
        label: str,
        root: str = "payload",
        error: type[DataValidationError] = OutputValidationError,
    ) -> T:
        try:
            value: T = self._convert(raw, self._type)
            return value
        except self._invalid as exc:
            raise error(label, [_msgspec_issue(str(exc), raw, self._type, root)]) from None

    def encode(
        self,
        value: Any,
        *,
        label: str,
        root: str = "payload",
        error: type[DataValidationError] = PayloadValidationError,
    ) -> Any:
        raw = json_value(value, label=label, root=root, error=error)
        # Structs and dataclasses check nothing when they are made, so that the check has to happen here.
        self.decode(raw, label=label, root=root, error=error)
        return raw


class _PydanticCodec(Codec[T]):
    def __init__(self, model: Any) -> None:
        self._model = model

    def decode(
        self,
        raw: Any,
        *,
        label: str,
        root: str = "payload",
        error: type[DataValidationError] = OutputValidationError,
    ) -> T:
        try:
            return cast(T, self._model.model_validate(raw))
        except ValueError as exc:
            raise error(label, _pydantic_issues(exc, root)) from None

    def encode(
        self,
        value: Any,
        *,
        label: str,
        root: str = "payload",
        error: type[DataValidationError] = PayloadValidationError,
    ) -> Any:
        raw = json_value(value, label=label, root=root, error=error)
        self.decode(raw, label=label, root=root, error=error)
        return raw


class _ValidatorCodec(Codec[T]):
    def __init__(self, validator: Any) -> None:
        self._validator = validator

    def decode(
        self,
        raw: Any,
        *,
        label: str,
        root: str = "payload",
        error: type[DataValidationError] = OutputValidationError,
    ) -> T:
        validate = getattr(self._validator, "validate", None)
        if validate is None:
            try:
                return cast(T, self._validator(raw))
            except DataValidationError as exc:
                raise error(label, [Issue(i.path, i.message, root=root) for i in exc.issues]) from None
            except (ValueError, TypeError) as exc:
                raise error(label, [Issue((), str(exc) or type(exc).__name__, root=root)]) from exc
        result = validate(raw)
        issues = _member(result, "issues")
        if issues:
            raise error(label, [_schema_issue(issue, root) for issue in issues])
        return cast(T, _member(result, "value"))

    def encode(
        self,
        value: Any,
        *,
        label: str,
        root: str = "payload",
        error: type[DataValidationError] = PayloadValidationError,
    ) -> Any:
        raw = json_value(value, label=label, root=root, error=error)
        self.decode(raw, label=label, root=root, error=error)
        return raw


def codec_for(tp: Any) -> Codec[Any]:
    """The codec of a type or validator; `None` and `Any` stand for any JSON value.

    Raises `DefinitionError` for a class that no codec can handle.
    """
    from inspect import getattr_static

    if tp is None or tp is Any:
        return Codec()
    if _is_model(tp):
        return _PydanticCodec(tp)
    if not isinstance(tp, type) and get_origin(tp) is None and _is_validator(tp):
        return _ValidatorCodec(tp)
    if isinstance(tp, type) and not _is_data_class(tp):
        if isinstance(getattr_static(tp, "validate", None), (classmethod, staticmethod)):
            return _ValidatorCodec(tp)
        raise DefinitionError(
            f"{tp.__qualname__} cannot carry JSON: use a msgspec Struct, dataclass, attrs class, TypedDict, "
            "pydantic model, a built-in type, or a function that validates"
        )
    return _MsgspecCodec(tp)


def _is_model(tp: Any) -> bool:
    return hasattr(tp, "model_validate") and hasattr(tp, "model_dump")


def _is_validator(tp: Any) -> bool:
    if callable(getattr(tp, "validate", None)):
        return True
    # typing's own forms (Annotated, Literal, NewType, …) may be callable objects too; msgspec knows them.
    return (
        callable(tp)
        and type(tp).__module__ not in ("typing", "types.UnionType")
        and not hasattr(tp, "__supertype__")
    )


_MARKS = (
    "__struct_fields__",  # msgspec
    "__dataclass_fields__",
    "__attrs_attrs__",
    "__required_keys__",  # TypedDict
    "_fields",  # NamedTuple
    "__members__",  # Enum
)
_DATA_MODULES = ("builtins", "datetime", "uuid", "decimal", "collections", "msgspec", "typing", "types")


def _is_data_class(tp: type) -> bool:
    return any(hasattr(tp, mark) for mark in _MARKS) or tp.__module__.split(".")[0] in _DATA_MODULES


def _dump_model(value: Any) -> Any:
    """Makes pydantic models plain wherever they stand inside a value."""
    dump = getattr(value, "model_dump", None)
    if dump is None:
        raise TypeError(f"a value of type {type(value).__qualname__} cannot be sent as JSON")
    return dump(mode="json", by_alias=True)


def _load_model(tp: Any, raw: Any) -> Any:
    """Makes pydantic models wherever a type of msgspec's holds them; msgspec adds the path to errors."""
    if not _is_model(tp):
        if isinstance(raw, tp):  # `object`, or a base class of what JSON has
            return raw
        raise ValueError(f"expected {tp.__qualname__}, got {type(raw).__name__}")
    try:
        return tp.model_validate(raw)
    except ValueError as exc:
        inside = _pydantic_issues(exc, "")[0]
        raise ValueError(f"{inside.where.lstrip('.')}: {inside.message}".removeprefix(": ")) from None


_PLAIN = (str, int, bool, type(None))


def json_value(
    value: Any,
    *,
    label: str,
    root: str = "payload",
    error: type[DataValidationError] = PayloadValidationError,
) -> Any:
    """Any value as plain JSON values (dict, list, str, int, float, bool, None), or `error` raised."""
    if type(value) in _PLAIN:
        return value
    import msgspec

    try:
        return msgspec.to_builtins(value, str_keys=True, enc_hook=_dump_model)
    except (TypeError, ValueError, RecursionError) as exc:
        raise error(label, [Issue((), str(exc), root=root)]) from None


def json_bytes(value: Any, *, label: str, root: str = "payload") -> bytes:
    """Plain JSON values as JSON text.

    Raises `PayloadValidationError` for what JSON has no words for: NaN, the infinities, half characters.
    """
    try:
        return _encoded(value)
    except RecursionError:
        raise PayloadValidationError(label, [Issue((), "it is nested too deep", root=root)]) from None
    except (TypeError, ValueError) as exc:
        path = _guilty_part(value)
        if path and isinstance(path[0], str):  # a member of the body is known to the caller by its name
            root, path = path[0], path[1:]
        raise PayloadValidationError(label, [Issue(path, str(exc), root=root)]) from None


def _encoded(value: Any) -> bytes:
    from helmr_api.formats import encode_json

    return encode_json(value)


def _guilty_part(value: Any) -> list[str | int]:
    """The path to the part because of which a value has no JSON text."""
    parts: list[tuple[str | int, Any]] = []
    if _is_dict(value):
        parts = list(value.items())
    elif _is_list(value):
        parts = list(enumerate(value))
    for key, part in parts:
        try:
            _encoded(part)
        except (TypeError, ValueError):
            return [key, *_guilty_part(part)]
    return []


# --- what went wrong, in one form --------------------------------------------------------------------------


def _msgspec_issue(text: str, raw: Any, tp: Any, root: str) -> Issue:
    """msgspec's `Expected `int`, got `str` - at `$.prNumber`` as an issue with an exact path."""
    message, _, place = text.rpartition(" - at ")
    if not message:
        message, place = text, "`$`"
    in_key = place.startswith("`key` in ")
    path = _walk(place.removeprefix("`key` in ").strip("`").removeprefix("$"), raw, tp, text)
    message = message.replace("`", "")
    if message.startswith("Object missing required field "):
        path.append(message.removeprefix("Object missing required field "))
        message = "required member is missing"
    elif message.startswith("Object contains unknown field "):
        path.append(message.removeprefix("Object contains unknown field "))
        message = "member is not known"
    elif message.startswith("Expected "):
        message = "e" + message[1:]
    if in_key:
        message = f"in a key: {message}"
    return Issue(path, message, root=root)


def _walk(place: str, raw: Any, tp: Any, text: str) -> list[str | int]:
    """The parts of a msgspec path. `raw` tells where a member name with odd signs ends, and which key
    `[...]` (msgspec's word for 'some value of this mapping') stands for."""
    path: list[str | int] = []
    here: Any = raw
    while place:
        part: str | int
        if place.startswith("[...]"):
            found = _guilty_key(raw, path, here, tp, text)
            if found is None:
                break
            part, place = found, place[5:]
        elif place.startswith("["):
            index, _, place = place[1:].partition("]")
            part = int(index) if index.isdecimal() else index
        else:
            part, place = _member_name(place[1:], here)
        path.append(part)
        here = _inside(here, part)
    return path


def _inside(value: Any, part: str | int) -> Any:
    try:
        return value[part]
    except (KeyError, IndexError, TypeError):
        return None


def _is_dict(value: Any) -> TypeGuard[dict[Any, Any]]:
    return isinstance(value, dict)


def _is_list(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _member_name(place: str, here: Any) -> tuple[str, str]:
    if _is_dict(here):
        names = [str(key) for key in here]
        fitting = [n for n in names if place.startswith(n) and place[len(n) : len(n) + 1] in ("", ".", "[")]
        if fitting:
            name = max(fitting, key=len)
            return name, place[len(name) :]
    end = min((i for i in (place.find("."), place.find("[")) if i >= 0), default=len(place))
    return place[:end], place[end:]


def _guilty_key(raw: Any, path: Sequence[str | int], here: Any, tp: Any, text: str) -> str | int | None:
    """Which value of the mapping (or set) `here` gives the error `text`: each is tried alone, in place."""
    import msgspec

    singles: list[tuple[str | int, Any]]
    if _is_dict(here):
        singles = [(str(key), {key: value}) for key, value in here.items()]
    elif _is_list(here):
        singles = [(index, [item]) for index, item in enumerate(here)]
    else:
        return None
    for key, single in singles:
        try:
            msgspec.convert(_replaced(raw, path, single), tp, str_keys=True, dec_hook=_load_model)
        except msgspec.ValidationError as exc:
            if str(exc) == text:
                return key
    return None


def _replaced(raw: Any, path: Sequence[str | int], value: Any) -> Any:
    if not path:
        return value
    copy = raw.copy()  # a dict or a list: the path leads through it
    copy[path[0]] = _replaced(raw[path[0]], path[1:], value)
    return copy


def _pydantic_issues(exc: ValueError, root: str) -> list[Issue]:
    errors: Any = getattr(exc, "errors", None)
    if not callable(errors):
        return [Issue((), str(exc), root=root)]
    found = cast(list[dict[str, Any]], errors())
    return [Issue(tuple(item.get("loc", ())), _pydantic_message(item), root=root) for item in found]


def _pydantic_message(item: Mapping[str, Any]) -> str:
    if item.get("type") == "missing":
        return "required member is missing"
    message = str(item.get("msg", "not valid"))
    expected = str(item.get("type", "")).removesuffix("_type")
    if str(item.get("type", "")).endswith("_type") and "input" in item:
        return f"expected {expected}, got {type(item['input']).__name__}"
    return message


def _member(value: Any, name: str) -> Any:
    if _is_dict(value):
        return value.get(name)
    return getattr(value, name, None)


def _schema_issue(issue: Any, root: str) -> Issue:
    if isinstance(issue, Issue):
        return Issue(issue.path, issue.message, root=root)
    path: list[str | int] = []
    for part in cast(Sequence[Any], _member(issue, "path") or ()):
        key = part if isinstance(part, (str, int)) else _member(part, "key")
        path.append(key if isinstance(key, (str, int)) else str(key))
    return Issue(path, str(_member(issue, "message") or issue), root=root)
