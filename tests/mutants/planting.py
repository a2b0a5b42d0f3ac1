"""Ways to plant a fault in running code, each undone on leaving.

What a fault changes must be there as it was when the fault was written: each way raises `FaultError` when it
is not, so that a catalogue cannot rot into patches that change nothing.
"""

from __future__ import annotations
import __future__

import ast
import dataclasses
import importlib
import inspect
import json
import sys
import textwrap
from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from types import FunctionType, ModuleType
from typing import Any, cast

from helmr_local.asgi import Message, Receive, Send

from .trouble import guarded

Patch = Callable[[], AbstractContextManager[None]]
Json = Any


class FaultError(Exception):
    """The fault cannot be planted: the code that it changes is no longer there, or no longer like that."""


# Where a fault goes -----------------------------------------------------------------------------------------


def _find(target: str) -> tuple[Any, str, Any]:
    """Owner, attribute name and present value of `package.module:Class.attribute`."""
    module_name, _, path = target.partition(":")
    try:
        owner: Any = importlib.import_module(module_name)
    except ImportError as error:
        raise FaultError(f"{target}: {error}") from None
    *outer, name = path.split(".")
    for part in outer:
        owner = getattr(owner, part, None)
    members: dict[str, Any] = {} if owner is None else vars(cast(object, owner))
    if name not in members:
        raise FaultError(f"{target} does not exist")
    return owner, name, members[name]


@contextmanager
def _put(target: str, new: Any) -> Generator[None]:
    """Put a new value there, and wherever else a module of ours has the old one under its own name."""
    owner, name, old = _find(target)
    places: list[tuple[Any, str]] = [(owner, name)]
    handlers: list[tuple[dict[str, Any], str, Any]] = []
    if isinstance(owner, ModuleType) and isinstance(old, (FunctionType, type)):
        for module in [m for n, m in list(sys.modules.items()) if n.startswith("helmr_") and m is not owner]:
            places += [(module, key) for key, value in list(vars(module).items()) if value is old]
        for module in [owner]:
            for operation, endpoint in getattr(module, "endpoints", {}).items():
                if endpoint.handle is old:
                    handlers.append((module.endpoints, operation, endpoint))
    for place, key in places:
        setattr(place, key, new)
    for endpoints, operation, endpoint in handlers:
        endpoints[operation] = dataclasses.replace(endpoint, handle=new)
    try:
        yield
    finally:
        for place, key in places:
            setattr(place, key, old)
        for endpoints, operation, endpoint in handlers:
            endpoints[operation] = endpoint


# Ways -------------------------------------------------------------------------------------------------------


def all_of(*patches: Patch) -> Patch:
    """Several changes that make one fault."""

    @contextmanager
    def plant() -> Generator[None]:
        with ExitStack() as stack:
            for patch in patches:
                stack.enter_context(patch())
            yield

    return plant


def constant(target: str, new: Any) -> Patch:
    """Another value for a module's or class's constant."""

    @contextmanager
    def plant() -> Generator[None]:
        owner, name, old = _find(target)
        if type(old) is not type(new) or old == new:
            raise FaultError(f"{target} is {old!r}, which {new!r} does not replace")
        setattr(owner, name, new)
        try:
            yield
        finally:
            setattr(owner, name, old)

    return plant


def replaced(target: str, make: Callable[[Any], Any]) -> Patch:
    """Another function in place of one; `make` gets the original."""

    @contextmanager
    def plant() -> Generator[None]:
        old = _find(target)[2]
        if not callable(old):
            raise FaultError(f"{target} is no function")
        with _put(target, make(old)):
            yield

    return plant


def rewritten(target: str, *changes: tuple[str, str]) -> Patch:
    """The function with pieces of its source replaced, each of which must occur exactly once."""

    @contextmanager
    def plant() -> Generator[None]:
        old = _find(target)[2]
        with _put(target, _recompiled(target, old, changes)):
            yield

    return plant


def _recompiled(target: str, old: Any, changes: Sequence[tuple[str, str]]) -> Any:
    inner: Any = old
    if isinstance(old, property):
        inner = old.fget
    elif isinstance(old, (staticmethod, classmethod)):
        inner = cast(Any, old).__func__
    function = cast(FunctionType, inspect.unwrap(inner))
    try:
        source = textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError) as error:
        raise FaultError(f"{target} has no source: {error}") from None
    for piece, other in changes:
        if source.count(piece) != 1:
            raise FaultError(f"{target}: {piece!r} occurs {source.count(piece)} times")
        source = source.replace(piece, other)
    if function.__closure__:
        raise FaultError(f"{target} is a closure")
    tree = ast.parse(source)
    definition = cast("ast.FunctionDef | ast.AsyncFunctionDef", tree.body[0])
    # A handler is put into its table by `_put`; to register it a second time would be refused.
    definition.decorator_list = [
        decorator for decorator in definition.decorator_list if "endpoints.add" not in ast.unparse(decorator)
    ]
    code = compile(tree, f"<mutant of {target}>", "exec", __future__.annotations.compiler_flag, True)
    made: dict[str, Any] = {}
    exec(code, function.__globals__, made)  # noqa: S102  # the catalogue's own source
    return made[function.__name__]


# What a server answers, changed on its way out --------------------------------------------------------------


