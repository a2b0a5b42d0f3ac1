"""Proxies for the resources of a default client, which is created from the environment on a call.

A facade imports nothing until one of its attributes is used. It then takes on the class of its resource, so
that introspection, completion, documentation and mocks work on it without any configuration. Each of its
methods looks up the default client when it is called. Objects that a method returns (handles, lists, runs)
keep the client that created them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from functools import reduce, wraps
from typing import TYPE_CHECKING


class Facade:
    """A proxy that has not been used yet.

    Args:
        path: The attribute path of the resource in a client: `runs`, `runs.events`.
        load: Imports the class of the resource.
        client: Provides the default client.
    """

    def __init__(self, path: str, load: Callable[[], type], client: Callable[[], object]) -> None:
        self._path = path
        self._load = load
        self._client = client

    if not TYPE_CHECKING:  # these look up the class and attributes of the resource

        @property
        def __class__(self) -> type:
            # Not the facade's new class: isinstance would compare it with the class it has already seen.
            return _become(self).__base__

        @property
        def __doc__(self) -> str | None:
            return _become(self).__doc__

        def __getattr__(self, name: str) -> object:
            if type(self) is not Facade:
                raise AttributeError(f"{type(self).__name__} has no attribute {name!r}", name=name, obj=self)
            _become(self)
            return getattr(self, name)

        def __dir__(self) -> Iterable[str]:
            return dir(_become(self))

    def __repr__(self) -> str:
        return f"<{self._path} of the default client>"


def _become(facade: Facade) -> type:
    """Give a facade the class of its resource."""
    kind: type = type(facade)
    if kind is not Facade:
        return kind
    fields = vars(facade)
    path: str = fields["_path"]
    client: Callable[[], object] = fields["_client"]
    stands_for: type = fields["_load"]()
    offered: dict[str, object] = {
        "__doc__": stands_for.__doc__,
        "__module__": stands_for.__module__,
        "__qualname__": stands_for.__qualname__,
        "__repr__": Facade.__repr__,
    }
    for name in dir(stands_for):
        value = inspect.getattr_static(stands_for, name)
        if name.startswith("_"):
            continue
        if isinstance(value, property):
            offered[name] = _inner(
                Facade(f"{path}.{name}", _class_of(stands_for, name), client), value.__doc__
            )
        elif inspect.isfunction(value):
            offered[name] = _late(value, path, client)
    made = type(stands_for.__name__, (stands_for,), offered)
    object.__dict__["__class__"].__set__(facade, made)
    return made


def _class_of(resource: Callable[[None], object], name: str) -> Callable[[], type]:
    """Return a function that finds the class of a nested resource without a client."""

    def load() -> type:
        inner: type = getattr(resource(None), name).__class__
        return inner

    return load


def _inner(facade: Facade, doc: str | None) -> property:
    return property(lambda _: facade, doc=doc)


def _late(method: Callable[..., object], path: str, client: Callable[[], object]) -> Callable[..., object]:
    """Wrap a method so that it is called on the default client's resource."""
    name = method.__name__

    def resource() -> object:
        return reduce(getattr, path.split("."), client())

    if inspect.iscoroutinefunction(method):

        @wraps(method)
        async def awaited(_: object, *args: object, **named: object) -> object:
            return await getattr(resource(), name)(*args, **named)

        return awaited

    @wraps(method)
    def called(_: object, *args: object, **named: object) -> object:
        return getattr(resource(), name)(*args, **named)

    return called
