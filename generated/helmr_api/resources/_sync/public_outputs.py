# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Output streams, with a public access token."""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

from ...errors import ArgumentError
from ...types import HasId, Sender, id_of

if TYPE_CHECKING:
    from ...models.stream_record import StreamRecord


class PublicOutputs:
    """Output streams, with a public access token.

    Its methods raise `HelmrError` when a request fails, and `ArgumentError` before one is sent when an argument is
    invalid.
    """

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    @overload
    def read(
        self,
        stream: str,
        session: str | HasId,
        /,
        *,
        after_sequence: int | None = None,
        correlation_id: str | None = None,
    ) -> StreamRecord | None: ...
    @overload
    def read(
        self,
        stream: str,
        /,
        *,
        external_id: str,
        after_sequence: int | None = None,
        correlation_id: str | None = None,
    ) -> StreamRecord | None: ...
    def read(
        self,
        stream: str,
        session: str | HasId | None = None,
        /,
        *,
        external_id: str | None = None,
        after_sequence: int | None = None,
        correlation_id: str | None = None,
    ) -> StreamRecord | None:
        """Read the next record of an output stream with a public access token.

        Like `readOutputRecord`, with a public access token of scope `session.output.read` as bearer. The
        session is looked up in the token's environment, and the stream must exist already. A token that is
        bound to a correlation id requires the same `correlation_id` in the query. A successful call, even
        one that returns `null`, takes one of the token's uses; a failed one takes none.

        Args:
            stream: Name of the stream; 1 to 256 characters.
            session: The session's id. Other spellings of a UUID are accepted too. Blank (`%20`) leaves
                it to the query parameter `external_id` to name the session, as below `/by-external-id`.
            external_id: The session's external id; at most 512 bytes, not blank.
            after_sequence: Only records with a greater sequence. Blank is 0. When it is left out or
                blank, a query parameter `cursor` is read in its place.
            correlation_id: Only records with exactly this correlation id. Blank means no filter.

        Returns:
            The first record after `after_sequence`; `null` when there is none. Always present.
        """
        from ...api.public_access import (
            read_output_record_with_public_access_token,
            read_output_record_with_public_access_token_by_external_id,
        )

        if session is not None and external_id is None:
            return self._sender.send(
                read_output_record_with_public_access_token.request(
                    id_of(session, "session"),
                    stream,
                    after_sequence=after_sequence,
                    correlation_id=correlation_id,
                )
            ).record
        if session is None and external_id is not None:
            return self._sender.send(
                read_output_record_with_public_access_token_by_external_id.request(
                    stream,
                    after_sequence=after_sequence,
                    correlation_id=correlation_id,
                    external_id=external_id,
                )
            ).record
        raise ArgumentError("pass either session or external_id")

    @overload
    def preflight_read(self, stream: str, session_id: str, /) -> None: ...
    @overload
    def preflight_read(self, stream: str, /, *, external_id: str | None = None) -> None: ...
    def preflight_read(
        self, stream: str, session_id: str | None = None, /, *, external_id: str | None = None
    ) -> None:
        """CORS preflight of reading a record.

        Like `preflightCompleteToken`. Session and stream are not checked.

        Args:
            stream: Name of the stream. A preflight does not check it.
            session_id: The session's id. A preflight does not check it.
            external_id: The session's external id. A preflight does not check it.
        """
        from ...api.public_access import (
            preflight_read_output_record,
            preflight_read_output_record_by_external_id,
        )

        if session_id is not None and external_id is None:
            return self._sender.send(preflight_read_output_record.request(session_id, stream))
        if session_id is None:
            return self._sender.send(
                preflight_read_output_record_by_external_id.request(stream, external_id=external_id)
            )
        raise ArgumentError("pass either session_id or external_id")
