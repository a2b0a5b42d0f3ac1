"""Processes and terminals that end with the server, however the server ends."""

from .environment import minimal_environment, shell
from .process import Command, Process, ProcessExit, StartError, is_supported

__all__ = ["Command", "Process", "ProcessExit", "StartError", "is_supported", "minimal_environment", "shell"]
