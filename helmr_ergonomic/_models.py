"""Models with behaviour: classes that add methods, but no fields, to a generated model."""

from __future__ import annotations

from operator import attrgetter
from typing import Any, ClassVar, Self, TypeVar, cast

from helmr_api.model import Model, set_class, set_context

from ._types import AnyType, JSONObject
from .errors import HelmrError

M = TypeVar("M", bound=Model)


class Bound(Model):
    """A model whose methods need more than its fields: a client, or the type of a value.

    These are its context. Copies share it; a pickle contains the parts that can be pickled.
    """

    __slots__ = ()
    _context: Any

    def _bound_to(self) -> Any:
        """Return the context. Raises `HelmrError` for a model that was made without one."""
        context = getattr(self, "_context", None)
        if context is None:
            raise HelmrError(
                f"this {type(self).__name__} was made without a client: pass it, or its id, to a client"
            )
        return context

    def __getstate__(self) -> dict[str, Any]:
        fields = cast("dict[str, Any]", super().__getstate__())
        return {**fields, "_context": getattr(self, "_context", None)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)  # type: ignore[misc]  # pyright: ignore  attrs defines it
        set_context(self, state["_context"])


def inside(path: str) -> AnyType:
    """Return a read-only property for a nested field: `id: str = inside("record.id")`."""
    return property(attrgetter(path))


class Composite(Model):
    """A model whose fields contain models with behaviour."""

    __slots__ = ()
    _parts: ClassVar[tuple[tuple[str, type[Model]], ...]]
    """The names of those fields, and the classes of their models."""

    @classmethod
    def from_dict(cls, src_dict: JSONObject) -> Self:
        """Create it from a JSON object. Fields that the document does not list are kept."""
        return bound(super().from_dict(src_dict), cls)


def bound(model: Model, kind: type[M], context: object = None) -> M:
    """Change the class of a model that was just read to one that adds methods. Nothing is copied.

    Its parts get the same context.
    """
    set_class(model, kind)
    set_context(model, context)
    if issubclass(kind, Composite):
        for name, part in kind._parts:  # pyright: ignore[reportPrivateUsage]  of this module
            bound(getattr(model, name), part, context)
    return cast("M", model)
