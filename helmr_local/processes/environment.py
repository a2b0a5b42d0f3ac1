"""The environment variables that a command gets in addition to those given."""

from __future__ import annotations

import os
from collections.abc import Mapping

_KEPT = ("PATH", "TMPDIR", "TZ")
"""The server's own variables that are passed on. Commands must not see its keys and secrets."""


def minimal_environment(home: str, *, terminal: bool = False) -> Mapping[str, str]:
    """Return the variables that most programs require.

    Args:
        home: The directory of the workspace.
        terminal: True if the command has a terminal, which also requires the terminal's type.
    """
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    kept.setdefault("PATH", os.defpath)
    own = {"HOME": home, "LANG": "C.UTF-8", "SHELL": shell()}
    return kept | own | ({"TERM": "xterm-256color"} if terminal else {})


def shell() -> str:
    """Return the shell that a new terminal starts."""
    return "/bin/bash" if os.access("/bin/bash", os.X_OK) else "/bin/sh"
