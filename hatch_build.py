"""Puts the document into the wheel as package data of the layer.

A build hook and not `force-include`, because an editable install would then copy it into an otherwise empty
`helmr_ergonomic` among the installed packages, which hides the real one from type checkers.
"""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PackDocument(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "standard":
            build_data["force_include"]["openapi.yaml"] = "helmr_ergonomic/openapi.yaml"
