"""How task code says how it ends, and what ends it from outside."""

from __future__ import annotations


class RunCancelled(BaseException):
    """The run is cancelled, out of time, or the server stops: the task should clean up and return.

    Every call of the context raises it. It is not an `Exception`, so a task that handles ordinary failures
    does not take it for one. A task may raise it itself to end its run as cancelled.
    """

    def __init__(self, reason: str = "worker execution cancelled") -> None:
        super().__init__(reason)
        self.reason = reason


class TaskExit(BaseException):
    """End the task with an exit code: 0 succeeds without output, any other fails the run.

    `sys.exit` with a number does the same.
    """

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class ConcurrentWaitError(RuntimeError):
    """A second blocking call of one run began while another was pending."""

    def __init__(self) -> None:
        super().__init__("concurrent blocking run I/O calls are not supported")
