"""Reads models from JSON text.

`from_dict` of a model defines the result. For models that are read often, msgspec does the same in C (see
`structs`), except for JSON with unknown fields or errors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from .formats import decode_json

if TYPE_CHECKING:
    from .model import Model
    from .structs import Forms

__all__ = ["Reader", "read_json", "reader"]

M = TypeVar("M", bound="Model")
KindT = TypeVar("KindT", bound="Model")

WORTH_IT: Final = 32_768
"""Number of bytes read before Structs are created for a model, which takes as long as reading them."""
MOST_PAUSE: Final = 1 << 24
"""Maximum number of bytes left to `from_dict` after JSON that msgspec rejects."""


class Reader(Generic[M]):
    """Reads one model from JSON. There is one reader per model."""

    __slots__ = ("_forms", "_left", "_model", "_pause")

    def __init__(self, model: type[M]) -> None:
        self._model = model
        self._forms: Forms | None = None
        self._pause = WORTH_IT
        self._left: float = WORTH_IT
        """Number of bytes left to `from_dict` before the next attempt with Structs."""

    def read(self, content: bytes) -> M:
        """Return the model. Raises the exceptions of `decode_json` and `from_dict`."""
        made = self._fast(content)
        return self._model.from_dict(decode_json(content)) if made is None else made[0]

    def read_all(
        self, strings: Sequence[bytes], kind: Callable[[Any], type[KindT]], *first: str
    ) -> Sequence[KindT] | None:
        """Return the models of JSON values without line breaks; `None` if each must be read separately.

        Args:
            kind: Returns the class of a model, given an object with its fields: the model, or a subclass with
                the same slots.
            first: The fields that are used most. The others are set when one of them is first used.
        """
        made = self._fast(b"\n".join(strings), kind, first)
        return made if made is not None and len(made) == len(strings) else None

    def _fast(
        self, content: bytes, kind: Callable[[Any], type[Model]] | None = None, first: Sequence[str] = ()
    ) -> Sequence[Any] | None:
        self._left -= len(content)
        if self._left > 0:
            return None
        from .structs import Forms, UnsupportedError

        try:
            forms = self._forms = self._forms or Forms(self._model)
            made = [forms.read(content)] if kind is None else forms.read_lines(content, kind, first)
        except UnsupportedError:
            self._left = float("inf")
        except Exception:  # `from_dict` reports actual errors
            # A newer server may send unknown fields in every response, and trying Structs each time costs a
            # third more.
            self._pause = min(self._pause * 2, MOST_PAUSE)
            self._left = self._pause
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
