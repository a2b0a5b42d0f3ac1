"""The deployed tasks of each environment, and the functions that implement them."""

from __future__ import annotations

import hashlib
import inspect
import json
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any, TypedDict

from helmr_api.constants import MAX_DURATION_MAX_SECONDS
from helmr_ergonomic import __version__

from .clock import Clock
from .ids import new_id
from .implementation import DEFAULT_SANDBOX, Implementation, Sandbox, Schedule
from .store import Database
from .wire import jsontext
from .wire.durations import positive_duration
from .wire.times import format_time

# The SDK that deployed the tasks; a run reports it if its start named no SDK.
SDK_VERSION = f"helmr-python/{__version__}"
NO_RETRY = '{"enabled":false}'


class TaskRow(TypedDict):
    """A deployed task, with the version of its deployment."""

    id: str
    deployment_id: str
    task_id: str
    file_path: str
    export_name: str
    handler_entrypoint: str
    bundle_digest: str
    queue_name: str
    concurrency_limit: int | None
    ttl: str | None
    max_duration_seconds: int | None
    retry: str
    secrets: str
    created_at: int
    version: str


class DeploymentError(ValueError):
    """The tasks cannot be deployed together."""


@dataclass(frozen=True)
class Environment:
    id: str
    project_id: str
    slug: str


def duration_text(value: timedelta | str | None) -> str | None:
    """Format a duration of a task definition as the contract does."""
    if value is None or isinstance(value, str):
        return value
    return f"{round(value.total_seconds() * 1000)}ms"


