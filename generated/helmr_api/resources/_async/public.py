# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""What a public access token or a callback URL allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...types import AsyncSender

if TYPE_CHECKING:
    from .public_inputs import AsyncPublicInputs
    from .public_outputs import AsyncPublicOutputs
    from .public_tokens import AsyncPublicTokens


class AsyncPublic:
    """What a public access token or a callback URL allows.

    Its methods raise `HelmrError` when a request fails, and `ArgumentError` before one is sent when an argument is
    invalid.
    """

    def __init__(self, sender: AsyncSender) -> None:
        self._sender = sender

    @property
    def inputs(self) -> AsyncPublicInputs:
        """Input streams, with a public access token."""
        from .public_inputs import AsyncPublicInputs

        return AsyncPublicInputs(self._sender)

    @property
    def outputs(self) -> AsyncPublicOutputs:
        """Output streams, with a public access token."""
        from .public_outputs import AsyncPublicOutputs

        return AsyncPublicOutputs(self._sender)

    @property
    def tokens(self) -> AsyncPublicTokens:
        """Tokens, with their public access token or their callback URL."""
        from .public_tokens import AsyncPublicTokens

        return AsyncPublicTokens(self._sender)
