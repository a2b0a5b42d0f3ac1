"""The control plane's limits and intervals, which tests can shorten."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from helmr_api.constants import (
    DEFAULT_PUBLIC_ACCESS_TOKEN_SECONDS,
    DEFAULT_TOKEN_TIMEOUT_SECONDS,
    EVENTS_KEEP_ALIVE_SECONDS,
    LOGS_KEEP_ALIVE_SECONDS,
    LOGS_SNAPSHOT_BYTES,
    MAX_BODY_BYTES,
    MAX_DURATION_DEFAULT_SECONDS,
    MAX_STREAM_SECONDS,
    RETAINED_OUTPUT_BYTES,
    SERVER_WAIT_SECONDS,
)


@dataclass(frozen=True, slots=True)
class LocalSettings:
    """The limits and intervals of the control plane, in seconds unless stated otherwise. The defaults are the
    contract's values.

    Args:
        public_url: The URL that callback URLs carry and that CORS allows; None means the server's own URL.
        allowed_hosts: Hosts that requests may be addressed to, besides those of the loopback interface, the
            address that the server listens on and the host of `public_url`; `*` allows any.
        cors_origins: Origins of web pages that may use the whole API, such as `http://localhost:5173`; `*`
            for any.
        header_limit: The maximum size of request line and headers together, in bytes.
        header_timeout: The maximum time until the headers of a request are complete.
        request_timeout: The maximum time until a request is complete.
        keep_alive_timeout: The maximum time between two requests of a connection.
        max_concurrent_runs: The maximum number of runs that execute at the same time; others stay queued.
        write_patience: The maximum time that a request waits for a locked or full database before it gets a
            503.
        mount_delay: The time until a requested mount of a workspace is ready; None means never, as if there
            were no worker.
        process_grace: The time that a command or terminal has to exit before it is killed.
        allow_exec: Run the commands and terminals of workspaces even when the server listens beyond the
            loopback interface.
        access_log: Log one line per request to the logger `helmr_local.access`.
        builds: The simulated result of building an uploaded deployment. There is no builder here, so without
            simulation it stays `queued`. A successful build adds the server's own tasks to the deployment.
        build_time: The duration of a simulated build.
    """

    sweep_interval: float = 5.0
    continuation_interval: float = 1.0
    continuation_batch: int = 10
    hot_wait: float = 120.0
    hot_timer: float = 5.0
    hot_margin: float = 1.0
    start_and_wait: float = SERVER_WAIT_SECONDS
    start_claim: float = 30.0
    token_timeout: float = DEFAULT_TOKEN_TIMEOUT_SECONDS
    public_access_token_ttl: float = DEFAULT_PUBLIC_ACCESS_TOKEN_SECONDS
    sse_keep_alive: float = EVENTS_KEEP_ALIVE_SECONDS
    log_tick: float = LOGS_KEEP_ALIVE_SECONDS
    stream_limit: float = MAX_STREAM_SECONDS
    max_dispatch_attempts: int = 5
    default_max_duration_seconds: int = MAX_DURATION_DEFAULT_SECONDS
    body_limit: int = MAX_BODY_BYTES
    header_limit: int = 1_048_576
    header_timeout: float = 10.0
    request_timeout: float = 30.0
    keep_alive_timeout: float = 120.0
    snapshot_limit: int = LOGS_SNAPSHOT_BYTES
    metadata_limit: int = 262_144
    record_limit: int = 262_144
    retained_output: int = RETAINED_OUTPUT_BYTES
    public_url: str | None = None
    allowed_hosts: tuple[str, ...] = ()
    cors_origins: tuple[str, ...] = ()
    max_concurrent_runs: int = 1000
    write_patience: float = 2.0
    mount_delay: float | None = 0.0
    process_grace: float = 1.0
    allow_exec: bool = False
    access_log: bool = False
    builds: Literal["none", "succeed", "fail"] = "none"
    build_time: float = 1.0
