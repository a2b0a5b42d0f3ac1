# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Input streams, with a public access token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from ...errors import ArgumentError
from ...types import UNSET, AsyncSender, HasId, id_of

if TYPE_CHECKING:
    from ...models.append_input_result import AppendInputResult


class AsyncPublicInputs:
    """Input streams, with a public access token.

    Its methods raise `HelmrError` when a request fails, and `ArgumentError` before one is sent when an argument is
    invalid.
    """

    def __init__(self, sender: AsyncSender) -> None:
        self._sender = sender

    @overload
    async def send(
        self,
        stream: str,
        session: str | HasId,
        /,
        data: Any = UNSET,
        *,
        content_type: str | None = None,
        correlation_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> AppendInputResult: ...
    @overload
    async def send(
        self,
        stream: str,
        /,
        *,
        external_id: str,
        data: Any = UNSET,
        content_type: str | None = None,
        correlation_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> AppendInputResult: ...
    async def send(
        self,
        stream: str,
        session: str | HasId | None = None,
        /,
        data: Any = UNSET,
        *,
        external_id: str | None = None,
        content_type: str | None = None,
        correlation_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> AppendInputResult:
        """Send a record to an input stream with a public access token.

        Like `appendInputRecord`, with a public access token of scope `session.input.send` as bearer. The
        session is looked up in the token's environment, and the stream must exist already. A token that is
        bound to a correlation id requires the same `correlation_id` in the body. A successful call, even
        with a repeated idempotency key, takes one of the token's uses; a failed one takes none. Order of
        checks: body, bearer present, session address, stream name, bearer, session, stream, scope, uses,
        session status, key.

        Args:
            stream: Name of the stream; 1 to 256 characters.
            session: The session's id. Other spellings of a UUID are accepted too. Blank (`%20`) leaves
                it to the query parameter `external_id` to name the session, as below `/by-external-id`.
            data: Any JSON; null when left out.
            external_id: The session's external id; at most 512 bytes, not blank.
            content_type: Free text, not checked; `application/json` when left out or blank.
            correlation_id: What the record relates to; of any length; a blank one counts as absent. A
                wait for a correlation id takes only records that have it.
            idempotency_key: Makes this append safe to repeat; at most 512 bytes; a blank one counts as
                absent. Scope: this stream, all senders. Compared are `data`, `correlation_id` and
                `content_type`.
        """
        from ...api.public_access import (
            append_input_record_with_public_access_token,
            append_input_record_with_public_access_token_by_external_id,
        )
        from ...models.append_record_request import AppendRecordRequest

        body = AppendRecordRequest(
            data=data,
            content_type=content_type,
            correlation_id=correlation_id,
            idempotency_key=idempotency_key,
        )
        if session is not None and external_id is None:
            return await self._sender.send(
                append_input_record_with_public_access_token.request(
                    id_of(session, "session"), stream, body=body
                )
            )
        if session is None and external_id is not None:
            return await self._sender.send(
                append_input_record_with_public_access_token_by_external_id.request(
                    stream, body=body, external_id=external_id
                )
            )
        raise ArgumentError("pass either session or external_id")

    @overload
    async def preflight_send(self, stream: str, session_id: str, /) -> None: ...
    @overload
    async def preflight_send(self, stream: str, /, *, external_id: str | None = None) -> None: ...
    async def preflight_send(
        self, stream: str, session_id: str | None = None, /, *, external_id: str | None = None
    ) -> None:
        """CORS preflight of sending a record.

        Like `preflightCompleteToken`. Session and stream are not checked.

        Args:
            stream: Name of the stream. A preflight does not check it.
            session_id: The session's id. A preflight does not check it.
            external_id: The session's external id. A preflight does not check it.
        """
        from ...api.public_access import (
            preflight_append_input_record,
            preflight_append_input_record_by_external_id,
        )

        if session_id is not None and external_id is None:
            return await self._sender.send(preflight_append_input_record.request(session_id, stream))
        if session_id is None:
            return await self._sender.send(
                preflight_append_input_record_by_external_id.request(stream, external_id=external_id)
            )
        raise ArgumentError("pass either session_id or external_id")
