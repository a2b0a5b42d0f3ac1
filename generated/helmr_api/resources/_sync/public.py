# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""What a public access token or a callback URL allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...types import Sender

if TYPE_CHECKING:
    from .public_inputs import PublicInputs
    from .public_outputs import PublicOutputs
    from .public_tokens import PublicTokens


class Public:
    """What a public access token or a callback URL allows.

    Its methods raise `HelmrError` when a request fails, and `ArgumentError` before one is sent when an argument is
    invalid.
    """

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    @property
    def inputs(self) -> PublicInputs:
        """Input streams, with a public access token."""
        from .public_inputs import PublicInputs

        return PublicInputs(self._sender)

    @property
    def outputs(self) -> PublicOutputs:
        """Output streams, with a public access token."""
        from .public_outputs import PublicOutputs

        return PublicOutputs(self._sender)

    @property
    def tokens(self) -> PublicTokens:
        """Tokens, with their public access token or their callback URL."""
        from .public_tokens import PublicTokens

        return PublicTokens(self._sender)
