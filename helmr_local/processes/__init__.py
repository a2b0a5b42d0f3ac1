"""Processes and terminals that end with the server, however the server ends."""

from .environment import minimal_environment, shell
from .process import Command, Ending, Process, StartError, is_supported

__all__ = ["Command", "Ending", "Process", "StartError", "is_supported", "minimal_environment", "shell"]
