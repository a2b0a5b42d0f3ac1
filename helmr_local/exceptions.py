"""The exceptions that end a run, from inside its code or from outside."""

from __future__ import annotations


class RunCancelled(BaseException):
    """The run was cancelled or ran out of time, or the server is stopping. The task should clean up and
    return.

    Every context call raises it. It is not an `Exception`, so code that handles ordinary failures does not
    catch it by accident. A task may raise it itself to end its run as cancelled.
    """

    def __init__(self, reason: str = "worker execution cancelled") -> None:
        super().__init__(reason)
        self.reason = reason


class TaskExit(BaseException):
    """End the task with an exit code: 0 succeeds without output, any other code fails the run.

    `sys.exit` with a number does the same.
    """

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class ConcurrentWaitError(RuntimeError):
    """A run made a blocking call while another one was pending."""

    def __init__(self) -> None:
        super().__init__("concurrent blocking run I/O calls are not supported")
