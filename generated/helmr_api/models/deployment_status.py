# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
from __future__ import annotations

from typing import Final, Literal

DeploymentStatus = Literal["building", "deployed", "failed", "queued"]
"""The values in the document; a response may contain others."""

DEPLOYMENT_STATUS_VALUES: Final[frozenset[DeploymentStatus]] = frozenset(
    ["building", "deployed", "failed", "queued"]
)
