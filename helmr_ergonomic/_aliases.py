"""Names of models that differ from those in the document."""

from __future__ import annotations

from helmr_api.models import Stream as StreamInfo
from helmr_api.models import Task as DeployedTask

__all__ = ["DeployedTask", "StreamInfo"]
