"""Types that msgspec supports: Structs, dataclasses, attrs classes, TypedDicts, named tuples, built-in
types."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, partial
from typing import Final, TypeVar

from helmr_api.formats import is_list, is_object, list_decoder

from .._types import JSON, AnyType
from .base import Codec
from .problems import Problem

T = TypeVar("T")


class MsgspecCodec(Codec[T]):
    """The codec of a type that msgspec supports."""

    def __init__(self, tp: AnyType, *, is_built_in: bool = False) -> None:
        self._type = tp
        self._exact = tp if is_built_in else None
        self._convert: Callable[[object], T] | None = None

    def load(self, raw: object) -> T:
        if self._convert is None:
            import msgspec

            self._convert = partial(msgspec.convert, type=self._type, str_keys=True, dec_hook=_load_other)
        return self._convert(raw)

    @cached_property
    def load_list(self) -> Callable[[bytes], Iterable[T]] | None:
        return list_decoder(self._type, _load_other)

    def problems(self, exc: Exception, raw: object) -> Sequence[Problem] | None:
        import msgspec

        return [self._problem(str(exc), raw)] if isinstance(exc, msgspec.ValidationError) else None

    def _problem(self, text: str, raw: object) -> Problem:
        """Split msgspec's ``Expected `int`, got `str` - at `$.prNumber` `` into a path and a message."""
        message, _, place = text.rpartition(" - at ")
        if not message:
            message, place = text, "`$`"
        in_key = place.startswith("`key` in ")
        path = self._path(place.removeprefix("`key` in ").strip("`"), raw, text)
        message = message.replace("`", "")
        for words, instead in _ABOUT_FIELDS.items():
            if message.startswith(words):
                path.append(message.removeprefix(words))
                message = instead
        message = message.replace("Expected ", "expected ", 1)
        return path, f"in a key: {message}" if in_key else message

    def _path(self, place: str, raw: object, text: str) -> list[str | int]:
        """Parse msgspec's `$.a[0][...]`, in which `[...]` is some value of a dict or set."""
        path: list[str | int] = []
        here: JSON = raw
        for name, index, some in re.findall(_PLACE, place):
            part = self._guilty(raw, path, here, text) if some else int(index) if index else name
            if part is None:
                break
            path.append(part)
            here = here[part] if _has(here, part) else None
        return path

    def _guilty(self, raw: object, path: Sequence[str | int], here: JSON, text: str) -> str | int | None:
        """Find the item of the dict or list `here` that causes the error `text`: the last item of the
        shortest prefix of `here` with that error."""
        parts: list[JSON] = list(here) if is_object(here) or is_list(here) else []

        def beginning(count: int) -> JSON:
            return {key: here[key] for key in parts[:count]} if is_object(here) else parts[:count]

        def fails(count: int) -> bool:
            try:
                self.load(_replaced(raw, path, beginning(count)))
            except Exception as exc:
                return str(exc) == text
            return False

        count = bisect_left(range(len(parts) + 1), True, key=fails)
        if not 0 < count <= len(parts):
            return None
        return str(parts[count - 1]) if is_object(here) else count - 1


_PLACE: Final = r"\.([^.\[]+)|\[([0-9]+)\]|\[(\.\.\.)\]"
_ABOUT_FIELDS: Final[Mapping[str, str]] = {
    "Object missing required field ": "required field is missing",
    "Object contains unknown field ": "unknown field",
}


def _load_other(tp: AnyType, raw: object) -> JSON:
    """Load a value of a type that msgspec does not support: a pydantic model, or `object`."""
    if tp is object:
        return raw
    from .pydantic_models import load_model

    return load_model(tp, raw)


def _has(value: object, part: str | int) -> bool:
    return (
        part in value if is_object(value) else is_list(value) and isinstance(part, int) and part < len(value)
    )


def _replaced(raw: JSON, path: Sequence[str | int], value: JSON) -> JSON:
    """Return a copy of `raw` with `value` at `path`."""
    if not path:
        return value
    copy = raw.copy()
    copy[path[0]] = _replaced(raw[path[0]], path[1:], value)
    return copy
