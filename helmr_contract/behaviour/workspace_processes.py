"""Helpers shared by the tests of execs and PTYs: workspaces for them, and waiting for processes."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from helmr_contract.behaviour.helpers import Api, Frame, JsonObject, eventually, ok

TERMINAL = {"exited", "terminated", "closed", "failed", "lost"}
CHUNK_BYTES = 1048576
CHUNK_FIELDS = {"id", "stream", "offset_start", "offset_end", "data", "observed_at", "created_at"}


def base64(data: bytes) -> str:
    return b64encode(data).decode()


def bytes_of(chunks: list[JsonObject]) -> bytes:
    """Join the bytes of chunks, which must be consecutive."""
    for one, other in pairwise(chunks):
        assert other["offset_start"] == one["offset_end"]
    for chunk in chunks:
        data = b64decode(chunk["data"], validate=True)
        assert 1 <= len(data) <= CHUNK_BYTES
        assert len(data) == chunk["offset_end"] - chunk["offset_start"]
    return b"".join(b64decode(chunk["data"]) for chunk in chunks)


@dataclass(frozen=True)
class Workspace:
    """A workspace with its execs and PTYs."""

    api: Api
    id: str

    @classmethod
    def create(cls, api: Api) -> Workspace:
        sandboxes: list[JsonObject] = ok(api.get("/api/sandboxes"))["sandboxes"]
        body = {"sandbox_id": sandboxes[0]["sandbox_id"]}
        return cls(api, ok(api.post("/api/workspaces", body), 201)["workspace"]["id"])

    def stop(self) -> None:
        """Stop the workspace, and wait until it has no active mount."""

        def stopped() -> bool:
            return bool(
                ok(self.api.post(f"/api/workspaces/{self.id}/stop", {}))["state"] == "no_active_mount"
            )

        eventually(stopped, within=self.api.server.limits.patience, what="the end of the mount")

    def exec(self, *command: str, **fields: Any) -> Exec:
        made = ok(
            self.api.post(f"/api/workspaces/{self.id}/execs", {"command": list(command), **fields}), 201
        )["exec"]
        return Exec(self.api, self.id, made["id"])

    def shell(self, script: str, **fields: Any) -> Exec:
        return self.exec("sh", "-c", script, **fields)

    def pty(self, **fields: Any) -> Pty:
        made = ok(self.api.post(f"/api/workspaces/{self.id}/pty", fields), 201)["pty"]
        return Pty(self.api, self.id, made["id"])


@dataclass(frozen=True)
class Process:
    """An exec or a PTY."""

    api: Api
    workspace: str
    id: str

    @property
    def path(self) -> str:
        raise NotImplementedError

    def get(self) -> JsonObject:
        raise NotImplementedError

    def until(self, is_so: Callable[[JsonObject], object], what: str) -> JsonObject:
        """Wait until a condition holds; return the exec or PTY."""

        def look() -> JsonObject | None:
            found = self.get()
            return found if is_so(found) else None

        return eventually(look, within=self.api.server.limits.patience, what=what)

    def until_state(self, *states: str) -> JsonObject:
        return self.until(lambda found: found["state"] in states, f"one of the states {', '.join(states)}")

    def until_end(self) -> JsonObject:
        return self.until_state(*TERMINAL)

    def output(self, stream: str, **params: str) -> list[JsonObject]:
        """Return a page of an output."""
        chunks: list[JsonObject] = ok(self.api.get(f"{self.path}/{stream}", params=params))["chunks"]
        return chunks

    def followed(self, stream: str, **params: str) -> list[Frame]:
        """Return the frames of an output up to the end of the stream."""
        with self.api.follow(f"{self.path}/{stream}", params=params) as events:
            frames = list(events.frames())
            assert events.ended
        return frames

    def until_output(self, stream: str, wanted: bytes) -> None:
        """Wait until an output contains these bytes."""

        def there() -> bool:
            return wanted in bytes_of(self.output(stream))

        eventually(there, within=self.api.server.limits.patience, what=repr(wanted))


@dataclass(frozen=True)
class Exec(Process):
    """An exec."""

    @property
    def path(self) -> str:
        return f"/api/workspaces/{self.workspace}/execs/{self.id}"

    def get(self) -> JsonObject:
        found: JsonObject = ok(self.api.get(f"/api/workspaces/{self.workspace}/execs/{self.id}"))["exec"]
        return found

    def write(self, data: bytes, offset: int = 0) -> JsonObject:
        chunk: JsonObject = ok(self.send(data, offset))
        return chunk

    def send(self, data: bytes, offset: int = 0) -> Any:
        return self.api.post(
            f"/api/workspaces/{self.workspace}/execs/{self.id}/stdin",
            {"data": base64(data), "offset": offset},
        )

    def close_stdin(self) -> JsonObject:
        closed: JsonObject = ok(
            self.api.post(f"/api/workspaces/{self.workspace}/execs/{self.id}/stdin/close", {})
        )["exec"]
        return closed


@dataclass(frozen=True)
class Pty(Process):
    """A PTY."""

    @property
    def path(self) -> str:
        return f"/api/workspaces/{self.workspace}/pty/{self.id}"

    def get(self) -> JsonObject:
        found: JsonObject = ok(self.api.get(f"/api/workspaces/{self.workspace}/pty/{self.id}"))["pty"]
        return found

    def opened(self) -> Pty:
        self.until_state("open")
        return self

    def type(self, data: bytes, offset: int = 0) -> JsonObject:
        chunk: JsonObject = ok(self.send(data, offset))
        return chunk

    def send(self, data: bytes, offset: int = 0) -> Any:
        return self.api.post(
            f"/api/workspaces/{self.workspace}/pty/{self.id}/input", {"data": base64(data), "offset": offset}
        )

    def close(self) -> JsonObject:
        closed: JsonObject = ok(self.api.post(f"/api/workspaces/{self.workspace}/pty/{self.id}/close", {}))[
            "pty"
        ]
        return closed
