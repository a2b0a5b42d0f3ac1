"""Shell commands that set environment variables, for the shell of this platform."""

from __future__ import annotations

import os
import shlex
import sys


def assignment(name: str, value: str) -> str:
    """Return the command that sets a variable, for PowerShell on Windows and for a POSIX shell elsewhere."""
    if sys.platform == "win32":
        return f"$env:{name} = {_powershell(value)}"
    return f"export {name}={shlex.quote(value)}"


def assignment_from_file(name: str, file: str) -> str:
    """Return the command that sets a variable to the content of a file, without its last line break."""
    path = os.path.abspath(file)
    if sys.platform == "win32":
        return f"$env:{name} = (Get-Content -Raw {_powershell(path)}).Trim()"
    return f'export {name}="$(cat {shlex.quote(path)})"'


def _powershell(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
