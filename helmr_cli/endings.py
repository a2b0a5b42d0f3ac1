"""The errors of commands that wait for a run or deployment that fails."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from helmr import HelmrClient, HelmrError, Run

__all__ = ["CHECKS", "check_deployment", "check_run"]


def check_run(client: HelmrClient, run: Run[Any] | str) -> None:
    """Raise the error of a run that has ended and did not succeed, with its reason."""
    client.runs.retrieve(run).output_or_raise()


def check_deployment(client: HelmrClient, deployment: str) -> None:
    """Raise `HelmrError` for a deployment whose build failed, with its reason."""
    found = client.deployments.retrieve(deployment)
    if found.status == "failed":
        reason = "" if found.error is None else f": {found.error.message}"
        raise HelmrError(f"deployment {found.id} failed{reason}")


CHECKS: Final[Mapping[str, Callable[[HelmrClient, str], None]]] = {
    "deployments": check_deployment,
    "runs": check_run,
}
"""The check of each resource whose methods wait for an end."""