@dataclasses.dataclass
class Wire:
    """An answer about to be sent. Of an event stream `body` is one piece, made of whole frames."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    streaming: bool = False

    @property
    def is_json(self) -> bool:
        return (b"content-type", b"application/json") in self.headers

    def header(self, name: bytes, value: bytes | None) -> None:
        """Set a header, or take it away."""
        self.headers = [(known, content) for known, content in self.headers if known.lower() != name]
        if value is not None:
            self.headers.append((name, value))


Edit = Callable[[Wire], None]


class _Edited:
    """A reply of helmr_local whose ASGI messages pass through an edit."""

    def __init__(self, reply: Any, edit: Edit, streaming: bool) -> None:
        self._reply = reply
        self._edit = guarded(edit)
        self._streaming = streaming
        self.status = getattr(reply, "status", 200)

    async def send(self, receive: Receive, send: Send, headers: list[tuple[bytes, bytes]]) -> None:
        wire = Wire(200, [], b"", self._streaming)
        started = False

        async def edited(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                wire.status, wire.headers = message["status"], list(message["headers"])
                if not self._streaming:
                    return
                self._edit(wire)
            else:
                wire.body = message.get("body", b"")
                if wire.body or not self._streaming:
                    self._edit(wire)
            if not started:
                started = True
                has_length = any(name == b"content-length" for name, _ in wire.headers)
                if not self._streaming and (has_length or wire.body):
                    wire.header(b"content-length", str(len(wire.body)).encode())
                await send(
                    {"type": "http.response.start", "status": wire.status, "headers": list(wire.headers)}
                )
            if message["type"] == "http.response.body":
                await send({**message, "body": wire.body})

        await self._reply.send(receive, edited, headers)


def responses(edit: Edit, *operations: str) -> Patch:
    """Every answer of these operations (all, if none is named), streams too, passes through the edit."""

    @contextmanager
    def plant() -> Generator[None]:
        from helmr_local.app import all_endpoints
        from helmr_local.http.event_stream import EventStream

        unknown = set(operations) - all_endpoints().keys()
        if unknown:
            raise FaultError(f"no such operations: {sorted(unknown)}")

        def make(handle: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
            async def handled(self: Any, target: Any, *others: Any) -> Any:
                reply = await handle(self, target, *others)
                if operations and target.operation_id not in operations:
                    return reply
                return _Edited(reply, edit, isinstance(reply, EventStream))

            return handled

        with replaced("helmr_local.app:App._handle", make)():
            yield

    return plant


def every_response(edit: Edit) -> Patch:
    """Every answer of the server, also those that reach no operation, passes through the edit."""

    def make(reply_to: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def replied(self: Any, *others: Any) -> Any:
            from helmr_local.http.event_stream import EventStream

            reply = await reply_to(self, *others)
            return _Edited(reply, edit, isinstance(reply, EventStream))

        return replied

    return replaced("helmr_local.app:App._reply", make)


# Edits ------------------------------------------------------------------------------------------------------


def in_json(change: Callable[[Json], Json], *, statuses: tuple[int, ...] = (200, 201)) -> Edit:
    """Change the JSON of an answer of one of those statuses; what `change` returns is sent."""

    def edit(wire: Wire) -> None:
        if wire.is_json and wire.status in statuses:
            text = json.dumps(change(json.loads(wire.body)), separators=(",", ":"))
            for sign in "<>&":  # escaped as the server escapes them: that is another fault
                text = text.replace(sign, f"\\u{ord(sign):04x}")
            wire.body = text.encode() + b"\n"

    return edit


def _at(path: str, do: Callable[[dict[str, Json], str], None]) -> Callable[[Json], Json]:
    """Do something to a member by its path (`session.tags`, `runs[].status`), wherever it is present."""
    *outer, last = path.split(".")

    def walk(value: Json, parts: list[str]) -> None:
        if not parts:
            if isinstance(value, dict) and last in value:
                do(cast("dict[str, Json]", value), last)
            return
        name, each, _ = parts[0].partition("[")
        if not isinstance(value, dict) or name not in value:
            return
        inner = cast("dict[str, Json]", value)[name]
        for item in cast("list[Json]", inner) if each else [inner]:
            walk(item, parts[1:])

    def change(value: Json) -> Json:
        walk(value, outer)
        return value

    return change


def without(path: str) -> Callable[[Json], Json]:
    """Leave a member out."""
    return _at(path, lambda members, name: members.pop(name))


def renamed(path: str, other: str) -> Callable[[Json], Json]:
    """Send a member under another name."""

    def do(members: dict[str, Json], name: str) -> None:
        members[other] = members.pop(name)

    return _at(path, do)


def as_(path: str, change: Callable[[Json], Json]) -> Callable[[Json], Json]:
    """Send a member with another value."""

    def do(members: dict[str, Json], name: str) -> None:
        members[name] = change(members[name])

    return _at(path, do)


def added(path: str, value: Json) -> Callable[[Json], Json]:
    """Send one member more, if the answer lacks it; the rest of the path names the object it goes into."""
    *outer, last = path.split(".")
    if not outer:
        return lambda answer: {last: value} | cast("dict[str, Json]", answer)
    return as_(".".join(outer), lambda inner: {last: value} | inner)


def status(new: int, *, of: int) -> Edit:
    """Send another status."""

    def edit(wire: Wire) -> None:
        if wire.status == of:
            wire.status = new

    return edit


def header(name: str, value: str | None) -> Edit:
    """Set a header, or leave it out."""
    return lambda wire: wire.header(name.encode(), None if value is None else value.encode())


def frames(change: Callable[[bytes], bytes]) -> Edit:
    """Change the pieces of an event stream."""

    def edit(wire: Wire) -> None:
        if wire.streaming and wire.body:
            wire.body = change(wire.body)

    return edit