def duration_seconds(value: timedelta | str | float | None) -> int | None:
    """Convert a maximum duration to whole seconds, rounded up and capped as in the contract."""
    if value is None:
        return None
    if isinstance(value, str):
        nanoseconds = positive_duration(value)
        if nanoseconds is None:
            raise DeploymentError(f"max_duration {value!r} is not a positive duration")
        return min(MAX_DURATION_MAX_SECONDS, -(-nanoseconds // 1_000_000_000))
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    return min(MAX_DURATION_MAX_SECONDS, -int(-seconds // 1))


def retry_text(policy: object) -> str:
    """Format a task's retry policy for the wire."""
    if policy is None:
        return NO_RETRY
    if isinstance(policy, dict):
        return json.dumps(policy)
    to_wire = getattr(policy, "to_wire", None) or getattr(policy, "to_dict", None)
    if to_wire is None:
        raise DeploymentError(f"retry {policy!r} is not a retry policy")
    return jsontext.encode(to_wire()).decode()


class Catalog:
    """Finds implementations by task id, and creates the deployments that clients see."""

    def __init__(self, implementations: list[Implementation[Any, Any]]) -> None:
        self.by_task: dict[str, Implementation[Any, Any]] = {}
        for implementation in implementations:
            task_id = implementation.task.id
            if task_id in self.by_task:
                raise DeploymentError(f"two functions implement the task {task_id!r}")
            self.by_task[task_id] = implementation
        self._current: dict[tuple[str, str], TaskRow] = {}

    def sandbox_of(self, task_id: str) -> str:
        """Return the name of a task's sandbox."""
        implementation = self.by_task.get(task_id)
        return (DEFAULT_SANDBOX if implementation is None else implementation.sandbox).id

    def sandboxes(self) -> list[Sandbox]:
        """Return each declared sandbox once, and the default one.

        Raises:
            DeploymentError: Two different sandboxes have the same name.
        """
        declared = {DEFAULT_SANDBOX.id: DEFAULT_SANDBOX}
        for implementation in self.by_task.values():
            sandbox = implementation.sandbox
            if declared.setdefault(sandbox.id, sandbox) != sandbox:
                raise DeploymentError(f"two tasks declare different sandboxes {sandbox.id!r}")
        return [declared[name] for name in sorted(declared)]

    def schedules(self) -> list[tuple[str, Schedule]]:
        """Return every declared schedule with its task.

        Raises:
            DeploymentError: A task declares two schedules with the same key.
        """
        declared: dict[tuple[str, str], Schedule] = {}
        for task_id, implementation in sorted(self.by_task.items()):
            for schedule in implementation.schedules:
                if declared.setdefault((task_id, schedule.key), schedule) is not schedule:
                    raise DeploymentError(f"the task {task_id!r} declares two schedules {schedule.key!r}")
        return [(task_id, schedule) for (task_id, _), schedule in declared.items()]

    def streams(self) -> list[tuple[str, str]]:
        """Return each declared stream once, as its name and direction."""
        declared = {
            (stream.name, direction)
            for implementation in self.by_task.values()
            for direction, streams in (("input", implementation.inputs), ("output", implementation.outputs))
            for stream in streams
        }
        return sorted(declared)

    @cached_property
    def _rows(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        limits: dict[str, int | None] = {}
        for task_id, implementation in sorted(self.by_task.items()):
            task, function = implementation.task, implementation.function
            queue = task.queue or f"task/{task_id}"
            if queue in limits and limits[queue] != task.concurrency_limit:
                raise DeploymentError(f"two tasks declare the queue {queue!r} with different limits")
            limits[queue] = task.concurrency_limit
            module = function.__module__
            rows.append(
                {
                    "task_id": task_id,
                    "file_path": module.replace(".", "/") + ".py",
                    "export_name": function.__name__,
                    "handler_entrypoint": f"{module}:{function.__qualname__}",
                    "bundle_digest": "sha256:" + hashlib.sha256(_source(function).encode()).hexdigest(),
                    "queue_name": queue,
                    "concurrency_limit": task.concurrency_limit,
                    "ttl": duration_text(task.ttl),
                    "max_duration_seconds": duration_seconds(task.max_duration),
                    "retry": retry_text(task.retry),
                    "secrets": json.dumps(sorted(str(name) for name in task.secrets)),
                }
            )
        return rows

    def current(self, db: Database, environment_id: str, task_id: str) -> TaskRow | None:
        """Return a task of the environment's current deployment, with that deployment's version."""
        task = self._current.get((environment_id, task_id))
        if task is None:
            task = db.one(
                "SELECT t.*, d.version FROM environments e"
                " JOIN deployments d ON d.id = e.current_deployment_id"
                " JOIN deployment_tasks t ON t.deployment_id = d.id AND t.task_id = ? WHERE e.id = ?",
                (task_id, environment_id),
                row=TaskRow,
            )
            if task is not None:
                self._current[environment_id, task_id] = task
        return task

    def deploy(self, db: Database, clock: Clock, environment: Environment) -> str | None:
        """Create a deployment of the tasks, without promoting it.

        Returns:
            Its id; None if the environment's last such deployment has the same tasks.
        """
        rows, streams = self._rows, self.streams()
        sandboxes = [asdict(sandbox) for sandbox in self.sandboxes()]
        schedules = [(task_id, asdict(schedule)) for task_id, schedule in self.schedules()]
        declared = [rows, streams, sandboxes, schedules]
        digest = hashlib.sha256(json.dumps(declared, sort_keys=True).encode()).hexdigest()
        with db.transaction():
            last = db.one(
                "SELECT d.digest FROM own_deployments o JOIN deployments d ON d.id = o.deployment_id"
                " WHERE o.environment_id = ?",
                (environment.id,),
            )
            if last is not None and last["digest"] == digest:
                return None
            now = clock.now()
            deployment_id = insert_deployment(db, environment.id, digest, now)
            self.add_tasks(db, deployment_id, now)
            db.replace("own_deployments", {"environment_id": environment.id, "deployment_id": deployment_id})
        return deployment_id

    def add_tasks(self, db: Database, deployment_id: str, now: int) -> None:
        """Add this server's tasks and streams to a deployment."""
        for row in self._rows:
            db.insert(
                "deployment_tasks",
                row | {"id": new_id(), "deployment_id": deployment_id, "created_at": now},
            )
        for name, direction in self.streams():
            db.insert(
                "deployment_streams",
                {"deployment_id": deployment_id, "name": name, "direction": direction},
            )

    def promote(self, db: Database, environment_id: str, deployment_id: str) -> None:
        """Make a deployment the current one of its environment."""
        db.execute(
            "UPDATE environments SET current_deployment_id = ? WHERE id = ?", (deployment_id, environment_id)
        )
        self._current.clear()
        db.undo(self._current.clear)


def insert_deployment(db: Database, environment_id: str, digest: str, now: int) -> str:
    """Create a deployment and return its id. Its version consists of the date in UTC and its number in the
    environment on that day.

    Args:
        digest: The SHA-256 of its content, in hexadecimal.
    """
    day = format_time(now)[:10].replace("-", "")
    count = db.one(
        "SELECT count(*) AS n FROM deployments WHERE environment_id = ? AND version LIKE ?",
        (environment_id, f"{day}.%"),
    )
    deployment_id = new_id()
    db.insert(
        "deployments",
        {
            "id": deployment_id,
            "environment_id": environment_id,
            "version": f"{day}.{(count['n'] if count else 0) + 1}",
            "digest": digest,
            "created_at": now,
        },
    )
    return deployment_id


def _source(function: object) -> str:
    try:
        return inspect.getsource(function)  # type: ignore[arg-type]
    except (OSError, TypeError):
        return repr(getattr(function, "__qualname__", function))


def environment_of(db: Database, slug: str) -> Environment:
    """Return the environment of that name, creating it on first use. All environments belong to one
    project.
    """
    with db.transaction():
        row = db.one("SELECT id, project_id, slug FROM environments WHERE slug = ?", (slug,))
        if row is not None:
            return Environment(row["id"], row["project_id"], row["slug"])
        first = db.one("SELECT project_id FROM environments LIMIT 1")
        environment = Environment(new_id(), first["project_id"] if first else new_id(), slug)
        db.insert(
            "environments",
            {"id": environment.id, "project_id": environment.project_id, "slug": environment.slug},
        )
        return environment
