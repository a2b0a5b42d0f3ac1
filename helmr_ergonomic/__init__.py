"""Helmr for Python: start sessions, talk to them, follow their runs, complete their tokens.

Importing this package reads nothing, connects to nothing and cannot fail for lack of configuration. What is
heavy (httpx, the generated client) is loaded on first use.
"""

from __future__ import annotations

from ._version import API_VERSION, __version__
from .streams import InputStream, OutputStream
from .tasks import RetryBackoff, RetryPolicy, Task, task

__all__ = [
    "API_VERSION",
    "InputStream",
    "OutputStream",
    "RetryBackoff",
    "RetryPolicy",
    "Task",
    "__version__",
    "task",
]
