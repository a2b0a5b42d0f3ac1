"""The control plane without HTTP: state machines over the database, and the worker that runs task functions.

Everything here runs on the server's event-loop thread.
"""

from .engine import Engine

__all__ = ["Engine"]
