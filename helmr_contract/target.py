"""The server under test, and a check with one request that it is reachable."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx

from helmr_contract.bounded import bounded_http_client

DEFAULT_TASK = "helmr-contract-probe"
_TRUST = "to trust its issuer, set SSL_CERT_FILE to a file with the issuer's certificate"


class TargetError(Exception):
    """The server cannot be tested; the one-line message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Target:
    """The address and credential for requests."""

    url: str  # without a trailing slash
    key: str = field(repr=False)
    task: str = DEFAULT_TASK
    worker: bool = True  # a worker behind the server executes the task
    local: bool = False  # a helmr_local started by this program

    @property
    def base_path(self) -> str:
        return urlsplit(self.url).path

    def client(self, *, timeout: float = 40.0) -> httpx.Client:
        """Return an HTTP client that sends the key. The default timeout allows for the 30 s of
        start-and-wait.
        """
        return bounded_http_client(
            self.url,
            base_url=self.url,
            headers={"Authorization": f"Bearer {self.key}", "User-Agent": "helmr-contract"},
            timeout=httpx.Timeout(timeout, connect=5.0),
        )

    def responds(self, *, timeout: float = 10.0) -> bool:
        """Send one request, and return whether any response arrives."""
        try:
            with self.client(timeout=timeout) as client:
                client.get("/healthz")
        except httpx.TransportError:
            return False
        return True


def check_reachable(target: Target, *, timeout: float = 10.0) -> None:
    """Check with one request that the server is a Helmr control plane; raise TargetError if not."""
    where = target.url
    try:
        with target.client(timeout=timeout) as client:
            response = client.get("/api/tasks")
    except httpx.TimeoutException:
        raise TargetError(
            f"{where} did not respond within {timeout:g} s; is the server up and not stuck?"
        ) from None
    except httpx.TransportError as error:
        reason = _reason(error)
        advice = "" if reason.endswith(_TRUST) else "; is the server up, and the URL right?"
        raise TargetError(f"cannot reach {where}: {reason}{advice}") from None
    content_type = response.headers.get("content-type", "")
    if response.status_code == 404:
        return  # a partial server may lack this operation, which the preflight will report
    if response.status_code == 401:
        raise refused_key("GET /api/tasks")
    if not _is_json(response):
        raise TargetError(
            f"{where} is not a Helmr control plane: GET /api/tasks returned {response.status_code} with "
            f"{content_type or 'no content type'}, not JSON; is the URL right?"
        )
    if response.status_code >= 500:
        raise TargetError(f"{where} is not healthy: GET /api/tasks returned {response.status_code}")


def refused_key(what: str) -> TargetError:
    """Return the error for a server that returns 401 for the API key."""
    return TargetError(
        f"the server refused the API key: {what} returned 401; set HELMR_API_KEY to a valid key "
        "of the environment to test in (HELMR_CONTRACT_KEY takes precedence)"
    )


def _is_json(response: httpx.Response) -> bool:
    if not response.headers.get("content-type", "").lower().startswith("application/json"):
        return False
    try:
        response.json()
    except (ValueError, RecursionError):
        return False
    return True


def _reason(error: httpx.TransportError) -> str:
    cause: BaseException | None = error.__cause__ or error.__context__
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted ({cause.verify_message}); {_TRUST}"
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror.lower()
        cause = cause.__cause__ or cause.__context__
    return str(error) or type(error).__name__
