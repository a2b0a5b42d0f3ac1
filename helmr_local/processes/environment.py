"""What a command finds in its environment besides what it was given."""

from __future__ import annotations

import os
from collections.abc import Mapping

_KEPT = ("PATH", "TMPDIR", "TZ")
"""Of the server's own variables. Its keys and secrets are none of the command's business."""


def minimal_environment(home: str, *, terminal: bool = False) -> Mapping[str, str]:
    """The variables that programs cannot do without.

    Args:
        home: The directory of the workspace.
        terminal: Whether the command has a terminal, whose kind it must know then.
    """
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    kept.setdefault("PATH", os.defpath)
    own = {"HOME": home, "LANG": "C.UTF-8", "SHELL": shell()}
    return kept | own | ({"TERM": "xterm-256color"} if terminal else {})


def shell() -> str:
    """The shell that a terminal begins with."""
    return "/bin/bash" if os.access("/bin/bash", os.X_OK) else "/bin/sh"
