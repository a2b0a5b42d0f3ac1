# Copied from scripts/templates/modules/reading.py: edit that file, then run `make generate`.
"""Reads models from JSON text.

`from_dict` of a model defines the result. For models that are read often, msgspec does the same in C (see
`structs`), except for JSON with unknown fields or errors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from .formats import decode_json

if TYPE_CHECKING:
    from msgspec import Raw

    from .model import Late, Model
    from .structs import Forms, LateJson

__all__ = ["Reader", "read_json", "reader"]

M = TypeVar("M", bound="Model")
KindT = TypeVar("KindT", bound="Model")

WORTH_IT: Final = 32_768
"""Number of bytes read before Structs are created for a model, which takes as long as reading them."""
MOST_PAUSE: Final = 1 << 24
"""Maximum number of bytes left to `from_dict` after JSON that msgspec rejects."""


class Reader(Generic[M]):
    """Reads one model from JSON. There is one reader per model.

    With `late`, its `read_late` does not parse the JSON in the items of a list.
    """

    __slots__ = ("_field", "_forms", "_late", "_left", "_model", "_pause")

    def __init__(self, model: type[M], late: Late | None = None) -> None:
        self._model = model
        self._late = late
        self._field = "" if late is None else late.field
        self._forms: Forms | None = None
        self._pause = WORTH_IT
        self._left: float = WORTH_IT
        """Number of bytes left to `from_dict` before the next attempt with Structs."""

    def read(self, content: bytes) -> M:
        """Return the model. Raises the exceptions of `decode_json` and `from_dict`."""
        made = self._fast(content)
        return self._model.from_dict(decode_json(content)) if made is None else made[0]

    def read_all(
        self, strings: Sequence[bytes], kinds: Callable[[Iterable[Any]], Iterable[type[KindT]]], *first: str
    ) -> Sequence[KindT] | None:
        """Return the models of JSON values without line breaks; `None` if each must be read separately.

        Args:
            kinds: Returns the classes of models, given objects with their fields: the model, or subclasses
                with the same slots.
            first: The fields that are used most. The others are set when one of them is first used.
        """
        made = self._fast(b"\n".join(strings), kinds, first)
        return made if made is not None and len(made) == len(strings) else None

    def read_late(
        self, content: bytes, convert: Callable[[bytes], Iterable[Any]] | None
    ) -> tuple[M, Iterable[tuple[Any, Raw]] | None]:
        """Return the model, with the converted JSON and the text of each item; `None` if the items have it.

        `convert` converts the text of a list of all JSON together. It may raise any exception.
        """
        found: LateJson | None = None if convert is None else self._fast(content, late=True)
        if found is None or convert is None:
            return read_json(self._model, content), None
        try:
            return found.model, zip(convert(found.together), found.strings, strict=True)
        except Exception:
            for item, value in zip(found.items, decode_json(found.together), strict=True):
                object.__setattr__(item, self._field, value)
            return found.model, None

    def _fast(
        self,
        content: bytes,
        kinds: Callable[[Iterable[Any]], Iterable[type[Model]]] | None = None,
        first: Sequence[str] = (),
        *,
        late: bool = False,
    ) -> Any:
        self._left -= len(content)
        if self._left > 0:
            return None
        try:
            forms = self._forms
            if forms is None:  # an import for each response would take 2% of a typed start
                from .structs import Forms

                forms = self._forms = Forms(self._model, self._late)
            if late:
                made: Any = forms.read_late(content)
            else:
                made = [forms.read(content)] if kinds is None else forms.read_lines(content, kinds, first)
        except Exception as error:  # `from_dict` reports actual errors
            from .structs import UnsupportedError

            # A newer server may send unknown fields in every response, and trying Structs each time costs a
            # third more.
            self._pause = min(self._pause * 2, MOST_PAUSE)
            self._left = float("inf") if isinstance(error, UnsupportedError) else self._pause
        else:
            self._pause, self._left = WORTH_IT, 0
            return made
        return None


_readers: Final[dict[Any, Reader[Any]]] = {}


def reader(model: type[M]) -> Reader[M]:
    """Return the shared reader of a model."""
    if model not in _readers:
        _readers[model] = Reader(model)
    return _readers[model]


def read_json(model: type[M], content: bytes) -> M:
    """Return the model. Raises the exceptions of `decode_json` and `from_dict`."""
    return reader(model).read(content)
