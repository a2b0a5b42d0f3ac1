# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Errors that the generated functions raise."""


class UnexpectedStatus(Exception):
    """The server answered with a status that the document does not have for the operation."""

    status_code: int
    content: bytes

    def __init__(self, status_code: int, content: bytes) -> None:
        self.status_code = status_code
        self.content = content
        super().__init__(f"unexpected status {status_code}, with a body of {len(content)} bytes")


__all__ = ["UnexpectedStatus"]
