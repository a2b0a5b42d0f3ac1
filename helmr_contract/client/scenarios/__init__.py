"""The scenarios, by family; importing a module registers its scenarios."""

from __future__ import annotations

from helmr_contract.client.scenario import Scenario, registered
from helmr_contract.client.scenarios import (
    events,
    logs,
    outputs,
    pages,
    public,
    requests,
    responses,
    retries,
    starts,
    tokens,
    waits,
    workspaces,
)

__all__ = ["all_scenarios"]

_FAMILIES = (
    requests,
    responses,
    starts,
    retries,
    pages,
    events,
    waits,
    outputs,
    logs,
    tokens,
    public,
    workspaces,
)


def all_scenarios() -> dict[str, Scenario]:
    """Return every scenario by its id, family by family."""
    return registered()
