"""The error response of every refused request."""

from __future__ import annotations


class ApiError(Exception):
    """An error response, in the contract's envelope."""

    def __init__(
        self, status: int, message: str, code: str | None = None, headers: tuple[tuple[str, str], ...] = ()
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.headers = headers


def bad_request(message: str, code: str | None = None) -> ApiError:
    return ApiError(400, message, code)


def conflict(code: str, message: str | None = None) -> ApiError:
    return ApiError(409, message if message is not None else code, code)


PERMISSION_REQUIRED = "permission is required"
NUL_MESSAGE = "text must not contain NUL characters"


def permission_required() -> ApiError:
    return ApiError(403, PERMISSION_REQUIRED)


def session_not_found() -> ApiError:
    return ApiError(404, "session not found")


def stream_not_found() -> ApiError:
    return ApiError(404, "stream not found", "stream_not_found")


def token_not_found() -> ApiError:
    return ApiError(404, "token not found", "token_not_found")


def run_not_found() -> ApiError:
    return ApiError(404, "run not found")


def session_terminal() -> ApiError:
    return ApiError(409, "session is terminal", "session_terminal")


def session_expired() -> ApiError:
    return ApiError(410, "session is expired", "session_expired")


def token_expired() -> ApiError:
    return ApiError(410, "token expired", "token_expired")


def token_cancelled() -> ApiError:
    return ApiError(409, "token cancelled", "token_cancelled")


def scope_denied(status: int) -> ApiError:
    return ApiError(status, "token scope denied", "token_scope_denied")
