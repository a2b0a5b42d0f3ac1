"""Reads models from JSON text.

What a model is read as is defined by its `from_dict`. For a model that is read often, msgspec does the same
in C (see `structs`), unless the JSON does not fit exactly: one of a newer server, or with an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from .formats import decode_json

if TYPE_CHECKING:
    from .model import Model
    from .structs import Forms

__all__ = ["Reader", "read_json", "reader"]

M = TypeVar("M", bound="Model")

WORTH_IT: Final = 32_768
"""Bytes that a model is read from before its Structs are made, which takes as long as reading these."""
MOST_PAUSE: Final = 1 << 24
"""The most bytes that are left to `from_dict` after JSON that does not fit."""


class Reader(Generic[M]):
    """Reads one model from JSON. `read_json` and `reader` have one for each model."""

    __slots__ = ("_forms", "_left", "_model", "_pause")

    def __init__(self, model: type[M]) -> None:
        self._model = model
        self._forms: Forms | None = None
        self._pause = WORTH_IT
        self._left: float = WORTH_IT
        """Bytes that `from_dict` reads before Structs are tried."""

    def read(self, content: bytes) -> M:
        """The model of JSON. Raises what `decode_json` and `from_dict` raise."""
        made = self._fast(content, False)
        return self._model.from_dict(decode_json(content)) if made is None else made[0]

    def read_all(self, strings: Sequence[bytes]) -> Sequence[M] | None:
        """The models of several JSON values without line breaks; `None` when each is to be read by itself."""
        content = b"\n".join(strings)
        if content.count(b"\n") >= len(strings):
            return None
        made = self._fast(content, True)
        return made if made is not None and len(made) == len(strings) else None

    def _fast(self, content: bytes, lines: bool) -> Sequence[M] | None:
        self._left -= len(content)
        if self._left > 0:
            return None
        from .structs import Forms, UnsupportedError

        try:
            forms = self._forms = self._forms or Forms(self._model)
            made = forms.read_lines(content) if lines else [forms.read(content)]
        except UnsupportedError:
            self._left = float("inf")
        except Exception:  # `from_dict` says whether it is an error, and which
            # A newer server may send another field in each response: to read each twice takes a third longer.
            self._pause = min(self._pause * 2, MOST_PAUSE)
            self._left = self._pause
        else:
            self._pause, self._left = WORTH_IT, 0
            return made
        return None


_readers: Final[dict[Any, Reader[Any]]] = {}


def reader(model: type[M]) -> Reader[M]:
    """The one reader of a model."""
    if model not in _readers:
        _readers[model] = Reader(model)
    return _readers[model]


def read_json(model: type[M], content: bytes) -> M:
    """The model of JSON. Raises what `decode_json` and `from_dict` raise."""
    return reader(model).read(content)
